//! Sending again over the API: one message, all that failed, a span of time; dropping what waits; trying an endpoint out.

use crate::api::Api;
use crate::api::access::Caller;
use crate::api::connections::body_of;
use crate::api::jobs::read_cursor;
use crate::endpoints::{self, Refused, Wish};
use crate::http::strict::Json;
use crate::http::{Problem, json};
use crate::notify;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use http::{StatusCode, header};
use serde::Deserialize;
use serde_json::json as object;
use syncline_core::time::Timestamp;

/// `POST /v1/messages/{id}/deliveries/{endpoint}/resend`: 202; it is sent at once, whatever became of it there. Also to an endpoint that
/// did not want it, or that there was not when it was published.
///
/// # Errors
/// 404 when there is no such message or endpoint for this caller, 409 when the endpoint is disabled.
pub async fn resend(
    State(api): State<Api>,
    caller: Caller,
    Path((message_id, endpoint_id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    endpoints::resend(&caller.cx(&api), &caller.scope, &message_id, &endpoint_id).await?;
    let answer = json(&object!({ "message_id": message_id, "endpoint_id": endpoint_id }));
    Ok((StatusCode::ACCEPTED, answer).into_response())
}

/// `POST /v1/endpoints/{id}/test`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TestBody {
    /// The type whose example is sent.
    #[serde(rename = "type")]
    kind: String,
}

/// What is sent when nobody says: what every application wants to hear of.
impl Default for TestBody {
    fn default() -> Self {
        Self { kind: "sync.complete".to_owned() }
    }
}

/// `POST /v1/endpoints/{id}/test`: 202; sends the example of a type to this endpoint alone, whether it wants the type or not.
///
/// # Errors
/// 404 when there is no such endpoint for this caller or no such type, 409 when the endpoint is disabled.
pub async fn test(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    body: Result<Option<Json<TestBody>>, JsonRejection>,
) -> Result<Response, Problem> {
    let TestBody { kind } = body_of(body.map(|body| body.unwrap_or_default()))?;
    let sent = notify::test(&caller.cx(&api), &caller.scope, &id, &kind).await.map_err(Refused::from)?;
    let location = format!("/v1/messages/{sent}/deliveries/{id}");
    let answer = json(&object!({ "message_id": sent, "endpoint_id": id, "type": kind }));
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, location)], answer).into_response())
}

/// `POST /v1/endpoints/{id}/recover`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecoverBody {
    /// What failed at this instant or later.
    since: Timestamp,
    /// And before this one; left out: until now.
    until: Option<Timestamp>,
}

/// `POST /v1/endpoints/{id}/recover`: sends again what failed for good. Where `more` is true, ask again with the `until` of the answer.
///
/// # Errors
/// 400 for a span that is none, 404 when there is no such endpoint for this caller.
pub async fn recover(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    body: Result<Json<RecoverBody>, JsonRejection>,
) -> Result<Response, Problem> {
    let RecoverBody { since, until } = body_of(body)?;
    let done = endpoints::recover(&caller.cx(&api), &caller.scope, &id, since, until).await?;
    let answer = object!({ "recovered": done.recovered, "more": done.more, "until": done.until });
    Ok((StatusCode::ACCEPTED, json(&answer)).into_response())
}

/// `POST /v1/endpoints/{id}/replay`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReplayBody {
    /// Messages made at this instant or later.
    from: Timestamp,
    /// And before this one; left out: until now.
    to: Option<Timestamp>,
    /// Whether those that arrived are sent again as well.
    #[serde(default)]
    delivered: bool,
    /// Where the part before this one ended.
    cursor: Option<String>,
}

/// `POST /v1/endpoints/{id}/replay`: sends what the endpoint wants of the messages made in a span of time: those it never got, and those
/// that failed or were skipped there. Where `next_cursor` is given, ask again with it and the `to` of the answer.
///
/// # Errors
/// 400 for a span or a cursor that is none, 404 when there is no such endpoint for this caller.
pub async fn replay(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    body: Result<Json<ReplayBody>, JsonRejection>,
) -> Result<Response, Problem> {
    let ReplayBody { from, to, delivered, cursor } = body_of(body)?;
    let after = cursor.as_deref().filter(|text| !text.is_empty()).map(read_cursor).transpose()?;
    let wish = Wish { from, to, delivered, after };
    let done = endpoints::replay(&caller.cx(&api), &caller.scope, &id, wish).await?;
    let next = done.next.map(|(at, id)| format!("{}.{id}", at.as_millis()));
    let answer = object!({ "read": done.read, "sent": done.sent, "to": done.to, "next_cursor": next });
    Ok((StatusCode::ACCEPTED, json(&answer)).into_response())
}

/// `POST /v1/endpoints/{id}/skip`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SkipBody {
    /// What is due before this instant; left out: everything that waits.
    before: Option<Timestamp>,
}

/// `POST /v1/endpoints/{id}/skip`: drops what waits. A replay or a resend brings it back. Where `more` is true, ask again.
///
/// # Errors
/// 404 when there is no such endpoint for this caller.
pub async fn skip(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    body: Result<Option<Json<SkipBody>>, JsonRejection>,
) -> Result<Response, Problem> {
    let SkipBody { before } = body_of(body.map(|body| body.unwrap_or_default()))?;
    let (skipped, more) = endpoints::skip(&caller.cx(&api), &caller.scope, &id, before).await?;
    Ok(json(&object!({ "skipped": skipped, "more": more })))
}
