//! History over the API: what was done and noticed about a sync, a link, or one record across both systems.

use super::{cut, find, link, number_cursor, some};
use crate::api::Api;
use crate::api::access::Caller;
use crate::api::events::checked;
use crate::api::paging::limit;
use crate::http::{Problem, json};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use syncline_core::sync::Side;
use syncline_core::time::Timestamp;
use syncline_store::syncs::history::{self, Filter, HistoryRow};

/// Which part of a sync's history.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HistoryQuery {
    /// Only this link's.
    pub link_id: Option<String>,
    /// Together with `record_id`: the side that the record is of.
    pub side: Option<String>,
    /// Only this record's: what happened to it and to the one that it is linked to.
    pub record_id: Option<String>,
    /// Entries on the page, 1 to 500.
    pub limit: Option<u32>,
    /// Where the page before this one ended.
    pub cursor: Option<String>,
}

impl HistoryQuery {
    fn record(&mut self) -> Result<Option<(Side, String)>, Problem> {
        let say = "`side` is `left` or `right`, and goes with `record_id`.";
        let wrong = || Problem::bad_request("bad_side", say);
        match (some(self.side.take()), some(self.record_id.take())) {
            (None, None) => Ok(None),
            (Some(side), Some(id)) => Ok(Some((Side::named(&side).ok_or_else(wrong)?, id))),
            (Some(_), None) | (None, Some(_)) => Err(wrong()),
        }
    }
}

/// Which part of a link's history.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PageQuery {
    /// Entries on the page, 1 to 500.
    pub limit: Option<u32>,
    /// Where the page before this one ended.
    pub cursor: Option<String>,
}

#[derive(Debug, Serialize)]
struct HistoryView {
    seq: i64,
    sync_id: String,
    org_id: String,
    link_id: Option<String>,
    at: Timestamp,
    side: Option<Side>,
    what: String,
    left_id: Option<String>,
    right_id: Option<String>,
    detail: serde_json::Value,
}

impl From<HistoryRow> for HistoryView {
    fn from(row: HistoryRow) -> Self {
        Self {
            seq: row.seq,
            sync_id: row.sync_id,
            org_id: row.org_id,
            link_id: row.link_id,
            at: row.at,
            side: row.side,
            what: row.what,
            left_id: row.ids.left,
            right_id: row.ids.right,
            detail: row.detail,
        }
    }
}

/// `GET /v1/syncs/{id}/history`, the latest first.
///
/// # Errors
/// 400 for a query that makes no sense, 404 when there is no such sync for this caller.
pub async fn of_sync(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    query: Result<Query<HistoryQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let mut query = checked(query)?;
    let filter = Filter { record: query.record()?, sync_id: id, link_id: some(query.link_id) };
    find(&api, &caller, &filter.sync_id).await?;
    page(&api, &caller, &filter, PageQuery { limit: query.limit, cursor: query.cursor }).await
}

/// `GET /v1/links/{id}/history`, the latest first.
///
/// # Errors
/// 400 for a query that makes no sense, 404 when there is no such link for this caller.
pub async fn of_link(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    query: Result<Query<PageQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let query = checked(query)?;
    let (row, sync) = link::get(&api, &caller, &id).await?;
    let filter = Filter { sync_id: sync.id, link_id: Some(row.id), record: None };
    page(&api, &caller, &filter, query).await
}

async fn page(api: &Api, caller: &Caller, filter: &Filter, query: PageQuery) -> Result<Response, Problem> {
    let (limit, before) = (limit(query.limit)?, number_cursor::<i64>(query.cursor)?);
    let mut found = history::page(&api.cx.store, &caller.scope, filter, before, limit + 1).await?;
    let next = cut(&mut found, limit, |last| last.seq.to_string());
    let data: Vec<HistoryView> = found.into_iter().map(HistoryView::from).collect();
    Ok(json(&serde_json::json!({ "data": data, "next_cursor": next })))
}
