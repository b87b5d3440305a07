//! What moved a counter, and what was sent of it, over the API.

use super::find;
use super::values::check_keys;
use crate::api::Api;
use crate::api::access::Caller;
use crate::api::events::checked;
use crate::api::paging::{cut, limit, number_cursor, some};
use crate::http::{Problem, json};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use syncline_core::time::Timestamp;
use syncline_store::counters::changes;
use syncline_store::counters::pushes::{Entry, LogFilter, What, log};

/// Which part of a counter's history.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HistoryQuery {
    /// Changes on the page, 1 to 500.
    pub limit: Option<u32>,
    /// Where the page before this one ended.
    pub cursor: Option<String>,
}

/// `GET /v1/counters/{counter}/values/{key}/history`: what moved it, the latest first.
///
/// # Errors
/// 400 for a query that makes no sense or a key that is none of the definition's, 404 when there is no such definition for this caller.
pub async fn changes(
    State(api): State<Api>,
    caller: Caller,
    Path((counter, key)): Path<(String, String)>,
    query: Result<Query<HistoryQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let query = checked(query)?;
    let (limit, before) = (limit(query.limit)?, number_cursor::<i64>(query.cursor)?);
    let definition = find(&api, &caller, &counter).await?;
    check_keys(&definition, [key.as_str()])?;
    let (store, of) = (&api.cx.store, (definition.id.as_str(), key.as_str()));
    let mut found = changes::history(store, &caller.scope, of, before, limit + 1).await?;
    let next = cut(&mut found, limit, |last| last.version.to_string());
    Ok(json(&serde_json::json!({ "data": found, "next_cursor": next })))
}

/// Which part of what was sent.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PushQuery {
    /// Only of this counter.
    pub key: Option<String>,
    /// Entries on the page, 1 to 500.
    pub limit: Option<u32>,
    /// Where the page before this one ended.
    pub cursor: Option<String>,
}

/// Something that happened on a value's way to its property.
#[derive(Debug, Serialize)]
struct PushEntry {
    seq: i64,
    key: String,
    at: Timestamp,
    what: What,
    value: i64,
    /// How long the answer took; of what is shown, how long the change had waited for that.
    latency_ms: u64,
    detail: Option<String>,
}

impl From<Entry> for PushEntry {
    fn from(entry: Entry) -> Self {
        let Entry { seq, key, at, what, value, latency, detail } = entry;
        let latency_ms = u64::try_from(latency.as_millis()).unwrap_or(u64::MAX);
        Self { seq, key, at, what, value, latency_ms, detail }
    }
}

/// `GET /v1/counters/{counter}/pushes`: what was sent and what came of it, the latest first.
///
/// # Errors
/// 400 for a query that makes no sense, 404 when there is no such definition for this caller.
pub async fn pushes(
    State(api): State<Api>,
    caller: Caller,
    Path(counter): Path<String>,
    query: Result<Query<PushQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let query = checked(query)?;
    let (limit, before) = (limit(query.limit)?, number_cursor::<i64>(query.cursor)?);
    let definition = find(&api, &caller, &counter).await?;
    let key = some(query.key);
    let filter = LogFilter { definition_id: &definition.id, key: key.as_deref() };
    let mut found = log(&api.cx.store, &caller.scope, filter, before, limit + 1).await?;
    let next = cut(&mut found, limit, |last| last.seq.to_string());
    let data: Vec<PushEntry> = found.into_iter().map(PushEntry::from).collect();
    Ok(json(&serde_json::json!({ "data": data, "next_cursor": next })))
}
