//! Runs: one load of a connection's records each, from its start to its end, and the lanes it goes along.
//!
//! A run waits, runs, and ends; while its credentials are refused it is paused. What it has done so far is in its lanes, with
//! every page: whoever goes on with it goes on from there.
//!
//! **Invariant:** a connection has at most one unfinished run of a kind.
//! **Invariant:** a lane moves on only with the records of its page, in one transaction, and only while its run runs and nobody
//! asked it to stop.

mod lanes;
mod look;
mod words;
mod work;

pub use lanes::{LaneRow, NewLane, Progress, add_lanes, checkpoint, end_lane, lanes, lanes_in, start_lane};
pub use look::{Filter, get, list, unfinished, unfinished_in};
pub(crate) use words::words;
pub use words::{LaneState, Mode, State, Trigger};
pub use work::{Created, NewRun, create, delete_before, finish, pause, request_cancel, resume_paused, start};

use crate::Result;
use crate::value::Row;
use syncline_core::time::Timestamp;

/// A run.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Run {
    /// Its id.
    pub id: String,
    /// Whose.
    pub org_id: String,
    /// Which connection's records it reads.
    pub connection_id: String,
    /// What it does (`load`).
    pub kind: String,
    /// How much it reads.
    pub mode: Mode,
    /// What it was begun by.
    pub trigger: Trigger,
    /// How it is.
    pub state: State,
    /// What it is to read, JSON: types, properties, most pages.
    pub wish: String,
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
    /// Records read so far, over all lanes.
    pub read: u64,
    /// Of these, those that the mirror did not have, or in another state.
    pub changed: u64,
    /// Records found gone so far.
    pub gone: u64,
}

const COLUMNS: &str = "id, org_id, connection_id, kind, mode, cause, state, wish, created_at, started_at, finished_at, \
                       heartbeat_at, cancel_requested, reason, records_read, records_changed, records_gone";

fn read(row: &Row) -> Result<Run> {
    Ok(Run {
        id: row.text(0)?,
        org_id: row.text(1)?,
        connection_id: row.text(2)?,
        kind: row.text(3)?,
        mode: Mode::stored(&row.text(4)?)?,
        trigger: Trigger::stored(&row.text(5)?)?,
        state: State::stored(&row.text(6)?)?,
        wish: row.text(7)?,
        created_at: row.time(8)?,
        started_at: maybe_time(row, 9)?,
        finished_at: maybe_time(row, 10)?,
        heartbeat_at: maybe_time(row, 11)?,
        cancel_requested: row.int(12)? != 0,
        reason: row.maybe_text(13)?,
        read: number(row, 14)?,
        changed: number(row, 15)?,
        gone: number(row, 16)?,
    })
}

fn maybe_time(row: &Row, at: usize) -> Result<Option<Timestamp>> {
    Ok(row.maybe_int(at)?.map(Timestamp::from_millis))
}

fn number(row: &Row, at: usize) -> Result<u64> {
    Ok(u64::try_from(row.int(at)?).unwrap_or(0))
}

/// A count as the databases hold it.
fn stored(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
