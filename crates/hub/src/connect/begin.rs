//! The beginning of an authorization: what the browser is sent away with, and what is kept until it comes back.

use super::apps::{self, AppError};
use super::keep::ConnectError;
use crate::audit::{self, Action, To};
use crate::config::Config;
use crate::cx::Cx;
use crate::keys::KeysError;
use data_encoding::HEXLOWER;
use http::Uri;
use syncline_core::event::MAX_COLUMN_CHARS;
use syncline_core::oauth::{challenge, fingerprint, new_state, new_verifier};
use syncline_core::secret::Secret;
use syncline_providers::connect::Ask;
use syncline_store::StoreError;
use syncline_store::connections::authorizations::{self, Authorization};

/// Who wants to connect what.
#[derive(Clone, Copy, Debug)]
pub struct Begin<'a> {
    /// For which organization.
    pub org_id: &'a str,
    /// By which of its users; may be empty.
    pub user_id: &'a str,
    /// At which provider.
    pub provider: &'a str,
    /// Through which app; none: the only one of the provider.
    pub app: Option<&'a str>,
    /// Where the provider sends the browser back to.
    pub redirect_uri: &'a str,
    /// The page that is to be told the result, as browsers write origins.
    pub origin: Option<&'a str>,
    /// What the browser proves itself with when it comes back: a random token in a cookie.
    pub browser: &'a Secret,
}

/// Why an authorization does not begin.
#[derive(Debug, thiserror::Error)]
pub enum BeginError {
    /// No app, or not the one that was meant.
    #[error(transparent)]
    App(#[from] AppError),
    /// A name that cannot be.
    #[error("`{0}` is 1 to {MAX_COLUMN_CHARS} characters without control characters")]
    BadName(&'static str),
    /// A page that may not begin one.
    #[error("{0} is not in connect.allowed_origins")]
    OriginNotAllowed(String),
    /// Ours.
    #[error(transparent)]
    Failed(#[from] ConnectError),
}

impl From<StoreError> for BeginError {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<KeysError> for BeginError {
    fn from(error: KeysError) -> Self {
        Self::Failed(error.into())
    }
}

/// Begins an authorization: answers where to send the browser. The URL holds no secret of ours but the `state`, which is good once, for
/// `connect.state_ttl`, and for this browser only.
///
/// # Errors
/// [`BeginError`].
pub async fn begin(cx: &Cx, ask: Begin<'_>) -> Result<String, BeginError> {
    let oauth = apps::oauth(ask.provider)?;
    let registration = apps::registration(&cx.config, ask.provider, ask.app)?;
    check(&cx.config, &ask)?;
    let (state, verifier) = cx.dice.with(|rng| (new_state(rng), new_verifier(rng)));
    let print = HEXLOWER.encode(&fingerprint(state.expose()));
    let (sealed, _) = cx.keys.seal(&verifier, &place(&print), &cx.dice)?;
    let now = cx.now();
    let authorization = Authorization {
        state: print,
        browser: HEXLOWER.encode(&fingerprint(ask.browser.expose())),
        org_id: ask.org_id.to_owned(),
        user_id: ask.user_id.to_owned(),
        provider: ask.provider.to_owned(),
        app: registration.name.clone(),
        verifier: sealed,
        redirect_uri: ask.redirect_uri.to_owned(),
        origin: ask.origin.map(str::to_owned),
        created_at: now,
        expires_at: now.plus(cx.config.connect.state_ttl.get()),
    };
    let mut tx = cx.store.begin().await?;
    authorizations::begin(&mut tx, &authorization).await?;
    let to = To { org_id: ask.org_id, id: "" };
    let what = format!("{} through the app {}", ask.provider, registration.name);
    audit::note(cx, &mut tx, Action::ConnectionAuthorized, to, what).await?;
    tx.commit().await?;
    let wanted = Ask {
        redirect_uri: ask.redirect_uri,
        scopes: &registration.scopes,
        optional_scopes: &registration.optional_scopes,
        state: &state,
        challenge: &challenge(&verifier),
    };
    // The URL needs no secret of the app's, so any will do.
    Ok(oauth.authorize_url(&registration.with(&registration.secrets[0]), &wanted))
}

/// Where the verifier of an authorization is sealed for.
pub(super) fn place(state: &str) -> String {
    format!("authorizations/{state}/verifier")
}

fn check(config: &Config, ask: &Begin<'_>) -> Result<(), BeginError> {
    let fits = |name: &str| name.chars().count() <= MAX_COLUMN_CHARS && !name.chars().any(char::is_control);
    if ask.org_id.is_empty() || !fits(ask.org_id) {
        return Err(BeginError::BadName("org_id"));
    }
    if !fits(ask.user_id) {
        return Err(BeginError::BadName("user_id"));
    }
    match ask.origin {
        Some(origin) if !may_begin(config, origin) => {
            Err(BeginError::OriginNotAllowed(origin.chars().take(MAX_COLUMN_CHARS).collect()))
        }
        _ => Ok(()),
    }
}

/// Whether pages of this origin may begin an authorization and hear of its end: our own, and those that are configured.
#[must_use]
pub fn may_begin(config: &Config, origin: &str) -> bool {
    let own = config.server.public_url.as_str().parse::<Uri>().ok().and_then(|url| {
        let (scheme, place) = (url.scheme_str()?, url.authority()?);
        Some(format!("{scheme}://{place}").to_ascii_lowercase())
    });
    own.as_deref() == Some(origin) || config.connect.allowed_origins.has(origin)
}
