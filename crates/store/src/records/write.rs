//! Storing what was read: upsert if newer.

use super::{Effect, EffectKind, Known, Reading, Written, gone, lock, over};
use crate::tx::Bulk;
use crate::value::{Kind, Value, args, storable};
use crate::{Dialect, Result, StoreError, Tx};
use std::collections::{BTreeMap, BTreeSet};
use syncline_core::event::column_text;
use syncline_core::record::Record;
use syncline_core::time::Timestamp;

const INSERT: Bulk = Bulk {
    table: "records",
    columns: &[
        ("connection_id", Kind::Text),
        ("object_type", Kind::Text),
        ("record_id", Kind::Text),
        ("org_id", Kind::Text),
        ("collection", Kind::Text),
        ("name", Kind::Text),
        ("modified_at", Kind::Int),
        ("archived", Kind::Int),
        ("hash", Kind::Bytes),
        ("read_at", Kind::Int),
        ("seen_at", Kind::Int),
        ("created_at", Kind::Int),
        ("changed_at", Kind::Int),
        ("version", Kind::Int),
        ("item", Kind::Text),
        ("body", Kind::Text),
    ],
    unique: "connection_id, object_type, record_id",
};

type Batch = BTreeMap<(String, String), Record>;

/// What is to be done with a record that is mirrored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// Stored; it may have been gone.
    Apply { revived: bool },
    /// The same state, which the provider modified again: stored, but nobody has to know.
    Touch,
    /// The same state.
    Unchanged,
    /// An older state; but it shows that the record was there.
    Stale,
    /// It was read before the record was gone.
    Outlived,
}

/// Stores records as of `reading`, each only if that is newer than what is mirrored. Of several with one type and id, the last
/// counts. Records that were merged into one of them are gone.
///
/// # Errors
/// [`StoreError`] as the database says; then nothing of this transaction may be committed. It may be [`StoreError::Unavailable`] because
/// somebody else wrote the same new records: then the same page is to be stored again.
pub async fn write(tx: &mut Tx, reading: &Reading<'_>, records: Vec<Record>) -> Result<Written> {
    let mut written = Written::default();
    let mut merged: BTreeMap<(String, String), String> = BTreeMap::new();
    let mut batch = Batch::new();
    for record in records {
        let (object_type, id) = (column_text(&record.object_type), column_text(&record.id));
        for other in record.merged_ids.iter().filter(|other| **other != record.id) {
            merged.insert((object_type.clone(), column_text(other)), id.clone());
        }
        batch.insert((object_type, id), record);
    }
    let mut known = lock(tx, reading.connection_id, &keys(batch.keys().chain(merged.keys()))).await?;
    let new: Batch = batch.extract_if(.., |key, _| !known.contains_key(key)).collect();
    let lost = insert(tx, reading, new, &mut written).await?;
    if !lost.is_empty() {
        known.extend(lock(tx, reading.connection_id, &keys(lost.keys())).await?);
        batch.extend(lost);
    }
    update(tx, reading, batch, &known, &mut written).await?;
    written.effects.sort_by(|a, b| (&a.object_type, &a.record_id).cmp(&(&b.object_type, &b.record_id)));
    let gone = gone::merge(tx, reading, &merged, &known).await?;
    written.effects.extend(gone);
    Ok(written)
}

fn keys<'a>(of: impl Iterator<Item = &'a (String, String)>) -> BTreeMap<String, BTreeSet<String>> {
    let mut keys: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (object_type, id) in of {
        match keys.get_mut(object_type) {
            Some(ids) => {
                ids.insert(id.clone());
            }
            None => {
                keys.insert(object_type.clone(), BTreeSet::from([id.clone()]));
            }
        }
    }
    keys
}

/// Inserts what is not mirrored; answers those that somebody else inserted meanwhile.
async fn insert(tx: &mut Tx, reading: &Reading<'_>, new: Batch, written: &mut Written) -> Result<Batch> {
    let rows = new.iter().map(|(key, record)| row_of(reading, key, record)).collect::<Result<Vec<_>>>()?;
    tx.insert_many(&INSERT, rows).await?;
    // SQLite's writers come one after the other, so what was not there when they were looked for is not there now.
    let lost = if tx.dialect() == Dialect::Sqlite { Batch::new() } else { lost(tx, reading, &new).await? };
    for (object_type, record_id) in new.keys().filter(|key| !lost.contains_key(*key)) {
        written.created += 1;
        written.effects.push(effect(object_type, record_id, EffectKind::Created));
    }
    Ok(lost)
}

/// Those of `new` whose rows are somebody else's. Rows that differ in nothing are taken for one's own.
async fn lost(tx: &mut Tx, reading: &Reading<'_>, new: &Batch) -> Result<Batch> {
    let mut lost = new.clone();
    for ((object_type, id), known) in lock(tx, reading.connection_id, &keys(new.keys())).await? {
        let key = (object_type, id);
        let own = new.get(&key).is_some_and(|record| {
            known.hash == record.hash().as_slice()
                && known.modified_at == record.modified_at
                && known.read_at == reading.read_at
                && known.seen_at == Some(reading.read_at)
        });
        if own {
            lost.remove(&key);
        }
    }
    Ok(lost)
}

async fn update(
    tx: &mut Tx,
    reading: &Reading<'_>,
    batch: Batch,
    known: &BTreeMap<(String, String), Known>,
    written: &mut Written,
) -> Result<()> {
    let mut unchanged: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut stale: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (key, record) in batch {
        let known = known.get(&key).ok_or_else(|| StoreError::unavailable("records come and go too fast"))?;
        let verdict = judge(known, &record, reading.read_at);
        match verdict {
            Verdict::Apply { revived } => {
                replace(tx, reading, &key, &record, true).await?;
                written.changed += 1;
                written.effects.push(Effect { revived, ..effect(&key.0, &key.1, EffectKind::Updated) });
            }
            Verdict::Touch => {
                replace(tx, reading, &key, &record, false).await?;
                written.unchanged += 1;
            }
            Verdict::Unchanged => {
                written.unchanged += 1;
                unchanged.entry(key.0).or_default().push(key.1);
            }
            Verdict::Stale => {
                written.stale += 1;
                stale.entry(key.0).or_default().push(key.1);
            }
            Verdict::Outlived => written.stale += 1,
        }
    }
    let raise = "UPDATE records SET read_at = CASE WHEN read_at < ? THEN ? ELSE read_at END, \
                 seen_at = CASE WHEN seen_at < ? THEN ? ELSE seen_at END";
    let at = reading.read_at;
    for (object_type, ids) in unchanged {
        let values = args![at, at, at, at, reading.connection_id, object_type];
        over(tx, raise, &values, ids).await?;
    }
    let raise = "UPDATE records SET seen_at = CASE WHEN seen_at < ? THEN ? ELSE seen_at END";
    for (object_type, ids) in stale {
        let values = args![at, at, reading.connection_id, object_type];
        over(tx, raise, &values, ids).await?;
    }
    Ok(())
}

/// Whether `record`, read at `read_at`, is newer than what is mirrored.
fn judge(known: &Known, record: &Record, read_at: Timestamp) -> Verdict {
    if let Some(gone_at) = known.gone_at {
        // Whatever state it comes back in: an older one may have been restored.
        return if read_at > gone_at { Verdict::Apply { revived: true } } else { Verdict::Outlived };
    }
    let later = read_at >= known.read_at;
    let differs = known.hash != record.hash().as_slice();
    let (newer, modified_again) = match (known.modified_at, record.modified_at) {
        (Some(old), Some(new)) => (new > old || (new == old && later), new > old),
        (old, new) => (later, old != new),
    };
    match (newer, differs) {
        (true, true) => Verdict::Apply { revived: false },
        (true, false) if modified_again => Verdict::Touch,
        (_, false) => Verdict::Unchanged,
        (false, true) => Verdict::Stale,
    }
}

/// Puts `record` in the place of what is mirrored.
async fn replace(
    tx: &mut Tx,
    reading: &Reading<'_>,
    key: &(String, String),
    record: &Record,
    changed: bool,
) -> Result<()> {
    let at = reading.read_at;
    let mut values = args![
        reading.org_id,
        column_text(&record.collection),
        name_of(record),
        record.modified_at,
        record.archived,
        record.hash().to_vec(),
        at,
        at,
        at,
    ];
    let counted = if changed { ", version = version + 1, changed_at = ?" } else { "" };
    values.extend(args![item_of(record)?, storable(&record.body)]);
    if changed {
        values.push(reading.now.into());
    }
    values.extend(args![reading.connection_id, key.0.as_str(), key.1.as_str()]);
    let sql = format!(
        "UPDATE records SET org_id = ?, collection = ?, name = ?, modified_at = ?, archived = ?, gone_at = NULL, \
         merged_into = NULL, hash = ?, read_at = ?, seen_at = CASE WHEN seen_at > ? THEN seen_at ELSE ? END, item = ?, \
         body = ?{counted} WHERE connection_id = ? AND object_type = ? AND record_id = ?"
    );
    tx.execute(&sql, values).await.map(|_| ())
}

fn row_of(reading: &Reading<'_>, key: &(String, String), record: &Record) -> Result<Vec<Value>> {
    Ok(args![
        reading.connection_id,
        key.0.as_str(),
        key.1.as_str(),
        reading.org_id,
        column_text(&record.collection),
        name_of(record),
        record.modified_at,
        record.archived,
        record.hash().to_vec(),
        reading.read_at,
        reading.read_at,
        reading.now,
        reading.now,
        1,
        item_of(record)?,
        storable(&record.body),
    ])
}

fn name_of(record: &Record) -> String {
    column_text(&record.item.name.to_lowercase())
}

fn item_of(record: &Record) -> Result<String> {
    serde_json::to_string(&record.item).map_err(|error| StoreError::Rejected(error.into()))
}

fn effect(object_type: &str, record_id: &str, kind: EffectKind) -> Effect {
    Effect {
        object_type: object_type.to_owned(),
        record_id: record_id.to_owned(),
        kind,
        revived: false,
        merged_into: None,
    }
}
