//! The counters of a definition, found by key and by how far their values are.

use super::super::connections::some;
use super::super::query::Query;
use super::super::session::Session;
use super::super::views::counters::CounterValuesPage;
use super::super::views::{Filter, Narrow, Section, Turn, text};
use super::super::{Failure, Portal, render};
use super::list::plain_row;
use super::show::value_row;
use super::{find, fitting};
use crate::api::counters as api;
use crate::http::Problem;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;
use syncline_store::Scope;
use syncline_store::counters::Counter;

/// Counters on a page.
const PAGE: u32 = 30;

/// The stages, with their words.
const STAGES: [(&str, &str); 5] = [
    ("trigger", "To be sent"),
    ("write", "To be written"),
    ("look", "Sent, to be seen"),
    ("parked", "Parked"),
    ("quiet", "Quiet"),
];

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ListQuery {
    search: String,
    stage: String,
    cursor: Turn,
}

/// The address of a definition's counters.
pub(super) fn address(id: &str, search: &str, stage: &str) -> String {
    let (query, id) = (text::query(&[("search", search), ("stage", stage)]), text::segment(id));
    format!("/portal/counters/{id}/values{}{query}", if query.is_empty() { "" } else { "?" })
}

pub(super) async fn list(
    State(portal): State<Portal>,
    session: Session,
    Path(id): Path<String>,
    Query(query): Query<ListQuery>,
) -> Result<Response, Failure> {
    let stored = find(&portal, &id).await?;
    let (found, older, problem) = match found(&portal, &id, &query).await {
        Ok((found, older)) => (found, older, None),
        Err(problem) if problem.status.is_client_error() => {
            (Vec::new(), None, Some(problem.detail.to_string()))
        }
        Err(problem) => return Err(problem.into()),
    };
    Ok(render(&CounterValuesPage {
        shell: session.shell(&portal, Section::Counters),
        definition: plain_row(&stored),
        narrow: Narrow {
            base: address(&id, "", "").into(),
            filters: vec![
                Filter::new("search", "Key begins with", query.search.trim()),
                Filter::of("stage", "Push", query.stage.trim(), &STAGES),
            ],
            cursor: query.cursor.clone(),
        },
        problem,
        values: found.into_iter().map(value_row).collect(),
        older,
    }))
}

/// The counters on the page, and where the next page begins.
async fn found(
    portal: &Portal,
    id: &str,
    query: &ListQuery,
) -> Result<(Vec<Counter>, Option<String>), Problem> {
    let none = || Problem::bad_request("bad_stage", "There is no such stage.");
    let stage = match some(&query.stage) {
        Some(name) => Some(api::stage_named(&name).ok_or_else(none)?),
        None => None,
    };
    let which = (some(&query.search), stage);
    let (mut found, older) =
        api::keys(&portal.api, &Scope::All, id, which, some(&query.cursor), PAGE).await?;
    let fit = fitting(found.iter().map(|one| one.key.as_str()));
    if fit >= found.len() {
        return Ok((found, older));
    }
    found.truncate(fit);
    let older = found.last().map(|last| api::place(last, stage));
    Ok((found, older))
}
