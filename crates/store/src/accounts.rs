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
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn owners(tx: &mut Tx, provider: &str, accounts: &[&str]) -> Result<BTreeMap<String, String>> {
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
            "UPDATE accounts SET org_id = ?, adopted_to = NULL WHERE provider = ? AND account = ?",
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

/// What came of [`claim`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// It belonged to nobody, and belongs to the organization now. The caller queues [`adopt_events`].
    Given,
    /// It belonged to the organization already.
    Own,
    /// It belongs to another organization, and stays there.
    OfAnother,
}

/// Gives an account to an organization unless it belongs to another one.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn claim(
    tx: &mut Tx,
    provider: &str,
    account: &str,
    org_id: &str,
    now: Timestamp,
) -> Result<Claim> {
    // As in `assign`; it also lets one of several who claim the same account go before the others.
    lock_sequence(tx).await?;
    match owners(tx, provider, &[account]).await?.get(account) {
        Some(owner) if owner == org_id => Ok(Claim::Own),
        Some(_) => Ok(Claim::OfAnother),
        None => assign(tx, provider, account, org_id, now).await.map(|()| Claim::Given),
    }
}

/// Takes an account from an organization that was given it at `since` or later: from now on its events belong to nobody. Answers
/// whether it was so.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn release(
    tx: &mut Tx,
    provider: &str,
    account: &str,
    org_id: &str,
    since: Timestamp,
) -> Result<bool> {
    lock_sequence(tx).await?;
    let sql = "DELETE FROM accounts WHERE provider = ? AND account = ? AND org_id = ? AND created_at >= ?";
    Ok(tx.execute(sql, args![provider, account, org_id, since]).await? == 1)
}

/// Goes on handing the stored events of an account over to its present owner: looks at the next `limit` of them and answers how many
/// there were. Fewer than `limit` means done.
///
/// One walk from the oldest to the latest is enough, however long it takes: what is stored after [`assign`] has the right owner.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn adopt_events(tx: &mut Tx, provider: &str, account: &str, limit: u32) -> Result<u64> {
    // Locks the row: until this is committed the account stays with its owner.
    let lock = "UPDATE accounts SET adopted_to = adopted_to WHERE provider = ? AND account = ?";
    tx.execute(lock, args![provider, account]).await?;
    let walk = "SELECT org_id, adopted_to FROM accounts WHERE provider = ? AND account = ?";
    let walk = tx.query(walk, args![provider, account]).await?;
    let Some(walk) = walk.first() else { return Ok(0) };
    let (owner, adopted_to) = (walk.text(0)?, walk.maybe_bytes(1)?.unwrap_or_default());
    let next = "SELECT id, org_id, seq FROM events WHERE account = ? AND provider = ? AND id > ? ORDER BY id LIMIT ?";
    let next = tx.query(next, args![account, provider, adopted_to, limit]).await?;
    let Some(last) = next.last() else { return Ok(0) };
    for row in &next {
        if row.text(1)? != owner {
            let adopt = "UPDATE events SET org_id = ? WHERE seq = ?";
            tx.execute(adopt, args![owner.as_str(), row.int(2)?]).await?;
        }
    }
    let so_far = "UPDATE accounts SET adopted_to = ? WHERE provider = ? AND account = ?";
    tx.execute(so_far, args![last.bytes(0)?, provider, account]).await?;
    Ok(next.len() as u64)
}
