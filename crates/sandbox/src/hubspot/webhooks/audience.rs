//! Which apps may hear of which accounts, and what an app's own token lets it do: asked of [`super::super::access`].

use super::super::Hubspot;
use super::super::error::ApiError;
use super::settings::Settings;
use std::sync::Arc;

/// What an account lets an app hear of.
#[derive(Debug, Clone)]
pub(crate) struct Audience {
    /// None: everything.
    scopes: Option<Arc<[String]>>,
}

impl Audience {
    /// Whether events that need this scope are told.
    pub(crate) fn may_hear(&self, scope: Option<&str>) -> bool {
        match (&self.scopes, scope) {
            (Some(granted), Some(scope)) => granted.iter().any(|have| have == scope),
            _ => true,
        }
    }
}

/// What `app` hears of `portal`; none when nothing.
pub(crate) fn of(_hubspot: &Hubspot, _app: u64, _portal: u64, _settings: &Settings) -> Option<Audience> {
    Some(Audience { scopes: None })
}

/// What a token is good for.
#[derive(Debug, Clone)]
pub(crate) struct Granted {
    /// Whose it is.
    pub(crate) app: u64,
    /// The account it is for; none for an app's own token.
    pub(crate) portal: Option<u64>,
    /// What was granted.
    pub(crate) scopes: Arc<[String]>,
}

/// What a bearer token is good for; none when it is unknown.
///
/// # Errors
/// 401 when it was good once.
pub(crate) fn granted(hubspot: &Hubspot, token: &str) -> Result<Option<Granted>, ApiError> {
    let state = hubspot.state.read();
    let portal = state.portals.values().find(|portal| portal.private_app_token == token);
    Ok(portal.map(|portal| Granted {
        app: portal.private_app_id,
        portal: Some(portal.id),
        scopes: Arc::new([]),
    }))
}
