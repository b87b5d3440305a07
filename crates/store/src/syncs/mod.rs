//! Syncs: two connections whose records are kept in step, and everything that is kept for it. Each kind of row has a module of its
//! own.
//!
//! Whoever writes a sync's links, keys or conflicts holds the sync's row until the transaction ends ([`lock`]; every function that
//! writes them takes it itself). So they come one after the other, and a link that was looked for and not found is not there.
//!
//! **Invariant:** locks are taken in this order: records, the sync, its links, keys and conflicts, its marks, its run. Who follows
//! it cannot block another who does.
//! **Invariant:** nothing is written for a sync whose row is gone but marks, and those are erased with it.

mod clause;
mod erase;
mod keep;
mod look;
mod statistics;
mod words;

pub mod conflicts;
pub mod history;
pub mod keys;
pub mod links;
pub mod marks;
pub mod plans;
pub mod runs;

pub use erase::erase;
pub use keep::{create, delete, lock, prime, set_reason, set_state, update};
pub use look::{Filter, get, get_in, list, on_connection};
pub use statistics::refresh_statistics;
pub use words::{ConflictState, LinkState, Phase, Reading, State, Trouble};

use crate::value::{Row, Value, in_list};
use crate::{Dialect, Result, StoreError};
use std::time::Duration;
use syncline_core::sync::{Agreement, Schema, Side, Sides};
use syncline_core::time::Timestamp;

/// A sync.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sync {
    /// Its id.
    pub id: String,
    /// Whose.
    pub org_id: String,
    /// What people call it.
    pub name: String,
    /// The connection of each side.
    pub connections: Sides<String>,
    /// Its terms.
    pub agreement: Agreement,
    /// What fields each side had when the agreement was checked last.
    pub schemas: Sides<Schema>,
    /// How it is.
    pub state: State,
    /// Why it is paused, for people.
    pub reason: Option<String>,
    /// How often it runs by itself; none: only when asked.
    pub every: Option<Duration>,
    /// Since when both sides are known, so that live changes can be carried over; none: its first run is not that far yet.
    pub primed_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// How often it changed, the first time included.
    pub version: i64,
}

/// A side of a sync, as whoever stores records of a connection needs to know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    /// The sync.
    pub sync_id: String,
    /// Whose.
    pub org_id: String,
    /// Which side the connection is.
    pub side: Side,
    /// The type of the records that are synced.
    pub object_type: String,
    /// Where they are, for types that are kept in several places; empty otherwise.
    pub collection: String,
    /// How the sync is.
    pub state: State,
}

/// Rows in one statement.
const PIECE: usize = 512;

/// A side as columns hold it.
fn number_of(side: Side) -> i64 {
    match side {
        Side::Left => 0,
        Side::Right => 1,
    }
}

/// The side that a column holds.
fn side_of(number: i64) -> Result<Side> {
    match number {
        0 => Ok(Side::Left),
        1 => Ok(Side::Right),
        other => Err(StoreError::Corrupt(format!("there is no side {other}"))),
    }
}

/// The column that has the ids of a side's records.
fn id_column(side: Side) -> &'static str {
    match side {
        Side::Left => "left_id",
        Side::Right => "right_id",
    }
}

fn json<T: serde::Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|error| StoreError::Rejected(error.into()))
}

fn parsed<T: serde::de::DeserializeOwned>(column: &str, text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| StoreError::Corrupt(format!("{column}: {error}")))
}

fn maybe_time(row: &Row, at: usize) -> Result<Option<Timestamp>> {
    Ok(row.maybe_int(at)?.map(Timestamp::from_millis))
}

fn count_of(row: &Row, at: usize) -> Result<u64> {
    Ok(u64::try_from(row.int(at)?).unwrap_or(0))
}

/// Tests whether `column` is one of these, of which there are some.
fn among<'a>(
    dialect: Dialect,
    column: &str,
    some: impl Iterator<Item = &'a str> + Clone,
) -> (String, Vec<Value>) {
    let (marks, mut values) = in_list(some.clone().map(Value::from).collect());
    // Where PostgreSQL's statistics do not know a sync yet, it would read all of it to find a few: so it is told how far to look.
    if let (Dialect::Postgres, Some(first), Some(last)) = (dialect, some.clone().min(), some.max()) {
        values.extend([Value::from(first), Value::from(last)]);
        return (format!("{column} IN ({marks}) AND {column} >= ? AND {column} <= ?"), values);
    }
    (format!("{column} IN ({marks})"), values)
}
