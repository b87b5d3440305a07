//! Sealed credentials: read with their version, renewed by one process at a time, sealed anew when keys change.

use super::{Connection, Status};
use crate::value::{Row, args};
use crate::{Result, Store, Tx};
use std::time::Duration;
use syncline_core::time::Timestamp;

/// A connection's sealed credentials.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The seal.
    pub sealed: Vec<u8>,
    /// The key it was sealed with, as its id is written.
    pub sealed_with: String,
    /// When the access token ends; none where the provider does not say.
    pub expires_at: Option<Timestamp>,
    /// When it should be renewed in the background; none: never.
    pub refresh_at: Option<Timestamp>,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Credentials(sealed with {}, until {:?})", self.sealed_with, self.expires_at)
    }
}

/// Credentials with all that is needed to use and to renew them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renewal {
    /// Which connection's.
    pub id: String,
    /// At which provider.
    pub provider: String,
    /// Through which app; empty for a key.
    pub app: String,
    /// How the connection is.
    pub status: Status,
    /// Counts the writes: a renewal is only stored over the version it was made from.
    pub version: i64,
    /// The credentials; none once disconnected.
    pub credentials: Option<Credentials>,
}

const COLUMNS: &str = "id, provider, app, status, version, credentials, sealed_with, expires_at, refresh_at";

/// A connection's credentials as they are now.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn credentials(store: &Store, id: &str) -> Result<Option<Renewal>> {
    let sql = format!("SELECT {COLUMNS} FROM connections WHERE id = ?");
    store.query(&sql, args![id]).await?.first().map(read).transpose()
}

/// The same as seen by this transaction, which keeps everybody else from changing them until it ends.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn lock_credentials(tx: &mut Tx, id: &str) -> Result<Option<Renewal>> {
    tx.execute("UPDATE connections SET version = version WHERE id = ?", args![id]).await?;
    let sql = format!("SELECT {COLUMNS} FROM connections WHERE id = ?");
    tx.query(&sql, args![id]).await?.first().map(read).transpose()
}

/// Makes `owner` the only one who may renew these credentials for `span`. Answers them as they are then: whoever waited may find them
/// renewed. None when somebody else holds the right, or there is no such connection.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn hold_refresh(
    store: &Store,
    id: &str,
    owner: &str,
    now: Timestamp,
    span: Duration,
) -> Result<Option<Renewal>> {
    let mut tx = store.begin().await?;
    let hold = "UPDATE connections SET refresh_owner = ?, refresh_until = ? \
                WHERE id = ? AND (refresh_owner IS NULL OR refresh_owner = ? OR refresh_until <= ?)";
    if tx.execute(hold, args![owner, now.plus(span), id, owner, now]).await? == 0 {
        return Ok(None);
    }
    let sql = format!("SELECT {COLUMNS} FROM connections WHERE id = ?");
    let found = tx.query(&sql, args![id]).await?.first().map(read).transpose()?;
    tx.commit().await?;
    Ok(found)
}

/// Gives the right to renew back.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn end_refresh(store: &Store, id: &str, owner: &str) -> Result<()> {
    let sql = "UPDATE connections SET refresh_owner = NULL, refresh_until = NULL WHERE id = ? AND refresh_owner = ?";
    store.execute(sql, args![id, owner]).await.map(|_| ())
}

/// Who holds the right to renew, and until when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// As it was given to [`hold_refresh`], or to [`postpone_refresh`] by the one before.
    pub owner: String,
    /// When anybody may take it.
    pub until: Timestamp,
}

/// Who holds the right to renew these credentials; none when it is free, its time being over included.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn refresh_held(store: &Store, id: &str, now: Timestamp) -> Result<Option<Held>> {
    let sql = "SELECT refresh_owner, refresh_until FROM connections WHERE id = ? AND refresh_owner IS NOT NULL AND refresh_until > ?";
    let rows = store.query(sql, args![id, now]).await?;
    rows.first().map(|row| Ok(Held { owner: row.text(0)?, until: row.time(1)? })).transpose()
}

/// Keeps everybody from renewing until then: the provider said when to ask again. `instead` is told to whoever asks who holds the right.
/// Nothing happens when `owner` does not hold it any more.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn postpone_refresh(
    store: &Store,
    id: &str,
    owner: &str,
    instead: &str,
    until: Timestamp,
) -> Result<()> {
    let sql =
        "UPDATE connections SET refresh_owner = ?, refresh_until = ? WHERE id = ? AND refresh_owner = ?";
    store.execute(sql, args![instead, until, id, owner]).await.map(|_| ())
}

/// Stores renewed credentials over `version`, and gives the right to renew back. False when they were changed meanwhile: then the stored
/// ones are the newer.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn renew(tx: &mut Tx, id: &str, version: i64, new: &Credentials, now: Timestamp) -> Result<bool> {
    let sql = "UPDATE connections SET credentials = ?, sealed_with = ?, expires_at = ?, refresh_at = ?, version = version + 1, \
               refresh_owner = NULL, refresh_until = NULL, updated_at = ? WHERE id = ? AND version = ?";
    let values =
        args![new.sealed.clone(), new.sealed_with.as_str(), new.expires_at, new.refresh_at, now, id, version];
    Ok(tx.execute(sql, values).await? == 1)
}

/// The provider refuses the credentials of `version`: work waits until a person connects again. False when they were changed
/// meanwhile, which may have mended it.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn needs_reauthorization(
    tx: &mut Tx,
    id: &str,
    version: i64,
    reason: &str,
    now: Timestamp,
) -> Result<bool> {
    let sql = "UPDATE connections SET status = ?, reason = ?, refresh_at = NULL, refresh_owner = NULL, refresh_until = NULL, \
               version = version + 1, updated_at = ? WHERE id = ? AND version = ? AND status = ?";
    let values = args![Status::NeedsReauthorization.name(), reason, now, id, version, Status::Active.name()];
    Ok(tx.execute(sql, values).await? == 1)
}

/// Ids of active connections whose credentials should be renewed by now, longest due first.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn refresh_due(store: &Store, now: Timestamp, limit: u32) -> Result<Vec<String>> {
    let sql = "SELECT id FROM connections WHERE status = ? AND refresh_at <= ? ORDER BY refresh_at LIMIT ?";
    let rows = store.query(sql, args![Status::Active.name(), now, limit]).await?;
    rows.iter().map(|row| row.text(0)).collect()
}

/// Credentials that were sealed with another key than `current`, of connections behind the id `after`, at most `limit`.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn sealed_otherwise(store: &Store, current: &str, after: &str, limit: u32) -> Result<Vec<Renewal>> {
    let sql =
        format!("SELECT {COLUMNS} FROM connections WHERE sealed_with <> ? AND id > ? ORDER BY id LIMIT ?");
    store.query(&sql, args![current, after, limit]).await?.iter().map(read).collect()
}

/// Replaces a seal by another of the same credentials. The version stays, so that a renewal under way is not lost; false when the
/// credentials are others by now.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn reseal(
    tx: &mut Tx,
    id: &str,
    version: i64,
    (old_key, sealed, sealed_with): (&str, &[u8], &str),
) -> Result<bool> {
    let sql = "UPDATE connections SET credentials = ?, sealed_with = ? WHERE id = ? AND version = ? AND sealed_with = ?";
    let values = args![sealed.to_vec(), sealed_with, id, version, old_key];
    Ok(tx.execute(sql, values).await? == 1)
}

/// The ids of the keys that stored credentials are sealed with, and how many of each.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn sealing_keys(store: &Store) -> Result<Vec<(String, i64)>> {
    let sql = "SELECT sealed_with, COUNT(*) FROM connections WHERE sealed_with IS NOT NULL \
               GROUP BY sealed_with ORDER BY sealed_with";
    let rows = store.query(sql, Vec::new()).await?;
    rows.iter().map(|row| Ok((row.text(0)?, row.int(1)?))).collect()
}

/// A connection that existed is authorized again.
pub(super) async fn replace(
    tx: &mut Tx,
    id: &str,
    new: &Connection,
    credentials: &Credentials,
) -> Result<()> {
    let sql = "UPDATE connections SET user_id = ?, account_name = ?, method = ?, status = ?, reason = NULL, scopes = ?, \
               credentials = ?, sealed_with = ?, expires_at = ?, refresh_at = ?, refresh_owner = NULL, refresh_until = NULL, \
               version = version + 1, updated_at = ? WHERE id = ?";
    let values = args![
        new.user_id.as_str(),
        new.account_name.as_str(),
        new.method.name(),
        Status::Active.name(),
        new.scopes.join(" "),
        credentials.sealed.clone(),
        credentials.sealed_with.as_str(),
        credentials.expires_at,
        credentials.refresh_at,
        new.updated_at,
        id
    ];
    tx.execute(sql, values).await.map(|_| ())
}

fn read(row: &Row) -> Result<Renewal> {
    let status = row.text(3)?;
    let credentials = match (row.maybe_bytes(5)?, row.maybe_text(6)?) {
        (Some(sealed), Some(sealed_with)) => Some(Credentials {
            sealed: sealed.to_vec(),
            sealed_with,
            expires_at: row.maybe_int(7)?.map(Timestamp::from_millis),
            refresh_at: row.maybe_int(8)?.map(Timestamp::from_millis),
        }),
        _ => None,
    };
    Ok(Renewal {
        id: row.text(0)?,
        provider: row.text(1)?,
        app: row.text(2)?,
        status: Status::named(&status)
            .ok_or_else(|| crate::StoreError::Corrupt(format!("connections.status holds {status:?}")))?,
        version: row.int(4)?,
        credentials,
    })
}
