//! `/_sandbox/requests`: who called whom.

use super::problem::Problem;
use crate::house::requests::Filter;
use crate::sandbox::Rooms;
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use http::StatusCode;
use serde_json::{Value, json};
use std::sync::Arc;

/// `GET /_sandbox/requests`
pub(super) async fn list(
    State(rooms): State<Arc<Rooms>>,
    filter: Result<Query<Filter>, QueryRejection>,
) -> Result<Json<Value>, Problem> {
    let Query(filter) = filter?;
    Ok(Json(json!({ "requests": rooms.house.requests.find(&filter) })))
}

/// `DELETE /_sandbox/requests`
pub(super) async fn clear(State(rooms): State<Arc<Rooms>>) -> StatusCode {
    rooms.house.requests.clear();
    StatusCode::NO_CONTENT
}
