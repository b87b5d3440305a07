//! What a token is, at the v1 endpoints (HubSpot facts 1.3).

use super::grants::{AccessToken, Grant};
use super::token::v1_is_there;
use crate::house::json;
use crate::hubspot::Hubspot;
use crate::hubspot::error::ApiError;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use data_encoding::BASE64;
use http::StatusCode;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use std::sync::Arc;

/// Who granted something, and where.
pub(super) struct Origin {
    pub(super) user: String,
    pub(super) hub_domain: String,
    pub(super) client_id: String,
}

/// Who granted this, and where.
pub(super) fn origin(hubspot: &Hubspot, grant: &Grant) -> Origin {
    let state = hubspot.state.read();
    let portal = state.portals.get(&grant.portal);
    let user = portal.and_then(|portal| portal.users.iter().find(|user| user.user_id == grant.user));
    let app = state.apps.iter().find(|app| app.app_id == grant.app);
    Origin {
        user: user.map(|user| user.email.clone()).unwrap_or_default(),
        hub_domain: portal.map(|portal| portal.hub_domain.clone()).unwrap_or_default(),
        client_id: app.map(|app| app.client_id.clone()).unwrap_or_default(),
    }
}

/// What both kinds of tokens tell.
pub(super) fn common(token: &str, grant: &Grant, origin: &Origin) -> Map<String, Value> {
    let fields = json!({
        "token": token, "user": origin.user, "hub_domain": origin.hub_domain,
        "scopes": &*grant.scopes, "hub_id": grant.portal, "user_id": grant.user,
    });
    match fields {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

/// What access tokens tell besides.
pub(super) fn of_access_token(
    hubspot: &Hubspot,
    token: &str,
    known: &AccessToken,
    grant: &Grant,
) -> Map<String, Value> {
    let mut fields = common(token, grant, &origin(hubspot, grant));
    let left = (known.expires_at - hubspot.house.now()) / 1000;
    let install = hubspot.access.grants.read().installed(grant.app, grant.portal).cloned();
    let (install, installer) = install.map_or((0, grant.user), |install| (install.id, install.user));
    fields.insert("app_id".to_owned(), json!(grant.app));
    fields.insert("expires_in".to_owned(), json!(left));
    fields.insert("token_type".to_owned(), json!("access"));
    fields.insert("is_private_distribution".to_owned(), json!(false));
    let signed = signed(token, known, grant, install, installer);
    fields.insert("signed_access_token".to_owned(), signed);
    fields
}

/// The same claims in HubSpot's internal form. Nobody outside can check the signatures; they are made from the token.
fn signed(token: &str, known: &AccessToken, grant: &Grant, install: u64, installer: u64) -> Value {
    let digest = |what: &str| BASE64.encode(&Sha256::new().chain_update(what).chain_update(token).finalize());
    let packed = BASE64.encode(grant.scopes.join(" ").as_bytes());
    json!({
        "expiresAt": known.expires_at, "scopes": packed, "hubId": grant.portal, "userId": grant.user,
        "appId": grant.app, "signature": digest("signature"), "newSignature": digest("newSignature"),
        "scopeToScopeGroupPks": digest("groups"), "trialScopes": "", "trialScopeToScopeGroupPks": "",
        "hublet": grant.hublet, "isUserLevel": false, "isPrivateDistribution": false,
        "installingUserId": installer, "appInstallId": install, "audience": "", "isServiceAccount": false,
    })
}

/// HubSpot does not know this token, any more or at all.
pub(super) fn unknown(hubspot: &Hubspot) -> ApiError {
    let status = hubspot.settings.get().oauth.unknown_token_status;
    ApiError::bare(StatusCode::from_u16(status).unwrap_or(StatusCode::NOT_FOUND), "token not found")
}

/// `GET /oauth/v1/access-tokens/{token}`
pub(super) async fn access_token(
    State(hubspot): State<Arc<Hubspot>>,
    token: Result<Path<String>, PathRejection>,
) -> Result<Response, ApiError> {
    v1_is_there(&hubspot)?;
    let Path(token) = token.map_err(|_| unknown(&hubspot))?;
    let known = hubspot.access.grants.read().access(&token).cloned();
    let known = known.filter(|known| hubspot.house.now() < known.expires_at);
    let Some((known, grant)) = known.as_ref().and_then(|known| Some((known, known.grant()?))) else {
        return Err(unknown(&hubspot));
    };
    Ok(json::answer(StatusCode::OK, &of_access_token(&hubspot, &token, known, grant)))
}

/// `GET /oauth/v1/refresh-tokens/{token}`
pub(super) async fn refresh_token(
    State(hubspot): State<Arc<Hubspot>>,
    token: Result<Path<String>, PathRejection>,
) -> Result<Response, ApiError> {
    v1_is_there(&hubspot)?;
    let Path(token) = token.map_err(|_| unknown(&hubspot))?;
    let grant = hubspot.access.grants.read().alive(&token).cloned();
    let grant = grant.ok_or_else(|| unknown(&hubspot))?;
    let origin = origin(&hubspot, &grant);
    let mut fields = common(&token, &grant, &origin);
    fields.insert("client_id".to_owned(), json!(origin.client_id));
    fields.insert("token_type".to_owned(), json!("refresh"));
    Ok(json::answer(StatusCode::OK, &fields))
}

/// `DELETE /oauth/v1/refresh-tokens/{token}`: the app stays where it is, and access tokens live on.
pub(super) async fn delete_refresh_token(
    State(hubspot): State<Arc<Hubspot>>,
    token: Result<Path<String>, PathRejection>,
) -> Result<Response, ApiError> {
    v1_is_there(&hubspot)?;
    let Path(token) = token.map_err(|_| unknown(&hubspot))?;
    if hubspot.access.grants.write().revoke_refresh_token(&token, false) {
        return Ok(json::empty(StatusCode::NO_CONTENT));
    }
    Err(unknown(&hubspot))
}
