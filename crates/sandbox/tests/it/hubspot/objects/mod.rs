//! Records (HubSpot facts 3).

mod batches;
mod bodies;
mod create;
mod edits;
mod erasing;
mod history;
mod lists;
mod merges;
mod reads;
mod seeding;
mod updates;
mod upserts;
mod with_associations;
mod with_definitions;
mod with_scopes;

use crate::support::{Answer, TestSandbox};
use reqwest::Method;
use serde_json::{Value, json};

/// Where the simulated HubSpot's hosts are.
const API: &str = "/hubspot";
/// Records by the paths of v3.
const V3: &str = "/crm/v3/objects";
/// An id nobody has.
const NOBODY: &str = "999999999999";

/// An account, called with its private app's token.
pub(crate) struct Crm {
    pub(crate) sandbox: TestSandbox,
    pub(crate) token: String,
}

impl Crm {
    /// With no records yet.
    pub(crate) async fn start() -> Self {
        Self::of(TestSandbox::start().await)
    }

    fn of(sandbox: TestSandbox) -> Self {
        let token = sandbox.credentials()["hubspot"]["accounts"][0]["private_app_token"].clone();
        Self { token: token.as_str().expect("a token").to_owned(), sandbox }
    }

    /// A call to a path of HubSpot's.
    pub(crate) async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        self.sandbox.call(&self.token, method, &format!("{API}{path}"), body).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, &format!("{V3}/{path}"), None).await
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        self.call(Method::POST, &format!("{V3}/{path}"), Some(&body)).await
    }

    async fn patch(&self, path: &str, body: Value) -> Answer {
        self.call(Method::PATCH, &format!("{V3}/{path}"), Some(&body)).await
    }

    async fn delete(&self, path: &str) -> Answer {
        self.call(Method::DELETE, &format!("{V3}/{path}"), None).await
    }

    /// A new record's id.
    async fn create(&self, object: &str, properties: Value) -> String {
        let made = self.post(object, json!({ "properties": properties })).await.expect(201);
        text(&made["id"])
    }

    /// A new contact's id.
    async fn contact(&self, email: &str) -> String {
        self.create("contacts", json!({ "email": email })).await
    }

    /// One property of a record.
    async fn value(&self, path: &str, name: &str) -> Value {
        self.get(&format!("{path}?properties={name}")).await.expect(200)["properties"][name].clone()
    }

    /// Changes settings of records.
    async fn set(&self, objects: Value) {
        self.sandbox.set(json!({ "hubspot": { "objects": objects } })).await;
    }

    /// How many records of a type there are.
    async fn count(&self, object: &str) -> usize {
        self.get(&format!("{object}?limit=100")).await.expect(200)["results"]
            .as_array()
            .expect("a list")
            .len()
    }
}

/// A JSON text.
#[track_caller]
fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("not a text: {value}")).to_owned()
}

/// The ids of a list of records, in its order.
#[track_caller]
fn ids(body: &Value) -> Vec<String> {
    body["results"].as_array().expect("a list").iter().map(|record| text(&record["id"])).collect()
}
