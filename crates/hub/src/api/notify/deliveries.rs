//! Deliveries and their attempts over the API.

use super::messages::find;
use crate::api::Api;
use crate::api::access::Caller;
use crate::api::events::checked;
use crate::api::jobs::read_cursor;
use crate::api::paging::{cut, id_cursor, limit, some};
use crate::endpoints;
use crate::http::{Problem, json};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use syncline_core::time::Timestamp;
use syncline_store::notify::attempts::{self, Attempt};
use syncline_store::notify::deliveries::{self, Delivery, Filter, State as DeliveryState};
use syncline_store::notify::messages;

/// The most attempts of one delivery that are shown: more than any schedule has.
const MOST_ATTEMPTS: u32 = 200;

/// Which deliveries to an endpoint.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeliveryQuery {
    /// `waiting`, `delivered`, `failed` or `skipped`.
    pub state: Option<String>,
    /// Deliveries on the page, 1 to 500.
    pub limit: Option<u32>,
    /// Where the page before this one ended.
    pub cursor: Option<String>,
}

impl DeliveryQuery {
    /// The filter in it.
    ///
    /// # Errors
    /// 400 for a state or a cursor that is none.
    pub fn filter(&self) -> Result<Filter, Problem> {
        let cursor = some(self.cursor.clone());
        Ok(match state_of(self.state.as_deref())? {
            None => Filter::All(id_cursor(cursor, "msg")?),
            Some(state) => Filter::In(state, cursor.as_deref().map(read_cursor).transpose()?),
        })
    }
}

/// The state that goes by the name; none for an empty one.
pub(super) fn state_of(name: Option<&str>) -> Result<Option<DeliveryState>, Problem> {
    let Some(name) = name.filter(|name| !name.is_empty()) else { return Ok(None) };
    let known = DeliveryState::ALL.into_iter().find(|state| state.name() == name);
    let say = "`state` is `waiting`, `delivered`, `failed` or `skipped`.";
    known.map(Some).ok_or_else(|| Problem::bad_request("bad_state", say))
}

/// A delivery as the API shows it.
#[derive(Debug, Serialize)]
pub struct DeliveryView {
    /// The delivery.
    #[serde(flatten)]
    pub delivery: Delivery,
    /// What the message says happened; none when the message is gone.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// When it is tried next; none when it is under way or is not tried again.
    pub next_attempt_at: Option<Timestamp>,
}

/// The views of these.
///
/// # Errors
/// 503 when the database is away.
pub async fn with_kinds(api: &Api, found: Vec<Delivery>) -> Result<Vec<DeliveryView>, Problem> {
    let ids: Vec<&str> = found.iter().map(|one| one.message_id.as_str()).collect();
    let kinds = messages::kinds(&api.cx.store, &ids).await?;
    let view = |delivery: Delivery| DeliveryView {
        kind: kinds.get(&delivery.message_id).cloned(),
        next_attempt_at: next_attempt(&delivery),
        delivery,
    };
    Ok(found.into_iter().map(view).collect())
}

fn next_attempt(delivery: &Delivery) -> Option<Timestamp> {
    (delivery.state == DeliveryState::Waiting && !delivery.under_way).then_some(delivery.at)
}

/// `GET /v1/endpoints/{id}/deliveries`: all, the latest message first; or those in a state, the latest change first.
///
/// # Errors
/// 400 for a query that makes no sense, 404 when there is no such endpoint for this caller.
pub async fn of_endpoint(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    query: Result<Query<DeliveryQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let query = checked(query)?;
    let (filter, limit) = (query.filter()?, limit(query.limit)?);
    endpoints::get(&api.cx, &caller.scope, &id).await?;
    let (data, next) = page(&api, &caller, &id, &filter, limit).await?;
    Ok(json(&serde_json::json!({ "data": data, "next_cursor": next })))
}

/// A page of deliveries to an endpoint, and where the next one goes on.
///
/// # Errors
/// 503 when the database is away.
pub async fn page(
    api: &Api,
    caller: &Caller,
    endpoint_id: &str,
    filter: &Filter,
    limit: u32,
) -> Result<(Vec<DeliveryView>, Option<String>), Problem> {
    let mut found =
        deliveries::of_endpoint(&api.cx.store, &caller.scope, endpoint_id, filter, limit + 1).await?;
    let next = cut(&mut found, limit, |last| match filter {
        Filter::All(_) => last.message_id.clone(),
        Filter::In(..) => format!("{}.{}", last.at.as_millis(), last.message_id),
    });
    Ok((with_kinds(api, found).await?, next))
}

/// `GET /v1/messages/{id}/deliveries`: to the caller's endpoints.
///
/// # Errors
/// 404 when there is no such message for this caller.
pub async fn of_message(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    find(&api, &caller.scope, &id).await?;
    let found = deliveries::of_message(&api.cx.store, &caller.scope, &id).await?;
    Ok(json(&serde_json::json!({ "data": with_kinds(&api, found).await?, "next_cursor": null })))
}

/// An attempt as the API shows it.
#[derive(Debug, Serialize)]
pub struct AttemptView {
    /// When it began.
    at: Timestamp,
    /// How long it took, in milliseconds.
    latency_ms: u64,
    /// The answer's status; none when there was no answer.
    status: Option<u16>,
    /// The answer's headers.
    headers: Option<Box<RawValue>>,
    /// The beginning of the answer's body.
    body: Option<String>,
    /// Why it failed; none when the status says it all.
    error: Option<String>,
}

impl From<Attempt> for AttemptView {
    fn from(attempt: Attempt) -> Self {
        Self {
            at: attempt.at,
            latency_ms: u64::try_from(attempt.latency.as_millis()).unwrap_or(u64::MAX),
            status: attempt.status,
            headers: attempt.headers.and_then(|text| RawValue::from_string(text).ok()),
            body: attempt.body,
            error: attempt.error,
        }
    }
}

/// A delivery with its attempts, the latest first.
///
/// # Errors
/// 404 when there is none for this caller.
pub async fn with_attempts(
    api: &Api,
    caller: &Caller,
    message_id: &str,
    endpoint_id: &str,
) -> Result<(DeliveryView, Vec<Attempt>), Problem> {
    let store = &api.cx.store;
    let found = deliveries::get(store, &caller.scope, message_id, endpoint_id).await?;
    let found = found.ok_or_else(|| Problem::not_found("delivery"))?;
    let tried = attempts::list(store, &caller.scope, message_id, endpoint_id, MOST_ATTEMPTS).await?;
    let view = with_kinds(api, vec![found]).await?.pop().ok_or_else(|| Problem::not_found("delivery"))?;
    Ok((view, tried))
}

/// `GET /v1/messages/{id}/deliveries/{endpoint}`, with its attempts.
///
/// # Errors
/// 404 when there is none for this caller.
pub async fn show(
    State(api): State<Api>,
    caller: Caller,
    Path((message_id, endpoint_id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    /// A delivery and what was tried.
    #[derive(Serialize)]
    struct Shown {
        #[serde(flatten)]
        delivery: DeliveryView,
        tries: Vec<AttemptView>,
    }
    let (delivery, tried) = with_attempts(&api, &caller, &message_id, &endpoint_id).await?;
    let tries = tried.into_iter().map(AttemptView::from).collect();
    Ok(json(&Shown { delivery, tries }))
}

/// `GET /v1/messages/{id}/deliveries/{endpoint}/attempts`, the latest first.
///
/// # Errors
/// 404 when there is no such delivery for this caller.
pub async fn attempts(
    State(api): State<Api>,
    caller: Caller,
    Path((message_id, endpoint_id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let (_, tried) = with_attempts(&api, &caller, &message_id, &endpoint_id).await?;
    let data: Vec<AttemptView> = tried.into_iter().map(AttemptView::from).collect();
    Ok(json(&serde_json::json!({ "data": data, "next_cursor": null })))
}
