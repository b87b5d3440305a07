//! A provider tells the secret that it will sign with (Notion facts 8). Anybody can send one, so it counts only once a person has
//! confirmed it at the provider and put it into the configuration; until then the latest is kept, sealed, for that person to see.
//!
//! The intake asks no database: what arrived goes sealed through the log, as everything else does.

use super::keep;
use super::report::Verification;
use super::want::of_app;
use crate::cx::Cx;
use crate::dice::Dice;
use crate::keys::{Keys, KeysError};
use bytes::Bytes;
use data_encoding::BASE64;
use syncline_core::seal::made_with;
use syncline_core::secret::Secret;
use syncline_core::segment::LoggedDelivery;
use syncline_core::time::Timestamp;
use syncline_store::hooks::{self, Hook};
use syncline_store::{StoreError, Tx};

/// How a logged handshake begins. A provider's webhook goes to the log as an array and never so.
const BEGINNING: &[u8] = b"{\"handshake\":\"";
/// And ends.
const END: &[u8] = b"\"}";

/// The row's id at the provider: there is one for an app.
const REMOTE_ID: &str = "verification";

/// A handshake that arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handshake {
    /// At which provider.
    pub provider: String,
    /// For which app.
    pub app: String,
    /// The secret, sealed for its row.
    pub sealed: Vec<u8>,
    /// When it arrived.
    pub received_at: Timestamp,
}

/// The same for one app, so that the seal is good for the row before there is one.
fn id(provider: &str, app: &str) -> String {
    format!("hok_{provider}_{app}")
}

/// What goes to the log.
///
/// # Errors
/// [`KeysError`] when nothing can be sealed.
pub fn body(keys: &Keys, dice: &Dice, provider: &str, app: &str, token: &Secret) -> Result<Bytes, KeysError> {
    let (sealed, _) = keys.seal(token, &keep::place(&id(provider, app)), dice)?;
    Ok([BEGINNING, BASE64.encode(&sealed).as_bytes(), END].concat().into())
}

/// The handshake that a delivery from the log is; none when it is a webhook.
#[must_use]
pub fn told(delivery: &LoggedDelivery) -> Option<Handshake> {
    let sealed = delivery.body.strip_prefix(BEGINNING)?.strip_suffix(END)?;
    Some(Handshake {
        provider: delivery.provider.to_string(),
        app: delivery.app.to_string(),
        sealed: BASE64.decode(sealed).ok()?,
        received_at: delivery.received_at,
    })
}

/// Keeps it in place of the one before.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn store(tx: &mut Tx, told: Handshake) -> Result<(), StoreError> {
    let Handshake { provider, app, sealed, received_at } = told;
    let hook = Hook {
        id: id(&provider, &app),
        connection_id: of_app(&provider, &app),
        remote_id: REMOTE_ID.to_owned(),
        part: String::new(),
        url: String::new(),
        sealed_with: made_with(&sealed).ok().map(|key| key.to_string()),
        secret: Some(sealed),
        cursor: None,
        expires_at: None,
        created_at: received_at,
        updated_at: received_at,
        provider,
    };
    hooks::keep(tx, &hook).await
}

/// The latest that arrived for an app.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn arrived(cx: &Cx, owner: &str) -> Result<Option<Verification>, StoreError> {
    let rows = hooks::list(&cx.store, owner).await?;
    let Some(row) = rows.into_iter().find(|row| row.remote_id == REMOTE_ID) else { return Ok(None) };
    let Some(sealed) = row.secret else { return Ok(None) };
    match cx.keys.open(&sealed, &keep::place(&row.id)) {
        Ok(token) => Ok(Some(Verification { token, arrived_at: row.updated_at })),
        Err(error) => {
            tracing::warn!(%error, "a verification token cannot be opened; have the provider send it again");
            Ok(None)
        }
    }
}
