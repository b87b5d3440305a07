//! Leases: one process at a time is responsible for something, until its lease runs out.

use crate::value::args;
use crate::{Result, Store, StoreError};
use std::time::Duration;
use syncline_core::time::Timestamp;

/// Takes or renews the lease called `name` for `owner`; answers whether `owner` now holds it. A holder that stops renewing
/// loses it after `span`.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn hold(store: &Store, name: &str, owner: &str, now: Timestamp, span: Duration) -> Result<bool> {
    let until = now.plus(span);
    let mut tx = store.begin().await?;
    let taken = tx
        .execute(
            "UPDATE leases SET owner = ?, until = ? WHERE name = ? AND (owner = ? OR until <= ?)",
            args![owner, until, name, owner, now],
        )
        .await?;
    if taken == 0 && tx.query("SELECT until FROM leases WHERE name = ?", args![name]).await?.is_empty() {
        // Two who find no row collide on its primary key, and one of them is refused.
        let insert = "INSERT INTO leases (name, owner, until) VALUES (?, ?, ?)";
        return match tx.execute(insert, args![name, owner, until]).await {
            Ok(_) => tx.commit().await.map(|()| true),
            Err(StoreError::Rejected(_)) => Ok(false),
            Err(error) => Err(error),
        };
    }
    tx.commit().await?;
    Ok(taken == 1)
}

/// Gives a lease back early, so that the next holder need not wait for its end.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn give_back(store: &Store, name: &str, owner: &str) -> Result<()> {
    store.execute("DELETE FROM leases WHERE name = ? AND owner = ?", args![name, owner]).await.map(|_| ())
}
