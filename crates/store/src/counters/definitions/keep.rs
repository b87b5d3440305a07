//! Making, changing and ending definitions.

use super::{State, Stored};
use crate::counters::json;
use crate::tx::Bulk;
use crate::value::{Kind, Value, args, storable};
use crate::{Result, Scope, Tx};
use syncline_core::time::Timestamp;

/// Whether a definition was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It was.
    Done,
    /// Its organization has another of that name.
    NameTaken,
    /// It has changed since the version that was read, or is not there any more.
    Changed,
}

const INSERT: Bulk = Bulk {
    table: "counter_definitions",
    columns: &[
        ("id", Kind::Text),
        ("org_id", Kind::Text),
        ("created_at", Kind::Int),
        ("version", Kind::Int),
        ("state", Kind::Text),
        ("reason", Kind::Text),
        ("name", Kind::Text),
        ("connection_id", Kind::Text),
        ("body", Kind::Text),
        ("secrets", Kind::Bytes),
        ("sealed_with", Kind::Text),
        ("trigger_shown", Kind::Text),
        ("reconcile_at", Kind::Int),
        ("updated_at", Kind::Int),
    ],
    unique: "org_id, name",
};

/// Keeps a new definition, as version 1. [`Kept::NameTaken`] when there is one of that name, also one that somebody else is making now.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn create(tx: &mut Tx, new: &Stored) -> Result<Kept> {
    let mut row = args![
        new.id.as_str(),
        new.org_id.as_str(),
        new.created_at,
        1,
        new.state.name(),
        new.reason.as_deref().map(storable)
    ];
    row.extend(content(new)?);
    tx.insert_many(&INSERT, [row]).await?;
    Ok(if named(tx, new).await?.as_deref() == Some(&new.id) { Kept::Done } else { Kept::NameTaken })
}

/// Changes what a definition says, unless somebody changed it since the version that `stored` has was read; it then has the version after
/// that. Its state is not part of what it says.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn update(tx: &mut Tx, stored: &Stored) -> Result<Kept> {
    if named(tx, stored).await?.is_some_and(|id| id != stored.id) {
        return Ok(Kept::NameTaken);
    }
    let sql = "UPDATE counter_definitions SET name = ?, connection_id = ?, body = ?, secrets = ?, sealed_with = ?, trigger_shown = ?, \
               reconcile_at = ?, updated_at = ?, version = version + 1 WHERE id = ? AND version = ?";
    let mut values = content(stored)?;
    values.extend(args![stored.id.as_str(), stored.version]);
    Ok(if tx.execute(sql, values).await? == 1 { Kept::Done } else { Kept::Changed })
}

/// The definition of this one's name.
async fn named(tx: &mut Tx, stored: &Stored) -> Result<Option<String>> {
    let sql = "SELECT id FROM counter_definitions WHERE org_id = ? AND name = ?";
    let rows = tx.query(sql, args![stored.org_id.as_str(), stored.definition.name.as_str()]).await?;
    rows.first().map(|row| row.text(0)).transpose()
}

/// Forgets a definition. Its counters and what is known of them are then erased with [`crate::counters::erase`]. False when there is none.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn delete(tx: &mut Tx, scope: &Scope, id: &str) -> Result<bool> {
    let (test, values) = own(scope);
    let values = { args![id] }.into_iter().chain(values).collect();
    Ok(tx.execute(&format!("DELETE FROM counter_definitions WHERE id = ?{test}"), values).await? == 1)
}

/// Has a definition's counters no longer pushed and compared. False when they were not, or there is none.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn pause(tx: &mut Tx, scope: &Scope, id: &str, now: Timestamp) -> Result<bool> {
    let (test, values) = own(scope);
    change(tx, (State::Paused, None), id, (&test, values), now).await
}

/// Says that something has to be mended before a definition's counters go on, unless it has another version than the one that this was
/// learned with. False then, and when it is not active: nobody has to be told.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn attention(tx: &mut Tx, id: &str, version: i64, reason: &str, now: Timestamp) -> Result<bool> {
    let test = (" AND version = ? AND state = ?", args![version, State::Active.name()]);
    change(tx, (State::Attention, Some(reason)), id, test, now).await
}

/// Says what is wrong with a definition though its counters are pushed, or no longer says anything; not a change of what it says. Nothing
/// when it is not active.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn remark(tx: &mut Tx, id: &str, reason: Option<&str>) -> Result<()> {
    let sql = "UPDATE counter_definitions SET reason = ? WHERE id = ? AND state = ?";
    tx.execute(sql, args![reason.map(storable), id, State::Active.name()]).await.map(|_| ())
}

/// Has a definition's counters pushed and compared again; what waits goes on. False when they were, or there is none.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn resume(tx: &mut Tx, scope: &Scope, id: &str, now: Timestamp) -> Result<bool> {
    let (test, values) = own(scope);
    change(tx, (State::Active, None), id, (&test, values), now).await
}

async fn change(
    tx: &mut Tx,
    (state, reason): (State, Option<&str>),
    id: &str,
    (test, values): (&str, Vec<Value>),
    now: Timestamp,
) -> Result<bool> {
    let sql = format!(
        "UPDATE counter_definitions SET state = ?, reason = ?, updated_at = ?, version = version + 1 \
         WHERE id = ? AND state <> ?{test}"
    );
    let fixed = args![state.name(), reason.map(storable), now, id, state.name()];
    Ok(tx.execute(&sql, fixed.into_iter().chain(values).collect()).await? == 1)
}

/// Writes down when a definition's counters are compared next; not a change of what it says. False when that is not `before` any more: then
/// somebody else saw to it.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn reconciled(tx: &mut Tx, id: &str, before: Timestamp, next: Option<Timestamp>) -> Result<bool> {
    let sql = "UPDATE counter_definitions SET reconcile_at = ? WHERE id = ? AND reconcile_at = ?";
    Ok(tx.execute(sql, args![next, id, before]).await? == 1)
}

/// Stores secrets that were sealed anew with the key `sealed_with`. False when they are not sealed with `before` any more: then somebody
/// else did it.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn reseal(tx: &mut Tx, id: &str, before: &str, secrets: &[u8], sealed_with: &str) -> Result<bool> {
    let sql = "UPDATE counter_definitions SET secrets = ?, sealed_with = ? WHERE id = ? AND sealed_with = ?";
    Ok(tx.execute(sql, args![secrets, sealed_with, id, before]).await? == 1)
}

fn own(scope: &Scope) -> (String, Vec<Value>) {
    match scope {
        Scope::All => (String::new(), Vec::new()),
        Scope::Organization(org_id) => (" AND org_id = ?".to_owned(), args![org_id.as_str()]),
    }
}

/// What of a definition may be changed, in the order of both statements.
fn content(stored: &Stored) -> Result<Vec<Value>> {
    Ok(args![
        stored.definition.name.as_str(),
        stored.definition.connection_id.as_str(),
        storable(&json(&stored.definition)?),
        Value::Bytes(stored.secrets.as_ref().map(|secrets| secrets.bytes.clone().into())),
        stored.secrets.as_ref().map(|secrets| secrets.key.clone()),
        stored.trigger_shown.as_deref(),
        stored.reconcile_at,
        stored.updated_at,
    ])
}
