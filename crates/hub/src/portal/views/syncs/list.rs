//! The list of syncs.

use super::super::filters;
use super::super::narrow::Narrow;
use super::super::shell::Shell;
use super::super::text;
use super::ends::{self, End};
use super::run::SyncRunRow;
use askama::Template;
use syncline_core::sync::Sides;

/// The list of syncs.
#[derive(Debug, Template)]
#[template(path = "syncs/index.html")]
pub struct SyncsPage {
    /// The surroundings.
    pub shell: Shell,
    /// What the list is narrowed to.
    pub narrow: Narrow,
    /// Why the filters cannot be used; the page then has no rows.
    pub problem: Option<String>,
    /// Whether there are two connections of one organization to make a sync of.
    pub can_begin: bool,
    /// The syncs, in the order in which they were made.
    pub rows: Vec<SyncRow>,
    /// The cursor of the page after this one, where there is one.
    pub next: Option<String>,
}

impl SyncsPage {
    /// Whether something on the page goes on by itself.
    fn moves(&self) -> bool {
        self.rows.iter().any(SyncRow::moves)
    }
}

/// One sync.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SyncRow {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Whose.
    pub organization: String,
    /// What it joins.
    pub ends: Sides<End>,
    /// Whether nothing of it is done until somebody lets it go on.
    pub paused: bool,
    /// Why it is paused, or what keeps it from working.
    pub reason: Option<String>,
    /// Whether both sides are known, so that live changes are carried over.
    pub primed: bool,
    /// Its latest run.
    pub last_run: Option<SyncRunRow>,
    /// Its links; none while they are being counted.
    pub links: Option<LinkCounts>,
    /// Conflicts that wait for a person.
    pub conflicts: u64,
    /// Records that wait to be looked at.
    pub waiting: u64,
}

/// How many links a sync has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LinkCounts {
    /// Both of whose records are known.
    pub linked: u64,
    /// One of whose records is being created.
    pub creating: u64,
    /// That are over.
    pub ended: u64,
    /// With a value that one side does not take.
    pub held: u64,
}

impl SyncRow {
    pub(in super::super) fn href(&self) -> String {
        format!("/portal/syncs/{}", text::segment(&self.id))
    }

    pub(super) fn action(&self, verb: &str) -> String {
        format!("{}/{verb}", self.href())
    }

    /// The page of a part of it; of none: its own.
    pub(super) fn part_href(&self, part: &str) -> String {
        if part.is_empty() { self.href() } else { self.action(part) }
    }

    pub(super) fn narrowed(&self, list: &str, filter: &str, value: &str) -> String {
        format!("{}/{list}?{}", self.href(), text::query(&[(filter, value)]))
    }

    pub(super) fn conflicts_href(&self) -> String {
        format!("/portal/conflicts?{}", text::query(&[("sync", &self.id)]))
    }

    /// Why it is as it is, in a sentence.
    pub(super) fn why(&self) -> Option<String> {
        self.reason.as_deref().map(|reason| text::sentence(reason, 400))
    }

    /// Whether it has links with a held value.
    pub(super) fn has_held(&self) -> bool {
        self.links.is_some_and(|links| links.held > 0)
    }

    /// What each side is called where there is little room.
    pub(super) fn names(&self) -> Sides<String> {
        ends::names(&self.ends)
    }

    /// The run that is not over, where there is one: always the latest.
    pub(super) fn unfinished(&self) -> Option<&SyncRunRow> {
        self.last_run.as_ref().filter(|run| run.unfinished)
    }

    pub(super) fn moves(&self) -> bool {
        self.links.is_none() || self.waiting > 0 || self.unfinished().is_some()
    }

    /// How it is: class and word.
    pub(super) fn state(&self) -> (&'static str, &'static str) {
        let runs = self.unfinished().is_some_and(|run| !run.dry_run);
        match (self.paused, self.primed, runs) {
            (true, ..) => ("k-warn", "Paused"),
            (false, false, true) => ("k-message", "First run"),
            (false, false, false) => ("", "Not begun"),
            (false, true, _) if self.reason.is_some() => ("k-warn", "Held up"),
            (false, true, true) => ("k-message", "Running"),
            (false, true, false) => ("k-create", "In step"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sync_is_in_step_only_when_nothing_says_otherwise() {
        let run = |dry_run| Some(SyncRunRow { unfinished: true, dry_run, ..SyncRunRow::default() });
        let sync = SyncRow { primed: true, ..SyncRow::default() };
        let word = |sync: &SyncRow| sync.state().1;
        assert_eq!(word(&sync), "In step");
        assert_eq!(word(&SyncRow { reason: Some("x".to_owned()), ..sync.clone() }), "Held up");
        assert_eq!(word(&SyncRow { last_run: run(false), ..sync.clone() }), "Running");
        assert_eq!(word(&SyncRow { last_run: run(true), ..sync.clone() }), "In step");
        assert_eq!(word(&SyncRow { paused: true, last_run: run(false), ..sync.clone() }), "Paused");
        let new = SyncRow { primed: false, ..sync };
        assert_eq!(word(&new), "Not begun");
        assert_eq!(word(&SyncRow { last_run: run(false), ..new }), "First run");
    }
}
