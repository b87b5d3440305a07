//! Looking at jobs.

use super::{COLUMNS, Filter, Job, State, fitting, read, scoped};
use crate::value::args;
use crate::{Result, Scope, Store};
use syncline_core::time::Timestamp;

/// How many jobs are in each state, and since when the oldest is due.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Count {
    /// What the jobs do.
    pub kind: String,
    /// Their state.
    pub state: State,
    /// How many.
    pub jobs: u64,
    /// The earliest time one of them was or is due.
    pub oldest_run_at: Timestamp,
}

/// Counts by kind and state, for one scope.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn counts(store: &Store, scope: &Scope) -> Result<Vec<Count>> {
    let (filter, values) = scoped(scope);
    let sql = format!(
        "SELECT kind, state, COUNT(*), MIN(run_at) FROM jobs WHERE {filter} GROUP BY kind, state ORDER BY kind, state"
    );
    let rows = store.query(&sql, values).await?;
    rows.iter()
        .map(|row| {
            Ok(Count {
                kind: row.text(0)?,
                state: State::from_code(row.int(1)?)?,
                jobs: u64::try_from(row.int(2)?).unwrap_or(0),
                oldest_run_at: row.time(3)?,
            })
        })
        .collect()
}

/// Jobs in one state, latest change first; `after` is the `(updated_at, id)` of the last one seen.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn list(
    store: &Store,
    scope: &Scope,
    state: State,
    filter: &Filter<'_>,
    after: Option<(Timestamp, String)>,
    limit: u32,
) -> Result<Vec<Job>> {
    let (mut tests, mut values) = fitting(scope, state, filter);
    if let Some((at, id)) = after {
        tests.push_str(" AND (updated_at < ? OR (updated_at = ? AND id < ?))");
        values.extend(args![at, at, id]);
    }
    values.push(limit.into());
    let sql = format!("SELECT {COLUMNS} FROM jobs WHERE {tests} ORDER BY updated_at DESC, id DESC LIMIT ?");
    store.query(&sql, values).await?.iter().map(read).collect()
}

/// How many jobs are in one state and fit.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn count(store: &Store, scope: &Scope, state: State, filter: &Filter<'_>) -> Result<u64> {
    let (tests, values) = fitting(scope, state, filter);
    let rows = store.query(&format!("SELECT COUNT(*) FROM jobs WHERE {tests}"), values).await?;
    rows.first().map_or(Ok(0), |row| Ok(u64::try_from(row.int(0)?).unwrap_or(0)))
}

/// One job.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn get(store: &Store, scope: &Scope, id: &str) -> Result<Option<Job>> {
    let (filter, mut values) = scoped(scope);
    values.push(id.into());
    let sql = format!("SELECT {COLUMNS} FROM jobs WHERE {filter} AND id = ?");
    store.query(&sql, values).await?.first().map(read).transpose()
}
