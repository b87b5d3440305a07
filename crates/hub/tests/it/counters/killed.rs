//! Many clients, faults, and processes that are killed: at the end every property shows what was counted, and none ever went back.

use super::scene::{EXAMS, PROPERTY, Scene, USUAL, assert_follows};
use crate::support::joined::{Joined, ORG};
use crate::support::process::Program;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use syncline_core::counters::change::Change;
use syncline_core::counters::definition::Definition;
use syncline_core::secret::Secret;
use syncline_core::time::SystemClock;
use syncline_hub::app::{self, App};
use syncline_hub::config::{self, Flag, Sources};
use syncline_hub::counters::change::{Changes, Wanted, apply};
use syncline_hub::counters::keep;
use syncline_hub::cx::Cx;
use syncline_hub::dice::Dice;
use syncline_hub::roles::Roles;
use syncline_sandbox::{ConsentMode, Options, Population, Sandbox};
use syncline_store::Scope;
use syncline_store::counters::changes::{self, Answer};
use syncline_store::counters::pushes::{self, LogFilter, What};
use syncline_store::counters::{self as rows, Filter};
use syncline_store::testing::{TestDb, Which};

const KEYS: usize = 300;
const CHANGES: usize = 3_000;
const CLIENTS: usize = 8;

#[tokio::test(flavor = "multi_thread")]
async fn every_accepted_change_is_shown_after_faults_on_sqlite() {
    Box::pin(shown_after_faults(Which::Sqlite, "")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_accepted_change_is_shown_after_faults_on_postgres() {
    Box::pin(shown_after_faults(Which::Postgres, "counters on PostgreSQL")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_accepted_change_is_shown_after_faults_on_mariadb() {
    Box::pin(shown_after_faults(Which::MySql, "counters on MariaDB")).await;
}

/// What many clients change at once, each item by itself: what was accepted, by key.
async fn change_at_once(
    cx: &Cx,
    definition_id: &str,
    keys: &[String],
    changes: usize,
    seed: u64,
) -> BTreeMap<String, i64> {
    let mut clients = tokio::task::JoinSet::new();
    for client in 0..CLIENTS {
        let (cx, id, keys) = (cx.clone(), definition_id.to_owned(), keys.to_vec());
        clients.spawn(async move {
            let mut rng = StdRng::seed_from_u64(seed * 100 + client as u64);
            let mut accepted: BTreeMap<String, i64> = BTreeMap::new();
            for _ in 0..changes / CLIENTS {
                let key = keys[rng.random_range(0..keys.len())].clone();
                // Only up: so an older value that comes after a newer one shows for good.
                let by = rng.random_range(1..=3);
                let change = Change::Increment(by);
                let item = Wanted { definition_id: id.clone(), key: key.clone(), change };
                let changes = Changes { items: vec![item], idempotency: None, source: "api" };
                if let Answer::Made { .. } = apply(&cx, &Scope::All, changes).await.unwrap().answers[0] {
                    *accepted.entry(key).or_default() += by;
                }
            }
            accepted
        });
    }
    let mut all: BTreeMap<String, i64> = BTreeMap::new();
    while let Some(accepted) = clients.join_next().await {
        for (key, by) in accepted.unwrap() {
            *all.entry(key).or_default() += by;
        }
    }
    all
}

async fn shown_after_faults(which: Which, test: &str) {
    let Some(db) = TestDb::of(which, test).await else { return };
    let joined = Joined::on(db, 0, &USUAL).await;
    let said = json!({ "target": { "kind": "trigger_then_property" }, "settle_ms": 5_000 });
    let scene = Scene::joined(joined, KEYS, said).await;
    scene.workflow(json!({ "delay_ms": 100, "delay_up_to_ms": 4_000 })).await;
    for (path, times) in [("*webhook-triggers*", 25), ("*batch/read*", 5), ("*batch/update*", 5)] {
        for effect in
            [json!({ "kind": "lost_answer" }), json!({ "kind": "cut" }), json!({ "kind": "server_error" })]
        {
            let rule = json!({ "provider": "hubspot", "path": path, "chance": 0.2, "times": times, "effect": effect });
            scene.joined.fault(rule).await;
        }
    }
    let mut expected: BTreeMap<String, i64> = BTreeMap::new();
    for round in 0..5 {
        let made = change_at_once(scene.cx(), &scene.of.id, &scene.exams, CHANGES / 5, round);
        for (key, by) in made.await {
            *expected.entry(key).or_default() += by;
        }
        scene.joined.advance(Duration::from_millis(900)).await;
    }
    scene.agree().await;
    let shown = scene.shown().await;
    for (key, count) in &expected {
        assert_eq!(shown[key], Some(*count), "{key}");
    }
    // What is left of the faults is not for who looks past the hub.
    scene.joined.control(reqwest::Method::DELETE, "faults", json!({})).await;
    scene.assert_order().await;
    let filter = LogFilter { definition_id: &scene.of.id, key: None };
    let log = pushes::log(&scene.cx().store, &Scope::All, filter, None, 100_000).await.unwrap();
    let calls = log.iter().filter(|entry| !matches!(entry.what, What::Shown | What::Parked)).count();
    assert!(calls < CHANGES, "{CHANGES} changes of {} keys made {calls} calls", expected.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_that_is_killed_while_it_pushes_goes_on_on_sqlite() {
    Box::pin(killed_again_and_again(Which::Sqlite, "", 41)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_that_is_killed_while_it_pushes_goes_on_on_postgres() {
    Box::pin(killed_again_and_again(Which::Postgres, "counters killed on PostgreSQL", 42)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_that_is_killed_while_it_pushes_goes_on_on_mariadb() {
    Box::pin(killed_again_and_again(Which::MySql, "counters killed on MariaDB", 43)).await;
}

const DEATHS: usize = 4;
/// Far above the workflow's slowest run, so that a machine that is busy does not make it slower than is said.
const SETTLE_MS: u64 = 4_000;

/// What is counted, and where it is counted: by the test, between two lives of the hub.
struct World {
    sandbox: Sandbox,
    client: reqwest::Client,
    db: TestDb,
    settings: Vec<(String, String)>,
}

impl World {
    async fn start(db: TestDb) -> Self {
        let off = json!({ "limits": { "enabled": false } });
        let options = Options {
            listen: ([127, 0, 0, 1], 0).into(),
            population: Population { people: 0, companies: 0, deals: 0 },
            settings: vec![json!({ "hubspot": off })],
            consent: ConsentMode::Approve,
            ..Options::default()
        };
        let sandbox = Sandbox::start(options).await.unwrap();
        let hubspot = format!("{}/hubspot", sandbox.url());
        let settings = [
            ("database.url", db.url.as_str()),
            ("providers.hubspot.api_url", &hubspot),
            ("providers.hubspot.web_url", &hubspot),
            ("providers.timeout", "5s"),
            ("load.on_connect", "false"),
            ("load.every", "never"),
            ("jobs.poll", "20ms"),
            ("jobs.lease", "1s"),
            // A call is given up after a second, and a lease is ten longer: what a dead hub had in hand goes on then.
            ("counters.timeout", "1s"),
            ("counters.lease", "2s"),
            ("counters.account_calls", "0"),
        ];
        let settings = settings.map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec();
        let client = syncline_hub::http::client::client().unwrap();
        Self { sandbox, client, db, settings }
    }

    fn settings(&self) -> Vec<(&str, &str)> {
        self.settings.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect()
    }

    /// A hub in this process that has not been started: nobody pushes.
    async fn hub(&self) -> App {
        let data = self.db.directory().join("hub");
        std::fs::create_dir_all(&data).unwrap();
        let data = data.display().to_string();
        let own = [("data_dir", data.as_str())];
        let flags =
            own.iter().chain(&self.settings()).map(|(key, value)| Flag::new("test", *key, *value)).collect();
        let sources = Sources { flags, here: self.db.directory().to_owned(), ..Sources::default() };
        let config = config::load(&sources).unwrap().config;
        let hub = App::build(config, Arc::new(SystemClock), Dice::of_the_system(), Roles::ALL).unwrap();
        app::prepare(&hub.cx, Roles::ALL).await.unwrap();
        hub
    }

    fn token(&self) -> String {
        self.sandbox.credentials()["hubspot"]["accounts"][0]["private_app_token"].as_str().unwrap().to_owned()
    }

    async fn hubspot(&self, action: &str, body: Value) -> Value {
        let url = format!("{}/hubspot/crm/v3/objects/{EXAMS}/batch/{action}", self.sandbox.url());
        let answer = self.client.post(url).bearer_auth(self.token()).json(&body).send().await.unwrap();
        assert!(answer.status().is_success());
        answer.json().await.unwrap()
    }

    async fn exams(&self, count: usize) -> Vec<String> {
        let exam = |number| json!({ "properties": { "mock_exam_name": format!("Exam {number}"), "mock_exam_id": format!("E-{number}") } });
        let made =
            self.hubspot("create", json!({ "inputs": (0..count).map(exam).collect::<Vec<_>>() })).await;
        made["results"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
    }

    /// Has runs of the workflow take a time of their own each, so that they overtake each other.
    async fn uneven(&self) {
        let trigger = self.trigger().await.0;
        let id = trigger.rsplit('/').next().unwrap();
        let url = format!("{}/_sandbox/hubspot/workflows/{id}", self.sandbox.url());
        let body = json!({ "delay_ms": 50, "delay_up_to_ms": 2_000 });
        let answer = self.client.patch(url).json(&body).send().await.unwrap();
        assert!(answer.status().is_success());
    }

    async fn trigger(&self) -> (String, usize) {
        let url = format!("{}/_sandbox/hubspot/workflows", self.sandbox.url());
        let known: Value = self.client.get(url).send().await.unwrap().json().await.unwrap();
        let flow = &known["workflows"][0];
        (flow["trigger_url"].as_str().unwrap().to_owned(), flow["history"].as_array().unwrap().len())
    }

    /// What each exam showed, in its order.
    async fn histories(&self, exams: &[String]) -> BTreeMap<String, Vec<i64>> {
        let mut all = BTreeMap::new();
        for piece in exams.chunks(50) {
            let inputs: Vec<Value> = piece.iter().map(|id| json!({ "id": id })).collect();
            let body = json!({ "properties": [], "propertiesWithHistory": [PROPERTY], "inputs": inputs });
            for row in self.hubspot("read", body).await["results"].as_array().unwrap() {
                let values = row["propertiesWithHistory"][PROPERTY].as_array().cloned().unwrap_or_default();
                let number = |one: &Value| one["value"].as_str().and_then(|text| text.parse().ok());
                let mut numbers: Vec<i64> = values.iter().filter_map(number).collect();
                numbers.reverse();
                all.insert(row["id"].as_str().unwrap().to_owned(), numbers);
            }
        }
        all
    }
}

async fn killed_again_and_again(which: Which, test: &str, seed: u64) {
    let Some(db) = TestDb::of(which, test).await else { return };
    let world = World::start(db).await;
    world.uneven().await;
    let exams = world.exams(60).await;
    let hub = world.hub().await;
    let key = Secret::new(world.token());
    let connection =
        syncline_hub::connect::connect_with_key(&hub.cx, ORG, "ada", "hubspot", &key).await.unwrap();
    let definition: Definition = serde_json::from_value(json!({
        "name": "exam-bookings", "connection_id": connection.id, "object_type": EXAMS, "property": PROPERTY,
        "window_ms": 100, "settle_ms": SETTLE_MS, "reconcile_minutes": null,
        "target": { "kind": "trigger", "url": world.trigger().await.0 },
        "payload": { "mock_exam_id": "{{key}}", "total_bookings": "{{value}}" },
    }))
    .unwrap();
    let of = keep::create(&hub.cx, &Scope::All, definition).await.unwrap();
    drop(hub);
    let program = Program::new(world.db.directory(), "hub", &[], &world.settings());
    let mut expected: BTreeMap<String, i64> = BTreeMap::new();
    let mut rng = StdRng::seed_from_u64(seed);
    for round in 0..DEATHS as u64 {
        let hub = world.hub().await;
        for (key, by) in change_at_once(&hub.cx, &of.id, &exams, 400, seed + round).await {
            *expected.entry(key).or_default() += by;
        }
        drop(hub);
        let before = world.trigger().await.1;
        let process = program.start_ready().await;
        // Somewhere in the middle of calling.
        let after = before + rng.random_range(3..25);
        crate::support::wait::until("more calls were made", async || {
            (world.trigger().await.1 >= after).then_some(())
        })
        .await;
        process.kill().await;
    }
    let process = program.start_ready().await;
    let agreed = async {
        loop {
            let histories = world.histories(&exams).await;
            let last = |key: &String| histories.get(key).and_then(|all| all.last()).copied();
            if expected.iter().all(|(key, count)| last(key) == Some(*count)) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(120), agreed).await.expect("every property shows its counter");
    process.kill().await;
    let hub = world.hub().await;
    let histories = world.histories(&exams).await;
    for (id, held) in &histories {
        let mut was = changes::history(&hub.cx.store, &Scope::All, (&of.id, id), None, 10_000).await.unwrap();
        was.reverse();
        assert_follows(id, held, &was.iter().map(|entry| entry.value).collect::<Vec<_>>());
    }
    let all = rows::page(&hub.cx.store, &Scope::All, &of.id, &Filter::All(None), 500).await.unwrap();
    for counter in all {
        assert_eq!(counter.value, expected[&counter.key]);
    }
}
