//! Links: which record of the left is which of the right, and what the two last agreed on.
//!
//! **Invariant:** a record is in one link of a sync at most, living or ended.

mod look;
mod pick;
mod write;

pub use look::{Filter, by_records, by_records_in, count, deleted_since, deletions_due, get, get_in, page};
pub use write::{insert, remove, update};

use super::{LinkState, Trouble, maybe_time, parsed};
use crate::Result;
use crate::value::Row;
use syncline_core::sync::Link;
use syncline_core::time::Timestamp;

/// A link as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct LinkRow {
    /// Its id.
    pub id: String,
    /// The sync.
    pub sync_id: String,
    /// Whose.
    pub org_id: String,
    /// What people call the two records, for searching; kept in lower case. Empty where nothing is known.
    pub name: String,
    /// What decisions see of it. Its record ids and its state can be looked for.
    pub link: Link,
    /// What people may want to know of it.
    pub trouble: Trouble,
    /// When it was first stored as ended; none while it is not. Set by storing it.
    pub ended_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// How often it was stored. Set by storing it; whoever stores it again says which version was read.
    pub version: i64,
}

impl LinkRow {
    /// How it is.
    #[must_use]
    pub fn state(&self) -> LinkState {
        LinkState::of(&self.link.state)
    }
}

/// How many links a sync has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    /// Both of whose records are known.
    pub linked: u64,
    /// One of whose records is being created.
    pub creating: u64,
    /// That are over.
    pub ended: u64,
    /// Of all: with a value that one side does not take, and nothing to decide.
    pub held: u64,
    /// Of all: with something to decide.
    pub conflicts: u64,
}

const COLUMNS: &str = "id, sync_id, org_id, name, link, trouble, ended_at, created_at, updated_at, version";

fn read(row: &Row) -> Result<LinkRow> {
    Ok(LinkRow {
        id: row.text(0)?,
        sync_id: row.text(1)?,
        org_id: row.text(2)?,
        name: row.text(3)?,
        link: parsed("sync_links.link", &row.text(4)?)?,
        trouble: Trouble::stored(&row.text(5)?)?,
        ended_at: maybe_time(row, 6)?,
        created_at: row.time(7)?,
        updated_at: row.time(8)?,
        version: row.int(9)?,
    })
}
