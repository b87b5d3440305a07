//! What callers carry for us: sealed, short-lived, stored nowhere. Whoever holds one can use it and cannot read or change it.

use crate::cx::Cx;
use crate::keys::KeysError;
use data_encoding::BASE64URL_NOPAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use syncline_core::secret::Secret;
use syncline_core::time::Timestamp;

/// Something sealed, and what it is good for.
pub trait Sealed: Serialize + DeserializeOwned {
    /// Keeps one kind from being taken for another.
    const PLACE: &'static str;
}

/// Why something sealed is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealedError {
    /// It is not ours, was changed, was sealed for something else, or with a key that is gone.
    #[error("it is not one of ours, or was changed on the way")]
    NotOurs,
    /// It was good until a while ago.
    #[error("it has expired")]
    Expired,
    /// The sealing keys cannot be used: ours.
    #[error(transparent)]
    Keys(KeysError),
}

#[derive(Deserialize, Serialize)]
struct Envelope<T> {
    /// Milliseconds since the epoch.
    until: i64,
    what: T,
}

/// Seals `what`; answers the text, which fits a URL, and when it stops being good.
///
/// # Errors
/// [`KeysError`] when there is no usable key.
pub fn seal<T: Sealed>(cx: &Cx, what: &T, ttl: Duration) -> Result<(String, Timestamp), KeysError> {
    let until = cx.now().plus(ttl);
    let envelope = Envelope { until: until.as_millis(), what };
    let plain = Secret::new(serde_json::to_string(&envelope).expect("plain structs are JSON"));
    let (sealed, _) = cx.keys.seal(&plain, T::PLACE, &cx.dice)?;
    Ok((BASE64URL_NOPAD.encode(&sealed), until))
}

/// Opens what [`seal`] made.
///
/// # Errors
/// [`SealedError`].
pub fn open<T: Sealed>(cx: &Cx, text: &str) -> Result<T, SealedError> {
    let sealed = BASE64URL_NOPAD.decode(text.trim().as_bytes()).map_err(|_| SealedError::NotOurs)?;
    let plain = cx.keys.open(&sealed, T::PLACE).map_err(|error| match error {
        KeysError::Seal(_) => SealedError::NotOurs,
        other => SealedError::Keys(other),
    })?;
    let envelope: Envelope<T> = serde_json::from_str(plain.expose()).map_err(|_| SealedError::NotOurs)?;
    if cx.now().as_millis() >= envelope.until {
        return Err(SealedError::Expired);
    }
    Ok(envelope.what)
}

/// A link that begins an authorization in whatever browser opens it: made by an application's server or by the seed's routes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Ticket {
    /// For which organization.
    pub org_id: String,
    /// By which of its users; may be empty.
    pub user_id: String,
    /// At which provider.
    pub provider: String,
    /// Through which app.
    pub app: Option<String>,
    /// The page that is to be told the result.
    pub origin: Option<String>,
}

impl Sealed for Ticket {
    const PLACE: &'static str = "connect/ticket";
}

/// What an application hands to its own page, so that the page can connect accounts for one organization and do nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Token {
    /// For which organization.
    pub org_id: String,
    /// By which of its users; may be empty.
    pub user_id: String,
    /// At which providers; empty: any.
    pub providers: Vec<String>,
}

impl Sealed for Token {
    const PLACE: &'static str = "connect/token";
}

impl Token {
    /// Whether it is good for this provider.
    #[must_use]
    pub fn allows(&self, provider: &str) -> bool {
        self.providers.is_empty() || self.providers.iter().any(|allowed| allowed == provider)
    }
}

/// What stands for a connection in the hands of a page: it reads that connection's records and nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Handle {
    /// The connection.
    pub connection_id: String,
}

impl Sealed for Handle {
    const PLACE: &'static str = "connect/handle";
}
