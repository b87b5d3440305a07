//! What an application does from outside: makes endpoints, looks at deliveries, and publishes as fast as it is answered.

use super::receiver::Got;
use crate::support::wait::until;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// The longest a call may take: a question to a database that says nothing is given up after 30 s, whose the key is among them. Who is not
/// answered by then hangs.
const ANSWERED_WITHIN: Duration = Duration::from_secs(50);

/// The hub's API, for as long as there is a hub.
pub struct Client {
    base: String,
    pub key: String,
    client: reqwest::Client,
}

impl Client {
    pub fn new(address: SocketAddr, key: String) -> Self {
        let client = syncline_hub::http::client::client().unwrap();
        Self { base: format!("http://{address}"), key, client }
    }

    /// Makes an endpoint of acme's; answers its id.
    pub async fn endpoint(&self, url: &str, terms: Value) -> String {
        let mut body = json!({"org_id": "acme", "url": url});
        body.as_object_mut().unwrap().extend(terms.as_object().unwrap().clone());
        let request = self.client.post(format!("{}/v1/endpoints", self.base)).bearer_auth(&self.key);
        let request = request.header("content-type", "application/json").body(body.to_string());
        id_of(request).await.expect("an endpoint")
    }

    /// The latest deliveries to an endpoint that are so; none when nobody answers.
    pub async fn deliveries(&self, endpoint: &str, state: &str) -> Option<Vec<Value>> {
        let url = format!("{}/v1/endpoints/{endpoint}/deliveries?state={state}", self.base);
        let answer = self.client.get(url).bearer_auth(&self.key).send().await.ok()?;
        let body: Value = serde_json::from_slice(&answer.bytes().await.ok()?).ok()?;
        body["data"].as_array().cloned()
    }

    /// Publishes one message; answers its id.
    pub async fn publish(&self, payload: &Value) -> String {
        let body = json!({"org_id": "acme", "type": "invoice.paid", "payload": payload});
        let request = self.client.post(format!("{}/v1/messages", self.base)).bearer_auth(&self.key);
        id_of(request.body(body.to_string())).await.expect("it is published")
    }
}

async fn id_of(request: reqwest::RequestBuilder) -> Option<String> {
    let answer = request.send().await.ok().filter(|answer| answer.status().is_success())?;
    let body: Value = serde_json::from_slice(&answer.bytes().await.ok()?).ok()?;
    body["id"].as_str().map(str::to_owned)
}

/// What was promised: by number of the message, the id it was answered with.
#[derive(Default)]
pub struct Promises {
    pub ids: BTreeMap<u64, String>,
    /// Answers that were none of success, by status.
    pub refused: BTreeMap<u16, u32>,
    /// Connections that ended without an answer.
    pub broken: u32,
    /// Calls that were not answered in time.
    pub hung: u32,
}

impl Promises {
    /// Whether it was one.
    fn note(&mut self, number: u64, answer: Answer) -> bool {
        match answer {
            Answer::Promised(id) => return self.ids.insert(number, id).is_none(),
            Answer::Refused(status) => *self.refused.entry(status).or_default() += 1,
            Answer::Broken => self.broken += 1,
            Answer::None => self.hung += 1,
        }
        false
    }
}

/// Publishers, each with an order of its own.
pub struct Publishers {
    promises: Arc<Mutex<Promises>>,
    stop: CancellationToken,
    tasks: JoinSet<()>,
}

impl Publishers {
    /// As fast as they are answered; what is not answered is sent again under the same idempotency key.
    pub fn start(address: SocketAddr, key: &str, count: usize) -> Self {
        let (promises, stop) = (Arc::<Mutex<Promises>>::default(), CancellationToken::new());
        let mut tasks = JoinSet::new();
        for publisher in 0..count {
            let (promises, stop) = (Arc::clone(&promises), stop.clone());
            let post = Post::new(address, key);
            tasks.spawn(async move {
                let mut number = publisher as u64;
                while !stop.is_cancelled() {
                    let answer = post.send(number, publisher).await;
                    if promises.lock().unwrap().note(number, answer) {
                        number += count as u64;
                        continue;
                    }
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            });
        }
        Self { promises, stop, tasks }
    }

    /// Waits until so many more are promised.
    pub async fn more(&self, count: usize) {
        let so_far = self.promises.lock().unwrap().ids.len();
        until("more messages are published", async || {
            (self.promises.lock().unwrap().ids.len() >= so_far + count).then_some(())
        })
        .await;
    }

    /// Waits until so many more calls were refused.
    pub async fn refused(&self, count: u32) {
        let refused = || self.promises.lock().unwrap().refused.values().sum::<u32>();
        let so_far = refused();
        let waiting = async {
            while refused() < so_far + count {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        // The first of them may have to wait for as long as any call.
        tokio::time::timeout(2 * ANSWERED_WITHIN, waiting).await.expect("calls are refused");
    }

    pub async fn finish(mut self) -> Promises {
        self.stop.cancel();
        while let Some(ended) = self.tasks.join_next().await {
            ended.unwrap();
        }
        std::mem::take(&mut self.promises.lock().unwrap())
    }
}

enum Answer {
    Promised(String),
    Refused(u16),
    Broken,
    None,
}

struct Post {
    url: String,
    key: String,
    client: reqwest::Client,
}

impl Post {
    fn new(address: SocketAddr, key: &str) -> Self {
        let client = syncline_hub::http::client::client().unwrap();
        Self { url: format!("http://{address}/v1/messages"), key: key.to_owned(), client }
    }

    async fn send(&self, number: u64, publisher: usize) -> Answer {
        let (order_key, payload) =
            (format!("p{publisher}"), json!({"number": number, "publisher": publisher}));
        let body =
            json!({"org_id": "acme", "type": "invoice.paid", "order_key": order_key, "payload": payload});
        let request = self.client.post(&self.url).bearer_auth(&self.key);
        let request = request.header("idempotency-key", format!("k{number}")).body(body.to_string());
        let exchange = async {
            let answer = request.send().await?;
            Ok::<_, reqwest::Error>((answer.status(), answer.bytes().await?))
        };
        match tokio::time::timeout(ANSWERED_WITHIN, exchange).await {
            Err(_) => Answer::None,
            Ok(Err(_)) => Answer::Broken,
            Ok(Ok((status, body))) if status.is_success() => {
                let body: Value = serde_json::from_slice(&body).unwrap();
                Answer::Promised(body["id"].as_str().unwrap().to_owned())
            }
            Ok(Ok((status, _))) => Answer::Refused(status.as_u16()),
        }
    }
}

/// What was promised came to this path, under its own id and no other: so it was published once.
pub fn compare(promises: &Promises, got: &[Got], path: &str) {
    let mut ids: BTreeMap<u64, BTreeSet<String>> = BTreeMap::new();
    for one in got.iter().filter(|got| got.path == path) {
        let body: Value = serde_json::from_str(&one.body).unwrap();
        if let Some(number) = body["number"].as_u64() {
            ids.entry(number).or_default().insert(one.id());
        }
    }
    for (number, id) in &promises.ids {
        let came =
            ids.get(number).unwrap_or_else(|| panic!("{number} was promised and never came to {path}"));
        assert_eq!(came, &BTreeSet::from([id.clone()]), "{number} came to {path} under its id and no other");
    }
}
