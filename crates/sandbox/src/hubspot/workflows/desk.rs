//! What people do in HubSpot's own pages, below `/_sandbox/hubspot/workflows`: put a workflow together, look at its history.

use super::super::Hubspot;
use super::Workflow;
use super::definition::Definition;
use crate::control::problem::Problem;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::routing::get;
use axum::{Json, Router};
use http::StatusCode;
use serde_json::{Value, json};
use std::sync::Arc;

/// The routes.
pub(super) fn router() -> Router<Arc<Hubspot>> {
    Router::new()
        .route("/workflows", get(list).post(create))
        .route("/workflows/{triggerId}", get(show).patch(change).delete(remove))
}

fn url(hubspot: &Hubspot, trigger: &str, definition: &Definition) -> String {
    let host = hubspot.house.url_of("hubspot");
    format!("{host}/automation/v4/webhook-triggers/{}/{trigger}", definition.portal_id)
}

fn as_json(hubspot: &Hubspot, trigger: &str, workflow: &Workflow) -> Value {
    let definition = &workflow.definition;
    let mut shown = json!(definition);
    shown["trigger_id"] = json!(trigger);
    shown["trigger_url"] = json!(url(hubspot, trigger, definition));
    shown["flow_id"] = json!(workflow.flow_id);
    // Name, connect, map, match: what is still missing.
    shown["step"] = json!(match (&definition.rule, definition.map.is_empty(), &workflow.sample) {
        (Some(_), false, _) => "done",
        (_, false, _) => "match",
        (None, true, None) => "connect",
        (_, true, _) => "map",
    });
    shown["sample"] = json!(workflow.sample);
    shown["enrolled"] = json!(workflow.enrolled);
    shown["history"] = json!(workflow.history);
    shown
}

/// `GET /_sandbox/hubspot/workflows`
async fn list(State(hubspot): State<Arc<Hubspot>>) -> Json<Value> {
    let all = hubspot.workflows.0.lock();
    let workflows: Vec<Value> =
        all.workflows.iter().map(|(trigger, workflow)| as_json(&hubspot, trigger, workflow)).collect();
    Json(json!({ "workflows": workflows }))
}

fn check(hubspot: &Hubspot, definition: &Definition) -> Result<(), Problem> {
    let state = hubspot.state.read();
    let portal = state.portals.get(&definition.portal_id);
    let portal =
        portal.ok_or_else(|| Problem::not_found(format!("there is no account {}", definition.portal_id)))?;
    definition.check(portal).map(|_| ()).map_err(Problem::invalid)
}

/// `POST /_sandbox/hubspot/workflows`
async fn create(
    State(hubspot): State<Arc<Hubspot>>,
    body: Result<Json<Definition>, JsonRejection>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let Json(definition) = body?;
    check(&hubspot, &definition)?;
    let mut all = hubspot.workflows.0.lock();
    let trigger = all.add(definition.clone());
    let shown = json!({ "trigger_url": url(&hubspot, &trigger, &definition), "trigger_id": trigger });
    Ok((StatusCode::CREATED, Json(shown)))
}

fn unknown(trigger: &str) -> Problem {
    Problem::not_found(format!("there is no workflow with the trigger {trigger}"))
}

/// `GET /_sandbox/hubspot/workflows/{triggerId}`
async fn show(
    State(hubspot): State<Arc<Hubspot>>,
    Path(trigger): Path<String>,
) -> Result<Json<Value>, Problem> {
    let all = hubspot.workflows.0.lock();
    let workflow = all.workflows.get(&trigger).ok_or_else(|| unknown(&trigger))?;
    Ok(Json(as_json(&hubspot, &trigger, workflow)))
}

/// `PATCH /_sandbox/hubspot/workflows/{triggerId}`: what is named is replaced.
async fn change(
    State(hubspot): State<Arc<Hubspot>>,
    Path(trigger): Path<String>,
    body: Result<Json<serde_json::Map<String, Value>>, JsonRejection>,
) -> Result<Json<Value>, Problem> {
    let Json(patch) = body?;
    let before = {
        let all = hubspot.workflows.0.lock();
        all.workflows.get(&trigger).map(|workflow| json!(workflow.definition))
    };
    let mut merged = before.ok_or_else(|| unknown(&trigger))?;
    for (key, value) in patch {
        merged[key] = value;
    }
    let definition: Definition =
        serde_json::from_value(merged).map_err(|error| Problem::invalid(error.to_string()))?;
    check(&hubspot, &definition)?;
    let mut all = hubspot.workflows.0.lock();
    let workflow = all.workflows.get_mut(&trigger).ok_or_else(|| unknown(&trigger))?;
    workflow.definition = definition;
    Ok(Json(as_json(&hubspot, &trigger, workflow)))
}

/// `DELETE /_sandbox/hubspot/workflows/{triggerId}`
async fn remove(
    State(hubspot): State<Arc<Hubspot>>,
    Path(trigger): Path<String>,
) -> Result<StatusCode, Problem> {
    let mut all = hubspot.workflows.0.lock();
    all.workflows.remove(&trigger).map(|_| StatusCode::NO_CONTENT).ok_or_else(|| unknown(&trigger))
}
