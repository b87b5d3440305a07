//! Runs: listed, watched, cancelled.

use super::access::CsrfForm;
use super::connections::{some, title};
use super::form::{check_csrf, read};
use super::query::Query;
use super::session::Session;
use super::show::{provider_name, said};
use super::suggest;
use super::views::{Filter, LaneView, Narrow, RunPage, RunRow, RunsPage, Section, Turn, text};
use super::{Failure, Portal, render};
use crate::api::jobs::read_cursor;
use crate::api::paging::next_cursor;
use crate::http::Problem;
use crate::load::{self, Wanted};
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::time::Duration;
use syncline_core::time::Timestamp;
use syncline_store::connections::{self, Connection};
use syncline_store::runs::{self, LaneRow, Run, State as RunState};
use syncline_store::{Scope, StoreError};

/// Runs on a page.
const PAGE: u32 = 30;
/// Lanes on a run's page: it stays small with an account of a thousand tables.
const LANES: usize = 40;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ListQuery {
    search: String,
    organization: String,
    connection: String,
    state: String,
    cursor: Turn,
}

/// The word in the address for runs that nothing made up for yet.
const ATTENTION: &str = "attention";

/// How a run can be, with its word.
const STATES: [(&str, &str); 8] = [
    (ATTENTION, "Needs attention"),
    ("waiting", "Waiting"),
    ("running", "Running"),
    ("paused", "Paused"),
    ("succeeded", "Succeeded"),
    ("partial", "Partial"),
    ("failed", "Failed"),
    ("cancelled", "Cancelled"),
];

impl ListQuery {
    fn filter(&self) -> runs::Filter {
        runs::Filter {
            connection_id: some(&self.connection),
            state: RunState::named(self.state.trim()),
            kind: None,
            search: some(&self.search),
            attention: self.state.trim() == ATTENTION,
        }
    }

    async fn narrow(&self, portal: &Portal) -> Result<Narrow, StoreError> {
        Ok(Narrow {
            base: "/portal/runs".into(),
            filters: vec![
                Filter::search("search", "Account contains", self.search.trim()).hinted("Name or ID"),
                suggest::organization(portal, &self.organization).await?,
                suggest::connection(portal, &self.connection).await?,
                Filter::of("state", "State", self.state.trim(), &STATES),
            ],
            cursor: self.cursor.clone(),
        })
    }
}

pub(super) async fn list(
    State(portal): State<Portal>,
    session: Session,
    Query(query): Query<ListQuery>,
) -> Result<Response, Failure> {
    let store = &portal.api.cx.store;
    let narrow = query.narrow(&portal).await?;
    let scope = some(&query.organization).map_or(Scope::All, Scope::Organization);
    let before = some(&query.cursor).and_then(|cursor| read_cursor(&cursor).ok());
    let mut found = match narrow.is_wrong() {
        true => Vec::new(),
        false => runs::list(store, &scope, &query.filter(), before, PAGE + 1).await?,
    };
    let older = next_cursor(&mut found, PAGE, |last| (last.created_at, &last.id));
    let mut known: BTreeMap<String, Option<Connection>> = BTreeMap::new();
    let mut rows = Vec::new();
    for run in found {
        if !known.contains_key(&run.connection_id) {
            let connection = connections::get(store, &Scope::All, &run.connection_id).await?;
            known.insert(run.connection_id.clone(), connection);
        }
        let connection = known.get(&run.connection_id).and_then(Option::as_ref);
        rows.push(run_row(&portal, run, connection).await?);
    }
    let shell = session.shell(&portal, Section::Runs);
    Ok(render(&RunsPage { shell, narrow, problem: None, rows, older }))
}

/// A run as the views want it. The lanes of one that is under way are asked for its total.
pub(super) async fn run_row(
    portal: &Portal,
    run: Run,
    connection: Option<&Connection>,
) -> Result<RunRow, StoreError> {
    let lanes = match run.state {
        RunState::Running | RunState::Paused => runs::lanes(&portal.api.cx.store, &run.id).await?,
        _ => Vec::new(),
    };
    Ok(row(run, &lanes, connection, portal.api.cx.now()))
}

fn row(run: Run, lanes: &[LaneRow], connection: Option<&Connection>, now: Timestamp) -> RunRow {
    let unfinished = run.state.is_unfinished();
    let end =
        run.finished_at.or_else(|| (run.state == RunState::Running).then_some(now)).or(run.heartbeat_at);
    let span = run.started_at.zip(end).map(|(start, end)| end.since(start));
    RunRow {
        account_name: connection.map_or_else(|| run.connection_id.clone(), title),
        provider_name: connection.map_or("", |it| provider_name(&it.provider)).to_owned(),
        organization: run.org_id,
        mode: run.mode.name().to_owned(),
        trigger: run.trigger.name().to_owned(),
        state: run.state.name().to_owned(),
        reason: run.reason,
        stopping: run.cancel_requested,
        unfinished,
        total: total(lanes),
        per_second: span.and_then(|span| per_second(run.read, span)),
        millis: span.map(|span| u64::try_from(span.as_millis()).unwrap_or(u64::MAX)),
        read: run.read,
        changed: run.changed,
        gone: run.gone,
        created_at: run.created_at.to_string(),
        started_at: run.started_at.map(|at| at.to_string()),
        finished_at: run.finished_at.map(|at| at.to_string()),
        heartbeat_at: run.heartbeat_at.map(|at| at.to_string()),
        connection_id: run.connection_id,
        id: run.id,
    }
}

/// How many records all lanes have together, if every one of them knows.
fn total(lanes: &[LaneRow]) -> Option<u64> {
    let totals: Option<Vec<u64>> = lanes.iter().map(|lane| lane.total).collect();
    totals.filter(|totals| !totals.is_empty()).map(|totals| totals.iter().sum())
}

/// An average is none over less than a second.
fn per_second(read: u64, span: Duration) -> Option<u64> {
    let millis = u64::try_from(span.as_millis()).ok().filter(|millis| *millis >= 1_000)?;
    read.saturating_mul(1_000).checked_div(millis)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ShowQuery {
    did: Option<String>,
}

pub(super) async fn show(
    State(portal): State<Portal>,
    session: Session,
    Path(id): Path<String>,
    Query(query): Query<ShowQuery>,
) -> Result<Response, Failure> {
    let store = &portal.api.cx.store;
    let run = runs::get(store, &Scope::All, &id).await?.ok_or_else(|| Problem::not_found("run"))?;
    let connection = connections::get(store, &Scope::All, &run.connection_id).await?;
    let lanes = runs::lanes(store, &id).await?;
    let wish = wish(&run.wish);
    let run = row(run, &lanes, connection.as_ref(), portal.api.cx.now());
    let mut shell = session.shell(&portal, Section::Runs);
    shell.notice = query.did.as_deref().and_then(said);
    let more_lanes = lanes.len().saturating_sub(LANES);
    let lanes = in_order(lanes).into_iter().take(LANES).map(lane_view).collect();
    Ok(render(&RunPage { shell, run, wish, lanes, more_lanes }))
}

/// Those that need somebody first, then those under way.
fn in_order(mut lanes: Vec<LaneRow>) -> Vec<LaneRow> {
    use runs::LaneState::{Cancelled, Cut, Done, Failed, Running, Waiting};
    lanes.sort_by_key(|lane| match lane.state {
        Failed => 0,
        Cut => 1,
        Running => 2,
        Waiting => 3,
        Cancelled => 4,
        Done => 5,
    });
    lanes
}

fn lane_view(lane: LaneRow) -> LaneView {
    LaneView {
        title: if lane.title.is_empty() { lane.key } else { lane.title },
        object_type: lane.object_type,
        state: lane.state.name().to_owned(),
        since: lane.since.map(|at| at.to_string()),
        read: lane.read,
        created: lane.created,
        changed: lane.changed,
        gone: lane.gone,
        pages: lane.pages,
        total: lane.total,
        notice: lane.notice,
        error: lane.error,
        updated_at: lane.updated_at.to_string(),
    }
}

/// What a run was asked for beyond the usual.
fn wish(stored: &str) -> Vec<(String, String)> {
    let wanted: Wanted = serde_json::from_str(stored).unwrap_or_default();
    let mut wish = Vec::new();
    if !wanted.types.is_empty() {
        wish.push(("Only types".to_owned(), wanted.types.join(", ")));
    }
    for (object_type, names) in wanted.properties.iter().take(10) {
        wish.push((format!("Properties of {}", text::preview(object_type, 40)), names.join(", ")));
    }
    if wanted.max_pages > 0 {
        wish.push(("Most pages of a lane".to_owned(), wanted.max_pages.to_string()));
    }
    wish
}

pub(super) async fn cancel(
    State(portal): State<Portal>,
    session: Session,
    Path(id): Path<String>,
    form: Result<Form<CsrfForm>, FormRejection>,
) -> Result<Response, Failure> {
    check_csrf(&read(form)?.csrf, &session.csrf)?;
    let found = runs::get(&portal.api.cx.store, &Scope::All, &id).await?;
    found.ok_or_else(|| Problem::not_found("run"))?;
    let done = load::cancel(&session.cx(&portal), &Scope::All, &id).await?;
    let did = if done { "cancel" } else { "over" };
    Ok(Redirect::to(&format!("/portal/runs/{}?did={did}", text::segment(&id))).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_an_average_over_a_second_at_least() {
        assert_eq!(per_second(900, Duration::from_millis(999)), None);
        assert_eq!(per_second(900, Duration::from_secs(3)), Some(300));
        assert_eq!(per_second(u64::MAX, Duration::from_secs(1_000)), Some(u64::MAX / 1_000_000));
    }

    #[test]
    fn only_what_is_beyond_the_usual_is_said() {
        assert_eq!(wish("{}"), []);
        assert_eq!(wish("not JSON"), []);
        let said = wish(r#"{"types":["contacts","deals"],"properties":{"deals":["amount"]},"max_pages":3}"#);
        let said: Vec<(&str, &str)> =
            said.iter().map(|(label, value)| (label.as_str(), value.as_str())).collect();
        assert_eq!(
            said,
            [
                ("Only types", "contacts, deals"),
                ("Properties of deals", "amount"),
                ("Most pages of a lane", "3")
            ]
        );
    }
}
