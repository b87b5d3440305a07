//! Conflicts: what two sides do not agree on, with what a person can choose.

use super::super::filters;
use super::super::narrow::Narrow;
use super::super::shell::Shell;
use super::super::text;
use super::ends::{self, End, RecordRef};
use super::values::Cell;
use askama::Template;
use syncline_core::sync::{ConflictKind, Side, Sides};

/// Conflicts, of one sync or of all.
#[derive(Debug, Template)]
#[template(path = "syncs/conflicts_page.html")]
pub struct ConflictsPage {
    /// The surroundings.
    pub shell: Shell,
    /// What the list is narrowed to.
    pub narrow: Narrow,
    /// Why the filters cannot be used; the page then has no rows.
    pub problem: Option<String>,
    /// How many are open, of all that the filters by organization and sync let through.
    pub open: u64,
    /// The sync the list is narrowed to: its name and its page.
    pub of: Option<(String, String)>,
    /// The conflicts, latest first.
    pub conflicts: Vec<ConflictCard>,
    /// The cursor of the page after this one, where there is one.
    pub older: Option<String>,
}

impl ConflictsPage {
    fn with_sync(&self) -> bool {
        self.of.is_none()
    }

    /// Whether nothing is open, and that is what was asked for.
    fn is_all_settled(&self) -> bool {
        self.open == 0
            && self.problem.is_none()
            && !self.narrow.is_wrong()
            && self.narrow.cursor.is_empty()
            && ["search", "state", "kind"].iter().all(|filter| self.narrow.value(filter).is_empty())
    }

    /// Whose conflicts were asked for, as the end of a sentence.
    fn among(&self) -> &'static str {
        match (self.of.is_some(), self.narrow.value("organization").is_empty()) {
            (true, _) => " in this sync",
            (false, false) => " for this organization",
            (false, true) => "",
        }
    }

    /// The address of those that were settled as well.
    fn every_href(&self) -> String {
        let [sync, organization] = ["sync", "organization"].map(|name| (name, self.narrow.value(name)));
        format!("{}?{}", self.narrow.base, text::query(&[organization, sync, ("state", "any")]))
    }

    /// Where an answer leads back to.
    fn back(&self) -> String {
        self.narrow.here()
    }
}

/// One conflict.
#[derive(Debug, Template)]
#[template(path = "syncs/conflict_page.html")]
pub struct ConflictPage {
    /// The surroundings.
    pub shell: Shell,
    /// The conflict.
    pub conflict: ConflictCard,
}

impl ConflictPage {
    fn with_sync(&self) -> bool {
        true
    }

    fn back(&self) -> String {
        self.conflict.href()
    }
}

/// One conflict as it is drawn everywhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConflictCard {
    /// Its id.
    pub id: String,
    /// The sync.
    pub sync_id: String,
    /// What people call the sync.
    pub sync_name: String,
    /// The two sides.
    pub ends: Sides<End>,
    /// What it is about.
    pub kind: ConflictKind,
    /// The link, where there is one.
    pub link_id: Option<String>,
    /// What people call the records; may be empty.
    pub name: String,
    /// The two records, as far as they are known.
    pub records: Sides<Option<RecordRef>>,
    /// What each side shows.
    pub cells: Sides<Vec<Cell>>,
    /// What they last agreed on.
    pub base: Option<Sides<Vec<Cell>>>,
    /// When each side changed, RFC 3339.
    pub times: Sides<Option<String>>,
    /// Who could be meant, for a match or a duplicate.
    pub candidates: Vec<Candidate>,
    /// Of a deletion: what the other provider can do with one.
    pub can_force: bool,
    /// How it is (`open`).
    pub state: String,
    /// What was decided, in words.
    pub choice: Option<String>,
    /// Who decided.
    pub resolved_by: Option<String>,
    /// When it was noticed, RFC 3339.
    pub opened_at: String,
    /// When it was over, RFC 3339.
    pub resolved_at: Option<String>,
}

/// What one side shows, ready to draw.
pub(super) struct Version<'a> {
    pub(super) word: &'static str,
    pub(super) name: String,
    pub(super) cells: &'a [Cell],
    pub(super) at: Option<&'a str>,
    pub(super) is_later: bool,
}

/// A record that could be the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Candidate {
    /// The record.
    pub record: RecordRef,
    /// What it shows in the fields that are synced.
    pub cells: Vec<Cell>,
}

impl ConflictCard {
    pub(super) fn href(&self) -> String {
        format!("/portal/conflicts/{}", text::segment(&self.id))
    }

    pub(super) fn sync_href(&self) -> String {
        format!("/portal/syncs/{}", text::segment(&self.sync_id))
    }

    pub(super) fn link_href(&self) -> Option<String> {
        Some(format!("{}/links/{}", self.sync_href(), text::segment(self.link_id.as_deref()?)))
    }

    pub(super) fn is_open(&self) -> bool {
        self.state == "open"
    }

    pub(super) fn names(&self) -> Sides<String> {
        ends::names(&self.ends)
    }

    /// Whether one of the candidates can be chosen.
    pub(super) fn can_choose(&self) -> bool {
        self.is_open() && matches!(self.kind, ConflictKind::Match { .. })
    }

    /// What its kind is called: class and word.
    pub(super) fn mark(&self) -> (&'static str, &'static str) {
        match &self.kind {
            ConflictKind::Field { .. } => ("k-change", "Field"),
            ConflictKind::Deletion { .. } => ("k-delete", "Deletion"),
            ConflictKind::Match { .. } => ("k-link", "Match"),
            ConflictKind::Duplicate { .. } => ("k-merge", "Duplicate"),
            ConflictKind::Guard { .. } => ("k-delete", "Guard"),
        }
    }

    /// How it stands: class and word.
    pub(super) fn standing(&self) -> (&'static str, &'static str) {
        match self.state.as_str() {
            "open" => ("k-warn", "Open"),
            "resolved" => ("k-create", "Resolved"),
            _ => ("", "Passed"),
        }
    }

    /// Whom it is about.
    pub(super) fn title(&self) -> String {
        let title = match (&self.kind, self.name.as_str()) {
            (ConflictKind::Guard { waiting: 1, .. }, _) => return "1 deletion waits".to_owned(),
            (ConflictKind::Guard { waiting, .. }, _) => {
                return format!("{} deletions wait", text::thousands(*waiting));
            }
            (_, "") => self.any_record().map_or("", RecordRef::title),
            (_, name) => name,
        };
        title.to_owned()
    }

    fn any_record(&self) -> Option<&RecordRef> {
        self.records.left.as_ref().or(self.records.right.as_ref())
    }

    /// The side it is about, where it is about one.
    pub(super) fn side(&self) -> Option<Side> {
        match &self.kind {
            ConflictKind::Field { .. } => None,
            ConflictKind::Deletion { side, .. }
            | ConflictKind::Match { side, .. }
            | ConflictKind::Duplicate { side, .. }
            | ConflictKind::Guard { side, .. } => Some(*side),
        }
    }

    /// What the side it is about is called, and the other one.
    pub(super) fn here_and_there(&self) -> (String, String) {
        let (names, side) = (self.names(), self.side().unwrap_or(Side::Left));
        (names[side].clone(), names[side.other()].clone())
    }

    /// What happened, in a sentence.
    pub(super) fn what(&self) -> String {
        let (here, there) = self.here_and_there();
        match &self.kind {
            ConflictKind::Field { rule } => {
                format!("Both sides changed “{}”, differently.", text::preview(rule, 60))
            }
            ConflictKind::Deletion { reason, .. } => {
                format!("It was deleted at {here}. {}", text::sentence(reason, 300))
            }
            ConflictKind::Match { .. } => format!("Several records at {there} could be this one."),
            ConflictKind::Duplicate { .. } => format!(
                "Two records at {here} are the same. One is linked with {there} already, so the other is not synced."
            ),
            ConflictKind::Guard { waiting: 1, .. } => {
                format!("A record was deleted at {here}: more than the sync carries over without asking.")
            }
            ConflictKind::Guard { waiting, .. } => format!(
                "{} records were deleted at {here}: more than the sync carries over without asking.",
                text::thousands(*waiting)
            ),
        }
    }

    /// What both sides show, ready to choose from.
    pub(super) fn versions(&self) -> [Version<'_>; 2] {
        let (names, later) = (self.names(), self.later());
        Side::BOTH.map(|side| Version {
            word: side.name(),
            name: names[side].clone(),
            cells: &self.cells[side],
            at: self.times[side].as_deref(),
            is_later: later == Some(side),
        })
    }

    /// The record on the side it is about.
    pub(super) fn record_here(&self) -> Option<&RecordRef> {
        self.records[self.side()?].as_ref()
    }

    /// The record on the other side.
    pub(super) fn record_there(&self) -> Option<&RecordRef> {
        self.records[self.side()?.other()].as_ref()
    }

    /// What the record on the side it is about shows.
    pub(super) fn cells_here(&self) -> &[Cell] {
        self.side().map_or(&[], |side| &self.cells[side])
    }

    /// The buttons' words for the side it is about, and the other one.
    pub(super) fn here_or_there(&self) -> (&'static str, &'static str) {
        let side = self.side().unwrap_or(Side::Left);
        (side.name(), side.other().name())
    }

    /// Which side's state was the later, where both times are known.
    pub(super) fn later(&self) -> Option<Side> {
        let (left, right) = (self.times.left.as_ref()?, self.times.right.as_ref()?);
        match left.cmp(right) {
            std::cmp::Ordering::Less => Some(Side::Right),
            std::cmp::Ordering::Greater => Some(Side::Left),
            std::cmp::Ordering::Equal => None,
        }
    }
}
