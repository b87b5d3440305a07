//! The mirror: what is known of the records of every connection, as of the latest read of each.
//!
//! Three questions about a record are answered apart. *What does it say?* Of two states, the one that the provider modified
//! later; where the provider gives no such time, or the same, the one whose request was sent later. *Was it there?* A request
//! that was sent at a moment and shows the record proves that it was there then, whatever state it showed (`seen_at`). *Is it
//! gone?* A deletion, a merge or a complete walk without it proves that it was not there then (`gone_at`); it is gone until a
//! request shows it that was sent after that. So it does not matter in which order answers are stored: pages, single reads,
//! deletions and sweeps may overtake each other.
//!
//! **Invariant:** a record that is gone keeps its last state, and its `seen_at` is empty.
//! **Invariant:** rows are locked in the order of type and id, so that two who write the same records wait for each other and
//! do not block each other.

mod gone;
mod look;
mod write;

pub use gone::{erase, mark_gone, sweep, unseen};
pub(crate) use look::pattern;
pub use look::{Filter, TypeCount, changed_since, count, get, of, of_in, page};
pub use write::write;

use crate::value::{Row, Value, args, in_list};
use crate::{Dialect, Result, StoreError, Tx};
use bytes::Bytes;
use std::collections::{BTreeMap, BTreeSet};
use syncline_core::record::Item;
use syncline_core::time::Timestamp;

/// Whose records were read, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading<'a> {
    /// The connection they were read through.
    pub connection_id: &'a str,
    /// The organization it belongs to.
    pub org_id: &'a str,
    /// The moment before the request was sent: what it shows was true then or later.
    pub read_at: Timestamp,
    /// The present moment.
    pub now: Timestamp,
}

/// What storing a page came to. Every record counts once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Never mirrored before.
    pub created: u64,
    /// Mirrored in another state before, or gone.
    pub changed: u64,
    /// Mirrored in this state.
    pub unchanged: u64,
    /// Mirrored in a newer state, or gone since: not stored.
    pub stale: u64,
    /// What others may want to know, by type and id; deletions by merging come last.
    pub effects: Vec<Effect>,
}

/// Something that happened to the mirror.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    /// The record's type.
    pub object_type: String,
    /// Its id.
    pub record_id: String,
    /// What happened.
    pub kind: EffectKind,
    /// Whether it was gone before; for an update only.
    pub revived: bool,
    /// The record it was merged into; for a deletion only.
    pub merged_into: Option<String>,
}

/// What happened to a record of the mirror.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EffectKind {
    /// It was mirrored for the first time.
    Created,
    /// It has another state.
    Updated,
    /// It is gone.
    Deleted,
}

/// A record as mirrored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The connection it was read through.
    pub connection_id: String,
    /// Its type, in the provider's word.
    pub object_type: String,
    /// Its id at the provider.
    pub record_id: String,
    /// The organization the connection belongs to.
    pub org_id: String,
    /// Where it is, for types that are kept in several places; empty otherwise.
    pub collection: String,
    /// When it was last changed, by the provider's clock, where the provider says.
    pub modified_at: Option<Timestamp>,
    /// Whether the provider keeps it as archived.
    pub archived: bool,
    /// The latest moment at which the provider is known not to have had it; none while it is there.
    pub gone_at: Option<Timestamp>,
    /// The id of the record it was merged into.
    pub merged_into: Option<String>,
    /// When the request that showed this state was sent; of several the latest.
    pub read_at: Timestamp,
    /// When the latest request that showed it in any state was sent; none once it is gone.
    pub seen_at: Option<Timestamp>,
    /// When it was first mirrored.
    pub created_at: Timestamp,
    /// When the mirror last changed.
    pub changed_at: Timestamp,
    /// How often the mirror changed, the first time included.
    pub version: i64,
    /// What a front end that knows no provider shows of it.
    pub item: Item,
    /// Its content, a JSON object in the provider's form.
    pub body: String,
}

/// Rows in one statement.
const PIECE: usize = 512;

/// What deciding about a record takes.
#[derive(Debug)]
struct Known {
    hash: Bytes,
    modified_at: Option<Timestamp>,
    read_at: Timestamp,
    /// None for one that is gone.
    seen_at: Option<Timestamp>,
    gone_at: Option<Timestamp>,
}

/// The records of these that are mirrored, by type and id; locked, in that order, until the transaction ends.
async fn lock(
    tx: &mut Tx,
    connection_id: &str,
    wanted: &BTreeMap<String, BTreeSet<String>>,
) -> Result<BTreeMap<(String, String), Known>> {
    let mut found = BTreeMap::new();
    for (object_type, ids) in wanted {
        let ids: Vec<&String> = ids.iter().collect();
        for piece in ids.chunks(PIECE) {
            let (test, ids) = among(tx.dialect(), piece.iter().map(|id| id.as_str()));
            let sql = format!(
                "SELECT record_id, hash, modified_at, read_at, seen_at, gone_at FROM records WHERE connection_id = ? \
                 AND object_type = ? AND {test} ORDER BY record_id{}",
                tx.dialect().locked()
            );
            let mut values = args![connection_id, object_type.as_str()];
            values.extend(ids);
            for row in tx.query(&sql, values).await? {
                found.insert((object_type.clone(), row.text(0)?), read_known(&row)?);
            }
        }
    }
    Ok(found)
}

fn read_known(row: &Row) -> Result<Known> {
    let time = |at| row.maybe_int(at).map(|millis| millis.map(Timestamp::from_millis));
    Ok(Known {
        hash: row.bytes(1)?,
        modified_at: time(2)?,
        read_at: row.time(3)?,
        seen_at: time(4)?,
        gone_at: time(5)?,
    })
}

/// Runs `statement` over these records of one type, a piece at a time. It ends with connection and type, and the last two of
/// `values` are theirs.
async fn over(
    tx: &mut Tx,
    statement: &str,
    values: &[Value],
    ids: impl IntoIterator<Item = impl AsRef<str>>,
) -> Result<u64> {
    let ids: Vec<_> = ids.into_iter().collect();
    let mut touched = 0;
    for piece in ids.chunks(PIECE) {
        let (test, ids) = among(tx.dialect(), piece.iter().map(AsRef::as_ref));
        let sql = format!("{statement} WHERE connection_id = ? AND object_type = ? AND {test}");
        touched += tx.execute(&sql, values.iter().cloned().chain(ids).collect()).await?;
    }
    Ok(touched)
}

/// Tests whether a record is one of these, of which there are some.
fn among<'a>(dialect: Dialect, ids: impl Iterator<Item = &'a str> + Clone) -> (String, Vec<Value>) {
    let (marks, mut values) = in_list(ids.clone().map(Value::from).collect());
    // Where PostgreSQL's statistics do not know a connection yet, it takes it for small, and reads all of it to find a few: so it is
    // told how far to look. A page's ids mostly lie close together.
    if let (Dialect::Postgres, Some(first), Some(last)) = (dialect, ids.clone().min(), ids.max()) {
        values.extend(args![first, last]);
        return (format!("record_id IN ({marks}) AND record_id >= ? AND record_id <= ?"), values);
    }
    (format!("record_id IN ({marks})"), values)
}

const COLUMNS: &str = "connection_id, object_type, record_id, org_id, collection, modified_at, archived, gone_at, merged_into, \
                       read_at, seen_at, created_at, changed_at, version, item, body";

fn read(row: &Row) -> Result<Stored> {
    let time = |at| row.maybe_int(at).map(|millis| millis.map(Timestamp::from_millis));
    let item = row.text(14)?;
    Ok(Stored {
        connection_id: row.text(0)?,
        object_type: row.text(1)?,
        record_id: row.text(2)?,
        org_id: row.text(3)?,
        collection: row.text(4)?,
        modified_at: time(5)?,
        archived: row.int(6)? != 0,
        gone_at: time(7)?,
        merged_into: row.maybe_text(8)?,
        read_at: row.time(9)?,
        seen_at: time(10)?,
        created_at: row.time(11)?,
        changed_at: row.time(12)?,
        version: row.int(13)?,
        item: serde_json::from_str(&item)
            .map_err(|error| StoreError::Corrupt(format!("records.item: {error}")))?,
        body: row.text(15)?,
    })
}
