//! The types of messages over the API: what each means, what it looks like, an example.

use crate::api::access::Caller;
use crate::http::{Problem, json};
use axum::extract::Path;
use axum::response::Response;
use syncline_core::notify::kinds;

/// `GET /v1/event-types`.
///
/// # Errors
/// 401 without a key.
pub async fn list(_: Caller) -> Result<Response, Problem> {
    Ok(json(&serde_json::json!({ "data": kinds::all(), "next_cursor": null })))
}

/// `GET /v1/event-types/{name}`.
///
/// # Errors
/// 404 when there is none of that name.
pub async fn show(_: Caller, Path(name): Path<String>) -> Result<Response, Problem> {
    kinds::find(&name).map(json_of).ok_or_else(|| Problem::not_found("event type"))
}

fn json_of(kind: &'static kinds::Kind) -> Response {
    json(kind)
}
