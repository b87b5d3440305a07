//! The list of endpoints.

use super::class;
use crate::portal::views::narrow::Narrow;
use crate::portal::views::shell::Shell;
use crate::portal::views::{filters, text};
use askama::Template;

/// The list of endpoints.
#[derive(Debug, Template)]
#[template(path = "endpoints/index.html")]
pub struct EndpointsPage {
    /// The surroundings.
    pub shell: Shell,
    /// What the list is narrowed to.
    pub narrow: Narrow,
    /// Why the filters cannot be used; the page then has no rows.
    pub problem: Option<String>,
    /// The endpoints, in the order in which they were made.
    pub rows: Vec<EndpointRow>,
    /// The cursor of the page after this one, where there is one.
    pub older: Option<String>,
}

/// One endpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EndpointRow {
    /// Its id.
    pub id: String,
    /// Where it is.
    pub url: String,
    /// For people; may be empty.
    pub description: String,
    /// Whose; none: it gets every organization's messages.
    pub organization: Option<String>,
    /// What it wants; empty: everything that is not opt-in.
    pub types: Vec<String>,
    /// Whether it is sent anything.
    pub enabled: bool,
    /// Why it is not.
    pub reason: Option<String>,
    /// How many attempts in a row failed.
    pub failures: u32,
    /// Since when, RFC 3339.
    pub failing_since: Option<String>,
    /// Attempts that delivered in the last day.
    pub delivered: u64,
    /// Attempts that failed in the last day.
    pub failed: u64,
    /// Deliveries that wait.
    pub waiting: u64,
}

impl EndpointRow {
    pub(super) fn href(&self) -> String {
        format!("/portal/endpoints/{}", text::segment(&self.id))
    }

    pub(super) fn action(&self, verb: &str) -> String {
        format!("{}/{verb}", self.href())
    }

    pub(super) fn word(&self) -> &'static str {
        match (self.enabled, self.failures) {
            (false, _) => "Disabled",
            (true, 0) => "Enabled",
            (true, _) => "Failing",
        }
    }

    pub(super) fn class(&self) -> &'static str {
        class(&self.word().to_ascii_lowercase())
    }

    /// What it wants, in a few words.
    pub(super) fn wants(&self) -> String {
        match self.types.as_slice() {
            [] => "All but opt-in types".to_owned(),
            [all] if all == "*" => "All types".to_owned(),
            some if some.len() <= 3 => some.join(", "),
            some => format!("{} and {} more", some[..2].join(", "), some.len() - 2),
        }
    }
}
