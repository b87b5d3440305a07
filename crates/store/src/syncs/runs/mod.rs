//! Runs of syncs: each looks at all records of both sides, or at those of one, from its start to its end.
//!
//! **Invariant:** a sync has at most one unfinished run.
//! **Invariant:** a run moves on only with what it did, in one transaction, and only while it runs and nobody asked it to stop.

mod look;
mod work;

pub use look::{Filter, get, list, unfinished, unfinished_in};
pub(super) use work::delete;
pub use work::{
    Created, NewRun, checkpoint, create, delete_before, finish, pause, request_cancel, resume_paused, start,
};

use super::{Phase, Reading, maybe_time, parsed, side_of};
use crate::runs::{State, Trigger};
use crate::value::Row;
use crate::{Result, StoreError};
use syncline_core::sync::Side;
use syncline_core::time::Timestamp;

/// A run of a sync.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct SyncRun {
    /// Its id.
    pub id: String,
    /// Whose.
    pub org_id: String,
    /// The sync.
    pub sync_id: String,
    /// The only side that it writes to; none: both, as the agreement has it.
    pub towards: Option<Side>,
    /// Whether it only plans.
    pub dry_run: bool,
    /// What it reads from the providers first.
    pub reading: Reading,
    /// What it was begun by.
    pub trigger: Trigger,
    /// How it is.
    pub state: State,
    /// What it is at.
    pub phase: Phase,
    /// The checkpoint: what is needed to go on, JSON; none before the first.
    pub saved: Option<String>,
    /// What it has done so far, as its worker counts.
    pub counts: serde_json::Value,
    /// How many records it has to look at, once that is known.
    pub total: Option<u64>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it began; the first time, if it was paused or taken up again.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// When it last gave a sign of life.
    pub heartbeat_at: Option<Timestamp>,
    /// Whether somebody asked it to stop.
    pub cancel_requested: bool,
    /// Why it is paused, or ended as it did, for people.
    pub reason: Option<String>,
}

const COLUMNS: &str = "id, org_id, sync_id, towards, dry_run, reading, cause, state, phase, saved, counts, total, created_at, \
                       started_at, finished_at, heartbeat_at, cancel_requested, reason";

fn read(row: &Row) -> Result<SyncRun> {
    let strange =
        |column: &str, word: &str| StoreError::Corrupt(format!("sync_runs.{column} holds {word:?}"));
    let (cause, state) = (row.text(6)?, row.text(7)?);
    Ok(SyncRun {
        id: row.text(0)?,
        org_id: row.text(1)?,
        sync_id: row.text(2)?,
        towards: row.maybe_int(3)?.map(side_of).transpose()?,
        dry_run: row.int(4)? != 0,
        reading: Reading::stored(&row.text(5)?)?,
        trigger: Trigger::named(&cause).ok_or_else(|| strange("cause", &cause))?,
        state: State::named(&state).ok_or_else(|| strange("state", &state))?,
        phase: Phase::stored(&row.text(8)?)?,
        saved: row.maybe_text(9)?,
        counts: parsed("sync_runs.counts", &row.text(10)?)?,
        total: row.maybe_int(11)?.map(|total| u64::try_from(total).unwrap_or(0)),
        created_at: row.time(12)?,
        started_at: maybe_time(row, 13)?,
        finished_at: maybe_time(row, 14)?,
        heartbeat_at: maybe_time(row, 15)?,
        cancel_requested: row.int(16)? != 0,
        reason: row.maybe_text(17)?,
    })
}
