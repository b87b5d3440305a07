//! Making, changing and ending syncs.

use super::{State, Sync, json};
use crate::value::{args, storable};
use crate::{Result, Tx};
use syncline_core::event::column_text;
use syncline_core::sync::Side;
use syncline_core::time::Timestamp;

/// Keeps a new sync, as version 1.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn create(tx: &mut Tx, new: &Sync) -> Result<()> {
    let sql = "INSERT INTO syncs (name, left_connection, left_type, left_collection, right_connection, right_type, \
               right_collection, agreement, left_schema, right_schema, state, reason, every, updated_at, id, org_id, \
               created_at, version) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let mut values = content(new)?;
    values.extend(args![new.id.as_str(), new.org_id.as_str(), new.created_at, 1]);
    tx.execute(sql, values).await.map(|_| ())
}

/// Changes a sync to what `sync` says, unless somebody changed it since the version that `sync` has was read; it then has the
/// version after that. False when somebody did, or there is no such sync any more: nothing changes then.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn update(tx: &mut Tx, sync: &Sync) -> Result<bool> {
    let sql = "UPDATE syncs SET name = ?, left_connection = ?, left_type = ?, left_collection = ?, right_connection = ?, \
               right_type = ?, right_collection = ?, agreement = ?, left_schema = ?, right_schema = ?, state = ?, reason = ?, \
               every = ?, updated_at = ?, version = version + 1 WHERE id = ? AND version = ?";
    let mut values = content(sync)?;
    values.extend(args![sync.id.as_str(), sync.version]);
    Ok(tx.execute(sql, values).await? == 1)
}

/// Pauses a sync, with a reason for people, or lets it go on. False when it was so before, or there is no such sync.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn set_state(
    tx: &mut Tx,
    id: &str,
    state: State,
    reason: Option<&str>,
    now: Timestamp,
) -> Result<bool> {
    let sql = "UPDATE syncs SET state = ?, reason = ?, updated_at = ?, version = version + 1 WHERE id = ? AND state <> ?";
    let values = args![state.name(), reason.map(storable), now, id, state.name()];
    Ok(tx.execute(sql, values).await? == 1)
}

/// Both sides of a sync are known from now on; once.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn prime(tx: &mut Tx, id: &str, now: Timestamp) -> Result<()> {
    let sql = "UPDATE syncs SET primed_at = ? WHERE id = ? AND primed_at IS NULL";
    tx.execute(sql, args![now, id]).await.map(|_| ())
}

/// Says why a sync does not go on just now, for people, or that it does. Its version stays: nobody asked for this.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn set_reason(tx: &mut Tx, id: &str, reason: Option<&str>) -> Result<()> {
    let sql = "UPDATE syncs SET reason = ? WHERE id = ?";
    tx.execute(sql, args![reason.map(storable), id]).await.map(|_| ())
}

/// Ends a sync. What belongs to it stays until [`super::erase`] has taken it away. False when there is no such sync.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn delete(tx: &mut Tx, id: &str) -> Result<bool> {
    Ok(tx.execute("DELETE FROM syncs WHERE id = ?", args![id]).await? == 1)
}

/// Waits until nobody else writes links, keys or conflicts of a sync, and keeps everybody from it until the transaction ends. False
/// when there is no such sync (any more).
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn lock(tx: &mut Tx, id: &str) -> Result<bool> {
    let sql = format!("SELECT id FROM syncs WHERE id = ?{}", tx.dialect().locked());
    Ok(!tx.query(&sql, args![id]).await?.is_empty())
}

/// The values of the columns that change, in the order of the statements.
fn content(sync: &Sync) -> Result<Vec<crate::Value>> {
    let mut values = args![storable(&sync.name)];
    for side in Side::BOTH {
        let party = &sync.agreement.sides[side];
        values.extend(args![
            sync.connections[side].as_str(),
            column_text(&party.object_type),
            column_text(&party.collection)
        ]);
    }
    values.extend(args![
        json(&sync.agreement)?,
        json(&sync.schemas.left)?,
        json(&sync.schemas.right)?,
        sync.state.name(),
        sync.reason.as_deref().map(storable),
        sync.every.map(|every| i64::try_from(every.as_millis()).unwrap_or(i64::MAX)),
        sync.updated_at,
    ]);
    Ok(values)
}
