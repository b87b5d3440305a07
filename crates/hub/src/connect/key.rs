//! Connecting with a key or a personal token that a user pasted: looked at, tried, stored.

use super::apps::{self, AppError};
use super::credentials::Purse;
use super::keep::{self, ConnectError, Kept, New};
use super::wire;
use crate::cx::Cx;
use crate::telemetry::metrics;
use syncline_core::event::MAX_COLUMN_CHARS;
use syncline_core::secret::Secret;
use syncline_providers::connect::{Account, Credential};
use syncline_providers::wire::Fault;
use syncline_store::connections::{Connection, Method};

/// Why a key is not taken. Nothing is stored, and the key is not repeated.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// No such provider.
    #[error(transparent)]
    App(#[from] AppError),
    /// A name that cannot be.
    #[error("`{0}` is 1 to {MAX_COLUMN_CHARS} characters without control characters")]
    BadName(&'static str),
    /// It cannot be a key by its looks.
    #[error("this is no key: {0}")]
    NoKey(&'static str),
    /// The provider does not know it.
    #[error("the provider does not accept this key")]
    NotAccepted,
    /// It is a key that may not even say whose it is, or the provider refuses for another reason.
    #[error("the provider refuses: {0}")]
    Refused(String),
    /// The key could not be tried now.
    #[error("the provider does not answer, so the key could not be tried: {0}")]
    ProviderDown(String),
    /// Another organization has connected this account, and its webhooks can belong to one only.
    #[error("the account {} belongs to another organization", .0.id)]
    AccountOfAnother(Account),
    /// Ours.
    #[error(transparent)]
    Failed(#[from] ConnectError),
}

impl KeyError {
    fn name(&self) -> &'static str {
        match self {
            Self::App(_) => "unknown",
            Self::BadName(_) | Self::NoKey(_) => "bad_input",
            Self::NotAccepted => "key_not_accepted",
            Self::Refused(_) => "key_refused",
            Self::ProviderDown(_) => "provider_down",
            Self::AccountOfAnother(_) => "account_of_another",
            Self::Failed(_) => "failed",
        }
    }
}

/// Connects an account with a key, once the provider has said whose it is.
///
/// # Errors
/// [`KeyError`].
pub async fn connect_with_key(
    cx: &Cx,
    org_id: &str,
    user_id: &str,
    provider: &str,
    key: &Secret,
) -> Result<Connection, KeyError> {
    let connected = connect(cx, org_id, user_id, provider, key).await;
    let outcome = connected.as_ref().map_or_else(KeyError::name, |_| "connected");
    let known = apps::connector(provider).map_or("unknown", |_| provider);
    metrics::connect_return(known, outcome);
    if let Err(error) = &connected {
        tracing::warn!(provider = known, outcome, %error, "an account was not connected with a key");
    }
    connected
}

async fn connect(
    cx: &Cx,
    org_id: &str,
    user_id: &str,
    provider: &str,
    key: &Secret,
) -> Result<Connection, KeyError> {
    let connector = apps::connector(provider)?;
    let hosts = apps::hosts(&cx.config, provider)?;
    let fits = |name: &str| name.chars().count() <= MAX_COLUMN_CHARS && !name.chars().any(char::is_control);
    if org_id.is_empty() || !fits(org_id) {
        return Err(KeyError::BadName("org_id"));
    }
    if !fits(user_id) {
        return Err(KeyError::BadName("user_id"));
    }
    // People copy white space along.
    let key = Secret::new(key.expose().trim());
    if let Some(wrong) = connector.look_at_key(&key) {
        return Err(KeyError::NoKey(wrong));
    }
    // Before the provider is asked: what could not be kept need not be tried.
    cx.keys.current().map_err(ConnectError::from)?;
    let question = connector.identify(&hosts, &key);
    let answer = wire::send(cx, question.clone()).await.map_err(not_taken)?;
    let account = connector.account(&answer.reply(), &key).map_err(not_taken)?;
    wire::charge(cx, provider, &account.id, org_id, Credential::Key, &question);
    let new = New {
        org_id: org_id.to_owned(),
        user_id: user_id.to_owned(),
        provider: provider.to_owned(),
        app: String::new(),
        account: account.clone(),
        method: Method::Key,
        purse: Purse { access: key, refresh: None },
        expires_at: None,
        scopes: Vec::new(),
        state: None,
    };
    match keep::keep(cx, &new).await? {
        Kept::Connected(connection) => Ok(*connection),
        Kept::OfAnother => Err(KeyError::AccountOfAnother(account)),
    }
}

fn not_taken(fault: Fault) -> KeyError {
    match fault {
        Fault::Unauthorized => KeyError::NotAccepted,
        Fault::Forbidden(said) | Fault::Rejected(said) => KeyError::Refused(said),
        Fault::Gone => KeyError::Refused("it does not know the account".to_owned()),
        other => KeyError::ProviderDown(other.to_string()),
    }
}
