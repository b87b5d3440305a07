//! An endpoint's secrets: made, shown once, put in the place of older ones.

use super::{Refused, keep};
use crate::audit::{self, Action, To};
use crate::cx::Cx;
use crate::notify;
use std::time::Duration;
use syncline_core::notify::secret::{Scheme, SigningKey, generate};
use syncline_core::secret::Secret;
use syncline_core::time::Timestamp;
use syncline_store::notify::endpoints::secrets::{self, StoredSecret};
use syncline_store::{Scope, Tx};

/// How long an old secret is used beside the new one, when nobody says.
pub const OVERLAP: Duration = Duration::from_hours(24);
/// The longest that it may be.
pub const LONGEST_OVERLAP: Duration = Duration::from_hours(7 * 24);

/// How many may be good at once. Every message is signed with each of them, in one header, and proxies take 8 KB of headers.
pub const MOST_SECRETS: u64 = 5;

/// A secret that somebody wants.
#[derive(Clone, Debug)]
pub enum NewSecret {
    /// One that is made now.
    Generated(Scheme),
    /// One that a receiver has already, as when it moves here from elsewhere.
    Given(Secret),
}

impl Default for NewSecret {
    fn default() -> Self {
        Self::Generated(Scheme::Hmac)
    }
}

/// A secret that was made, to be shown this once.
#[derive(Clone, Debug)]
pub struct Made {
    /// What is known of it later.
    pub view: SecretView,
    /// The secret itself.
    pub secret: Secret,
}

/// What may be shown of a secret.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct SecretView {
    /// Its id.
    pub id: String,
    /// How it signs; none when it cannot be opened.
    pub scheme: Option<Scheme>,
    /// What a receiver verifies with, for a key pair: the `whpk_…`.
    pub public_key: Option<String>,
    /// From when on it is not used any more; none: until it is replaced.
    pub not_after: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// The secrets of an endpoint, the latest first, without what they are.
///
/// # Errors
/// [`Refused::Gone`], [`Refused::Store`].
pub async fn list(cx: &Cx, scope: &Scope, endpoint_id: &str) -> Result<Vec<SecretView>, Refused> {
    keep::get(cx, scope, endpoint_id).await?;
    let (found, now) = (secrets::of(&cx.store, &[endpoint_id]).await?, cx.now());
    let good = found.iter().filter(|one| one.not_after.is_none_or(|end| now < end));
    Ok(good.map(|one| view(one, notify::open_secret(cx, &one.id, &one.secret).ok().as_ref())).collect())
}

/// Puts a new secret in the place of the others, which are used beside it for `overlap`.
///
/// # Errors
/// [`Refused`] with what cannot be; then nothing changed.
pub async fn rotate(
    cx: &Cx,
    scope: &Scope,
    endpoint_id: &str,
    new: NewSecret,
    overlap: Duration,
) -> Result<Made, Refused> {
    if overlap > LONGEST_OVERLAP {
        return Err(Refused::Overlap);
    }
    let now = cx.now();
    let (stored, made) = make(cx, endpoint_id, new)?;
    let mut tx = cx.store.begin().await?;
    let known = syncline_store::notify::endpoints::get_in(&mut tx, scope, endpoint_id).await?;
    let known = known.ok_or(Refused::Gone)?;
    if secrets::rotate(&mut tx, &stored, now.plus(overlap), now).await? > MOST_SECRETS {
        return Err(Refused::TooManySecrets);
    }
    let to = To { org_id: &known.org_id, id: endpoint_id };
    audit::note(cx, &mut tx, Action::EndpointSecretRotated, to, known.description).await?;
    tx.commit().await?;
    notify::changed(cx);
    tracing::info!(endpoint = endpoint_id, "an endpoint's secret was rotated");
    Ok(made)
}

/// A new endpoint's first secret.
pub(super) async fn add_first(
    cx: &Cx,
    tx: &mut Tx,
    endpoint_id: &str,
    new: NewSecret,
) -> Result<Made, Refused> {
    let (stored, made) = make(cx, endpoint_id, new)?;
    secrets::add(tx, &stored).await?;
    Ok(made)
}

fn make(cx: &Cx, endpoint_id: &str, new: NewSecret) -> Result<(StoredSecret, Made), Refused> {
    let secret = match new {
        NewSecret::Generated(scheme) => cx.dice.with(|rng| generate(scheme, rng)),
        NewSecret::Given(secret) => secret,
    };
    SigningKey::parse(&secret)?;
    let now = cx.now();
    let id = cx.dice.id("sec", now);
    let stored = StoredSecret {
        secret: notify::seal_secret(cx, &id, &secret)?,
        id,
        endpoint_id: endpoint_id.to_owned(),
        not_after: None,
        created_at: now,
    };
    let made = Made { view: view(&stored, Some(&secret)), secret };
    Ok((stored, made))
}

fn view(stored: &StoredSecret, secret: Option<&Secret>) -> SecretView {
    let key = secret.and_then(|secret| SigningKey::parse(secret).ok());
    SecretView {
        id: stored.id.clone(),
        scheme: key.as_ref().map(SigningKey::scheme),
        public_key: key.and_then(|key| key.public()),
        not_after: stored.not_after,
        created_at: stored.created_at,
    }
}
