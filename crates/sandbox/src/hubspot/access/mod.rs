//! Who calls: apps, installs, codes, tokens, scopes, limits (HubSpot facts 1 and 2).

use super::Hubspot;
use super::error::{ApiError, correlate};
use crate::house::{EditError, House, Refusal};
use axum::Router;
use axum::extract::{FromRequestParts, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;

/// What is only guessed about codes and tokens.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct OauthSettings {}

/// Rate limits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct LimitSettings {
    /// Whether there are any.
    pub(crate) enabled: bool,
}

impl Default for LimitSettings {
    fn default() -> Self {
        Self { enabled: true }
    }
}

/// Installs, codes, tokens, counts.
#[derive(Debug, Default)]
pub(crate) struct Access {}

impl Access {
    /// With nothing installed.
    pub(crate) fn new(_house: &House) -> Self {
        Self::default()
    }

    /// With nothing installed again.
    pub(crate) fn reset(&self, _house: &House) {}
}

/// Who calls an account's API.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    /// The account.
    pub(crate) portal: u64,
    /// The app, a private one included.
    pub(crate) app: u64,
    /// Who installed it.
    pub(crate) user: Option<u64>,
    /// What was granted.
    pub(crate) scopes: Arc<[String]>,
    /// Whether this is a private app's or a service key's token: it may do what its account may.
    pub(crate) is_static: bool,
}

impl Caller {
    /// Lets the caller go on when it was granted one of `scopes`.
    ///
    /// # Errors
    /// 403 `MISSING_SCOPES` naming them.
    pub(crate) fn needs_one_of(&self, scopes: &[&str]) -> Result<(), ApiError> {
        if self.is_static || scopes.iter().any(|scope| self.scopes.iter().any(|granted| granted == scope)) {
            return Ok(());
        }
        let message = "This app hasn't been granted all required scopes to make this call.";
        Err(ApiError::new(StatusCode::FORBIDDEN, "MISSING_SCOPES", message))
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        // Put there by `enter`, which every route of an account passes.
        parts.extensions.get::<Self>().cloned().ok_or_else(ApiError::resource_not_found)
    }
}

/// Lets in whoever has a good token and calls to spare; adds what every answer carries.
pub(crate) async fn enter(State(hubspot): State<Arc<Hubspot>>, mut request: Request, next: Next) -> Response {
    let portal = hubspot.state.read().portals.keys().next().copied().unwrap_or_default();
    request.extensions_mut().insert(Caller {
        portal,
        app: 54_321,
        user: None,
        scopes: Arc::new([]),
        is_static: true,
    });
    let response = next.run(request).await;
    correlate(response, &hubspot.house.dice("hubspot.correlation").uuid_v7(hubspot.house.now()))
}

/// The OAuth endpoints and the consent page; they need no token.
pub(crate) fn router() -> Router<Arc<Hubspot>> {
    Router::new()
}

/// What a developer or an account's admin does in HubSpot's own pages: register apps, see installs.
pub(crate) fn control() -> Router<Arc<Hubspot>> {
    Router::new()
}

/// Edits that concern installs and tokens; none when `edit` is not about them.
pub(crate) fn edit(_hubspot: &Hubspot, _edit: &Value) -> Option<Result<Value, EditError>> {
    None
}

/// What clients need.
pub(crate) fn credentials(hubspot: &Hubspot) -> Value {
    let state = hubspot.state.read();
    let accounts: Vec<Value> = state
        .portals
        .values()
        .map(|portal| {
            json!({
                "portal_id": portal.id, "name": portal.name, "hub_domain": portal.hub_domain,
                "private_app_token": portal.private_app_token,
            })
        })
        .collect();
    let app = state.apps.first().map(|app| {
        json!({
            "app_id": app.app_id, "client_id": app.client_id, "client_secret": app.client_secret,
            "developer_api_key": app.developer_api_key, "redirect_uris": app.redirect_uris,
            "scopes": app.required_scopes.iter().chain(&app.optional_scopes).collect::<Vec<_>>(),
        })
    });
    json!({ "app": app, "accounts": accounts })
}

/// HubSpot's words for a fault on demand.
pub(crate) fn refuse(_hubspot: &Hubspot, _refusal: &Refusal, _headers: &HeaderMap) -> Response {
    ApiError::bare(StatusCode::INTERNAL_SERVER_ERROR, "There was a problem with the request.").into_response()
}
