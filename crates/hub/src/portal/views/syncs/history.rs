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

/// A word of histories and plans: how it looks, and how people say it.
pub(super) fn said(what: &str) -> (&'static str, String) {
    let (class, word) = match what {
        "created" => ("k-create", "Created"),
        "updated" => ("k-change", "Updated"),
        "deleted" => ("k-delete", "Deleted"),
        "linked" => ("k-link", "Linked"),
        "relinked" => ("k-link", "Linked anew"),
        "unlinked" => ("", "Unlinked"),
        "merged" => ("k-merge", "Merged"),
        "restored" => ("k-restore", "Restored"),
        "refused" => ("k-warn", "Refused"),
        "objected" => ("k-warn", "Objected"),
        "missing" => ("k-warn", "Not there"),
        "exists" => ("k-warn", "There already"),
        "unanswered" => ("k-warn", "No answer"),
        other => return ("", super::super::runs::state_word(other)),
    };
    (class, word.to_owned())
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
    /// The same cut to what has room, and how much is left out; `left` is how many bytes of HTML, for this one and those after it.
    pub(super) fn within(&self, left: &mut usize) -> Self {
        let mut room = |bytes: usize| {
            let fits = bytes <= *left;
            *left -= if fits { bytes } else { 0 };
            fits
        };
        let changes: Vec<Change> = self.changes.iter().filter(|one| room(one.weight())).cloned().collect();
        let held: Vec<HeldView> = self.held.iter().filter(|one| room(one.weight())).cloned().collect();
        let mut message = text::preview(&self.message, 160).into_owned();
        if !room(text::escaped(&message)) {
            message.clear();
        }
        let missing = self.changes.len() + self.held.len() - changes.len() - held.len();
        if missing > 0 {
            message = format!(
                "{message} {} not shown here.",
                text::plural(missing as u64, "value is", "values are")
            );
        }
        Self {
            what: self.what.clone(),
            side: self.side,
            at: self.at.clone(),
            sync_id: self.sync_id.clone(),
            link_id: self.link_id.clone(),
            ids: self.ids.clone(),
            changes,
            held,
            message: message.trim().to_owned(),
        }
    }

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
        if self.message.is_empty() { meaning(&self.what) } else { &self.message }
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
        (Some(left), Some(right)) => format!("{} ↔ {}", text::preview(left, 24), text::preview(right, 24)),
        (Some(one), None) | (None, Some(one)) => text::preview(one, 48).into_owned(),
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
