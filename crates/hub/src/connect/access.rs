//! Tokens for whoever calls a provider: the one to use now, renewed first when its end is near.

use super::credentials;
use super::refresh::{self, Why};
use crate::cx::Cx;
use crate::keys::KeysError;
use std::time::Duration;
use syncline_core::renewal;
use syncline_core::secret::Secret;
use syncline_store::connections::{self, Connection, Renewal, Status};
use syncline_store::{Scope, StoreError};

/// A token that may be used now.
#[derive(Clone, Debug)]
pub struct Access {
    /// The connection it is for.
    pub connection: Connection,
    /// The token, or the key.
    pub token: Secret,
    /// Which state of the credentials it is from: [`refused`] tells by it whether somebody has renewed them since.
    pub version: i64,
    /// Whether it was given a moment ago because the one before it was refused.
    fresh: bool,
}

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum Denied {
    /// There is no such connection.
    #[error("there is no such connection")]
    NoSuchConnection,
    /// A person has to connect again; work waits until then.
    #[error("the connection must be authorized again: {0}")]
    NeedsReauthorization(String),
    /// The connection was ended.
    #[error("the connection was ended")]
    Disconnected,
    /// Not now.
    #[error("no token can be had now: {message}")]
    Later {
        /// Why.
        message: String,
        /// When it makes sense to ask again.
        wait: Duration,
    },
    /// Our registration is wrong: only the operator can mend it.
    #[error("the provider does not accept our app: {0}")]
    App(String),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The sealing keys.
    #[error(transparent)]
    Keys(#[from] KeysError),
}

/// The token of a connection, renewed first when its end is near.
///
/// # Errors
/// [`Denied`].
pub async fn access(cx: &Cx, connection_id: &str) -> Result<Access, Denied> {
    let current = current(cx, connection_id).await?;
    if renewal::is_due(current.refresh_at(), cx.now()) {
        return refresh::renewed(cx, current, Why::Due).await;
    }
    current.access(cx)
}

/// The provider refused a token: answers one that was renewed since, by whomever, or renews it. What cannot be renewed, a key say, ends
/// here until a person connects again.
///
/// # Errors
/// [`Denied`].
pub async fn refused(cx: &Cx, access: &Access) -> Result<Access, Denied> {
    let current = current(cx, &access.connection.id).await?;
    if current.renewal.version != access.version {
        return current.access(cx);
    }
    if access.fresh {
        // Renewed for the same reason a moment ago: more of the same helps nobody, and too many renewals end the grant (Airtable facts 2).
        let message = "the provider refuses the token it has just given".to_owned();
        return Err(Denied::Later { message, wait: Duration::from_secs(60) });
    }
    let renewed = refresh::renewed(cx, current, Why::Refused).await?;
    Ok(Access { fresh: true, ..renewed })
}

/// A connection that may be used, with its credentials as they are stored.
#[derive(Clone, Debug)]
pub(super) struct Current {
    pub connection: Connection,
    pub renewal: Renewal,
}

impl Current {
    /// From when on they are to be renewed.
    pub fn refresh_at(&self) -> Option<syncline_core::time::Timestamp> {
        self.renewal.credentials.as_ref()?.refresh_at
    }

    /// The token as it is stored.
    pub fn access(self, cx: &Cx) -> Result<Access, Denied> {
        let Self { connection, renewal } = self;
        let stored = renewal.credentials.ok_or(Denied::Disconnected)?;
        let purse = credentials::open(cx, &renewal.id, &stored.sealed)?;
        Ok(Access { connection, token: purse.access, version: renewal.version, fresh: false })
    }
}

/// Reads a connection and its credentials.
pub(super) async fn current(cx: &Cx, id: &str) -> Result<Current, Denied> {
    let renewal = connections::credentials(&cx.store, id).await?.ok_or(Denied::NoSuchConnection)?;
    let connection = connections::get(&cx.store, &Scope::All, id).await?.ok_or(Denied::NoSuchConnection)?;
    match renewal.status {
        Status::Active => Ok(Current { connection, renewal }),
        Status::Disconnected => Err(Denied::Disconnected),
        Status::NeedsReauthorization => {
            Err(Denied::NeedsReauthorization(connection.reason.unwrap_or_default()))
        }
    }
}
