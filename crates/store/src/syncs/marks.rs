//! Marks: records that a sync has to look at, until it has. However often a record is asked about, it waits once.
//!
//! **Invariant:** every mark changes a record's `asked_at`. So whoever has dealt with a record and finds the `asked_at` it began with
//! knows that nothing was asked meanwhile.

use super::{PIECE, among, count_of, maybe_time, number_of, side_of};
use crate::tx::Bulk;
use crate::value::{Kind, Row, Value, args};
use crate::{Result, Store, StoreError, Tx};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use syncline_core::event::column_text;
use syncline_core::sync::Side;
use syncline_core::time::Timestamp;

/// A record that has to be looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The side it is on.
    pub side: Side,
    /// Its id.
    pub record_id: String,
    /// When it was asked about last. As stored it may be some milliseconds more, because every mark counts.
    pub asked_at: Timestamp,
    /// From when on it can be looked at.
    pub due_at: Timestamp,
    /// How often it was put off since it began to wait.
    pub attempts: u32,
}

const INSERT: Bulk = Bulk {
    table: "sync_marks",
    columns: &[
        ("sync_id", Kind::Text),
        ("side", Kind::Int),
        ("record_id", Kind::Text),
        ("asked_at", Kind::Int),
        ("due_at", Kind::Int),
        ("attempts", Kind::Int),
    ],
    unique: "sync_id, side, record_id",
};

/// How often to look again when somebody dealt with a record in between.
const ROUNDS: usize = 5;

/// Marks records of a side. One that is marked already waits on, no longer than until the earlier of both moments. Whoever marks in
/// several syncs in one transaction does it in the order of the syncs, the left side first, or two who do may block each other until
/// the server ends one of them.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn mark(
    tx: &mut Tx,
    sync_id: &str,
    side: Side,
    ids: &[String],
    asked_at: Timestamp,
    due_at: Timestamp,
) -> Result<()> {
    let ids: BTreeSet<String> = ids.iter().map(|id| column_text(id)).collect();
    if ids.is_empty() {
        return Ok(());
    }
    // A millisecond less, so that raising it makes it what it is to be.
    let before = asked_at.minus(Duration::from_millis(1));
    let row = |id: &String| args![sync_id, number_of(side), id.as_str(), before, due_at, 0];
    for _ in 0..ROUNDS {
        // All of them first, in their order: PostgreSQL lets an insert wait for whoever is changing that row, so whoever changes rows
        // must not have to wait any more.
        tx.insert_many(&INSERT, ids.iter().map(row).collect::<Vec<_>>()).await?;
        // Somebody may have dealt with one of them in between, who cannot know yet what this transaction is about.
        let there = lock(tx, sync_id, side, &ids).await?;
        if there.len() == ids.len() {
            let raise = "UPDATE sync_marks SET asked_at = CASE WHEN asked_at < ? THEN ? ELSE asked_at + 1 END, \
                         due_at = CASE WHEN due_at < ? THEN due_at ELSE ? END WHERE sync_id = ? AND side = ?";
            let values = args![asked_at, asked_at, due_at, due_at, sync_id, number_of(side)];
            return over(tx, raise, &values, &ids).await.map(|_| ());
        }
    }
    Err(StoreError::unavailable("marks come and go too fast"))
}

/// Up to `limit` records of a sync that are due, the one that has been due longest first.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn batch(store: &Store, sync_id: &str, now: Timestamp, limit: u32) -> Result<Vec<Mark>> {
    let sql = "SELECT side, record_id, asked_at, due_at, attempts FROM sync_marks WHERE sync_id = ? AND due_at <= ? \
               ORDER BY due_at, side, record_id LIMIT ?";
    store.query(sql, args![sync_id, now, limit]).await?.iter().map(read).collect()
}

/// These have been dealt with: forgets those that nothing was asked about meanwhile, and answers how many.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn settled(tx: &mut Tx, sync_id: &str, marks: &[Mark]) -> Result<u64> {
    let delete = "DELETE FROM sync_marks WHERE sync_id = ? AND side = ? AND asked_at = ?";
    as_read(tx, sync_id, marks, delete, None).await
}

/// These have to wait until `due_at`: those that nothing was asked about meanwhile; answers how many. The others stay due as they are.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn put_off(tx: &mut Tx, sync_id: &str, marks: &[Mark], due_at: Timestamp) -> Result<u64> {
    let update = "UPDATE sync_marks SET due_at = ?, attempts = attempts + 1 WHERE sync_id = ? AND side = ? AND asked_at = ?";
    as_read(tx, sync_id, marks, update, Some(due_at.into())).await
}

/// When the next record of a sync is due; none when none waits.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn next_due(store: &Store, sync_id: &str) -> Result<Option<Timestamp>> {
    let rows = store.query("SELECT MIN(due_at) FROM sync_marks WHERE sync_id = ?", args![sync_id]).await?;
    rows.first().map_or(Ok(None), |row| maybe_time(row, 0))
}

/// The same, as seen by this transaction.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn next_due_in(tx: &mut Tx, sync_id: &str) -> Result<Option<Timestamp>> {
    let rows = tx.query("SELECT MIN(due_at) FROM sync_marks WHERE sync_id = ?", args![sync_id]).await?;
    rows.first().map_or(Ok(None), |row| maybe_time(row, 0))
}

/// Up to `limit` marks behind `after` (when asked, side, id), in the order in which they were asked for.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn asked(
    store: &Store,
    sync_id: &str,
    after: Option<&(Timestamp, Side, String)>,
    limit: u32,
) -> Result<Vec<Mark>> {
    let mut found: Vec<Mark> = Vec::new();
    let columns = "SELECT side, record_id, asked_at, due_at, attempts FROM sync_marks WHERE sync_id = ?";
    let order = "ORDER BY asked_at, side, record_id LIMIT ?";
    let mut ranges: Vec<(&str, Vec<Value>)> = Vec::new();
    match after {
        None => ranges.push(("", Vec::new())),
        Some((at, side, id)) => {
            let side = number_of(*side);
            ranges.push((" AND asked_at = ? AND side = ? AND record_id > ?", args![*at, side, id.as_str()]));
            ranges.push((" AND asked_at = ? AND side > ?", args![*at, side]));
            ranges.push((" AND asked_at > ?", args![*at]));
        }
    }
    for (range, values) in ranges {
        let wanted = limit - u32::try_from(found.len()).unwrap_or(limit);
        if wanted == 0 {
            break;
        }
        let values = { args![sync_id] }.into_iter().chain(values).chain(args![wanted]).collect();
        let rows = store.query(&format!("{columns}{range} {order}"), values).await?;
        found.extend(rows.iter().map(read).collect::<Result<Vec<_>>>()?);
    }
    Ok(found)
}

/// A run looked at these records of a side: forgets their marks that were asked for before it did.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn looked_at(
    tx: &mut Tx,
    sync_id: &str,
    side: Side,
    ids: &[String],
    before: Timestamp,
) -> Result<u64> {
    let ids: BTreeSet<String> = ids.iter().map(|id| column_text(id)).collect();
    lock(tx, sync_id, side, &ids).await?;
    let delete = "DELETE FROM sync_marks WHERE asked_at < ? AND sync_id = ? AND side = ?";
    over(tx, delete, &args![before, sync_id, number_of(side)], &ids).await
}

/// Makes everything that waits for later due now.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn wake(tx: &mut Tx, sync_id: &str, now: Timestamp) -> Result<u64> {
    let sql = "UPDATE sync_marks SET due_at = ? WHERE sync_id = ? AND due_at > ?";
    tx.execute(sql, args![now, sync_id, now]).await
}

/// How many records of a sync wait.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn count(store: &Store, sync_id: &str) -> Result<u64> {
    let rows = store.query("SELECT COUNT(*) FROM sync_marks WHERE sync_id = ?", args![sync_id]).await?;
    rows.first().map_or(Ok(0), |row| count_of(row, 0))
}

/// Those of `ids` that are marked; locked in their order, so that two who lock some of the same do not block each other.
async fn lock(tx: &mut Tx, sync_id: &str, side: Side, ids: &BTreeSet<String>) -> Result<BTreeSet<String>> {
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let mut found = BTreeSet::new();
    for piece in ids.chunks(PIECE) {
        let (test, some) = among(tx.dialect(), "record_id", piece.iter().copied());
        let sql = format!(
            "SELECT record_id FROM sync_marks WHERE sync_id = ? AND side = ? AND {test} ORDER BY record_id{}",
            tx.dialect().locked()
        );
        let mut values = args![sync_id, number_of(side)];
        values.extend(some);
        for row in tx.query(&sql, values).await? {
            found.insert(row.text(0)?);
        }
    }
    Ok(found)
}

/// Runs `statement`, which may begin with `value` and ends with sync, side and moment, over those of `marks` that nothing was asked about since they were read.
async fn as_read(
    tx: &mut Tx,
    sync_id: &str,
    marks: &[Mark],
    statement: &str,
    value: Option<Value>,
) -> Result<u64> {
    let mut touched = 0;
    for side in Side::BOTH {
        let of_side = || marks.iter().filter(|mark| mark.side == side);
        lock(tx, sync_id, side, &of_side().map(|mark| mark.record_id.clone()).collect()).await?;
        let mut by_moment: BTreeMap<Timestamp, BTreeSet<String>> = BTreeMap::new();
        for mark in of_side() {
            by_moment.entry(mark.asked_at).or_default().insert(mark.record_id.clone());
        }
        for (asked_at, ids) in by_moment {
            let mut values: Vec<Value> = value.iter().cloned().collect();
            values.extend(args![sync_id, number_of(side), asked_at]);
            touched += over(tx, statement, &values, &ids).await?;
        }
    }
    Ok(touched)
}

/// Runs `statement`, whose `WHERE` lacks the records, over these.
async fn over(tx: &mut Tx, statement: &str, values: &[Value], ids: &BTreeSet<String>) -> Result<u64> {
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let mut touched = 0;
    for piece in ids.chunks(PIECE) {
        let (test, some) = among(tx.dialect(), "record_id", piece.iter().copied());
        let values = values.iter().cloned().chain(some).collect();
        touched += tx.execute(&format!("{statement} AND {test}"), values).await?;
    }
    Ok(touched)
}

fn read(row: &Row) -> Result<Mark> {
    Ok(Mark {
        side: side_of(row.int(0)?)?,
        record_id: row.text(1)?,
        asked_at: row.time(2)?,
        due_at: row.time(3)?,
        attempts: u32::try_from(row.int(4)?).unwrap_or(u32::MAX),
    })
}
