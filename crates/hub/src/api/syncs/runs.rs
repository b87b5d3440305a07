//! Runs of syncs over the API: asked for, watched, stopped, and what a dry one would have done.

use super::{cut, find, named, number_cursor, some};
use crate::api::Api;
use crate::api::access::Caller;
use crate::api::connections::body_of;
use crate::api::events::checked;
use crate::api::jobs::read_cursor;
use crate::api::paging::{limit, next_cursor};
use crate::api::runs::check_usable;
use crate::http::strict::Json;
use crate::http::{Problem, json};
use crate::sync::{self, Asked, Wanted};
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Response};
use http::{StatusCode, header};
use serde::{Deserialize, Serialize};
use syncline_core::sync::Side;
use syncline_core::time::Timestamp;
use syncline_store::connections;
use syncline_store::runs::{State as RunState, Trigger};
use syncline_store::syncs::runs::{self, SyncRun};
use syncline_store::syncs::{self, Phase, Reading, Sync, plans};

/// A run as the API shows it: without what the engine keeps for itself.
#[derive(Debug, Serialize)]
pub struct SyncRunView {
    id: String,
    org_id: String,
    sync_id: String,
    towards: Option<Side>,
    dry_run: bool,
    reading: Reading,
    trigger: Trigger,
    state: RunState,
    phase: Phase,
    reason: Option<String>,
    cancel_requested: bool,
    progress: Progress,
    counts: sync::run::Tally,
    created_at: Timestamp,
    started_at: Option<Timestamp>,
    finished_at: Option<Timestamp>,
    heartbeat_at: Option<Timestamp>,
}

/// How far a run is.
#[derive(Debug, Serialize)]
struct Progress {
    /// Pairs and single records looked at.
    looked_at: u64,
    /// How many there are to look at, as far as that is known.
    total: Option<u64>,
}

impl From<SyncRun> for SyncRunView {
    fn from(run: SyncRun) -> Self {
        let counts: sync::run::Tally = serde_json::from_value(run.counts).unwrap_or_default();
        Self {
            id: run.id,
            org_id: run.org_id,
            sync_id: run.sync_id,
            towards: run.towards,
            dry_run: run.dry_run,
            reading: run.reading,
            trigger: run.trigger,
            state: run.state,
            phase: run.phase,
            reason: run.reason,
            cancel_requested: run.cancel_requested,
            progress: Progress { looked_at: counts.looked_at, total: run.total },
            counts,
            created_at: run.created_at,
            started_at: run.started_at,
            finished_at: run.finished_at,
            heartbeat_at: run.heartbeat_at,
        }
    }
}

/// An answer to asking for a run.
#[derive(Debug, Serialize)]
struct AskedView {
    #[serde(flatten)]
    run: SyncRunView,
    /// Whether it is another one that was under way already, whatever was asked for.
    under_way: bool,
}

/// `POST /v1/syncs/{id}/runs`: 202 with a new run, 200 with the one that is under way already.
///
/// # Errors
/// 400 for a wish that cannot be, 404 for no such sync, 409 when it is paused or a connection cannot be used.
pub async fn create(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    body: Result<Option<Json<Wanted>>, JsonRejection>,
) -> Result<Response, Problem> {
    let wanted = body_of(body.map(|body| body.unwrap_or_default()))?;
    let sync = find(&api, &caller, &id).await?;
    can_run(&api, &caller, &sync).await?;
    let asked = sync::request(&caller.cx(&api), &sync, Trigger::Api, &wanted).await?;
    let (status, under_way) = match &asked {
        Asked::New(_) => (StatusCode::ACCEPTED, false),
        Asked::UnderWay(_) => (StatusCode::OK, true),
    };
    let run = asked.run().clone();
    let location = format!("/v1/sync-runs/{}", run.id);
    let view = json(&AskedView { run: run.into(), under_way });
    Ok((status, [(header::LOCATION, location)], view).into_response())
}

/// Whether a run would begin.
async fn can_run(api: &Api, caller: &Caller, sync: &Sync) -> Result<(), Problem> {
    if sync.state == syncs::State::Paused {
        let reason = sync.reason.as_deref().map(|reason| format!(" ({reason})")).unwrap_or_default();
        let say = format!("The sync is paused{reason}. Let it go on first: set its `state` to `active`.");
        return Err(Problem::new(StatusCode::CONFLICT, "sync_paused", say));
    }
    for (side, id) in sync.connections.iter() {
        let found = connections::get(&api.cx.store, &caller.scope, id).await?;
        let gone = || {
            let say = format!("The connection on the {side} is gone: make a new sync with another one.");
            Problem::new(StatusCode::CONFLICT, "disconnected", say)
        };
        check_usable(&found.ok_or_else(gone)?)?;
    }
    Ok(())
}

/// Which runs.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SyncRunQuery {
    /// Only those that are so.
    pub state: Option<String>,
    /// `true`: only dry runs; `false`: only others.
    pub dry_run: Option<bool>,
    /// Runs on the page, 1 to 500.
    pub limit: Option<u32>,
    /// Where the page before this one ended.
    pub cursor: Option<String>,
}

/// `GET /v1/syncs/{id}/runs`, the latest first.
///
/// # Errors
/// 400 for a query that makes no sense, 404 when there is no such sync for this caller.
pub async fn list(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    query: Result<Query<SyncRunQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let query = checked(query)?;
    let say = "`state` is `waiting`, `running`, `paused`, `succeeded`, `partial`, `failed` or `cancelled`.";
    let state = named(query.state, RunState::named, say)?;
    let limit = limit(query.limit)?;
    let before = some(query.cursor).as_deref().map(read_cursor).transpose()?;
    find(&api, &caller, &id).await?;
    let filter = runs::Filter { sync_id: Some(id), state, dry_run: query.dry_run, ..runs::Filter::default() };
    let mut found = runs::list(&api.cx.store, &caller.scope, &filter, before, limit + 1).await?;
    let next = next_cursor(&mut found, limit, |last| (last.created_at, &last.id));
    let data: Vec<SyncRunView> = found.into_iter().map(SyncRunView::from).collect();
    Ok(json(&serde_json::json!({ "data": data, "next_cursor": next })))
}

async fn run_of(api: &Api, caller: &Caller, id: &str) -> Result<SyncRun, Problem> {
    let found = runs::get(&api.cx.store, &caller.scope, id).await?;
    found.ok_or_else(|| Problem::not_found("run of a sync"))
}

/// `GET /v1/sync-runs/{id}`.
///
/// # Errors
/// 404 when there is none for this caller.
pub async fn show(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let run = run_of(&api, &caller, &id).await?;
    Ok(json(&SyncRunView::from(run)))
}

/// `POST /v1/sync-runs/{id}/cancel`: it stops at the end of the page it is at; what it did stays.
///
/// # Errors
/// 404 when there is none for this caller, 409 when it is over.
pub async fn cancel(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    run_of(&api, &caller, &id).await?;
    if !sync::cancel(&caller.cx(&api), &caller.scope, &id).await? {
        return Err(Problem::new(StatusCode::CONFLICT, "run_over", "The run is over already."));
    }
    let run = run_of(&api, &caller, &id).await?;
    Ok((StatusCode::ACCEPTED, json(&SyncRunView::from(run))).into_response())
}

/// Which part of a plan.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanQuery {
    /// Actions on the page, 1 to 500.
    pub limit: Option<u32>,
    /// Where the page before this one ended: the number of its last action.
    #[serde(alias = "after")]
    pub cursor: Option<String>,
}

/// `GET /v1/sync-runs/{id}/plan`: what a dry run would have done, in its order.
///
/// # Errors
/// 400 for a query that makes no sense, 404 when there is no such run for this caller, 409 for a run that was none.
pub async fn plan(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    query: Result<Query<PlanQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let query = checked(query)?;
    let (limit, after) = (limit(query.limit)?, number_cursor::<u64>(query.cursor)?);
    if !run_of(&api, &caller, &id).await?.dry_run {
        let say = "The run was no dry run: it has no plan, and what it did is in the sync's history.";
        return Err(Problem::new(StatusCode::CONFLICT, "not_a_dry_run", say));
    }
    let store = &api.cx.store;
    let mut found = plans::page(store, &caller.scope, &id, after, limit + 1).await?;
    let next = cut(&mut found, limit, |last| last.n.to_string());
    let data: Vec<PlannedView> = found.into_iter().map(PlannedView::from).collect();
    let kept = plans::count(store, &id).await?;
    Ok(json(&serde_json::json!({ "data": data, "kept": kept, "next_cursor": next })))
}

/// A planned action.
#[derive(Debug, Serialize)]
struct PlannedView {
    n: u64,
    side: Option<Side>,
    what: String,
    left_id: Option<String>,
    right_id: Option<String>,
    detail: serde_json::Value,
}

impl From<plans::Planned> for PlannedView {
    fn from(planned: plans::Planned) -> Self {
        Self {
            n: planned.n,
            side: planned.side,
            what: planned.what,
            left_id: planned.ids.left,
            right_id: planned.ids.right,
            detail: planned.detail,
        }
    }
}
