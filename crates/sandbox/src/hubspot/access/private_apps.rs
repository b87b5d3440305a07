//! Private apps' tokens (HubSpot facts 1.8): static, and good for whatever the account may do.

use super::enter::{bearer, no_credentials};
use super::token_info::unknown;
use crate::house::json;
use crate::hubspot::Hubspot;
use crate::hubspot::error::ApiError;
use crate::hubspot::state::OPTIONAL_SCOPES;
use axum::extract::State;
use axum::response::Response;
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use std::sync::{Arc, LazyLock};

/// What a private app was given by its account: everything.
static SCOPES: LazyLock<Arc<[String]>> = LazyLock::new(|| {
    let all = std::iter::once(&"oauth").chain(OPTIONAL_SCOPES);
    all.map(|scope| (*scope).to_owned()).collect()
});

/// What a private app may do.
pub(super) fn scopes() -> Arc<[String]> {
    Arc::clone(&SCOPES)
}

/// `POST /oauth/v2/private-apps/get/access-token-info`: the token in the body, and in the EU also in the header.
pub(super) async fn token_info(
    State(hubspot): State<Arc<Hubspot>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ApiError> {
    let body: Value =
        serde_json::from_slice(&body).map_err(|_| ApiError::validation("Invalid input JSON"))?;
    let key = body
        .get("tokenKey")
        .and_then(Value::as_str)
        .ok_or_else(|| ApiError::validation("tokenKey is required"))?;
    if key.starts_with("pat-eu") && bearer(&headers) != Some(key) {
        return Err(no_credentials());
    }
    let state = hubspot.state.read();
    let portal = state.portals.values().find(|portal| portal.private_app_token == key);
    let Some(portal) = portal else {
        drop(state);
        return Err(unknown(&hubspot));
    };
    let maker = portal.users.iter().find(|user| user.super_admin).map(|user| user.user_id);
    let info = json!({
        "userId": maker, "hubId": portal.id, "appId": portal.private_app_id, "scopes": &**SCOPES,
    });
    Ok(json::answer(StatusCode::OK, &info))
}
