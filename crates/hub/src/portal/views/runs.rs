//! Runs: what was read, how far it is, what went wrong.

use super::filters;
use super::narrow::Narrow;
use super::shell::Shell;
use super::text;
use askama::Template;

/// The list of runs.
#[derive(Debug, Template)]
#[template(path = "runs/index.html")]
pub struct RunsPage {
    /// The surroundings.
    pub shell: Shell,
    /// What the list is narrowed to.
    pub narrow: Narrow,
    /// Why the filters cannot be used; the page then has no rows.
    pub problem: Option<String>,
    /// The runs, the latest first.
    pub rows: Vec<RunRow>,
    /// The cursor of the page after this one, where there is one.
    pub older: Option<String>,
}

impl RunsPage {
    /// Whether something on the page goes on by itself.
    fn moves(&self) -> bool {
        self.rows.iter().any(|run| run.unfinished)
    }
}

/// One run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunRow {
    /// Its id.
    pub id: String,
    /// The connection whose records it reads.
    pub connection_id: String,
    /// The account's name; empty where the connection is unknown.
    pub account_name: String,
    /// The provider's name.
    pub provider_name: String,
    /// Whose.
    pub organization: String,
    /// `full` or `incremental`.
    pub mode: String,
    /// What it was begun by.
    pub trigger: String,
    /// How it is (`running`).
    pub state: String,
    /// Why it is so, for people.
    pub reason: Option<String>,
    /// Whether somebody asked it to stop.
    pub stopping: bool,
    /// Whether there is more to come.
    pub unfinished: bool,
    /// Records read.
    pub read: u64,
    /// Of these, new or in another state.
    pub changed: u64,
    /// Records found gone.
    pub gone: u64,
    /// How many records there are in all, where every lane knows.
    pub total: Option<u64>,
    /// Records a second, on average.
    pub per_second: Option<u64>,
    /// When it was asked for, RFC 3339.
    pub created_at: String,
    /// When it began, RFC 3339.
    pub started_at: Option<String>,
    /// When it ended, RFC 3339.
    pub finished_at: Option<String>,
    /// When it last gave a sign of life, RFC 3339.
    pub heartbeat_at: Option<String>,
    /// For how many milliseconds it has run, or did.
    pub millis: Option<u64>,
}

/// How a state of a run or lane looks.
pub(super) fn state_class(state: &str) -> &'static str {
    match state {
        "succeeded" | "done" | "active" => "k-create",
        "running" => "k-message",
        "partial" | "paused" | "cut" | "needs_reauthorization" => "k-warn",
        "failed" => "k-delete",
        _ => "",
    }
}

/// A state's word for people.
pub(super) fn state_word(state: &str) -> String {
    match state {
        "needs_reauthorization" => "Needs reauthorization".to_owned(),
        "cut" => "Cut off".to_owned(),
        other => {
            let mut letters = other.chars();
            let first = letters.next().map(|first| first.to_ascii_uppercase());
            first.into_iter().chain(letters).collect()
        }
    }
}

/// What begins runs, in words.
pub(super) fn trigger_word(trigger: &str) -> &str {
    match trigger {
        "manual" => "by hand",
        "connect" => "when connected",
        "schedule" => "on schedule",
        "webhook" => "by a webhook",
        "api" => "over the API",
        other => other,
    }
}

impl RunRow {
    pub(super) fn href(&self) -> String {
        format!("/portal/runs/{}", text::segment(&self.id))
    }

    pub(super) fn cancel_action(&self) -> String {
        format!("{}/cancel", self.href())
    }

    pub(super) fn connection_href(&self) -> String {
        format!("/portal/connections/{}", text::segment(&self.connection_id))
    }

    pub(super) fn class(&self) -> &'static str {
        state_class(&self.state)
    }

    pub(super) fn word(&self) -> String {
        if self.stopping && self.unfinished { "Stopping".to_owned() } else { state_word(&self.state) }
    }

    /// What it is called in a list: how much it reads and why.
    pub(super) fn what(&self) -> &'static str {
        if self.mode == "full" { "Everything" } else { "Changes" }
    }

    pub(super) fn why(&self) -> &str {
        trigger_word(&self.trigger)
    }

    pub(super) fn took(&self) -> Option<String> {
        self.millis.map(text::span)
    }

    /// How far it is, where that is known: done and all.
    pub(super) fn bar(&self) -> Option<(u64, u64)> {
        let total = self.total.filter(|total| self.unfinished && *total > 0)?;
        Some((self.read.min(total), total))
    }
}

/// One run with its lanes.
#[derive(Debug, Template)]
#[template(path = "runs/run.html")]
pub struct RunPage {
    /// The surroundings.
    pub shell: Shell,
    /// The run.
    pub run: RunRow,
    /// What it was asked to read, for people; empty when it reads the usual.
    pub wish: Vec<(String, String)>,
    /// Its lanes.
    pub lanes: Vec<LaneView>,
    /// How many more lanes there are than are shown.
    pub more_lanes: usize,
}

/// A lane of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LaneView {
    /// For people.
    pub title: String,
    /// The type of its records.
    pub object_type: String,
    /// How it is.
    pub state: String,
    /// Only what changed since then; none: everything.
    pub since: Option<String>,
    /// Records read.
    pub read: u64,
    /// Of these, new.
    pub created: u64,
    /// Of these, in another state.
    pub changed: u64,
    /// Records found gone.
    pub gone: u64,
    /// Pages read.
    pub pages: u64,
    /// How many records there are in all, where the provider tells.
    pub total: Option<u64>,
    /// What people should know.
    pub notice: Option<String>,
    /// Why it failed.
    pub error: Option<String>,
    /// When its last page was stored, RFC 3339.
    pub updated_at: String,
}

impl LaneView {
    fn class(&self) -> &'static str {
        state_class(&self.state)
    }

    fn word(&self) -> String {
        state_word(&self.state)
    }

    /// Whether it is not over.
    fn is_open(&self) -> bool {
        matches!(self.state.as_str(), "waiting" | "running")
    }

    /// Done and all, for the bar.
    fn bar(&self) -> Option<(u64, u64)> {
        let total = self.total.filter(|total| *total > 0)?;
        Some((self.read.min(total), total))
    }
}

impl RunPage {
    /// Why there is nothing to see of lanes yet.
    fn lanes_are_to_come(&self) -> bool {
        self.run.unfinished
    }
}
