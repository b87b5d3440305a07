//! A sandbox seen from one of Notion's workspaces, with its internal integration's token.

use crate::support::{Answer, TestSandbox, send};
use reqwest::Method;
use serde_json::{Value, json};

pub(crate) const OLD: &str = "2022-06-28";
pub(crate) const NEW: &str = "2025-09-03";
pub(crate) const NEWEST: &str = "2026-03-11";

/// A workspace.
pub(crate) struct Account {
    pub(crate) sandbox: TestSandbox,
    pub(crate) workspace: Value,
    pub(crate) token: String,
}

impl Account {
    /// The first workspace of a new sandbox. No limits: most tests ask more than a client should.
    pub(crate) async fn start() -> Self {
        Self::number(0).await
    }

    /// Workspace 0 or 1 of a new sandbox.
    pub(crate) async fn number(number: usize) -> Self {
        Self::of(TestSandbox::start().await, number).await
    }

    pub(crate) async fn of(sandbox: TestSandbox, number: usize) -> Self {
        sandbox.set(json!({"notion": {"limits": {"enabled": false}}})).await;
        let workspace = sandbox.credentials()["notion"]["workspaces"][number].clone();
        let token = text(&workspace["token"]);
        Self { sandbox, workspace, token }
    }

    /// A call under a version.
    pub(crate) async fn call(
        &self,
        version: &str,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Answer {
        self.call_as(&self.token, version, method, path, body).await
    }

    /// The same with another token.
    pub(crate) async fn call_as(
        &self,
        token: &str,
        version: &str,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Answer {
        let request = self.sandbox.request(method, &format!("/notion/v1{path}")).bearer_auth(token);
        let request = request.header("notion-version", version);
        send(match body {
            Some(body) => request.json(body),
            None => request,
        })
        .await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call(NEW, Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.call(NEW, Method::POST, path, Some(body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.call(NEW, Method::PATCH, path, Some(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.call(NEW, Method::DELETE, path, None).await
    }

    fn database_entry(&self, name: &str) -> &Value {
        let databases = self.workspace["databases"].as_array().expect("a list");
        databases.iter().find(|database| database["name"] == name).expect("a database")
    }

    /// The data source called so.
    pub(crate) fn source(&self, name: &str) -> String {
        text(&self.database_entry(name)["data_source_id"])
    }

    /// The database called so.
    pub(crate) fn database(&self, name: &str) -> String {
        text(&self.database_entry(name)["database_id"])
    }

    /// The page all databases are on.
    pub(crate) fn crm(&self) -> String {
        text(&self.workspace["parent_page_id"])
    }

    /// A new row of a data source.
    pub(crate) async fn row(&self, source: &str, properties: Value) -> Value {
        let parent = json!({"type": "data_source_id", "data_source_id": self.source(source)});
        self.post("/pages", &json!({"parent": parent, "properties": properties})).await.expect(200)
    }

    /// A new row of People that has a name only.
    pub(crate) async fn person(&self, name: &str) -> String {
        text(&self.row("People", json!({"Name": title(name)})).await["id"])
    }

    /// A query of a data source.
    pub(crate) async fn query(&self, source: &str, body: Value) -> Answer {
        self.post(&format!("/data_sources/{}/query", self.source(source)), &body).await
    }

    /// The titles a query finds, in their order.
    pub(crate) async fn names(&self, source: &str, body: Value) -> Vec<String> {
        self.query(source, body).await.expect(200)["results"]
            .as_array()
            .expect("a list")
            .iter()
            .map(name)
            .collect()
    }
}

/// A title to write.
pub(crate) fn title(text: &str) -> Value {
    json!({"title": [{"text": {"content": text}}]})
}

/// The title of a row.
pub(crate) fn name(page: &Value) -> String {
    text(&page["properties"]["Name"]["title"][0]["plain_text"])
}

/// A JSON text.
#[track_caller]
pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("a text, not {value}")).to_owned()
}

/// The code and message of an error.
#[track_caller]
pub(crate) fn error(answer: &Answer, status: u16) -> (String, String) {
    let body = answer.expect(status);
    assert_eq!((&body["object"], &body["status"]), (&json!("error"), &json!(status)), "{body}");
    assert_eq!(text(&body["request_id"]), answer.header("x-notion-request-id"));
    (text(&body["code"]), text(&body["message"]))
}
