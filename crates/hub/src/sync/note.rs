//! What other rooms tell this one: records changed, a connection is good again or over.

use crate::cx::Cx;
use crate::jobs::{Payload, enqueue};
use std::collections::BTreeMap;
use syncline_core::sync::Side;
use syncline_core::time::Timestamp;
use syncline_store::connections::Connection;
use syncline_store::records::Effect;
use syncline_store::syncs::{self, marks, runs};
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
    let now = cx.now();
    let mut work: BTreeMap<String, String> = BTreeMap::new();
    for party in syncs::on_connection(tx, connection_id).await? {
        if except == Some(party.sync_id.as_str()) {
            continue;
        }
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
pub async fn ended(tx: &mut Tx, connection_id: &str, now: Timestamp) -> Result<(), StoreError> {
    for (sync_id, _) in of(tx, connection_id).await? {
        let why = Some("one of its connections was disconnected");
        syncs::set_state(tx, &sync_id, syncs::State::Paused, why, now).await?;
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

/// A record of a side, in marks and pairs.
pub type Place = (Side, String);
