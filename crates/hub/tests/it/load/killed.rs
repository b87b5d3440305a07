//! A load whose process is killed again and again goes on from its checkpoints, and ends with everything.

use crate::support::process::Program;
use crate::support::wait::until;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::{Value, json};
use syncline_sandbox::{Options, Population, Sandbox};
use syncline_store::testing::{TestDb, Which};

const DEATHS: u64 = 4;

/// The API of a hub that may be dead.
struct Client {
    base: String,
    key: String,
    client: reqwest::Client,
}

impl Client {
    async fn get(&self, path: &str) -> Option<Value> {
        let request = self.client.get(format!("{}{path}", self.base)).bearer_auth(&self.key);
        let answer = request.send().await.ok()?;
        answer.status().is_success().then_some(())?;
        answer.json().await.ok()
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        let request = self.client.post(format!("{}{path}", self.base)).bearer_auth(&self.key).json(&body);
        let answer = request.send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.text().await.unwrap());
        answer.json().await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_that_is_killed_goes_on_on_sqlite() {
    killed_again_and_again(Which::Sqlite, "load killed on SQLite", 21).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_that_is_killed_goes_on_on_postgres() {
    killed_again_and_again(Which::Postgres, "load killed on PostgreSQL", 22).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_that_is_killed_goes_on_on_mariadb() {
    killed_again_and_again(Which::MySql, "load killed on MariaDB", 23).await;
}

async fn killed_again_and_again(which: Which, test: &str, seed: u64) {
    let Some(db) = TestDb::of(which, test).await else { return };
    let off = json!({ "limits": { "enabled": false } });
    let options = Options {
        listen: ([127, 0, 0, 1], 0).into(),
        population: Population { people: 1_500, companies: 1_200, deals: 1_100 },
        settings: vec![json!({ "hubspot": off })],
        ..Options::default()
    };
    let sandbox = Sandbox::start(options).await.unwrap();
    let client = syncline_hub::http::client::client().unwrap();
    let slow =
        json!({"provider": "hubspot", "path": "/crm/objects/*", "effect": {"kind": "latency", "ms": 60}});
    let rules = client.post(format!("{}/_sandbox/faults", sandbox.url())).json(&slow).send().await.unwrap();
    assert!(rules.status().is_success());
    let url = format!("{}/hubspot", sandbox.url());
    let settings = [
        ("database.url", db.url.as_str()),
        ("providers.hubspot.api_url", url.as_str()),
        ("providers.hubspot.web_url", url.as_str()),
        ("providers.hubspot.budget", "0.0"),
        ("load.on_connect", "false"),
        ("jobs.lease", "1s"),
        ("jobs.poll", "20ms"),
    ];
    let program = Program::new(db.directory(), "hub", &[], &settings);
    let mut process = program.start_ready().await;
    let api = Client { base: format!("http://{}", program.address), key: program.local_key(), client };
    let token = sandbox.credentials()["hubspot"]["accounts"][0]["private_app_token"].clone();
    let connected =
        api.post("/v1/connections", json!({"provider": "hubspot", "org_id": "acme", "key": token})).await;
    let connection = connected["id"].as_str().unwrap().to_owned();
    let run = api.post(&format!("/v1/connections/{connection}/runs"), json!({"mode": "full"})).await;
    let run = format!("/v1/runs/{}", run["id"].as_str().unwrap());
    let mut rng = StdRng::seed_from_u64(seed);
    let read = |run: &Value| run["read"].as_u64().unwrap();
    let mut before = 0;
    for _ in 0..DEATHS {
        let more = rng.random_range(100..600);
        before = until("more pages are stored", async || {
            let run = api.get(&run).await?;
            assert_ne!(run["state"], "succeeded", "it was killed before its end");
            (read(&run) >= before + more).then(|| read(&run))
        })
        .await;
        process.kill().await;
        process = program.start_ready().await;
        let after = api.get(&run).await.unwrap();
        assert!(read(&after) >= before, "a checkpoint was lost: {before}, then {after}");
    }
    let ended = until("the load ends", async || {
        api.get(&run).await.filter(|run| run["state"] != "running" && run["state"] != "waiting")
    })
    .await;
    assert_eq!(ended["state"], "succeeded", "{ended}");
    assert_eq!(read(&ended), 3_800, "every page was stored once: {ended}");
    let shown = api.get(&format!("/v1/connections/{connection}")).await.unwrap();
    assert!(shown.to_string().contains("1500"), "as many contacts as there are: {shown}");
    process.kill().await;
}
