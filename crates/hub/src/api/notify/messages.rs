//! Messages over the API: published by applications, listed, shown.

use super::deliveries::{DeliveryView, with_kinds};
use crate::api::Api;
use crate::api::access::Caller;
use crate::api::accounts::check_name;
use crate::api::connections::organization;
use crate::api::events::{checked, time};
use crate::api::jobs::read_cursor;
use crate::api::paging::{limit, next_cursor, some};
use crate::api::refusals::sentence;
use crate::http::{Problem, json, strict};
use crate::notify::{self, Draft, PublishError};
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use syncline_core::notify::kinds;
use syncline_core::time::Timestamp;
use syncline_store::Scope;
use syncline_store::notify::deliveries;
use syncline_store::notify::messages::{self, Filter, Idempotency, Message};

/// The header that makes publishing twice equal publishing once.
const IDEMPOTENCY_KEY: &str = "idempotency-key";
/// The header that says that it was published before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// `POST /v1/messages`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PublishBody<'a> {
    /// Whose.
    org_id: Option<String>,
    /// What happened, in a family of the application's own (`invoice.paid`).
    #[serde(rename = "type")]
    kind: String,
    /// What it keeps order with.
    order_key: Option<String>,
    /// The body that is sent, a JSON object.
    #[serde(borrow)]
    payload: &'a RawValue,
}

/// A message that was published.
#[derive(Debug, Serialize)]
struct Accepted {
    id: String,
    org_id: String,
    #[serde(rename = "type")]
    kind: String,
}

/// `POST /v1/messages`: 202 once the message and its deliveries are durable. The same request under the same `Idempotency-Key` publishes
/// once, and is answered alike with `Idempotent-Replayed: true`.
///
/// # Errors
/// 400 for a body that cannot be, 403 for another organization, 413 for too large a payload, 422 for a type that is Syncline's own or a
/// key that came with another request, 503 when it cannot be kept now.
pub async fn publish(
    State(api): State<Api>,
    caller: Caller,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let body = body.map_err(|error| refused_body(&api, &error))?;
    let (draft, idempotency) = (read(&caller, &body)?, idempotency(&headers, &body)?);
    let (org_id, kind) = (draft.org_id.clone(), draft.kind.clone());
    let receipt = notify::publish(&api.cx, Draft { idempotency, ..draft }).await?;
    let location = format!("/v1/messages/{}", receipt.id);
    let accepted = json(&Accepted { id: receipt.id, org_id, kind });
    let mut answer = (StatusCode::ACCEPTED, [(header::LOCATION, location)], accepted).into_response();
    if receipt.before {
        answer.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    }
    Ok(answer)
}

/// What a caller wants published.
fn read(caller: &Caller, body: &[u8]) -> Result<Draft, Problem> {
    let body: PublishBody<'_> = strict::from_slice(body)
        .map_err(|error| Problem::bad_request("bad_body", format!("The body is not a message: {error}.")))?;
    let org_id = organization(caller, body.org_id.as_deref())?;
    check_name("org_id", &org_id)?;
    body.order_key.as_deref().map_or(Ok(()), |key| check_name("order_key", key))?;
    kinds::check_own(&body.kind).map_err(|why| {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "bad_event_type", sentence(&why.to_string()))
    })?;
    let payload = body.payload.get();
    if !payload.starts_with('{') {
        return Err(Problem::bad_request("bad_body", "`payload` is a JSON object: receivers expect one."));
    }
    let (kind, order_key, payload) = (body.kind, body.order_key, payload.to_owned());
    Ok(Draft { org_id, kind, order_key, payload, idempotency: None })
}

/// The idempotency key in the headers, with what came with it.
///
/// # Errors
/// 400 for one that cannot be, and for several.
pub fn idempotency(headers: &HeaderMap, body: &[u8]) -> Result<Option<Idempotency>, Problem> {
    let bad = || {
        let say = "`Idempotency-Key` is one text of 1 to 255 visible characters.";
        Problem::bad_request("bad_idempotency_key", say)
    };
    let mut given = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(key) = given.next() else { return Ok(None) };
    let key = key.to_str().map_err(|_| bad())?;
    match given.next() {
        None => Idempotency::new(key, body).ok_or_else(bad).map(Some),
        Some(_) => Err(bad()),
    }
}

fn refused_body(api: &Api, error: &BytesRejection) -> Problem {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        let limit = api.cx.config.notify.max_payload;
        return too_large(format!(
            "The body is too large: a payload has at most {limit} (notify.max_payload)."
        ));
    }
    Problem::bad_request("bad_body", error.body_text())
}

fn too_large(say: String) -> Problem {
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large", say)
}

impl From<PublishError> for Problem {
    fn from(error: PublishError) -> Self {
        let say = sentence(&error.to_string());
        match error {
            PublishError::TooLarge { .. } => too_large(say),
            PublishError::AnotherRequest => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused", say)
            }
            PublishError::Busy => Self::unavailable("publish_queue_full", say, 1),
            PublishError::Store(error) => Self::from(&*error),
        }
    }
}

/// Which messages.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MessageQuery {
    /// Only this organization's.
    pub org_id: Option<String>,
    /// Only this type.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Made at this instant or later.
    pub from: Option<String>,
    /// Made before this instant.
    pub to: Option<String>,
    /// Messages on the page, 1 to 500.
    pub limit: Option<u32>,
    /// Where the page before this one ended.
    pub cursor: Option<String>,
}

impl MessageQuery {
    /// The filter in it.
    ///
    /// # Errors
    /// 400 for a time that cannot be read, 403 for another organization than the caller's.
    pub fn filter(&self, caller: &Caller) -> Result<Filter, Problem> {
        let org_id = some(self.org_id.clone()).map(|asked| organization(caller, Some(&asked))).transpose()?;
        Ok(Filter {
            org_id,
            kind: some(self.kind.clone()),
            from: time("from", some(self.from.clone()))?,
            to: time("to", some(self.to.clone()))?,
        })
    }
}

/// `GET /v1/messages`, the latest first, without what they say.
///
/// # Errors
/// 400 for a query that makes no sense, 403 for another organization's, 503 when the database is away.
pub async fn list(
    State(api): State<Api>,
    caller: Caller,
    query: Result<Query<MessageQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let query = checked(query)?;
    let (filter, limit) = (query.filter(&caller)?, limit(query.limit)?);
    let before = some(query.cursor).as_deref().map(read_cursor).transpose()?;
    let mut found = messages::page(&api.cx.store, &caller.scope, &filter, before.as_ref(), limit + 1).await?;
    let next = next_cursor(&mut found, limit, |last| (last.created_at, &last.id));
    Ok(json(&serde_json::json!({ "data": found, "next_cursor": next })))
}

/// A message with what it says and where it goes.
#[derive(Debug, Serialize)]
struct Shown {
    id: String,
    org_id: String,
    #[serde(rename = "type")]
    kind: String,
    order_key: Option<String>,
    created_at: Timestamp,
    /// As it is sent, byte by byte.
    payload: Box<RawValue>,
    /// To the caller's endpoints.
    deliveries: Vec<DeliveryView>,
}

/// `GET /v1/messages/{id}`.
///
/// # Errors
/// 404 when there is none for this caller.
pub async fn show(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let message = find(&api, &caller.scope, &id).await?;
    let found = deliveries::of_message(&api.cx.store, &caller.scope, &id).await?;
    let deliveries = with_kinds(&api, found).await?;
    let Message { id, org_id, kind, order_key, payload, created_at } = message;
    let payload = RawValue::from_string(payload).unwrap_or_default();
    Ok(json(&Shown { id, org_id, kind, order_key, created_at, payload, deliveries }))
}

/// A message of this caller.
///
/// # Errors
/// 404 when there is none.
pub(super) async fn find(api: &Api, scope: &Scope, id: &str) -> Result<Message, Problem> {
    messages::get(&api.cx.store, scope, id).await?.ok_or_else(|| Problem::not_found("message"))
}
