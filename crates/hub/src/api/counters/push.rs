//! A counter that is pushed because somebody wants it to be, over the API.

use super::find;
use super::views::CounterView;
use crate::api::Api;
use crate::api::access::Caller;
use crate::counters::request;
use crate::http::{Problem, json};
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
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
