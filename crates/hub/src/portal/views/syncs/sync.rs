//! One sync: what it joins, how it is, what was done lately, and what needs a person.

use super::super::filters;
use super::super::shell::Shell;
use super::conflict::ConflictCard;
use super::history::HistoryView;
use super::list::SyncRow;
use super::mapping::{MAPPED, MappingRow};
use super::run::SyncRunRow;
use askama::Template;
use syncline_core::sync::ConflictKind;

/// One sync with everything an operator asks first.
#[derive(Debug, Template)]
#[template(path = "syncs/sync.html")]
pub struct SyncPage {
    /// The surroundings.
    pub shell: Shell,
    /// The sync.
    pub sync: SyncRow,
    /// Why it cannot be resumed: a connection that needs a person, and its page.
    pub stuck: Vec<(String, String)>,
    /// The mapping.
    pub mapping: Vec<MappingRow>,
    /// What was agreed: label and words.
    pub terms: Vec<(&'static str, String)>,
    /// When it was made, RFC 3339.
    pub created_at: String,
    /// When it last changed, RFC 3339.
    pub updated_at: String,
    /// Since when live changes are carried over, RFC 3339.
    pub primed_at: Option<String>,
    /// Its latest runs.
    pub runs: Vec<SyncRunRow>,
    /// The latest open conflicts.
    pub conflicts: Vec<ConflictCard>,
    /// What was done lately, latest first.
    pub history: Vec<HistoryView>,
}

impl SyncPage {
    fn moves(&self) -> bool {
        self.sync.moves()
    }

    /// How many more open conflicts there are than are shown.
    fn more_conflicts(&self) -> u64 {
        self.sync.conflicts.saturating_sub(self.conflicts.len() as u64)
    }

    fn most_rules(&self) -> usize {
        MAPPED
    }

    fn of_one(&self) -> bool {
        false
    }

    fn back(&self) -> String {
        self.sync.href()
    }

    fn with_sync(&self) -> bool {
        false
    }
}
