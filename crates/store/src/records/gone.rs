//! Records that are gone: deleted, merged away, or missing from a complete walk. And connections whose mirror is erased.

use super::{Effect, EffectKind, Known, Reading, lock, over};
use crate::value::args;
use crate::{Result, Store, Tx};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use syncline_core::event::column_text;
use syncline_core::time::Timestamp;

/// The provider said at `reading.read_at` that it does not have these records (any more): those that were not seen after that are
/// gone. Ids that were never mirrored are passed over.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn mark_gone(
    tx: &mut Tx,
    reading: &Reading<'_>,
    object_type: &str,
    ids: &[String],
) -> Result<Vec<Effect>> {
    let object_type = column_text(object_type);
    let ids: BTreeSet<String> = ids.iter().map(|id| column_text(id)).collect();
    let known = lock(tx, reading.connection_id, &BTreeMap::from([(object_type.clone(), ids)])).await?;
    let (mut gone, mut again) = (Vec::new(), Vec::new());
    for ((_, id), known) in known {
        match at_hand(&known, reading.read_at) {
            Hand::Live => gone.push(id),
            Hand::Gone => again.push(id),
            Hand::Newer => {}
        }
    }
    bury(tx, reading, &object_type, reading.read_at, &gone).await?;
    // Otherwise a read from between the two deletions, stored late, would revive them.
    let later = "UPDATE records SET gone_at = ?";
    let values = args![reading.read_at, reading.connection_id, object_type.as_str()];
    over(tx, later, &values, again).await?;
    Ok(gone.into_iter().map(|id| deleted(&object_type, id, None)).collect())
}

/// What a proof of absence meets.
enum Hand {
    /// A record that was last seen before it.
    Live,
    /// A record that was gone before.
    Gone,
    /// Newer knowledge.
    Newer,
}

fn at_hand(known: &Known, gone_at: Timestamp) -> Hand {
    match (known.seen_at, known.gone_at) {
        (Some(seen_at), _) if seen_at <= gone_at => Hand::Live,
        (None, Some(before)) if before < gone_at => Hand::Gone,
        _ => Hand::Newer,
    }
}

/// Records that were merged into others, by type and id; the value is the id of the other.
pub(super) async fn merge(
    tx: &mut Tx,
    reading: &Reading<'_>,
    merged: &BTreeMap<(String, String), String>,
    known: &BTreeMap<(String, String), Known>,
) -> Result<Vec<Effect>> {
    let mut effects = Vec::new();
    for (key, into) in merged {
        let Some(Hand::Live) = known.get(key).map(|known| at_hand(known, reading.read_at)) else { continue };
        let (object_type, id) = key;
        let sql = "UPDATE records SET gone_at = ?, merged_into = ?, seen_at = NULL, version = version + 1, changed_at = ? \
                   WHERE connection_id = ? AND object_type = ? AND record_id = ?";
        let values = args![
            reading.read_at,
            into.as_str(),
            reading.now,
            reading.connection_id,
            object_type.as_str(),
            id.as_str()
        ];
        tx.execute(sql, values).await?;
        effects.push(deleted(object_type, id.clone(), Some(into.clone())));
    }
    Ok(effects)
}

/// A complete walk along one collection that began at `seen_before` is over: up to `limit` records of it that no request since then
/// has shown are gone. Fewer than `limit` means that there are no more. All that is known is that they were not there when the walk
/// began, so `reading.read_at` does not count.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn sweep(
    tx: &mut Tx,
    reading: &Reading<'_>,
    object_type: &str,
    collection: &str,
    seen_before: Timestamp,
    limit: u32,
) -> Result<Vec<Effect>> {
    let (object_type, collection) = (column_text(object_type), column_text(collection));
    let sql = "SELECT record_id FROM records WHERE connection_id = ? AND object_type = ? AND collection = ? AND seen_at < ? \
               ORDER BY seen_at LIMIT ?";
    let values = args![reading.connection_id, object_type.as_str(), collection, seen_before, limit];
    let found = tx.query(sql, values).await?;
    let ids: BTreeSet<String> = found.iter().map(|row| row.text(0)).collect::<Result<_>>()?;
    // Somebody may have seen one of them by now, so they are looked at again under a lock.
    let known = lock(tx, reading.connection_id, &BTreeMap::from([(object_type.clone(), ids)])).await?;
    let unseen = |known: &Known| known.seen_at.is_some_and(|seen_at| seen_at < seen_before);
    let gone: Vec<String> =
        known.into_iter().filter(|(_, known)| unseen(known)).map(|((_, id), _)| id).collect();
    // The moment before: what a request shows that was sent when the walk began is there.
    let gone_at = seen_before.minus(Duration::from_millis(1));
    bury(tx, reading, &object_type, gone_at, &gone).await?;
    Ok(gone.into_iter().map(|id| deleted(&object_type, id, None)).collect())
}

/// Ids of up to `limit` records that [`sweep`] would take away, for who wants to ask for them once more first.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn unseen(
    store: &Store,
    connection_id: &str,
    object_type: &str,
    collection: &str,
    seen_before: Timestamp,
    limit: u32,
) -> Result<Vec<String>> {
    let sql = "SELECT record_id FROM records WHERE connection_id = ? AND object_type = ? AND collection = ? AND seen_at < ? \
               ORDER BY seen_at LIMIT ?";
    let values = args![connection_id, column_text(object_type), column_text(collection), seen_before, limit];
    store.query(sql, values).await?.iter().map(|row| row.text(0)).collect()
}

async fn bury(
    tx: &mut Tx,
    reading: &Reading<'_>,
    object_type: &str,
    gone_at: Timestamp,
    ids: &[String],
) -> Result<()> {
    let sql = "UPDATE records SET gone_at = ?, seen_at = NULL, version = version + 1, changed_at = ?";
    let values = args![gone_at, reading.now, reading.connection_id, object_type];
    over(tx, sql, &values, ids).await.map(|_| ())
}

/// Deletes up to `limit` records of a connection for good; answers how many. Fewer than `limit` means that there are no more.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn erase(tx: &mut Tx, connection_id: &str, limit: u32) -> Result<u64> {
    let sql = "SELECT object_type, record_id FROM records WHERE connection_id = ? \
               ORDER BY connection_id, object_type, record_id LIMIT ?";
    let rows = tx.query(sql, args![connection_id, limit]).await?;
    let mut by_type: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in &rows {
        by_type.entry(row.text(0)?).or_default().push(row.text(1)?);
    }
    let delete = "DELETE FROM records";
    for (object_type, ids) in by_type {
        let values = args![connection_id, object_type];
        over(tx, delete, &values, ids).await?;
    }
    Ok(rows.len() as u64)
}

fn deleted(object_type: &str, record_id: String, merged_into: Option<String>) -> Effect {
    Effect {
        object_type: object_type.to_owned(),
        record_id,
        kind: EffectKind::Deleted,
        revived: false,
        merged_into,
    }
}
