//! What other rooms tell this one: records changed, a connection is good again or over.

use super::Halt;
use super::engine::Engine;
use super::tell;
use crate::cx::Cx;
use crate::jobs::{Payload, enqueue};
use std::collections::BTreeMap;
use syncline_core::sync::Side;
use syncline_core::time::Timestamp;
use syncline_store::connections::Connection;
use syncline_store::records::{self, Effect};
use syncline_store::syncs::{self, Party, Phase, marks, runs};
use syncline_store::{StoreError, Tx};

/// Records of a connection changed: what is synced with them is looked at. Part of the transaction that changes the mirror.
/// `except` is the sync that is at work on them anyway.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn changed(
    cx: &Cx,
    tx: &mut Tx,
    connection_id: &str,
    effects: &[Effect],
    except: Option<&str>,
) -> Result<(), StoreError> {
    if effects.is_empty() {
        return Ok(());
    }
    let parties = syncs::on_connection(tx, connection_id).await?;
    let parties = parties.into_iter().filter(|party| except != Some(party.sync_id.as_str())).collect();
    mark(cx, tx, parties, effects).await
}

/// The same for what walking through a connection's records found. A sync with a run that has both sides read looks at all of them
/// afterwards, in the way that was asked for: nothing is carried over before, least of all by a run that only tells.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn walked(cx: &Cx, tx: &mut Tx, connection_id: &str, effects: &[Effect]) -> Result<(), StoreError> {
    if effects.is_empty() {
        return Ok(());
    }
    let mut parties = Vec::new();
    for party in syncs::on_connection(tx, connection_id).await? {
        let run = runs::unfinished_in(tx, &party.sync_id).await?;
        if run.is_none_or(|run| run.phase != Phase::Reading) {
            parties.push(party);
        }
    }
    mark(cx, tx, parties, effects).await
}

async fn mark(cx: &Cx, tx: &mut Tx, parties: Vec<Party>, effects: &[Effect]) -> Result<(), StoreError> {
    let now = cx.now();
    let mut work: BTreeMap<String, String> = BTreeMap::new();
    for party in parties {
        let ids: Vec<String> = effects
            .iter()
            .filter(|effect| effect.object_type == party.object_type)
            .map(|effect| effect.record_id.clone())
            .collect();
        if !ids.is_empty() {
            marks::mark(tx, &party.sync_id, party.side, &ids, now, now).await?;
            work.insert(party.sync_id, party.org_id);
        }
    }
    // In the order of the jobs' keys, as everybody does who queues several.
    for (sync_id, org_id) in work {
        enqueue(cx, tx, &Payload::SyncWork { sync_id, org_id }, now).await?;
    }
    Ok(())
}

/// A run had both sides read and did not come to its end. What changed since it was asked for is looked at as if webhooks had told
/// of it. Before both sides are known all of it is for the next run.
///
/// # Errors
/// [`Halt::Trouble`] with the database's error.
pub async fn unfollowed(engine: &Engine, since: Timestamp) -> Result<(), Halt> {
    let (cx, sync) = (&engine.cx, &engine.sync);
    if sync.primed_at.is_none() {
        return Ok(());
    }
    for side in Side::BOTH {
        let end = &engine.ends[side];
        let place = (end.connection.id.as_str(), end.object.object_type.as_str());
        let mut after = String::new();
        loop {
            let ids = records::changed_since(&cx.store, place, since, &after, PAGE).await?;
            let Some(last) = ids.last() else { break };
            after.clone_from(last);
            let now = cx.now();
            let mut tx = cx.store.begin().await?;
            marks::mark(&mut tx, &sync.id, side, &ids, now, now).await?;
            tx.commit().await?;
        }
    }
    Ok(())
}

/// Records marked in one transaction.
const PAGE: u32 = 500;

/// A connection is good (again): what waited for it goes on.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn resumed(cx: &Cx, tx: &mut Tx, connection: &Connection) -> Result<(), StoreError> {
    let now = cx.now();
    for (sync_id, org_id) in of(tx, &connection.id).await? {
        runs::resume_paused(tx, &sync_id, now).await?;
        super::schedule::begin(cx, tx, &sync_id, &org_id).await?;
        enqueue(cx, tx, &Payload::SyncWork { sync_id, org_id }, now).await?;
    }
    Ok(())
}

/// A connection is over: its syncs rest until a person does something about it.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn ended(cx: &Cx, tx: &mut Tx, connection_id: &str) -> Result<(), StoreError> {
    let now = cx.now();
    for (sync_id, _) in of(tx, connection_id).await? {
        let why = Some("one of its connections was disconnected");
        if syncs::set_state(tx, &sync_id, syncs::State::Paused, why, now).await?
            && let Some(sync) = syncs::get_in(tx, &sync_id).await?
        {
            tell::paused(cx, tx, &sync, why).await?;
        }
        if let Some(run) = runs::unfinished_in(tx, &sync_id).await? {
            let why = "one of the connections was disconnected";
            runs::finish(tx, &run.id, syncline_store::runs::State::Cancelled, Some(why), now).await?;
        }
    }
    Ok(())
}

/// The syncs that a connection is part of, each once, in order.
async fn of(tx: &mut Tx, connection_id: &str) -> Result<BTreeMap<String, String>, StoreError> {
    let parties = syncs::on_connection(tx, connection_id).await?;
    Ok(parties.into_iter().map(|party| (party.sync_id, party.org_id)).collect())
}
