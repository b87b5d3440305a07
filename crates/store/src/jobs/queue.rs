//! Queueing jobs.

use super::{NewJob, State};
use crate::tx::Bulk;
use crate::value::{Kind, Value, args, storable};
use crate::{Result, StoreError, Tx};
use syncline_core::time::Timestamp;

const INSERT: Bulk = Bulk {
    table: "jobs",
    columns: &[
        ("id", Kind::Text),
        ("kind", Kind::Text),
        ("org_id", Kind::Text),
        ("coalesce_key", Kind::Text),
        ("payload", Kind::Text),
        ("state", Kind::Int),
        ("run_at", Kind::Int),
        ("attempts", Kind::Int),
        ("last_error", Kind::Text),
        ("created_at", Kind::Int),
        ("updated_at", Kind::Int),
    ],
    unique: "coalesce_key",
};

/// How often to look again when a job of the same key came and went in between.
const ROUNDS: usize = 5;

/// Queues work in the transaction that makes it necessary. Whoever queues work of several keys in one transaction does it in the
/// order of the keys, or two who do may block each other until the server ends one of them.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn enqueue(tx: &mut Tx, job: &NewJob, now: Timestamp) -> Result<()> {
    let Some(key) = &job.coalesce_key else { return insert(tx, job, State::Waiting, None, now).await };
    // Neither step can be refused, whatever others do: an insert of a key that somebody else is inserting waits for them, and does
    // nothing if they commit. The next round then finds their job.
    for _ in 0..ROUNDS {
        if merge(tx, key, job, now).await? || insert_if_absent(tx, key, job, now).await? {
            return Ok(());
        }
    }
    Err(StoreError::unavailable("jobs of the same key come and go too fast"))
}

/// Puts work that already failed where a human sees it and can retry it. Its key, if it has one, must be new.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn park_new(tx: &mut Tx, job: &NewJob, error: &str, now: Timestamp) -> Result<()> {
    insert(tx, job, State::Parked, Some(error), now).await
}

/// Asks the job of this key for more; answers whether there is one.
async fn merge(tx: &mut Tx, key: &str, job: &NewJob, now: Timestamp) -> Result<bool> {
    // Found first and changed by its id then: MySQL locks what a statement comes by, and whoever settles the job comes by its id. In
    // opposite orders the two would block each other.
    let found = tx.query("SELECT id FROM jobs WHERE coalesce_key = ?", args![key]).await?;
    let Some(id) = found.first().map(|row| row.text(0)).transpose()? else { return Ok(false) };
    // MySQL lets each assignment see the ones before it, so what others depend on comes last.
    let sql = "UPDATE jobs SET payload = ?, \
               run_at = CASE WHEN state = 1 OR (state = 0 AND run_at < ?) THEN run_at ELSE ? END, \
               again_at = CASE WHEN state = 1 AND again_at < ? THEN again_at WHEN state = 1 THEN ? ELSE NULL END, \
               attempts = CASE WHEN state = 2 THEN 0 ELSE attempts END, \
               state = CASE WHEN state = 2 THEN 0 ELSE state END, updated_at = ? WHERE id = ? AND coalesce_key = ?";
    let at = job.run_at;
    let touched = tx.execute(sql, args![storable(&job.payload), at, at, at, at, now, id, key]).await?;
    Ok(touched > 0)
}

/// Answers whether the job is there now, as this one and not as another of the same key.
async fn insert_if_absent(tx: &mut Tx, key: &str, job: &NewJob, now: Timestamp) -> Result<bool> {
    tx.insert_many(&INSERT, vec![row_of(job, State::Waiting, None, now)]).await?;
    let ours = "SELECT 1 FROM jobs WHERE id = ? AND coalesce_key = ?";
    Ok(!tx.query(ours, args![job.id.as_str(), key]).await?.is_empty())
}

async fn insert(tx: &mut Tx, job: &NewJob, state: State, error: Option<&str>, now: Timestamp) -> Result<()> {
    let marks = vec!["?"; INSERT.columns.len()].join(", ");
    let sql = format!("{}VALUES ({marks})", INSERT.insert_into());
    tx.execute(&sql, row_of(job, state, error, now)).await.map(|_| ())
}

fn row_of(job: &NewJob, state: State, error: Option<&str>, now: Timestamp) -> Vec<Value> {
    args![
        job.id.as_str(),
        job.kind.as_str(),
        job.org_id.as_str(),
        job.coalesce_key.as_deref(),
        storable(&job.payload),
        state.code(),
        job.run_at,
        0,
        error.map(storable),
        now,
        now
    ]
}
