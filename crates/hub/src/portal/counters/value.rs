//! One counter: its three numbers, what moved it, what was sent; and changing it.

use super::super::access::CsrfForm;
use super::super::connections::some;
use super::super::form::{check_csrf, read};
use super::super::query::Query;
use super::super::session::Session;
use super::super::views::counters::{ChangeRow, PushRow, Truth, ValuePage};
use super::super::views::{Narrow, Section, Turn, text};
use super::super::{Failure, Portal, render};
use super::act::said;
use super::find;
use super::list::plain_row;
use super::show::{self, view_row};
use crate::api::counters::{CounterView, FindingView};
use crate::api::paging::cut;
use crate::api::refusals::sentence;
use crate::counters::change::{self, Changes, Wanted};
use crate::counters::request;
use crate::http::Problem;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use syncline_core::counters::change::Change;
use syncline_core::counters::truth::Truth as Source;
use syncline_store::Scope;
use syncline_store::counters::changes::{Answer, Entry, history};
use syncline_store::counters::definitions::Stored;
use syncline_store::counters::findings;
use syncline_store::counters::pushes::{self, LogFilter};

/// Changes on a page.
const PAGE: u32 = 25;
/// Pushes on it: the latest.
const PUSHES: u32 = 15;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ShowQuery {
    cursor: Turn,
    did: Option<String>,
}

pub(super) async fn show(
    State(portal): State<Portal>,
    session: Session,
    Path((id, key)): Path<(String, String)>,
    Query(query): Query<ShowQuery>,
) -> Result<Response, Failure> {
    page(&portal, &session, (&id, &key), &query, None).await
}

/// The page, with what went wrong with a change.
async fn page(
    portal: &Portal,
    session: &Session,
    (id, key): (&str, &str),
    query: &ShowQuery,
    problem: Option<String>,
) -> Result<Response, Failure> {
    let (cx, stored) = (&portal.api.cx, find(portal, id).await?);
    let bad = |message: &str| Problem::bad_request("bad_counter_key", sentence(message));
    stored.definition.check_key(key).map_err(bad)?;
    let reading = change::read(cx, &stored, &[key]).await.map_err(Problem::from)?.pop();
    let view = CounterView::from(reading.ok_or_else(|| Problem::not_found("counter"))?);
    let before = some(&query.cursor).and_then(|cursor| cursor.parse().ok());
    let mut changes = history(&cx.store, &Scope::All, (id, key), before, PAGE + 1).await?;
    let older = cut(&mut changes, PAGE, |last| last.version.to_string());
    let filter = LogFilter { definition_id: id, key: Some(key) };
    let mut sent = pushes::log(&cx.store, &Scope::All, filter, None, PUSHES + 1).await?;
    let more_pushes = cut(&mut sent, PUSHES, |_| String::new()).is_some();
    let truth = truth(portal, &stored, &view).await?;
    let mut shell = session.shell(portal, Section::Counters);
    shell.notice = query.did.as_deref().and_then(said);
    Ok(render(&ValuePage {
        shell,
        definition: plain_row(&stored),
        row: view_row(id, &view),
        truth,
        sent: view
            .push
            .as_ref()
            .and_then(|push| push.sent.as_ref())
            .map(|sent| (sent.value, sent.at.to_string())),
        due_at: view
            .push
            .as_ref()
            .filter(|push| matches!(push.stage, "trigger" | "write" | "look"))
            .map(|push| push.due_at.to_string()),
        problem,
        narrow: Narrow { base: address(id, key).into(), filters: Vec::new(), cursor: query.cursor.clone() },
        changes: changes.into_iter().map(change_row).collect(),
        older,
        pushes: sent.into_iter().map(|one| push_row(id, one)).collect(),
        more_pushes,
    }))
}

/// What is known of the truth: from the latest comparison that found something, or from the moment at which all agreed.
async fn truth(portal: &Portal, of: &Stored, view: &CounterView) -> Result<Truth, Failure> {
    let source = show::truth(&of.definition.truth);
    if of.definition.truth == Source::Counter {
        let why = view.value.is_none().then(|| "and that is gone".to_owned());
        return Ok(Truth { source, value: view.value, why, ..Truth::default() });
    }
    let latest = findings::latest_of(&portal.api.cx.store, &Scope::All, &of.id, &view.key).await?;
    let newer = latest.filter(|(_, one)| view.agreed_at.is_none_or(|agreed| one.found_at >= agreed));
    if let Some((run, finding)) = newer {
        let at = Some(finding.found_at.to_string());
        let found = FindingView::of(finding)?.found;
        let run = Some(format!("/portal/counter-runs/{}", text::segment(&run)));
        return Ok(Truth { source, value: found.expected, at, run, why: found.words });
    }
    // They agreed, and it has not changed since.
    let still = view.agreed_at.filter(|agreed| view.changed_at.is_none_or(|changed| changed <= *agreed));
    Ok(match still {
        Some(agreed) => Truth { source, value: view.value, at: Some(agreed.to_string()), ..Truth::default() },
        None => Truth { source, why: Some("not asked since it changed".to_owned()), ..Truth::default() },
    })
}

fn change_row(entry: Entry) -> ChangeRow {
    let Entry { version, at, op, amount, value, before, source, .. } = entry;
    ChangeRow { version, at: at.to_string(), op, amount, value, before, source }
}

/// What was sent, as a row.
pub(super) fn push_row(definition_id: &str, entry: pushes::Entry) -> PushRow {
    PushRow {
        href: address(definition_id, &entry.key),
        key: entry.key,
        at: entry.at.to_string(),
        what: entry.what.name().to_owned(),
        value: entry.value,
        latency: u64::try_from(entry.latency.as_millis()).unwrap_or(u64::MAX),
        detail: entry.detail,
    }
}

/// The address of a counter.
fn address(id: &str, key: &str) -> String {
    format!("/portal/counters/{}/values/{}", text::segment(id), text::segment(key))
}

/// Back to a counter.
fn back(id: &str, key: &str, did: &str) -> Response {
    Redirect::to(&format!("{}?did={did}", address(id, key))).into_response()
}

/// Makes a change; what is refused is said on the page.
async fn make(
    portal: &Portal,
    session: &Session,
    (id, key): (&str, &str),
    change: Change,
) -> Result<Response, Failure> {
    let item = Wanted { definition_id: id.to_owned(), key: key.to_owned(), change };
    let changes = Changes { items: vec![item], idempotency: None, source: "portal" };
    let applied = change::apply(&portal.api.cx, &session.caller().scope, changes).await;
    match applied.map_err(Problem::from)?.answers.pop() {
        Some(Answer::Refused(refusal)) => {
            let say = sentence(&refusal.to_string());
            page(portal, session, (id, key), &ShowQuery::default(), Some(say)).await
        }
        _ => Ok(back(id, key, "changed")),
    }
}

pub(super) async fn increment(
    State(portal): State<Portal>,
    session: Session,
    Path((id, key)): Path<(String, String)>,
    form: Result<Form<CsrfForm>, FormRejection>,
) -> Result<Response, Failure> {
    check_csrf(&read(form)?.csrf, &session.csrf)?;
    make(&portal, &session, (&id, &key), Change::Increment(1)).await
}

pub(super) async fn decrement(
    State(portal): State<Portal>,
    session: Session,
    Path((id, key)): Path<(String, String)>,
    form: Result<Form<CsrfForm>, FormRejection>,
) -> Result<Response, Failure> {
    check_csrf(&read(form)?.csrf, &session.csrf)?;
    make(&portal, &session, (&id, &key), Change::Decrement(1)).await
}

#[derive(Debug, Deserialize)]
pub(super) struct SetForm {
    csrf: String,
    #[serde(default)]
    value: String,
}

pub(super) async fn set(
    State(portal): State<Portal>,
    session: Session,
    Path((id, key)): Path<(String, String)>,
    form: Result<Form<SetForm>, FormRejection>,
) -> Result<Response, Failure> {
    let form = read(form)?;
    check_csrf(&form.csrf, &session.csrf)?;
    match form.value.trim().parse() {
        Ok(value) => make(&portal, &session, (&id, &key), Change::Set(value)).await,
        Err(_) => {
            let say = "A counter is set to a whole number.".to_owned();
            page(&portal, &session, (&id, &key), &ShowQuery::default(), Some(say)).await
        }
    }
}

pub(super) async fn push(
    State(portal): State<Portal>,
    session: Session,
    Path((id, key)): Path<(String, String)>,
    form: Result<Form<CsrfForm>, FormRejection>,
) -> Result<Response, Failure> {
    check_csrf(&read(form)?.csrf, &session.csrf)?;
    let stored = find(&portal, &id).await?;
    if request::push_again(&portal.api.cx, &stored, &[&key]).await? == 0 {
        return Err(Problem::not_found("counter").into());
    }
    Ok(back(&id, &key, "push"))
}
