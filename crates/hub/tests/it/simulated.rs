//! The hub and the sandbox, joined by the wire alone: written apart from the same facts, they must understand each other.

use crate::support::child::{Desk, Running};
use crate::support::wait::until;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use syncline_sandbox::{ConsentMode, Options, Population, Sandbox};

/// A hub and a sandbox, in the real time that both must agree on, with the app installed in the first account.
struct Joined {
    sandbox: Sandbox,
    desk: Desk,
    _hub: Running,
    client: reqwest::Client,
    portal: u64,
}

impl Joined {
    async fn start() -> Self {
        let options = Options {
            listen: ([127, 0, 0, 1], 0).into(),
            consent: ConsentMode::Approve,
            population: Population { people: 0, companies: 0, deals: 0 },
            ..Options::default()
        };
        let sandbox = Sandbox::start(options).await.unwrap();
        let hubspot = sandbox.credentials()["hubspot"].clone();
        let desk = Desk::new();
        desk.write(
            "syncline.toml",
            &format!(
                "data_dir = \"data\"\n[server]\npublic_url = \"{}\"\n[apps.main]\nprovider = \"hubspot\"\nclient_secret = {}\n",
                desk.base(),
                hubspot["app"]["client_secret"],
            ),
        );
        let hub = desk.serve(&["serve"]).await;
        let client = syncline_hub::http::client::client().unwrap();
        let portal = hubspot["accounts"][0]["portal_id"].as_u64().unwrap();
        let joined = Self { sandbox, desk, _hub: hub, client, portal };
        joined.install(&hubspot["app"]).await;
        joined.subscribe(&hubspot["app"]).await;
        joined
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.sandbox.url())
    }

    async fn json(request: reqwest::RequestBuilder) -> Value {
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let body = answer.text().await.unwrap();
        assert!(status.is_success(), "{status}: {body}");
        serde_json::from_str(&body).unwrap()
    }

    /// As a browser and the application behind it do.
    async fn install(&self, app: &Value) {
        let redirect = "http://127.0.0.1:1/callback";
        let query = [
            ("client_id", app["client_id"].as_str().unwrap()),
            ("redirect_uri", redirect),
            ("scope", "oauth"),
            ("optional_scope", "crm.objects.contacts.read"),
            ("state", "s"),
        ];
        let page = self.client.get(self.url("/hubspot/oauth/authorize")).query(&query).send().await.unwrap();
        let back = page.headers()["location"].to_str().unwrap().to_owned();
        let code = back.split("code=").nth(1).unwrap().split('&').next().unwrap().to_owned();
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", app["client_id"].as_str().unwrap()),
            ("client_secret", app["client_secret"].as_str().unwrap()),
            ("redirect_uri", redirect),
            ("code", &code),
        ];
        let body: String = form
            .iter()
            .map(|(key, value)| format!("{key}={}&", value.replace(':', "%3A").replace('/', "%2F")))
            .collect();
        let request = self.client.post(self.url("/hubspot/oauth/2026-03/token"));
        let tokens =
            Self::json(request.header("Content-Type", "application/x-www-form-urlencoded").body(body)).await;
        assert_eq!(tokens["hub_id"], self.portal);
    }

    async fn subscribe(&self, app: &Value) {
        let path = |what: &str| {
            let key = app["developer_api_key"].as_str().unwrap();
            self.url(&format!("/hubspot/webhooks/v3/{}/{what}?hapikey={key}", app["app_id"]))
        };
        let target = format!("{}/webhooks/hubspot/main", self.desk.base());
        let settings = json!({"targetUrl": target, "throttling": {"maxConcurrentRequests": 10}});
        Self::json(self.client.put(path("settings")).json(&settings)).await;
        for body in [
            json!({"eventType": "contact.creation", "active": true}),
            json!({"eventType": "contact.deletion", "active": true}),
            json!({"eventType": "contact.propertyChange", "propertyName": "firstname", "active": true}),
        ] {
            Self::json(self.client.post(path("subscriptions")).json(&body)).await;
        }
    }

    async fn edit(&self, edit: Value) -> Value {
        Self::json(self.client.post(self.url("/_sandbox/hubspot/edit")).json(&edit)).await
    }

    async fn fault(&self, effect: Value) {
        let rule = json!({"provider": "hubspot", "times": 1, "effect": effect});
        Self::json(self.client.post(self.url("/_sandbox/faults")).json(&rule)).await;
    }

    /// What the hub has stored.
    async fn stored(&self) -> Vec<Value> {
        let key = std::fs::read_to_string(self.desk.path("data/local.key")).unwrap();
        let request =
            self.client.get(format!("{}/v1/events?limit=500", self.desk.base())).bearer_auth(key.trim());
        Self::json(request).await["data"].as_array().unwrap().clone()
    }

    /// Waits until the hub has stored so many events.
    async fn having(&self, events: usize) -> Vec<Value> {
        until("the events are stored", async || {
            let stored = self.stored().await;
            (stored.len() >= events).then_some(stored)
        })
        .await
    }

    /// What the sandbox sent, and how it was answered.
    async fn deliveries(&self) -> Vec<Value> {
        let request = self.client.get(self.url("/_sandbox/requests?provider=hubspot&direction=out"));
        Self::json(request).await["requests"].as_array().unwrap().clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_event_the_sandbox_sends_is_stored_as_it_was_sent() {
    let joined = Joined::start().await;
    for number in 0..20 {
        let properties = json!({"firstname": format!("Zoë {number} 日本 🙂"), "email": format!("zoe{number}@example.com")});
        joined.edit(json!({"action": "create", "object": "contacts", "properties": properties})).await;
    }
    let stored = joined.having(40).await;
    let mut sent = BTreeSet::new();
    for delivery in joined.deliveries().await {
        assert_eq!(delivery["status"], 200, "{delivery}");
        let events: Vec<Value> = serde_json::from_str(delivery["body"].as_str().unwrap()).unwrap();
        sent.extend(events.iter().map(Value::to_string));
    }
    let kept: BTreeSet<String> = stored.iter().map(|event| event["raw"].to_string()).collect();
    assert_eq!(kept, sent);
    assert!(stored.iter().all(|event| event["account"] == joined.portal.to_string()), "{stored:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_that_comes_twice_is_stored_once() {
    let joined = Joined::start().await;
    joined.fault(json!({"kind": "duplicate", "copies": 3})).await;
    joined.edit(json!({"action": "create", "object": "contacts", "properties": {"firstname": "Ada"}})).await;
    let sent = until("all copies are sent", async || {
        let deliveries = joined.deliveries().await;
        (deliveries.len() == 4).then_some(deliveries)
    })
    .await;
    assert!(sent.iter().all(|delivery| delivery["status"] == 200), "{sent:?}");
    joined
        .edit(json!({"action": "create", "object": "contacts", "properties": {"firstname": "Grace"}}))
        .await;
    assert_eq!(joined.having(4).await.len(), 4, "two events of each");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_signature_and_half_a_body_are_refused_and_leave_nothing() {
    let joined = Joined::start().await;
    for (effect, status) in [(json!({"kind": "wrong_signature"}), 401), (json!({"kind": "malformed"}), 400)] {
        joined.fault(effect.clone()).await;
        let before = joined.deliveries().await.len();
        joined
            .edit(json!({"action": "create", "object": "contacts", "properties": {"firstname": "Mallory"}}))
            .await;
        let delivery = until("it is sent", async || joined.deliveries().await.get(before).cloned()).await;
        assert_eq!(delivery["status"], status, "{effect}: {delivery}");
    }
    assert_eq!(joined.stored().await, Vec::<Value>::new());
}
