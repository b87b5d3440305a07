//! Making, changing and ending endpoints.

use super::{Endpoint, json};
use crate::notify::{count_of, own};
use crate::value::{Value, args, storable};
use crate::{Result, Scope, Tx};

/// Keeps a new endpoint, as version 1. Its first secret is added in the same transaction ([`super::secrets::add`]).
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn create(tx: &mut Tx, new: &Endpoint) -> Result<()> {
    let sql = "INSERT INTO endpoints (url, description, filter, headers, sealed_with, rate_calls, rate_millis, ordered, schedule, \
               updated_at, id, org_id, state, reason, failures, created_at, version) \
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let mut values = content(new)?;
    values.extend(args![
        new.id.as_str(),
        new.org_id.as_str(),
        new.state.name(),
        new.reason.as_deref().map(storable),
        0,
        new.created_at,
        1
    ]);
    tx.execute(sql, values).await.map(|_| ())
}

/// How many endpoints an organization has, or how many serve all (`org_id` empty), for whoever is about to add one in this transaction:
/// others who ask the same wait for it, as soon as there is one endpoint at all.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn count_to_add(tx: &mut Tx, org_id: &str) -> Result<u64> {
    // The first stands for all of them. Whoever waited for it counts what was added meanwhile.
    let first =
        format!("SELECT id FROM endpoints WHERE org_id = ? ORDER BY id LIMIT 1{}", tx.dialect().locked());
    tx.query(&first, args![org_id]).await?;
    let rows = tx.query("SELECT COUNT(*) FROM endpoints WHERE org_id = ?", args![org_id]).await?;
    rows.first().map_or(Ok(0), |row| count_of(row, 0))
}

/// Changes an endpoint's terms to what `endpoint` says, unless somebody changed it since the version that `endpoint` has was read; it
/// then has the version after that. False when somebody did, or there is no such endpoint any more: nothing changes then. Its state and
/// health are not among the terms.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn update(tx: &mut Tx, endpoint: &Endpoint) -> Result<bool> {
    let sql = "UPDATE endpoints SET url = ?, description = ?, filter = ?, headers = ?, sealed_with = ?, rate_calls = ?, \
               rate_millis = ?, ordered = ?, schedule = ?, updated_at = ?, version = version + 1 WHERE id = ? AND version = ?";
    let mut values = content(endpoint)?;
    values.extend(args![endpoint.id.as_str(), endpoint.version]);
    Ok(tx.execute(sql, values).await? == 1)
}

/// Forgets an endpoint and its secrets. What waited for it is never sent; its past goes with the messages. False when there is none.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn delete(tx: &mut Tx, scope: &Scope, id: &str) -> Result<bool> {
    let (test, values) = own(scope, "org_id");
    let values = { args![id] }.into_iter().chain(values).collect();
    if tx.execute(&format!("DELETE FROM endpoints WHERE id = ?{test}"), values).await? == 0 {
        return Ok(false);
    }
    tx.execute("DELETE FROM endpoint_secrets WHERE endpoint_id = ?", args![id]).await?;
    tx.execute("DELETE FROM endpoint_minutes WHERE endpoint_id = ?", args![id]).await?;
    Ok(true)
}

/// Stores headers that were sealed anew with the key `sealed_with`. False when they are not sealed with `before` any more: then
/// somebody else did it.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn reseal(tx: &mut Tx, id: &str, before: &str, headers: &[u8], sealed_with: &str) -> Result<bool> {
    let sql = "UPDATE endpoints SET headers = ?, sealed_with = ? WHERE id = ? AND sealed_with = ?";
    Ok(tx.execute(sql, args![headers, sealed_with, id, before]).await? == 1)
}

/// What of an endpoint may be changed, in the order of both statements.
fn content(endpoint: &Endpoint) -> Result<Vec<Value>> {
    let rate = endpoint.rate.map(syncline_core::notify::lane::Rate::parts);
    let millis = rate.map(|(_, per)| i64::try_from(per.as_millis()).unwrap_or(i64::MAX));
    Ok(args![
        storable(&endpoint.url),
        storable(&endpoint.description),
        json(&endpoint.filter)?,
        Value::Bytes(endpoint.headers.as_ref().map(|headers| headers.bytes.clone().into())),
        endpoint.headers.as_ref().map(|headers| headers.key.clone()),
        rate.map(|(calls, _)| i64::from(calls)),
        millis,
        endpoint.ordered,
        endpoint.schedule.as_ref().map(json).transpose()?,
        endpoint.updated_at,
    ])
}
