//! What people are asked and told: conflicts as rows, and the application's notifications.

use super::Halt;
use super::Place;
use super::engine::Engine;
use super::step::tally::Tally;
use crate::cx::Cx;
use crate::news::{self, News};
use std::collections::{BTreeMap, BTreeSet};
use syncline_core::sync::{Conflict, ConflictKind, Sides};
use syncline_store::connections::Connection;
use syncline_store::syncs::conflicts::{self, About, NewConflict, Whose, words_of};
use syncline_store::syncs::runs::SyncRun;
use syncline_store::syncs::{ConflictState, Sync};
use syncline_store::{StoreError, Tx};

/// Opens questions about records without a link, and about the guard. Records in `clear` have no question (any more).
///
/// # Errors
/// [`Halt::Trouble`] with the database's error.
pub async fn question(engine: &Engine, questions: &[ConflictKind], clear: &[Place]) -> Result<(), Halt> {
    if questions.is_empty() && clear.is_empty() {
        return Ok(());
    }
    let asked: Vec<NewConflict> = questions.iter().map(|kind| asked(engine, kind)).collect();
    let mut left: BTreeMap<About, BTreeSet<String>> = BTreeMap::new();
    for (side, id) in clear {
        left.entry(About::Record(*side, id.clone())).or_default();
    }
    for question in &asked {
        left.entry(question.about()).or_default().insert(question.open_key());
    }
    let mut tx = engine.cx.store.begin().await?;
    conflicts::close(&mut tx, &engine.sync.id, &left, ConflictState::Passed, engine.cx.now()).await?;
    open(&engine.cx, &mut tx, &engine.sync, &asked).await?;
    tx.commit().await?;
    Ok(())
}

/// Stores open conflicts, and tells the application of those that are new.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn open(cx: &Cx, tx: &mut Tx, sync: &Sync, asked: &[NewConflict]) -> Result<(), StoreError> {
    if asked.is_empty() {
        return Ok(());
    }
    let whose = Whose { sync_id: &sync.id, org_id: &sync.org_id };
    let new = conflicts::put(tx, whose, asked, cx.now()).await?;
    let opened: Vec<&NewConflict> = asked.iter().filter(|one| new.contains(&one.id)).collect();
    for one in opened {
        let (kind, subject) = words_of(&one.conflict.kind);
        let payload = serde_json::json!({
            "webhook_event_type": "sync.conflict",
            "customer_id": sync.org_id,
            "sync_id": sync.id,
            "left_connection_id": sync.connections.left,
            "right_connection_id": sync.connections.right,
            "conflict_id": one.id,
            "kind": kind,
            "subject": subject,
            "left_id": one.ids.left,
            "right_id": one.ids.right,
        });
        queue(cx, tx, sync, &sync.connections.left, "sync.conflict", &payload).await?;
    }
    Ok(())
}

/// Tells the application that a sync rests, and why.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn paused(cx: &Cx, tx: &mut Tx, sync: &Sync, reason: Option<&str>) -> Result<(), StoreError> {
    let payload = serde_json::json!({
        "webhook_event_type": "sync.paused",
        "customer_id": sync.org_id,
        "sync_id": sync.id,
        "left_connection_id": sync.connections.left,
        "right_connection_id": sync.connections.right,
        "name": sync.name,
        "reason": reason,
    });
    queue(cx, tx, sync, &sync.connections.left, "sync.paused", &payload).await
}

/// What is about both sides keeps order with what happens on the left one.
async fn queue(
    cx: &Cx,
    tx: &mut Tx,
    sync: &Sync,
    connection_id: &str,
    kind: &'static str,
    payload: &serde_json::Value,
) -> Result<(), StoreError> {
    let (org_id, payload) = (sync.org_id.as_str(), payload.to_string());
    news::queue(cx, tx, News { org_id, connection_id: Some(connection_id), kind, payload }).await
}

/// Tells the application that a run ended: for each side, with the fields of the seed's example, and the sync.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn completed(
    cx: &Cx,
    tx: &mut Tx,
    sync: &Sync,
    ends: Sides<&Connection>,
    (run, tally, error): (&SyncRun, &Tally, Option<&str>),
) -> Result<(), StoreError> {
    for (side, connection) in ends.iter() {
        let written = tally.created[side] + tally.updated[side] + tally.deleted[side];
        let (family, object) = crate::load::named(&sync.agreement.sides[side].object_type);
        let payload = serde_json::json!({
            "webhook_event_type": "sync.complete",
            "connection_id": connection.id,
            "customer_id": sync.org_id,
            "provider_name": connection.provider,
            "history_id": run.id,
            "result": if error.is_none() { "SUCCESS" } else { "ERROR" },
            "num_records_synced": written,
            "error_message": error,
            "type": "object",
            "object_type": family,
            "object": object,
            "sync_id": sync.id,
        });
        queue(cx, tx, sync, &connection.id, "sync.complete", &payload).await?;
    }
    Ok(())
}

/// A question about a record without a link, or about the guard.
pub fn asked(engine: &Engine, kind: &ConflictKind) -> NewConflict {
    let mut ids: Sides<Option<String>> = Sides::default();
    if let ConflictKind::Match { side, id, .. } | ConflictKind::Duplicate { side, id, .. } = kind {
        ids[*side] = Some(id.clone());
    }
    let conflict = Conflict {
        kind: kind.clone(),
        faces: Sides::default(),
        times: Sides::default(),
        base: None,
        winner: None,
    };
    NewConflict { id: engine.cx.dice.id("cnf", engine.cx.now()), link_id: None, ids, conflict }
}
