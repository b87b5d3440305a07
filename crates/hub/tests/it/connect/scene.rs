//! A hub's context and a sandbox, with one clock for both and a browser in between.

use crate::support::rig::Rig;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;
use syncline_core::secret::Secret;
use syncline_hub::connect::{Access, Begin, Completed, Outcome, Return, begin, complete};
use syncline_hub::cx::Cx;
use syncline_hub::keys::Keys;
use syncline_providers::connect::connect as connector;
use syncline_providers::wire::{Fault, Hosts, Reply};
use syncline_sandbox::{Options, Sandbox};
use syncline_store::connections::{self, Connection};
use syncline_store::jobs::{Job, State};
use syncline_store::testing::{TestDb, Which};
use syncline_store::{Scope, Store};

/// The providers that have OAuth.
pub const OAUTH: [&str; 3] = ["hubspot", "notion", "airtable"];

/// Where each provider's token endpoint is.
pub fn token_path(provider: &str) -> &'static str {
    match provider {
        "hubspot" => "/oauth/2026-09/token",
        "notion" => "/v1/oauth/token",
        _ => "/oauth2/v1/token",
    }
}

pub struct Scene {
    pub rig: Rig,
    pub sandbox: Sandbox,
    client: reqwest::Client,
    settings: Vec<(String, String)>,
}

/// What the browser came back with.
#[derive(Clone, Debug, Default)]
pub struct Back {
    pub provider: String,
    pub state: String,
    pub code: Option<Secret>,
    pub error: Option<String>,
    pub description: Option<String>,
    pub browser: Option<Secret>,
}

impl Back {
    pub fn as_return(&self) -> Return<'_> {
        Return {
            provider: Some(&self.provider),
            state: &self.state,
            code: self.code.as_ref(),
            error: self.error.as_deref(),
            error_description: self.description.as_deref(),
            browser: self.browser.as_ref(),
        }
    }
}

impl Scene {
    pub async fn new() -> Self {
        Self::with(&[]).await
    }

    pub async fn with(settings: &[(&str, &str)]) -> Self {
        Self::on(TestDb::of(Which::Sqlite, "").await.expect("SQLite is always there"), settings).await
    }

    pub async fn on(db: TestDb, settings: &[(&str, &str)]) -> Self {
        let sandbox = Sandbox::start(Options::for_tests()).await.unwrap();
        let credentials = sandbox.credentials();
        let mut all: Vec<(String, String)> = Vec::new();
        for provider in ["hubspot", "notion", "airtable", "tentoeight"] {
            let base = format!("{}/{provider}", sandbox.url());
            all.push((format!("providers.{provider}.api_url"), base.clone()));
            all.push((format!("providers.{provider}.web_url"), base));
        }
        for (app, provider) in [("main", "hubspot"), ("notes", "notion"), ("tables", "airtable")] {
            let registered = &credentials[provider]["app"];
            all.push((format!("apps.{app}.provider"), provider.to_owned()));
            for key in ["client_id", "client_secret"] {
                all.push((format!("apps.{app}.{key}"), registered[key].as_str().unwrap().to_owned()));
            }
        }
        all.extend(settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())));
        let flags: Vec<(&str, &str)> =
            all.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        let rig = Rig::on(db, &flags).await;
        Self { rig, sandbox, client: syncline_hub::http::client::client().unwrap(), settings: all }
    }

    pub fn cx(&self) -> &Cx {
        &self.rig.cx
    }

    /// The same hub after a restart with these settings changed.
    pub fn configured(&self, changed: &[(String, String)]) -> Cx {
        let all: Vec<(&str, &str)> =
            self.settings.iter().chain(changed).map(|(key, value)| (key.as_str(), value.as_str())).collect();
        let config = self.rig.config(&all);
        let keys = Keys::load(&config, &self.cx().dice).unwrap();
        Cx { config: std::sync::Arc::new(config), keys, ..self.rig.process("restarted") }
    }

    /// The same hub as a process of its own, with its own way to the database.
    pub fn apart(&self, name: &str) -> Cx {
        let store = Store::open(&syncline_hub::app::options(&self.cx().config)).unwrap();
        let keys = Keys::load(&self.cx().config, &self.cx().dice).unwrap();
        Cx { store, keys, wake: syncline_hub::wake::Wake::default(), ..self.rig.process(name) }
    }

    /// Moves both clocks.
    pub async fn advance(&self, span: Duration) {
        self.rig.clock.advance(span);
        let ms = u64::try_from(span.as_millis()).unwrap();
        self.control(Method::POST, "/_sandbox/clock/advance", &json!({ "ms": ms })).await;
    }

    pub async fn control(&self, method: Method, path: &str, body: &Value) -> Value {
        let mut request = self.client.request(method, format!("{}{path}", self.sandbox.url()));
        if !body.is_null() {
            request = request.json(body);
        }
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// Changes a provider's settings.
    pub async fn set(&self, patch: Value) {
        self.control(Method::PATCH, "/_sandbox/settings", &patch).await;
    }

    /// Does what a user of the provider would do.
    pub async fn edit(&self, provider: &str, edit: Value) {
        self.control(Method::POST, &format!("/_sandbox/{provider}/edit"), &edit).await;
    }

    /// Makes the next call of the token endpoint go wrong, `times` times.
    pub async fn token_fault(&self, provider: &str, times: u64, effect: Value) {
        let path = token_path(provider);
        let rule = json!({"provider": provider, "path": path, "times": times, "effect": effect});
        self.control(Method::POST, "/_sandbox/faults", &rule).await;
    }

    /// How often the provider was called at this path, and what it answered.
    pub async fn calls(&self, provider: &str, path: &str) -> Vec<Value> {
        let path = format!("/_sandbox/requests?provider={provider}&path={path}&limit=1000");
        self.control(Method::GET, &path, &Value::Null).await["requests"].as_array().unwrap().clone()
    }

    /// How often the token endpoint was asked to refresh, and answered.
    pub async fn refreshes(&self, provider: &str) -> Vec<Value> {
        let mut calls = self.calls(provider, token_path(provider)).await;
        calls.retain(|call| call["body"].as_str().unwrap().contains("refresh_token"));
        calls.retain(|call| !call["body"].as_str().unwrap().contains("authorization_code"));
        calls
    }

    /// Begins an authorization for `acme`, and gives consent as the sandbox is told to.
    pub async fn authorize(&self, provider: &str) -> Back {
        self.authorize_for(provider, "acme").await
    }

    pub async fn authorize_for(&self, provider: &str, org_id: &str) -> Back {
        let browser = Secret::new(self.cx().dice.token());
        let url = begin(self.cx(), ask(provider, org_id, &browser)).await.unwrap();
        Back { browser: Some(browser), ..self.consent(provider, &url).await }
    }

    /// Follows an authorize URL to where it sends the browser back to.
    pub async fn consent(&self, provider: &str, url: &str) -> Back {
        let page = self.client.get(url).send().await.unwrap();
        let status = page.status();
        let location = page.headers().get("location").map(|to| to.to_str().unwrap().to_owned());
        let location = location.unwrap_or_else(|| panic!("no way back from {provider}: {status}"));
        let mut back = Back { provider: provider.to_owned(), ..Back::default() };
        for pair in location.split_once('?').unwrap().1.split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let value = value.replace('+', " ");
            let value = percent_encoding::percent_decode_str(&value).decode_utf8().unwrap().into_owned();
            match name {
                "state" => back.state = value,
                "code" => back.code = Some(Secret::new(value)),
                "error" => back.error = Some(value),
                "error_description" => back.description = Some(value),
                _ => {}
            }
        }
        back
    }

    pub async fn complete(&self, back: &Back) -> Outcome {
        complete(self.cx(), back.as_return()).await
    }

    /// Connects the sandbox's first account to `acme`.
    pub async fn connect(&self, provider: &str) -> Connection {
        let back = self.authorize(provider).await;
        match self.complete(&back).await.completed {
            Completed::Connected(connection) => connection,
            other => panic!("{provider} was not connected: {other:?}"),
        }
    }

    /// Asks the provider whose the token is: whether it takes it.
    pub async fn tries(&self, access: &Access) -> Result<String, Fault> {
        let provider = access.connection.provider.as_str();
        let base = format!("{}/{provider}", self.sandbox.url());
        let connector = connector(provider).unwrap();
        let call = connector.identify(&Hosts { api: base.clone(), web: base }, &access.token);
        let request = self.client.request(call.method, call.url).headers(call.headers).body(call.body);
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status(), answer.headers().clone());
        let body = answer.bytes().await.unwrap();
        let reply = Reply { status, headers: &headers, body: &body };
        connector.account(&reply, &access.token).map(|account| account.id)
    }

    /// Ends all that the provider's users granted, as they would in its pages.
    pub async fn withdraw(&self, access: &Access) {
        let provider = access.connection.provider.as_str();
        let edit = match provider {
            "hubspot" => json!({"action": "revoke_tokens"}),
            "notion" => json!({"action": "revoke", "token": access.token.expose()}),
            _ => json!({"action": "revoke"}),
        };
        self.edit(provider, edit).await;
    }

    /// The connection as it is now.
    pub async fn now(&self, id: &str) -> Connection {
        connections::get(&self.cx().store, &Scope::All, id).await.unwrap().unwrap()
    }

    /// Jobs of a kind that wait.
    pub async fn waiting(&self, kind: &str) -> Vec<Job> {
        let mut jobs = self.rig.list(State::Waiting).await;
        jobs.retain(|job| job.kind == kind);
        jobs
    }
}

/// A beginning for an organization's first user.
pub fn ask<'a>(provider: &'a str, org_id: &'a str, browser: &'a Secret) -> Begin<'a> {
    Begin {
        org_id,
        user_id: "ada",
        provider,
        app: None,
        redirect_uri: "http://127.0.0.1:1/back",
        origin: None,
        browser,
    }
}
