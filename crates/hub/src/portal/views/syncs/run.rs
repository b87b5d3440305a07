//! Runs of a sync: how far they are, what they did, and what a dry one would have done.

use super::super::filters;
use super::super::narrow::Narrow;
use super::super::runs::{RunRow, state_class, state_word, trigger_word};
use super::super::shell::Shell;
use super::super::text;
use super::ends::{self, End};
use super::list::SyncRow;
use super::plan::PlanRow;
use askama::Template;
use syncline_core::sync::{Side, Sides};

/// What a run did, or would do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Pairs and single records looked at.
    pub looked_at: u64,
    /// Records found to be the same.
    pub linked: u64,
    /// Records created, by side.
    pub created: Sides<u64>,
    /// Records changed, by side.
    pub updated: Sides<u64>,
    /// Records deleted, by side.
    pub deleted: Sides<u64>,
    /// Conflicts.
    pub conflicts: u64,
    /// Values that a side does not take.
    pub refused: u64,
    /// Records that wait for a person to say who they are.
    pub questions: u64,
    /// Put off.
    pub later: u64,
    /// Calls that wrote, by side.
    pub calls: Sides<u64>,
}

impl Tally {
    pub(super) fn written(&self) -> u64 {
        let both = |of: Sides<u64>| of.left + of.right;
        both(self.created) + both(self.updated) + both(self.deleted)
    }

    /// What was written, by side.
    fn lines(&self) -> [(&'static str, Sides<u64>); 4] {
        [
            ("Created", self.created),
            ("Updated", self.updated),
            ("Deleted", self.deleted),
            ("Calls that wrote", self.calls),
        ]
    }
}

/// One run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SyncRunRow {
    /// Its id.
    pub id: String,
    /// The sync.
    pub sync_id: String,
    /// The only side that it writes to; none: both.
    pub towards: Option<Side>,
    /// Whether it only plans.
    pub dry_run: bool,
    /// What it reads first (`full`).
    pub reading: String,
    /// What it was begun by.
    pub trigger: String,
    /// How it is (`running`).
    pub state: String,
    /// What it is at (`left`).
    pub phase: String,
    /// Why it is so, for people.
    pub reason: Option<String>,
    /// Whether somebody asked it to stop.
    pub stopping: bool,
    /// Whether there is more to come.
    pub unfinished: bool,
    /// How many records it has to look at, once that is known.
    pub total: Option<u64>,
    /// What it did so far.
    pub tally: Tally,
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

/// Where a run is in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Done,
    Current,
    ToCome,
}

/// A step of a run, ready to draw.
struct Step {
    label: String,
    standing: Standing,
}

impl Step {
    fn class(&self) -> &'static str {
        match self.standing {
            Standing::Done => "done",
            Standing::Current => "current",
            Standing::ToCome => "to-come",
        }
    }

    fn is_current(&self) -> bool {
        self.standing == Standing::Current
    }

    fn is_done(&self) -> bool {
        self.standing == Standing::Done
    }
}

/// The phases of a run, in their order.
const PHASES: [&str; 4] = ["reading", "indexing", "left", "right"];

impl SyncRunRow {
    pub(super) fn href(&self) -> String {
        format!("/portal/syncs/{}/runs/{}", text::segment(&self.sync_id), text::segment(&self.id))
    }

    pub(super) fn cancel_action(&self) -> String {
        format!("{}/cancel", self.href())
    }

    pub(super) fn class(&self) -> &'static str {
        state_class(&self.state)
    }

    pub(super) fn word(&self) -> String {
        if self.stopping && self.unfinished { "Stopping".to_owned() } else { state_word(&self.state) }
    }

    pub(super) fn why(&self) -> &str {
        trigger_word(&self.trigger)
    }

    pub(super) fn what(&self, ends: &Sides<End>) -> String {
        let what = if self.dry_run { "Dry run" } else { "Run" };
        match self.towards {
            Some(side) => format!("{what} to {}", ends::names(ends)[side]),
            None => format!("{what} both ways"),
        }
    }

    pub(super) fn reads(&self) -> &'static str {
        match self.reading.as_str() {
            "full" => "everything, on both sides",
            "changes" => "what changed, on both sides",
            _ => "nothing: the mirror is taken for true",
        }
    }

    pub(super) fn took(&self) -> Option<String> {
        self.millis.map(text::span)
    }

    /// How far it is, where that is known: done and all.
    pub(super) fn bar(&self) -> Option<(u64, u64)> {
        let total = self.total.filter(|total| self.unfinished && *total > 0)?;
        Some((self.tally.looked_at.min(total), total))
    }

    /// What it is at, in a few words.
    pub(super) fn at(&self, ends: &Sides<End>) -> String {
        let names = ends::names(ends);
        match (self.state.as_str(), self.phase.as_str()) {
            ("waiting", _) => "waits for a worker".to_owned(),
            (_, "reading") => "reads both sides".to_owned(),
            (_, "indexing") => "notes what records are matched by".to_owned(),
            (_, "left") => format!("compares what is at {}", names.left),
            (_, "right") => format!("compares what is left at {}", names.right),
            _ => String::new(),
        }
    }

    fn steps(&self, ends: &Sides<End>) -> Vec<Step> {
        let names = ends::names(ends);
        let labels = [
            "Read both sides".to_owned(),
            "Note what matches".to_owned(),
            format!("Compare {}", names.left),
            format!("Compare the rest of {}", names.right),
        ];
        let at = PHASES.iter().position(|phase| *phase == self.phase).unwrap_or(PHASES.len());
        let standing = |place: usize| match place.cmp(&at) {
            std::cmp::Ordering::Less => Standing::Done,
            std::cmp::Ordering::Equal if self.state == "running" => Standing::Current,
            _ => Standing::ToCome,
        };
        { labels.into_iter().enumerate() }.map(|(n, label)| Step { label, standing: standing(n) }).collect()
    }
}

/// One run with everything that is known about it.
#[derive(Debug, Template)]
#[template(path = "syncs/run.html")]
pub struct SyncRunPage {
    /// The surroundings.
    pub shell: Shell,
    /// The sync.
    pub sync: SyncRow,
    /// The run.
    pub run: SyncRunRow,
    /// The loads it waits for, or waited for.
    pub loads: Vec<RunRow>,
    /// What the plan is narrowed to.
    pub narrow: Narrow,
    /// Why the filters cannot be used; the plan then has no rows.
    pub problem: Option<String>,
    /// Of a dry run what it would have done.
    pub plan: Vec<PlanRow>,
    /// How long the plan is in all.
    pub planned: u64,
    /// The cursor of the plan's page after this one, where there is one.
    pub next: Option<String>,
}

impl SyncRunPage {
    /// How much more it would have done than is kept.
    fn not_kept(&self) -> u64 {
        self.run.tally.written().saturating_sub(self.planned)
    }
}

/// All runs of a sync.
#[derive(Debug, Template)]
#[template(path = "syncs/runs_page.html")]
pub struct SyncRunsPage {
    /// The surroundings.
    pub shell: Shell,
    /// The sync.
    pub sync: SyncRow,
    /// What the list is narrowed to.
    pub narrow: Narrow,
    /// Why the filters cannot be used; the page then has no rows.
    pub problem: Option<String>,
    /// The runs, latest first.
    pub runs: Vec<SyncRunRow>,
    /// The cursor of the page after this one, where there is one.
    pub older: Option<String>,
}

impl SyncRunsPage {
    fn moves(&self) -> bool {
        self.runs.iter().any(|run| run.unfinished)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_follow_the_phase() {
        let classes = |state: &str, phase: &str| {
            let run =
                SyncRunRow { state: state.to_owned(), phase: phase.to_owned(), ..SyncRunRow::default() };
            run.steps(&Sides::default()).iter().map(Step::class).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(classes("waiting", "reading"), "to-come to-come to-come to-come");
        assert_eq!(classes("running", "reading"), "current to-come to-come to-come");
        assert_eq!(classes("running", "left"), "done done current to-come");
        assert_eq!(classes("failed", "left"), "done done to-come to-come");
        assert_eq!(classes("succeeded", "done"), "done done done done");
    }

    #[test]
    fn only_a_run_under_way_that_knows_its_end_has_a_bar() {
        let tally = Tally { looked_at: 30, ..Tally::default() };
        let run = SyncRunRow { unfinished: true, total: Some(20), tally, ..SyncRunRow::default() };
        assert_eq!(run.bar(), Some((20, 20)));
        assert_eq!(SyncRunRow { total: None, ..run.clone() }.bar(), None);
        assert_eq!(SyncRunRow { total: Some(0), ..run.clone() }.bar(), None);
        assert_eq!(SyncRunRow { unfinished: false, ..run }.bar(), None);
    }
}
