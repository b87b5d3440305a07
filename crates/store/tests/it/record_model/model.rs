//! The model: what the mirror is, in a few lines over a map.

use crate::support::at;
use std::collections::{BTreeMap, BTreeSet};
use syncline_core::record::Record;
use syncline_core::time::Timestamp;
use syncline_store::records::EffectKind::{self, Created, Deleted, Updated};
use syncline_store::records::{Effect, Reading, Stored, Written};

/// Type and id.
pub type Key = (String, String);

#[derive(Default)]
pub struct Model {
    pub rows: BTreeMap<Key, Stored>,
}

impl Model {
    pub fn write(&mut self, reading: &Reading<'_>, records: &[Record]) -> Written {
        let mut written = Written::default();
        let last: BTreeMap<Key, &Record> =
            records.iter().map(|record| ((record.object_type.clone(), record.id.clone()), record)).collect();
        // Merging looks at what was seen before this page.
        let before: BTreeSet<Key> =
            self.rows.iter().filter(|(_, row)| live(row, reading)).map(|(key, _)| key.clone()).collect();
        for (key, record) in last {
            let effect = match self.rows.get_mut(&key) {
                None => {
                    self.rows.insert(key.clone(), fresh(reading, record));
                    written.created += 1;
                    Some((Created, false))
                }
                Some(row) => update(row, reading, record, &mut written),
            };
            if let Some((kind, revived)) = effect {
                written.effects.push(Effect { revived, ..effect_of(&key, kind) });
            }
        }
        let mut merged = BTreeMap::new();
        for record in records {
            for id in record.merged_ids.iter().filter(|id| **id != record.id) {
                merged.insert((record.object_type.clone(), id.clone()), record.id.clone());
            }
        }
        for (key, into) in merged.into_iter().filter(|(key, _)| before.contains(key)) {
            let row = self.rows.get_mut(&key).unwrap();
            bury(row, reading.read_at, reading.now);
            row.merged_into = Some(into.clone());
            written.effects.push(Effect { merged_into: Some(into), ..effect_of(&key, Deleted) });
        }
        written
    }

    pub fn mark_gone(&mut self, reading: &Reading<'_>, object_type: &str, ids: &[String]) -> Vec<Effect> {
        let mut effects = Vec::new();
        for id in ids.iter().collect::<BTreeSet<_>>() {
            let key = (object_type.to_owned(), id.clone());
            let Some(row) = self.rows.get_mut(&key) else { continue };
            match row.gone_at {
                Some(gone_at) => row.gone_at = Some(gone_at.max(reading.read_at)),
                None if live(row, reading) => {
                    bury(row, reading.read_at, reading.now);
                    effects.push(effect_of(&key, Deleted));
                }
                None => {}
            }
        }
        effects
    }

    pub fn sweep(&mut self, object_type: &str, began: Timestamp, now: Timestamp) -> Vec<Effect> {
        let mut effects = Vec::new();
        for (key, row) in &mut self.rows {
            if key.0 == object_type && row.seen_at.is_some_and(|seen_at| seen_at < began) {
                bury(row, Timestamp::from_millis(began.as_millis() - 1), now);
                effects.push(effect_of(key, Deleted));
            }
        }
        effects
    }
}

/// There, and not seen after this reading.
fn live(row: &Stored, reading: &Reading<'_>) -> bool {
    row.seen_at.is_some_and(|seen_at| seen_at <= reading.read_at)
}

fn update(
    row: &mut Stored,
    reading: &Reading<'_>,
    record: &Record,
    written: &mut Written,
) -> Option<(EffectKind, bool)> {
    if row.gone_at.is_some_and(|gone_at| reading.read_at <= gone_at) {
        written.stale += 1;
        return None;
    }
    let revived = row.gone_at.is_some();
    let newer = match (row.modified_at, record.modified_at) {
        (Some(old), Some(new)) if old != new => new > old,
        _ => reading.read_at >= row.read_at,
    };
    let same = row.body == record.body && row.archived == record.archived;
    let seen_at = row.seen_at.max(Some(reading.read_at));
    if newer || revived {
        let next = Stored { seen_at, created_at: row.created_at, ..fresh(reading, record) };
        let changed = !same || revived;
        let (changed_at, version) =
            if changed { (reading.now, row.version + 1) } else { (row.changed_at, row.version) };
        *row = Stored { changed_at, version, ..next };
        *(if changed { &mut written.changed } else { &mut written.unchanged }) += 1;
        return changed.then_some((Updated, revived));
    }
    row.seen_at = seen_at;
    if same {
        row.read_at = row.read_at.max(reading.read_at);
        written.unchanged += 1;
    } else {
        written.stale += 1;
    }
    None
}

fn fresh(reading: &Reading<'_>, record: &Record) -> Stored {
    Stored {
        connection_id: reading.connection_id.to_owned(),
        object_type: record.object_type.clone(),
        record_id: record.id.clone(),
        org_id: reading.org_id.to_owned(),
        collection: record.collection.clone(),
        modified_at: record.modified_at,
        archived: record.archived,
        gone_at: None,
        merged_into: None,
        read_at: reading.read_at,
        seen_at: Some(reading.read_at),
        created_at: reading.now,
        changed_at: reading.now,
        version: 1,
        item: record.item.clone(),
        body: record.body.clone(),
    }
}

fn bury(row: &mut Stored, gone_at: Timestamp, now: Timestamp) {
    (row.gone_at, row.seen_at, row.changed_at) = (Some(gone_at), None, now);
    row.version += 1;
}

fn effect_of(key: &Key, kind: EffectKind) -> Effect {
    Effect { object_type: key.0.clone(), record_id: key.1.clone(), kind, revived: false, merged_into: None }
}

/// What the numbered record of the numbered type is called.
pub fn key_of(number: usize) -> Key {
    (["contacts", "deals"][number % 2].to_owned(), (number / 2).to_string())
}

/// A moment.
pub fn moment(number: i64) -> Timestamp {
    at(number * 10)
}
