//! The post office: sends vendors' webhooks, with the faults that were asked for, and notes every one.

use super::House;
use super::clock::Stopwatch;
use super::faults::Effect;
use super::requests::{self, Direction, Exchange};
use bytes::Bytes;
use http::HeaderMap;
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::Duration;

/// How much of a receiver's answer is read.
const ANSWER: usize = 16 << 10;

/// A webhook to be sent.
#[derive(Clone)]
pub(crate) struct Webhook {
    /// Whose.
    pub(crate) provider: &'static str,
    /// Where to; `user:password@` becomes basic authentication.
    pub(crate) url: String,
    /// What.
    pub(crate) body: Bytes,
    /// The headers for a body. The flag asks for a signature that does not fit (a fault): sign with another secret then.
    pub(crate) sign: Arc<dyn Fn(&[u8], bool) -> HeaderMap + Send + Sync>,
    /// How long the vendor waits for the answer, in real time.
    pub(crate) timeout: Duration,
}

/// How it went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The receiver answered.
    Answered {
        /// Its status.
        status: u16,
        /// The beginning of its body.
        body: Bytes,
    },
    /// It did not, and why.
    Failed(String),
}

impl Held {
    /// Forgets them.
    pub(crate) fn clear(&self) {
        self.0.lock().clear();
    }
}

impl Outcome {
    /// Whether the receiver answered 2xx.
    pub(crate) fn is_success(&self) -> bool {
        matches!(self, Self::Answered { status: 200..=299, .. })
    }
}

/// Webhooks held back so that the next one overtakes them.
#[derive(Default)]
pub(crate) struct Held(Mutex<Vec<Webhook>>);

/// Sends `webhook` now. Where a fault drops, delays or reorders it, the vendor is told that it arrived: it cannot know.
pub(crate) async fn send(house: &Arc<House>, webhook: Webhook) -> Outcome {
    let effects = house.faults.on_webhook(webhook.provider, &webhook.url, house.now());
    let mut wrong = false;
    let mut copies = 0;
    let mut sent = webhook;
    let mut notes = Vec::new();
    for effect in &effects {
        notes.push(effect.name());
        match effect {
            Effect::Drop => {
                note(
                    house,
                    &sent,
                    &HeaderMap::new(),
                    None,
                    Bytes::new(),
                    0,
                    Some("dropped on purpose".to_owned()),
                );
                return arrived();
            }
            Effect::Delay { ms } => {
                let (later, house) = (sent, Arc::clone(house));
                let due = house.now().saturating_add(*ms);
                let office = Arc::clone(&house);
                house.schedule.at(due, async move {
                    attempt(&office, &later, false, Some("delayed".to_owned())).await;
                });
                return arrived();
            }
            Effect::Reorder => {
                house.held.0.lock().push(sent);
                return arrived();
            }
            Effect::Duplicate { copies: more } => copies += more,
            Effect::Malformed => sent.body = sent.body.slice(..sent.body.len() / 2),
            Effect::WrongSignature => wrong = true,
            _ => {}
        }
    }
    let note = (!notes.is_empty()).then(|| notes.join(", "));
    let outcome = attempt(house, &sent, wrong, note.clone()).await;
    for _ in 0..copies {
        attempt(house, &sent, wrong, Some("duplicate".to_owned())).await;
    }
    release_held(house).await;
    outcome
}

/// Whoever was overtaken goes now.
async fn release_held(house: &House) {
    let overtaken = std::mem::take(&mut *house.held.0.lock());
    for webhook in overtaken {
        attempt(house, &webhook, false, Some("overtaken".to_owned())).await;
    }
}

fn arrived() -> Outcome {
    Outcome::Answered { status: 200, body: Bytes::new() }
}

async fn attempt(house: &House, webhook: &Webhook, wrong: bool, why: Option<String>) -> Outcome {
    let watch = Stopwatch::start();
    let headers = (webhook.sign)(&webhook.body, wrong);
    let sending = exchange(house, webhook, headers.clone());
    let outcome = match tokio::time::timeout(webhook.timeout, sending).await {
        Ok(outcome) => outcome,
        Err(_) => Outcome::Failed(format!("no answer within {} ms", webhook.timeout.as_millis())),
    };
    let micros = watch.micros();
    match &outcome {
        Outcome::Answered { status, body } => {
            note(house, webhook, &headers, Some(*status), body.clone(), micros, why)
        }
        Outcome::Failed(reason) => {
            let why = why.map_or_else(|| reason.clone(), |why| format!("{why}; {reason}"));
            note(house, webhook, &headers, None, Bytes::new(), micros, Some(why));
        }
    }
    outcome
}

async fn exchange(house: &House, webhook: &Webhook, headers: HeaderMap) -> Outcome {
    let request = house.client().post(&webhook.url).headers(headers).body(webhook.body.clone());
    let mut response = match request.send().await {
        Ok(response) => response,
        Err(error) => return Outcome::Failed(reason(&error)),
    };
    let status = response.status().as_u16();
    let mut body = Vec::new();
    while body.len() < ANSWER {
        match response.chunk().await {
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => break,
            Err(error) => return Outcome::Failed(reason(&error)),
        }
    }
    Outcome::Answered { status, body: body.into() }
}

fn reason(error: &reqwest::Error) -> String {
    let what = if error.is_connect() { "cannot connect" } else { "the connection broke" };
    let mut cause: Option<&dyn std::error::Error> = std::error::Error::source(error);
    let mut last = String::new();
    while let Some(deeper) = cause {
        last = deeper.to_string();
        cause = deeper.source();
    }
    if last.is_empty() { what.to_owned() } else { format!("{what}: {last}") }
}

fn note(
    house: &House,
    webhook: &Webhook,
    headers: &HeaderMap,
    status: Option<u16>,
    answer: Bytes,
    micros: u64,
    note: Option<String>,
) {
    house.requests.note(Exchange {
        seq: 0,
        at_ms: house.now(),
        provider: webhook.provider,
        direction: Direction::Out,
        method: "POST".to_owned(),
        path: without_password(&webhook.url),
        headers: requests::headers(headers),
        body: webhook.body.clone(),
        status,
        answer,
        micros,
        note,
    });
}

/// The record is for anyone to read: what is between `//` and `@` is not.
fn without_password(url: &str) -> String {
    match url::Url::parse(url) {
        Ok(mut parsed) if parsed.password().is_some() || !parsed.username().is_empty() => {
            // Neither can fail where there is a user already.
            let _ = parsed.set_username("");
            let _ = parsed.set_password(None);
            parsed.to_string()
        }
        _ => url.to_owned(),
    }
}
