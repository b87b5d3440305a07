//! What a human does with parked jobs.

use super::{Filter, State, fitting, scoped};
use crate::value::args;
use crate::{Result, Scope, Tx};
use syncline_core::time::Timestamp;

/// Lets a parked job run again, attempts forgotten; answers whether there was one.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn retry_parked(tx: &mut Tx, scope: &Scope, id: &str, now: Timestamp) -> Result<bool> {
    let (filter, own) = scoped(scope);
    let sql = format!(
        "UPDATE jobs SET state = 0, run_at = ?, attempts = 0, updated_at = ? WHERE state = 2 AND id = ? AND {filter}"
    );
    let mut values = args![now, now, id];
    values.extend(own);
    Ok(tx.execute(&sql, values).await? == 1)
}

/// Lets all parked jobs that fit run again, attempts forgotten; answers how many.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn retry_all_parked(
    tx: &mut Tx,
    scope: &Scope,
    filter: &Filter<'_>,
    now: Timestamp,
) -> Result<u64> {
    let (tests, own) = fitting(scope, State::Parked, filter);
    let mut values = args![now, now];
    values.extend(own);
    let sql = format!("UPDATE jobs SET state = 0, run_at = ?, attempts = 0, updated_at = ? WHERE {tests}");
    tx.execute(&sql, values).await
}

/// Throws away all parked jobs that fit; answers how many.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn discard_all_parked(tx: &mut Tx, scope: &Scope, filter: &Filter<'_>) -> Result<u64> {
    let (tests, values) = fitting(scope, State::Parked, filter);
    tx.execute(&format!("DELETE FROM jobs WHERE {tests}"), values).await
}

/// Throws a parked job away; answers whether there was one.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn discard_parked(tx: &mut Tx, scope: &Scope, id: &str) -> Result<bool> {
    let (filter, own) = scoped(scope);
    let mut values = args![id];
    values.extend(own);
    let sql = format!("DELETE FROM jobs WHERE state = 2 AND id = ? AND {filter}");
    Ok(tx.execute(&sql, values).await? == 1)
}

/// Throws away up to `limit` jobs parked before `instant`; answers how many.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn discard_parked_before(tx: &mut Tx, instant: Timestamp, limit: u32) -> Result<u64> {
    let old = tx
        .query(
            "SELECT id FROM jobs WHERE state = 2 AND updated_at < ? ORDER BY updated_at LIMIT ?",
            args![instant, limit],
        )
        .await?;
    let mut gone = 0;
    for row in old {
        gone += tx.execute("DELETE FROM jobs WHERE state = 2 AND id = ?", args![row.text(0)?]).await?;
    }
    Ok(gone)
}
