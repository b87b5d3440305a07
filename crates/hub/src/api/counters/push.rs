//! Pushing by hand, over the API: a counter that is pushed because somebody wants it to be, what its property shows, and a test event.

use super::find;
use super::values::check_keys;
use super::views::{CounterView, property};
use crate::api::Api;
use crate::api::access::Caller;
use crate::api::connections::body_of;
use crate::api::refusals::sentence;
use crate::counters::probe::{self, Untried};
use crate::counters::request;
use crate::http::strict::Json;
use crate::http::{Problem, json};
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use syncline_store::counters;

/// `POST /v1/counters/{counter}/values/{key}/push`: it is sent as soon as no other value can overtake it, whatever was seen before; what is
/// parked goes on. Answers the counter.
///
/// # Errors
/// 404 when there is none for this caller.
pub async fn push(
    State(api): State<Api>,
    caller: Caller,
    Path((counter, key)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let none = || Problem::not_found("key of this counter");
    let definition = find(&api, &caller, &counter).await?;
    if request::push_again(&api.cx, &definition, &[&key]).await? == 0 {
        return Err(none());
    }
    let found = counters::get(&api.cx.store, &caller.scope, &definition.id, &key).await?;
    let view = json(&CounterView::from(found.ok_or_else(none)?));
    Ok((StatusCode::ACCEPTED, view).into_response())
}

/// What a property shows.
#[derive(Debug, Serialize)]
struct PropertyView {
    key: String,
    /// The number, where it is one.
    value: Option<i64>,
    /// `number`, `empty`, `other` (no whole number) or `no_record`.
    is: &'static str,
}

/// `GET /v1/counters/{counter}/values/{key}/property`: what HubSpot shows there and then, whether anybody has counted or not.
///
/// # Errors
/// 400 for a key that is none of the definition's, 404 when there is no such definition for this caller, 502 when HubSpot does not say.
pub async fn look(
    State(api): State<Api>,
    caller: Caller,
    Path((counter, key)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let definition = find(&api, &caller, &counter).await?;
    check_keys(&definition, [key.as_str()])?;
    let shown = Box::pin(probe::look(&api.cx, &definition, &[&key])).await?.pop();
    let (value, is) = property(&shown.ok_or_else(|| Problem::not_found("key of this counter"))?);
    Ok(json(&PropertyView { key, value, is }))
}

/// `POST …/test`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestBody {
    value: i64,
}

/// What a test event came to.
#[derive(Debug, Serialize)]
struct TestView {
    /// What was sent.
    payload: serde_json::Value,
    /// The answer's status; none: no answer came.
    status: Option<u16>,
    latency_ms: u64,
}

/// `POST /v1/counters/{counter}/values/{key}/test`: calls the trigger once, outside of all order, for the workflow editor that waits for an
/// event to learn its fields from. Nothing is counted.
///
/// # Errors
/// 400 for a key or a body that cannot be, 404 when there is no such definition for this caller, 409 when it has no trigger, or somebody has
/// counted this key: a value outside of all order could overtake another.
pub async fn test(
    State(api): State<Api>,
    caller: Caller,
    Path((counter, key)): Path<(String, String)>,
    body: Result<Json<TestBody>, JsonRejection>,
) -> Result<Response, Problem> {
    let TestBody { value } = body_of(body)?;
    let definition = find(&api, &caller, &counter).await?;
    check_keys(&definition, [key.as_str()])?;
    if counters::get(&api.cx.store, &caller.scope, &definition.id, &key).await?.is_some() {
        let say = "This key is counted already, and a test event could overtake its value: count it, and see it arrive.";
        return Err(Problem::new(StatusCode::CONFLICT, "counted_already", say));
    }
    let tried = Box::pin(probe::trigger(&api.cx, &definition, &key, value)).await?;
    let latency_ms = u64::try_from(tried.latency.as_millis()).unwrap_or(u64::MAX);
    Ok(json(&TestView { payload: tried.payload, status: tried.status, latency_ms }))
}

impl From<Untried> for Problem {
    fn from(untried: Untried) -> Self {
        let say = sentence(&untried.to_string());
        match untried {
            Untried::NoTrigger => Self::new(StatusCode::CONFLICT, "no_trigger", say),
            Untried::Keys(error) => error.into(),
            Untried::Provider(_) => Self::new(StatusCode::BAD_GATEWAY, "provider_down", say),
        }
    }
}
