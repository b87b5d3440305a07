//! Counters over the API: listed, shown, many at once.

use super::views::CounterView;
use super::{find, keys};
use crate::api::Api;
use crate::api::access::Caller;
use crate::api::connections::body_of;
use crate::api::events::checked;
use crate::api::paging::{limit, some};
use crate::api::refusals::sentence;
use crate::counters::change::{self, MOST_ITEMS};
use crate::counters::request;
use crate::http::strict::Json;
use crate::http::{Problem, json};
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use std::collections::BTreeSet;
use syncline_store::counters::definitions::Stored;

/// Which counters.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValueQuery {
    /// Only those whose keys begin like this.
    pub search: Option<String>,
    /// Only those with which this is next: `quiet`, `trigger`, `write`, `look` or `parked`.
    pub stage: Option<String>,
    /// Counters on the page, 1 to 500.
    pub limit: Option<u32>,
    /// Where the page before this one ended.
    pub cursor: Option<String>,
}

/// `GET /v1/counters/{counter}/values`, in the order of their keys; of one stage, whatever their keys, in the order in which they are due.
///
/// # Errors
/// 400 for a query that makes no sense, 404 when there is no such definition for this caller.
pub async fn list(
    State(api): State<Api>,
    caller: Caller,
    Path(counter): Path<String>,
    query: Result<Query<ValueQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let ValueQuery { search, stage, limit: asked, cursor } = checked(query)?;
    let say = "`stage` is `quiet`, `trigger`, `write`, `look` or `parked`.";
    let named = |name: String| keys::stage_named(&name).ok_or_else(|| Problem::bad_request("bad_stage", say));
    let stage = some(stage).map(named).transpose()?;
    let limit = limit(asked)?;
    let definition = find(&api, &caller, &counter).await?;
    let which = (some(search), stage);
    let (found, next) = keys::page(&api, &caller.scope, &definition.id, which, some(cursor), limit).await?;
    let data: Vec<CounterView> = found.into_iter().map(CounterView::from).collect();
    Ok(json(&serde_json::json!({ "data": data, "next_cursor": next })))
}

/// `GET /v1/counters/{counter}/values/{key}`: what it is there and then. One that never changed is what it would begin with.
///
/// # Errors
/// 400 for a key that is none of the definition's, 404 when there is no such definition for this caller.
pub async fn show(
    State(api): State<Api>,
    caller: Caller,
    Path((counter, key)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let definition = find(&api, &caller, &counter).await?;
    check_keys(&definition, [key.as_str()])?;
    let found = change::read(&api.cx, &definition, &[&key]).await?.pop();
    let found = found.ok_or_else(|| Problem::not_found("key of this counter"))?;
    Ok(json(&CounterView::from(found)))
}

/// `DELETE /v1/counters/{counter}/values/{key}`: forgets the counter with its history. The property, and a Redis key, stay as they are.
///
/// # Errors
/// 404 when there is none for this caller.
pub async fn forget(
    State(api): State<Api>,
    caller: Caller,
    Path((counter, key)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let definition = find(&api, &caller, &counter).await?;
    if request::forget(&caller.cx(&api), &definition, &key).await? {
        return Ok(StatusCode::NO_CONTENT);
    }
    Err(Problem::not_found("key of this counter"))
}

/// Whether all of these may be keys of the definition's counters.
///
/// # Errors
/// 400 that says what a key is.
pub(super) fn check_keys<'a>(of: &Stored, keys: impl IntoIterator<Item = &'a str>) -> Result<(), Problem> {
    let bad = |message: &str| Problem::bad_request("bad_counter_key", sentence(message));
    keys.into_iter().try_for_each(|key| of.definition.check_key(key).map_err(bad))
}

/// `POST /v1/counters/{counter}/read`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadBody {
    keys: Vec<String>,
}

/// `POST /v1/counters/{counter}/read`: many counters at once, in the order in which they are named.
///
/// # Errors
/// 400 for too many keys or one that is none of the definition's, 404 when there is no such definition for this caller.
pub async fn read(
    State(api): State<Api>,
    caller: Caller,
    Path(counter): Path<String>,
    body: Result<Json<ReadBody>, JsonRejection>,
) -> Result<Response, Problem> {
    let asked = body_of(body)?.keys;
    if asked.len() > MOST_ITEMS {
        let say = format!("One request reads at most {MOST_ITEMS} keys.");
        return Err(Problem::bad_request("too_many_items", say));
    }
    let definition = find(&api, &caller, &counter).await?;
    let mut keys: Vec<&str> = asked.iter().map(String::as_str).collect();
    check_keys(&definition, keys.iter().copied())?;
    let mut seen = BTreeSet::new();
    keys.retain(|key| seen.insert(*key));
    let found = change::read(&api.cx, &definition, &keys).await?;
    let data: Vec<CounterView> = found.into_iter().map(CounterView::from).collect();
    Ok(json(&serde_json::json!({ "data": data })))
}
