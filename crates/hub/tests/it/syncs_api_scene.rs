//! Two accounts of simulated providers, connected and prepared, and syncs between them over the API; or rows put straight into the
//! database, where only looking at them is tested.

use crate::support::joined::Joined;
use crate::support::wait::until;
use crate::support::{Answer, HERE, TestHub};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;
use syncline_core::sync::{Agreement, Schema, Sides, defaults};
use syncline_hub::api::access::create_key;
use syncline_store::connections::Connection;
use syncline_store::syncs::{self, State, Sync};

/// HubSpot on the left, 10to8 on the right.
pub struct Two {
    pub joined: Joined,
    pub left: Connection,
    pub right: Connection,
}

impl Two {
    /// With so many people known to one or both. Syncs run when they are asked to.
    pub async fn start(people: usize, settings: &[(&str, &str)]) -> Self {
        let own = [
            ("server.public_url", HERE),
            ("apps.tentoeight.provider", "tentoeight"),
            ("sync.on_create", "false"),
            ("sync.every", "never"),
        ];
        let all: Vec<(&str, &str)> = own.iter().chain(settings).copied().collect();
        let joined = Joined::start(people, &all).await;
        let left = joined.connect("hubspot").await;
        let right = joined.connect("tentoeight").await;
        let two = Self { joined, left, right };
        let made = two.post(&format!("/v1/connections/{}/setup", two.left.id), &json!({})).await;
        assert_eq!(made.status, 200, "{}", made.text());
        two
    }

    pub fn hub(&self) -> &TestHub {
        &self.joined.hub
    }

    pub async fn call(&self, method: Method, path: &str, body: &Value) -> Answer {
        call_as(self.hub(), &self.hub().key, method, path, body).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.call(Method::POST, path, body).await
    }

    /// What a `GET` answers.
    pub async fn get(&self, path: &str) -> Value {
        let answer = self.hub().get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.json()
    }

    /// The body that makes a sync of the two, with these members besides.
    pub fn body(&self, more: Value) -> Value {
        let mut body = json!({ "left": self.left.id, "right": self.right.id });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    }

    /// The ready-made agreement.
    pub async fn template(&self) -> Value {
        self.get(&format!("/v1/syncs/template?left={}&right={}", self.left.id, self.right.id)).await
    }

    /// Makes a sync of the two.
    pub async fn sync(&self, more: Value) -> Value {
        let made = self.post("/v1/syncs", &self.body(more)).await;
        assert_eq!(made.status, 201, "{}", made.text());
        made.json()
    }

    /// Asks for a run and waits, while time passes, until it is over.
    pub async fn ran(&self, sync: &str, body: Value) -> Value {
        let asked = self.post(&format!("/v1/syncs/{sync}/runs"), &body).await;
        assert_eq!(asked.status, 202, "{}", asked.text());
        let path = format!("/v1/sync-runs/{}", asked.json()["id"].as_str().unwrap());
        self.as_time_passes("the run ends", async || {
            Some(self.get(&path).await).filter(|run| run["finished_at"].is_string())
        })
        .await
    }

    /// Waits while time passes, so that what waits for a later moment goes on.
    pub async fn as_time_passes<T>(&self, what: &str, look: impl AsyncFnMut() -> Option<T>) -> T {
        let passing = async {
            loop {
                self.joined.advance(Duration::from_millis(500)).await;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::select! {
            found = until(what, look) => found,
            () = passing => unreachable!("time passes for ever"),
        }
    }

    /// Somebody makes a contact at HubSpot; its id.
    pub async fn contact(&self, properties: Value) -> String {
        let made = self.joined.edit("hubspot", json!({ "action": "create", "properties": properties })).await;
        made["id"].as_str().unwrap().to_owned()
    }
}

/// A request with a key.
pub async fn call_as(hub: &TestHub, key: &str, method: Method, path: &str, body: &Value) -> Answer {
    let mut request = hub.request(method, path).bearer_auth(key);
    if !body.is_null() {
        request = request.json(body);
    }
    hub.send(request).await
}

/// A key of one organization.
pub async fn key_of(hub: &TestHub, org_id: &str) -> String {
    create_key(&hub.cx, org_id, Some(org_id.to_owned())).await.unwrap().1
}

/// The agreement of HubSpot's contacts and 10to8's customers.
pub fn ready_made() -> Agreement {
    defaults::between(("hubspot", "contacts"), ("tentoeight", "customer")).unwrap()
}

/// A sync between two connections, put straight into the database; nobody works on it.
pub async fn row(hub: &TestHub, id: &str, org_id: &str, connections: [&str; 2]) -> Sync {
    let now = hub.cx.now();
    let sync = Sync {
        id: id.to_owned(),
        org_id: org_id.to_owned(),
        name: format!("Sync of {org_id}"),
        connections: Sides { left: connections[0].to_owned(), right: connections[1].to_owned() },
        agreement: ready_made(),
        schemas: Sides { left: Schema::default(), right: Schema::default() },
        state: State::Paused,
        reason: None,
        every: None,
        primed_at: None,
        created_at: now,
        updated_at: now,
        version: 1,
    };
    let mut tx = hub.cx.store.begin().await.unwrap();
    syncs::create(&mut tx, &sync).await.unwrap();
    tx.commit().await.unwrap();
    sync
}
