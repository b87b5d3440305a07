//! The list of endpoints.

use super::super::connections::some;
use super::super::query::Query;
use super::super::session::Session;
use super::super::suggest;
use super::super::views::endpoints::{EndpointRow, EndpointsPage};
use super::super::views::{Filter, Narrow, Section, Turn};
use super::super::{Failure, Portal, render};
use super::act::said;
use crate::api::notify::{Span, chart};
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use syncline_store::notify::deliveries;
use syncline_store::notify::endpoints::{self, Endpoint, State as EndpointState};

/// Endpoints on a page.
const PAGE: u32 = 20;
/// What those are called that are sent to and did not answer lately.
const FAILING: &str = "failing";

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
    let caller = session.caller();
    // Who does not answer is still sent to: that is how it is noticed when it answers again.
    let failing = query.state.trim() == FAILING;
    let name = if failing { EndpointState::Enabled.name() } else { query.state.trim() };
    let (state, problem) = match (some(name), EndpointState::named(name)) {
        (Some(_), None) => (None, Some("There is no such state.".to_owned())),
        (_, state) => (state, None),
    };
    let (org_id, search) = (some(&query.organization), some(&query.search));
    let filter = endpoints::Filter { org_id, state, failing, search };
    let (store, after) = (&portal.api.cx.store, some(&query.cursor));
    let mut found = match &problem {
        Some(_) => Vec::new(),
        None => endpoints::list(store, &caller.scope, &filter, after.as_deref(), PAGE + 1).await?,
    };
    let older = crate::api::paging::cut(&mut found, PAGE, |last| last.id.clone());
    let mut rows = Vec::new();
    for endpoint in found {
        let parts = chart(&portal.api, &caller, &endpoint.id, Span::Day).await?;
        let (waiting, _) = deliveries::waiting(store, &endpoint.id).await?;
        let (delivered, failed) = parts.iter().fold((0, 0), |(delivered, failed), part| {
            (delivered + part.tally.delivered, failed + part.tally.failed)
        });
        rows.push(EndpointRow { delivered, failed, waiting, ..row(endpoint) });
    }
    let mut shell = session.shell(&portal, Section::Endpoints);
    shell.notice = query.did.as_deref().and_then(said);
    let narrow = narrow(&query, suggest::organization(&portal, &query.organization).await?);
    Ok(render(&EndpointsPage { shell, narrow, problem, rows, older }))
}

fn narrow(query: &ListQuery, organization: Filter) -> Narrow {
    let states = [
        ("enabled", "Enabled"),
        (FAILING, "Failing: enabled, and does not answer"),
        ("disabled", "Disabled"),
    ];
    Narrow {
        base: "/portal/endpoints".into(),
        filters: vec![
            Filter::new("search", "URL or description contains", query.search.trim()),
            organization,
            Filter::of("state", "State", query.state.trim(), &states),
        ],
        cursor: query.cursor.clone(),
    }
}

/// An endpoint as a row, without what was counted.
pub(super) fn row(endpoint: Endpoint) -> EndpointRow {
    let streak = endpoint.health.streak;
    EndpointRow {
        id: endpoint.id,
        url: endpoint.url,
        description: endpoint.description,
        organization: Some(endpoint.org_id).filter(|org_id| !org_id.is_empty()),
        types: endpoint.filter.patterns(),
        enabled: endpoint.state == EndpointState::Enabled,
        reason: endpoint.reason,
        failures: streak.map_or(0, |streak| streak.failures),
        failing_since: streak.map(|streak| streak.since.to_string()),
        ..EndpointRow::default()
    }
}
