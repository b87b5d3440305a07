//! The crash test of notifying: what was answered 202 arrives at least once and is settled, however often the hub dies.

use super::receiver::{FINE, Got, Receiver, Reply};
use crate::support::process::Program;
use crate::support::wait::until;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use syncline_store::testing::{TestDb, Which};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

const DEATHS: usize = 5;
const PUBLISHERS: usize = 6;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_published_is_lost_on_sqlite() {
    killed_again_and_again(Which::Sqlite, "notify crash on SQLite", 21).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_published_is_lost_on_postgres() {
    killed_again_and_again(Which::Postgres, "notify crash on PostgreSQL", 22).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_published_is_lost_on_mariadb() {
    killed_again_and_again(Which::MySql, "notify crash on MariaDB", 23).await;
}

/// What was promised: by number of the message, the id it was answered with.
#[derive(Default)]
struct Promises {
    ids: BTreeMap<u64, String>,
    broken: u32,
}

struct Publishers {
    promises: Arc<Mutex<Promises>>,
    stop: CancellationToken,
    tasks: JoinSet<()>,
}

impl Publishers {
    /// As fast as they are answered; what is not answered is sent again under the same idempotency key.
    fn start(address: SocketAddr, key: &str) -> Self {
        let (promises, stop) = (Arc::<Mutex<Promises>>::default(), CancellationToken::new());
        let mut tasks = JoinSet::new();
        for publisher in 0..PUBLISHERS {
            let (promises, stop, key) = (Arc::clone(&promises), stop.clone(), key.to_owned());
            let client = syncline_hub::http::client::client().unwrap();
            tasks.spawn(async move {
                let mut number = publisher as u64;
                while !stop.is_cancelled() {
                    let body =
                        json!({"org_id": "acme", "type": "invoice.paid", "payload": {"number": number}});
                    let request = client
                        .post(format!("http://{address}/v1/messages"))
                        .bearer_auth(&key)
                        .header("idempotency-key", format!("k{number}"))
                        .timeout(Duration::from_secs(10))
                        .body(body.to_string());
                    match answer(request).await {
                        Some(id) => {
                            promises.lock().unwrap().ids.insert(number, id);
                            number += PUBLISHERS as u64;
                        }
                        None => {
                            promises.lock().unwrap().broken += 1;
                            tokio::time::sleep(Duration::from_millis(5)).await;
                        }
                    }
                }
            });
        }
        Self { promises, stop, tasks }
    }

    async fn more(&self, count: usize) {
        let so_far = self.promises.lock().unwrap().ids.len();
        until("more messages are published", async || {
            (self.promises.lock().unwrap().ids.len() >= so_far + count).then_some(())
        })
        .await;
    }

    async fn finish(mut self) -> Promises {
        self.stop.cancel();
        while let Some(ended) = self.tasks.join_next().await {
            ended.unwrap();
        }
        std::mem::take(&mut self.promises.lock().unwrap())
    }
}

async fn answer(request: reqwest::RequestBuilder) -> Option<String> {
    let answer = request.send().await.ok().filter(|answer| answer.status().is_success())?;
    let body: Value = serde_json::from_slice(&answer.bytes().await.ok()?).ok()?;
    body["id"].as_str().map(str::to_owned)
}

/// The hub's API, for as long as there is a hub.
struct Client {
    base: String,
    key: String,
    client: reqwest::Client,
}

impl Client {
    async fn endpoint(&self, url: &str) -> String {
        let body = json!({"org_id": "acme", "url": url}).to_string();
        let request = self.client.post(format!("{}/v1/endpoints", self.base)).bearer_auth(&self.key);
        answer(request.header("content-type", "application/json").body(body)).await.expect("an endpoint")
    }

    async fn deliveries(&self, endpoint: &str, state: &str) -> Option<Vec<Value>> {
        let url = format!("{}/v1/endpoints/{endpoint}/deliveries?state={state}", self.base);
        let answer = self.client.get(url).bearer_auth(&self.key).send().await.ok()?;
        let body: Value = serde_json::from_slice(&answer.bytes().await.ok()?).ok()?;
        body["data"].as_array().cloned()
    }
}

async fn killed_again_and_again(which: Which, test: &str, seed: u64) {
    let Some(db) = TestDb::of(which, test).await else { return };
    let settings = [
        ("database.url", db.url.as_str()),
        ("notify.allow", "127.0.0.0/8"),
        ("notify.plain_http", "true"),
        ("notify.lease", "2s"),
        ("notify.schedule", "1s 1s 1s 1s 1s 1s"),
    ];
    let program = Program::new(db.directory(), "hub", &[], &settings);
    let mut process = program.start_ready().await;
    // One in twenty is refused.
    let receiver =
        Receiver::start(|_, before| if before % 20 == 7 { Reply::Status(500, "", "") } else { FINE }).await;
    let client = syncline_hub::http::client::client().unwrap();
    let client = Client { base: format!("http://{}", program.address), key: program.local_key(), client };
    let endpoint = client.endpoint(&receiver.url("/hook")).await;
    let mut rng = StdRng::seed_from_u64(seed);
    let publishers = Publishers::start(program.address, &client.key);
    for death in 0..DEATHS {
        publishers.more(rng.random_range(20..200)).await;
        if death % 2 == 1 {
            receiver.receives(receiver.count() + 20).await;
        }
        process.kill().await;
        process = program.start().await;
    }
    publishers.more(50).await;
    let promises = publishers.finish().await;
    assert!(promises.broken > 0, "the deaths were felt");
    until("nothing waits any more", async || {
        client.deliveries(&endpoint, "waiting").await.filter(Vec::is_empty)
    })
    .await;
    assert_eq!(client.deliveries(&endpoint, "failed").await, Some(vec![]), "given up");
    compare(&promises, &receiver.got());
    process.kill().await;
}

/// What was promised came, and came again under its own id alone.
fn compare(promises: &Promises, got: &[Got]) {
    let mut ids: BTreeMap<u64, BTreeSet<String>> = BTreeMap::new();
    for one in got {
        let body: Value = serde_json::from_str(&one.body).unwrap();
        ids.entry(body["number"].as_u64().unwrap()).or_default().insert(one.id());
    }
    for (number, id) in &promises.ids {
        let came = ids.get(number).unwrap_or_else(|| panic!("{number} was promised and never arrived"));
        assert_eq!(came, &BTreeSet::from([id.clone()]), "{number} came under its id and no other");
    }
}
