//! Forgetting messages that are old enough, with everything that hangs on them. What is still to be sent is not old enough.

use super::PIECE;
use super::deliveries::lock;
use crate::value::{Row, Value, args, in_list};
use crate::{Dialect, Result, Tx};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use syncline_core::time::Timestamp;

/// Deletes up to `limit` of the oldest messages made before `instant` that wait for no endpoint there is, with their deliveries and
/// attempts; as many idempotency keys and about as many minutes of statistics from before it. Answers the largest of the three numbers:
/// there is more when it is at least `limit`.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn delete_before(tx: &mut Tx, instant: Timestamp, limit: u32) -> Result<u64> {
    let sql = "SELECT id FROM messages WHERE created_at < ? AND NOT EXISTS (SELECT 1 FROM deliveries d \
               JOIN endpoints e ON e.id = d.endpoint_id WHERE d.message_id = messages.id AND d.state = 0) \
               ORDER BY created_at, id LIMIT ?";
    let old = tx.query(sql, args![instant, limit]).await?;
    let mut ids = old.iter().map(|row| row.text(0)).collect::<Result<Vec<_>>>()?;
    ids.sort_unstable();
    hold(tx, &mut ids).await?;
    for piece in ids.chunks(PIECE) {
        forget(tx, piece).await?;
    }
    let keys = up_to(tx, "message_keys", "created_at", instant, limit).await?;
    // Not the minute that is still going on.
    let over = instant.minus(Duration::from_millis(59_999));
    let minutes = up_to(tx, "endpoint_minutes", "minute", over, limit).await?;
    Ok(keys.max(minutes).max(old.len() as u64))
}

/// Locks the deliveries of these messages, endpoint by endpoint as everybody who locks those of several, and takes out the messages that
/// somebody queued again before that. SQLite's writers come one after the other.
async fn hold(tx: &mut Tx, ids: &mut Vec<String>) -> Result<()> {
    if tx.dialect() == Dialect::Sqlite {
        return Ok(());
    }
    let mut lanes: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for piece in ids.chunks(PIECE) {
        let (marks, some) = among(piece);
        let sql = format!("SELECT endpoint_id, message_id FROM deliveries WHERE message_id IN ({marks})");
        for row in tx.query(&sql, some).await? {
            lanes.entry(row.text(0)?).or_default().push(row.text(1)?);
        }
    }
    for (endpoint_id, messages) in &mut lanes {
        messages.sort_unstable();
        lock(tx, endpoint_id, &messages.iter().map(String::as_str).collect::<Vec<_>>()).await?;
    }
    let mut waiting = BTreeSet::new();
    for piece in ids.chunks(PIECE) {
        let (marks, some) = among(piece);
        let sql = format!(
            "SELECT d.message_id FROM deliveries d JOIN endpoints e ON e.id = d.endpoint_id \
             WHERE d.message_id IN ({marks}) AND d.state = 0"
        );
        for row in tx.query(&sql, some).await? {
            waiting.insert(row.text(0)?);
        }
    }
    ids.retain(|id| !waiting.contains(id));
    Ok(())
}

fn among(ids: &[String]) -> (String, Vec<Value>) {
    in_list(ids.iter().map(|id| Value::from(id.as_str())).collect())
}

async fn forget(tx: &mut Tx, ids: &[String]) -> Result<()> {
    let (marks, some) = among(ids);
    let sql = format!(
        "SELECT endpoint_id, order_key, message_id FROM deliveries WHERE message_id IN ({marks}) AND order_key IS NOT NULL"
    );
    let mut ordered: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for row in tx.query(&sql, some.clone()).await? {
        ordered.entry(row.text(0)?).or_default().push((row.text(1)?, row.text(2)?));
    }
    for (endpoint_id, pairs) in ordered {
        let (key_marks, keys) = in_list(pairs.iter().map(|(key, _)| Value::from(key.as_str())).collect());
        let (id_marks, held) = in_list(pairs.iter().map(|(_, id)| Value::from(id.as_str())).collect());
        let sql = format!(
            "DELETE FROM delivery_order WHERE endpoint_id = ? AND order_key IN ({key_marks}) AND message_id IN ({id_marks})"
        );
        let values = { args![endpoint_id] }.into_iter().chain(keys).chain(held).collect();
        tx.execute(&sql, values).await?;
    }
    for (table, column) in [("attempts", "message_id"), ("deliveries", "message_id"), ("messages", "id")] {
        tx.execute(&format!("DELETE FROM {table} WHERE {column} IN ({marks})"), some.clone()).await?;
    }
    Ok(())
}

/// Deletes what is older than `instant`, up to the moment of the row at `limit`.
async fn up_to(tx: &mut Tx, table: &str, column: &str, instant: Timestamp, limit: u32) -> Result<u64> {
    let sql = format!("SELECT {column} FROM {table} WHERE {column} < ? ORDER BY {column} LIMIT ?");
    let old: Vec<Row> = tx.query(&sql, args![instant, limit]).await?;
    let Some(last) = old.last() else { return Ok(0) };
    tx.execute(&format!("DELETE FROM {table} WHERE {column} <= ?"), args![last.int(0)?]).await
}
