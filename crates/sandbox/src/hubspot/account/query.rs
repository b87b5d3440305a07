//! Query parameters as clients write them: `False` and `false`, an empty one like none at all.

use crate::hubspot::error::ApiError;
use http::Uri;
use serde_json::json;

/// The parameters of a URL.
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    /// Those of `uri`.
    pub(super) fn of(uri: &Uri) -> Self {
        let query = uri.query().unwrap_or_default();
        Self(url::form_urlencoded::parse(query.as_bytes()).into_owned().collect())
    }

    /// The first of this name that is not empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    /// A flag; false when it is not there.
    ///
    /// # Errors
    /// 400 when it is neither true nor false.
    pub(super) fn flag(&self, name: &str) -> Result<bool, ApiError> {
        match self.get(name).map(str::to_ascii_lowercase).as_deref() {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(other) => Err(not_valid(name, other, "a boolean")),
        }
    }

    /// A number.
    ///
    /// # Errors
    /// 400 when it is none.
    pub(super) fn number(&self, name: &str) -> Result<Option<u64>, ApiError> {
        let number = |text: &str| text.parse().map_err(|_| not_valid(name, text, "a number"));
        self.get(name).map(number).transpose()
    }
}

/// 400: a parameter means nothing.
pub(super) fn not_valid(name: &str, value: &str, kind: &str) -> ApiError {
    ApiError::validation(format!("Invalid query parameter {name}: '{value}' is not {kind}"))
        .context(json!({ "propertyName": [name] }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_may_be_written_with_a_capital() {
        let query = Query::of(&"/x?a=False&b=True&c=&d=maybe&n=7".parse().expect("a URI"));
        assert_eq!(
            (query.flag("a"), query.flag("b"), query.flag("c"), query.flag("z")),
            (Ok(false), Ok(true), Ok(false), Ok(false))
        );
        assert!(query.flag("d").is_err() && query.number("d").is_err());
        assert_eq!((query.number("n"), query.number("z")), (Ok(Some(7)), Ok(None)));
    }
}
