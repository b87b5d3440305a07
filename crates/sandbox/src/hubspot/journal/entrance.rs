//! Who may read a journal: an app with a token of its own, so many times per second (HubSpot facts 2, 6.7).

use super::super::Hubspot;
use super::super::error::ApiError;
use super::super::webhooks::audience;
use super::super::webhooks::call::Call;
use super::settings::Settings;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodFilter, MethodRouter};
use http::{HeaderValue, StatusCode, header};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What is counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Room {
    Reads,
    Subscriptions,
    Snapshots,
}

/// Calls by app and room: the second, and how many in it.
#[derive(Debug, Default)]
pub(super) struct Calls(BTreeMap<(u64, Room), (i64, u64)>);

impl Calls {
    /// Counts a call; false when it is one too many.
    fn admit(&mut self, app: u64, room: Room, now: i64, most: u64) -> bool {
        let second = now.div_euclid(1000);
        let count = self.0.entry((app, room)).or_insert((second, 0));
        if count.0 != second {
            *count = (second, 0);
        }
        if most > 0 && count.1 >= most {
            return false;
        }
        count.1 += 1;
        true
    }
}

/// What answers an app.
pub(super) type Act = fn(&Arc<Hubspot>, &Call, u64) -> Result<Response, ApiError>;

/// The route of `act`, for apps that were granted `scope`.
pub(super) fn on(
    method: MethodFilter,
    room: Room,
    scope: &'static str,
    act: Act,
) -> MethodRouter<Arc<Hubspot>> {
    axum::routing::on(method, move |State(hubspot): State<Arc<Hubspot>>, call: Call| async move {
        match enter(&hubspot, &call, room, scope) {
            Ok(app) => act(&hubspot, &call, app).unwrap_or_else(ApiError::into_response),
            Err(refusal) => *refusal,
        }
    })
}

fn enter(hubspot: &Hubspot, call: &Call, room: Room, scope: &str) -> Result<u64, Box<Response>> {
    let app = app(hubspot, call, scope).map_err(|error| Box::new(error.into_response()))?;
    let (settings, now) = (hubspot.settings.get(), hubspot.house.now());
    let most = if settings.limits.enabled { most(room, &settings.journal) } else { 0 };
    if hubspot.journal.0.lock().calls.admit(app, room, now, most) {
        return Ok(app);
    }
    Err(Box::new(too_many(settings.journal.retry_after)))
}

fn app(hubspot: &Hubspot, call: &Call, scope: &str) -> Result<u64, ApiError> {
    let nobody = || {
        ApiError::new(
            StatusCode::UNAUTHORIZED,
            "INVALID_AUTHENTICATION",
            "Authentication credentials not found. This API supports OAuth 2.0 authentication with client credentials.",
        )
    };
    let token = call.bearer().ok_or_else(nobody)?;
    let granted = audience::granted(hubspot, token)?.ok_or_else(nobody)?;
    if granted.portal.is_none() && granted.scopes.iter().any(|have| have == scope) {
        return Ok(granted.app);
    }
    let message = "This app hasn't been granted all required scopes to make this call.";
    let mut error = ApiError::new(StatusCode::FORBIDDEN, "MISSING_SCOPES", message);
    error.errors = vec![json!({
        "message": "One or more of the following scopes are required.",
        "context": { "requiredGranularScopes": [scope] },
    })];
    Err(error)
}

fn most(room: Room, settings: &Settings) -> u64 {
    match room {
        Room::Reads => settings.reads_per_second,
        Room::Subscriptions => settings.subscriptions_per_second,
        Room::Snapshots => settings.snapshots_per_second,
    }
}

fn too_many(retry_after: bool) -> Response {
    let mut error = ApiError::bare(StatusCode::TOO_MANY_REQUESTS, "You have reached your secondly limit.");
    error.more.insert("errorType".to_owned(), json!("RATE_LIMIT"));
    error.more.insert("policyName".to_owned(), json!("SECONDLY"));
    let mut response = error.into_response();
    if retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_counted_by_second_app_and_room() {
        let mut calls = Calls::default();
        assert!(calls.admit(1, Room::Reads, 1_000, 2) && calls.admit(1, Room::Reads, 1_999, 2));
        assert!(!calls.admit(1, Room::Reads, 1_999, 2));
        assert!(calls.admit(2, Room::Reads, 1_999, 2) && calls.admit(1, Room::Snapshots, 1_999, 2));
        assert!(calls.admit(1, Room::Reads, 2_000, 2));
        assert!((0..1_000).all(|_| calls.admit(3, Room::Reads, 0, 0)));
    }
}
