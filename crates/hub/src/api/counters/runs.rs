//! Comparisons over the API: asked for, watched, stopped.

use super::find;
use crate::api::Api;
use crate::api::access::Caller;
use crate::api::connections::body_of;
use crate::api::events::checked;
use crate::api::jobs::read_cursor;
use crate::api::paging::{limit, next_cursor, some};
use crate::counters::request::{self, Asked};
use crate::http::strict::Json;
use crate::http::{Problem, json};
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Response};
use http::{StatusCode, header};
use serde::{Deserialize, Serialize};
use syncline_core::time::Timestamp;
use syncline_store::counters::runs::{self, Cause, Counts, Run, State as RunState};

/// A run as the API shows it.
#[derive(Debug, Serialize)]
pub struct RunView {
    id: String,
    org_id: String,
    counter_id: String,
    state: RunState,
    cause: Cause,
    dry_run: bool,
    /// 1 while it looks at all counters, 2 while it looks again at those it suspected.
    pass: u32,
    counts: Counts,
    reason: Option<String>,
    cancel_requested: bool,
    created_at: Timestamp,
    started_at: Option<Timestamp>,
    heartbeat_at: Option<Timestamp>,
    finished_at: Option<Timestamp>,
}

impl From<Run> for RunView {
    fn from(run: Run) -> Self {
        Self {
            id: run.id,
            org_id: run.org_id,
            counter_id: run.definition_id,
            state: run.state,
            cause: run.cause,
            dry_run: run.dry_run,
            pass: run.pass,
            counts: run.counts,
            reason: run.reason,
            cancel_requested: run.cancel_requested,
            created_at: run.created_at,
            started_at: run.started_at,
            heartbeat_at: run.heartbeat_at,
            finished_at: run.finished_at,
        }
    }
}

/// `POST /v1/counters/{counter}/runs`.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Wanted {
    /// Whether it only looks.
    dry_run: bool,
}

/// An answer to asking for a run.
#[derive(Debug, Serialize)]
struct AskedView {
    #[serde(flatten)]
    run: RunView,
    /// Whether it is another one that was under way already, whatever was asked for.
    under_way: bool,
}

/// `POST /v1/counters/{counter}/runs`: 202 with a new run, 200 with the one that is under way already.
///
/// # Errors
/// 400 for a wish that cannot be, 404 when there is no such definition for this caller.
pub async fn create(
    State(api): State<Api>,
    caller: Caller,
    Path(counter): Path<String>,
    body: Result<Option<Json<Wanted>>, JsonRejection>,
) -> Result<Response, Problem> {
    let wanted = body_of(body.map(|body| body.unwrap_or_default()))?;
    let definition = find(&api, &caller, &counter).await?;
    let asked = request::request(&caller.cx(&api), &definition, Cause::Api, wanted.dry_run).await?;
    let (status, under_way) = match &asked {
        Asked::New(_) => (StatusCode::ACCEPTED, false),
        Asked::UnderWay(_) => (StatusCode::OK, true),
    };
    let run = asked.run().clone();
    let location = format!("/v1/counter-runs/{}", run.id);
    let view = json(&AskedView { run: run.into(), under_way });
    Ok((status, [(header::LOCATION, location)], view).into_response())
}

/// Which runs.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunQuery {
    /// Runs on the page, 1 to 500.
    pub limit: Option<u32>,
    /// Where the page before this one ended.
    pub cursor: Option<String>,
}

/// `GET /v1/counters/{counter}/runs`, the latest first.
///
/// # Errors
/// 400 for a query that makes no sense, 404 when there is no such definition for this caller.
pub async fn list(
    State(api): State<Api>,
    caller: Caller,
    Path(counter): Path<String>,
    query: Result<Query<RunQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let query = checked(query)?;
    let limit = limit(query.limit)?;
    let before = some(query.cursor).as_deref().map(read_cursor).transpose()?;
    let definition = find(&api, &caller, &counter).await?;
    let filter = runs::Filter { definition_id: Some(definition.id), ..runs::Filter::default() };
    let mut found = runs::list(&api.cx.store, &caller.scope, &filter, before.as_ref(), limit + 1).await?;
    let next = next_cursor(&mut found, limit, |last| (last.created_at, &last.id));
    let data: Vec<RunView> = found.into_iter().map(RunView::from).collect();
    Ok(json(&serde_json::json!({ "data": data, "next_cursor": next })))
}

/// A run of this caller.
///
/// # Errors
/// 404 when there is none.
pub(super) async fn run_of(api: &Api, caller: &Caller, id: &str) -> Result<Run, Problem> {
    let found = runs::get(&api.cx.store, &caller.scope, id).await?;
    found.ok_or_else(|| Problem::not_found("run of a counter"))
}

/// `GET /v1/counter-runs/{id}`.
///
/// # Errors
/// 404 when there is none for this caller.
pub async fn show(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    Ok(json(&RunView::from(run_of(&api, &caller, &id).await?)))
}

/// `POST /v1/counter-runs/{id}/cancel`: it stops at the end of the page it is at; what it did stays.
///
/// # Errors
/// 404 when there is none for this caller, 409 when it is over.
pub async fn cancel(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    run_of(&api, &caller, &id).await?;
    if !request::cancel(&caller.cx(&api), &caller.scope, &id).await? {
        return Err(Problem::new(StatusCode::CONFLICT, "run_over", "The run is over already."));
    }
    let run = run_of(&api, &caller, &id).await?;
    Ok((StatusCode::ACCEPTED, json(&RunView::from(run))).into_response())
}
