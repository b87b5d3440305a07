//! What the tests of all providers need: answers, calls as text, and the properties that hold for every provider.

use crate::connect::{App, Ask, Connect};
use crate::wire::{Call, Fault, Hosts, Reply};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::fmt::Write as _;
use syncline_core::secret::Secret;
use syncline_core::time::Timestamp;

/// The present moment of the tests.
pub const NOW: Timestamp = Timestamp::from_millis(1_767_225_600_000);

/// An answer of a provider.
#[derive(Debug)]
pub struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    /// An answer without headers.
    pub fn new(status: u16, body: impl AsRef<[u8]>) -> Self {
        let status = StatusCode::from_u16(status).unwrap();
        Self { status, headers: HeaderMap::new(), body: body.as_ref().to_vec() }
    }

    /// The same with one more header.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        self.headers.insert(name, HeaderValue::from_str(value).unwrap());
        self
    }

    /// As the hub hands it over.
    pub fn reply(&self) -> Reply<'_> {
        Reply { status: self.status, headers: &self.headers, body: &self.body }
    }
}

/// A provider at two hosts.
pub fn hosts() -> Hosts {
    Hosts { api: "https://api.example.com".to_owned(), web: "https://web.example.com".to_owned() }
}

/// Runs `check` with a registration that has this secret.
pub fn with_app<T>(secret: &str, check: impl Fn(&App<'_>) -> T) -> T {
    let (hosts, client_secret) = (hosts(), Secret::new(secret));
    check(&App { hosts: &hosts, client_id: "id 1", client_secret: &client_secret })
}

/// The query of the page where the browser is sent, one parameter a line.
pub fn asked(connector: &dyn Connect, scopes: &[&str], optional: &[&str]) -> (String, Vec<String>) {
    let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let (scopes, optional, state) = (list(scopes), list(optional), Secret::new("state-0123456789"));
    let ask = Ask {
        redirect_uri: "https://hub.example.com/callback?a=b c",
        scopes: &scopes,
        optional_scopes: &optional,
        state: &state,
        challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    };
    let url = with_app("hush-hush-hush", |app| connector.oauth().unwrap().authorize_url(app, &ask));
    assert!(!url.contains("hush") && !url.contains('+') && url::Url::parse(&url).is_ok(), "{url}");
    let (page, query) = url.split_once('?').unwrap();
    (page.to_owned(), query.split('&').map(str::to_owned).collect())
}

/// A call byte for byte: method and URL, headers by name, an empty line, the body. A value marked as sensitive says so.
pub fn raw(call: &Call) -> String {
    let mut text = format!("{} {}\n", call.method, call.url);
    let mut names: Vec<&HeaderName> = call.headers.keys().collect();
    names.sort_by_key(|name| name.as_str());
    for name in names {
        let value = &call.headers[name];
        let mark = if value.is_sensitive() { " (sensitive)" } else { "" };
        writeln!(text, "{name}: {}{mark}", value.to_str().unwrap()).unwrap();
    }
    text + "\n" + std::str::from_utf8(&call.body).unwrap()
}

/// Any status, and a body that is bytes, JSON of any kind, or JSON with the keys that providers use.
pub fn any_answer() -> impl Strategy<Value = Answer> {
    let status = prop_oneof![Just(200), Just(400), Just(401), Just(403), Just(429), 100_u16..1000];
    let body = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..200),
        any_json().prop_map(|value| value.to_string().into_bytes()),
    ];
    (status, body, prop::option::of("[ -~]{0,20}")).prop_map(|(status, body, wait)| {
        let answer = Answer::new(status, body);
        if let Some(wait) = wait { answer.with("retry-after", &wait) } else { answer }
    })
}

/// JSON made of the words that providers use, in the places where they belong or in others.
fn any_json() -> impl Strategy<Value = Value> {
    const KEYS: &str = "access_token|additional_data|bot|category|code|context|detail|email|error|errors|expires_in|hub_id|id|\
        message|object|policyName|portalId|rate_limit_reason|refresh_token|requiredGranularScopes|results|retry_after|\
        retry_guidance|scope|scopes|status|token_type|type|workspace_id|workspace_name";
    let words = "bearer|error|invalid_grant|RATE_LIMIT_REACHED|DAILY|MISSING_SCOPES|-?[0-9]{1,25}|.{0,20}";
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        words.prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        let list = prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from);
        let map = prop::collection::vec((KEYS, inner), 0..6);
        prop_oneof![list, map.prop_map(|pairs| pairs.into_iter().collect::<serde_json::Map<_, _>>().into())]
    })
}

/// A token as providers make them.
pub fn any_secret() -> impl Strategy<Value = String> {
    "[a-z][A-Z][0-9][A-Za-z0-9_-]{40,80}"
}

/// No answer makes any reader panic.
pub fn answers_are_survived(connector: &dyn Connect, fault: fn(&Reply<'_>) -> Fault, answer: &Answer) {
    let token = Secret::new("a-token-of-the-tests");
    let account = connector.account(&answer.reply(), &token);
    if answer.status != StatusCode::OK {
        assert!(account.is_err(), "an account out of status {}", answer.status);
    }
    fault(&answer.reply()).to_string();
    if let Some(oauth) = connector.oauth() {
        let tokens = oauth.tokens(&answer.reply(), NOW);
        assert!(tokens.is_err() || tokens.is_ok_and(|tokens| !tokens.access.is_empty()));
    }
}

/// Nothing that is printed of calls, tokens and refusals shows `secret`, and no URL holds it, whichever of the secrets it
/// is and even if the provider repeats it.
pub fn secrets_stay_hidden(connector: &dyn Connect, secret: &str) {
    let hidden = Secret::new(secret);
    let mut printed = vec![show(&connector.identify(&hosts(), &hidden))];
    let echoes = [
        json!({ "message": format!("bad token {secret}."), "status": "X", "detail": format!("no {secret}") }),
        json!({ "error": "invalid_grant", "error_description": format!("`{secret}` is unknown") }),
        json!({ "error": { "type": "X", "message": secret }, "code": secret }),
        json!({ "object": "error", "status": 400, "code": "invalid_grant", "message": format!("code={secret}") }),
        json!({ "status": "BAD_REFRESH_TOKEN", "message": format!("{secret} was revoked") }),
        json!({ "access_token": secret, "refresh_token": secret, "token_type": "bearer" }),
        json!({ "access_token": secret, "refresh_token": secret, "token_type": secret }),
        json!(secret),
    ];
    for status in [200, 400, 401, 403, 404, 409, 422, 429, 500, 503] {
        for body in &echoes {
            let answer = Answer::new(status, body.to_string());
            let account = connector.account(&answer.reply(), &hidden);
            printed.push(format!("{account:?}"));
            printed.extend(account.err().map(|fault| fault.to_string()));
            let tokens = connector.oauth().map(|oauth| oauth.tokens(&answer.reply(), NOW));
            printed.push(format!("{tokens:?}"));
            printed.extend(tokens.and_then(Result::err).map(|refused| refused.to_string()));
        }
    }
    if let Some(oauth) = connector.oauth() {
        printed.extend(with_app(secret, |app| {
            let reply =
                Answer::new(200, json!({ "access_token": secret, "refresh_token": secret }).to_string());
            let tokens = oauth.tokens(&reply.reply(), NOW).unwrap();
            let exchange = oauth.exchange(app, &hidden, &hidden, "https://hub.example.com/callback");
            let revoke = oauth.revoke(app, &tokens).map_or_else(String::new, |call| show(&call));
            [format!("{app:?}"), show(&exchange), show(&oauth.refresh(app, &hidden)), revoke]
        }));
    }
    for text in printed {
        assert!(!text.contains(secret), "{text}");
    }
}

/// All of a call that may be logged.
fn show(call: &Call) -> String {
    format!("{call:?} {} {:?}", call.url, call.headers)
}

/// What a refusal is, without its words.
pub fn sort(refused: &crate::connect::Refused) -> &'static str {
    use crate::connect::Refused;
    match refused {
        Refused::Grant(_) => "grant",
        Refused::App(_) => "app",
        Refused::JustRefreshed => "just refreshed",
        Refused::Later { .. } => "later",
        Refused::Unreadable(_) => "unreadable",
    }
}
