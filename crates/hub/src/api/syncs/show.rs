//! Syncs over the API: listed and shown.

use super::runs::SyncRunView;
use super::{cut, find, id_cursor, named, some};
use crate::api::Api;
use crate::api::access::Caller;
use crate::api::connections::organization;
use crate::api::events::checked;
use crate::api::paging::limit;
use crate::config::{Every, Span};
use crate::cx::Cx;
use crate::http::{Problem, json};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use syncline_core::sync::{Agreement, Sides};
use syncline_core::time::Timestamp;
use syncline_store::connections::{self, Status};
use syncline_store::syncs::{self, Sync, conflicts, links, marks, runs};

/// Which syncs.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SyncQuery {
    /// Only this organization's.
    pub org_id: Option<String>,
    /// Only those that this connection is a side of.
    pub connection_id: Option<String>,
    /// `active` or `paused`.
    pub state: Option<String>,
    /// Syncs on the page, 1 to 500.
    pub limit: Option<u32>,
    /// Where the page before this one ended.
    pub cursor: Option<String>,
}

/// A sync as the API shows it.
#[derive(Debug, Serialize)]
pub struct SyncView {
    id: String,
    org_id: String,
    name: String,
    left: String,
    right: String,
    state: syncs::State,
    reason: Option<String>,
    /// As it was asked for; none: as the settings say.
    every: Option<String>,
    /// How often that is.
    runs_every: String,
    /// Since when changes are carried over as they come; none: the first run is not that far yet.
    live_since: Option<Timestamp>,
    created_at: Timestamp,
    updated_at: Timestamp,
    version: i64,
    agreement: Agreement,
}

impl SyncView {
    /// The view of a sync; the settings say how often it runs, unless it does.
    #[must_use]
    pub fn of(cx: &Cx, sync: Sync) -> Self {
        let every = sync.every.map(|every| written(every).to_string());
        Self {
            id: sync.id,
            org_id: sync.org_id,
            name: sync.name,
            left: sync.connections.left,
            right: sync.connections.right,
            state: sync.state,
            reason: sync.reason,
            runs_every: every.clone().unwrap_or_else(|| cx.config.sync.every.to_string()),
            every,
            live_since: sync.primed_at,
            created_at: sync.created_at,
            updated_at: sync.updated_at,
            version: sync.version,
            agreement: sync.agreement,
        }
    }
}

fn written(every: Duration) -> Every {
    match u64::try_from(every.as_millis()).unwrap_or(u64::MAX) {
        0 => Every::Never,
        millis => Every::Span(Span::from_millis(millis)),
    }
}

/// `GET /v1/syncs`, in the order in which they were made.
///
/// # Errors
/// 400 for a query that makes no sense, 403 for another organization's, 503 when the database is away.
pub async fn list(
    State(api): State<Api>,
    caller: Caller,
    query: Result<Query<SyncQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let SyncQuery { org_id, connection_id, state, limit: asked, cursor } = checked(query)?;
    let org_id = some(org_id).map(|asked| organization(&caller, Some(&asked))).transpose()?;
    let state = named(state, syncs::State::named, "`state` is `active` or `paused`.")?;
    let filter =
        syncs::Filter { connection_id: some(connection_id), org_id, state, ..syncs::Filter::default() };
    let (limit, after) = (limit(asked)?, id_cursor(cursor, "syn")?);
    let mut found = syncs::list(&api.cx.store, &caller.scope, &filter, after.as_deref(), limit + 1).await?;
    let next = cut(&mut found, limit, |last| last.id.clone());
    let data: Vec<SyncView> = found.into_iter().map(|sync| SyncView::of(&api.cx, sync)).collect();
    Ok(json(&serde_json::json!({ "data": data, "next_cursor": next })))
}

/// A side's connection, in short.
#[derive(Debug, Serialize)]
struct EndView {
    id: String,
    provider: String,
    account: String,
    account_name: String,
    status: Status,
}

#[derive(Debug, Serialize)]
struct CountsView {
    links: links::Counts,
    conflicts_open: u64,
    /// Records that changed and were not looked at since.
    waiting: u64,
}

#[derive(Debug, Serialize)]
struct Shown {
    #[serde(flatten)]
    sync: SyncView,
    connections: Sides<Option<EndView>>,
    counts: CountsView,
    /// The run under way.
    run: Option<SyncRunView>,
    /// The run that was asked for last.
    last_run: Option<SyncRunView>,
}

/// `GET /v1/syncs/{id}`: with how it is doing.
///
/// # Errors
/// 404 when there is none for this caller.
pub async fn show(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let sync = find(&api, &caller, &id).await?;
    let (store, scope) = (&api.cx.store, &caller.scope);
    let counts = CountsView {
        links: links::count(store, &id).await?,
        conflicts_open: conflicts::count_open(store, scope, Some(&id)).await?,
        waiting: marks::count(store, &id).await?,
    };
    let of_this = runs::Filter { sync_id: Some(id.clone()), ..runs::Filter::default() };
    let last = runs::list(store, scope, &of_this, None, 1).await?.pop();
    let run = runs::unfinished(store, &id).await?;
    let connections = Sides {
        left: end(&api, &caller, &sync.connections.left).await?,
        right: end(&api, &caller, &sync.connections.right).await?,
    };
    Ok(json(&Shown {
        connections,
        counts,
        run: run.map(SyncRunView::from),
        last_run: last.map(SyncRunView::from),
        sync: SyncView::of(&api.cx, sync),
    }))
}

async fn end(api: &Api, caller: &Caller, id: &str) -> Result<Option<EndView>, Problem> {
    let found = connections::get(&api.cx.store, &caller.scope, id).await?;
    Ok(found.map(|connection| EndView {
        id: connection.id,
        provider: connection.provider,
        account: connection.account,
        account_name: connection.account_name,
        status: connection.status,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_is_shown_as_it_is_written() {
        for (millis, text) in [(0, "never"), (300_000, "5m"), (3_600_000, "1h"), (90_000_000, "25h")] {
            assert_eq!(written(Duration::from_millis(millis)).to_string(), text);
        }
    }
}
