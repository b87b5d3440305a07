//! A run's life.

use super::{Cause, State};
use crate::tx::Bulk;
use crate::value::{Kind, Value, args, in_list, storable};
use crate::{Result, Scope, Tx};
use syncline_core::time::Timestamp;

/// A run to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRun {
    /// Its id.
    pub id: String,
    /// Whose.
    pub org_id: String,
    /// The definition.
    pub definition_id: String,
    /// What it is begun by.
    pub cause: Cause,
    /// Whether it only looks.
    pub dry_run: bool,
}

/// Whether a run was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Created {
    /// It was.
    New,
    /// The definition has an unfinished one.
    Already {
        /// Its id.
        id: String,
        /// Whether it only looks.
        dry_run: bool,
    },
}

const INSERT: Bulk = Bulk {
    table: "counter_runs",
    columns: &[
        ("id", Kind::Text),
        ("org_id", Kind::Text),
        ("definition_id", Kind::Text),
        ("active_key", Kind::Text),
        ("state", Kind::Text),
        ("cause", Kind::Text),
        ("dry_run", Kind::Int),
        ("pass", Kind::Int),
        ("position", Kind::Text),
        ("checked", Kind::Int),
        ("alike", Kind::Int),
        ("in_flight", Kind::Int),
        ("unknown", Kind::Int),
        ("drifted", Kind::Int),
        ("repaired", Kind::Int),
        ("size", Kind::Int),
        ("calls", Kind::Int),
        ("cancel_requested", Kind::Int),
        ("created_at", Kind::Int),
    ],
    unique: "active_key",
};

/// Makes a run that waits, unless the definition has an unfinished one.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn create(tx: &mut Tx, new: &NewRun, now: Timestamp) -> Result<Created> {
    let mut row = args![
        new.id.as_str(),
        new.org_id.as_str(),
        new.definition_id.as_str(),
        new.definition_id.as_str(),
        State::Waiting.name(),
        new.cause.name(),
        new.dry_run,
        1,
        ""
    ];
    row.extend(vec![Value::from(0); 9]);
    row.push(now.into());
    tx.insert_many(&INSERT, [row]).await?;
    let sql = "SELECT id, dry_run FROM counter_runs WHERE active_key = ?";
    let rows = tx.query(sql, args![new.definition_id.as_str()]).await?;
    let Some(row) = rows.first() else { return Ok(Created::New) };
    let (id, dry_run) = (row.text(0)?, row.int(1)? != 0);
    Ok(if id == new.id { Created::New } else { Created::Already { id, dry_run } })
}

/// A worker takes a run up, also one that another left. False when it ended.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn start(tx: &mut Tx, id: &str, now: Timestamp) -> Result<bool> {
    let sql = "UPDATE counter_runs SET state = ?, started_at = COALESCE(started_at, ?), heartbeat_at = ? \
               WHERE id = ? AND finished_at IS NULL";
    Ok(tx.execute(sql, args![State::Running.name(), now, now, id]).await? == 1)
}

/// Says why a run waits; the next page, or its end, says otherwise.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn waits(tx: &mut Tx, id: &str, reason: &str, now: Timestamp) -> Result<()> {
    let sql = "UPDATE counter_runs SET reason = ?, heartbeat_at = ? WHERE id = ? AND finished_at IS NULL";
    tx.execute(sql, args![storable(reason), now, id]).await?;
    Ok(())
}

/// The first pass is through: from now on it looks again at what it suspected. False when it was told before, or the run ended.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn second_pass(tx: &mut Tx, id: &str, now: Timestamp) -> Result<bool> {
    let sql = "UPDATE counter_runs SET pass = 2, position = '', heartbeat_at = ? \
               WHERE id = ? AND pass = 1 AND finished_at IS NULL";
    Ok(tx.execute(sql, args![now, id]).await? == 1)
}

/// Ends a run. False when it ended before.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn finish(
    tx: &mut Tx,
    id: &str,
    state: State,
    reason: Option<&str>,
    now: Timestamp,
) -> Result<bool> {
    let sql = "UPDATE counter_runs SET state = ?, reason = ?, finished_at = ?, active_key = NULL \
               WHERE id = ? AND finished_at IS NULL";
    Ok(tx.execute(sql, args![state.name(), reason.map(storable), now, id]).await? == 1)
}

/// Asks a run to stop; one that waits ends at once. False when there is none that goes on.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn request_cancel(tx: &mut Tx, scope: &Scope, id: &str, now: Timestamp) -> Result<bool> {
    let (test, own) = match scope {
        Scope::All => ("", Vec::new()),
        Scope::Organization(org_id) => (" AND org_id = ?", args![org_id.as_str()]),
    };
    let sql =
        format!("UPDATE counter_runs SET cancel_requested = 1 WHERE id = ? AND finished_at IS NULL{test}");
    if tx.execute(&sql, { args![id] }.into_iter().chain(own).collect()).await? == 0 {
        return Ok(false);
    }
    let sql =
        "UPDATE counter_runs SET state = ?, finished_at = ?, active_key = NULL WHERE id = ? AND state = ?";
    let values = args![State::Cancelled.name(), now, id, State::Waiting.name()];
    tx.execute(sql, values).await?;
    Ok(true)
}

/// Deletes up to `limit` of the runs that ended first before `instant`, with what they found; answers how many.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn delete_before(tx: &mut Tx, instant: Timestamp, limit: u32) -> Result<u64> {
    let sql = "SELECT id FROM counter_runs WHERE finished_at < ? ORDER BY finished_at, id LIMIT ?";
    let old = tx.query(sql, args![instant, limit]).await?;
    let mut ids = old.iter().map(|row| row.text(0)).collect::<Result<Vec<_>>>()?;
    ids.sort_unstable();
    for piece in ids.chunks(128) {
        let (marks, some) = in_list(piece.iter().map(|id| Value::from(id.as_str())).collect());
        tx.execute(&format!("DELETE FROM counter_findings WHERE run_id IN ({marks})"), some.clone()).await?;
        tx.execute(&format!("DELETE FROM counter_runs WHERE id IN ({marks})"), some).await?;
    }
    Ok(ids.len() as u64)
}
