//! One counter: its three numbers, its push, what moved it, what was sent.

use super::counter::ValueRow;
use super::list::DefinitionRow;
use super::{class, number};
use crate::portal::views::narrow::Narrow;
use crate::portal::views::shell::Shell;
use crate::portal::views::{filters, text};
use askama::Template;

/// One counter.
#[derive(Debug, Template)]
#[template(path = "counters/value.html")]
pub struct ValuePage {
    /// The surroundings.
    pub shell: Shell,
    /// The definition it belongs to.
    pub definition: DefinitionRow,
    /// The counter.
    pub row: ValueRow,
    /// What is known of the truth.
    pub truth: Truth,
    /// What was sent and may still take effect: the value, and when, RFC 3339.
    pub sent: Option<(i64, String)>,
    /// When something is to be done with it next, RFC 3339.
    pub due_at: Option<String>,
    /// What went wrong with its latest change, as people read it.
    pub problem: Option<String>,
    /// Where the page of changes begins.
    pub narrow: Narrow,
    /// What moved it, the latest first.
    pub changes: Vec<ChangeRow>,
    /// The cursor of the page of changes after this one.
    pub older: Option<String>,
    /// What was sent lately, the latest first.
    pub pushes: Vec<PushRow>,
    /// Whether there is more of that.
    pub more_pushes: bool,
}

/// What is known of the truth.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Truth {
    /// Where it is known: `the counter itself`.
    pub source: String,
    /// The number; none: not known now.
    pub value: Option<i64>,
    /// When it was asked, RFC 3339.
    pub at: Option<String>,
    /// The run that asked: its address.
    pub run: Option<String>,
    /// Why it is not known.
    pub why: Option<String>,
}

/// A change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChangeRow {
    /// How often it had changed then.
    pub version: i64,
    /// When, RFC 3339.
    pub at: String,
    /// `increment`, `decrement`, `set`, `seen`, `repair`.
    pub op: String,
    /// By how much, or to what.
    pub amount: i64,
    /// What it was after it.
    pub value: i64,
    /// What it was before it.
    pub before: i64,
    /// Whose change it was.
    pub source: String,
}

impl ChangeRow {
    fn what(&self) -> String {
        match self.op.as_str() {
            "increment" => format!("+{}", number(self.amount)),
            "decrement" => format!("−{}", number(self.amount)),
            "seen" => "Found in Redis".to_owned(),
            "repair" => "Repaired".to_owned(),
            _ => "Set".to_owned(),
        }
    }

    fn by(&self) -> &str {
        match self.source.as_str() {
            "api" => "API",
            "portal" => "portal",
            "redis" => "the application, in Redis",
            "reconciliation" => "a comparison",
            other => other,
        }
    }

    fn before_text(&self) -> String {
        number(self.before)
    }

    fn value_text(&self) -> String {
        number(self.value)
    }
}

/// Something that happened on the way to the property.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PushRow {
    /// The counter's key.
    pub key: String,
    /// The counter's page.
    pub href: String,
    /// When, RFC 3339.
    pub at: String,
    /// `accepted`, `not_taken`, `lost`, `refused`, `shown`, `parked`.
    pub what: String,
    /// The value.
    pub value: i64,
    /// How long it took, in milliseconds.
    pub latency: u64,
    /// The particulars.
    pub detail: Option<String>,
}

impl PushRow {
    pub(super) fn word(&self) -> &'static str {
        match self.what.as_str() {
            "accepted" => "Accepted",
            "not_taken" => "Not taken",
            "lost" => "No answer",
            "refused" => "Refused",
            "shown" => "Shown",
            _ => "Parked",
        }
    }

    pub(super) fn class(&self) -> &'static str {
        if self.what == "accepted" { "" } else { class(&self.what) }
    }

    pub(super) fn took(&self) -> String {
        text::span(self.latency)
    }

    pub(super) fn value_text(&self) -> String {
        number(self.value)
    }
}

impl ValuePage {
    /// All that was sent of this counter.
    fn pushes_href(&self) -> String {
        format!("{}?{}", self.definition.action("pushes"), text::query(&[("key", &self.row.key)]))
    }

    /// On a counter's own page everybody knows whose pushes they are.
    fn of_one(&self) -> bool {
        true
    }

    fn truth_text(&self) -> String {
        self.truth.value.map_or_else(|| "not known".to_owned(), number)
    }

    /// Whether the truth is known and is not what the counter is.
    fn is_wrong(&self) -> bool {
        self.truth.value.is_some() && self.truth.value != self.row.value
    }

    fn sent_text(&self) -> String {
        self.sent.as_ref().map(|(value, _)| number(*value)).unwrap_or_default()
    }
}
