//! `settings` and `subscriptions`, below a path prefix that changes with every version (HubSpot facts 6.1).

use super::super::Hubspot;
use super::super::error::ApiError;
use super::call::{Call, on};
use super::subscriptions::{AppHooks, Subscription, Target, Wanted, activity};
use super::{Settings, entrance};
use crate::house::clock::iso;
use crate::house::json::{answer, empty};
use axum::Router;
use axum::response::Response;
use axum::routing::MethodFilter;
use http::StatusCode;
use serde_json::{Value, json};
use std::sync::Arc;

const PREFIXES: [&str; 5] = [
    "/webhooks/v3",
    "/app-webhooks/2025-09",
    "/webhooks/2026-03",
    "/app-webhooks/2026-09",
    "/app-webhooks/2027-03-beta",
];

/// The routes, below every prefix.
pub(super) fn router() -> Router<Arc<Hubspot>> {
    let mut router = Router::new();
    for prefix in PREFIXES {
        let path = |rest: &str| format!("{prefix}/{{appId}}/{rest}");
        router = router
            .route(
                &path("settings"),
                on(MethodFilter::GET, show_settings)
                    .merge(on(MethodFilter::PUT, put_settings))
                    .merge(on(MethodFilter::DELETE, delete_settings)),
            )
            .route(&path("subscriptions"), on(MethodFilter::GET, list).merge(on(MethodFilter::POST, create)))
            .route(&path("subscriptions/batch/update"), on(MethodFilter::POST, update_batch))
            .route(
                &path("subscriptions/{subscriptionId}"),
                on(MethodFilter::GET, show)
                    .merge(on(MethodFilter::PATCH, update))
                    .merge(on(MethodFilter::DELETE, delete)),
            );
    }
    router
}

fn show_settings(hubspot: &Arc<Hubspot>, call: &Call) -> Result<Response, ApiError> {
    let app = entrance::app(hubspot, call)?;
    let hooks = hubspot.webhooks.hooks.lock();
    let target = hooks.apps.get(&app).and_then(|app| app.target.get().as_ref());
    target.map(|target| answer(StatusCode::OK, &target.show())).ok_or_else(ApiError::resource_not_found)
}

fn put_settings(hubspot: &Arc<Hubspot>, call: &Call) -> Result<Response, ApiError> {
    let app = entrance::app(hubspot, call)?;
    let body = call.object()?;
    change(hubspot, app, |hooks, settings, now| {
        let target = Target::read(&body, hooks.target.get().as_ref(), settings, now)?;
        let shown = target.show();
        hooks.target.set(Some(target), now, settings.settings_cache_ms);
        Ok(answer(StatusCode::OK, &shown))
    })
}

/// The subscriptions stay, but nothing is told until there are settings again.
fn delete_settings(hubspot: &Arc<Hubspot>, call: &Call) -> Result<Response, ApiError> {
    let app = entrance::app(hubspot, call)?;
    change(hubspot, app, |hooks, settings, now| {
        if hooks.target.get().is_none() {
            return Err(ApiError::resource_not_found());
        }
        hooks.target.set(None, now, settings.settings_cache_ms);
        Ok(empty(StatusCode::NO_CONTENT))
    })
}

fn list(hubspot: &Arc<Hubspot>, call: &Call) -> Result<Response, ApiError> {
    let app = entrance::app(hubspot, call)?;
    let hooks = hubspot.webhooks.hooks.lock();
    let subscriptions = hooks.apps.get(&app).map(|app| app.subscriptions.values().map(Subscription::show));
    let results: Vec<_> = subscriptions.into_iter().flatten().collect();
    Ok(answer(StatusCode::OK, &json!({ "results": results })))
}

fn create(hubspot: &Arc<Hubspot>, call: &Call) -> Result<Response, ApiError> {
    let app = entrance::app(hubspot, call)?;
    let body = call.object()?;
    let settings = hubspot.settings.get();
    let wanted = Wanted::read(&body, &settings.webhooks)?;
    let active = activity(&body)?.unwrap_or(false);
    let now = hubspot.house.now();
    let request_id = hubspot.access.correlation_id(now).replace('-', "");
    let mut hooks = hubspot.webhooks.hooks.lock();
    let id = hooks.last_subscription + 1;
    let app = hooks.apps.entry(app).or_default();
    editable(app, &settings.webhooks)?;
    app.make_room(&wanted, &settings.webhooks, &request_id)?;
    let subscription = Subscription { id, wanted, active, created_at: now, updated_at: None };
    let response = answer(StatusCode::CREATED, &subscription.show());
    app.subscriptions.insert(id, subscription);
    hooks.last_subscription = id;
    Ok(response)
}

fn show(hubspot: &Arc<Hubspot>, call: &Call) -> Result<Response, ApiError> {
    let app = entrance::app(hubspot, call)?;
    let id = call.number("subscriptionId")?;
    let hooks = hubspot.webhooks.hooks.lock();
    let subscription = hooks.apps.get(&app).and_then(|app| app.subscriptions.get(&id));
    let subscription = subscription.ok_or_else(ApiError::resource_not_found)?;
    Ok(answer(StatusCode::OK, &subscription.show()))
}

fn update(hubspot: &Arc<Hubspot>, call: &Call) -> Result<Response, ApiError> {
    let app = entrance::app(hubspot, call)?;
    let id = call.number("subscriptionId")?;
    let active = activity(&call.object()?)?;
    change(hubspot, app, |hooks, _, now| Ok(answer(StatusCode::OK, &hooks.activate(id, active, now)?.show())))
}

fn delete(hubspot: &Arc<Hubspot>, call: &Call) -> Result<Response, ApiError> {
    let app = entrance::app(hubspot, call)?;
    let id = call.number("subscriptionId")?;
    change(hubspot, app, |hooks, _, _| {
        let gone = hooks.subscriptions.remove(&id).ok_or_else(ApiError::resource_not_found);
        gone.map(|_| empty(StatusCode::NO_CONTENT))
    })
}

/// What is known is changed, what is not is named: 207.
fn update_batch(hubspot: &Arc<Hubspot>, call: &Call) -> Result<Response, ApiError> {
    let app = entrance::app(hubspot, call)?;
    let inputs = inputs(&Value::Object(call.object()?))?;
    change(hubspot, app, |hooks, _, now| {
        let (mut results, mut errors) = (Vec::new(), Vec::new());
        for (id, active) in inputs {
            match hooks.activate(id, Some(active), now) {
                Ok(subscription) => results.push(json!(subscription.show())),
                Err(_) => errors.push(json!({
                    "status": "error",
                    "category": "SUBSCRIPTION_ID_NOT_FOUND",
                    "message": format!("Failed to find subscriptions by id `{id}`."),
                    "context": { "id": [id.to_string()] },
                })),
            }
        }
        let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::MULTI_STATUS };
        let mut body = json!({
            "status": "COMPLETE", "results": results, "startedAt": iso(now), "completedAt": iso(now),
        });
        if !errors.is_empty() {
            body["numErrors"] = json!(errors.len());
            body["errors"] = Value::Array(errors);
        }
        Ok(answer(status, &body))
    })
}

/// Ids are numbers here, though answers write them as texts.
fn inputs(body: &Value) -> Result<Vec<(u64, bool)>, ApiError> {
    let inputs = body["inputs"].as_array().ok_or_else(|| ApiError::validation("inputs is required"))?;
    let read = |input: &Value| {
        let id = input["id"].as_u64().ok_or_else(|| ApiError::validation("id must be a number"))?;
        let active = input["active"].as_bool();
        Ok((id, active.ok_or_else(|| ApiError::validation("active must be a boolean"))?))
    };
    inputs.iter().map(read).collect()
}

/// Changes what an app has set, unless that is declared elsewhere.
fn change(
    hubspot: &Hubspot,
    app: u64,
    act: impl FnOnce(&mut AppHooks, &Settings, i64) -> Result<Response, ApiError>,
) -> Result<Response, ApiError> {
    let (settings, now) = (hubspot.settings.get(), hubspot.house.now());
    let mut hooks = hubspot.webhooks.hooks.lock();
    let app = hooks.apps.entry(app).or_default();
    editable(app, &settings.webhooks)?;
    act(app, &settings.webhooks, now)
}

fn editable(app: &AppHooks, settings: &Settings) -> Result<(), ApiError> {
    if !app.declared {
        return Ok(());
    }
    let status = StatusCode::from_u16(settings.declared_status).unwrap_or(StatusCode::FORBIDDEN);
    let message =
        "The webhooks of this app are declared in its project and cannot be changed through the API.";
    Err(ApiError::new(status, "VALIDATION_ERROR", message))
}
