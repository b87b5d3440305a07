//! Taking away what belonged to a sync that has ended, in batches.

use super::runs;
use crate::value::args;
use crate::{Result, Tx, Value};

/// Deletes up to about `limit` rows of what belonged to a sync; answers how many. None means that there are no more. Called after
/// [`super::delete`], transaction by transaction.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn erase(tx: &mut Tx, sync_id: &str, limit: u32) -> Result<u64> {
    let mut gone = 0;
    // By a column that lies in the order of an index, and the rest of the key before it.
    for (table, column, sides) in [
        ("sync_marks", "record_id", true),
        ("sync_keys", "record_id", true),
        ("sync_links", "id", false),
        ("sync_conflicts", "id", false),
        ("sync_history", "seq", false),
    ] {
        for side in if sides { [Some(0), Some(1)].as_slice() } else { &[None] } {
            let left = limit.saturating_sub(u32::try_from(gone).unwrap_or(u32::MAX));
            if left == 0 {
                return Ok(gone);
            }
            gone += first(tx, table, column, sync_id, *side, left).await?;
        }
    }
    let left = limit.saturating_sub(u32::try_from(gone).unwrap_or(u32::MAX));
    if left == 0 {
        return Ok(gone);
    }
    let sql = "SELECT id FROM sync_runs WHERE sync_id = ? ORDER BY created_at, id LIMIT ?";
    let rows = tx.query(sql, args![sync_id, left]).await?;
    let ids = rows.iter().map(|row| row.text(0)).collect::<Result<Vec<_>>>()?;
    Ok(gone + runs::delete(tx, ids, left).await?)
}

/// Deletes the first rows of a table up to the one at `limit`, and those that share its place.
async fn first(
    tx: &mut Tx,
    table: &str,
    column: &str,
    sync_id: &str,
    side: Option<i64>,
    limit: u32,
) -> Result<u64> {
    let mut values = args![sync_id];
    let own = match side {
        Some(side) => {
            values.push(side.into());
            "sync_id = ? AND side = ?"
        }
        None => "sync_id = ?",
    };
    let mut select = values.clone();
    select.push(limit.into());
    let sql = format!("SELECT {column} FROM {table} WHERE {own} ORDER BY {column} LIMIT ?");
    let rows = tx.query(&sql, select).await?;
    let Some(last) = rows.last() else { return Ok(0) };
    let last: Value = if column == "seq" { last.int(0)?.into() } else { last.text(0)?.into() };
    values.push(last);
    tx.execute(&format!("DELETE FROM {table} WHERE {own} AND {column} <= ?"), values).await
}
