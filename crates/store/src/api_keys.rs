//! API keys: only their hashes are here.

use crate::value::{Row, args};
use crate::{Result, Scope, Store, Tx};
use syncline_core::time::Timestamp;

/// A key as the operator sees it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ApiKey {
    /// Its id.
    pub id: String,
    /// What the operator called it.
    pub name: String,
    /// The one organization it can see; `None`: all.
    pub org_id: Option<String>,
    /// Its first characters, to recognise it by.
    pub prefix: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

impl ApiKey {
    /// What this key may see.
    #[must_use]
    pub fn scope(&self) -> Scope {
        self.org_id.clone().map_or(Scope::All, Scope::Organization)
    }
}

const COLUMNS: &str = "id, name, org_id, prefix, created_at, last_used_at, revoked_at";

/// Stores a new key under the hash of its secret.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn create(tx: &mut Tx, key: &ApiKey, hash: &str) -> Result<()> {
    let sql = "INSERT INTO api_keys (id, name, org_id, prefix, hash, created_at) VALUES (?, ?, ?, ?, ?, ?)";
    let (id, name, prefix) = (key.id.as_str(), key.name.as_str(), key.prefix.as_str());
    let row = args![id, name, key.org_id.as_deref(), prefix, hash, key.created_at];
    tx.execute(sql, row).await.map(|_| ())
}

/// The key whose secret has this hash, unless it is revoked.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn find(store: &Store, hash: &str) -> Result<Option<ApiKey>> {
    let sql = format!("SELECT {COLUMNS} FROM api_keys WHERE hash = ? AND revoked_at IS NULL");
    store.query(&sql, args![hash]).await?.first().map(read).transpose()
}

/// Notes that a key was used.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn touch(store: &Store, id: &str, now: Timestamp) -> Result<()> {
    store.execute("UPDATE api_keys SET last_used_at = ? WHERE id = ?", args![now, id]).await.map(|_| ())
}

/// All keys, newest first, revoked ones too.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn list(store: &Store) -> Result<Vec<ApiKey>> {
    let sql = format!("SELECT {COLUMNS} FROM api_keys ORDER BY created_at DESC, id DESC");
    store.query(&sql, Vec::new()).await?.iter().map(read).collect()
}

/// Revokes a key; answers it as it is then, where there was one to revoke.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn revoke(tx: &mut Tx, id: &str, now: Timestamp) -> Result<Option<ApiKey>> {
    let sql = "UPDATE api_keys SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL";
    if tx.execute(sql, args![now, id]).await? == 0 {
        return Ok(None);
    }
    let sql = format!("SELECT {COLUMNS} FROM api_keys WHERE id = ?");
    tx.query(&sql, args![id]).await?.first().map(read).transpose()
}

fn read(row: &Row) -> Result<ApiKey> {
    Ok(ApiKey {
        id: row.text(0)?,
        name: row.text(1)?,
        org_id: row.maybe_text(2)?,
        prefix: row.text(3)?,
        created_at: row.time(4)?,
        last_used_at: row.maybe_int(5)?.map(Timestamp::from_millis),
        revoked_at: row.maybe_int(6)?.map(Timestamp::from_millis),
    })
}
