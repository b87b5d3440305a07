//! The list of syncs.

use super::super::connections::some;
use super::super::query::Query;
use super::super::session::Session;
use super::super::suggest;
use super::super::views::syncs::SyncsPage;
use super::super::views::{Filter, Narrow, Notice, Section, Tone, Turn};
use super::super::{Failure, Portal, render};
use super::named;
use super::show::{Known, sync_row};
use crate::api::paging::cut;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use std::collections::BTreeSet;
use syncline_store::connections::{self, Status};
use syncline_store::syncs::{self, State as SyncState};
use syncline_store::{Scope, StoreError};

/// Syncs on a page.
const PAGE: u32 = 20;
/// Connections among which two of one organization are looked for.
const LOOKED_AT: u32 = 200;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ListQuery {
    search: String,
    organization: String,
    connection: String,
    state: String,
    cursor: Turn,
    did: String,
}

pub(super) async fn list(
    State(portal): State<Portal>,
    session: Session,
    Query(query): Query<ListQuery>,
) -> Result<Response, Failure> {
    let store = &portal.api.cx.store;
    let mut problem = None;
    // How its latest run ended is no state of a sync, but what people look for.
    let failed = query.state.trim() == "failed";
    let state = match failed {
        true => None,
        false => named(&query.state, SyncState::named, &mut problem, "state"),
    };
    let filter = syncs::Filter {
        connection_id: some(&query.connection),
        org_id: some(&query.organization),
        state,
        search: some(&query.search),
        failed,
    };
    let after = some(&query.cursor);
    let mut found = match &problem {
        Some(_) => Vec::new(),
        None => syncs::list(store, &Scope::All, &filter, after.as_deref(), PAGE + 1).await?,
    };
    let next = cut(&mut found, PAGE, |last| last.id.clone());
    let mut known = Known::default();
    let mut rows = Vec::new();
    for sync in &found {
        rows.push(sync_row(&portal, &mut known, sync).await?);
    }
    let can_begin = !rows.is_empty() || can_begin(&portal).await?;
    let mut shell = session.shell(&portal, Section::Syncs);
    if query.did == "delete" {
        let text = "The sync is deleted. The records stay as they are on both sides.".to_owned();
        shell.notice = Some(Notice { tone: Tone::Good, text });
    }
    let narrow = narrow(&portal, &query).await?;
    Ok(render(&SyncsPage { shell, narrow, problem, can_begin, rows, next }))
}

/// Whether an organization has two connections that can be worked with.
async fn can_begin(portal: &Portal) -> Result<bool, StoreError> {
    let filter = connections::Filter { status: Some(Status::Active), ..connections::Filter::default() };
    let found = connections::list(&portal.api.cx.store, &Scope::All, &filter, LOOKED_AT).await?;
    let mut seen = BTreeSet::new();
    Ok(found.iter().any(|connection| !seen.insert(&connection.org_id)))
}

async fn narrow(portal: &Portal, query: &ListQuery) -> Result<Narrow, StoreError> {
    let states = [("active", "Active"), ("paused", "Paused"), ("failed", "Last run failed")];
    Ok(Narrow {
        base: "/portal/syncs".into(),
        filters: vec![
            Filter::search("search", "Name contains", query.search.trim()),
            suggest::organization(portal, &query.organization).await?,
            suggest::connection(portal, &query.connection).await?,
            Filter::of("state", "State", query.state.trim(), &states),
        ],
        cursor: query.cursor.clone(),
    })
}
