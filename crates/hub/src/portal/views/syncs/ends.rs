//! The two ends of a sync, and their records, as people know them.

use super::super::text;
use syncline_core::sync::{Side, Sides};

/// One side of a sync.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct End {
    /// The connection.
    pub connection_id: String,
    /// The provider's name.
    pub provider_name: String,
    /// What people call the account; its connection's id where that is gone.
    pub account_name: String,
    /// The type of the records.
    pub object_type: String,
    /// Where they are; empty for types that are kept in one place.
    pub collection: String,
}

impl End {
    pub(in super::super) fn connection_href(&self) -> String {
        format!("/portal/connections/{}", text::segment(&self.connection_id))
    }
}

/// What each side is called where there is room for a word or two: the provider, or the account where both are of one provider.
#[must_use]
pub fn names(ends: &Sides<End>) -> Sides<String> {
    let same = ends.left.provider_name == ends.right.provider_name;
    let name = |end: &End| {
        let name = if same || end.provider_name.is_empty() { &end.account_name } else { &end.provider_name };
        text::preview(name, 32).into_owned()
    };
    let names = Sides { left: name(&ends.left), right: name(&ends.right) };
    if names.left == names.right {
        return Sides { left: "the left side".to_owned(), right: "the right side".to_owned() };
    }
    names
}

/// The same of one side; of none: of both.
pub(super) fn name(ends: &Sides<End>, side: Option<Side>) -> String {
    side.map_or_else(|| "both".to_owned(), |side| names(ends)[side].clone())
}

/// A record of one side.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordRef {
    /// Its id.
    pub id: String,
    /// What people call it; may be empty.
    pub name: String,
    /// Its page here; none when it is not mirrored.
    pub href: Option<String>,
    /// Its page at the provider, where there is one.
    pub url: Option<String>,
    /// Whether it is gone.
    pub gone: bool,
    /// Whether the provider keeps it as archived.
    pub archived: bool,
    /// When it was last changed there, RFC 3339.
    pub modified_at: Option<String>,
    /// When it was last read, RFC 3339.
    pub read_at: Option<String>,
}

impl RecordRef {
    pub(super) fn title(&self) -> &str {
        if self.name.is_empty() { &self.id } else { &self.name }
    }

    /// Its state where it is not simply there: class and word.
    pub(super) fn mark(&self) -> Option<(&'static str, &'static str)> {
        match (self.href.is_none(), self.gone, self.archived) {
            (true, ..) => Some(("k-warn", "not mirrored")),
            (false, true, _) => Some(("k-delete", "gone")),
            (false, false, true) => Some(("", "archived")),
            (false, false, false) => None,
        }
    }

    /// Its page at the provider, if that is an address a browser may be sent to.
    pub(super) fn link(&self) -> Option<&str> {
        self.url.as_deref().filter(|url| text::is_of_the_web(url))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(provider: &str, account: &str) -> End {
        End { provider_name: provider.to_owned(), account_name: account.to_owned(), ..End::default() }
    }

    #[test]
    fn a_side_is_called_by_what_tells_it_from_the_other() {
        let of = |left: End, right: End| {
            let names = names(&Sides { left, right });
            (names.left, names.right)
        };
        let both = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(of(end("HubSpot", "Acme"), end("10to8", "Acme")), both("HubSpot", "10to8"));
        assert_eq!(of(end("Airtable", "Old"), end("Airtable", "New")), both("Old", "New"));
        assert_eq!(of(end("Airtable", "A"), end("Airtable", "A")), both("the left side", "the right side"));
    }
}
