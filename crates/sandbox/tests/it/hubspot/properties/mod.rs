//! Property definitions and groups.

mod archived;
mod batches;
mod definitions;
mod groups;
mod limits;
mod scopes;
mod values;

use super::access::Client;
use crate::support::{Answer, TestSandbox};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// The first account, called with its private app's token.
pub(in crate::hubspot) struct Account {
    pub(in crate::hubspot) sandbox: TestSandbox,
    token: String,
}

impl Account {
    pub(in crate::hubspot) async fn start() -> Self {
        let sandbox = TestSandbox::start().await;
        // How many calls a second are let in is tested elsewhere; here the clock stands still.
        sandbox.set(json!({"hubspot": {"limits": {"enabled": false}}})).await;
        let token = sandbox.credentials()["hubspot"]["accounts"][0]["private_app_token"].clone();
        Self { sandbox, token: token.as_str().expect("a token").to_owned() }
    }

    /// As an installed app that was granted these scopes.
    pub(in crate::hubspot) async fn as_app(mut self, scopes: &str) -> Self {
        self.token = Client::of(&self.sandbox).connect(scopes).await.access;
        self
    }

    async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        self.sandbox.call(&self.token, method, &format!("/hubspot{path}"), body).await
    }

    pub(in crate::hubspot) async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, None).await
    }

    pub(in crate::hubspot) async fn post(&self, path: &str, body: Value) -> Answer {
        self.call(Method::POST, path, Some(&body)).await
    }

    pub(in crate::hubspot) async fn put(&self, path: &str, body: Value) -> Answer {
        self.call(Method::PUT, path, Some(&body)).await
    }

    pub(in crate::hubspot) async fn patch(&self, path: &str, body: Value) -> Answer {
        self.call(Method::PATCH, path, Some(&body)).await
    }

    pub(in crate::hubspot) async fn delete(&self, path: &str) -> Answer {
        self.call(Method::DELETE, path, None).await
    }

    /// Makes a record; returns its id.
    pub(in crate::hubspot) async fn record(&self, object_type: &str, properties: Value) -> String {
        let made =
            self.post(&format!("/crm/v3/objects/{object_type}"), json!({ "properties": properties })).await;
        made.expect(201)["id"].as_str().expect("an id").to_owned()
    }
}

const CONTACTS: &str = "/crm/v3/properties/contacts";

fn text(name: &str) -> Value {
    json!({"name": name, "label": "X", "type": "string", "fieldType": "text", "groupName": "contactinformation"})
}

fn names(list: &Value) -> Vec<&str> {
    let results = list["results"].as_array().expect("results");
    results.iter().map(|one| one["name"].as_str().expect("a name")).collect()
}
