//! The intake log as a table, for PostgreSQL and MySQL: rows are written by any number of intakes and leave in the transaction
//! that stores their events, so there is no position that could overtake a slow commit.

use crate::tx::Bulk;
use crate::value::{Kind, Value, args, in_list};
use crate::{Dialect, Result, Store, Tx};
use bytes::Bytes;
use syncline_core::time::Timestamp;

/// One row of the log.
#[derive(Clone, Debug)]
pub struct LogRow {
    /// Its number.
    pub seq: i64,
    /// The deliveries in it, encoded.
    pub body: Bytes,
}

/// How much is waiting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lag {
    /// Deliveries not yet turned into events.
    pub deliveries: u64,
    /// When the oldest of them was written.
    pub oldest: Option<Timestamp>,
}

/// Appends one encoded group of deliveries and commits it.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn append(store: &Store, deliveries: u32, body: Bytes, now: Timestamp) -> Result<()> {
    store
        .execute(
            "INSERT INTO intake_log (deliveries, written_at, body) VALUES (?, ?, ?)",
            args![deliveries, now, body],
        )
        .await
        .map(|_| ())
}

/// The oldest `limit` rows, and no more than `max_bytes` of them (one row always comes).
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn oldest(store: &Store, limit: u32, max_bytes: usize) -> Result<Vec<LogRow>> {
    let sizes =
        store.query("SELECT seq, LENGTH(body) FROM intake_log ORDER BY seq LIMIT ?", args![limit]).await?;
    let (mut last, mut bytes) = (None, 0);
    for row in &sizes {
        bytes += usize::try_from(row.int(1)?).unwrap_or(usize::MAX);
        if last.is_some() && bytes > max_bytes {
            break;
        }
        last = Some(row.int(0)?);
    }
    let Some(last) = last else { return Ok(Vec::new()) };
    let sql = "SELECT seq, body FROM intake_log WHERE seq <= ? ORDER BY seq LIMIT ?";
    let rows = store.query(sql, args![last, limit]).await?;
    rows.iter().map(|row| Ok(LogRow { seq: row.int(0)?, body: row.bytes(1)? })).collect()
}

/// Removes rows whose events this same transaction stores.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn remove(tx: &mut Tx, rows: &[i64]) -> Result<()> {
    for chunk in rows.chunks(512) {
        let (marks, values) = in_list(chunk.iter().map(|seq| Value::from(*seq)).collect());
        tx.execute(&format!("DELETE FROM intake_log WHERE seq IN ({marks})"), values).await?;
    }
    Ok(())
}

/// How much is waiting.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn lag(store: &Store) -> Result<Lag> {
    let sql = "SELECT COUNT(*), COALESCE(CAST(SUM(deliveries) AS {int}), 0), MIN(written_at) FROM intake_log";
    let sql = if store.dialect() == Dialect::MySql {
        sql.replace("{int}", "SIGNED")
    } else {
        sql.replace("{int}", "BIGINT")
    };
    let rows = store.query(&sql, Vec::new()).await?;
    let Some(row) = rows.first() else { return Ok(Lag::default()) };
    let oldest = row.maybe_int(2)?.map(Timestamp::from_millis);
    Ok(Lag { deliveries: u64::try_from(row.int(1)?).unwrap_or(0), oldest })
}

/// How far the log called `log`, which lives outside this database, has been read.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn position(store: &Store, log: &str) -> Result<i64> {
    let rows = store.query("SELECT position FROM log_positions WHERE log = ?", args![log]).await?;
    rows.first().map_or(Ok(0), |row| row.int(0))
}

/// Moves that position in the transaction that stores the events.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn advance(tx: &mut Tx, log: &str, position: i64) -> Result<()> {
    let update = "UPDATE log_positions SET position = ? WHERE log = ?";
    if tx.execute(update, args![position, log]).await? == 0 {
        // Somebody else may have been first meanwhile; then the row is theirs, and the position still ours.
        tx.insert_many(&POSITION, vec![args![log, position]]).await?;
        tx.execute(update, args![position, log]).await?;
    }
    Ok(())
}

const POSITION: Bulk =
    Bulk { table: "log_positions", columns: &[("log", Kind::Text), ("position", Kind::Int)], unique: "log" };
