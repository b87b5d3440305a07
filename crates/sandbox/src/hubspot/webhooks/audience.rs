//! Which apps may hear of which accounts, and what an app's own token lets it do: asked of [`super::super::access`].

use super::super::Hubspot;
use super::super::access::{self, Bearer};
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
pub(crate) fn of(hubspot: &Hubspot, app: u64, portal: u64, settings: &Settings) -> Option<Audience> {
    match hubspot.access.scopes_granted(app, portal) {
        Some(scopes) => Some(Audience { scopes: settings.needs_read_scope.then_some(scopes) }),
        None if settings.after_uninstall && was_installed(hubspot, app, portal) => {
            Some(Audience { scopes: None })
        }
        None => None,
    }
}

fn was_installed(hubspot: &Hubspot, app: u64, portal: u64) -> bool {
    let lifecycle = hubspot.access.lifecycle();
    lifecycle.iter().any(|event| event.app == app && event.portal == portal && event.installed)
}

/// What a bearer token is good for; none when it is unknown.
///
/// # Errors
/// 401 when it was good once.
pub(crate) fn granted(hubspot: &Hubspot, token: &str) -> Result<Option<Bearer>, ApiError> {
    if let Some(bearer) = access::bearer_of(hubspot, token)? {
        return Ok(Some(bearer));
    }
    let state = hubspot.state.read();
    let portal = state.portals.values().find(|portal| portal.private_app_token == token);
    // A private app may do what its account may, which is nothing here: its webhooks are managed by hand only.
    Ok(portal.map(|portal| Bearer {
        app: portal.private_app_id,
        portal: Some(portal.id),
        scopes: Arc::new([]),
    }))
}
