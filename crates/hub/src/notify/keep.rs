//! What is kept of endpoints beside their rows: where they may be, their headers and secrets, sealed.

use super::guard::{self, Blocked};
use crate::cx::Cx;
use crate::keys::KeysError;
use http::{HeaderMap, HeaderName, HeaderValue};
use std::collections::BTreeMap;
use syncline_core::notify::target::{self, Policy, Refusal};
use syncline_core::secret::Secret;
use syncline_store::notify::endpoints::{self, Sealed, secrets};
use syncline_store::{Store, StoreError};
use url::Url;

/// What the operator allows.
#[must_use]
pub fn policy(cx: &Cx) -> Policy {
    Policy { plain_http: cx.config.notify.plain_http, networks: cx.config.notify.allow.clone() }
}

/// Why a URL is not saved.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlRefused {
    /// For what it says.
    #[error(transparent)]
    Says(#[from] Refusal),
    /// For where it leads.
    #[error(transparent)]
    Leads(#[from] Blocked),
}

/// Looks at a URL that is to be saved, and where its name leads, as far as that is known within a few seconds.
///
/// # Errors
/// [`UrlRefused`], for whoever wrote it.
pub async fn check_url(cx: &Cx, url: &str) -> Result<Url, UrlRefused> {
    let policy = policy(cx);
    let url = target::parse(url, &policy)?;
    guard::look(&*cx.notify.names, &url, &policy.networks).await?;
    Ok(url)
}

/// Headers that an endpoint's requests get.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers(HeaderMap);

/// How many headers an endpoint may have.
pub const MAX_HEADERS: usize = 20;
/// The longest value, in bytes.
pub const MAX_VALUE: usize = 4_096;

/// Names that are not an endpoint's to give: those that frame the request, and those that say what it is.
const OURS: [&str; 14] = [
    "host",
    "content-length",
    "content-type",
    "content-encoding",
    "transfer-encoding",
    "connection",
    "keep-alive",
    "upgrade",
    "te",
    "trailer",
    "expect",
    "proxy-connection",
    "proxy-authorization",
    "user-agent",
];

/// Why headers are not taken. Never says what a value was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeadersRefused {
    /// Too many.
    #[error("an endpoint has at most {MAX_HEADERS} headers")]
    TooMany,
    /// Not a name.
    #[error("`{0}` is not a header's name")]
    Name(String),
    /// A name that is not theirs.
    #[error("`{0}` is set by Syncline itself")]
    Ours(String),
    /// Not a value.
    #[error("the value of `{0}` is not a header's value: visible ASCII, at most {MAX_VALUE} bytes")]
    Value(String),
    /// The same name twice, in other letters.
    #[error("`{0}` is there twice")]
    Twice(String),
}

impl Headers {
    /// Reads headers.
    ///
    /// # Errors
    /// [`HeadersRefused`] naming the first that is wrong.
    pub fn new(given: &BTreeMap<String, String>) -> Result<Self, HeadersRefused> {
        if given.len() > MAX_HEADERS {
            return Err(HeadersRefused::TooMany);
        }
        let mut headers = HeaderMap::with_capacity(given.len());
        for (name, value) in given {
            let shown = || name.chars().take(64).collect::<String>();
            let key = HeaderName::try_from(name.as_str()).map_err(|_| HeadersRefused::Name(shown()))?;
            if OURS.contains(&key.as_str()) || key.as_str().starts_with("webhook-") {
                return Err(HeadersRefused::Ours(shown()));
            }
            let visible = value.len() <= MAX_VALUE && value.bytes().all(|byte| (0x20..0x7f).contains(&byte));
            let mut value = HeaderValue::from_str(value)
                .ok()
                .filter(|_| visible)
                .ok_or_else(|| HeadersRefused::Value(shown()))?;
            value.set_sensitive(true);
            if headers.insert(key, value).is_some() {
                return Err(HeadersRefused::Twice(shown()));
            }
        }
        Ok(Self(headers))
    }

    /// As a request has them.
    #[must_use]
    pub fn get(&self) -> &HeaderMap {
        &self.0
    }

    /// Their names, which are no secrets.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.0.keys().map(|name| name.as_str().to_owned()).collect()
    }

    fn json(&self) -> String {
        let pairs: BTreeMap<&str, &str> =
            self.0.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap_or_default())).collect();
        serde_json::to_string(&pairs).unwrap_or_default()
    }
}

fn place_of_headers(endpoint_id: &str) -> String {
    format!("endpoints/{endpoint_id}/headers")
}

fn place_of_secret(secret_id: &str) -> String {
    format!("endpoint_secrets/{secret_id}/secret")
}

fn seal(cx: &Cx, plain: &Secret, place: &str) -> Result<Sealed, KeysError> {
    let (bytes, key) = cx.keys.seal(plain, place, &cx.dice)?;
    Ok(Sealed { bytes, key: key.to_string() })
}

/// Seals headers for the row of an endpoint; none when there are none.
///
/// # Errors
/// [`KeysError`] when there is no usable key.
pub fn seal_headers(cx: &Cx, endpoint_id: &str, headers: &Headers) -> Result<Option<Sealed>, KeysError> {
    let sealed = || seal(cx, &Secret::new(headers.json()), &place_of_headers(endpoint_id));
    (!headers.0.is_empty()).then(sealed).transpose()
}

/// Opens headers as they are in the row of an endpoint.
///
/// # Errors
/// [`KeysError`]: an unknown key, a seal that was changed or moved, or no usable keys.
pub fn open_headers(cx: &Cx, endpoint_id: &str, sealed: Option<&Sealed>) -> Result<Headers, KeysError> {
    let Some(sealed) = sealed else { return Ok(Headers::default()) };
    let plain = cx.keys.open(&sealed.bytes, &place_of_headers(endpoint_id))?;
    let pairs: BTreeMap<String, String> = serde_json::from_str(plain.expose()).unwrap_or_default();
    Ok(Headers::new(&pairs).unwrap_or_default())
}

/// Seals a signing secret for its row.
///
/// # Errors
/// [`KeysError`] when there is no usable key.
pub fn seal_secret(cx: &Cx, secret_id: &str, secret: &Secret) -> Result<Sealed, KeysError> {
    seal(cx, secret, &place_of_secret(secret_id))
}

/// Opens a signing secret as it is in its row.
///
/// # Errors
/// [`KeysError`]: an unknown key, a seal that was changed or moved, or no usable keys.
pub fn open_secret(cx: &Cx, secret_id: &str, sealed: &Sealed) -> Result<Secret, KeysError> {
    cx.keys.open(&sealed.bytes, &place_of_secret(secret_id))
}

/// How many headers and secrets each key seals.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn sealing_keys(store: &Store) -> Result<Vec<(String, i64)>, StoreError> {
    let of_headers = endpoints::sealing_keys(store).await?;
    Ok(secrets::sealing_keys(store).await?.into_iter().chain(of_headers).collect())
}

/// Rows that are sealed anew in one transaction.
const BATCH: u32 = 100;

/// Seals all headers and secrets with the key that seals now; answers how many were, and how many cannot be opened.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn reseal(cx: &Cx, current: &str) -> Result<(u64, u64), StoreError> {
    let (secrets_done, secrets_lost) = reseal_secrets(cx, current).await?;
    let (headers_done, headers_lost) = reseal_headers(cx, current).await?;
    Ok((secrets_done + headers_done, secrets_lost + headers_lost))
}

async fn reseal_secrets(cx: &Cx, current: &str) -> Result<(u64, u64), StoreError> {
    let (mut done, mut lost) = (0, 0);
    loop {
        // Lost ones stay where they are, so they are read past.
        let batch = secrets::sealed_otherwise(&cx.store, current, read_past(lost)).await?;
        let mut tx = cx.store.begin().await?;
        let (mut sealed_now, mut lost_now) = (0, 0);
        for row in &batch {
            match anew(cx, &row.secret, &place_of_secret(&row.id)) {
                Ok(sealed) => {
                    let stored =
                        secrets::reseal(&mut tx, &row.id, &row.secret.key, &sealed.bytes, &sealed.key)
                            .await?;
                    sealed_now += u64::from(stored);
                }
                Err(error) => {
                    tracing::error!(endpoint = row.endpoint_id, %error, "a signing secret cannot be sealed anew");
                    lost_now += 1;
                }
            }
        }
        tx.commit().await?;
        done += sealed_now;
        lost = lost_now;
        if sealed_now == 0 {
            return Ok((done, lost));
        }
    }
}

async fn reseal_headers(cx: &Cx, current: &str) -> Result<(u64, u64), StoreError> {
    let (mut done, mut lost) = (0, 0);
    loop {
        let batch = endpoints::sealed_otherwise(&cx.store, current, read_past(lost)).await?;
        let mut tx = cx.store.begin().await?;
        let (mut sealed_now, mut lost_now) = (0, 0);
        for row in &batch {
            let Some(before) = &row.headers else { continue };
            match anew(cx, before, &place_of_headers(&row.id)) {
                Ok(sealed) => {
                    let stored =
                        endpoints::reseal(&mut tx, &row.id, &before.key, &sealed.bytes, &sealed.key).await?;
                    sealed_now += u64::from(stored);
                }
                Err(error) => {
                    tracing::error!(endpoint = row.id, %error, "the headers of an endpoint cannot be sealed anew");
                    lost_now += 1;
                }
            }
        }
        tx.commit().await?;
        done += sealed_now;
        lost = lost_now;
        if sealed_now == 0 {
            return Ok((done, lost));
        }
    }
}

fn read_past(lost: u64) -> u32 {
    BATCH.saturating_add(u32::try_from(lost).unwrap_or(u32::MAX))
}

fn anew(cx: &Cx, before: &Sealed, place: &str) -> Result<Sealed, KeysError> {
    seal(cx, &cx.keys.open(&before.bytes, place)?, place)
}
