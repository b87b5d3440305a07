//! An app that reads its journal.

use super::super::webhooks::scene::{ACME, Scene};
use crate::support::{Answer, send};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

/// The newest of the paths.
pub(super) const JOURNAL: &str = "/webhooks-journal/journal/2026-09";
pub(super) const SUBSCRIPTIONS: &str = "/webhooks-journal/subscriptions/2026-09";
pub(super) const SNAPSHOTS: &str = "/webhooks-journal/snapshots/2026-09";

const SCOPES: &str = "developer.webhooks_journal.read developer.webhooks_journal.subscriptions.read \
    developer.webhooks_journal.subscriptions.write developer.webhooks_journal.snapshots.read \
    developer.webhooks_journal.snapshots.write";

/// A scene, and a token of the app's own with every scope of the journal.
pub(super) struct Reader {
    pub(super) scene: Scene,
    token: String,
}

impl Reader {
    /// Acme has installed the app.
    pub(super) async fn ready() -> Self {
        let scene = Scene::bare().await;
        scene.install(ACME, "").await;
        Self::of(scene).await
    }

    /// In this scene.
    pub(super) async fn of(scene: Scene) -> Self {
        let token = scene.own_token(SCOPES).await;
        Self { scene, token }
    }

    /// A call with the app's token.
    pub(super) async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        self.scene.sandbox.call(&self.token, method, &format!("/hubspot{path}"), body).await
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, None).await
    }

    /// Subscribes to something of Acme's; returns the id.
    pub(super) async fn subscribe(&self, more: Value) -> u64 {
        let mut body = json!({"subscriptionType": "OBJECT", "portalId": ACME, "actions": []});
        body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        let made = self.call(Method::POST, SUBSCRIPTIONS, Some(&body)).await.expect(200);
        made["id"].as_u64().expect("a number")
    }

    /// Lets a file be cut.
    pub(super) async fn wait(&self) {
        self.scene.sandbox.advance(Duration::from_secs(5)).await;
    }

    /// The file a place leads to.
    pub(super) async fn file(&self, place: &Value) -> Value {
        self.fetch(place).await.expect(200)
    }

    pub(super) async fn fetch(&self, place: &Value) -> Answer {
        send(crate::support::client().get(place["url"].as_str().expect("an address"))).await
    }

    /// The events of the newest file; none when there is none.
    pub(super) async fn latest(&self) -> Vec<Value> {
        self.wait().await;
        let answer = self.get(&format!("{JOURNAL}/latest")).await;
        if answer.status == 204 {
            return Vec::new();
        }
        let file = self.file(&answer.expect(200)).await;
        file["journalEvents"].as_array().expect("a list").clone()
    }
}
