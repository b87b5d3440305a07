//! Addresses of the timeline, for pages that lead there.

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
}

impl EventFilters {
    /// The address of the timeline with these filters.
    #[must_use]
    pub fn href(&self) -> String {
        let query = text::query(&[
            ("organization", self.organization.as_str()),
            ("provider", &self.provider),
            ("object_type", &self.object_type),
            ("object_id", &self.object_id),
            ("kind", &self.kind),
            ("account", &self.account),
            ("property", &self.property),
        ]);
        format!("/portal/events{}{query}", if query.is_empty() { "" } else { "?" })
    }
}
