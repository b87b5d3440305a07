//! 10to8 over real HTTP.

mod customers;
mod demo;
mod door;
mod edits;
mod lists;
mod notifications;
mod people;
mod subscriptions;
mod throttling;

use crate::support::{Answer, TestSandbox, send};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

const CUSTOMERS: &str = "/tentoeight/api/enterprise/v2/customer/";
const SUBSCRIPTIONS: &str = "/tentoeight/api/enterprise/v2/subscription/";

/// A sandbox, and a client of one organization in it.
struct Clinic {
    sandbox: TestSandbox,
    key: String,
}

impl Clinic {
    async fn start() -> Self {
        let sandbox = TestSandbox::start().await;
        let key = key(&sandbox, 0);
        Self { sandbox, key }
    }

    /// A request to a path from the root of the sandbox, or to a URI as it was given.
    fn request(&self, method: Method, to: &str) -> RequestBuilder {
        let path = to.strip_prefix(&self.sandbox.url("")).unwrap_or(to);
        self.sandbox.request(method, path).header("Authorization", format!("token {}", self.key))
    }

    async fn get(&self, to: &str) -> Answer {
        send(self.request(Method::GET, to)).await
    }

    async fn post(&self, to: &str, body: &Value) -> Answer {
        send(self.request(Method::POST, to).json(body)).await
    }

    async fn patch(&self, to: &str, body: &Value) -> Answer {
        send(self.request(Method::PATCH, to).json(body)).await
    }

    async fn delete(&self, to: &str) -> Answer {
        send(self.request(Method::DELETE, to)).await
    }

    /// A new customer's URI.
    async fn customer(&self, name: &str) -> String {
        let body = json!({"name": name, "emails": [], "numbers": []});
        let answer = self.post(CUSTOMERS, &body).await;
        answer.expect(201);
        answer.header("location").to_owned()
    }

    async fn subscribe(&self, callback_url: &str) -> String {
        let body = json!({"callback_url": callback_url, "scope": "customer"});
        let created = self.post(SUBSCRIPTIONS, &body).await.expect(201);
        created["resource_uri"].as_str().expect("a URI").to_owned()
    }

    async fn edit(&self, edit: Value) -> Value {
        self.sandbox.edit("tentoeight", edit).await
    }

    async fn set(&self, patch: Value) {
        self.sandbox.set(json!({ "tentoeight": patch })).await;
    }
}

/// The API key of an organization.
fn key(sandbox: &TestSandbox, organization: usize) -> String {
    let credentials = sandbox.credentials();
    let key = credentials["tentoeight"]["organizations"][organization]["api_key"].as_str();
    key.expect("a key").to_owned()
}

/// The names on a page, in its order.
fn names(page: &Value) -> Vec<&str> {
    let results = page["results"].as_array().expect("results");
    results.iter().map(|customer| customer["name"].as_str().expect("a name")).collect()
}
