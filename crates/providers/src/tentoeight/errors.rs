//! What 10to8's errors mean (10to8 facts 2 and 7).

use crate::wire::{Fault, Reply, seconds, words};
use serde_json::Value;
use std::time::Duration;

/// How long to wait when nobody says (10to8 facts 2).
const WAIT: Duration = Duration::from_secs(60);

/// What an answer that is no success means. The statuses are known, the bodies are a hypothesis: those of Django's REST
/// framework (10to8 facts 7).
pub fn fault(reply: &Reply<'_>) -> Fault {
    let body = reply.json().unwrap_or_default();
    match reply.status.as_u16() {
        429 => {
            Fault::RateLimited { limit: "10to8's limit", wait: Some(throttled(reply, &body)), passes: true }
        }
        _ => Fault::usual(reply, said(reply, &body)),
    }
}

/// Facts 2: the header, else the first number in the words.
fn throttled(reply: &Reply<'_>, body: &Value) -> Duration {
    let detail = body["detail"].as_str().unwrap_or_default();
    let number = detail.split(|c: char| !c.is_ascii_digit()).find(|digits| !digits.is_empty());
    reply.retry_after().or_else(|| seconds(number?)).unwrap_or(WAIT)
}

/// `detail`, else what is wrong with which field, else the text as it is (facts 7).
fn said(reply: &Reply<'_>, body: &Value) -> String {
    if let Some(detail) = body["detail"].as_str().filter(|detail| !detail.trim().is_empty()) {
        return words(detail);
    }
    let fields = body.as_object().into_iter().flatten();
    let wrong: Vec<String> = fields.filter_map(|(name, messages)| field(name, messages)).collect();
    if wrong.is_empty() { reply.outline() } else { words(&wrong.join("; ")) }
}

fn field(name: &str, messages: &Value) -> Option<String> {
    let messages: Vec<&str> = messages.as_array()?.iter().filter_map(Value::as_str).collect();
    if messages.is_empty() { None } else { Some(format!("{name}: {}", messages.join(" "))) }
}
