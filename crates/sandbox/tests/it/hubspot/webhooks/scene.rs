//! A sandbox, its app, accounts that installed it, and a receiver.

use crate::support::receiver::{Received, Receiver};
use crate::support::{Answer, TestSandbox, send};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;
use syncline_sandbox::Options;

/// The account the first private app token is for.
pub(crate) const ACME: u64 = 62_515;
/// Another one.
pub(crate) const GLOBEX: u64 = 77_421;
/// The app every sandbox has.
pub(crate) const APP: u64 = 54_321;
/// Where the app's users come back to.
const CALLBACK: &str = "http://127.0.0.1:9/callback";

/// Everything a test about webhooks needs.
pub(crate) struct Scene {
    pub(crate) sandbox: TestSandbox,
    pub(crate) receiver: Receiver,
    pub(crate) app: Value,
    token: String,
}

impl Scene {
    /// Nobody has installed the app yet.
    pub(crate) async fn bare() -> Self {
        Self::with(Options::for_tests()).await
    }

    /// With other options.
    pub(crate) async fn with(options: Options) -> Self {
        let sandbox = TestSandbox::with(options).await;
        let credentials = sandbox.credentials();
        let app = credentials["hubspot"]["app"].clone();
        let token = credentials["hubspot"]["accounts"][0]["private_app_token"].as_str();
        let token = token.expect("a token").to_owned();
        Self { sandbox, receiver: Receiver::start().await, app, token }
    }

    /// Acme installed the app with every scope, and the app's webhooks go to the receiver.
    pub(crate) async fn ready() -> Self {
        let scene = Self::bare().await;
        scene.install(ACME, "").await;
        scene.target(&scene.receiver.url("/in"), 10).await;
        scene
    }

    /// A text of the app's card.
    pub(crate) fn of_app(&self, key: &str) -> &str {
        self.app[key].as_str().expect("a text")
    }

    /// Installs the app in an account; all scopes it may have unless some are named.
    pub(crate) async fn install(&self, portal: u64, optional: &str) -> Value {
        let all: Vec<&str> = self.app["optional_scopes"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|scope| scope.as_str().expect("a text"))
            .collect();
        let all = all.join(" ");
        let optional = if optional.is_empty() { &all } else { optional };
        let address = url::Url::parse_with_params(
            &self.sandbox.url(&format!("/hubspot/oauth/{portal}/authorize")),
            [
                ("client_id", self.of_app("client_id")),
                ("redirect_uri", CALLBACK),
                ("scope", "oauth"),
                ("optional_scope", optional),
            ],
        );
        let answer = send(crate::support::client().get(address.expect("an address"))).await;
        let back = url::Url::parse(answer.header("location")).expect("an address to come back to");
        let (_, code) = back.query_pairs().find(|(key, _)| key == "code").expect("a code");
        let fields = [
            ("grant_type", "authorization_code"),
            ("client_id", self.of_app("client_id")),
            ("client_secret", self.of_app("client_secret")),
            ("redirect_uri", CALLBACK),
            ("code", &code),
        ];
        self.token_for(&fields).await
    }

    async fn token_for(&self, fields: &[(&str, &str)]) -> Value {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = self
            .sandbox
            .request(Method::POST, "/hubspot/oauth/2026-03/token")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body);
        send(request).await.expect(200)
    }

    /// A token of the app's own.
    pub(crate) async fn own_token(&self, scope: &str) -> String {
        let fields = [
            ("grant_type", "client_credentials"),
            ("client_id", self.of_app("client_id")),
            ("client_secret", self.of_app("client_secret")),
            ("scope", scope),
        ];
        self.token_for(&fields).await["access_token"].as_str().expect("a token").to_owned()
    }

    /// Calls the API of Acme's private app.
    pub(crate) async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        self.sandbox.call(&self.token, method, &format!("/hubspot{path}"), body).await
    }

    /// Makes a record in Acme's account; returns its id.
    pub(crate) async fn create(&self, object: &str, properties: Value) -> u64 {
        let path = format!("/crm/v3/objects/{object}");
        let made = self.call(Method::POST, &path, Some(&json!({ "properties": properties }))).await;
        made.expect(201)["id"].as_str().expect("an id").parse().expect("a number")
    }

    /// Makes so many contacts at once.
    pub(crate) async fn create_contacts(&self, count: usize) {
        let inputs: Vec<Value> = (0..count)
            .map(|number| json!({"properties": {"email": format!("n{number}@people.example")}}))
            .collect();
        let path = "/crm/v3/objects/contacts/batch/create";
        self.call(Method::POST, path, Some(&json!({ "inputs": inputs }))).await.expect(201);
    }

    /// Changes a record of Acme's.
    pub(crate) async fn update(&self, object: &str, id: u64, properties: Value) {
        let path = format!("/crm/v3/objects/{object}/{id}");
        self.call(Method::PATCH, &path, Some(&json!({ "properties": properties }))).await.expect(200);
    }

    /// What a user does in HubSpot's own pages.
    pub(crate) async fn edit(&self, edit: Value) -> Value {
        self.sandbox.edit("hubspot", edit).await
    }

    /// Calls `/webhooks/v3/{appId}{rest}` with the developer key.
    pub(crate) async fn hooks(&self, method: Method, rest: &str, body: Option<&Value>) -> Answer {
        self.hooks_at("/webhooks/v3", method, rest, body).await
    }

    /// The same below another prefix.
    pub(crate) async fn hooks_at(
        &self,
        prefix: &str,
        method: Method,
        rest: &str,
        body: Option<&Value>,
    ) -> Answer {
        let key = self.of_app("developer_api_key");
        let path = format!("/hubspot{prefix}/{APP}{rest}?hapikey={key}");
        let mut request = self.sandbox.request(method, &path);
        if let Some(body) = body {
            request = request.json(body);
        }
        send(request).await
    }

    /// Sets where to, and how many requests at a time.
    pub(crate) async fn target(&self, url: &str, at_a_time: u64) {
        let body = json!({"targetUrl": url, "throttling": {"maxConcurrentRequests": at_a_time}});
        self.hooks(Method::PUT, "/settings", Some(&body)).await.expect(200);
    }

    /// Subscribes; returns the id.
    pub(crate) async fn subscribe(&self, subscription: Value) -> u64 {
        let mut body = subscription;
        body["active"] = json!(true);
        let made = self.hooks(Method::POST, "/subscriptions", Some(&body)).await.expect(201);
        made["id"].as_str().expect("a text").parse().expect("a number")
    }

    /// Lets the window of a request pass; what came, request by request.
    pub(crate) async fn delivered(&self) -> Vec<Received> {
        self.after(Duration::from_millis(200)).await
    }

    /// What comes within `time`, request by request.
    pub(crate) async fn after(&self, time: Duration) -> Vec<Received> {
        self.sandbox.advance(time).await;
        self.receiver.take()
    }

    /// The events that come within the window, of all requests.
    pub(crate) async fn events(&self) -> Vec<Value> {
        events(&self.delivered().await)
    }

    /// Changes settings of the webhooks.
    pub(crate) async fn set(&self, webhooks: Value) {
        self.sandbox.set(json!({ "hubspot": { "webhooks": webhooks } })).await;
    }

    /// What the sandbox tells of the webhooks.
    pub(crate) async fn overview(&self) -> Value {
        self.sandbox.get("/_sandbox/hubspot/webhooks").await.expect(200)
    }
}

/// The events of some requests.
pub(crate) fn events(received: &[Received]) -> Vec<Value> {
    received.iter().flat_map(|one| one.json().as_array().expect("a list").clone()).collect()
}
