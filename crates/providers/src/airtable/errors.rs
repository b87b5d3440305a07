//! What Airtable's errors mean (Airtable facts 3 and 8).

use crate::wire::{Fault, Reply, words};
use serde_json::Value;
use std::time::Duration;

/// After a 429 everything fails for so long (Airtable facts 3).
const PENALTY: Duration = Duration::from_secs(30);

/// What an answer that is no success means.
pub fn fault(reply: &Reply<'_>) -> Fault {
    let body = reply.json().unwrap_or_default();
    match (reply.status.as_u16(), parts(&body).0) {
        // The second kind of 429: no wait helps before the month is over (facts 3).
        (429, Some("PUBLIC_API_BILLING_LIMIT_EXCEEDED")) => Fault::RateLimited {
            limit: "what the workspace's plan allows in a month",
            wait: None,
            passes: false,
        },
        (429, _) => Fault::RateLimited {
            limit: "Airtable's limit for a second",
            wait: reply.retry_after().or(Some(PENALTY)),
            passes: true,
        },
        _ => Fault::usual(reply, said(reply)),
    }
}

/// Whether a list cannot go on from the offset it was asked with: its iterator ran out, or is not known (Airtable facts 5).
pub fn lost_its_place(reply: &Reply<'_>) -> bool {
    let body = reply.json().unwrap_or_default();
    let lost = ["LIST_RECORDS_ITERATOR_NOT_AVAILABLE", "INVALID_OFFSET_VALUE"];
    reply.status.as_u16() == 422 && parts(&body).0.is_some_and(|kind| lost.contains(&kind))
}

/// What it says is wrong: type and message, as far as they are there.
pub fn said(reply: &Reply<'_>) -> String {
    let body = reply.json().unwrap_or_default();
    match parts(&body) {
        (Some(kind), Some(message)) => words(&format!("{kind}: {message}")),
        (Some(only), None) | (None, Some(only)) => words(only),
        (None, None) => reply.outline(),
    }
}

/// Type and message of an error, which is an object with either, or only a text (facts 8).
pub fn parts(body: &Value) -> (Option<&str>, Option<&str>) {
    let text = |value: &'_ Value| value.as_str().is_some_and(|text| !text.trim().is_empty());
    let pick = |value| if text(value) { value.as_str() } else { None };
    match &body["error"] {
        error @ Value::String(_) => (pick(error), None),
        error => (pick(&error["type"]), pick(&error["message"])),
    }
}
