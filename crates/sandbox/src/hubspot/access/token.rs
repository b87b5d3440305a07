//! `POST /oauth/{version}/token` (HubSpot facts 1.2): codes, refresh tokens and an app's own credentials for access tokens.

use super::clients::{Fields, Refused, client};
use super::enter::CorrelationId;
use super::grants::{Grant, Redemption, Whose};
use super::lifecycle::{self, Lifecycle};
use super::oauth_error::Bad;
use super::scopes;
use crate::house::clock::parse_iso;
use crate::house::json;
use crate::hubspot::Hubspot;
use crate::hubspot::error::ApiError;
use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use http::{HeaderMap, StatusCode, Uri};
use serde::Serialize;
use std::sync::Arc;

/// What an app may ask for on its own behalf: the journal's scopes, and those of an app's developer.
const APP_SCOPES: [&str; 7] = [
    "developer.webhooks_journal.read",
    "developer.webhooks_journal.subscriptions.read",
    "developer.webhooks_journal.subscriptions.write",
    "developer.webhooks_journal.snapshots.read",
    "developer.webhooks_journal.snapshots.write",
    "developers-read",
    "developers-write",
];

/// What is handed out.
struct Issued {
    access_token: String,
    refresh_token: Option<String>,
    expires_in: u32,
    /// None for an app's own token.
    grant: Option<Arc<Grant>>,
    scopes: Arc<[String]>,
}

/// The answer of v1.
#[derive(Serialize)]
struct Short<'a> {
    token_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<&'a str>,
    access_token: &'a str,
    expires_in: u32,
}

/// The answer of every later version.
#[derive(Serialize)]
struct Long<'a> {
    token_type: &'static str,
    token_use: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<&'a str>,
    access_token: &'a str,
    expires_in: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    hub_id: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<u64>,
    scopes: &'a [String],
}

/// Whether the v1 endpoints are still there.
///
/// # Errors
/// 404 once they ended.
pub(super) fn v1_is_there(hubspot: &Hubspot) -> Result<(), ApiError> {
    let settings = hubspot.settings.get();
    let until = settings.oauth.v1_until.as_deref().and_then(parse_iso);
    if until.is_some_and(|until| hubspot.house.now() >= until) {
        return Err(ApiError::resource_not_found());
    }
    Ok(())
}

/// `POST /oauth/v1/token`: takes its fields from the query too.
pub(super) async fn v1(
    State(hubspot): State<Arc<Hubspot>>,
    Extension(id): Extension<CorrelationId>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if let Err(ended) = v1_is_there(&hubspot) {
        return ended.into_response();
    }
    let fields = Fields::of_body(&headers, &body).and(Fields::of_query(&uri));
    match issue(&hubspot, &fields) {
        Ok(issued) => json::answer(
            StatusCode::OK,
            &Short {
                token_type: "bearer",
                refresh_token: issued.refresh_token.as_deref(),
                access_token: &issued.access_token,
                expires_in: issued.expires_in,
            },
        ),
        Err(refused) => refused.answer(&hubspot, &id),
    }
}

/// `POST /oauth/v3/token` and dated ones: the body alone counts.
pub(super) async fn later(
    State(hubspot): State<Arc<Hubspot>>,
    Extension(id): Extension<CorrelationId>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match issue(&hubspot, &Fields::of_body(&headers, &body)) {
        Ok(issued) => json::answer(
            StatusCode::OK,
            &Long {
                token_type: "bearer",
                token_use: if issued.grant.is_some() { "access_token" } else { "client_credentials" },
                refresh_token: issued.refresh_token.as_deref(),
                access_token: &issued.access_token,
                expires_in: issued.expires_in,
                hub_id: issued.grant.as_ref().map(|grant| grant.portal),
                user_id: issued.grant.as_ref().map(|grant| grant.user),
                scopes: &issued.scopes,
            },
        ),
        Err(refused) => refused.answer(&hubspot, &id),
    }
}

fn issue(hubspot: &Hubspot, fields: &Fields) -> Result<Issued, Refused> {
    let grant_type = fields.get("grant_type").unwrap_or_default();
    if !["authorization_code", "refresh_token", "client_credentials"].contains(&grant_type) {
        return Err(Bad::GrantType.into());
    }
    let app = client(hubspot, fields)?;
    match grant_type {
        "authorization_code" => redeem(hubspot, app, fields),
        "refresh_token" => refresh(hubspot, app, fields),
        _ => own(hubspot, app, fields),
    }
}

/// A code for tokens: only now is the app in the account.
fn redeem(hubspot: &Hubspot, app: u64, fields: &Fields) -> Result<Issued, Refused> {
    let now = hubspot.house.now();
    let shown = Redemption {
        app,
        code: fields.get("code"),
        redirect_uri: fields.get("redirect_uri"),
        verifier: fields.get("code_verifier"),
    };
    let mut grants = hubspot.access.grants.write();
    let grant = grants.redeem(&shown, now)?;
    let is_new = grants.install(&grant, now);
    let refresh_token = grants.refresh_token(&grant);
    drop(grants);
    if is_new {
        lifecycle::tell(hubspot, Lifecycle { at: now, app, portal: grant.portal, installed: true });
    }
    Ok(access(hubspot, &grant, refresh_token))
}

fn refresh(hubspot: &Hubspot, app: u64, fields: &Fields) -> Result<Issued, Refused> {
    let settings = hubspot.settings.get();
    let token = fields.get("refresh_token");
    let mut grants = hubspot.access.grants.write();
    let grant = grants.refreshed(token, app, &settings.oauth)?;
    let former = token.unwrap_or_default();
    let refresh_token = if settings.oauth.rotate_refresh_tokens {
        grants.revoke_refresh_token(former, false);
        grants.refresh_token(&grant)
    } else {
        former.to_owned()
    };
    drop(grants);
    Ok(access(hubspot, &grant, refresh_token))
}

fn access(hubspot: &Hubspot, grant: &Arc<Grant>, refresh_token: String) -> Issued {
    let whose = Whose::Granted(Arc::clone(grant));
    Issued { refresh_token: Some(refresh_token), scopes: Arc::clone(&grant.scopes), ..token(hubspot, whose) }
}

/// An app's own token.
fn own(hubspot: &Hubspot, app: u64, fields: &Fields) -> Result<Issued, Refused> {
    let scopes = scopes::split(fields.get("scope").unwrap_or_default());
    if scopes.is_empty() || scopes.iter().any(|scope| !APP_SCOPES.contains(&scope.as_str())) {
        return Err(Bad::Scopes.into());
    }
    let scopes: Arc<[String]> = scopes.into();
    Ok(Issued { scopes: Arc::clone(&scopes), ..token(hubspot, Whose::App { app, scopes }) })
}

fn token(hubspot: &Hubspot, whose: Whose) -> Issued {
    let (now, settings) = (hubspot.house.now(), hubspot.settings.get());
    let expires_in = settings.oauth.expires_in;
    let grant = match &whose {
        Whose::Granted(grant) => Some(Arc::clone(grant)),
        Whose::App { .. } => None,
    };
    let expires_at = now + i64::from(expires_in) * 1000;
    let length = settings.oauth.access_token_length;
    let access_token = hubspot.access.grants.write().access_token(whose, length, expires_at, now);
    Issued { access_token, refresh_token: None, expires_in, grant, scopes: Arc::new([]) }
}
