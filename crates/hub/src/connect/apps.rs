//! Our registrations at the providers, as connecting needs them.

use super::scopes;
use crate::config::{App, Config, Place};
use syncline_core::secret::Secret;
use syncline_providers::connect::{self, Connect, OAuth};
use syncline_providers::wire::Hosts;

/// Why an account cannot be connected through an app. The operator can mend it, or the caller meant another one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AppError {
    /// There is no provider of that name.
    #[error("there is no such provider; there are hubspot, notion, airtable and tentoeight")]
    UnknownProvider,
    /// The provider has keys only.
    #[error("{0} has no OAuth: connect with a key")]
    KeysOnly(String),
    /// Nothing is configured.
    #[error("no app of {0} is configured: add [apps.NAME] with provider = \"{0}\"")]
    NoApp(String),
    /// More than one is configured, and none was named.
    #[error("several apps of {provider} are configured: say which one of {}", apps.join(", "))]
    WhichApp {
        /// Where.
        provider: String,
        /// Their names.
        apps: Vec<String>,
    },
    /// The one that was named is not configured, or is another provider's.
    #[error("no app of {provider} is called {app}")]
    NoSuchApp {
        /// Where.
        provider: String,
        /// The name.
        app: String,
    },
    /// It lacks what OAuth needs.
    #[error("apps.{app}.{missing} is not set")]
    Incomplete {
        /// The app.
        app: String,
        /// The setting.
        missing: &'static str,
    },
}

/// One registration, with all that OAuth needs.
#[derive(Clone, Debug)]
pub(super) struct Registration {
    /// The app's name in the configuration.
    pub name: String,
    /// Where the provider is.
    pub hosts: Hosts,
    /// The client id.
    pub client_id: String,
    /// The client secret, and during rotation the one before it.
    pub secrets: Vec<Secret>,
    /// Scopes that must be granted.
    pub scopes: Vec<String>,
    /// Scopes that may be granted.
    pub optional_scopes: Vec<String>,
}

impl Registration {
    /// As the provider's functions want it, with this one of the secrets.
    pub fn with<'a>(&'a self, secret: &'a Secret) -> connect::App<'a> {
        connect::App { hosts: &self.hosts, client_id: &self.client_id, client_secret: secret }
    }
}

/// How to connect to a provider.
pub(super) fn connector(provider: &str) -> Result<&'static dyn Connect, AppError> {
    connect::connect(provider).ok_or(AppError::UnknownProvider)
}

/// Its OAuth.
pub(super) fn oauth(provider: &str) -> Result<&'static dyn OAuth, AppError> {
    connector(provider)?.oauth().ok_or_else(|| AppError::KeysOnly(provider.to_owned()))
}

/// Where it is.
pub(super) fn hosts(config: &Config, provider: &str) -> Result<Hosts, AppError> {
    config.providers.place(provider).map(Place::hosts).ok_or(AppError::UnknownProvider)
}

/// The registration at `provider` that goes by `app`; without a name the only one there is.
pub(super) fn registration(
    config: &Config,
    provider: &str,
    app: Option<&str>,
) -> Result<Registration, AppError> {
    let (name, found) = match app.filter(|app| !app.is_empty()) {
        Some(name) => config
            .apps
            .get_key_value(name)
            .filter(|(_, found)| found.provider.as_str() == provider)
            .ok_or_else(|| AppError::NoSuchApp { provider: provider.to_owned(), app: name.to_owned() })?,
        None => only(config, provider)?,
    };
    let missing = |missing| AppError::Incomplete { app: name.clone(), missing };
    let client_id = found.client_id.clone().ok_or_else(|| missing("client_id"))?;
    let secrets: Vec<Secret> = found.secrets().cloned().collect();
    if found.client_secret.is_none() {
        return Err(missing("client_secret"));
    }
    let (scopes, optional_scopes) = asked_scopes(found);
    Ok(Registration {
        name: name.clone(),
        hosts: hosts(config, provider)?,
        client_id,
        secrets,
        scopes,
        optional_scopes,
    })
}

fn only<'a>(config: &'a Config, provider: &str) -> Result<(&'a String, &'a App), AppError> {
    let mut of_provider = config.apps.iter().filter(|(_, app)| app.provider.as_str() == provider);
    let first = of_provider.next().ok_or_else(|| AppError::NoApp(provider.to_owned()))?;
    let others: Vec<String> = of_provider.map(|(name, _)| name.clone()).collect();
    if others.is_empty() {
        return Ok(first);
    }
    let apps = std::iter::once(first.0.clone()).chain(others).collect();
    Err(AppError::WhichApp { provider: provider.to_owned(), apps })
}

/// The scopes that an authorization through `app` asks for: those that must be granted, and those that may be.
#[must_use]
pub fn asked_scopes(app: &App) -> (Vec<String>, Vec<String>) {
    let provider = app.provider.as_str();
    let required = words(app.scopes.as_deref(), scopes::required(provider));
    (required, words(app.optional_scopes.as_deref(), scopes::optional(provider)))
}

fn words(configured: Option<&str>, usual: &[&str]) -> Vec<String> {
    match configured {
        Some(text) => text.split_whitespace().map(str::to_owned).collect(),
        None => usual.iter().map(|&scope| scope.to_owned()).collect(),
    }
}
