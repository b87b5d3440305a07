//! Subscriptions of the journal and their filters (HubSpot facts 6.7).

use super::super::Hubspot;
use super::super::error::ApiError;
use super::super::webhooks::call::Call;
use super::entrance::{Room, on};
use super::filter::{self, Filter};
use super::subscription::{Subscription, Wanted};
use crate::house::json::{answer, empty};
use axum::Router;
use axum::response::Response;
use axum::routing::MethodFilter;
use http::StatusCode;
use serde_json::{Value, json};
use std::sync::Arc;

const BASES: [&str; 4] = [
    "/webhooks/v4/subscriptions",
    "/webhooks-journal/subscriptions/2026-03",
    "/webhooks-journal/subscriptions/2026-09",
    "/webhooks-journal/subscriptions/2027-03-beta",
];

const READ: &str = "developer.webhooks_journal.subscriptions.read";
const WRITE: &str = "developer.webhooks_journal.subscriptions.write";

/// The routes.
pub(super) fn router() -> Router<Arc<Hubspot>> {
    let get = |act| on(MethodFilter::GET, Room::Subscriptions, READ, act);
    let post = |act| on(MethodFilter::POST, Room::Subscriptions, WRITE, act);
    let delete = |act| on(MethodFilter::DELETE, Room::Subscriptions, WRITE, act);
    let mut router = Router::new();
    for base in BASES {
        let path = |rest: &str| format!("{base}{rest}");
        router = router
            .route(base, get(list).merge(post(create)))
            .route(&path("/{subscriptionId}"), get(show).merge(delete(remove)))
            .route(&path("/portals/{portalId}"), delete(remove_portal))
            .route(&path("/filters"), post(create_filter))
            .route(&path("/filters/{filterId}"), get(show_filter).merge(delete(remove_filter)))
            .route(&path("/filters/subscription/{subscriptionId}"), get(list_filters));
    }
    router
}

fn create(hubspot: &Arc<Hubspot>, call: &Call, app: u64) -> Result<Response, ApiError> {
    let wanted = Wanted::read(call.object()?)?;
    let now = hubspot.house.now();
    let mut journals = hubspot.journal.0.lock();
    let id = journals.next_id();
    let subscription = Subscription { id, wanted, created_at: now };
    let response = answer(StatusCode::OK, &subscription.show(app));
    journals.apps.entry(app).or_default().subscriptions.insert(id, subscription);
    Ok(response)
}

fn list(hubspot: &Arc<Hubspot>, _call: &Call, app: u64) -> Result<Response, ApiError> {
    let journals = hubspot.journal.0.lock();
    let all = journals.apps.get(&app).map(|journal| journal.subscriptions.values());
    let results: Vec<_> = all.into_iter().flatten().map(|some| some.show(app)).collect();
    Ok(answer(StatusCode::OK, &json!({ "results": results })))
}

fn show(hubspot: &Arc<Hubspot>, call: &Call, app: u64) -> Result<Response, ApiError> {
    let id = call.number("subscriptionId")?;
    let journals = hubspot.journal.0.lock();
    let subscription = journals.apps.get(&app).and_then(|journal| journal.subscriptions.get(&id));
    let subscription = subscription.ok_or_else(ApiError::resource_not_found)?;
    Ok(answer(StatusCode::OK, &subscription.show(app)))
}

/// Its filters go with it.
fn remove(hubspot: &Arc<Hubspot>, call: &Call, app: u64) -> Result<Response, ApiError> {
    let id = call.number("subscriptionId")?;
    let mut journals = hubspot.journal.0.lock();
    let journal = journals.apps.get_mut(&app).ok_or_else(ApiError::resource_not_found)?;
    journal.subscriptions.remove(&id).ok_or_else(ApiError::resource_not_found)?;
    journal.filters.retain(|_, filter| filter.subscription != id);
    Ok(empty(StatusCode::NO_CONTENT))
}

fn remove_portal(hubspot: &Arc<Hubspot>, call: &Call, app: u64) -> Result<Response, ApiError> {
    let portal = call.number("portalId")?;
    let mut journals = hubspot.journal.0.lock();
    let journal = journals.apps.entry(app).or_default();
    journal.subscriptions.retain(|_, some| some.wanted.portal_id != Some(portal));
    let left = &journal.subscriptions;
    journal.filters.retain(|_, filter| left.contains_key(&filter.subscription));
    Ok(empty(StatusCode::NO_CONTENT))
}

fn create_filter(hubspot: &Arc<Hubspot>, call: &Call, app: u64) -> Result<Response, ApiError> {
    let (subscription, conditions) = filter::read(&call.object()?)?;
    let now = hubspot.house.now();
    let mut journals = hubspot.journal.0.lock();
    let known = journals.apps.get(&app).is_some_and(|app| app.subscriptions.contains_key(&subscription));
    if !known {
        return Err(ApiError::resource_not_found());
    }
    let id = journals.next_id();
    let filter = Filter { id, subscription, conditions, created_at: now };
    journals.apps.entry(app).or_default().filters.insert(id, filter);
    Ok(answer(StatusCode::OK, &json!({ "filterId": id })))
}

fn show_filter(hubspot: &Arc<Hubspot>, call: &Call, app: u64) -> Result<Response, ApiError> {
    let id = call.number("filterId")?;
    let journals = hubspot.journal.0.lock();
    let filter = journals.apps.get(&app).and_then(|journal| journal.filters.get(&id));
    Ok(answer(StatusCode::OK, &as_json(filter.ok_or_else(ApiError::resource_not_found)?)))
}

fn list_filters(hubspot: &Arc<Hubspot>, call: &Call, app: u64) -> Result<Response, ApiError> {
    let id = call.number("subscriptionId")?;
    let journals = hubspot.journal.0.lock();
    let all = journals.apps.get(&app).map(|journal| journal.filters.values());
    let filters: Vec<Value> =
        all.into_iter().flatten().filter(|some| some.subscription == id).map(as_json).collect();
    Ok(answer(StatusCode::OK, &filters))
}

fn remove_filter(hubspot: &Arc<Hubspot>, call: &Call, app: u64) -> Result<Response, ApiError> {
    let id = call.number("filterId")?;
    let mut journals = hubspot.journal.0.lock();
    let gone = journals.apps.get_mut(&app).and_then(|journal| journal.filters.remove(&id));
    gone.map(|_| empty(StatusCode::NO_CONTENT)).ok_or_else(ApiError::resource_not_found)
}

/// The moment is a number here, though subscriptions write theirs as a text.
fn as_json(filter: &Filter) -> Value {
    json!({
        "id": filter.id, "createdAt": filter.created_at, "filter": { "conditions": filter.conditions },
    })
}
