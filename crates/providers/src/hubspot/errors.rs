//! What HubSpot's errors mean (HubSpot facts 1.5, 2, 3.5 and 9).

use crate::wire::{Fault, Reply, words};
use serde_json::Value;
use std::time::Duration;

/// What an answer that is no success means. Every field of an error may be missing, and edges answer in HTML.
pub fn fault(reply: &Reply<'_>) -> Fault {
    let body = reply.json().unwrap_or_default();
    let said = said(reply, &body);
    match reply.status.as_u16() {
        // A developer API key was wanted: no other token of this connection would do (facts 1.5).
        401 if body["message"].as_str().is_some_and(|text| text.contains("hapikey")) => {
            Fault::Forbidden(said)
        }
        402 => Fault::Forbidden(format!("the account's plan does not include it ({said})")),
        403 if !reply.is_page() => forbidden(&body, said),
        // A lock after many writes to one object, which lasts two seconds (facts 9).
        423 => Fault::Transient { message: said, wait: reply.retry_after().or(Some(Duration::from_secs(2))) },
        429 => rate_limited(reply, &body),
        // The account moves between data centres, for up to a day; `Retry-After` is in seconds (facts 9).
        477 => {
            Fault::Transient { message: "the account is being moved".to_owned(), wait: reply.retry_after() }
        }
        _ => Fault::usual(reply, said),
    }
}

/// Facts 1.5: the scopes that are missing stand in either of two places.
fn forbidden(body: &Value, said: String) -> Fault {
    let errors = body["errors"].as_array().into_iter().flatten().map(|error| &error["context"]);
    let mut scopes: Vec<&str> = Vec::new();
    for context in errors.chain([&body["context"]]) {
        let required = context["requiredGranularScopes"].as_array().into_iter().flatten();
        for scope in required.filter_map(Value::as_str) {
            if !scopes.contains(&scope) {
                scopes.push(scope);
            }
        }
    }
    if scopes.is_empty() {
        return Fault::Forbidden(said);
    }
    Fault::Forbidden(words(&format!("missing scopes: {}", scopes.join(", "))))
}

/// Facts 2. HubSpot names the limit and says no wait; where it says one all the same, that holds.
fn rate_limited(reply: &Reply<'_>, body: &Value) -> Fault {
    let policy = body["policyName"].as_str().or(body["message"].as_str()).unwrap_or_default().to_uppercase();
    let (limit, wait, passes) = if policy.contains("TEN_SECONDLY") {
        ("HubSpot's limit for ten seconds", Some(10_000), true)
    } else if policy.contains("SECONDLY") {
        ("HubSpot's limit for a second", Some(1_000), true)
    } else if policy.contains("DAILY") {
        // Until midnight where the account is, and we do not know where that is.
        ("HubSpot's limit for a day", None, false)
    } else {
        let interval = reply.header("x-hubspot-ratelimit-interval-milliseconds");
        let interval = interval.and_then(|millis| millis.parse().ok()).filter(|millis| *millis <= 86_400_000);
        ("a limit of HubSpot's", interval.or(Some(10_000)), true)
    };
    Fault::RateLimited { limit, wait: reply.retry_after().or(wait.map(Duration::from_millis)), passes }
}

/// What it says is wrong. The message of a validation error repeats its list in JSON, so the list's own entries are better
/// (facts 3.5), in its newer form (`errors`) or its older (`validationResults`).
fn said(reply: &Reply<'_>, body: &Value) -> String {
    let list = |key: &str, name: fn(&Value) -> &Value| -> Vec<String> {
        let entries = body[key].as_array().into_iter().flatten();
        entries.filter_map(|entry| entry_text(name(entry), &entry["message"])).collect()
    };
    let details = match body["category"].as_str() {
        Some("VALIDATION_ERROR") => list("errors", |entry| &entry["context"]["propertyName"][0]),
        _ => list("validationResults", |entry| &entry["name"]),
    };
    match body["message"].as_str() {
        _ if !details.is_empty() => words(&details.join("; ")),
        Some(message) if !message.trim().is_empty() => words(message),
        _ => reply.outline(),
    }
}

fn entry_text(name: &Value, message: &Value) -> Option<String> {
    let message = message.as_str()?;
    Some(name.as_str().map_or_else(|| message.to_owned(), |name| format!("{name}: {message}")))
}
