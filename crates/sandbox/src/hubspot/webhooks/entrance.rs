//! Who may change an app's webhooks: its developer (HubSpot facts 1.5, 1.8).

use super::super::Hubspot;
use super::super::error::ApiError;
use super::call::Call;
use http::{Method, StatusCode};

/// The app the call is about, when the caller is its developer.
///
/// # Errors
/// 401 without good credentials, 403 when the token is not for this.
pub(super) fn app(hubspot: &Hubspot, call: &Call) -> Result<u64, ApiError> {
    let app_id = call.param("appId").parse::<u64>().ok();
    if let Some(key) = call.query("hapikey") {
        let state = hubspot.state.read();
        let app = state.apps.iter().find(|app| Some(app.app_id) == app_id && app.developer_api_key == key);
        return app.map(|app| app.app_id).ok_or_else(wrong_kind);
    }
    let Some(token) = call.bearer() else { return Err(nobody()) };
    // The specifications of these two list the developer key alone.
    if ["/app-webhooks/2025-09/", "/app-webhooks/2026-09/"].iter().any(|only| call.path.starts_with(only)) {
        return Err(wrong_kind());
    }
    let granted = super::audience::granted(hubspot, token)?.ok_or_else(nobody)?;
    let scope = if call.method == Method::GET { "developers-read" } else { "developers-write" };
    if Some(granted.app) == app_id && granted.scopes.iter().any(|have| have == scope) {
        return Ok(granted.app);
    }
    Err(ApiError::new(
        StatusCode::FORBIDDEN,
        "MISSING_SCOPES",
        "The scope needed for this API call isn't available for public use.",
    ))
}

fn nobody() -> ApiError {
    ApiError::new(
        StatusCode::UNAUTHORIZED,
        "INVALID_AUTHENTICATION",
        "Authentication credentials not found. This API supports developer API key authentication.",
    )
}

fn wrong_kind() -> ApiError {
    ApiError::new(
        StatusCode::UNAUTHORIZED,
        "INVALID_AUTHENTICATION",
        "A developer API key must be provided in the hapikey query parameter, together with a valid appId.",
    )
}
