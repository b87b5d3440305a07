//! A comparison and what it found.

use super::super::access::CsrfForm;
use super::super::connections::some;
use super::super::form::{check_csrf, read};
use super::super::query::Query;
use super::super::session::Session;
use super::super::views::counters::{CounterRunPage, FindingRow, RunRow};
use super::super::views::{Filter, Narrow, Section, Turn, text};
use super::super::{Failure, Portal, render};
use super::act::said;
use super::list::plain_row;
use super::{find, fitting};
use crate::api::counters::{self as api, FindingView};
use crate::counters::request;
use crate::http::Problem;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use syncline_core::time::Timestamp;
use syncline_store::Scope;
use syncline_store::counters::findings::{Filter as Which, Verdict};
use syncline_store::counters::runs::{self, Run};

/// Findings on a page.
const PAGE: u32 = 25;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ShowQuery {
    verdict: String,
    search: String,
    cursor: Turn,
    did: Option<String>,
}

pub(super) async fn show(
    State(portal): State<Portal>,
    session: Session,
    Path(id): Path<String>,
    Query(query): Query<ShowQuery>,
) -> Result<Response, Failure> {
    let found = runs::get(&portal.api.cx.store, &Scope::All, &id).await?;
    let found = found.ok_or_else(|| Problem::not_found("comparison"))?;
    let definition = find(&portal, &found.definition_id).await?;
    let (verdict, problem) = match (some(&query.verdict), Verdict::named(query.verdict.trim())) {
        (Some(_), None) => (None, Some("There is no such finding.".to_owned())),
        (_, verdict) => (verdict, None),
    };
    let (mut findings, mut older) = match &problem {
        Some(_) => (Vec::new(), None),
        None => {
            let which = Which { verdict, begins: query.search.trim() };
            api::findings(&portal.api, &Scope::All, &id, which, query.cursor.trim(), PAGE).await?
        }
    };
    let fit = fitting(findings.iter().map(|one| one.key.as_str()));
    if fit < findings.len() {
        findings.truncate(fit);
        older = findings.last().map(|last| last.key.clone());
    }
    let mut shell = session.shell(&portal, Section::Counters);
    shell.notice = query.did.as_deref().and_then(said);
    let kinds = [("drift", "Wrong"), ("suspect", "Looked at again"), ("no_truth", "Truth not known")];
    Ok(render(&CounterRunPage {
        shell,
        definition: plain_row(&definition),
        run: row(found, portal.api.cx.now()),
        narrow: Narrow {
            base: format!("/portal/counter-runs/{}", text::segment(&id)).into(),
            filters: vec![
                Filter::new("search", "Key begins with", query.search.trim()),
                Filter::of("verdict", "Found", query.verdict.trim(), &kinds),
            ],
            cursor: query.cursor.clone(),
        },
        problem,
        findings: findings.into_iter().map(|one| finding_row(&definition.id, one)).collect(),
        older,
    }))
}

/// A comparison as a row.
pub(super) fn row(run: Run, now: Timestamp) -> RunRow {
    let until = run.finished_at.unwrap_or(now);
    let took = run.started_at.map(|began| u64::try_from(until.since(began).as_millis()).unwrap_or(u64::MAX));
    let counts = run.counts;
    RunRow {
        id: run.id,
        state: run.state.name().to_owned(),
        cause: run.cause.name().to_owned(),
        dry_run: run.dry_run,
        again: run.pass == 2,
        unfinished: run.finished_at.is_none(),
        stopping: run.cancel_requested,
        reason: run.reason,
        checked: counts.checked,
        alike: counts.alike,
        in_flight: counts.in_flight,
        unknown: counts.unknown,
        drifted: counts.drifted,
        repaired: counts.repaired,
        size: counts.size,
        calls: counts.calls,
        created_at: run.created_at.to_string(),
        finished_at: run.finished_at.map(|at| at.to_string()),
        took,
    }
}

fn finding_row(definition_id: &str, view: FindingView) -> FindingRow {
    let found = view.found;
    FindingRow {
        definition_id: definition_id.to_owned(),
        key: view.key,
        verdict: view.verdict.name().to_owned(),
        outcome: view.outcome.name().to_owned(),
        expected: found.expected,
        counter: found.counter,
        counter_off: found.counter_off,
        property: found.property,
        property_is: found.property_is,
        property_off: found.property_off,
        since: found.since.map(|at| at.to_string()),
        words: found.words,
    }
}

pub(super) async fn cancel(
    State(portal): State<Portal>,
    session: Session,
    Path(id): Path<String>,
    form: Result<Form<CsrfForm>, FormRejection>,
) -> Result<Response, Failure> {
    check_csrf(&read(form)?.csrf, &session.csrf)?;
    let stopped = request::cancel(&session.cx(&portal), &session.caller().scope, &id).await?;
    let did = if stopped { "cancel" } else { "over" };
    Ok(Redirect::to(&format!("/portal/counter-runs/{}?did={did}", text::segment(&id))).into_response())
}
