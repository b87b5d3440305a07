//! A sandbox of the test's own, and a client to call it with.

pub(crate) mod receiver;

use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use std::time::Duration;
use syncline_sandbox::{Options, Sandbox};

/// A sandbox on a port of its own. Its clock stands still at 2026-01-01T00:00:00Z; consent is given at once.
pub(crate) struct TestSandbox {
    sandbox: Sandbox,
    client: reqwest::Client,
}

/// An answer, read to its end.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    /// The body as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body)
            .unwrap_or_else(|error| panic!("not JSON ({error}): {} {:?}", self.status, self.body))
    }

    /// A header's text, empty when it is not there.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The body as JSON, of an answer with this status.
    #[track_caller]
    pub(crate) fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        if self.body.is_empty() { Value::Null } else { self.json() }
    }
}

impl TestSandbox {
    /// With nobody known yet.
    pub(crate) async fn start() -> Self {
        Self::with(Options::for_tests()).await
    }

    /// With other options.
    pub(crate) async fn with(options: Options) -> Self {
        let sandbox = Sandbox::start(options).await.expect("a free port");
        Self { sandbox, client: client() }
    }

    /// Where it is.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.sandbox.address())
    }

    /// As the control interface tells.
    pub(crate) fn credentials(&self) -> Value {
        self.sandbox.credentials()
    }

    /// A request to `path` (from the root of the sandbox) to be completed and sent with [`send`].
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, self.url(path))
    }

    /// `GET` without a token.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        send(self.request(Method::GET, path)).await
    }

    /// `POST` of JSON without a token.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        send(self.request(Method::POST, path).json(body)).await
    }

    /// Any method, with a bearer token and perhaps a JSON body.
    pub(crate) async fn call(&self, token: &str, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let mut request = self.request(method, path).bearer_auth(token);
        if let Some(body) = body {
            request = request.json(body);
        }
        send(request).await
    }

    /// Moves the clock, running everything that falls due.
    pub(crate) async fn advance(&self, by: Duration) {
        let ms = u64::try_from(by.as_millis()).expect("fits");
        self.post("/_sandbox/clock/advance", &serde_json::json!({ "ms": ms })).await.expect(200);
    }

    /// Waits until everything due by now has run.
    pub(crate) async fn settle(&self) {
        self.post("/_sandbox/settle", &Value::Null).await.expect(200);
    }

    /// Changes settings.
    pub(crate) async fn set(&self, patch: Value) {
        send(self.request(Method::PATCH, "/_sandbox/settings").json(&patch)).await.expect(200);
    }

    /// Adds a fault.
    pub(crate) async fn fault(&self, rule: Value) {
        self.post("/_sandbox/faults", &rule).await.expect(201);
    }

    /// A user's edit at `provider`.
    pub(crate) async fn edit(&self, provider: &str, edit: Value) -> Value {
        self.post(&format!("/_sandbox/{provider}/edit"), &edit).await.expect(200)
    }
}

/// Sends a request and reads the whole answer.
pub(crate) async fn send(request: RequestBuilder) -> Answer {
    let response = request.send().await.expect("an answer");
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Answer { status, headers, body: response.text().await.expect("a whole body") }
}

/// A client that follows no redirects.
#[expect(clippy::disallowed_methods, reason = "the tests' sole constructor")]
pub(crate) fn client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client")
}
