//! Runs of a sync: listed and shown, a dry one with its plan.

use super::super::connections::some;
use super::super::query::Query;
use super::super::runs::run_row as load_row;
use super::super::session::Session;
use super::super::views::syncs::{SyncRunPage, SyncRunsPage};
use super::super::views::{Filter, Narrow, RunRow, Section, Turn, text};
use super::super::{Failure, Portal, render};
use super::show::{Known, run_row, sync_row};
use super::{act, find, plan};
use crate::api::jobs::read_cursor;
use crate::api::paging::next_cursor;
use crate::http::Problem;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;
use syncline_core::sync::{Side, Sides};
use syncline_store::runs::{self as loads, State as RunState, Trigger};
use syncline_store::syncs::plans;
use syncline_store::syncs::runs::{self, SyncRun};
use syncline_store::{Scope, StoreError};

/// Runs on a page.
const PAGE: u32 = 30;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ListQuery {
    search: String,
    state: String,
    dry: String,
    trigger: String,
    cursor: Turn,
}

/// Every state of a run, with its word.
const STATES: [(&str, &str); 6] = [
    ("waiting", "Waiting"),
    ("running", "Running"),
    ("paused", "Paused"),
    ("succeeded", "Succeeded"),
    ("failed", "Failed"),
    ("cancelled", "Cancelled"),
];

/// What begins runs, with its word.
const TRIGGERS: [(&str, &str); 4] = [
    ("manual", "By hand"),
    ("schedule", "On schedule"),
    ("api", "Over the API"),
    ("webhook", "By a webhook"),
];

impl ListQuery {
    fn narrow(&self, sync_id: &str) -> Narrow {
        Narrow {
            base: format!("/portal/syncs/{}/runs", text::segment(sync_id)).into(),
            filters: vec![
                Filter::search("search", "Contains", self.search.trim()).hinted("Its ID or reason"),
                Filter::of("state", "State", self.state.trim(), &STATES),
                Filter::of("dry", "Kind", self.dry.trim(), &[("no", "Runs that write"), ("yes", "Dry runs")]),
                Filter::of("trigger", "Begun", self.trigger.trim(), &TRIGGERS),
            ],
            cursor: self.cursor.clone(),
        }
    }

    fn filter(&self, sync_id: String) -> runs::Filter {
        runs::Filter {
            sync_id: Some(sync_id),
            state: RunState::named(self.state.trim()),
            dry_run: some(&self.dry).map(|word| word == "yes"),
            trigger: Trigger::named(self.trigger.trim()),
            search: some(&self.search),
        }
    }
}

pub(super) async fn list(
    State(portal): State<Portal>,
    session: Session,
    Path(id): Path<String>,
    Query(query): Query<ListQuery>,
) -> Result<Response, Failure> {
    let sync = find(&portal, &id).await?;
    let (store, now) = (&portal.api.cx.store, portal.api.cx.now());
    let narrow = query.narrow(&id);
    let before = some(&query.cursor).and_then(|cursor| read_cursor(&cursor).ok());
    let mut found = match narrow.is_wrong() {
        true => Vec::new(),
        false => runs::list(store, &Scope::All, &query.filter(id), before, PAGE + 1).await?,
    };
    let older = next_cursor(&mut found, PAGE, |last| (last.created_at, &last.id));
    Ok(render(&SyncRunsPage {
        shell: session.shell(&portal, Section::Syncs),
        sync: sync_row(&portal, &mut Known::default(), &sync).await?,
        narrow,
        problem: None,
        runs: found.into_iter().map(|run| run_row(run, now)).collect(),
        older,
    }))
}

pub(super) async fn show(
    State(portal): State<Portal>,
    session: Session,
    Path((sync_id, id)): Path<(String, String)>,
    Query(query): Query<plan::PlanQuery>,
) -> Result<Response, Failure> {
    let sync = find(&portal, &sync_id).await?;
    let store = &portal.api.cx.store;
    let run = runs::get(store, &Scope::All, &id).await?.filter(|run| run.sync_id == sync_id);
    let run = run.ok_or_else(|| Problem::not_found("run"))?;
    let mut known = Known::default();
    let loads = loads_of(&portal, &mut known, &run).await?;
    let planned = if run.dry_run { plans::count(store, &id).await? } else { 0 };
    let shown_sync = sync_row(&portal, &mut known, &sync).await?;
    let page = plan::page(&portal, &sync, &run, &query, &shown_sync.ends).await?;
    let mut shell = session.shell(&portal, Section::Syncs);
    shell.notice = query.did.as_deref().and_then(act::said);
    Ok(render(&SyncRunPage {
        shell,
        sync: shown_sync,
        run: run_row(run, portal.api.cx.now()),
        loads,
        narrow: page.narrow,
        problem: page.problem,
        plan: page.rows,
        planned,
        next: page.next,
    }))
}

/// What of a run's checkpoint says which loads it waits for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Saved {
    loads: Sides<Option<String>>,
}

/// The loads that a run waits for, or waited for.
async fn loads_of(portal: &Portal, known: &mut Known, run: &SyncRun) -> Result<Vec<RunRow>, StoreError> {
    let saved: Saved =
        run.saved.as_deref().and_then(|saved| serde_json::from_str(saved).ok()).unwrap_or_default();
    let mut rows = Vec::new();
    for side in Side::BOTH {
        let Some(id) = &saved.loads[side] else { continue };
        if let Some(load) = loads::get(&portal.api.cx.store, &Scope::All, id).await? {
            let connection_id = load.connection_id.clone();
            let connection = known.get(portal, &connection_id).await?;
            rows.push(load_row(portal, load, connection).await?);
        }
    }
    Ok(rows)
}
