//! What was done and noticed about records of a sync.

use super::super::filters;
use super::super::narrow::Narrow;
use super::super::shell::Shell;
use super::super::text;
use super::ends::{self, End, RecordRef};
use super::list::SyncRow;
use super::values::{Change, HeldView};
use askama::Template;
use syncline_core::sync::{Side, Sides};

/// Something that was done or noticed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistoryView {
    /// What it was, in a word (`updated`).
    pub what: String,
    /// The side where it was.
    pub side: Option<Side>,
    /// When, RFC 3339.
    pub at: String,
    /// The sync.
    pub sync_id: String,
    /// The link, where there is one.
    pub link_id: Option<String>,
    /// The records, as far as they were known.
    pub ids: Sides<Option<String>>,
    /// What was written.
    pub changes: Vec<Change>,
    /// What was not taken.
    pub held: Vec<HeldView>,
    /// What the provider said, or what else is to be known.
    pub message: String,
}

/// The words of histories and plans, how they look, and how people say them.
pub const WORDS: [(&str, &str, &str); 13] = [
    ("created", "k-create", "Created"),
    ("updated", "k-change", "Updated"),
    ("deleted", "k-delete", "Deleted"),
    ("linked", "k-link", "Linked"),
    ("relinked", "k-link", "Linked anew"),
    ("unlinked", "", "Unlinked"),
    ("merged", "k-merge", "Merged"),
    ("restored", "k-restore", "Restored"),
    ("refused", "k-warn", "Refused"),
    ("objected", "k-warn", "Objected"),
    ("missing", "k-warn", "Not there"),
    ("exists", "k-warn", "There already"),
    ("unanswered", "k-warn", "No answer"),
];

/// A word of histories and plans: how it looks, and how people say it.
pub(super) fn said(what: &str) -> (&'static str, String) {
    match WORDS.iter().find(|(known, _, _)| *known == what) {
        Some((_, class, word)) => (class, (*word).to_owned()),
        None => ("", super::super::runs::state_word(what)),
    }
}

/// What a word means where it does not say it itself.
pub(super) fn meaning(what: &str) -> &'static str {
    match what {
        "unanswered" => {
            "Whether the record was created is not known. It is looked for before anything is repeated."
        }
        "missing" => "The record was not there any more.",
        "exists" => "A record like it was there already.",
        "linked" => "The two records were found to be the same.",
        "relinked" => "The record is linked again after a merge or a restore.",
        _ => "",
    }
}

impl HistoryView {
    /// The history that it stands in.
    pub(super) fn history_href(&self) -> String {
        format!("/portal/syncs/{}/history", text::segment(&self.sync_id))
    }

    pub(in super::super) fn class(&self) -> &'static str {
        said(&self.what).0
    }

    pub(in super::super) fn word(&self) -> String {
        said(&self.what).1
    }

    pub(in super::super) fn says(&self) -> &str {
        match (self.message.as_str(), self.what.as_str()) {
            // The agreement has rules for none of what was written then.
            ("", "updated") if self.changes.is_empty() && self.held.is_empty() => {
                "Only what says there how the sync stands: the other side's id, the status."
            }
            ("", what) => meaning(what),
            (message, _) => message,
        }
    }

    pub(super) fn link_href(&self) -> Option<String> {
        let link = self.link_id.as_deref()?;
        Some(format!("/portal/syncs/{}/links/{}", text::segment(&self.sync_id), text::segment(link)))
    }

    pub(super) fn side_name(&self, ends: &Sides<End>) -> String {
        ends::name(ends, self.side)
    }

    /// The ids in one line.
    pub(super) fn records(&self) -> String {
        ids(&self.ids)
    }
}

/// The ids of a pair in one line.
pub(super) fn ids(ids: &Sides<Option<String>>) -> String {
    match (&ids.left, &ids.right) {
        (Some(left), Some(right)) => format!("{} ↔ {}", text::id(left, 24), text::id(right, 24)),
        (Some(one), None) | (None, Some(one)) => text::id(one, 48).into_owned(),
        (None, None) => String::new(),
    }
}

/// The history of a sync.
#[derive(Debug, Template)]
#[template(path = "syncs/history_page.html")]
pub struct HistoryPage {
    /// The surroundings.
    pub shell: Shell,
    /// The sync.
    pub sync: SyncRow,
    /// What the list is narrowed to.
    pub narrow: Narrow,
    /// Why the filters cannot be used.
    pub problem: Option<String>,
    /// What was done, latest first.
    pub rows: Vec<HistoryView>,
    /// The cursor of the page after this one, where there is one.
    pub older: Option<String>,
}

impl HistoryPage {
    /// In a list the records are named; on a link's own page everybody knows them.
    fn of_one(&self) -> bool {
        false
    }
}

impl RecordRef {
    /// Of an id that is all that is known.
    #[must_use]
    pub fn only(id: &str) -> Self {
        Self { id: id.to_owned(), ..Self::default() }
    }
}
