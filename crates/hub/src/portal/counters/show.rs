//! One definition.

use super::super::query::Query;
use super::super::session::Session;
use super::super::views::counters::{CounterPage, RunRow, ValueRow};
use super::super::views::{Section, text};
use super::super::{Failure, Portal, render};
use super::act::said;
use super::list::{charts, row};
use super::{find, run, values};
use crate::api::counters as api;
use crate::api::counters::CounterView;
use crate::api::notify::Span;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use syncline_core::counters::definition::{Definition, Keep, KeyBy, Policy};
use syncline_core::counters::payload::{KEY, VALUE};
use syncline_core::counters::truth::Truth;
use syncline_store::Scope;
use syncline_store::counters::definitions::Stored;
use syncline_store::counters::{Counter, runs};

/// Counters on it: the first.
const VALUES: u32 = 6;
/// Comparisons on it: the latest.
const RUNS: u32 = 4;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ShowQuery {
    span: String,
    /// Of addresses from before counters had a page of their own.
    search: String,
    /// As above.
    stage: String,
    did: Option<String>,
}

pub(super) async fn show(
    State(portal): State<Portal>,
    session: Session,
    Path(id): Path<String>,
    Query(query): Query<ShowQuery>,
) -> Result<Response, Failure> {
    let (search, stage) = (query.search.trim(), query.stage.trim());
    if !search.is_empty() || !stage.is_empty() {
        return Ok(Redirect::to(&values::address(&id, search, stage)).into_response());
    }
    let stored = find(&portal, &id).await?;
    let span = Span::named(&query.span).unwrap_or_default();
    let charts = charts(&portal, &session, &id, span).await?;
    let (first, more) = api::keys(&portal.api, &Scope::All, &id, (None, None), None, VALUES).await?;
    let filter = runs::Filter { definition_id: Some(id.clone()), ..runs::Filter::default() };
    let mut latest = runs::list(&portal.api.cx.store, &Scope::All, &filter, None, RUNS + 1).await?;
    let more_runs = latest.len() > RUNS as usize;
    latest.truncate(RUNS as usize);
    let now = portal.api.cx.now();
    let runs: Vec<RunRow> = latest.into_iter().map(|one| run::row(one, now)).collect();
    let mut shell = session.shell(&portal, Section::Counters);
    shell.notice = query.did.as_deref().and_then(said);
    Ok(render(&CounterPage {
        shell,
        row: row(&portal, &stored, &charts).await?,
        charts,
        spans: Span::ALL.map(Span::name).to_vec(),
        values: first.into_iter().map(value_row).collect(),
        more_values: more.is_some(),
        runs,
        more_runs,
        reconcile_at: stored.reconcile_at.map(|at| at.to_string()),
        facts: facts(&stored),
        payload: payload(&stored.definition),
    }))
}

/// A counter as a row.
pub(super) fn value_row(counter: Counter) -> ValueRow {
    let definition_id = counter.definition_id.clone();
    view_row(&definition_id, &CounterView::from(counter))
}

/// What the API shows of a counter, as a row.
pub(super) fn view_row(definition_id: &str, view: &CounterView) -> ValueRow {
    ValueRow {
        definition_id: definition_id.to_owned(),
        key: view.key.clone(),
        value: view.value,
        shown: view.property.as_ref().and_then(|seen| seen.value),
        shown_is: view.property.as_ref().map(|seen| seen.is),
        shown_at: view.property.as_ref().map(|seen| seen.at.to_string()),
        stage: view.push.as_ref().map_or("quiet", |push| push.stage),
        is_shown: view.shown,
        reason: view.push.as_ref().and_then(|push| push.reason.clone()),
        changed_at: view.changed_at.map(|at| at.to_string()),
        waiting_since: view.waiting_since.map(|at| at.to_string()),
    }
}

/// What the trigger is sent.
fn payload(definition: &Definition) -> Option<String> {
    if !definition.target.has_trigger() {
        return None;
    }
    let json = serde_json::to_value(definition.template()).ok()?;
    let text = serde_json::to_string_pretty(&json).ok()?;
    // A placeholder alone becomes what it stands for, with its type.
    Some(text.replace(&format!("\"{KEY}\""), "\"key\"").replace(&format!("\"{VALUE}\""), "number"))
}

fn facts(of: &Stored) -> Vec<(String, String)> {
    let definition = &of.definition;
    let key = match &definition.key {
        KeyBy::RecordId => "the record’s id".to_owned(),
        KeyBy::Property(name) => format!("the property {name}"),
    };
    let store = match &definition.store {
        Keep::Database => "Syncline’s database".to_owned(),
        Keep::Redis { server, key, ttl_days } => format!("Redis server {server}, {key}, for {ttl_days} days"),
    };
    let policy = match definition.policy {
        Policy::Repair => "is repaired: the truth wins",
        Policy::Report => "is reported",
    };
    let every = definition
        .reconcile_minutes
        .map_or_else(|| "when somebody asks".to_owned(), |minutes| format!("every {minutes} min"));
    let millis = text::span;
    [
        ("Property", format!("{} of {}", definition.property, definition.object_type)),
        ("Keys are", key),
        ("Trigger", of.trigger_shown.clone().unwrap_or_else(|| "none".to_owned())),
        ("Window", millis(definition.window_ms)),
        ("Settles in", millis(definition.settle_ms)),
        ("Minimum", super::super::views::counters::number(definition.minimum)),
        ("Lives in", store),
        ("Truth", truth(&definition.truth)),
        ("Compared", every),
        ("Drift", policy.to_owned()),
        ("Made", of.created_at.to_string().replace('T', " ")),
    ]
    .map(|(label, value)| (label.to_owned(), value))
    .to_vec()
}

/// A source of truth in words.
pub(super) fn truth(truth: &Truth) -> String {
    match truth {
        Truth::Counter => "the counter itself".to_owned(),
        Truth::Associations { to_object_type, .. } => format!("associated {to_object_type} at HubSpot"),
        Truth::Search { object_type, .. } => format!("a search of {object_type} at HubSpot"),
        Truth::Sql { database, .. } => format!("a query on the database {database}"),
        Truth::Http { url, .. } => format!("the endpoint {}", url.split('?').next().unwrap_or_default()),
    }
}
