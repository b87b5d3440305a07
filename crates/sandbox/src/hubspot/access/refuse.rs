//! HubSpot's words for a fault on demand (HubSpot facts 1.5, 2, 9).

use super::enter::{bearer, expired, no_credentials};
use super::limits::Reached;
use super::throttle::{self, TooMany};
use crate::house::{Refusal, json};
use crate::hubspot::Hubspot;
use crate::hubspot::error::{ApiError, correlate};
use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use http::request::Parts;
use http::{HeaderValue, StatusCode, header};

/// The refusal as HubSpot words it.
pub(crate) fn refuse(hubspot: &Hubspot, refusal: &Refusal, request: &Parts) -> Response {
    let headers = &request.headers;
    let now = hubspot.house.now();
    let id = hubspot.access.correlation_id(now);
    let response = match refusal {
        Refusal::RateLimited { retry_after } => {
            let (app, portal, is_static) = whose(hubspot, bearer(headers).unwrap_or_default());
            // Search is exempt from the burst limit and has one of its own.
            let search = throttle::charge(&request.method, request.uri.path()).search;
            let reached = if search { Reached::Search } else { Reached::TenSecondly };
            let too_many = TooMany::Calls { reached, app, portal, is_static };
            too_many.answer(&hubspot.settings.get().limits, *retry_after, &id)
        }
        Refusal::ServerError { status } => server_error(*status, &id),
        Refusal::ExpiredToken => {
            let token = bearer(headers).unwrap_or_default();
            let known = hubspot.access.grants.read().access(token).map(|known| known.expires_at);
            // A token that is not over yet is refused as if it were, since a second.
            expired(known.filter(|at| *at <= now).unwrap_or(now - 1000), now).into_response()
        }
        Refusal::RevokedToken => no_credentials().into_response(),
    };
    correlate(response, &id)
}

/// The app and the account a token is for, and whether it is a private app's.
fn whose(hubspot: &Hubspot, token: &str) -> (u64, u64, bool) {
    let granted =
        hubspot.access.grants.read().access(token).map(|known| (known.whose.app(), known.whose.portal()));
    if let Some((app, portal)) = granted {
        return (app, portal.unwrap_or_default(), false);
    }
    let state = hubspot.state.read();
    let portal = state.portals.values().find(|portal| portal.private_app_token == token);
    portal
        .or_else(|| state.portals.values().next())
        .map_or((0, 0, true), |portal| (portal.private_app_id, portal.id, true))
}

/// HubSpot itself answers in JSON; the 52x are those of the edge in front of it, which answers with a page.
fn server_error(status: u16, id: &str) -> Response {
    let code = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let message = match status {
        520..=530 => return edge(code, id),
        502 | 504 => "The request took too long to process.",
        503 => "The service is temporarily unavailable.",
        _ => "There was a problem with the request.",
    };
    ApiError::bare(code, message).into_response()
}

fn edge(code: StatusCode, id: &str) -> Response {
    let reason = match code.as_u16() {
        521 => "Web server is down",
        522 => "Connection timed out",
        523 => "Origin is unreachable",
        524 => "A timeout occurred",
        525 => "SSL handshake failed",
        526 => "Invalid SSL certificate",
        _ => "Web server is returning an unknown error",
    };
    let status = code.as_u16();
    let mut response = json::empty(code);
    *response.body_mut() = Body::from(format!(
        "<!DOCTYPE html>\n<html lang=\"en-US\"><head><title>api.hubapi.com | {status}: {reason}</title></head>\
         <body><h1>{reason} <span>Error code {status}</span></h1><p>Ray ID: {}</p></body></html>\n",
        id.split('-').next_back().unwrap_or_default()
    ));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=UTF-8"));
    response
}
