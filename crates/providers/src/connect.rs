//! Connecting an account: OAuth as each provider speaks it, keys that a user pastes, and whose account a token is for.

use crate::wire::{Call, Fault, Hosts, Reply};
use std::time::Duration;
use syncline_core::secret::Secret;
use syncline_core::time::Timestamp;

/// Our registration at a provider.
#[derive(Clone, Copy, Debug)]
pub struct App<'a> {
    /// Where the provider is.
    pub hosts: &'a Hosts,
    /// The client id.
    pub client_id: &'a str,
    /// The client secret.
    pub client_secret: &'a Secret,
}

/// What an authorization asks for.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// Where the browser comes back to.
    pub redirect_uri: &'a str,
    /// Scopes that must be granted. Providers without scopes ignore them.
    pub scopes: &'a [String],
    /// Scopes that may be granted.
    pub optional_scopes: &'a [String],
    /// The `state`.
    pub state: &'a Secret,
    /// The S256 challenge.
    pub challenge: &'a str,
}

/// What a token endpoint gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tokens {
    /// The access token.
    pub access: Secret,
    /// The refresh token; none for connections that cannot be refreshed.
    pub refresh: Option<Secret>,
    /// When the access token ends; none where the provider does not say.
    pub expires_at: Option<Timestamp>,
    /// When the refresh token ends; none where it does not, or the provider does not say.
    pub refresh_expires_at: Option<Timestamp>,
    /// What was granted, where the provider says.
    pub scopes: Vec<String>,
    /// Whose account, where the answer says so.
    pub account: Option<Account>,
}

/// An account at a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its id there, as webhooks name it too.
    pub id: String,
    /// What people call it.
    pub name: String,
}

/// Why a token endpoint gave nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The code or the refresh token is not (or no longer) good: only a person can help.
    #[error("the authorization is no longer valid: {0}")]
    Grant(String),
    /// Our own registration is wrong: id, secret, redirect URI.
    #[error("the provider does not accept our app: {0}")]
    App(String),
    /// Somebody refreshed the same token a moment ago: read what they stored.
    #[error("the token was refreshed a moment ago")]
    JustRefreshed,
    /// Not now.
    #[error("not now: {message}")]
    Later {
        /// What it said.
        message: String,
        /// How long it says to wait.
        wait: Option<Duration>,
    },
    /// The answer cannot be understood.
    #[error("the answer cannot be understood: {0}")]
    Unreadable(&'static str),
}

/// OAuth 2.0 as a provider speaks it.
pub trait OAuth: Sync {
    /// Where to send the browser.
    fn authorize_url(&self, app: &App<'_>, ask: &Ask<'_>) -> String;

    /// Exchanges a code. `redirect_uri` as it was asked with.
    fn exchange(&self, app: &App<'_>, code: &Secret, verifier: &Secret, redirect_uri: &str) -> Call;

    /// Asks for new tokens.
    fn refresh(&self, app: &App<'_>, refresh: &Secret) -> Call;

    /// Reads the answer to either.
    ///
    /// # Errors
    /// [`Refused`].
    fn tokens(&self, reply: &Reply<'_>, now: Timestamp) -> Result<Tokens, Refused>;

    /// Withdraws the tokens; none where the provider has no such call.
    fn revoke(&self, app: &App<'_>, tokens: &Tokens) -> Option<Call>;
}

/// Connecting to a provider, by OAuth or by a key.
pub trait Connect: Sync {
    /// OAuth; none where the provider has only keys.
    fn oauth(&self) -> Option<&'static dyn OAuth>;

    /// Whether this could be a key or a personal token of the provider, by its looks: none when it could, else what is wrong, for
    /// the person who pasted it.
    fn look_at_key(&self, key: &Secret) -> Option<&'static str>;

    /// Asks whose token or key it is; also the test of a key before it is kept.
    fn identify(&self, hosts: &Hosts, token: &Secret) -> Call;

    /// Reads the answer.
    ///
    /// # Errors
    /// [`Fault`]; `Unauthorized` when the token is not good.
    fn account(&self, reply: &Reply<'_>, token: &Secret) -> Result<Account, Fault>;
}
