//! The filters of the timeline, and the addresses they make.

use super::text;

/// What the timeline is narrowed to. An empty text filters nothing. Each field is the query parameter of its name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventFilters {
    /// The organization's id.
    pub organization: String,
    /// The provider's id (`hubspot`).
    pub provider: String,
    /// The provider's account.
    pub account: String,
    /// The kind of record (`contact`).
    pub object_type: String,
    /// The record's id at the provider.
    pub object_id: String,
    /// What happened, in the provider's word (`contact.propertyChange`).
    pub kind: String,
    /// The property that changed.
    pub property: String,
    /// The first instant shown, as typed or in RFC 3339.
    pub from: String,
    /// The first instant no longer shown, as typed or in RFC 3339.
    pub to: String,
    /// `order=oldest`: the oldest events first. Otherwise the newest.
    pub oldest_first: bool,
    /// Where a later page starts, as the route gave it; empty on the first page. It may hold both directions.
    pub cursor: String,
}

/// A filter in force, with the address of the page without it.
pub(super) struct Chip {
    pub(super) label: &'static str,
    pub(super) value: String,
    pub(super) without: String,
    /// Whether the value is an instant, which a script can show in the reader's own time.
    pub(super) instant: bool,
}

impl EventFilters {
    /// Every narrowing parameter with its value, in the order of the filter bar.
    fn narrowing(&self) -> [(&'static str, &'static str, &str); 9] {
        [
            ("organization", "Organization", &self.organization),
            ("provider", "Provider", &self.provider),
            ("object_type", "Object type", &self.object_type),
            ("object_id", "Object ID", &self.object_id),
            ("kind", "Kind", &self.kind),
            ("account", "Account", &self.account),
            ("property", "Property", &self.property),
            ("from", "From", &self.from),
            ("to", "To", &self.to),
        ]
    }

    /// The filters as a query, without the question mark and without the cursor.
    #[must_use]
    pub fn query(&self) -> String {
        let mut pairs: Vec<_> = self.narrowing().iter().map(|(name, _, value)| (*name, *value)).collect();
        pairs.push(("order", if self.oldest_first { "oldest" } else { "" }));
        text::query(&pairs)
    }

    /// The address of the first page with these filters.
    #[must_use]
    pub fn href(&self) -> String {
        match self.query() {
            query if query.is_empty() => "/portal/events".to_owned(),
            query => format!("/portal/events?{query}"),
        }
    }

    /// The address of the page at `cursor` with these filters.
    #[must_use]
    pub fn page_href(&self, cursor: &str) -> String {
        let first = self.href();
        let join = if first.contains('?') { '&' } else { '?' };
        format!("{first}{join}{}", text::query(&[("cursor", cursor)]))
    }

    /// Whether anything is narrowed.
    #[must_use]
    pub fn is_narrowed(&self) -> bool {
        self.narrowed_count() > 0
    }

    /// Whether new events belong at the top of this page: newest first, open towards now, first page.
    #[must_use]
    pub fn follows_now(&self) -> bool {
        !self.oldest_first && self.to.is_empty() && self.cursor.is_empty()
    }

    pub(super) fn narrowed_count(&self) -> usize {
        self.narrowing().iter().filter(|(_, _, value)| !value.is_empty()).count()
    }

    /// Whether one of the filters under "More" is in force.
    pub(super) fn narrows_more(&self) -> bool {
        [&self.account, &self.property, &self.from, &self.to].iter().any(|value| !value.is_empty())
    }

    pub(super) fn chips(&self) -> Vec<Chip> {
        let narrowing = self.narrowing();
        let active = narrowing.iter().filter(|(_, _, value)| !value.is_empty());
        active
            .map(|(name, label, value)| Chip {
                label,
                value: text::preview(value, 48).into_owned(),
                without: self.without(name).href(),
                instant: matches!(*name, "from" | "to"),
            })
            .collect()
    }

    /// These filters as a page that follows now.
    pub(super) fn following(&self) -> Self {
        Self { oldest_first: false, to: String::new(), cursor: String::new(), ..self.clone() }
    }

    fn without(&self, name: &str) -> Self {
        let mut rest = self.clone();
        match name {
            "organization" => rest.organization.clear(),
            "provider" => rest.provider.clear(),
            "object_type" => rest.object_type.clear(),
            "object_id" => rest.object_id.clear(),
            "kind" => rest.kind.clear(),
            "account" => rest.account.clear(),
            "property" => rest.property.clear(),
            "from" => rest.from.clear(),
            _ => rest.to.clear(),
        }
        rest
    }
}
