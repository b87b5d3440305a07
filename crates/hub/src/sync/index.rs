//! The index of keys: by what records of one side find those of the other that are the same.

use super::Halt;
use super::engine::Engine;
use std::collections::{BTreeMap, BTreeSet};
use syncline_core::sync::identity;
use syncline_core::sync::{Seen, Side, Sides};
use syncline_store::records::Stored;
use syncline_store::syncs::{keys, marks};
use syncline_store::{StoreError, Tx};

/// Puts records into the index as they are now; those that are gone leave it.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn put(engine: &Engine, tx: &mut Tx, side: Side, records: &[Stored]) -> Result<(), StoreError> {
    let now: BTreeMap<String, BTreeSet<String>> =
        records.iter().map(|stored| (stored.record_id.clone(), of(engine, side, stored))).collect();
    keys::replace(tx, &engine.sync.id, side, &now).await
}

/// The same, and whoever was found by what these are found by no longer is looked at again: who one of these was taken for, or kept
/// from having a counterpart, may be somebody else now.
///
/// # Errors
/// [`Halt::Trouble`] with the database's error.
pub async fn refresh(engine: &Engine, side: Side, records: &[Stored]) -> Result<(), Halt> {
    let (store, sync_id) = (&engine.cx.store, &engine.sync.id);
    let ids: Vec<String> = records.iter().map(|stored| stored.record_id.clone()).collect();
    let before = keys::of(store, sync_id, side, &ids).await?;
    let mut lost: BTreeSet<String> = BTreeSet::new();
    for stored in records {
        let now = of(engine, side, stored);
        let old = before.get(&stored.record_id).into_iter().flatten();
        lost.extend(old.filter(|key| !now.contains(*key)).cloned());
    }
    let mut others: Sides<BTreeSet<String>> = Sides::default();
    if !lost.is_empty() {
        for of in Side::BOTH {
            let found = keys::find(store, sync_id, of, &lost).await?.into_iter().map(|(_, id)| id);
            others[of].extend(found.filter(|id| of != side || !ids.contains(id)));
        }
    }
    let now = engine.cx.now();
    let mut tx = store.begin().await?;
    put(engine, &mut tx, side, records).await?;
    for (of, others) in others.iter() {
        let others: Vec<String> = others.iter().cloned().collect();
        marks::mark(&mut tx, sync_id, of, &others, now, now).await?;
    }
    tx.commit().await?;
    Ok(())
}

fn of(engine: &Engine, side: Side, stored: &Stored) -> BTreeSet<String> {
    match engine.seen(side, stored) {
        Seen::Here(snapshot) => identity::keys(&engine.sync.agreement, side, &snapshot.fields),
        Seen::Gone { .. } | Seen::Never => BTreeSet::new(),
    }
}

/// A record's id, and what it is found by.
pub type Keyed = (String, BTreeSet<String>);

/// Records of one side with what they are found by.
#[derive(Default)]
pub struct Crowd {
    keys: BTreeMap<String, BTreeSet<String>>,
    by_key: BTreeMap<String, Vec<String>>,
}

impl Crowd {
    fn new(keys: BTreeMap<String, BTreeSet<String>>) -> Self {
        let mut by_key: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (id, keys) in &keys {
            for key in keys {
                by_key.entry(key.clone()).or_default().push(id.clone());
            }
        }
        Self { keys, by_key }
    }

    /// Their ids.
    pub fn ids(&self) -> impl Iterator<Item = &String> {
        self.keys.keys()
    }

    /// With these as well.
    pub fn and(self, others: Self) -> Self {
        Self::new(self.keys.into_iter().chain(others.keys).collect())
    }

    /// What one of them is found by.
    pub fn keys_of(&self, id: &str) -> BTreeSet<String> {
        self.keys.get(id).cloned().unwrap_or_default()
    }

    /// Those that share a key with this record of the other side, or that one of the two names as its own.
    pub fn near(&self, id: &str, own: &BTreeSet<String>) -> BTreeMap<&String, &BTreeSet<String>> {
        let sharing = own.iter().filter_map(|key| self.by_key.get(key)).flatten();
        let naming = self.by_key.get(&identity::claim(id)).into_iter().flatten();
        let named = own.iter().filter_map(|key| key.strip_prefix("x:"));
        { sharing.chain(naming).map(String::as_str) }
            .chain(named)
            .filter_map(|other| self.keys.get_key_value(other))
            .collect()
    }
}

/// The records of the other side that share a value of the first key with one of these, or that one of the two names as its own, with
/// their keys.
///
/// # Errors
/// [`Halt::Trouble`] with the database's error.
pub async fn first(engine: &Engine, side: Side, records: &[Keyed]) -> Result<Crowd, Halt> {
    let (store, sync_id, other) = (&engine.cx.store, &engine.sync.id, side.other());
    let mut wanted: BTreeSet<String> = BTreeSet::new();
    let mut named: BTreeSet<String> = BTreeSet::new();
    for (id, own) in records {
        let lookups = identity::lookups(own);
        wanted.insert(identity::claim(id));
        wanted.extend(lookups.first);
        named.extend(lookups.claimed);
    }
    let found = keys::find(store, sync_id, other, &wanted).await?;
    named.extend(found.into_iter().map(|(_, id)| id));
    crowd(engine, other, named).await
}

/// Those that share a later key with one of these which no earlier one tells apart, with their keys. Of many who share a telephone
/// with many that leaves few.
///
/// # Errors
/// [`Halt::Trouble`] with the database's error.
pub async fn later(engine: &Engine, side: Side, records: &[&Keyed]) -> Result<Crowd, Halt> {
    let (store, sync_id, other) = (&engine.cx.store, &engine.sync.id, side.other());
    let mut wanted: BTreeMap<Vec<usize>, BTreeSet<String>> = BTreeMap::new();
    for (_, own) in records {
        for (before, keys) in identity::lookups(own).later {
            wanted.entry(before).or_default().extend(keys);
        }
    }
    let mut named = BTreeSet::new();
    for (before, keys) in wanted {
        let found = keys::find_without(store, sync_id, other, &keys, &before).await?;
        named.extend(found.into_iter().map(|(_, id)| id));
    }
    crowd(engine, other, named).await
}

async fn crowd(engine: &Engine, side: Side, named: BTreeSet<String>) -> Result<Crowd, Halt> {
    let ids: Vec<String> = named.iter().cloned().collect();
    let mut candidates = keys::of(&engine.cx.store, &engine.sync.id, side, &ids).await?;
    // One without a key of its own can still be named by the other side.
    for id in named {
        candidates.entry(id).or_default();
    }
    Ok(Crowd::new(candidates))
}
