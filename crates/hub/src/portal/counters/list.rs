//! The list of definitions.

use super::super::connections::some;
use super::super::query::Query;
use super::super::session::Session;
use super::super::suggest;
use super::super::views::counters::{Charts, CountersPage, DefinitionRow, DriftBar, PushBar};
use super::super::views::{Filter, Narrow, Section, Turn};
use super::super::{Failure, Portal, render};
use super::act::said;
use crate::api::counters::{self as api, DriftPart, Part};
use crate::api::notify::Span;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use syncline_core::counters::definition::Target;
use syncline_store::Scope;
use syncline_store::counters::definitions::{self, State as DefinitionState, Stored};
use syncline_store::counters::{runs, waiting};

/// Definitions on a page.
const PAGE: u32 = 20;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ListQuery {
    search: String,
    organization: String,
    state: String,
    cursor: Turn,
    did: Option<String>,
}

pub(super) async fn list(
    State(portal): State<Portal>,
    session: Session,
    Query(query): Query<ListQuery>,
) -> Result<Response, Failure> {
    let (state, problem) = match (some(&query.state), DefinitionState::named(query.state.trim())) {
        (Some(_), None) => (None, Some("There is no such state.".to_owned())),
        (_, state) => (state, None),
    };
    let filter = definitions::Filter {
        org_id: some(&query.organization),
        connection_id: None,
        state,
        search: some(&query.search),
    };
    let (store, after) = (&portal.api.cx.store, some(&query.cursor));
    let mut found = match &problem {
        Some(_) => Vec::new(),
        None => definitions::list(store, &Scope::All, &filter, after.as_deref(), PAGE + 1).await?,
    };
    let older = crate::api::paging::cut(&mut found, PAGE, |last| last.id.clone());
    let mut rows = Vec::new();
    for stored in found {
        let charts = charts(&portal, &session, &stored.id, Span::Day).await?;
        rows.push(row(&portal, &stored, &charts).await?);
    }
    let mut shell = session.shell(&portal, Section::Counters);
    shell.notice = query.did.as_deref().and_then(said);
    let narrow = narrow(&query, suggest::organization(&portal, &query.organization).await?);
    Ok(render(&CountersPage { shell, narrow, problem, rows, older }))
}

fn narrow(query: &ListQuery, organization: Filter) -> Narrow {
    let states = [("active", "Active"), ("paused", "Paused"), ("attention", "Needs attention")];
    Narrow {
        base: "/portal/counters".into(),
        filters: vec![
            Filter::new("search", "Name contains", query.search.trim()),
            organization,
            Filter::of("state", "State", query.state.trim(), &states),
        ],
        cursor: query.cursor.clone(),
    }
}

/// How a definition did, to be drawn.
pub(super) async fn charts(
    portal: &Portal,
    session: &Session,
    id: &str,
    span: Span,
) -> Result<Charts, Failure> {
    let (pushes, drift) = api::charts(&portal.api, &session.caller(), id, span).await?;
    Ok(Charts {
        span: span.name().to_owned(),
        pushes: pushes.iter().map(push_bar).collect(),
        drift: drift.iter().map(drift_bar).collect(),
    })
}

fn push_bar(part: &Part) -> PushBar {
    let millis = |share: f64| {
        part.tally.quantile(share).map(|span| u64::try_from(span.as_millis()).unwrap_or(u64::MAX))
    };
    PushBar {
        from: part.from.to_string(),
        changes: part.tally.changes,
        accepted: part.tally.accepted,
        failed: part.tally.failed,
        p50: millis(0.5),
        p99: millis(0.99),
    }
}

fn drift_bar(part: &DriftPart) -> DriftBar {
    let drift = part.drift;
    DriftBar {
        from: part.from.to_string(),
        runs: drift.runs,
        checked: drift.checked,
        drifted: drift.drifted,
        repaired: drift.repaired,
        size: drift.size,
    }
}

/// A definition as a row.
pub(super) async fn row(portal: &Portal, of: &Stored, charts: &Charts) -> Result<DefinitionRow, Failure> {
    let store = &portal.api.cx.store;
    let waits = waiting(store, &Scope::All, &of.id).await?;
    let filter = runs::Filter { definition_id: Some(of.id.clone()), ..runs::Filter::default() };
    let latest = runs::list(store, &Scope::All, &filter, None, 2).await?;
    let ended = latest.into_iter().find_map(|run| Some((run.finished_at?.to_string(), run.counts.drifted)));
    Ok(DefinitionRow {
        changes: charts.changes(),
        success: charts.success(),
        waiting: waits.to_send + waits.to_look_at,
        parked: waits.parked,
        compared: ended,
        ..plain_row(of)
    })
}

/// The same without what is counted.
pub(super) fn plain_row(of: &Stored) -> DefinitionRow {
    let definition = &of.definition;
    let target = match definition.target {
        Target::Trigger { .. } => "by a workflow",
        Target::Property => "written",
        Target::TriggerThenProperty { .. } => "by a workflow, else written",
    };
    DefinitionRow {
        id: of.id.clone(),
        name: definition.name.clone(),
        organization: of.org_id.clone(),
        place: format!("{} of {}", definition.property, definition.object_type),
        target: target.to_owned(),
        state: of.state.name().to_owned(),
        reason: of.reason.clone(),
        ..DefinitionRow::default()
    }
}
