//! Work in the background: what is parked, retry, discard.

use super::access::inside;
use super::connections::some;
use super::form::{check_csrf, read};
use super::query::Query;
use super::session::Session;
use super::suggest;
use super::views::{
    Choice, Filter, JobCounts, JobKind, JobRow, JobState, JobsPage, Narrow, Notice, Section, Tone, Turn, text,
};
use super::{Failure, Portal, render};
use crate::api::access::Caller;
use crate::api::jobs::{JobQuery, page, read_cursor};
use crate::http::Problem;
use crate::jobs::parked;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use syncline_store::jobs::{self, Job, State as Doing};
use syncline_store::{Scope, StoreError};

/// Jobs on a page.
const PAGE: u32 = 30;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ListQuery {
    state: String,
    search: String,
    kind: String,
    organization: String,
    cursor: Turn,
    /// What the last action did, to be said once.
    did: Option<String>,
}

impl ListQuery {
    /// The same as the API has it.
    fn asked(&self, state: JobState) -> JobQuery {
        JobQuery {
            state: Some(state.word().to_owned()),
            kind: some(&self.kind),
            search: some(&self.search),
            limit: Some(PAGE),
            cursor: some(&self.cursor).filter(|cursor| read_cursor(cursor).is_ok()),
        }
    }

    async fn narrow(&self, portal: &Portal, kinds: &[JobKind]) -> Result<Narrow, StoreError> {
        let kind = self.kind.trim();
        let mut known: Vec<Choice> = kinds.iter().map(kind_choice).collect();
        if !kind.is_empty() && !known.iter().any(|choice| choice.value == kind) {
            known.push(suggest::same(kind.to_owned()));
        }
        let kind = Filter { shown: kind.to_owned(), ..Filter::one_of("kind", "Kind", kind, known) };
        // The tabs choose the state. The usual one needs no word.
        let state = JobState::named(self.state.trim());
        let word = state.unwrap_or_default().parameter();
        let wrong = state.is_none().then(|| "There is no such state.".to_owned());
        Ok(Narrow {
            base: "/portal/jobs".into(),
            filters: vec![
                Filter::hidden("state", word).wrong(wrong),
                Filter::search("search", "Contains", self.search.trim()).hinted("Subject or error"),
                kind,
                suggest::organization(portal, &self.organization).await?,
            ],
            cursor: self.cursor.clone(),
        })
    }
}

fn kind_choice(kind: &JobKind) -> Choice {
    Choice { value: kind.kind.clone(), label: format!("{} ({})", kind.kind, text::thousands(kind.count)) }
}

/// The jobs that an action over several is about, and where the list was.
#[derive(Debug, Deserialize)]
pub(super) struct ManyForm {
    csrf: String,
    #[serde(default)]
    search: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    organization: String,
    #[serde(default)]
    back: String,
}

impl ManyForm {
    fn scope(&self) -> Scope {
        some(&self.organization).map_or(Scope::All, Scope::Organization)
    }

    fn filter(&self) -> jobs::Filter<'_> {
        jobs::Filter { kind: given(&self.kind), search: given(&self.search) }
    }
}

fn given(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| !text.is_empty())
}

/// An action on one job, and where the list was.
#[derive(Debug, Deserialize)]
pub(super) struct OneForm {
    csrf: String,
    #[serde(default)]
    back: String,
}

pub(super) async fn list(
    State(portal): State<Portal>,
    session: Session,
    Query(query): Query<ListQuery>,
) -> Result<Response, Failure> {
    let state = JobState::named(query.state.trim()).unwrap_or_default();
    let scope = some(&query.organization).map_or(Scope::All, Scope::Organization);
    let caller = Caller { scope, ..session.caller() };
    let wanted = query.asked(state);
    let (counts, kinds) = counts(&portal, &caller.scope, wanted.state()?).await?;
    let narrow = query.narrow(&portal, &kinds).await?;
    let (found, older) = match narrow.is_wrong() {
        true => (Vec::new(), None),
        false => page(&portal.api, &caller, &wanted).await?,
    };
    let fitting = match state {
        JobState::Parked if !found.is_empty() => {
            jobs::count(&portal.api.cx.store, &caller.scope, Doing::Parked, &wanted.filter()).await?
        }
        _ => 0,
    };
    let mut shell = session.shell(&portal, Section::Jobs);
    if caller.scope == Scope::All {
        shell.parked = counts.parked;
    }
    shell.notice = query.did.as_deref().and_then(said);
    let rows = found.iter().map(row).collect();
    Ok(render(&JobsPage { shell, narrow, problem: None, state, counts, fitting, rows, older }))
}

/// What the last action did. Those over several jobs say how many: `retried-12`.
fn said(did: &str) -> Option<Notice> {
    let (verb, count) = did.split_once('-').unwrap_or((did, "1"));
    let count: u64 = count.parse().ok()?;
    let jobs = text::plural(count, "job is", "jobs are");
    let (tone, text) = match (verb, count) {
        ("nothing", _) => (Tone::Plain, "That job is not parked any more.".to_owned()),
        ("retried" | "discarded", 0) => (Tone::Plain, "None of these is parked any more.".to_owned()),
        ("retried", _) if did == verb => (Tone::Good, "The job is on its way again.".to_owned()),
        ("discarded", _) if did == verb => (Tone::Good, "The job is gone.".to_owned()),
        ("retried", 1) => (Tone::Good, format!("{jobs} on its way again.")),
        ("retried", _) => (Tone::Good, format!("{jobs} on their way again.")),
        ("discarded", _) => (Tone::Good, format!("{jobs} gone.")),
        _ => return None,
    };
    Some(Notice { tone, text })
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

/// The whole of the last error, as it is.
pub(super) async fn error(
    State(portal): State<Portal>,
    _: Session,
    Path(id): Path<String>,
) -> Result<String, Failure> {
    let job = jobs::get(&portal.api.cx.store, &Scope::All, &id).await?;
    let error = job.and_then(|job| job.last_error);
    Ok(error.ok_or_else(|| Problem::not_found("error of a job"))?)
}

pub(super) async fn retry(
    State(portal): State<Portal>,
    session: Session,
    Path(id): Path<String>,
    form: Result<Form<OneForm>, FormRejection>,
) -> Result<Response, Failure> {
    let form = read(form)?;
    check_csrf(&form.csrf, &session.csrf)?;
    let done = parked::retry(&session.cx(&portal), &Scope::All, &id).await?;
    Ok(back(&form.back, if done { "retried" } else { "nothing" }))
}

pub(super) async fn discard(
    State(portal): State<Portal>,
    session: Session,
    Path(id): Path<String>,
    form: Result<Form<OneForm>, FormRejection>,
) -> Result<Response, Failure> {
    let form = read(form)?;
    check_csrf(&form.csrf, &session.csrf)?;
    if id.len() > 64 {
        return Err(Problem::not_found("job").into());
    }
    let done = parked::discard(&session.cx(&portal), &Scope::All, &id).await?;
    Ok(back(&form.back, if done { "discarded" } else { "nothing" }))
}

pub(super) async fn retry_all(
    State(portal): State<Portal>,
    session: Session,
    form: Result<Form<ManyForm>, FormRejection>,
) -> Result<Response, Failure> {
    let form = read(form)?;
    check_csrf(&form.csrf, &session.csrf)?;
    let count = parked::retry_all(&session.cx(&portal), &form.scope(), &form.filter()).await?;
    Ok(back(&form.back, &format!("retried-{count}")))
}

pub(super) async fn discard_all(
    State(portal): State<Portal>,
    session: Session,
    form: Result<Form<ManyForm>, FormRejection>,
) -> Result<Response, Failure> {
    let form = read(form)?;
    check_csrf(&form.csrf, &session.csrf)?;
    let count = parked::discard_all(&session.cx(&portal), &form.scope(), &form.filter()).await?;
    Ok(back(&form.back, &format!("discarded-{count}")))
}

/// To the list as it was, which says what was done.
fn back(list: &str, did: &str) -> Response {
    let list = if list.starts_with("/portal/jobs?") { inside(list) } else { "/portal/jobs" };
    let join = if list.contains('?') { '&' } else { '?' };
    Redirect::to(&format!("{list}{join}did={did}")).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_done_to_several_jobs_says_to_how_many() {
        let text = |did: &str| said(did).map(|notice| notice.text);
        assert_eq!(text("retried").as_deref(), Some("The job is on its way again."));
        assert_eq!(text("retried-1").as_deref(), Some("1 job is on its way again."));
        assert_eq!(text("retried-1200").as_deref(), Some("1,200 jobs are on their way again."));
        assert_eq!(text("discarded-3").as_deref(), Some("3 jobs are gone."));
        assert_eq!(text("discarded-0").as_deref(), Some("None of these is parked any more."));
        assert_eq!(text("discarded-<b>"), None);
        assert_eq!(text("anything"), None);
    }
}
