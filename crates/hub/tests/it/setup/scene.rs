//! A hub that can be reached, a sandbox, and set-ups through the API.

use crate::support::joined::{Joined, ORG};
use crate::support::wait::until;
use crate::support::{Answer, HERE};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;
use syncline_core::secret::Secret;
use syncline_hub::api::access::create_key;
use syncline_hub::connect::{Begin, Completed, Return, begin, complete};
use syncline_store::Scope;
use syncline_store::connections::Connection;
use syncline_store::events::{self, Filter, Order, StoredEvent};
use syncline_store::hooks::{self, Hook};

/// A hub and a sandbox that reach each other.
pub async fn joined(people: usize, settings: &[(&str, &str)]) -> Joined {
    let own = [("server.public_url", HERE), ("apps.tentoeight.provider", "tentoeight")];
    let all: Vec<(&str, &str)> = own.iter().chain(settings).copied().collect();
    Joined::start(people, &all).await
}

/// Asks for a set-up.
pub async fn ask(joined: &Joined, key: &str, connection: &str, body: Value) -> Answer {
    let request = joined.hub.request(Method::POST, &format!("/v1/connections/{connection}/setup"));
    joined.hub.send(request.bearer_auth(key).json(&body)).await
}

/// A set-up by the operator: its report.
pub async fn set_up(joined: &Joined, connection: &Connection, body: Value) -> Value {
    let answer = ask(joined, &joined.hub.key, &connection.id, body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let report = answer.json();
    for step in report["steps"].as_array().unwrap() {
        assert_ne!(step["state"], "failed", "{report}");
    }
    report
}

/// The kinds of a report's steps, but for what was there already.
pub fn kinds(report: &Value) -> Vec<String> {
    let kinds =
        report["steps"].as_array().unwrap().iter().map(|step| step["kind"].as_str().unwrap_or("none"));
    kinds.filter(|kind| *kind != "unchanged").map(str::to_owned).collect()
}

/// A key for one organization.
pub async fn key_of(joined: &Joined, org_id: &str) -> String {
    create_key(&joined.hub.cx, "test", Some(org_id.to_owned())).await.unwrap().1
}

/// What the hub remembers of its subscriptions.
pub async fn kept(joined: &Joined, owner: &str) -> Vec<Hook> {
    hooks::list(&joined.hub.cx.store, owner).await.unwrap()
}

/// Stored events of a provider.
pub async fn events(joined: &Joined, scope: &Scope, provider: &str) -> Vec<StoredEvent> {
    let filter = Filter { provider: Some(provider.to_owned()), ..Filter::default() };
    events::page(&joined.hub.cx.store, scope, &filter, Order::OldestFirst, None, 500).await.unwrap()
}

/// Waits while time passes.
pub async fn as_time_passes<T>(joined: &Joined, what: &str, look: impl AsyncFnMut() -> Option<T>) -> T {
    let passing = async {
        loop {
            joined.advance(Duration::from_millis(500)).await;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::select! {
        found = until(what, look) => found,
        () = passing => unreachable!("time passes for ever"),
    }
}

/// A call to a provider's API past the hub.
pub async fn call(joined: &Joined, method: Method, path: &str, authorization: &str, body: Value) -> Value {
    let client = syncline_hub::http::client::client().unwrap();
    let mut request = client.request(method, format!("{}{path}", joined.sandbox.url()));
    if !authorization.is_empty() {
        request = request.header("authorization", authorization);
    }
    if !body.is_null() {
        request = request.json(&body);
    }
    let answer = request.send().await.unwrap();
    let (status, text) = (answer.status(), answer.text().await.unwrap());
    assert!(status.is_success(), "{path}: {status}: {text}");
    serde_json::from_str(&text).unwrap_or_default()
}

/// Connects by consent, as a browser does.
pub async fn consent(joined: &Joined, provider: &str) -> Connection {
    let cx = &joined.hub.cx;
    let browser = Secret::new(cx.dice.token());
    let asked = Begin {
        org_id: ORG,
        user_id: "ada",
        provider,
        app: Some(provider),
        redirect_uri: "http://127.0.0.1:1/back",
        origin: None,
        browser: &browser,
    };
    let url = begin(cx, asked).await.unwrap();
    let page = syncline_hub::http::client::client().unwrap().get(&url).send().await.unwrap();
    let back = page.headers()["location"].to_str().unwrap().to_owned();
    let back = reqwest::Url::parse(&back).unwrap();
    let named =
        |name: &str| back.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    let code = named("code").map(Secret::new);
    let returned = Return {
        provider: Some(provider),
        state: &named("state").unwrap(),
        code: code.as_ref(),
        error: None,
        error_description: None,
        browser: Some(&browser),
    };
    match complete(cx, returned).await.completed {
        Completed::Connected(connection) => connection,
        other => panic!("{provider} was not connected: {other:?}"),
    }
}

/// No steps that change something.
pub fn dry() -> Value {
    json!({ "dry_run": true })
}
