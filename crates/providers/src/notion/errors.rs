//! What Notion's errors mean (Notion facts 3 and 9).

use crate::load::Page;
use crate::wire::{Fault, Reply, seconds, words};
use serde_json::Value;
use std::time::Duration;

/// Limits count in windows of so long (Notion facts 3). Some waits are longer; then Notion says so.
const WINDOW: Duration = Duration::from_secs(60);

/// What an answer that is no success means. Edges answer in HTML, typically with 403.
pub fn fault(reply: &Reply<'_>) -> Fault {
    let body = reply.json().unwrap_or_default();
    let more = &body["additional_data"];
    let said = said(reply, &body);
    match (reply.status.as_u16(), body["code"].as_str()) {
        // To be read again and then repeated; a database that is full stays full (facts 9).
        (409, Some("conflict_error")) => Fault::Transient { message: said, wait: reply.retry_after() },
        (429, _) => rate_limited(reply, more),
        (529, _) => Fault::RateLimited { limit: "Notion's capacity", wait: wait(reply, more), passes: true },
        (503, _) => unavailable(reply, more, said),
        _ => Fault::usual(reply, said),
    }
}

/// Whether a list cannot go on from the cursor it was asked with. How Notion says so is a guess (Notion facts 11.6).
pub fn lost_its_place(reply: &Reply<'_>) -> bool {
    let body = reply.json().unwrap_or_default();
    let names_it = body["message"].as_str().is_some_and(|message| message.contains("start_cursor"));
    reply.status.as_u16() == 400 && body["code"] == "validation_error" && names_it
}

/// A list begins again, `times` by now: a page without anything, or a fault when it never lasts to its end; after that it may
/// be tried from the start.
pub fn again(times: &mut u32) -> Result<Page, Fault> {
    const MOST: u32 = 5;
    if *times <= MOST {
        return Ok(Page::default());
    }
    let message = format!("Notion lost its place in the list {times} times before the end");
    *times = 0;
    Err(Fault::Transient { message, wait: None })
}

/// Facts 3: which limit is told in a reason. A blocked connection stays blocked however long we wait.
fn rate_limited(reply: &Reply<'_>, more: &Value) -> Fault {
    let (limit, passes) = match more["rate_limit_reason"].as_str().unwrap_or_default() {
        "public_api_request_rate_limit" => ("Notion's limit for the connection", true),
        "public_api_space_request_rate_limit" => ("Notion's limit for the workspace", true),
        "public_api_endpoint_rate_limit" => ("Notion's limit for this kind of call", true),
        "public_api_request_blocked" => ("the point where Notion blocks a connection", false),
        _ => ("a limit of Notion's", true),
    };
    Fault::RateLimited { limit, wait: wait(reply, more).filter(|_| passes), passes }
}

/// Facts 3: the header, or its repetition in the body, which is a text.
fn wait(reply: &Reply<'_>, more: &Value) -> Option<Duration> {
    let repeated = || more["retry_after"].as_str().and_then(seconds);
    reply.retry_after().or_else(repeated).or(Some(WINDOW))
}

/// Facts 3: a write may have been carried out although the answer is 503; then the answer gives advice, or names what was
/// made.
fn unavailable(reply: &Reply<'_>, more: &Value, said: String) -> Fault {
    let made = more["committed_resource_id"].as_str();
    let advised = match &more["retry_guidance"] {
        Value::Array(advice) => !advice.is_empty(),
        other => other.is_string(),
    };
    match made {
        Some(id) => Fault::MaybeCommitted(words(&format!("{said} (look at {id})"))),
        None if advised => Fault::MaybeCommitted(said),
        None => Fault::Transient { message: said, wait: reply.retry_after() },
    }
}

fn said(reply: &Reply<'_>, body: &Value) -> String {
    let text = |key: &str| body[key].as_str().filter(|text| !text.trim().is_empty());
    match (text("code"), text("message")) {
        (Some(code), Some(message)) => words(&format!("{code}: {message}")),
        (Some(only), None) | (None, Some(only)) => words(only),
        (None, None) => reply.outline(),
    }
}
