//! Endpoints over the API: listed, shown, made, changed, ended.

use super::bodies::{ChangeBody, NewBody, state_of};
use super::secrets::MadeView;
use super::views::{EndpointView, Shown, Waiting};
use crate::api::Api;
use crate::api::access::Caller;
use crate::api::accounts::check_name;
use crate::api::connections::{body_of, organization};
use crate::api::events::checked;
use crate::api::paging::{cut, id_cursor, limit, some};
use crate::endpoints::{self as room, Change};
use crate::http::strict::Json;
use crate::http::{Problem, json};
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Response};
use http::{StatusCode, header};
use serde::{Deserialize, Serialize};
use syncline_store::Scope;
use syncline_store::notify::deliveries;
use syncline_store::notify::endpoints::{self, State as EndpointState};

/// Which endpoints.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndpointQuery {
    /// Only this organization's.
    pub org_id: Option<String>,
    /// `enabled` or `disabled`.
    pub state: Option<String>,
    /// Endpoints on the page, 1 to 500.
    pub limit: Option<u32>,
    /// Where the page before this one ended.
    pub cursor: Option<String>,
}

/// `GET /v1/endpoints`, in the order in which they were made.
///
/// # Errors
/// 400 for a query that makes no sense, 403 for another organization's, 503 when the database is away.
pub async fn list(
    State(api): State<Api>,
    caller: Caller,
    query: Result<Query<EndpointQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let EndpointQuery { org_id, state, limit: asked, cursor } = checked(query)?;
    let org_id = some(org_id).map(|asked| organization(&caller, Some(&asked))).transpose()?;
    let filter = endpoints::Filter { org_id, state: state_of(state)?, ..endpoints::Filter::default() };
    let (limit, after) = (limit(asked)?, id_cursor(cursor, "ep")?);
    let store = &api.cx.store;
    let mut found = endpoints::list(store, &caller.scope, &filter, after.as_deref(), limit + 1).await?;
    let next = cut(&mut found, limit, |last| last.id.clone());
    let data: Vec<EndpointView> = found.into_iter().map(|one| EndpointView::of(&api.cx, one)).collect();
    Ok(json(&serde_json::json!({ "data": data, "next_cursor": next })))
}

/// `GET /v1/endpoints/{id}`, with its secrets (not what they are) and what waits for it.
///
/// # Errors
/// 404 when there is none for this caller.
pub async fn show(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let cx = &api.cx;
    let endpoint = room::get(cx, &caller.scope, &id).await?;
    let secrets = room::list_secrets(cx, &caller.scope, &id).await?;
    let (deliveries, next_at) = deliveries::waiting(&cx.store, &id).await?;
    let retries = endpoint.schedule.clone().unwrap_or_else(|| cx.config.notify.schedule.clone());
    let endpoint = EndpointView::of(cx, endpoint);
    Ok(json(&Shown { endpoint, secrets, retries, waiting: Waiting { deliveries, next_at } }))
}

/// An endpoint that was just made.
#[derive(Debug, Serialize)]
struct New {
    #[serde(flatten)]
    endpoint: EndpointView,
    /// Its secret, this once.
    signing: MadeView,
}

/// `POST /v1/endpoints`: answers it with its secret, this once.
///
/// # Errors
/// 400 and 422 for what cannot be, with the reason; 403 for another organization; 409 when there are too many; 503 when the database
/// is away.
pub async fn create(
    State(api): State<Api>,
    caller: Caller,
    body: Result<Json<NewBody>, JsonRejection>,
) -> Result<Response, Problem> {
    let (mut new, secret) = body_of(body)?.wanted()?;
    new.org_id = whose(&caller, new.org_id.as_deref())?;
    let (endpoint, made) = room::create(&caller.cx(&api), new, secret).await?;
    let location = format!("/v1/endpoints/{}", endpoint.id);
    let view = New { endpoint: EndpointView::of(&api.cx, endpoint), signing: MadeView::from(made) };
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], json(&view)).into_response())
}

/// Whose a new endpoint is; none: everybody's, which only a key for all organizations may want.
fn whose(caller: &Caller, asked: Option<&str>) -> Result<Option<String>, Problem> {
    if caller.scope == Scope::All && asked.is_none() {
        return Ok(None);
    }
    let org_id = organization(caller, asked)?;
    check_name("org_id", &org_id)?;
    Ok(Some(org_id))
}

/// `PATCH /v1/endpoints/{id}`: answers the endpoint as it is then.
///
/// # Errors
/// As [`create`], 404 when there is none for this caller, and 409 when somebody else changed it at the same moment.
pub async fn change(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    body: Result<Json<ChangeBody>, JsonRejection>,
) -> Result<Response, Problem> {
    let change = body_of(body)?.wanted()?;
    let changed = room::update(&caller.cx(&api), &caller.scope, &id, change).await?;
    Ok(json(&EndpointView::of(&api.cx, changed)))
}

/// `POST /v1/endpoints/{id}/enable`: what waited for it goes on.
///
/// # Errors
/// 404 when there is none for this caller.
pub async fn enable(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    turn(&api, &caller, &id, EndpointState::Enabled).await
}

/// `POST /v1/endpoints/{id}/disable`: what waits for it goes on waiting; what is published meanwhile is not for it.
///
/// # Errors
/// 404 when there is none for this caller.
pub async fn disable(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    turn(&api, &caller, &id, EndpointState::Disabled).await
}

async fn turn(api: &Api, caller: &Caller, id: &str, state: EndpointState) -> Result<Response, Problem> {
    let change = Change { state: Some(state), ..Change::default() };
    let changed = room::update(&caller.cx(api), &caller.scope, id, change).await?;
    Ok(json(&EndpointView::of(&api.cx, changed)))
}

/// `DELETE /v1/endpoints/{id}`: what waits for it is never sent.
///
/// # Errors
/// 404 when there is none for this caller.
pub async fn delete(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    match room::delete(&caller.cx(&api), &caller.scope, &id).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Problem::not_found("endpoint")),
    }
}
