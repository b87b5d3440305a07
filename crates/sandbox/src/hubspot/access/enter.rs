//! The door of every account's API: who calls, whether this caller may call now, and what every answer carries (HubSpot
//! facts 1.5, 2, 9). Every request passes here: no allocation that is not needed, no lock held longer than a look-up.

use super::grants::Whose;
use super::limits::{Call, Left};
use super::settings::{LimitSettings, MissingScopesShape, OauthSettings};
use super::throttle::{self, TooMany};
use super::{Access, Caller};
use crate::house::clock::iso;
use crate::hubspot::Hubspot;
use crate::hubspot::error::{self, ApiError};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::json;
use std::sync::Arc;

/// What scopes are explained at.
const SCOPES_PAGE: &str = "https://developers.hubspot.com/scopes";

/// This request's correlation id: in the header of every answer, and in the body of every refusal.
#[derive(Debug, Clone)]
pub(crate) struct CorrelationId(pub(crate) Arc<str>);

impl Access {
    /// The next correlation id.
    pub(crate) fn correlation_id(&self, now: i64) -> String {
        self.correlation.lock().uuid_v7(now)
    }
}

/// Gives every request its correlation id.
pub(crate) async fn correlate(
    State(hubspot): State<Arc<Hubspot>>,
    mut request: Request,
    next: Next,
) -> Response {
    let id: Arc<str> = hubspot.access.correlation_id(hubspot.house.now()).into();
    request.extensions_mut().insert(CorrelationId(Arc::clone(&id)));
    error::correlate(next.run(request).await, &id)
}

/// Lets in whoever has a good token and calls to spare.
pub(crate) async fn enter(State(hubspot): State<Arc<Hubspot>>, mut request: Request, next: Next) -> Response {
    let now = hubspot.house.now();
    let settings = hubspot.settings.get();
    let (caller, time_zone) = match identify(&hubspot, &settings.oauth, request.headers(), now) {
        Ok(known) => known,
        Err(refusal) => return refusal.into_response(),
    };
    if let Some(until) = hubspot.access.grants.read().moving(caller.portal, now) {
        return moving(until, now);
    }
    let left = match admit(&hubspot, &settings.limits, &caller, time_zone, &request) {
        Ok(left) => left,
        Err(too_many) => return *too_many,
    };
    request.extensions_mut().insert(caller);
    let mut response = next.run(request).await;
    if let Some(left) = left {
        throttle::tell(&left, response.headers_mut());
    }
    response
}

/// Counts the call; tells what is left, or says 429.
fn admit(
    hubspot: &Hubspot,
    settings: &LimitSettings,
    caller: &Caller,
    time_zone: &str,
    request: &Request,
) -> Result<Option<Left>, Box<Response>> {
    if !settings.enabled {
        return Ok(None);
    }
    let charge = throttle::charge(request.method(), request.uri().path());
    let Caller { app, portal, is_static, .. } = *caller;
    let mut counts = hubspot.access.limits.lock();
    // The time is asked under the lock: who asked before and waited would seem to come from the past.
    let call = Call { app, portal, is_static, time_zone, now: hubspot.house.now() };
    let reached = match counts.admit(&call, charge, settings) {
        Ok(left) => return Ok(Some(left)),
        Err(reached) => reached,
    };
    let left = counts.left(&call, charge, settings);
    drop(counts);
    let id = request.extensions().get::<CorrelationId>().map_or("", |id| &*id.0);
    let too_many = TooMany::Calls { reached, app, portal, is_static };
    let mut response = too_many.answer(settings, None, id);
    throttle::tell(&left, response.headers_mut());
    Err(Box::new(response))
}

/// The token behind `Authorization: Bearer`.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// Who calls, and where the account's day begins.
fn identify(
    hubspot: &Hubspot,
    settings: &OauthSettings,
    headers: &HeaderMap,
    now: i64,
) -> Result<(Caller, &'static str), ApiError> {
    let token = bearer(headers).ok_or_else(no_credentials)?;
    let shape = settings.missing_scopes_shape;
    let grants = hubspot.access.grants.read();
    let Some(known) = grants.access(token) else {
        drop(grants);
        return private_app(hubspot, token, shape).ok_or_else(no_credentials);
    };
    if now >= known.expires_at {
        return Err(expired(known.expires_at, now));
    }
    // An app's own token opens no account.
    let Whose::Granted(grant) = &known.whose else { return Err(no_credentials()) };
    let grant = Arc::clone(grant);
    drop(grants);
    let state = hubspot.state.read();
    let time_zone = state.portals.get(&grant.portal).ok_or_else(no_credentials)?.time_zone;
    let caller = Caller {
        portal: grant.portal,
        app: grant.app,
        user: Some(grant.user),
        scopes: Arc::clone(&grant.scopes),
        is_static: false,
        missing_scopes_shape: shape,
    };
    Ok((caller, time_zone))
}

fn private_app(hubspot: &Hubspot, token: &str, shape: MissingScopesShape) -> Option<(Caller, &'static str)> {
    let state = hubspot.state.read();
    let portal = state.portals.values().find(|portal| portal.private_app_token == token)?;
    let caller = Caller {
        portal: portal.id,
        app: portal.private_app_id,
        user: None,
        scopes: super::private_apps::scopes(),
        is_static: true,
        missing_scopes_shape: shape,
    };
    Some((caller, portal.time_zone))
}

/// 401: there is no token, or none that HubSpot knows.
pub(crate) fn no_credentials() -> ApiError {
    ApiError::new(
        StatusCode::UNAUTHORIZED,
        "INVALID_AUTHENTICATION",
        "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find more \
         details at https://developers.hubspot.com/docs/methods/auth/oauth-overview",
    )
}

/// 401: the token's time is over.
pub(crate) fn expired(at: i64, now: i64) -> ApiError {
    let seconds = (now - at).max(0) / 1000;
    let message = format!("The OAuth token used to make this call expired {seconds} second(s) ago.");
    ApiError::new(StatusCode::UNAUTHORIZED, "EXPIRED_AUTHENTICATION", message)
        .context(json!({ "expire time": [iso(at)] }))
}

/// 477: the account is moving between data centres.
fn moving(until: i64, now: i64) -> Response {
    let status = StatusCode::from_u16(477).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    let message = "This account is being moved between data centers. Try again later.";
    let mut response = ApiError::bare(status, message).into_response();
    let seconds = (until - now).max(0).unsigned_abs().div_ceil(1000);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    response
}

/// 403: none of these was granted.
pub(crate) fn missing_scopes(scopes: &[&str], shape: MissingScopesShape) -> ApiError {
    let needed = "One or more of the following scopes are required.";
    let status = StatusCode::FORBIDDEN;
    match shape {
        MissingScopesShape::Errors => {
            let message = format!(
                "This app hasn't been granted all required scopes to make this call. Read more about required \
                 scopes here: {SCOPES_PAGE}."
            );
            let mut error = ApiError::new(status, "MISSING_SCOPES", message);
            error.errors =
                vec![json!({ "message": needed, "context": { "requiredGranularScopes": scopes } })];
            error.more.insert("links".to_owned(), json!({ "scopes": SCOPES_PAGE }));
            error
        }
        MissingScopesShape::Context => ApiError::new(status, "MISSING_SCOPES", needed)
            .context(json!({ "requiredGranularScopes": scopes, "links": [SCOPES_PAGE] })),
    }
}
