//! The list of definitions.

use super::class;
use crate::portal::views::narrow::Narrow;
use crate::portal::views::shell::Shell;
use crate::portal::views::{filters, text};
use askama::Template;

/// The list of definitions.
#[derive(Debug, Template)]
#[template(path = "counters/index.html")]
pub struct CountersPage {
    /// The surroundings.
    pub shell: Shell,
    /// What the list is narrowed to.
    pub narrow: Narrow,
    /// Why the filters cannot be used; the page then has no rows.
    pub problem: Option<String>,
    /// The definitions, in the order in which they were made.
    pub rows: Vec<DefinitionRow>,
    /// The cursor of the page after this one, where there is one.
    pub older: Option<String>,
}

/// One definition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DefinitionRow {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whose.
    pub organization: String,
    /// The property, with its object type.
    pub place: String,
    /// How values get there: `Trigger`.
    pub target: String,
    /// `active`, `paused` or `attention`.
    pub state: String,
    /// Why it is so.
    pub reason: Option<String>,
    /// Changes that were shown in the last day.
    pub changes: u64,
    /// The share of calls that were accepted in the last day.
    pub success: Option<String>,
    /// Counters whose value is on its way.
    pub waiting: u64,
    /// Counters that are a matter for a person.
    pub parked: u64,
    /// When the latest comparison ended, RFC 3339, and how many it found wrong.
    pub compared: Option<(String, u64)>,
}

impl DefinitionRow {
    pub(super) fn href(&self) -> String {
        format!("/portal/counters/{}", text::segment(&self.id))
    }

    pub(super) fn action(&self, verb: &str) -> String {
        format!("{}/{verb}", self.href())
    }

    pub(super) fn word(&self) -> &'static str {
        match self.state.as_str() {
            "paused" => "Paused",
            "attention" => "Needs attention",
            _ => "Active",
        }
    }

    pub(super) fn class(&self) -> &'static str {
        class(&self.state)
    }

    /// A reason as a sentence.
    pub(super) fn said(&self, reason: &str) -> String {
        text::sentence(reason, 400)
    }

    pub(super) fn is_active(&self) -> bool {
        self.state == "active"
    }
}

impl CountersPage {
    /// Whether something on the page goes on by itself.
    fn moves(&self) -> bool {
        self.rows.iter().any(|row| row.is_active() && row.waiting > 0)
    }
}
