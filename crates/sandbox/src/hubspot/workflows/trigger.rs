//! `POST /automation/v4/webhook-triggers/{portalId}/{triggerId}` (HubSpot facts 8.1): no token, no signature, and the same
//! answer whatever comes of it.

use super::super::Hubspot;
use super::super::error::ApiError;
use super::super::webhooks::call::{Call, on};
use super::definition::Definition;
use super::run::{self, Outcome};
use super::settings::Settings;
use super::{All, Workflow};
use crate::house::Dice;
use crate::house::json::answer;
use axum::Router;
use axum::response::Response;
use axum::routing::MethodFilter;
use http::StatusCode;
use serde_json::{Value, json};
use std::sync::Arc;

/// The route.
pub(super) fn router() -> Router<Arc<Hubspot>> {
    Router::new()
        .route("/automation/v4/webhook-triggers/{portalId}/{triggerId}", on(MethodFilter::POST, receive))
}

fn receive(hubspot: &Arc<Hubspot>, call: &Call) -> Result<Response, ApiError> {
    let (settings, now) = (hubspot.settings.get(), hubspot.house.now());
    let settings = &settings.workflows;
    let (portal, trigger) = (call.param("portalId").parse::<u64>().ok(), call.param("triggerId"));
    let mut all = hubspot.workflows.0.lock();
    let All { workflows, dice, .. } = &mut *all;
    let workflow = workflows
        .get_mut(trigger)
        .filter(|workflow| Some(workflow.definition.portal_id) == portal)
        .ok_or_else(|| refused(settings.unknown_trigger_status, "resource not found"))?;
    let payload = read(workflow, &call.body, settings, now)?;
    let id = dice.uuid();
    let lost = settings.never_triggered_chance > 0.0 && dice.chance(settings.never_triggered_chance);
    let outcome = match run::first_look(workflow, &payload, settings) {
        Outcome::Waiting if lost => Outcome::NeverTriggered,
        outcome => outcome,
    };
    if outcome == Outcome::Sample {
        workflow.sample = Some(payload.clone());
    }
    let call = run::call(id.clone(), now, payload, outcome);
    workflow.note(call.clone(), settings.history);
    if outcome == Outcome::Waiting {
        let delay_ms = delay(&workflow.definition, settings, dice);
        run::later(hubspot, &all, trigger, &call, delay_ms);
    }
    Ok(answer(StatusCode::ACCEPTED, &json!({ "id": id })))
}

/// How long this run takes.
fn delay(definition: &Definition, settings: &Settings, dice: &mut Dice) -> i64 {
    let least = definition.delay_ms.unwrap_or(settings.delay_ms);
    let most = definition.delay_up_to_ms.unwrap_or(settings.delay_up_to_ms);
    dice.between(least, most)
}

/// The payload, when the call is let in.
fn read(workflow: &mut Workflow, body: &[u8], settings: &Settings, now: i64) -> Result<Value, ApiError> {
    if settings.max_body_bytes > 0 && body.len() > settings.max_body_bytes {
        return Err(refused(settings.too_large_status, "Request entity too large"));
    }
    let second = now.div_euclid(1000);
    if workflow.calls.0 != second {
        workflow.calls = (second, 0);
    }
    workflow.calls.1 += 1;
    if settings.per_second > 0 && workflow.calls.1 > settings.per_second {
        return Err(refused(settings.rate_status, "You have reached your secondly limit."));
    }
    let payload = serde_json::from_slice::<Value>(body).ok().filter(Value::is_object);
    match payload {
        Some(payload) => Ok(payload),
        // Accepted as if it were one: what was sent is kept for the history.
        None if settings.bad_json_status == 202 => {
            Ok(Value::String(String::from_utf8_lossy(body).into_owned()))
        }
        None => Err(refused(settings.bad_json_status, "Invalid input JSON: a JSON object is expected")),
    }
}

fn refused(status: u16, message: &str) -> ApiError {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    match status {
        StatusCode::BAD_REQUEST => ApiError::validation(message),
        status => ApiError::bare(status, message),
    }
}
