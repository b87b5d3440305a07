//! The secrets that messages to an endpoint are signed with, sealed. While one takes another's place both are used.

use super::Sealed;
use crate::notify::{PIECE, maybe_time};
use crate::value::{Row, Value, args, in_list};
use crate::{Result, Store, Tx};
use syncline_core::time::Timestamp;

/// A secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSecret {
    /// Its id.
    pub id: String,
    /// The endpoint it belongs to.
    pub endpoint_id: String,
    /// The secret.
    pub secret: Sealed,
    /// From when on it is not used any more; none: until it is replaced.
    pub not_after: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
}

const COLUMNS: &str = "id, endpoint_id, secret, sealed_with, not_after, created_at";

/// Adds the first secret of a new endpoint.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn add(tx: &mut Tx, new: &StoredSecret) -> Result<()> {
    let sql = format!("INSERT INTO endpoint_secrets ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)");
    let values = args![
        new.id.as_str(),
        new.endpoint_id.as_str(),
        new.secret.bytes.as_slice(),
        new.secret.key.as_str(),
        new.not_after,
        new.created_at
    ];
    tx.execute(&sql, values).await.map(|_| ())
}

/// Puts `new` in the place of its endpoint's other secrets. They are used beside it until `old_until`, unless they end before, and those
/// that ended are forgotten. A change of the endpoint, so that whoever sends to it reads its secrets again. Answers how many it has then.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn rotate(tx: &mut Tx, new: &StoredSecret, old_until: Timestamp, now: Timestamp) -> Result<u64> {
    let endpoint = new.endpoint_id.as_str();
    let shorten = "UPDATE endpoint_secrets SET not_after = ? WHERE endpoint_id = ? AND (not_after IS NULL OR not_after > ?)";
    tx.execute(shorten, args![old_until, endpoint, old_until]).await?;
    let forget = "DELETE FROM endpoint_secrets WHERE endpoint_id = ? AND not_after <= ?";
    tx.execute(forget, args![endpoint, now]).await?;
    let changed = "UPDATE endpoints SET updated_at = ?, version = version + 1 WHERE id = ?";
    tx.execute(changed, args![now, endpoint]).await?;
    add(tx, new).await?;
    let sql = "SELECT COUNT(*) FROM endpoint_secrets WHERE endpoint_id = ?";
    let rows = tx.query(sql, args![endpoint]).await?;
    rows.first().map_or(Ok(0), |row| Ok(u64::try_from(row.int(0)?).unwrap_or(0)))
}

/// The secrets of these endpoints: by endpoint, the latest first.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn of(store: &Store, endpoint_ids: &[&str]) -> Result<Vec<StoredSecret>> {
    let mut found = Vec::new();
    for piece in endpoint_ids.chunks(PIECE) {
        let (marks, values) = in_list(piece.iter().map(|id| Value::from(*id)).collect());
        let sql = format!("SELECT {COLUMNS} FROM endpoint_secrets WHERE endpoint_id IN ({marks})");
        for row in store.query(&sql, values).await? {
            found.push(read(&row)?);
        }
    }
    found.sort_by(|a, b| (&a.endpoint_id, b.created_at, &b.id).cmp(&(&b.endpoint_id, a.created_at, &a.id)));
    Ok(found)
}

/// The keys that secrets are sealed with, and how many with each.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn sealing_keys(store: &Store) -> Result<Vec<(String, i64)>> {
    let sql = "SELECT sealed_with, COUNT(*) FROM endpoint_secrets GROUP BY sealed_with ORDER BY sealed_with";
    store.query(sql, Vec::new()).await?.iter().map(|row| Ok((row.text(0)?, row.int(1)?))).collect()
}

/// Secrets that were sealed with another key than `current`, at most `limit`.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn sealed_otherwise(store: &Store, current: &str, limit: u32) -> Result<Vec<StoredSecret>> {
    let sql = format!("SELECT {COLUMNS} FROM endpoint_secrets WHERE sealed_with <> ? ORDER BY id LIMIT ?");
    store.query(&sql, args![current, limit]).await?.iter().map(read).collect()
}

/// Stores a secret that was sealed anew with the key `sealed_with`. False when it is not sealed with `before` any more: then somebody
/// else did it.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn reseal(tx: &mut Tx, id: &str, before: &str, secret: &[u8], sealed_with: &str) -> Result<bool> {
    let sql = "UPDATE endpoint_secrets SET secret = ?, sealed_with = ? WHERE id = ? AND sealed_with = ?";
    Ok(tx.execute(sql, args![secret, sealed_with, id, before]).await? == 1)
}

fn read(row: &Row) -> Result<StoredSecret> {
    Ok(StoredSecret {
        id: row.text(0)?,
        endpoint_id: row.text(1)?,
        secret: Sealed { bytes: row.bytes(2)?.to_vec(), key: row.text(3)? },
        not_after: maybe_time(row, 4)?,
        created_at: row.time(5)?,
    })
}
