//! A run's life.

use super::{COLUMNS, SyncRun, read};
use crate::runs::{State, Trigger};
use crate::syncs::{Phase, Reading, json, number_of, plans};
use crate::tx::Bulk;
use crate::value::{Kind, Value, args, storable};
use crate::{Result, Scope, StoreError, Tx};
use syncline_core::sync::Side;
use syncline_core::time::Timestamp;

/// A run that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRun {
    /// Its id, unique.
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
    /// When it was asked for.
    pub created_at: Timestamp,
}

/// What came of asking for a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Created {
    /// It waits for a worker.
    New,
    /// The sync has an unfinished one, which goes on as it is.
    Existing(Box<SyncRun>),
}

const INSERT: Bulk = Bulk {
    table: "sync_runs",
    columns: &[
        ("id", Kind::Text),
        ("org_id", Kind::Text),
        ("sync_id", Kind::Text),
        ("active_key", Kind::Text),
        ("towards", Kind::Int),
        ("dry_run", Kind::Int),
        ("reading", Kind::Text),
        ("cause", Kind::Text),
        ("state", Kind::Text),
        ("phase", Kind::Text),
        ("counts", Kind::Text),
        ("created_at", Kind::Int),
        ("cancel_requested", Kind::Int),
    ],
    unique: "active_key",
};

/// How often to look again when another run came and went in between.
const ROUNDS: usize = 5;

/// Asks for a run, unless the sync has an unfinished one.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn create(tx: &mut Tx, new: &NewRun) -> Result<Created> {
    let find = format!("SELECT {COLUMNS} FROM sync_runs WHERE active_key = ?");
    for _ in 0..ROUNDS {
        let row = args![
            new.id.as_str(),
            new.org_id.as_str(),
            new.sync_id.as_str(),
            new.sync_id.as_str(),
            new.towards.map(number_of),
            new.dry_run,
            new.reading.name(),
            new.trigger.name(),
            State::Waiting.name(),
            Phase::Reading.name(),
            "{}",
            new.created_at,
            false,
        ];
        tx.insert_many(&INSERT, [row]).await?;
        let found = tx.query(&find, args![new.sync_id.as_str()]).await?;
        if let Some(run) = found.first().map(read).transpose()? {
            return Ok(if run.id == new.id { Created::New } else { Created::Existing(Box::new(run)) });
        }
    }
    Err(StoreError::unavailable("runs of the same sync come and go too fast"))
}

/// A worker takes a run up, or takes it up again after another worker died. False when it is paused or over.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn start(tx: &mut Tx, id: &str, now: Timestamp) -> Result<bool> {
    let sql = "UPDATE sync_runs SET state = ?, started_at = COALESCE(started_at, ?), heartbeat_at = ?, reason = NULL \
               WHERE id = ? AND state IN (?, ?)";
    let (waiting, running) = (State::Waiting.name(), State::Running.name());
    Ok(tx.execute(sql, args![running, now, now, id, waiting, running]).await? == 1)
}

/// Moves a run on, in the transaction that stores what it did; a sign of life. `saved` and `counts` take the place of the ones before;
/// no `total` leaves what was known. False when it does not run any more or is asked to stop: the caller then rolls back and stops.
/// Called last.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn checkpoint(
    tx: &mut Tx,
    id: &str,
    phase: Phase,
    saved: Option<&str>,
    counts: &serde_json::Value,
    total: Option<u64>,
    now: Timestamp,
) -> Result<bool> {
    let sql = "UPDATE sync_runs SET phase = ?, saved = ?, counts = ?, total = COALESCE(?, total), heartbeat_at = ? \
               WHERE id = ? AND state = ? AND cancel_requested = 0";
    let values = args![
        phase.name(),
        saved.map(storable),
        json(counts)?,
        total.map(|total| i64::try_from(total).unwrap_or(i64::MAX)),
        now,
        id,
        State::Running.name(),
    ];
    Ok(tx.execute(sql, values).await? == 1)
}

/// Asks a run to stop. One that is under way stops at its next checkpoint; one that waits or is paused ends here and now. False when
/// there is no such run, or it is over.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn request_cancel(tx: &mut Tx, scope: &Scope, id: &str, now: Timestamp) -> Result<bool> {
    let (own, org_id) = match scope {
        Scope::All => ("", None),
        Scope::Organization(org_id) => (" AND org_id = ?", Some(org_id.as_str())),
    };
    let sql =
        format!("UPDATE sync_runs SET cancel_requested = 1 WHERE id = ? AND active_key IS NOT NULL{own}");
    let mut values = args![id];
    values.extend(org_id.map(Value::from));
    if tx.execute(&sql, values).await? == 0 {
        return Ok(false);
    }
    let idle = tx
        .query(
            "SELECT id FROM sync_runs WHERE id = ? AND state IN (?, ?)",
            args![id, State::Waiting.name(), State::Paused.name()],
        )
        .await?;
    if !idle.is_empty() {
        finish(tx, id, State::Cancelled, None, now).await?;
    }
    Ok(true)
}

/// Ends a run. False when it was over before; then nothing changes.
///
/// # Errors
/// [`StoreError`] as the database says; [`StoreError::Rejected`] when `state` is not one a run ends in.
pub async fn finish(
    tx: &mut Tx,
    id: &str,
    state: State,
    reason: Option<&str>,
    now: Timestamp,
) -> Result<bool> {
    if state.is_unfinished() {
        return Err(StoreError::Rejected(format!("a run does not end as {}", state.name()).into()));
    }
    let sql = "UPDATE sync_runs SET state = ?, reason = ?, finished_at = ?, heartbeat_at = ?, active_key = NULL \
               WHERE id = ? AND active_key IS NOT NULL";
    Ok(tx.execute(sql, args![state.name(), reason.map(storable), now, now, id]).await? == 1)
}

/// Stops the unfinished run of a sync until [`resume_paused`]; answers its id. None when it has none, or that is paused.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn pause(tx: &mut Tx, sync_id: &str, reason: &str, now: Timestamp) -> Result<Option<String>> {
    let (waiting, running) = (State::Waiting.name(), State::Running.name());
    let sql = "UPDATE sync_runs SET state = ?, reason = ?, heartbeat_at = ? WHERE active_key = ? AND state IN (?, ?)";
    let values = args![State::Paused.name(), storable(reason), now, sync_id, waiting, running];
    if tx.execute(sql, values).await? == 0 { Ok(None) } else { active(tx, sync_id).await }
}

/// Lets the paused run of a sync go on; answers its id, for which the caller queues work in the same transaction.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn resume_paused(tx: &mut Tx, sync_id: &str, now: Timestamp) -> Result<Option<String>> {
    let sql =
        "UPDATE sync_runs SET state = ?, reason = NULL, heartbeat_at = ? WHERE active_key = ? AND state = ?";
    let values = args![State::Waiting.name(), now, sync_id, State::Paused.name()];
    if tx.execute(sql, values).await? == 0 { Ok(None) } else { active(tx, sync_id).await }
}

async fn active(tx: &mut Tx, sync_id: &str) -> Result<Option<String>> {
    let rows = tx.query("SELECT id FROM sync_runs WHERE active_key = ?", args![sync_id]).await?;
    rows.first().map(|row| row.text(0)).transpose()
}

/// Deletes up to `limit` rows of the runs that ended before `instant`: their plans, and then themselves. Answers how many rows; fewer
/// than `limit` means that there are no more.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn delete_before(tx: &mut Tx, instant: Timestamp, limit: u32) -> Result<u64> {
    let find = "SELECT id FROM sync_runs WHERE finished_at < ? ORDER BY finished_at LIMIT ?";
    let old = tx.query(find, args![instant, limit]).await?;
    delete(tx, old.iter().map(|row| row.text(0)).collect::<Result<Vec<_>>>()?, limit).await
}

/// Deletes up to `limit` rows of these runs, one run after the other; answers how many.
pub(in crate::syncs) async fn delete(tx: &mut Tx, ids: Vec<String>, limit: u32) -> Result<u64> {
    let mut left = limit;
    for id in ids {
        let gone = plans::erase(tx, &id, left).await?;
        left = left.saturating_sub(u32::try_from(gone).unwrap_or(u32::MAX));
        if left == 0 {
            break;
        }
        tx.execute("DELETE FROM sync_runs WHERE id = ?", args![id]).await?;
        left -= 1;
    }
    Ok(u64::from(limit - left))
}
