//! How endpoints do, and whether they are sent anything.

use super::State;
use crate::notify::own;
use crate::value::{Value, args, storable};
use crate::{Result, Scope, Tx};
use syncline_core::notify::verdict::Streak;
use syncline_core::time::Timestamp;

/// How an endpoint does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// Its failures since the last success.
    pub streak: Option<Streak>,
    /// Until when it asked to be left alone.
    pub paused_until: Option<Timestamp>,
}

/// Writes down how an endpoint does; not a change of its terms. To be called when that changed, which for a healthy endpoint is never.
/// Nothing happens when the endpoint has another version by now than the one it did so with: then this says nothing about it.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn set_health(tx: &mut Tx, id: &str, version: i64, health: &Health) -> Result<()> {
    let sql = "UPDATE endpoints SET failing_since = ?, failed_at = ?, failures = ?, paused_until = ? WHERE id = ? AND version = ?";
    let streak = health.streak;
    let values = args![
        streak.map(|streak| streak.since),
        streak.map(|streak| streak.last),
        streak.map_or(0, |streak| streak.failures),
        health.paused_until,
        id,
        version
    ];
    tx.execute(sql, values).await.map(|_| ())
}

/// Disables an endpoint, with the reason for people. False when it was disabled before, or there is none: then nobody has to be told.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn disable(tx: &mut Tx, scope: &Scope, id: &str, reason: &str, now: Timestamp) -> Result<bool> {
    let (test, values) = own(scope, "org_id");
    disable_where(tx, id, (&test, values), reason, now).await
}

/// Disables an endpoint for what it answered when it had this version. False, too, when it has another by now: then whoever changed it
/// may have mended it.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn give_up(tx: &mut Tx, id: &str, version: i64, reason: &str, now: Timestamp) -> Result<bool> {
    disable_where(tx, id, (" AND version = ?", args![version]), reason, now).await
}

async fn disable_where(
    tx: &mut Tx,
    id: &str,
    (test, values): (&str, Vec<Value>),
    reason: &str,
    now: Timestamp,
) -> Result<bool> {
    let sql = format!(
        "UPDATE endpoints SET state = ?, reason = ?, updated_at = ?, version = version + 1 WHERE id = ? AND state <> ?{test}"
    );
    let disabled = State::Disabled.name();
    let values = { args![disabled, storable(reason), now, id, disabled] }.into_iter().chain(values);
    Ok(tx.execute(&sql, values.collect()).await? == 1)
}

/// Enables an endpoint, its failures forgotten. What waited for it goes on. False when it was enabled before, or there is none.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn enable(tx: &mut Tx, scope: &Scope, id: &str, now: Timestamp) -> Result<bool> {
    let (test, values) = own(scope, "org_id");
    let sql = format!(
        "UPDATE endpoints SET state = ?, reason = NULL, failing_since = NULL, failed_at = NULL, failures = 0, paused_until = NULL, \
         updated_at = ?, version = version + 1 WHERE id = ? AND state <> ?{test}"
    );
    let enabled = State::Enabled.name();
    let values = { args![enabled, now, id, enabled] }.into_iter().chain(values);
    Ok(tx.execute(&sql, values.collect()).await? == 1)
}
