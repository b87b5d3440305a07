//! Work in the background: what is parked, retry, discard.

use super::access::CsrfForm;
use super::connections::some;
use super::form::{check_csrf, read};
use super::session::Session;
use super::views::{JobCounts, JobKind, JobRow, JobState, JobsPage, Notice, Section, Tone};
use super::{Failure, Portal, render};
use crate::api::access::Caller;
use crate::api::jobs::{JobQuery, page};
use crate::http::Problem;
use crate::jobs::parked;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path, Query, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use syncline_store::jobs::{self, Job, State as Doing};
use syncline_store::{Scope, StoreError};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ListQuery {
    state: Option<String>,
    kind: Option<String>,
    #[serde(default)]
    organization: String,
    cursor: Option<String>,
    /// What the last action did, to be said once.
    did: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct RetryAllForm {
    csrf: String,
    #[serde(default)]
    kind: String,
}

pub(super) async fn list(
    State(portal): State<Portal>,
    session: Session,
    Query(query): Query<ListQuery>,
) -> Result<Response, Failure> {
    let wanted =
        JobQuery { state: query.state, kind: query.kind.clone(), limit: Some(50), cursor: query.cursor };
    let state = match wanted.state()? {
        Doing::Parked => JobState::Parked,
        Doing::Waiting => JobState::Waiting,
        Doing::Running => JobState::Running,
    };
    let scope = some(&query.organization).map_or(Scope::All, Scope::Organization);
    let caller = Caller { scope, ..session.caller() };
    let (found, older) = page(&portal.api, &caller, &wanted).await?;
    let (counts, kinds) = counts(&portal, &caller.scope, wanted.state()?).await?;
    let mut shell = session.shell(&portal, Section::Jobs);
    if caller.scope == Scope::All {
        shell.parked = counts.parked;
    }
    shell.notice = query.did.as_deref().and_then(said);
    let rows = found.iter().map(row).collect();
    let kind = query.kind.unwrap_or_default();
    let organization = query.organization.trim().to_owned();
    Ok(render(&JobsPage { shell, state, counts, kinds, kind, organization, rows, newer: None, older }))
}

fn said(did: &str) -> Option<Notice> {
    let text = match did {
        "retry" => "The job is on its way again.",
        "retry-all" => "The jobs are on their way again.",
        "discard" => "The job is gone.",
        "nothing" => "That job is not parked any more.",
        _ => return None,
    };
    let tone = if did == "nothing" { Tone::Plain } else { Tone::Good };
    Some(Notice { tone, text: text.to_owned() })
}

async fn counts(
    portal: &Portal,
    scope: &Scope,
    state: Doing,
) -> Result<(JobCounts, Vec<JobKind>), StoreError> {
    let all = jobs::counts(&portal.api.cx.store, scope).await?;
    let sum = |state| all.iter().filter(|count| count.state == state).map(|count| count.jobs).sum();
    let counts =
        JobCounts { parked: sum(Doing::Parked), waiting: sum(Doing::Waiting), running: sum(Doing::Running) };
    let mut kinds: Vec<JobKind> = all
        .into_iter()
        .filter(|count| count.state == state)
        .map(|count| JobKind { kind: count.kind, count: count.jobs })
        .collect();
    kinds.sort_by_key(|kind| std::cmp::Reverse(kind.count));
    Ok((counts, kinds))
}

fn row(job: &Job) -> JobRow {
    let tried = job.attempts > 0 || job.state == Doing::Parked;
    JobRow {
        id: job.id.clone(),
        kind: job.kind.clone(),
        subject: subject(job),
        organization: Some(job.org_id.clone()).filter(|org| !org.is_empty()),
        error: job.last_error.clone(),
        attempts: job.attempts,
        first_tried_at: tried.then(|| job.created_at.to_string()),
        last_tried_at: tried.then(|| job.updated_at.to_string()),
        next_try_at: (job.state == Doing::Waiting).then(|| job.run_at.to_string()),
    }
}

/// The short texts of the payload: what the job is about, without knowing its kind.
fn subject(job: &Job) -> String {
    let payload: serde_json::Value = serde_json::from_str(&job.payload).unwrap_or_default();
    let Some(fields) = payload.as_object() else { return String::new() };
    let short = fields.values().filter_map(|value| value.as_str()).filter(|text| text.len() <= 40);
    short.take(3).collect::<Vec<_>>().join(" ")
}

pub(super) async fn retry(
    State(portal): State<Portal>,
    session: Session,
    Path(id): Path<String>,
    form: Result<Form<CsrfForm>, FormRejection>,
) -> Result<Response, Failure> {
    check_csrf(&read(form)?.csrf, &session.csrf)?;
    let done = parked::retry(&session.cx(&portal), &Scope::All, &id).await?;
    Ok(back(if done { "retry" } else { "nothing" }))
}

pub(super) async fn retry_all(
    State(portal): State<Portal>,
    session: Session,
    form: Result<Form<RetryAllForm>, FormRejection>,
) -> Result<Response, Failure> {
    let form = read(form)?;
    check_csrf(&form.csrf, &session.csrf)?;
    let kind = Some(form.kind.as_str()).filter(|kind| !kind.is_empty());
    parked::retry_all(&session.cx(&portal), &Scope::All, kind).await?;
    Ok(back("retry-all"))
}

pub(super) async fn discard(
    State(portal): State<Portal>,
    session: Session,
    Path(id): Path<String>,
    form: Result<Form<CsrfForm>, FormRejection>,
) -> Result<Response, Failure> {
    check_csrf(&read(form)?.csrf, &session.csrf)?;
    if id.len() > 64 {
        return Err(Problem::not_found("job").into());
    }
    let done = parked::discard(&session.cx(&portal), &Scope::All, &id).await?;
    Ok(back(if done { "discard" } else { "nothing" }))
}

fn back(did: &str) -> Response {
    Redirect::to(&format!("/portal/jobs?did={did}")).into_response()
}
