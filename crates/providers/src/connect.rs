//! Connecting an account: OAuth as each provider speaks it, keys that a user pastes, and whose account a token is for.

use crate::wire::{Call, Fault, Hosts, Reply, words};
use crate::{airtable, hubspot, notion, tentoeight};
use serde_json::Value;
use std::time::Duration;
use syncline_core::secret::Secret;
use syncline_core::time::Timestamp;

/// Every provider an account of which can be connected, with its id.
pub static CONNECTORS: &[(&str, &dyn Connect)] = &[
    (hubspot::ID, &hubspot::HubSpot),
    (notion::ID, &notion::Notion),
    (airtable::ID, &airtable::Airtable),
    (tentoeight::ID, &tentoeight::TenToEight),
];

/// How to connect to the provider that goes by `provider` in URLs, rows and configuration.
#[must_use]
pub fn connect(provider: &str) -> Option<&'static dyn Connect> {
    CONNECTORS.iter().find(|(id, _)| *id == provider).map(|(_, connector)| *connector)
}

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

/// How a connection proves itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credential {
    /// Tokens of an OAuth app.
    OAuth,
    /// A key or personal token that a user pasted.
    Key,
}

/// OAuth 2.0 as a provider speaks it.
pub trait OAuth: Sync {
    /// Where to send the browser.
    fn authorize_url(&self, app: &App<'_>, ask: &Ask<'_>) -> String;

    /// Exchanges a code. `redirect_uri` as it was asked with.
    fn exchange(&self, app: &App<'_>, code: &Secret, verifier: &Secret, redirect_uri: &str) -> Call;

    /// Asks for new tokens.
    fn refresh(&self, app: &App<'_>, refresh: &Secret) -> Call;

    /// Reads the answer to either. A refresh that brings no refresh token leaves the one it was made with good (RFC 6749, 6).
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

    /// Whether an account belongs to one organization only, because the webhooks of its connections all come to the app and cannot be
    /// told apart. Elsewhere several may connect the same account, and its events are the first one's.
    fn is_exclusive(&self) -> bool {
        false
    }

    /// Whether this could be a key or a personal token of the provider, by its looks: none when it could, else what is
    /// wrong, for the person who pasted it.
    fn look_at_key(&self, key: &Secret) -> Option<&'static str>;

    /// Asks whose token or key it is; also the test of a key before it is kept.
    fn identify(&self, hosts: &Hosts, token: &Secret) -> Call;

    /// Reads the answer.
    ///
    /// # Errors
    /// [`Fault`]; `Unauthorized` when the token is not good.
    fn account(&self, reply: &Reply<'_>, token: &Secret) -> Result<Account, Fault>;
}

/// What is wrong with any provider's key: nothing in it, or characters that no header can carry as they are.
pub(crate) fn unusable(key: &Secret) -> Option<&'static str> {
    let key = key.expose();
    if key.is_empty() {
        Some("there is nothing in it")
    } else if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        Some("it has spaces, line breaks or letters that no key has: copy the key alone")
    } else {
        None
    }
}

/// The account with this id, which providers write as a number or as a text; none when it is neither or cannot be an id.
/// Without a name people see the id.
pub(crate) fn account(id: &Value, name: Option<&str>) -> Option<Account> {
    let id = match id {
        Value::String(id) => id.clone(),
        Value::Number(id) => id.as_u64()?.to_string(),
        _ => return None,
    };
    if id.is_empty() || id.len() > 100 || !id.bytes().all(|byte| byte.is_ascii_graphic()) {
        return None;
    }
    let name = name.map(words).filter(|name| !name.is_empty()).unwrap_or_else(|| id.clone());
    Some(Account { id, name })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_connector_is_found_by_its_id_and_nothing_else_is() {
        for id in ["hubspot", "notion", "airtable", "tentoeight"] {
            assert!(connect(id).is_some(), "{id}");
        }
        assert_eq!(CONNECTORS.len(), 4);
        assert!(connect("").is_none() && connect("HubSpot").is_none());
        assert!(crate::PROVIDERS.iter().all(|provider| connect(provider.id()).is_some()));
    }

    #[test]
    fn no_provider_takes_a_key_that_no_header_can_carry() {
        for (id, connector) in CONNECTORS {
            for bad in ["", " ", "Bearer abc", "abc\n", "schlüssel", "a\0b"] {
                assert!(connector.look_at_key(&Secret::new(bad)).is_some(), "{id} takes {bad:?}");
            }
        }
    }

    #[test]
    fn an_account_needs_an_id_that_fits_a_row_and_has_a_name_in_any_case() {
        assert_eq!(account(&json!(62515), None), Some(Account { id: "62515".into(), name: "62515".into() }));
        assert_eq!(
            account(&json!("a"), Some(" A\nB ")),
            Some(Account { id: "a".into(), name: "A B".into() })
        );
        for bad in
            [json!(null), json!(""), json!(-1), json!(1.5), json!("a b"), json!("x".repeat(101)), json!([1])]
        {
            assert_eq!(account(&bad, None), None, "{bad}");
        }
    }
}
