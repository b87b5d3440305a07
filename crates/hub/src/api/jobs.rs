//! Work as the operator sees it: what waits, runs and is parked; retry and discard.

use super::Api;
use super::access::Caller;
use super::events::{LIMIT, MAX_LIMIT, checked};
use crate::http::{Problem, json};
use crate::jobs::parked;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use syncline_core::time::Timestamp;
use syncline_store::jobs::{self, Filter, Job, State as JobState};

/// Which jobs.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JobQuery {
    /// `parked` (the default), `waiting` or `running`.
    pub state: Option<String>,
    /// Only this kind.
    pub kind: Option<String>,
    /// Only those whose payload or last error has this in it, in whichever case.
    pub search: Option<String>,
    /// Jobs on the page, 1 to 500.
    pub limit: Option<u32>,
    /// Where the page before this one ended.
    pub cursor: Option<String>,
}

impl JobQuery {
    /// The state in it.
    ///
    /// # Errors
    /// 400 for a word that is none.
    pub fn state(&self) -> Result<JobState, Problem> {
        match self.state.as_deref() {
            None | Some("" | "parked") => Ok(JobState::Parked),
            Some("waiting") => Ok(JobState::Waiting),
            Some("running") => Ok(JobState::Running),
            Some(_) => Err(Problem::bad_request("bad_state", "`state` is `parked`, `waiting` or `running`.")),
        }
    }

    /// The rest of it, as the database takes it.
    #[must_use]
    pub fn filter(&self) -> Filter<'_> {
        Filter { kind: given(self.kind.as_deref()), search: given(self.search.as_deref()) }
    }
}

/// Nothing is no filter.
fn given(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.is_empty())
}

#[derive(Serialize)]
struct JobView<'a> {
    id: &'a str,
    kind: &'a str,
    org_id: Option<&'a str>,
    state: JobState,
    attempts: u32,
    last_error: Option<&'a str>,
    run_at: Timestamp,
    created_at: Timestamp,
    updated_at: Timestamp,
    payload: Box<RawValue>,
}

impl<'a> JobView<'a> {
    fn of(job: &'a Job) -> Self {
        Self {
            id: &job.id,
            kind: &job.kind,
            org_id: Some(job.org_id.as_str()).filter(|org| !org.is_empty()),
            state: job.state,
            attempts: job.attempts,
            last_error: job.last_error.as_deref(),
            run_at: job.run_at,
            created_at: job.created_at,
            updated_at: job.updated_at,
            payload: RawValue::from_string(job.payload.clone()).unwrap_or_default(),
        }
    }
}

#[derive(Serialize)]
struct PageView<'a> {
    data: Vec<JobView<'a>>,
    next_cursor: Option<String>,
}

/// A page of jobs and where the next one goes on.
///
/// # Errors
/// 400 for a query that makes no sense, 503 when the database is away.
pub async fn page(
    api: &Api,
    caller: &Caller,
    query: &JobQuery,
) -> Result<(Vec<Job>, Option<String>), Problem> {
    let limit = query.limit.unwrap_or(LIMIT);
    if !(1..=MAX_LIMIT).contains(&limit) {
        return Err(Problem::bad_request("bad_limit", format!("`limit` is a number from 1 to {MAX_LIMIT}.")));
    }
    let after = query.cursor.as_deref().filter(|text| !text.is_empty()).map(read_cursor).transpose()?;
    let (state, filter) = (query.state()?, query.filter());
    let mut found = jobs::list(&api.cx.store, &caller.scope, state, &filter, after, limit + 1).await?;
    let more = found.len() > limit as usize;
    found.truncate(limit as usize);
    let next = found.last().filter(|_| more).map(|job| format!("{}.{}", job.updated_at.as_millis(), job.id));
    Ok((found, next))
}

/// A place in a list, as `<milliseconds>.<id>`.
///
/// # Errors
/// 400 for a text that is none.
pub fn read_cursor(text: &str) -> Result<(Timestamp, String), Problem> {
    let parts = text.split_once('.').and_then(|(at, id)| Some((at.parse().ok()?, id.to_owned())));
    let (at, id) = parts.ok_or_else(|| {
        Problem::bad_request(
            "bad_cursor",
            "`cursor`: the cursor is not one of ours. Start again without one.",
        )
    })?;
    Ok((Timestamp::from_millis(at), id))
}

/// `GET /v1/jobs`.
///
/// # Errors
/// As [`page`].
pub async fn list(
    State(api): State<Api>,
    caller: Caller,
    query: Result<Query<JobQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let (jobs, next_cursor) = page(&api, &caller, &checked(query)?).await?;
    Ok(json(&PageView { data: jobs.iter().map(JobView::of).collect(), next_cursor }))
}

/// `GET /v1/jobs/{id}`.
///
/// # Errors
/// 404 when there is none for this caller.
pub async fn show(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let job = jobs::get(&api.cx.store, &caller.scope, &id).await?.ok_or_else(|| Problem::not_found("job"))?;
    Ok(json(&JobView::of(&job)))
}

/// `POST /v1/jobs/{id}/retry`.
///
/// # Errors
/// 404 when no parked job has this id.
pub async fn retry(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    if !parked::retry(&caller.cx(&api), &caller.scope, &id).await? {
        return Err(Problem::not_found("parked job"));
    }
    Ok(StatusCode::ACCEPTED)
}

/// Which parked jobs are tried again.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetryQuery {
    /// Only this kind.
    pub kind: Option<String>,
    /// Only those whose payload or last error has this in it, in whichever case.
    pub search: Option<String>,
}

/// Which parked jobs are thrown away.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DiscardQuery {
    /// Only this kind.
    pub kind: Option<String>,
    /// Only those whose payload or last error has this in it, in whichever case.
    pub search: Option<String>,
    /// `true`: they are counted, and stay.
    pub dry_run: Option<bool>,
}

/// `POST /v1/jobs/retry?kind=&search=`: all parked jobs that fit.
///
/// # Errors
/// 503 when the database is away.
pub async fn retry_all(
    State(api): State<Api>,
    caller: Caller,
    query: Result<Query<RetryQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let query = checked(query)?;
    let filter = Filter { kind: given(query.kind.as_deref()), search: given(query.search.as_deref()) };
    let retried = parked::retry_all(&caller.cx(&api), &caller.scope, &filter).await?;
    Ok((StatusCode::ACCEPTED, json(&serde_json::json!({ "retried": retried }))).into_response())
}

/// `POST /v1/jobs/discard?kind=&search=&dry_run=`: throws all parked jobs away that fit, or says how many these are.
///
/// # Errors
/// 400 for a query that makes no sense, 503 when the database is away.
pub async fn discard_all(
    State(api): State<Api>,
    caller: Caller,
    query: Result<Query<DiscardQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let query = checked(query)?;
    let filter = Filter { kind: given(query.kind.as_deref()), search: given(query.search.as_deref()) };
    let dry_run = query.dry_run.unwrap_or(false);
    let fitting = match dry_run {
        true => jobs::count(&api.cx.store, &caller.scope, JobState::Parked, &filter).await?,
        false => parked::discard_all(&caller.cx(&api), &caller.scope, &filter).await?,
    };
    Ok(json(&serde_json::json!({ "discarded": fitting, "dry_run": dry_run })))
}

/// `DELETE /v1/jobs/{id}`: throws a parked job away.
///
/// # Errors
/// 404 when no parked job has this id.
pub async fn discard(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    if parked::discard(&caller.cx(&api), &caller.scope, &id).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::not_found("parked job"))
    }
}
