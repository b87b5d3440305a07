//! A comparison: what it counted, and what it found.

use super::list::DefinitionRow;
use super::{class, number, off};
use crate::portal::views::narrow::Narrow;
use crate::portal::views::shell::Shell;
use crate::portal::views::{filters, text};
use askama::Template;

/// One comparison.
#[derive(Debug, Template)]
#[template(path = "counters/run.html")]
pub struct CounterRunPage {
    /// The surroundings.
    pub shell: Shell,
    /// The definition it is of.
    pub definition: DefinitionRow,
    /// The run.
    pub run: RunRow,
    /// What the findings are narrowed to.
    pub narrow: Narrow,
    /// Why the filters cannot be used.
    pub problem: Option<String>,
    /// What it found, in the order of the keys.
    pub findings: Vec<FindingRow>,
    /// The cursor of the page after this one, where there is one.
    pub older: Option<String>,
}

/// A comparison.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunRow {
    /// Its id.
    pub id: String,
    /// `waiting`, `running`, `succeeded`, `failed`, `cancelled`.
    pub state: String,
    /// What it was begun by: `schedule`, `manual`, `api`.
    pub cause: String,
    /// Whether it only looks.
    pub dry_run: bool,
    /// Whether it looks again at what it suspected.
    pub again: bool,
    /// Whether there is more to come.
    pub unfinished: bool,
    /// Whether somebody asked it to stop.
    pub stopping: bool,
    /// Why it ended as it did.
    pub reason: Option<String>,
    /// Counters that were looked at.
    pub checked: u64,
    /// Of which all three numbers agreed.
    pub alike: u64,
    /// Of which a push was in flight.
    pub in_flight: u64,
    /// Of which the truth is not known.
    pub unknown: u64,
    /// That were wrong.
    pub drifted: u64,
    /// Of these, that are right by now.
    pub repaired: u64,
    /// By how much all that were wrong were wrong together.
    pub size: u64,
    /// Calls that it took.
    pub calls: u64,
    /// When it was asked for, RFC 3339.
    pub created_at: String,
    /// When it ended, RFC 3339.
    pub finished_at: Option<String>,
    /// How long it took, or has taken so far, in milliseconds.
    pub took: Option<u64>,
}

impl CounterRunPage {
    /// Whether something on the page goes on by itself: a repair does when its run is over already.
    fn moves(&self) -> bool {
        self.run.unfinished || self.findings.iter().any(|one| one.outcome == "repairing")
    }
}

impl RunRow {
    pub(super) fn href(&self) -> String {
        format!("/portal/counter-runs/{}", text::segment(&self.id))
    }

    fn cancel_action(&self) -> String {
        format!("{}/cancel", self.href())
    }

    pub(super) fn class(&self) -> &'static str {
        class(&self.state)
    }

    pub(super) fn word(&self) -> String {
        match (self.state.as_str(), self.again) {
            ("running", true) => "Looking again".to_owned(),
            ("running", false) => "Comparing".to_owned(),
            (state, _) => text::capital(state),
        }
    }

    pub(super) fn why(&self) -> &'static str {
        match self.cause.as_str() {
            "schedule" => "by the schedule",
            "api" => "over the API",
            _ => "by a person",
        }
    }

    pub(super) fn took_text(&self) -> String {
        self.took.map_or_else(|| "–".to_owned(), text::span)
    }
}

/// Something that a comparison found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FindingRow {
    /// The definition's id.
    pub definition_id: String,
    /// The counter's key.
    pub key: String,
    /// `drift`, `suspect`, `no_truth`.
    pub verdict: String,
    /// `open`, `reported`, `repairing`, `repaired`, `moved`.
    pub outcome: String,
    /// What it should be.
    pub expected: Option<i64>,
    /// What the counter was.
    pub counter: Option<i64>,
    /// By how much that was too high.
    pub counter_off: Option<i64>,
    /// What HubSpot showed: a number.
    pub property: Option<i64>,
    /// What kind of thing that was.
    pub property_is: Option<&'static str>,
    /// By how much that was too high.
    pub property_off: Option<i64>,
    /// Since when at most, RFC 3339.
    pub since: Option<String>,
    /// What the truth's source said instead of a number.
    pub words: Option<String>,
}

impl FindingRow {
    fn href(&self) -> String {
        format!("/portal/counters/{}/values/{}", text::segment(&self.definition_id), text::segment(&self.key))
    }

    fn class(&self) -> &'static str {
        match self.outcome.as_str() {
            "repaired" | "repairing" => class(&self.outcome),
            "moved" => "",
            _ => class(&self.verdict),
        }
    }

    fn word(&self) -> &'static str {
        match (self.verdict.as_str(), self.outcome.as_str()) {
            ("no_truth", _) => "Truth not known",
            ("drift", "open") => "Its push is parked",
            (_, "open") => "Looked at again",
            (_, "moved") => "Changed or found again",
            (_, "repairing") => "Being repaired",
            (_, "repaired") => "Repaired",
            _ => "Reported",
        }
    }

    fn expected_text(&self) -> String {
        self.expected.map_or_else(|| "not known".to_owned(), number)
    }

    fn counter_text(&self) -> String {
        match self.counter {
            Some(counter) => number(counter),
            None if self.verdict == "drift" => "gone".to_owned(),
            None => "–".to_owned(),
        }
    }

    fn property_text(&self) -> String {
        match (self.property_is, self.property) {
            (Some("number"), Some(shown)) => number(shown),
            (Some("empty"), _) => "empty".to_owned(),
            (Some("no_record"), _) => "no record".to_owned(),
            (Some(_), _) => "no number".to_owned(),
            (None, _) => "–".to_owned(),
        }
    }

    /// By how much the counter was wrong; none when it was right.
    fn counter_off_text(&self) -> Option<String> {
        self.counter_off.filter(|wrong| *wrong != 0).map(off)
    }

    fn property_off_text(&self) -> Option<String> {
        self.property_off.filter(|wrong| *wrong != 0).map(off)
    }
}
