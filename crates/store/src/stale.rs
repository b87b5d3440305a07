//! Stale records: those that an event says have changed, until they have been read again. However many events there are about a
//! record, it waits once.
//!
//! **Invariant:** every mark changes a record's `asked_at`. So whoever has read a record again and finds the `asked_at` it began
//! with knows that nothing was asked meanwhile.

use crate::tx::Bulk;
use crate::value::{Kind, Row, Value, args, in_list};
use crate::{Result, Store, Tx};
use std::collections::{BTreeMap, BTreeSet};
use syncline_core::event::column_text;
use syncline_core::time::Timestamp;

/// A record that has to be read again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Its type.
    pub object_type: String,
    /// Where it is, for types that are kept in several places; empty otherwise.
    pub collection: String,
    /// Its id.
    pub record_id: String,
    /// When the latest event about it came in. As stored it may be some milliseconds more, because every event counts.
    pub asked_at: Timestamp,
    /// Whether the event is most likely our own write coming back. Such a record is read as well, since whoever changed it at the
    /// same time may have been told of in the same event, but after all others.
    pub echo: bool,
}

const INSERT: Bulk = Bulk {
    table: "stale_records",
    columns: &[
        ("connection_id", Kind::Text),
        ("object_type", Kind::Text),
        ("record_id", Kind::Text),
        ("collection", Kind::Text),
        ("asked_at", Kind::Int),
        ("echo", Kind::Int),
    ],
    unique: "connection_id, object_type, record_id",
};

const COLUMNS: &str = "object_type, collection, record_id, asked_at, echo";

/// Rows in one statement.
const PIECE: usize = 512;

/// Type and id.
type Key = (String, String);

/// Marks records of a connection as stale. One that is marked already waits for the later of both times, as an echo if both are. Whoever marks records of
/// several connections in one transaction does it in the order of the connections, or two who do may block each other until the server
/// ends one of them.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn mark(tx: &mut Tx, connection_id: &str, marks: &[Mark]) -> Result<()> {
    let mut new: BTreeMap<Key, (String, Timestamp, bool)> = BTreeMap::new();
    for mark in marks {
        let key = (column_text(&mark.object_type), column_text(&mark.record_id));
        let first = || (column_text(&mark.collection), mark.asked_at, mark.echo);
        let entry = new.entry(key).or_insert_with(first);
        (entry.1, entry.2) = (entry.1.max(mark.asked_at), entry.2 && mark.echo);
    }
    let mut again: BTreeMap<(String, Timestamp, bool), Vec<String>> = BTreeMap::new();
    for key in lock(tx, connection_id, new.keys()).await? {
        if let Some((_, asked_at, echo)) = new.remove(&key) {
            again.entry((key.0, asked_at, echo)).or_default().push(key.1);
        }
    }
    // One that somebody else marked meanwhile is passed over: nobody can have read it before it is seen, and that is from now on.
    let rows = new.into_iter().map(|((object_type, record_id), (collection, asked_at, echo))| {
        args![connection_id, object_type, record_id, collection, asked_at, i64::from(echo)]
    });
    tx.insert_many(&INSERT, rows.collect::<Vec<_>>()).await?;
    // Last, since PostgreSQL lets an insert wait for whoever is updating that row: so whoever updates must not have to wait any more.
    for ((object_type, asked_at, echo), ids) in again {
        let raise = "UPDATE stale_records SET asked_at = CASE WHEN asked_at < ? THEN ? ELSE asked_at + 1 END, \
                     echo = CASE WHEN echo < ? THEN echo ELSE ? END \
                     WHERE connection_id = ? AND object_type = ? AND record_id";
        let echo = i64::from(echo);
        let values = args![asked_at, asked_at, echo, echo, connection_id, object_type];
        over(tx, raise, &values, ids).await?;
    }
    Ok(())
}

/// These were written by us: those that were asked about since then are most likely told of that. What was asked about one before, and
/// again since, is taken for the same, which only makes it wait.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn are_echoes(
    tx: &mut Tx,
    connection_id: &str,
    object_type: &str,
    ids: &BTreeSet<String>,
    since: Timestamp,
) -> Result<()> {
    let keys: BTreeSet<Key> = ids.iter().map(|id| (column_text(object_type), column_text(id))).collect();
    let marked = lock(tx, connection_id, keys.iter()).await?;
    let later = "UPDATE stale_records SET echo = 1 \
                 WHERE connection_id = ? AND object_type = ? AND asked_at >= ? AND record_id";
    let values = args![connection_id, column_text(object_type), since];
    over(tx, later, &values, marked.iter().map(|(_, id)| id)).await?;
    Ok(())
}

/// Which stale records are read next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Those that are most likely news, and echoes when there are no others.
    News,
    /// Echoes, so that they are read some time however many others there are; and the others when there are none.
    Echoes,
}

/// How many times the rows that are wanted are looked at to find as many of one type and collection.
const LOOK: u32 = 4;

/// Up to `limit` stale records of the type and collection of the one that has waited longest, that one first. Empty when none is left.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn batch(store: &Store, connection_id: &str, turn: Turn, limit: u32) -> Result<Vec<Mark>> {
    let order = match turn {
        Turn::News => [0_i64, 1],
        Turn::Echoes => [1, 0],
    };
    let sql = format!(
        "SELECT {COLUMNS} FROM stale_records WHERE connection_id = ? AND echo = ? ORDER BY asked_at LIMIT ?"
    );
    for echo in order {
        let rows = store.query(&sql, args![connection_id, echo, limit.saturating_mul(LOOK)]).await?;
        let mut marks: Vec<Mark> = rows.iter().map(read).collect::<Result<_>>()?;
        let Some(first) = marks.first() else { continue };
        let (object_type, collection) = (first.object_type.clone(), first.collection.clone());
        let is_all = rows.len() < limit.saturating_mul(LOOK) as usize;
        marks.retain(|mark| mark.object_type == object_type && mark.collection == collection);
        if marks.len() < limit as usize && !is_all {
            // Few of many: the others of its like are farther behind.
            let sql = format!(
                "SELECT {COLUMNS} FROM stale_records \
                 WHERE connection_id = ? AND echo = ? AND object_type = ? AND collection = ? ORDER BY asked_at LIMIT ?"
            );
            let values = args![connection_id, echo, object_type, collection, limit];
            return store.query(&sql, values).await?.iter().map(read).collect();
        }
        marks.truncate(limit as usize);
        return Ok(marks);
    }
    Ok(Vec::new())
}

/// These have been read again: forgets those that nothing was asked about meanwhile, and answers how many.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn settled(tx: &mut Tx, connection_id: &str, marks: &[Mark]) -> Result<u64> {
    let keys: BTreeSet<Key> =
        marks.iter().map(|mark| (mark.object_type.clone(), mark.record_id.clone())).collect();
    lock(tx, connection_id, keys.iter()).await?;
    let mut read: BTreeMap<(&str, Timestamp), Vec<&str>> = BTreeMap::new();
    for mark in marks {
        read.entry((&mark.object_type, mark.asked_at)).or_default().push(&mark.record_id);
    }
    let mut settled = 0;
    for ((object_type, asked_at), ids) in read {
        let delete = "DELETE FROM stale_records WHERE connection_id = ? AND object_type = ? AND asked_at = ? AND record_id";
        let values = args![connection_id, object_type, asked_at];
        settled += over(tx, delete, &values, ids).await?;
    }
    Ok(settled)
}

/// How many records of a connection wait to be read again.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn count(store: &Store, connection_id: &str) -> Result<u64> {
    let sql = "SELECT COUNT(*) FROM stale_records WHERE connection_id = ?";
    let rows = store.query(sql, args![connection_id]).await?;
    rows.first().map_or(Ok(0), |row| row.int(0).map(|count| u64::try_from(count).unwrap_or(0)))
}

/// Forgets all that waits for a connection; answers how many there were.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn erase(tx: &mut Tx, connection_id: &str) -> Result<u64> {
    tx.execute("DELETE FROM stale_records WHERE connection_id = ?", args![connection_id]).await
}

/// Those of `keys` that are marked; locked in their order, so that two who lock some of the same do not block each other.
async fn lock<'a>(tx: &mut Tx, connection_id: &str, keys: impl Iterator<Item = &'a Key>) -> Result<Vec<Key>> {
    let mut by_type: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (object_type, id) in keys {
        by_type.entry(object_type).or_default().push(id);
    }
    let mut found = Vec::new();
    for (object_type, ids) in by_type {
        for piece in ids.chunks(PIECE) {
            let (marks, ids) = in_list(piece.iter().map(|id| Value::from(*id)).collect());
            let sql = format!(
                "SELECT record_id FROM stale_records WHERE connection_id = ? AND object_type = ? AND record_id IN ({marks}) \
                 ORDER BY record_id{}",
                tx.dialect().locked()
            );
            let mut values = args![connection_id, object_type];
            values.extend(ids);
            for row in tx.query(&sql, values).await? {
                found.push((object_type.to_owned(), row.text(0)?));
            }
        }
    }
    Ok(found)
}

/// Runs `statement`, which ends where the list of ids begins, over them.
async fn over(
    tx: &mut Tx,
    statement: &str,
    values: &[Value],
    ids: impl IntoIterator<Item = impl AsRef<str>>,
) -> Result<u64> {
    let ids: Vec<Value> = ids.into_iter().map(|id| Value::from(id.as_ref())).collect();
    let mut touched = 0;
    for piece in ids.chunks(PIECE) {
        let (marks, ids) = in_list(piece.to_vec());
        let values = values.iter().cloned().chain(ids).collect();
        touched += tx.execute(&format!("{statement} IN ({marks})"), values).await?;
    }
    Ok(touched)
}

fn read(row: &Row) -> Result<Mark> {
    Ok(Mark {
        object_type: row.text(0)?,
        collection: row.text(1)?,
        record_id: row.text(2)?,
        asked_at: row.time(3)?,
        echo: row.int(4)? != 0,
    })
}
