//! Load as a provider makes it, and a ledger of what was promised: which events were sent, and which of them a hub
//! acknowledged.

use super::{change, sign};
use crate::support::SECRET;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use syncline_core::time::{Clock as _, SystemClock, Timestamp};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

const PATH: &str = "/webhooks/hubspot/main";

/// The event of this number, always the same.
pub fn event(number: u32) -> Value {
    let occurred_at = Timestamp::from_millis(1_767_225_600_000 + i64::from(number % 1_000));
    change(number, occurred_at, number % 97, "firstname", &format!("value of {number}, Zoë 🙂"))
}

/// A delivery of these events.
pub fn body(numbers: impl IntoIterator<Item = u32>) -> String {
    Value::from_iter(numbers.into_iter().map(event)).to_string()
}

/// What was sent, and what of it was promised to be kept.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    pub sent: BTreeSet<u32>,
    pub acknowledged: BTreeSet<u32>,
    /// Deliveries that were answered with each status.
    pub answers: BTreeMap<u16, u32>,
    /// Deliveries whose connection broke before the answer.
    pub broken: u32,
}

/// A load under way.
#[derive(Debug)]
pub struct Load {
    ledger: Arc<Mutex<Ledger>>,
    acknowledgements: watch::Receiver<u64>,
    stop: CancellationToken,
    connections: JoinSet<()>,
}

struct Connection {
    address: SocketAddr,
    client: reqwest::Client,
    rng: StdRng,
    next: Arc<AtomicU32>,
    ledger: Arc<Mutex<Ledger>>,
    acknowledgements: watch::Sender<u64>,
    stop: CancellationToken,
}

impl Load {
    /// Several keep-alive connections to `address`, each sending deliveries of 1 to 10 events as fast as they are
    /// answered. Every event is another; one delivery in eight is sent twice. A delivery that is not acknowledged is
    /// sent again, or (one in four) never again.
    pub fn start(address: SocketAddr, connections: u64, seed: u64) -> Self {
        let (next, ledger, stop) = (Arc::default(), Arc::default(), CancellationToken::new());
        let (count, acknowledgements) = watch::channel(0);
        let mut tasks = JoinSet::new();
        for number in 0..connections {
            let connection = Connection {
                address,
                client: syncline_hub::http::client::client().expect("a client"),
                rng: StdRng::seed_from_u64(seed + number),
                next: Arc::clone(&next),
                ledger: Arc::clone(&ledger),
                acknowledgements: count.clone(),
                stop: stop.clone(),
            };
            tasks.spawn(connection.run());
        }
        Self { ledger, acknowledgements, stop, connections: tasks }
    }

    /// Waits until so many more deliveries were acknowledged.
    pub async fn acknowledged(&mut self, more: u64) {
        let until = *self.acknowledgements.borrow() + more;
        let enough = self.acknowledgements.wait_for(|count| *count >= until);
        tokio::time::timeout(super::wait::PATIENCE, enough)
            .await
            .unwrap_or_else(|_| panic!("no {more} acknowledgements in time"))
            .expect("somebody sends");
    }

    /// How many deliveries were answered so, if any.
    pub fn answers(&self, status: u16) -> Option<u32> {
        self.ledger.lock().unwrap().answers.get(&status).copied()
    }

    /// What was promised so far.
    pub fn promised(&self) -> Ledger {
        self.ledger.lock().unwrap().clone()
    }

    /// Lets what is under way end, and answers what was promised.
    pub async fn finish(mut self) -> Ledger {
        self.stop.cancel();
        while let Some(ended) = self.connections.join_next().await {
            ended.expect("a connection's task ends well");
        }
        self.ledger.lock().unwrap().clone()
    }
}

impl Connection {
    async fn run(mut self) {
        while !self.stop.is_cancelled() {
            let count = self.rng.random_range(1..=10);
            let first = self.next.fetch_add(count, Ordering::Relaxed) + 1;
            let numbers = first..first + count;
            self.ledger.lock().unwrap().sent.extend(numbers.clone());
            let body = body(numbers.clone());
            let times = if self.rng.random_ratio(1, 8) { 2 } else { 1 };
            for _ in 0..times {
                while !self.stop.is_cancelled() {
                    if self.send(&body).await {
                        self.ledger.lock().unwrap().acknowledged.extend(numbers.clone());
                        self.acknowledgements.send_modify(|count| *count += 1);
                        break;
                    }
                    if self.rng.random_ratio(1, 4) {
                        break;
                    }
                }
            }
        }
    }

    /// Sends once; whether an acknowledgement was read. Whoever was turned away waits a little before the next word.
    async fn send(&self, body: &str) -> bool {
        let (timestamp, signature) = sign(SECRET, PATH, body, SystemClock.now());
        let request = self
            .client
            .post(format!("http://{}{PATH}", self.address))
            .header("x-hubspot-signature-v3", signature)
            .header("x-hubspot-request-timestamp", timestamp)
            .timeout(Duration::from_secs(20))
            .body(body.to_owned());
        let answered = match request.send().await {
            Ok(answer) => Some(answer.status().as_u16()),
            Err(_) => None,
        };
        let acknowledged = answered.is_some_and(|status| (200..300).contains(&status));
        {
            let mut ledger = self.ledger.lock().unwrap();
            match answered {
                Some(status) => *ledger.answers.entry(status).or_default() += 1,
                None => ledger.broken += 1,
            }
        }
        if !acknowledged {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        acknowledged
    }
}

/// Who reads events back through the API.
#[derive(Debug)]
pub struct Reader {
    address: SocketAddr,
    key: String,
    client: reqwest::Client,
}

impl Reader {
    /// Reads at `address` with this key.
    pub fn new(address: SocketAddr, key: String) -> Self {
        Self { address, key, client: syncline_hub::http::client::client().expect("a client") }
    }

    /// `GET` as JSON; nothing unless it is answered 200.
    pub async fn try_get(&self, path: &str) -> Option<Value> {
        let url = format!("http://{}{path}", self.address);
        let request = self.client.get(url).bearer_auth(&self.key).timeout(Duration::from_secs(30));
        let answer = request.send().await.ok().filter(|answer| answer.status() == 200)?;
        answer.json().await.ok()
    }

    /// Waits until the log (where it is in the database or beside it) is empty.
    pub async fn log_is_empty(&self) {
        super::wait::until("an empty log", async || {
            let status = self.try_get("/v1/status").await?;
            (status["log"]["waiting_deliveries"] == 0).then_some(())
        })
        .await;
    }

    /// The events of the whole timeline as they came, page after page.
    pub async fn timeline(&self) -> Vec<Value> {
        let (mut events, mut cursor) = (Vec::new(), String::new());
        loop {
            let path = format!("/v1/events?order=asc&limit=500&cursor={cursor}");
            let page = self.try_get(&path).await.expect("a page of the timeline");
            events.extend(page["data"].as_array().expect("a list").iter().map(|event| event["raw"].clone()));
            match page["next_cursor"].as_str() {
                Some(next) => cursor = next.to_owned(),
                None => return events,
            }
        }
    }
}

/// What must hold however often the hub died: everything acknowledged is stored, nothing is there that was never
/// sent, nothing is there twice, and every event is what was sent.
pub fn compare(ledger: &Ledger, timeline: &[Value]) {
    let mut times: BTreeMap<u32, u32> = BTreeMap::new();
    for found in timeline {
        let number = found["eventId"].as_u64().and_then(|n| u32::try_from(n).ok()).expect("a number of ours");
        assert_eq!(found, &event(number), "an event is stored as it was sent");
        *times.entry(number).or_default() += 1;
    }
    let twice: Vec<_> = times.iter().filter(|(_, times)| **times > 1).collect();
    assert!(twice.is_empty(), "stored more than once: {twice:?}");
    let stored: BTreeSet<u32> = times.into_keys().collect();
    let lost: Vec<_> = ledger.acknowledged.difference(&stored).collect();
    assert!(
        lost.is_empty(),
        "{} of {} acknowledged events are LOST: {lost:?}",
        lost.len(),
        ledger.acknowledged.len()
    );
    let invented: Vec<_> = stored.difference(&ledger.sent).collect();
    assert!(invented.is_empty(), "never sent, and stored: {invented:?}");
}
