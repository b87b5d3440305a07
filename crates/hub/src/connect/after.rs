//! What follows in other rooms when a connection begins, stops or ends. Called in the transaction that changes the connection.

use crate::counters::work as counters;
use crate::cx::Cx;
use crate::load;
use crate::news;
use crate::setup;
use crate::sync;
use syncline_store::connections::Connection;
use syncline_store::connections::authorizations::Authorization;
use syncline_store::{StoreError, Tx, positions, records, stale};

/// What the application is told about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// An account was connected, or connected again.
    Created,
    /// The provider does not accept the credentials any more; a person has to connect again.
    NeedsReauthorization,
    /// The connection was ended.
    Deleted,
}

impl News {
    /// The notification's stable name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Created => "connection.created",
            Self::NeedsReauthorization => "connection.needs_reauthorization",
            Self::Deleted => "connection.deleted",
        }
    }
}

/// A connection can be worked with (again): what waited for it goes on.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn resumed(cx: &Cx, tx: &mut Tx, connection: &Connection) -> Result<(), StoreError> {
    load::resumed(cx, tx, connection).await?;
    sync::resumed(cx, tx, connection).await?;
    counters::resumed(cx, tx, connection).await?;
    setup::resumed(cx, tx, connection).await
}

/// A connection is over: what is under way for it ends.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn ended(cx: &Cx, tx: &mut Tx, connection_id: &str) -> Result<(), StoreError> {
    load::ended(tx, connection_id, cx.now()).await?;
    sync::ended(cx, tx, connection_id).await?;
    counters::ended(cx, tx, connection_id).await?;
    stale::erase(tx, connection_id).await.map(|_| ())
}

/// Tells the application what became of a connection.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn tell(cx: &Cx, tx: &mut Tx, news: News, connection: &Connection) -> Result<(), StoreError> {
    let payload = serde_json::json!({
        "webhook_event_type": news.name(),
        "connection_id": connection.id,
        "customer_id": connection.org_id,
        "provider_name": connection.provider,
        "account": connection.account,
        "account_name": connection.account_name,
        "reason": connection.reason,
    });
    let (org_id, connection_id) = (connection.org_id.as_str(), Some(connection.id.as_str()));
    let told = news::News { org_id, connection_id, kind: news.name(), payload: payload.to_string() };
    news::queue(cx, tx, told).await?;
    tracing::info!(
        news = news.name(),
        connection = connection.id,
        provider = connection.provider,
        org_id = connection.org_id,
        reason = connection.reason,
        "a connection changed"
    );
    Ok(())
}

/// An authorization came to nothing.
const REFUSED: &str = "connection.refused";

/// Tells the application that an authorization came to nothing, and why: `denied`, `expired`, `replayed` and so on.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn tell_refused(
    cx: &Cx,
    tx: &mut Tx,
    of: &Authorization,
    outcome: &'static str,
) -> Result<(), StoreError> {
    let payload = serde_json::json!({
        "webhook_event_type": REFUSED,
        "customer_id": of.org_id,
        "user_id": of.user_id,
        "provider_name": of.provider,
        "outcome": outcome,
    });
    let payload = payload.to_string();
    let told = news::News { org_id: &of.org_id, connection_id: None, kind: REFUSED, payload };
    news::queue(cx, tx, told).await
}

/// Records erased in one transaction.
const BATCH: u32 = 1_000;

/// Erases a batch of what was loaded through an ended connection; answers whether there is more.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn erase(cx: &Cx, connection_id: &str) -> Result<bool, StoreError> {
    let mut tx = cx.store.begin().await?;
    let erased = records::erase(&mut tx, connection_id, BATCH).await?;
    positions::forget(&mut tx, connection_id).await?;
    tx.commit().await?;
    Ok(erased >= u64::from(BATCH))
}
