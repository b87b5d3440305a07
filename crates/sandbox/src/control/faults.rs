//! `/_sandbox/faults`: make things go wrong.

use super::problem::Problem;
use crate::house::faults::Rule;
use crate::sandbox::Rooms;
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use http::StatusCode;
use serde_json::{Value, json};
use std::sync::Arc;

/// `GET /_sandbox/faults`
pub(super) async fn list(State(rooms): State<Arc<Rooms>>) -> Json<Value> {
    Json(json!({ "faults": rooms.house.faults.all() }))
}

/// `POST /_sandbox/faults`
pub(super) async fn add(
    State(rooms): State<Arc<Rooms>>,
    body: Result<Json<Rule>, JsonRejection>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let Json(rule) = body?;
    if let Some(provider) = &rule.provider
        && !rooms.vendors.iter().any(|vendor| vendor.id() == provider)
    {
        let known: Vec<&str> = rooms.vendors.iter().map(|vendor| vendor.id()).collect();
        return Err(Problem::invalid(format!(
            "there is no provider {provider}; there are {}",
            known.join(", ")
        )));
    }
    let id = rooms.house.faults.add(rule).map_err(Problem::invalid)?;
    Ok((StatusCode::CREATED, Json(json!({ "id": id }))))
}

/// `DELETE /_sandbox/faults`
pub(super) async fn clear(State(rooms): State<Arc<Rooms>>) -> StatusCode {
    rooms.house.faults.clear();
    StatusCode::NO_CONTENT
}

/// `DELETE /_sandbox/faults/{id}`
pub(super) async fn remove(
    State(rooms): State<Arc<Rooms>>,
    Path(id): Path<u64>,
) -> Result<StatusCode, Problem> {
    if rooms.house.faults.remove(id) {
        return Ok(StatusCode::NO_CONTENT);
    }
    Err(Problem::not_found(format!("there is no fault {id}")))
}
