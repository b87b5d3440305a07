//! `POST /oauth/{version}/token/introspect` and `/revoke` (HubSpot facts 1.3).

use super::clients::{Fields, Refused, client};
use super::enter::CorrelationId;
use super::grants::Whose;
use super::oauth_error::Bad;
use super::token_info::{common, of_access_token, origin};
use crate::house::json;
use crate::hubspot::Hubspot;
use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// `POST …/introspect`
pub(super) async fn introspect(
    State(hubspot): State<Arc<Hubspot>>,
    Extension(id): Extension<CorrelationId>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let fields = Fields::of_body(&headers, &body);
    match client(&hubspot, &fields) {
        Ok(app) => {
            let told = fields.get("token").and_then(|token| told(&hubspot, app, token));
            let told = told.unwrap_or_else(|| Map::from_iter([("active".to_owned(), json!(false))]));
            json::answer(StatusCode::OK, &told)
        }
        Err(refused) => refused.answer(&hubspot, &id),
    }
}

/// What an app is told of a token of its own that is good. The hint only says where to look first.
fn told(hubspot: &Hubspot, app: u64, token: &str) -> Option<Map<String, Value>> {
    let (access, refresh) = {
        let grants = hubspot.access.grants.read();
        (grants.access(token).cloned(), grants.alive(token).cloned())
    };
    let mut fields = Map::new();
    let (token_use, token_type, grant) = if let Some(known) = access {
        if known.whose.app() != app || hubspot.house.now() >= known.expires_at {
            return None;
        }
        match &known.whose {
            Whose::Granted(grant) => {
                fields = of_access_token(hubspot, token, &known, grant);
                ("access_token", "access", Some(Arc::clone(grant)))
            }
            Whose::App { scopes, .. } => {
                let left = (known.expires_at - hubspot.house.now()) / 1000;
                fields.extend([
                    ("token".to_owned(), json!(token)),
                    ("scopes".to_owned(), json!(&**scopes)),
                    ("expires_in".to_owned(), json!(left)),
                ]);
                ("client_credentials", "access", None)
            }
        }
    } else {
        let grant = refresh.filter(|grant| grant.app == app)?;
        fields = common(token, &grant, &origin(hubspot, &grant));
        ("refresh_token", "refresh", Some(grant))
    };
    let client_id = match &grant {
        Some(grant) => origin(hubspot, grant).client_id,
        None => client_id(hubspot, app),
    };
    fields.extend([
        ("active".to_owned(), json!(true)),
        ("app_id".to_owned(), json!(app)),
        ("client_id".to_owned(), json!(client_id)),
        ("token_use".to_owned(), json!(token_use)),
        ("token_type".to_owned(), json!(token_type)),
    ]);
    Some(fields)
}

fn client_id(hubspot: &Hubspot, app: u64) -> String {
    let state = hubspot.state.read();
    state.apps.iter().find(|known| known.app_id == app).map(|app| app.client_id.clone()).unwrap_or_default()
}

/// `POST …/revoke`: a token the app has not, or has no more, is revoked already (RFC 7009).
pub(super) async fn revoke(
    State(hubspot): State<Arc<Hubspot>>,
    Extension(id): Extension<CorrelationId>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let fields = Fields::of_body(&headers, &body);
    match end(&hubspot, &fields) {
        Ok(()) => json::empty(StatusCode::OK),
        Err(refused) => refused.answer(&hubspot, &id),
    }
}

fn end(hubspot: &Hubspot, fields: &Fields) -> Result<(), Refused> {
    let app = client(hubspot, fields)?;
    let token = fields.get("token").ok_or(Bad::RefreshToken)?;
    let settings = hubspot.settings.get();
    let mut grants = hubspot.access.grants.write();
    if grants.access(token).is_some_and(|known| known.whose.app() == app) {
        grants.revoke_access_token(token);
    } else if grants.alive(token).is_some_and(|grant| grant.app == app) {
        grants.revoke_refresh_token(token, settings.oauth.revoke_kills_access_tokens);
    }
    Ok(())
}
