//! A hub between two accounts that are synced: HubSpot's contacts on the left, 10to8's customers on the right.

use crate::setup::scene::{consent, joined, set_up};
use crate::support::joined::Joined;
use crate::support::wait::PATIENCE;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use syncline_core::sync::{Agreement, Sides};
use syncline_hub::sync::run::{Tally, Wanted};
use syncline_hub::sync::{self as hub_sync, NewSync};
use syncline_store::Scope;
use syncline_store::connections::Connection;
use syncline_store::runs::Trigger;
use syncline_store::syncs::conflicts::{self, ConflictRow};
use syncline_store::syncs::links::{self, LinkRow};
use syncline_store::syncs::runs::{self, SyncRun};
use syncline_store::syncs::{ConflictState, Sync, marks};

/// Both accounts, connected and set up, and the sync between them.
pub struct Synced {
    pub joined: Joined,
    pub left: Connection,
    pub right: Connection,
    pub sync: Sync,
}

impl Synced {
    /// With so many people in the world, and the ready-made agreement. The first run has not begun.
    pub async fn start(people: usize, settings: &[(&str, &str)]) -> Self {
        Self::with(people, settings, |_| {}).await
    }

    /// The same with other terms.
    pub async fn with(people: usize, settings: &[(&str, &str)], change: impl FnOnce(&mut Agreement)) -> Self {
        let own = [
            ("jobs.lease", "1h"),
            // The simulated limits are off: so is the budget of one call a second.
            ("providers.tentoeight.budget", "0"),
            ("sync.deletion_delay", "0s"),
            ("sync.creation_delay", "0s"),
            ("sync.every", "never"),
            ("sync.on_create", "false"),
        ];
        let all: Vec<(&str, &str)> = own.iter().chain(settings).copied().collect();
        let joined = joined(people, &all).await;
        let left = consent(&joined, "hubspot").await;
        let right = joined.connect("tentoeight").await;
        set_up(&joined, &left, json!({})).await;
        set_up(&joined, &right, json!({})).await;
        let ids = Sides { left: left.id.clone(), right: right.id.clone() };
        let mut agreement = hub_sync::template(&joined.hub.cx, &Scope::All, &ids).await.unwrap();
        change(&mut agreement);
        Self::agreed(joined, left, right, agreement).await
    }

    /// Between any two connections, with these terms.
    pub async fn agreed(joined: Joined, left: Connection, right: Connection, agreement: Agreement) -> Self {
        let new = NewSync {
            name: "People".to_owned(),
            connections: Sides { left: left.id.clone(), right: right.id.clone() },
            agreement: Some(agreement),
            every: None,
            run: None,
        };
        let sync = hub_sync::create(&joined.hub.cx, &Scope::All, new).await.unwrap();
        let synced = Self { joined, left, right, sync };
        // By then webhooks tell of the fields that are synced.
        synced.quiet().await;
        synced
    }

    /// A run of everything in both directions, to its end; then nothing is left to do.
    pub async fn run(&self) -> Tally {
        self.run_as(Wanted::default()).await.1
    }

    /// A run to its end.
    pub async fn run_as(&self, wanted: Wanted) -> (SyncRun, Tally) {
        self.joined.advance(Duration::from_secs(1)).await;
        let cx = &self.joined.hub.cx;
        let asked = hub_sync::request(cx, &self.sync, Trigger::Manual, &wanted).await.unwrap();
        let run = self.ended(&asked.run().id).await;
        assert_eq!(run.state.name(), "succeeded", "{run:?}");
        self.quiet().await;
        (run.clone(), serde_json::from_value(run.counts).unwrap())
    }

    /// Waits for a run's end, while time passes.
    pub async fn ended(&self, run_id: &str) -> SyncRun {
        self.as_time_passes("the run ends", async || {
            let run = runs::get(&self.joined.hub.cx.store, &Scope::All, run_id).await.unwrap();
            run.filter(|run| !run.state.is_unfinished())
        })
        .await
    }

    /// Waits while time passes, for the provider too.
    pub async fn as_time_passes<T>(&self, what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
        // What is many calls takes longer than what a condition may take elsewhere.
        let looking = async {
            loop {
                if let Some(found) = look().await {
                    return found;
                }
                self.joined.advance(Duration::from_millis(500)).await;
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(PATIENCE * 4, looking).await.unwrap_or_else(|_| panic!("never happened: {what}"))
    }

    /// Waits until every webhook was delivered and everything that follows from it was done.
    pub async fn quiet(&self) {
        // Providers tell a little later.
        self.joined.advance(Duration::from_secs(5)).await;
        let mut calm = 0;
        self.as_time_passes("nothing is left to do", async || {
            calm = if self.is_quiet().await { calm + 1 } else { 0 };
            (calm >= 4).then_some(())
        })
        .await;
    }

    async fn is_quiet(&self) -> bool {
        let store = &self.joined.hub.cx.store;
        let soon = self.joined.hub.cx.now().plus(Duration::from_secs(600));
        let next = marks::next_due(store, &self.sync.id).await.unwrap();
        let waiting = syncline_store::stale::count(store, &self.left.id).await.unwrap()
            + syncline_store::stale::count(store, &self.right.id).await.unwrap();
        let jobs = self.joined.hub.get("/v1/jobs?state=waiting&limit=100").await.json();
        let running = self.joined.hub.get("/v1/jobs?state=running&limit=100").await.json();
        let status = self.joined.hub.get("/v1/status").await.json();
        let busy = |jobs: &Value| {
            jobs["data"].as_array().unwrap().iter().any(|job| {
                let kind = job["kind"].as_str().unwrap();
                let is_soon = job["run_at"].as_str().is_none_or(|at| at < soon.to_string().as_str());
                ["sync.work", "records.hydrate", "hooks.pull", "hooks.watch"].contains(&kind) && is_soon
            })
        };
        let heard = status["log"]["waiting_deliveries"] == 0;
        heard && next.is_none_or(|due| due > soon) && waiting == 0 && !busy(&jobs) && !busy(&running)
    }

    /// The contacts that are there, by id.
    pub async fn contacts(&self) -> BTreeMap<String, Value> {
        let names = "firstname,lastname,email,phone,tte_customer_uri,tte_customer_sync_status,\
                     tte_customer_secondary_emails,tte_customer_secondary_phone,hs_additional_emails";
        self.joined.hubspot("contacts", names).await
    }

    /// The customers that are there, by URI.
    pub async fn customers(&self) -> BTreeMap<String, Value> {
        let mut all = self.customers_with_deleted().await;
        all.retain(|_, customer| customer["deleted"] != true);
        all
    }

    /// All customers that there ever were, by URI.
    pub async fn customers_with_deleted(&self) -> BTreeMap<String, Value> {
        let token = self.joined.sandbox.credentials()["tentoeight"]["organizations"][0]["api_key"]
            .as_str()
            .unwrap()
            .to_owned();
        let client = syncline_hub::http::client::client().unwrap();
        let mut next = Some(format!(
            "{}/tentoeight/api/enterprise/v2/customer/?limit=100&include_deleted=True",
            self.joined.sandbox.url()
        ));
        let mut all = BTreeMap::new();
        while let Some(url) = next {
            let request = client.get(url).header("authorization", format!("token {token}"));
            let page: Value = request.send().await.unwrap().json().await.unwrap();
            for row in page["results"].as_array().into_iter().flatten() {
                all.insert(row["resource_uri"].as_str().unwrap().to_owned(), row.clone());
            }
            next = page["next"].as_str().map(str::to_owned);
        }
        all
    }

    /// All links, by the left record's id.
    pub async fn links(&self) -> Vec<LinkRow> {
        let filter = links::Filter { sync_id: self.sync.id.clone(), ..links::Filter::default() };
        links::page(&self.joined.hub.cx.store, &Scope::All, &filter, None, 1_000).await.unwrap()
    }

    /// The link of this contact.
    pub async fn link_of(&self, contact: &str) -> LinkRow {
        let ids = [contact.to_owned()];
        let side = syncline_core::sync::Side::Left;
        let found = links::by_records(&self.joined.hub.cx.store, &self.sync.id, side, &ids).await.unwrap();
        found.into_iter().next().unwrap_or_else(|| panic!("{contact} is not linked"))
    }

    /// The open conflicts.
    pub async fn conflicts(&self) -> Vec<ConflictRow> {
        let filter = conflicts::Filter {
            sync_id: Some(self.sync.id.clone()),
            state: Some(ConflictState::Open),
            ..conflicts::Filter::default()
        };
        conflicts::page(&self.joined.hub.cx.store, &Scope::All, &filter, None, 500).await.unwrap()
    }

    /// Somebody makes a contact; answers its id.
    pub async fn new_contact(&self, properties: Value) -> String {
        let edit = json!({ "action": "create", "object": "contacts", "properties": properties });
        self.joined.edit("hubspot", edit).await["id"].as_str().unwrap().to_owned()
    }

    /// Somebody changes a contact.
    pub async fn edit_contact(&self, id: &str, properties: Value) {
        self.joined.edit("hubspot", json!({ "action": "update", "id": id, "properties": properties })).await;
    }

    /// Somebody does something at 10to8 with a customer; answers what it came to.
    pub async fn edit_customer(&self, uri: &str, action: &str, fields: Value) -> Value {
        let mut edit = json!({ "action": action, "resource_uri": uri });
        for (name, value) in fields.as_object().unwrap() {
            edit[name] = value.clone();
        }
        self.joined.edit("tentoeight", edit).await
    }

    /// Somebody makes a customer; answers its URI.
    pub async fn new_customer(&self, fields: Value) -> String {
        let mut edit = json!({ "action": "create" });
        for (name, value) in fields.as_object().unwrap() {
            edit[name] = value.clone();
        }
        let made = self.joined.edit("tentoeight", edit).await;
        made["resource_uri"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned()
    }

    /// How many calls the provider got that write.
    pub async fn writes(&self, provider: &str) -> usize {
        let reads = ["/search", "/batch/read", "/oauth", "/webhooks"];
        self.joined
            .recorded(provider)
            .await
            .iter()
            .filter(|one| one["method"] != "GET")
            .filter(|one| !reads.iter().any(|path| one["path"].as_str().unwrap().contains(path)))
            .count()
    }
}
