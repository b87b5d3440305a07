//! Hooks: the webhook subscriptions that we keep at providers, with what is needed to read, renew and end them.

use crate::value::{Row, Value, args, in_list};
use crate::{Result, Store, Tx};
use std::collections::BTreeSet;
use syncline_core::time::Timestamp;

/// One of our subscriptions.
#[derive(Clone, PartialEq, Eq)]
pub struct Hook {
    /// Its id here.
    pub id: String,
    /// The connection it was made through.
    pub connection_id: String,
    /// The provider.
    pub provider: String,
    /// Its id at the provider.
    pub remote_id: String,
    /// The part of the account it is about (a base); empty when it is about all of it.
    pub part: String,
    /// Where the provider was told to send.
    pub url: String,
    /// The secret that the provider signs with, sealed.
    pub secret: Option<Vec<u8>>,
    /// The key it was sealed with, as its id is written.
    pub sealed_with: Option<String>,
    /// How far the provider's list of changes has been read.
    pub cursor: Option<i64>,
    /// When the provider drops it unless it is renewed; none: never.
    pub expires_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When this row last changed.
    pub updated_at: Timestamp,
}

impl std::fmt::Debug for Hook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Hook({} at {} as {}, part {:?}, connection {}, cursor {:?}, until {:?})",
            self.id,
            self.provider,
            self.remote_id,
            self.part,
            self.connection_id,
            self.cursor,
            self.expires_at
        )
    }
}

const COLUMNS: &str = "id, connection_id, provider, remote_id, part, url, secret, sealed_with, position, expires_at, created_at, \
                       updated_at";

/// Keeps a subscription that was just made.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn insert(tx: &mut Tx, new: &Hook) -> Result<()> {
    let sql = format!("INSERT INTO hooks ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    let values = args![
        new.id.as_str(),
        new.connection_id.as_str(),
        new.provider.as_str(),
        new.remote_id.as_str(),
        new.part.as_str(),
        new.url.as_str(),
        Value::Bytes(new.secret.clone().map(Into::into)),
        new.sealed_with.as_deref(),
        new.cursor,
        new.expires_at,
        new.created_at,
        new.updated_at,
    ];
    tx.execute(&sql, values).await.map(|_| ())
}

/// Keeps a subscription as it is now: the row of its connection and remote id is changed, or made. What the new one has no secret of
/// keeps its own; how far it was read stays.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn keep(tx: &mut Tx, hook: &Hook) -> Result<()> {
    let sql = "UPDATE hooks SET part = ?, url = ?, expires_at = ?, secret = COALESCE(?, secret), \
               sealed_with = COALESCE(?, sealed_with), updated_at = ? WHERE connection_id = ? AND remote_id = ?";
    let values = args![
        hook.part.as_str(),
        hook.url.as_str(),
        hook.expires_at,
        Value::Bytes(hook.secret.clone().map(Into::into)),
        hook.sealed_with.as_deref(),
        hook.updated_at,
        hook.connection_id.as_str(),
        hook.remote_id.as_str(),
    ];
    if tx.execute(sql, values).await? == 0 { insert(tx, hook).await } else { Ok(()) }
}

/// Forgets the subscription that goes by this id at the provider. False when there is none.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn forget(tx: &mut Tx, connection_id: &str, remote_id: &str) -> Result<bool> {
    let sql = "DELETE FROM hooks WHERE connection_id = ? AND remote_id = ?";
    Ok(tx.execute(sql, args![connection_id, remote_id]).await? > 0)
}

/// Whose these subscriptions are, as seen by this transaction: connection and organization, each once, in order.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn holders(tx: &mut Tx, provider: &str, remote_ids: &[&str]) -> Result<BTreeSet<(String, String)>> {
    let mut found = BTreeSet::new();
    for piece in remote_ids.chunks(512) {
        let (marks, ids) = in_list(piece.iter().map(|id| Value::from(*id)).collect());
        let sql = format!(
            "SELECT hooks.connection_id, connections.org_id FROM hooks JOIN connections ON connections.id = hooks.connection_id \
             WHERE hooks.provider = ? AND hooks.remote_id IN ({marks})"
        );
        let mut values = args![provider];
        values.extend(ids);
        for row in tx.query(&sql, values).await? {
            found.insert((row.text(0)?, row.text(1)?));
        }
    }
    Ok(found)
}

/// The keys that secrets are sealed with, and how many with each.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn sealing_keys(store: &Store) -> Result<Vec<(String, i64)>> {
    let sql = "SELECT sealed_with, COUNT(*) FROM hooks WHERE sealed_with IS NOT NULL GROUP BY sealed_with ORDER BY sealed_with";
    store.query(sql, Vec::new()).await?.iter().map(|row| Ok((row.text(0)?, row.int(1)?))).collect()
}

/// One subscription.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn get(store: &Store, id: &str) -> Result<Option<Hook>> {
    let sql = format!("SELECT {COLUMNS} FROM hooks WHERE id = ?");
    store.query(&sql, args![id]).await?.first().map(read).transpose()
}

/// All subscriptions made through a connection, by id.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn list(store: &Store, connection_id: &str) -> Result<Vec<Hook>> {
    let sql = format!("SELECT {COLUMNS} FROM hooks WHERE connection_id = ? ORDER BY id");
    store.query(&sql, args![connection_id]).await?.iter().map(read).collect()
}

/// The subscriptions that go by this id at the provider, by id: one, where its ids are unique among all accounts.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn by_remote(store: &Store, provider: &str, remote_id: &str) -> Result<Vec<Hook>> {
    let sql = format!("SELECT {COLUMNS} FROM hooks WHERE provider = ? AND remote_id = ? ORDER BY id");
    store.query(&sql, args![provider, remote_id]).await?.iter().map(read).collect()
}

/// The list of changes has been read up to `cursor`. It never goes back; false when it was as far, or there is no such subscription.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn set_cursor(tx: &mut Tx, id: &str, cursor: i64, now: Timestamp) -> Result<bool> {
    let sql =
        "UPDATE hooks SET position = ?, updated_at = ? WHERE id = ? AND (position IS NULL OR position < ?)";
    Ok(tx.execute(sql, args![cursor, now, id, cursor]).await? == 1)
}

/// It was renewed. False when there is no such subscription.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn set_expiry(
    tx: &mut Tx,
    id: &str,
    expires_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<bool> {
    let sql = "UPDATE hooks SET expires_at = ?, updated_at = ? WHERE id = ?";
    Ok(tx.execute(sql, args![expires_at, now, id]).await? == 1)
}

/// Forgets a subscription. False when there is none.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn delete(tx: &mut Tx, id: &str) -> Result<bool> {
    Ok(tx.execute("DELETE FROM hooks WHERE id = ?", args![id]).await? == 1)
}

/// Subscriptions that end before `instant` unless they are renewed, soonest first, at most `limit`.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn expiring(store: &Store, instant: Timestamp, limit: u32) -> Result<Vec<Hook>> {
    let sql = format!("SELECT {COLUMNS} FROM hooks WHERE expires_at < ? ORDER BY expires_at, id LIMIT ?");
    store.query(&sql, args![instant, limit]).await?.iter().map(read).collect()
}

/// Subscriptions whose secret was sealed with another key than `current`, at most `limit`.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn sealed_otherwise(store: &Store, current: &str, limit: u32) -> Result<Vec<Hook>> {
    let sql = format!("SELECT {COLUMNS} FROM hooks WHERE sealed_with <> ? ORDER BY id LIMIT ?");
    store.query(&sql, args![current, limit]).await?.iter().map(read).collect()
}

/// Stores a secret that was sealed anew with the key `sealed_with`. False when it is not sealed with `before` any more: then somebody
/// else did it.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn reseal(tx: &mut Tx, id: &str, before: &str, secret: &[u8], sealed_with: &str) -> Result<bool> {
    let sql = "UPDATE hooks SET secret = ?, sealed_with = ? WHERE id = ? AND sealed_with = ?";
    Ok(tx.execute(sql, args![secret, sealed_with, id, before]).await? == 1)
}

fn read(row: &Row) -> Result<Hook> {
    Ok(Hook {
        id: row.text(0)?,
        connection_id: row.text(1)?,
        provider: row.text(2)?,
        remote_id: row.text(3)?,
        part: row.text(4)?,
        url: row.text(5)?,
        secret: row.maybe_bytes(6)?.map(|sealed| sealed.to_vec()),
        sealed_with: row.maybe_text(7)?,
        cursor: row.maybe_int(8)?,
        expires_at: row.maybe_int(9)?.map(Timestamp::from_millis),
        created_at: row.time(10)?,
        updated_at: row.time(11)?,
    })
}
