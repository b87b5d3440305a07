//! Runs: comparisons of a definition's counters with the truth and the property, from asked for to ended.
//!
//! A run goes over all counters in the order of their keys, page by page, and then once more over those it suspected; where it is stands in
//! its row, so whoever goes on with it goes on from there.
//!
//! **Invariant:** a definition has at most one unfinished run.
//! **Invariant:** a run moves on only with what a page found and what was done about it, in one transaction, and only while nobody asked it to
//! stop.
//! **Invariant:** counters are locked before findings, and findings before runs.

mod compared;
mod look;
mod work;

pub use compared::{Compared, Found, Handled, compared};
pub use look::{DriftBucket, Filter, drift, get, list, unfinished};
pub use work::{Created, NewRun, create, delete_before, finish, request_cancel, second_pass, start, waits};

use super::{count_of, maybe_time};
use crate::Result;
use crate::runs::words;
use crate::value::Row;
use syncline_core::time::Timestamp;

words! {
    /// What a run was begun by.
    Cause in "counter_runs.cause" {
        /// The schedule.
        Schedule = "schedule",
        /// A person.
        Manual = "manual",
        /// The application.
        Api = "api",
    }
}

words! {
    /// How a run is.
    State in "counter_runs.state" {
        /// Waits for a worker.
        Waiting = "waiting",
        /// Is under way.
        Running = "running",
        /// Ended; all counters were looked at.
        Succeeded = "succeeded",
        /// Ended before all were.
        Failed = "failed",
        /// Ended because somebody asked for it.
        Cancelled = "cancelled",
    }
}

/// What a run counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    /// Counters that were looked at, each once.
    pub checked: u64,
    /// Of which all three numbers agreed.
    pub alike: u64,
    /// Of which a push was in flight, or that moved while they were looked at.
    pub in_flight: u64,
    /// Of which the truth's source did not say anything.
    pub unknown: u64,
    /// That were wrong.
    pub drifted: u64,
    /// Of these, that are right by now.
    pub repaired: u64,
    /// By how much all that were wrong were wrong together.
    pub size: u64,
    /// Calls to the provider and to the truth's source.
    pub calls: u64,
}

/// A run.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Run {
    /// Its id.
    pub id: String,
    /// Whose.
    pub org_id: String,
    /// The definition whose counters it compares.
    pub definition_id: String,
    /// How it is.
    pub state: State,
    /// What it was begun by.
    pub cause: Cause,
    /// Whether it only looks.
    pub dry_run: bool,
    /// 1 while it looks at all counters, 2 while it looks again at those it suspected.
    pub pass: u32,
    /// The last key it looked at in this pass; empty: none yet.
    pub position: String,
    /// What it counted.
    pub counts: Counts,
    /// Why it ended as it did, for people.
    pub reason: Option<String>,
    /// Whether somebody asked it to stop.
    pub cancel_requested: bool,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// When it last moved on.
    pub heartbeat_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
}

const COLUMNS: &str = "id, org_id, definition_id, state, cause, dry_run, pass, position, checked, alike, in_flight, unknown, drifted, \
                       repaired, size, calls, reason, cancel_requested, created_at, started_at, heartbeat_at, finished_at";

fn read(row: &Row) -> Result<Run> {
    Ok(Run {
        id: row.text(0)?,
        org_id: row.text(1)?,
        definition_id: row.text(2)?,
        state: State::stored(&row.text(3)?)?,
        cause: Cause::stored(&row.text(4)?)?,
        dry_run: row.int(5)? != 0,
        pass: u32::try_from(row.int(6)?).unwrap_or(1),
        position: row.text(7)?,
        counts: Counts {
            checked: count_of(row, 8)?,
            alike: count_of(row, 9)?,
            in_flight: count_of(row, 10)?,
            unknown: count_of(row, 11)?,
            drifted: count_of(row, 12)?,
            repaired: count_of(row, 13)?,
            size: count_of(row, 14)?,
            calls: count_of(row, 15)?,
        },
        reason: row.maybe_text(16)?,
        cancel_requested: row.int(17)? != 0,
        created_at: row.time(18)?,
        started_at: maybe_time(row, 19)?,
        heartbeat_at: maybe_time(row, 20)?,
        finished_at: maybe_time(row, 21)?,
    })
}
