//! Conflicts: what two sides do not agree on and a person has to decide, and what was decided.
//!
//! **Invariant:** there is one open conflict about one thing ([`About`] and the kind of conflict) at most.

mod look;
mod write;

pub use look::{Filter, count_open, get, guard_answer, page};
pub use write::{NewConflict, Whose, close, delete_before, put, record_decided, resolve};

use super::keys::kept;
use super::{ConflictState, maybe_time, parsed};
use crate::Result;
use crate::value::Row;
use std::fmt;
use syncline_core::sync::{Conflict, ConflictKind, Side, Sides};
use syncline_core::time::Timestamp;

/// A conflict as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ConflictRow {
    /// Its id.
    pub id: String,
    /// The sync.
    pub sync_id: String,
    /// Whose.
    pub org_id: String,
    /// The link, for one between two records that are linked.
    pub link_id: Option<String>,
    /// What kind it is: `field`, `deletion`, `match`, `duplicate` or `guard`.
    pub kind: String,
    /// The rule of a field, the side of a deletion or of the guard, the record that is nobody's.
    pub subject: String,
    /// The records, as far as they are known.
    pub ids: Sides<Option<String>>,
    /// What both sides show.
    pub conflict: Conflict,
    /// How it is.
    pub state: ConflictState,
    /// What was decided.
    pub choice: Option<serde_json::Value>,
    /// Who decided (`policy` for the agreement).
    pub resolved_by: Option<String>,
    /// When it was noticed.
    pub opened_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When it was over.
    pub resolved_at: Option<Timestamp>,
}

/// Whom a conflict is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum About {
    /// The two records of this link.
    Link(String),
    /// A record of this side that has no link.
    Record(Side, String),
    /// All records of this side.
    Side(Side),
}

impl About {
    /// Whom a conflict of this kind is about, when it is between the records of this link, or of none.
    #[must_use]
    pub fn of(link_id: Option<&str>, kind: &ConflictKind) -> Self {
        match (link_id, kind) {
            (_, ConflictKind::Guard { side, .. }) => Self::Side(*side),
            (Some(id), _) => Self::Link(id.to_owned()),
            (None, ConflictKind::Match { side, id, .. } | ConflictKind::Duplicate { side, id, .. }) => {
                Self::Record(*side, id.clone())
            }
            (None, ConflictKind::Deletion { side, .. }) => Self::Side(*side),
            // There is none without a link.
            (None, ConflictKind::Field { .. }) => Self::Side(Side::Left),
        }
    }

    /// As the column holds it.
    fn column(&self) -> String {
        kept(&self.to_string())
    }
}

impl fmt::Display for About {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Link(id) => write!(f, "link {id}"),
            Self::Record(side, id) => write!(f, "{side} {id}"),
            Self::Side(side) => write!(f, "{side}"),
        }
    }
}

/// What tells a conflict from others of the same sync while it is open.
#[must_use]
pub fn open_key(about: &About, kind: &ConflictKind) -> String {
    let (word, subject) = words_of(kind);
    // The record that is nobody's is whom it is about already.
    let subject = if matches!(about, About::Record(..)) { "" } else { subject };
    kept(&format!("{word} {subject} {about}"))
}

/// The kind in a word, and its subject.
#[must_use]
pub fn words_of(kind: &ConflictKind) -> (&'static str, &str) {
    match kind {
        ConflictKind::Field { rule } => ("field", rule),
        ConflictKind::Deletion { side, .. } => ("deletion", side.name()),
        ConflictKind::Match { id, .. } => ("match", id),
        ConflictKind::Duplicate { id, .. } => ("duplicate", id),
        ConflictKind::Guard { side, .. } => ("guard", side.name()),
    }
}

const COLUMNS: &str = "id, sync_id, org_id, link_id, kind, subject, left_id, right_id, conflict, state, choice, resolved_by, \
                       opened_at, updated_at, resolved_at";

fn read(row: &Row) -> Result<ConflictRow> {
    Ok(ConflictRow {
        id: row.text(0)?,
        sync_id: row.text(1)?,
        org_id: row.text(2)?,
        link_id: row.maybe_text(3)?,
        kind: row.text(4)?,
        subject: row.text(5)?,
        ids: Sides { left: row.maybe_text(6)?, right: row.maybe_text(7)? },
        conflict: parsed("sync_conflicts.conflict", &row.text(8)?)?,
        state: ConflictState::stored(&row.text(9)?)?,
        choice: row.maybe_text(10)?.map(|text| parsed("sync_conflicts.choice", &text)).transpose()?,
        resolved_by: row.maybe_text(11)?,
        opened_at: row.time(12)?,
        updated_at: row.time(13)?,
        resolved_at: maybe_time(row, 14)?,
    })
}
