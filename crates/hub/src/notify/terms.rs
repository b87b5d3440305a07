//! What the engine has to know of an endpoint to send to it, read and opened once for many messages.

use super::exchange::content_type;
use super::{open_headers, open_secret};
use crate::cx::Cx;
use crate::keys::KeysError;
use http::{HeaderMap, HeaderName, HeaderValue};
use std::collections::HashMap;
use std::time::Duration;
use syncline_core::notify::lane::Rate;
use syncline_core::notify::schedule::Schedule;
use syncline_core::notify::secret::SigningKey;
use syncline_core::notify::sign::{self, Lasting, sign};
use syncline_core::time::Timestamp;
use syncline_store::StoreError;
use syncline_store::notify::endpoints::secrets::{self, StoredSecret};
use syncline_store::notify::endpoints::{self, Endpoint, Health, State};
use url::Url;

/// An endpoint's terms.
#[derive(Debug)]
pub(super) struct Terms {
    /// Which state of its row they are from.
    pub version: i64,
    /// Whether anything is sent to it.
    pub enabled: bool,
    /// Whose it is.
    pub org_id: String,
    /// Where it is; or why it cannot be called.
    pub place: Result<Place, String>,
    /// How much at once.
    pub rate: Option<Rate>,
    /// When it is tried again.
    pub schedule: Schedule,
    /// How long it may do nothing but fail.
    pub disable_after: Option<Duration>,
    /// How it did when they were read.
    pub health: Health,
    /// Its URL as text, for the notice that it was disabled.
    pub url: String,
}

/// What a request needs.
#[derive(Debug)]
pub(super) struct Place {
    pub url: Url,
    headers: HeaderMap,
    keys: Vec<Lasting<SigningKey>>,
}

impl Place {
    /// The headers of a message that is sent now; none when no secret is good any more.
    pub(super) fn headers(&self, id: &str, body: &str, now: Timestamp) -> Option<HeaderMap> {
        let signed = sign(id, body.as_bytes(), &self.keys, now)?;
        let mut headers = self.headers.clone();
        for (name, value) in
            [(sign::ID, signed.id), (sign::TIMESTAMP, signed.timestamp), (sign::SIGNATURE, signed.signature)]
        {
            headers.insert(HeaderName::from_static(name), HeaderValue::try_from(value).ok()?);
        }
        Some(headers)
    }
}

/// The terms of those of these endpoints that there are.
pub(super) async fn read(cx: &Cx, ids: &[&str]) -> Result<HashMap<String, Terms>, StoreError> {
    let rows = endpoints::get_many(&cx.store, ids).await?;
    let mut by_endpoint: HashMap<String, Vec<StoredSecret>> = HashMap::new();
    for secret in secrets::of(&cx.store, ids).await? {
        by_endpoint.entry(secret.endpoint_id.clone()).or_default().push(secret);
    }
    let with_secrets = |row: Endpoint| {
        let secrets = by_endpoint.remove(&row.id).unwrap_or_default();
        (row.id.clone(), of(cx, row, &secrets))
    };
    Ok(rows.into_iter().map(with_secrets).collect())
}

fn of(cx: &Cx, row: Endpoint, secrets: &[StoredSecret]) -> Terms {
    let place = place(cx, &row, secrets).map_err(|error| {
        tracing::error!(endpoint = row.id, %error, "messages to an endpoint cannot be signed: run `syncline doctor`");
        "not sent: the endpoint's secrets cannot be opened; the operator has to bring the sealing key back".to_owned()
    });
    Terms {
        version: row.version,
        enabled: row.state == State::Enabled,
        org_id: row.org_id,
        place,
        rate: row.rate,
        schedule: row.schedule.unwrap_or_else(|| cx.config.notify.schedule.clone()),
        disable_after: cx.config.notify.disable_after.span(),
        health: row.health,
        url: row.url,
    }
}

/// Why messages to an endpoint cannot be sent.
#[derive(Debug, thiserror::Error)]
enum Unusable {
    #[error(transparent)]
    Keys(#[from] KeysError),
    #[error("{0}")]
    Key(#[from] syncline_core::notify::secret::KeyError),
    #[error("its URL is none any more")]
    Url(#[from] url::ParseError),
}

fn place(cx: &Cx, row: &Endpoint, secrets: &[StoredSecret]) -> Result<Place, Unusable> {
    let mut headers = open_headers(cx, &row.id, row.headers.as_ref())?.get().clone();
    let (name, value) = content_type();
    headers.insert(name, value);
    let key = |stored: &StoredSecret| {
        let secret = open_secret(cx, &stored.id, &stored.secret)?;
        Ok::<_, Unusable>(Lasting { what: SigningKey::parse(&secret)?, not_after: stored.not_after })
    };
    let keys = secrets.iter().map(key).collect::<Result<Vec<_>, _>>()?;
    Ok(Place { url: Url::parse(&row.url)?, headers, keys })
}
