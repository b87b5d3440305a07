//! Runs over the API: asked for, watched, cancelled.

use super::Api;
use super::access::{Caller, Operator};
use super::connections::{body_of, find};
use super::events::checked;
use super::jobs::read_cursor;
use super::paging::{limit, next_cursor};
use crate::http::strict::Json;
use crate::http::{Problem, json};
use crate::load::{self, Asked, Wanted};
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use syncline_core::time::Timestamp;
use syncline_store::connections::{Connection, Status};
use syncline_store::runs::{self, LaneRow, LaneState, Mode, Run, State as RunState, Trigger};

/// The most object types one run is asked for.
const MAX_TYPES: usize = 100;
/// The most properties of one type.
const MAX_PROPERTIES: usize = 1_000;
/// The longest name of either.
const MAX_NAME: usize = 255;

/// A run as the API shows it.
#[derive(Debug, Serialize)]
pub struct RunView {
    id: String,
    org_id: String,
    connection_id: String,
    kind: String,
    mode: Mode,
    trigger: Trigger,
    state: RunState,
    reason: Option<String>,
    cancel_requested: bool,
    wanted: Box<RawValue>,
    created_at: Timestamp,
    started_at: Option<Timestamp>,
    finished_at: Option<Timestamp>,
    heartbeat_at: Option<Timestamp>,
    read: u64,
    changed: u64,
    gone: u64,
}

impl From<Run> for RunView {
    fn from(run: Run) -> Self {
        Self {
            id: run.id,
            org_id: run.org_id,
            connection_id: run.connection_id,
            kind: run.kind,
            mode: run.mode,
            trigger: run.trigger,
            state: run.state,
            reason: run.reason,
            cancel_requested: run.cancel_requested,
            wanted: RawValue::from_string(run.wish).unwrap_or_default(),
            created_at: run.created_at,
            started_at: run.started_at,
            finished_at: run.finished_at,
            heartbeat_at: run.heartbeat_at,
            read: run.read,
            changed: run.changed,
            gone: run.gone,
        }
    }
}

/// A lane as the API shows it: how far it is, without what the engine keeps for itself.
#[derive(Debug, Serialize)]
struct LaneView {
    key: String,
    title: String,
    object_type: String,
    collection: String,
    state: LaneState,
    since: Option<Timestamp>,
    read: u64,
    created: u64,
    changed: u64,
    unchanged: u64,
    stale: u64,
    gone: u64,
    pages: u64,
    total: Option<u64>,
    notice: Option<String>,
    error: Option<String>,
    high_water: Option<Timestamp>,
    started_at: Option<Timestamp>,
    updated_at: Timestamp,
}

impl From<LaneRow> for LaneView {
    fn from(lane: LaneRow) -> Self {
        Self {
            key: lane.key,
            title: lane.title,
            object_type: lane.object_type,
            collection: lane.collection,
            state: lane.state,
            since: lane.since,
            read: lane.read,
            created: lane.created,
            changed: lane.changed,
            unchanged: lane.unchanged,
            stale: lane.stale,
            gone: lane.gone,
            pages: lane.pages,
            total: lane.total,
            notice: lane.notice,
            error: lane.error,
            high_water: lane.high_water,
            started_at: lane.started_at,
            updated_at: lane.updated_at,
        }
    }
}

/// A run with its lanes.
#[derive(Debug, Serialize)]
struct Shown {
    #[serde(flatten)]
    run: RunView,
    lanes: Vec<LaneView>,
}

/// `POST /v1/connections/{id}/runs`. Left out altogether: everything that changed since the run before.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NewRun {
    /// `incremental` (the default) or `full`.
    pub mode: Option<String>,
    /// Only these object types; the configured ones when empty.
    pub types: Vec<String>,
    /// Properties to read, by object type; the configured ones for types not named.
    pub properties: BTreeMap<String, Vec<String>>,
    /// The most pages to read of each lane; 0: as configured.
    pub max_pages: u32,
}

impl NewRun {
    /// What it asks for.
    ///
    /// # Errors
    /// 400 for what cannot be.
    pub fn wanted(self) -> Result<(Mode, Wanted), Problem> {
        let mode = match self.mode.as_deref() {
            None | Some("") => Mode::Incremental,
            Some(name) => Mode::named(name)
                .ok_or_else(|| Problem::bad_request("bad_mode", "`mode` is `full` or `incremental`."))?,
        };
        check_names("types", &self.types, MAX_TYPES)?;
        check_names("properties", self.properties.keys(), MAX_TYPES)?;
        for names in self.properties.values() {
            check_names("properties", names, MAX_PROPERTIES)?;
        }
        let Self { types, properties, max_pages, .. } = self;
        Ok((mode, Wanted { types, properties, max_pages }))
    }
}

fn check_names<'a>(
    what: &'static str,
    names: impl IntoIterator<Item = &'a String>,
    most: usize,
) -> Result<(), Problem> {
    let wrong = |say| Err(Problem::bad_request("bad_selection", format!("`{what}`: {say}.")));
    for (at, name) in names.into_iter().enumerate() {
        if at >= most {
            return wrong(format!("at most {most} are read at once"));
        }
        let length = name.chars().count();
        if length == 0 || length > MAX_NAME || name.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return wrong(format!("each is a name of 1 to {MAX_NAME} characters without spaces"));
        }
    }
    Ok(())
}

/// Asks for a run: 202 with a new one, 200 with the one that is under way already.
///
/// # Errors
/// 400 for a wish that cannot be, 404 for no such connection, 409 when it cannot be read now.
pub async fn create(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    body: Result<Option<Json<NewRun>>, JsonRejection>,
) -> Result<Response, Problem> {
    let asked = body.map(|body| body.unwrap_or_else(|| Json(NewRun::default())));
    let (mode, wanted) = body_of(asked)?.wanted()?;
    let connection = find(&api, &caller, &id).await?;
    check_usable(&connection)?;
    let asked = load::request(&caller.cx(&api), &connection, mode, Trigger::Api, &wanted).await?;
    let status = match &asked {
        Asked::New(_) => StatusCode::ACCEPTED,
        Asked::UnderWay(_) => StatusCode::OK,
    };
    let run = asked.run().clone();
    let location = format!("/v1/runs/{}", run.id);
    let shown = shown(&api, run).await?;
    Ok((status, [(http::header::LOCATION, location)], shown).into_response())
}

/// Whether records can be read through it.
///
/// # Errors
/// 409 that says what to do first.
pub fn check_usable(connection: &Connection) -> Result<(), Problem> {
    match connection.status {
        Status::Active => Ok(()),
        Status::NeedsReauthorization => Err(Problem::new(
            StatusCode::CONFLICT,
            "needs_reauthorization",
            "The provider does not accept the connection's credentials any more: connect the account again.",
        )),
        Status::Disconnected => Err(Problem::new(
            StatusCode::CONFLICT,
            "disconnected",
            "The connection was ended: connect the account again.",
        )),
    }
}

/// Which runs.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunQuery {
    /// Only this connection's.
    pub connection_id: Option<String>,
    /// Only those that are so.
    pub state: Option<String>,
    /// Runs on the page, 1 to 500.
    pub limit: Option<u32>,
    /// Where the page before this one ended.
    pub cursor: Option<String>,
}

async fn page(api: &Api, caller: &Caller, query: RunQuery) -> Result<Response, Problem> {
    let some = |text: Option<String>| text.filter(|text| !text.is_empty());
    let state = some(query.state).map(|name| {
        RunState::named(&name).ok_or_else(|| {
            let say =
                "`state` is `waiting`, `running`, `paused`, `succeeded`, `partial`, `failed` or `cancelled`.";
            Problem::bad_request("bad_state", say)
        })
    });
    let filter = runs::Filter {
        connection_id: some(query.connection_id),
        state: state.transpose()?,
        ..runs::Filter::default()
    };
    let limit = limit(query.limit)?;
    let before = some(query.cursor).as_deref().map(read_cursor).transpose()?;
    let mut found = runs::list(&api.cx.store, &caller.scope, &filter, before, limit + 1).await?;
    let next = next_cursor(&mut found, limit, |last| (last.created_at, &last.id));
    let data: Vec<RunView> = found.into_iter().map(RunView::from).collect();
    Ok(json(&serde_json::json!({ "data": data, "next_cursor": next })))
}

/// `GET /v1/runs`.
///
/// # Errors
/// 400 for a query that makes no sense, 503 when the database is away.
pub async fn list(
    State(api): State<Api>,
    caller: Caller,
    query: Result<Query<RunQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    page(&api, &caller, checked(query)?).await
}

/// Which runs of a connection.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnRunQuery {
    /// Only those that are so.
    pub state: Option<String>,
    /// Runs on the page, 1 to 500.
    pub limit: Option<u32>,
    /// Where the page before this one ended.
    pub cursor: Option<String>,
}

/// `GET /v1/connections/{id}/runs`.
///
/// # Errors
/// As [`list`], and 404 when there is no such connection for this caller.
pub async fn of_connection(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    query: Result<Query<OwnRunQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let OwnRunQuery { state, limit, cursor } = checked(query)?;
    find(&api, &caller, &id).await?;
    page(&api, &caller, RunQuery { connection_id: Some(id), state, limit, cursor }).await
}

async fn shown(api: &Api, run: Run) -> Result<Response, Problem> {
    let lanes = runs::lanes(&api.cx.store, &run.id).await?;
    Ok(json(&Shown { run: run.into(), lanes: lanes.into_iter().map(LaneView::from).collect() }))
}

async fn get(api: &Api, caller: &Caller, id: &str) -> Result<Run, Problem> {
    let found = runs::get(&api.cx.store, &caller.scope, id).await?;
    found.ok_or_else(|| Problem::not_found("run"))
}

/// `GET /v1/runs/{id}`.
///
/// # Errors
/// 404 when there is none for this caller.
pub async fn show(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let run = get(&api, &caller, &id).await?;
    shown(&api, run).await
}

/// `POST /v1/runs/{id}/cancel`: it stops at the end of the page it is at.
///
/// # Errors
/// 404 when there is none for this caller, 409 when it is over.
pub async fn cancel(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    get(&api, &caller, &id).await?;
    if !load::cancel(&caller.cx(&api), &caller.scope, &id).await? {
        return Err(Problem::new(StatusCode::CONFLICT, "run_over", "The run is over already."));
    }
    let run = get(&api, &caller, &id).await?;
    Ok((StatusCode::ACCEPTED, shown(&api, run).await?).into_response())
}

/// `GET /v1/budgets`: the limits of all accounts as this process counts them, and what waits for them.
pub async fn budgets(State(api): State<Api>, _: Operator) -> Response {
    json(&serde_json::json!({ "data": api.cx.calls.budgets.view() }))
}
