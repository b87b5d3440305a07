//! One definition: how it does, its counters, what comparisons found, its terms.

use super::charts::Charts;
use super::list::DefinitionRow;
use super::run::RunRow;
use super::{class, number};
use crate::portal::views::shell::Shell;
use crate::portal::views::{filters, text};
use askama::Template;

/// The most HTML that is made of what a trigger is sent.
const MAX_PAYLOAD: usize = 4_000;

/// One definition.
#[derive(Debug, Template)]
#[template(path = "counters/counter.html")]
pub struct CounterPage {
    /// The surroundings.
    pub shell: Shell,
    /// The definition.
    pub row: DefinitionRow,
    /// How it did.
    pub charts: Charts,
    /// Spans to choose from.
    pub spans: Vec<&'static str>,
    /// The first of its counters.
    pub values: Vec<ValueRow>,
    /// Whether there are others.
    pub more_values: bool,
    /// The latest comparisons.
    pub runs: Vec<RunRow>,
    /// Whether there are others.
    pub more_runs: bool,
    /// When the next one is due, RFC 3339.
    pub reconcile_at: Option<String>,
    /// Its terms, as label and value.
    pub facts: Vec<(String, String)>,
    /// What its trigger is sent, as JSON; none without a trigger.
    pub payload: Option<String>,
}

/// A counter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ValueRow {
    /// The definition's id.
    pub definition_id: String,
    /// Its key.
    pub key: String,
    /// What it is; none: its Redis key is gone.
    pub value: Option<i64>,
    /// What HubSpot showed last: a number.
    pub shown: Option<i64>,
    /// What kind of thing that was: `number`, `empty`, `other`, `no_record`; none: nobody looked yet.
    pub shown_is: Option<&'static str>,
    /// When, RFC 3339.
    pub shown_at: Option<String>,
    /// How its value gets to the property: `quiet`, `trigger`, `write`, `look`, `parked`.
    pub stage: &'static str,
    /// Whether HubSpot is known to have shown what it is.
    pub is_shown: bool,
    /// Why it is parked.
    pub reason: Option<String>,
    /// When it last changed, RFC 3339.
    pub changed_at: Option<String>,
    /// Since when HubSpot lacks a change, RFC 3339.
    pub waiting_since: Option<String>,
}

impl ValueRow {
    pub(super) fn href(&self) -> String {
        format!("/portal/counters/{}/values/{}", text::segment(&self.definition_id), text::segment(&self.key))
    }

    pub(super) fn action(&self, verb: &str) -> String {
        format!("{}/{verb}", self.href())
    }

    /// What it is, as people read it.
    pub(super) fn value_text(&self) -> String {
        self.value.map_or_else(|| "gone".to_owned(), number)
    }

    /// What HubSpot showed, as people read it.
    pub(super) fn shown_text(&self) -> String {
        match (self.shown_is, self.shown) {
            (Some("number"), Some(shown)) => number(shown),
            (Some("empty"), _) => "empty".to_owned(),
            (Some("no_record"), _) => "no record".to_owned(),
            (Some(_), _) => "no number".to_owned(),
            (None, _) => "not looked at".to_owned(),
        }
    }

    /// Whether both are numbers and differ, or HubSpot shows none.
    pub(super) fn differs(&self) -> bool {
        self.shown_is.is_some() && self.value != self.shown
    }

    pub(super) fn word(&self) -> &'static str {
        match self.stage {
            "trigger" | "write" => "To be sent",
            "look" => "Sent, to be seen",
            "parked" => "Parked",
            _ if self.value.is_none() => "Gone in Redis",
            _ if self.is_shown => "Shown",
            _ => "Quiet",
        }
    }

    pub(super) fn class(&self) -> &'static str {
        match self.stage {
            "trigger" | "write" => class("to be sent"),
            "look" => class("sent"),
            "parked" => class("parked"),
            _ if self.value.is_none() => class("lost"),
            _ if self.is_shown => class("shown"),
            _ => "",
        }
    }

    pub(super) fn moves(&self) -> bool {
        matches!(self.stage, "trigger" | "write" | "look")
    }
}

impl CounterPage {
    /// Whether something on the page goes on by itself.
    fn moves(&self) -> bool {
        let runs = self.runs.iter().any(|run| run.unfinished);
        runs || (self.row.is_active() && (self.row.waiting > 0 || self.values.iter().any(ValueRow::moves)))
    }

    /// As much of the payload as has room, line by line, and whether that is all of it.
    fn payload_lines<'a>(&self, payload: &'a str) -> (std::str::Lines<'a>, bool) {
        let shown = text::within(payload, MAX_PAYLOAD);
        (shown.lines(), shown.len() == payload.len())
    }

    fn span_href(&self, span: &str) -> String {
        format!("{}?{}", self.row.href(), text::query(&[("span", span)]))
    }

    /// Whether a comparison is under way.
    fn comparing(&self) -> Option<&RunRow> {
        self.runs.iter().find(|run| run.unfinished)
    }
}
