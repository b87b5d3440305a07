//! What a path asks for behind its `?` (HubSpot facts 3.1): lists come comma-separated or repeated, booleans in any case.

use super::super::error::ApiError;
use super::settings::TooLarge;
use url::form_urlencoded;

/// A query, decoded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    /// Reads one.
    pub(super) fn parse(text: &str) -> Self {
        Self(form_urlencoded::parse(text.as_bytes()).into_owned().collect())
    }

    /// The value given last; none when it is empty or absent.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        let given = self.0.iter().rev().find(|(given, _)| given == name);
        given.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }

    /// A list; none when nothing is given.
    pub(super) fn list(&self, name: &str) -> Option<Vec<String>> {
        let given = self.0.iter().filter(|(given, _)| given == name);
        let mut list: Vec<String> = Vec::new();
        for part in given.flat_map(|(_, value)| value.split(',')).map(str::trim) {
            if !part.is_empty() && !list.iter().any(|known| known == part) {
                list.push(part.to_owned());
            }
        }
        (!list.is_empty()).then_some(list)
    }

    /// A boolean, false when it is not given.
    ///
    /// # Errors
    /// When it is neither true nor false.
    pub(super) fn flag(&self, name: &str) -> Result<bool, ApiError> {
        match self.text(name).map(str::to_ascii_lowercase).as_deref() {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(other) => Err(undeserializable("boolean", other)),
        }
    }

    /// A whole number that is not negative.
    ///
    /// # Errors
    /// When it is none.
    pub(super) fn number(&self, name: &str) -> Result<Option<u64>, ApiError> {
        let read = |text: &str| text.parse().map_err(|_| undeserializable("long", text));
        self.text(name).map(read).transpose()
    }

    /// How many to show at once.
    ///
    /// # Errors
    /// When it is no number, none at all, or, where that is refused, too large.
    pub(super) fn limit(&self, most: usize, above: TooLarge) -> Result<usize, ApiError> {
        let Some(limit) = self.number("limit")? else { return Ok(10.min(most)) };
        match usize::try_from(limit) {
            Ok(0) => Err(ApiError::validation("limit must be greater than 0")),
            Ok(limit) if limit <= most => Ok(limit),
            _ if above == TooLarge::Clamp => Ok(most),
            _ => Err(ApiError::validation(format!("limit must not be greater than {most}, was {limit}"))),
        }
    }

    /// The same query for the page that begins at `after`, encoded anew: `properties=a%2Cb&after=394`.
    pub(super) fn continued(&self, after: &str) -> String {
        let mut encoder = form_urlencoded::Serializer::new(String::new());
        for (name, value) in self.0.iter().filter(|(name, _)| name != "after") {
            encoder.append_pair(name, value);
        }
        encoder.append_pair("after", after).finish()
    }
}

fn undeserializable(wanted: &str, given: &str) -> ApiError {
    ApiError::validation(format!(
        "Cannot deserialize value of type `{wanted}` from String \"{given}\": not a valid `{wanted}` value"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_comma_separated_repeated_or_both() {
        let query = Query::parse("properties=a%2Cb&properties=c,a&properties=");
        assert_eq!(query.list("properties"), Some(["a", "b", "c"].map(str::to_owned).to_vec()));
        assert_eq!(query.list("associations"), None);
    }

    #[test]
    fn booleans_may_be_written_as_python_writes_them() {
        let flag = |text| Query::parse(text).flag("archived").map_err(|error| error.status.as_u16());
        assert_eq!(
            (flag("archived=True"), flag("archived=false"), flag("")),
            (Ok(true), Ok(false), Ok(false))
        );
        assert_eq!(flag("archived=perhaps"), Err(400));
    }

    #[test]
    fn a_limit_is_ten_unless_told_and_never_above_the_largest() {
        let limit = |text, above| Query::parse(text).limit(100, above).map_err(|error| error.status.as_u16());
        assert_eq!((limit("", TooLarge::Refuse), limit("limit=100", TooLarge::Refuse)), (Ok(10), Ok(100)));
        assert_eq!(
            (limit("limit=101", TooLarge::Refuse), limit("limit=101", TooLarge::Clamp)),
            (Err(400), Ok(100))
        );
        for wrong in ["limit=0", "limit=-1", "limit=x"] {
            assert_eq!(limit(wrong, TooLarge::Clamp), Err(400), "{wrong}");
        }
    }

    #[test]
    fn the_next_page_asks_for_the_same_in_one_encoding() {
        let query = Query::parse("limit=2&properties=a,b&after=1&idProperty=x%20y");
        assert_eq!(query.continued("394"), "limit=2&properties=a%2Cb&idProperty=x+y&after=394");
    }
}
