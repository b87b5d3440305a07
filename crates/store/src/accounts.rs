//! Which organization an account at a provider belongs to. Events are given their organization from here.

use crate::events::lock_sequence;
use crate::value::{Value, args, in_list};
use crate::{Result, Store, Tx};
use std::collections::BTreeMap;
use syncline_core::time::Timestamp;

/// One account and its owner.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Account {
    /// The provider's name.
    pub provider: String,
    /// The account's id there.
    pub account: String,
    /// The organization it belongs to.
    pub org_id: String,
    /// Since when.
    pub created_at: Timestamp,
}

/// All accounts, by provider and id.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn list(store: &Store) -> Result<Vec<Account>> {
    let rows = store
        .query(
            "SELECT provider, account, org_id, created_at FROM accounts ORDER BY provider, account",
            Vec::new(),
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Account {
                provider: row.text(0)?,
                account: row.text(1)?,
                org_id: row.text(2)?,
                created_at: row.time(3)?,
            })
        })
        .collect()
}

/// The owners of these accounts, as seen by this transaction.
pub(crate) async fn owners(
    tx: &mut Tx,
    provider: &str,
    accounts: &[&str],
) -> Result<BTreeMap<String, String>> {
    let mut owners = BTreeMap::new();
    for chunk in accounts.chunks(512) {
        let (marks, some) = in_list(chunk.iter().map(|account| Value::from(*account)).collect());
        let sql = format!("SELECT account, org_id FROM accounts WHERE provider = ? AND account IN ({marks})");
        let mut values = args![provider];
        values.extend(some);
        for row in tx.query(&sql, values).await? {
            owners.insert(row.text(0)?, row.text(1)?);
        }
    }
    Ok(owners)
}

/// Gives an account to an organization. Events stored before keep their old owner until [`adopt_events`] has run,
/// which the caller queues in the same transaction.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn assign(tx: &mut Tx, provider: &str, account: &str, org_id: &str, now: Timestamp) -> Result<()> {
    // Whoever is storing events right now read the owners before this change; after this lock they are done.
    lock_sequence(tx).await?;
    let touched = tx
        .execute(
            "UPDATE accounts SET org_id = ? WHERE provider = ? AND account = ?",
            args![org_id, provider, account],
        )
        .await?;
    if touched == 0 {
        tx.execute(
            "INSERT INTO accounts (provider, account, org_id, created_at) VALUES (?, ?, ?, ?)",
            args![provider, account, org_id, now],
        )
        .await?;
    }
    Ok(())
}

/// Hands up to `limit` stored events of an account over to its present owner; answers how many it changed. Zero means done.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn adopt_events(tx: &mut Tx, provider: &str, account: &str, limit: u32) -> Result<u64> {
    let Some(org_id) = owners(tx, provider, &[account]).await?.remove(account) else { return Ok(0) };
    let stale = tx
        .query(
            "SELECT seq FROM events WHERE account = ? AND provider = ? AND org_id <> ? ORDER BY id LIMIT ?",
            args![account, provider, org_id.as_str(), limit],
        )
        .await?;
    let mut changed = 0;
    for row in stale {
        changed += tx
            .execute("UPDATE events SET org_id = ? WHERE seq = ?", args![org_id.as_str(), row.int(0)?])
            .await?;
    }
    Ok(changed)
}
