//! What people are asked and told: conflicts as rows, and the application's notifications.

use super::Halt;
use super::engine::Engine;
use super::run::Tally;
use crate::cx::Cx;
use syncline_core::sync::{Conflict, ConflictKind, Side, Sides};
use syncline_store::connections::Connection;
use syncline_store::notifications::{self, Notification};
use syncline_store::syncs::conflicts::{self, ConflictRow};
use syncline_store::syncs::runs::SyncRun;
use syncline_store::syncs::{ConflictState, Sync};
use syncline_store::{StoreError, Tx};

/// What an open guard's question goes by.
pub fn guard_key(side: Side) -> String {
    format!("guard/{side}")
}

/// What an open question about a record without a link goes by.
pub fn record_key(side: Side, id: &str) -> String {
    format!("record/{side}/{id}")
}

/// Opens questions about records without a link, and about the guard.
///
/// # Errors
/// [`Halt::Trouble`] with the database's error.
pub async fn question(engine: &Engine, questions: &[ConflictKind]) -> Result<(), Halt> {
    if questions.is_empty() {
        return Ok(());
    }
    let mut tx = engine.cx.store.begin().await?;
    open(&engine.cx, &mut tx, &engine.sync, questions.iter().map(|kind| asked(engine, kind)).collect()).await?;
    tx.commit().await?;
    Ok(())
}

/// Stores open conflicts, and tells the application of those that are new.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn open(cx: &Cx, tx: &mut Tx, sync: &Sync, rows: Vec<ConflictRow>) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let new = conflicts::put(tx, &rows).await?;
    for row in rows.iter().filter(|row| new.contains(&row.id)) {
        let payload = serde_json::json!({
            "webhook_event_type": "sync.conflict",
            "customer_id": sync.org_id,
            "sync_id": sync.id,
            "conflict_id": row.id,
            "kind": row.kind,
            "subject": row.subject,
            "left_id": row.left_id,
            "right_id": row.right_id,
        });
        queue(cx, tx, sync, None, "sync.conflict", payload).await?;
    }
    Ok(())
}

async fn queue(
    cx: &Cx,
    tx: &mut Tx,
    sync: &Sync,
    connection_id: Option<&str>,
    kind: &str,
    payload: serde_json::Value,
) -> Result<(), StoreError> {
    let now = cx.now();
    let notification = Notification {
        id: cx.dice.id("ntf", now),
        org_id: sync.org_id.clone(),
        connection_id: connection_id.map(str::to_owned),
        kind: kind.to_owned(),
        payload: payload.to_string(),
        created_at: now,
        dispatched_at: None,
    };
    notifications::queue(tx, &notification).await
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
        queue(cx, tx, sync, Some(&connection.id), "sync.complete", payload).await?;
    }
    Ok(())
}

/// The row of a question about a record without a link, or about the guard.
fn asked(engine: &Engine, kind: &ConflictKind) -> ConflictRow {
    let (key, subject, ids) = match kind {
        ConflictKind::Match { side, id, .. } => (record_key(*side, id), id.clone(), Some((*side, id))),
        ConflictKind::Duplicate { side, id, .. } => (record_key(*side, id), id.clone(), Some((*side, id))),
        ConflictKind::Guard { side, .. } => (guard_key(*side), side.name().to_owned(), None),
        ConflictKind::Field { rule } => (rule.clone(), rule.clone(), None),
        ConflictKind::Deletion { side, .. } => ("@delete".to_owned(), side.name().to_owned(), None),
    };
    let mut row = row(&engine.cx, &engine.sync, key, subject, bare(kind.clone()));
    if let Some((side, id)) = ids {
        match side {
            Side::Left => row.left_id = Some(id.clone()),
            Side::Right => row.right_id = Some(id.clone()),
        }
    }
    row
}

/// A conflict about no field.
fn bare(kind: ConflictKind) -> Conflict {
    Conflict { kind, faces: Sides::default(), times: Sides::default(), base: None, winner: None }
}

/// A conflict's row, open from now on.
pub fn row(cx: &Cx, sync: &Sync, open_key: String, subject: String, conflict: Conflict) -> ConflictRow {
    let now = cx.now();
    ConflictRow {
        id: cx.dice.id("cnf", now),
        sync_id: sync.id.clone(),
        org_id: sync.org_id.clone(),
        link_id: None,
        open_about: None,
        open_key: Some(open_key),
        kind: word(&conflict.kind).to_owned(),
        subject,
        left_id: None,
        right_id: None,
        conflict,
        state: ConflictState::Open,
        choice: None,
        resolved_by: None,
        opened_at: now,
        updated_at: now,
        resolved_at: None,
    }
}

/// The word for a kind of conflict.
pub fn word(kind: &ConflictKind) -> &'static str {
    match kind {
        ConflictKind::Field { .. } => "field",
        ConflictKind::Deletion { .. } => "deletion",
        ConflictKind::Match { .. } => "match",
        ConflictKind::Duplicate { .. } => "duplicate",
        ConflictKind::Guard { .. } => "guard",
    }
}
