//! A run's life.

use super::{COLUMNS, LaneState, Mode, Run, State, Trigger, read};
use crate::tx::Bulk;
use crate::value::{Kind, Value, args, in_list, storable};
use crate::{Result, Scope, StoreError, Tx};
use syncline_core::time::Timestamp;

/// A run that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRun {
    /// Its id, unique.
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
    /// What it is to read, JSON.
    pub wish: String,
    /// When it was asked for.
    pub created_at: Timestamp,
}

/// What came of asking for a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Created {
    /// It waits for a worker.
    New,
    /// The connection has an unfinished one, which goes on as it is.
    Existing(Box<Run>),
}

const INSERT: Bulk = Bulk {
    table: "runs",
    columns: &[
        ("id", Kind::Text),
        ("org_id", Kind::Text),
        ("connection_id", Kind::Text),
        ("active_key", Kind::Text),
        ("kind", Kind::Text),
        ("mode", Kind::Text),
        ("cause", Kind::Text),
        ("state", Kind::Text),
        ("wish", Kind::Text),
        ("created_at", Kind::Int),
        ("cancel_requested", Kind::Int),
        ("records_read", Kind::Int),
        ("records_changed", Kind::Int),
        ("records_gone", Kind::Int),
    ],
    unique: "active_key",
};

/// How often to look again when another run came and went in between.
const ROUNDS: usize = 5;

/// What keeps a second run out.
pub(super) fn active_key(kind: &str, connection_id: &str) -> String {
    match kind {
        "load" => connection_id.to_owned(),
        _ => format!("{kind} {connection_id}"),
    }
}

/// Asks for a run, unless the connection has an unfinished one of this kind.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn create(tx: &mut Tx, new: &NewRun) -> Result<Created> {
    let key = active_key(&new.kind, &new.connection_id);
    let find = format!("SELECT {COLUMNS} FROM runs WHERE active_key = ?");
    for _ in 0..ROUNDS {
        let row = args![
            new.id.as_str(),
            new.org_id.as_str(),
            new.connection_id.as_str(),
            key.as_str(),
            new.kind.as_str(),
            new.mode.name(),
            new.trigger.name(),
            State::Waiting.name(),
            storable(&new.wish),
            new.created_at,
            false,
            0,
            0,
            0,
        ];
        tx.insert_many(&INSERT, [row]).await?;
        let found = tx.query(&find, args![key.as_str()]).await?;
        if let Some(run) = found.first().map(read).transpose()? {
            return Ok(if run.id == new.id { Created::New } else { Created::Existing(Box::new(run)) });
        }
    }
    Err(StoreError::unavailable("runs of the same connection come and go too fast"))
}

/// A worker takes a run up, or takes it up again after another worker died. False when it is paused or over.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn start(tx: &mut Tx, id: &str, now: Timestamp) -> Result<bool> {
    let sql = "UPDATE runs SET state = ?, started_at = COALESCE(started_at, ?), heartbeat_at = ?, reason = NULL \
               WHERE id = ? AND state IN (?, ?)";
    let (waiting, running) = (State::Waiting.name(), State::Running.name());
    Ok(tx.execute(sql, args![running, now, now, id, waiting, running]).await? == 1)
}

/// Asks a run to stop. One that is under way stops after its page; one that waits or is paused ends here and now. False when there is no
/// such run, or it is over.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn request_cancel(tx: &mut Tx, scope: &Scope, id: &str, now: Timestamp) -> Result<bool> {
    let (own, org_id) = match scope {
        Scope::All => ("", None),
        Scope::Organization(org_id) => (" AND org_id = ?", Some(org_id.as_str())),
    };
    let sql = format!("UPDATE runs SET cancel_requested = 1 WHERE id = ? AND active_key IS NOT NULL{own}");
    let mut values = args![id];
    values.extend(org_id.map(Value::from));
    if tx.execute(&sql, values).await? == 0 {
        return Ok(false);
    }
    let idle = tx
        .query(
            "SELECT id FROM runs WHERE id = ? AND state IN (?, ?)",
            args![id, State::Waiting.name(), State::Paused.name()],
        )
        .await?;
    if !idle.is_empty() {
        finish(tx, id, State::Cancelled, None, now).await?;
    }
    Ok(true)
}

/// Ends a run. Lanes that were not brought to an end are given up. False when it was over before; then nothing changes.
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
    let sql = "UPDATE runs SET state = ?, reason = ?, finished_at = ?, heartbeat_at = ?, active_key = NULL \
               WHERE id = ? AND active_key IS NOT NULL";
    if tx.execute(sql, args![state.name(), reason.map(storable), now, now, id]).await? == 0 {
        return Ok(false);
    }
    let sql = "UPDATE run_lanes SET state = ?, updated_at = ? WHERE run_id = ? AND state IN (?, ?)";
    let (waiting, running) = (LaneState::Waiting.name(), LaneState::Running.name());
    tx.execute(sql, args![LaneState::Cancelled.name(), now, id, waiting, running]).await?;
    Ok(true)
}

/// Stops a run until its connection is authorized again. False when it is paused or over.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn pause(tx: &mut Tx, id: &str, reason: &str, now: Timestamp) -> Result<bool> {
    let sql = "UPDATE runs SET state = ?, reason = ?, heartbeat_at = ? WHERE id = ? AND state IN (?, ?)";
    let (waiting, running) = (State::Waiting.name(), State::Running.name());
    let values = args![State::Paused.name(), storable(reason), now, id, waiting, running];
    Ok(tx.execute(sql, values).await? == 1)
}

/// Lets the paused runs of a connection go on; answers their ids, for which the caller queues work in the same transaction.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn resume_paused(tx: &mut Tx, connection_id: &str, now: Timestamp) -> Result<Vec<String>> {
    let find = "SELECT id FROM runs WHERE connection_id = ? AND state = ? ORDER BY created_at, id";
    let mut resumed = Vec::new();
    for row in tx.query(find, args![connection_id, State::Paused.name()]).await? {
        let id = row.text(0)?;
        let sql = "UPDATE runs SET state = ?, reason = NULL, heartbeat_at = ? WHERE id = ? AND state = ?";
        let values = args![State::Waiting.name(), now, id.as_str(), State::Paused.name()];
        if tx.execute(sql, values).await? == 1 {
            resumed.push(id);
        }
    }
    Ok(resumed)
}

/// Deletes up to `limit` of the runs that ended before `instant`, with their lanes; answers how many runs.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn delete_before(tx: &mut Tx, instant: Timestamp, limit: u32) -> Result<u64> {
    let find = "SELECT id FROM runs WHERE finished_at < ? ORDER BY finished_at LIMIT ?";
    let old = tx.query(find, args![instant, limit]).await?;
    let ids = old.iter().map(|row| row.text(0).map(Value::from)).collect::<Result<Vec<_>>>()?;
    let mut gone = 0;
    for piece in ids.chunks(512) {
        let (marks, ids) = in_list(piece.to_vec());
        tx.execute(&format!("DELETE FROM run_lanes WHERE run_id IN ({marks})"), ids.clone()).await?;
        gone += tx.execute(&format!("DELETE FROM runs WHERE id IN ({marks})"), ids).await?;
    }
    Ok(gone)
}
