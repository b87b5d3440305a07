//! Forgetting what is old, and what belonged to a definition that is no more. A counter itself is never too old.

use crate::value::{Row, Value, args, in_list};
use crate::{Result, Tx};
use std::time::Duration;
use syncline_core::time::Timestamp;

/// Tables that grow, and the column that says how old a row is.
const GROWING: [(&str, &str); 3] =
    [("counter_changes", "at"), ("counter_requests", "created_at"), ("counter_pushes", "at")];

/// Deletes about `limit` of the oldest changes, idempotency keys, pushes and minutes from before `instant`, and as many runs that ended before
/// it. Answers the largest of these numbers: there is more when it is at least `limit`.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn delete_before(tx: &mut Tx, instant: Timestamp, limit: u32) -> Result<u64> {
    let mut most = 0;
    for (table, column) in GROWING {
        most = most.max(up_to(tx, table, column, instant, limit).await?);
    }
    // Not the minute that is still going on.
    let over = instant.minus(Duration::from_millis(59_999));
    most = most.max(up_to(tx, "counter_minutes", "minute", over, limit).await?);
    Ok(most.max(super::runs::delete_before(tx, instant, limit).await?))
}

/// Deletes what is older than `instant`, up to the moment of the row at `limit`; answers how many rows were found for that.
async fn up_to(tx: &mut Tx, table: &str, column: &str, instant: Timestamp, limit: u32) -> Result<u64> {
    let sql = format!("SELECT {column} FROM {table} WHERE {column} < ? ORDER BY {column} LIMIT ?");
    let old: Vec<Row> = tx.query(&sql, args![instant, limit]).await?;
    let Some(last) = old.last() else { return Ok(0) };
    tx.execute(&format!("DELETE FROM {table} WHERE {column} <= ?"), args![last.int(0)?]).await?;
    Ok(old.len() as u64)
}

/// Forgets one counter: its number, what moved it and what was pushed. What runs found about it stays with them. False when there is none.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn forget(tx: &mut Tx, definition_id: &str, key: &str) -> Result<bool> {
    let sql = "DELETE FROM counters WHERE definition_id = ? AND counter_key = ?";
    let there = tx.execute(sql, args![definition_id, key]).await? == 1;
    for table in ["counter_changes", "counter_pushes"] {
        let sql = format!("DELETE FROM {table} WHERE definition_id = ? AND counter_key = ?");
        tx.execute(&sql, args![definition_id, key]).await?;
    }
    Ok(there)
}

/// What belongs to a definition by its id, with the column that tells its rows apart.
const OWNED: [(&str, &str); 5] = [
    ("counters", "counter_key"),
    ("counter_changes", "counter_key"),
    ("counter_pushes", "seq"),
    ("counter_minutes", "minute"),
    ("counter_runs", "id"),
];

/// Erases about `limit` rows of what is left of a definition that was deleted; answers how many: to be called until that is none.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn erase(tx: &mut Tx, definition_id: &str, limit: u32) -> Result<u64> {
    for (table, column) in OWNED {
        let sql = format!("SELECT {column} FROM {table} WHERE definition_id = ? LIMIT ?");
        let rows = tx.query(&sql, args![definition_id, limit]).await?;
        if rows.is_empty() {
            continue;
        }
        let keys: Vec<Value> = rows.into_iter().flat_map(|row| row.cells).collect();
        for piece in keys.chunks(512) {
            let (marks, some) = in_list(piece.to_vec());
            if table == "counter_runs" {
                tx.execute(&format!("DELETE FROM counter_findings WHERE run_id IN ({marks})"), some.clone())
                    .await?;
            }
            let sql = format!("DELETE FROM {table} WHERE definition_id = ? AND {column} IN ({marks})");
            tx.execute(&sql, { args![definition_id] }.into_iter().chain(some).collect()).await?;
        }
        return Ok(keys.len() as u64);
    }
    Ok(0)
}
