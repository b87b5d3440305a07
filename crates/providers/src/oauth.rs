//! What the OAuth of all providers has in common (RFC 6749). Where they differ, their own `oauth.rs` has the word.

use crate::connect::{Refused, Tokens};
use crate::wire::{Fault, Reply};
use http::StatusCode;
use serde_json::Value;
use std::time::Duration;
use syncline_core::secret::Secret;
use syncline_core::time::Timestamp;

/// `base` with this query. A space is `%20`, which is a space to everybody; `+` is one only to those who read a query as a
/// form (HubSpot facts 1.1).
pub fn url(base: &str, query: &[(&str, &str)]) -> String {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(query);
    format!("{base}?{}", form.finish().replace('+', "%20"))
}

/// The scopes of `wanted` that are not in `besides`, each once, with a space between two.
pub fn scopes<'a>(wanted: impl IntoIterator<Item = &'a String>, besides: &[String]) -> String {
    let mut list: Vec<&str> = Vec::new();
    for scope in wanted {
        if !scope.is_empty() && !besides.contains(scope) && !list.contains(&scope.as_str()) {
            list.push(scope);
        }
    }
    list.join(" ")
}

/// Reads a success (RFC 6749, 5.1), tolerantly: what is missing or null besides the access token is none. Comes with the
/// whole body, for what a provider adds; the account is left to it.
pub fn tokens(reply: &Reply<'_>, now: Timestamp) -> Result<(Tokens, Value), Refused> {
    if reply.status != StatusCode::OK {
        return Err(Refused::Unreadable("a success without tokens"));
    }
    let Some(body @ Value::Object(_)) = reply.json() else {
        return Err(Refused::Unreadable("not a JSON object"));
    };
    let access = secret(&body["access_token"]).ok_or(Refused::Unreadable("no access token in it"))?;
    // Airtable writes "Bearer " with a space at the end, and means it (Airtable facts 2).
    if body["token_type"].as_str().is_some_and(|kind| !kind.trim().eq_ignore_ascii_case("bearer")) {
        return Err(Refused::Unreadable("a token that is not to be sent as a bearer token"));
    }
    let end = |span: &Value| Some(now.plus(Duration::from_secs(whole(span)?)));
    let tokens = Tokens {
        access,
        refresh: secret(&body["refresh_token"]),
        expires_at: end(&body["expires_in"]),
        refresh_expires_at: end(&body["refresh_expires_in"]),
        scopes: granted(&body),
        account: None,
    };
    Ok((tokens, body))
}

/// What was granted: `scopes` as a list (HubSpot), or `scope` as words (RFC 6749, 3.3; Airtable).
fn granted(body: &Value) -> Vec<String> {
    match (&body["scopes"], &body["scope"]) {
        (Value::Array(list), _) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        (_, Value::String(words)) => words.split_whitespace().map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

fn secret(value: &Value) -> Option<Secret> {
    value.as_str().filter(|text| !text.is_empty()).map(Secret::new)
}

/// Whole seconds, in quotes or not.
fn whole(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.trim().parse().ok())
}

/// Which kind of refusal an error code is.
pub type Kind = fn(String) -> Refused;

/// The codes of RFC 6749, 4.1.2.1 and 5.2. `invalid_request` is ours to repair: nobody but us wrote the request.
pub fn kind(code: &str) -> Option<Kind> {
    Some(match code {
        "invalid_grant" | "access_denied" => Refused::Grant,
        "invalid_client"
        | "unauthorized_client"
        | "invalid_request"
        | "invalid_scope"
        | "unsupported_grant_type" => Refused::App,
        _ => return None,
    })
}

/// Puts a refusal together. Only a code that is known ends an authorization: what nobody understands is for later,
/// because to disconnect an account by mistake costs more than to ask again. 401 without a code that is known means our
/// registration (RFC 6749, 5.2).
pub fn refused(reply: &Reply<'_>, kind: Option<Kind>, said: String, fault: &Fault) -> Refused {
    let overloaded = reply.status == StatusCode::TOO_MANY_REQUESTS || reply.status.is_server_error();
    match kind {
        Some(kind) if !overloaded => kind(said),
        None if reply.status == StatusCode::UNAUTHORIZED && !reply.is_page() => Refused::App(said),
        _ => later(fault),
    }
}

fn later(fault: &Fault) -> Refused {
    let wait = match fault {
        Fault::RateLimited { wait, .. } | Fault::Transient { wait, .. } => *wait,
        _ => None,
    };
    Refused::Later { message: fault.to_string(), wait }
}
