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

/// The records of the other side that share a key with one of these, or that one of the two names as its own, with their keys.
///
/// # Errors
/// [`Halt::Trouble`] with the database's error.
pub async fn candidates(
    engine: &Engine,
    side: Side,
    records: &[(String, BTreeSet<String>)],
) -> Result<BTreeMap<String, BTreeSet<String>>, Halt> {
    let (store, sync_id, other) = (&engine.cx.store, &engine.sync.id, side.other());
    let mut wanted: BTreeSet<String> = BTreeSet::new();
    let mut named: BTreeSet<String> = BTreeSet::new();
    for (id, own) in records {
        wanted.insert(identity::claim(id));
        for key in own {
            match key.strip_prefix("x:") {
                Some(id) => named.insert(id.to_owned()),
                None => wanted.insert(key.clone()),
            };
        }
    }
    let found = keys::find(store, sync_id, other, &wanted).await?;
    named.extend(found.into_iter().map(|(_, id)| id));
    let ids: Vec<String> = named.iter().cloned().collect();
    let mut candidates = keys::of(store, sync_id, other, &ids).await?;
    // One without a key of its own can still be named by the other side.
    for id in &named {
        candidates.entry(id.clone()).or_default();
    }
    Ok(candidates)
}
