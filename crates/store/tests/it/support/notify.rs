//! What behaviours of notifying are written with.

use super::at;
use super::jobs::in_tx;
use std::time::Duration;
use syncline_core::notify::filter::Filter;
use syncline_core::time::Timestamp;
use syncline_store::notify::attempts::Attempt;
use syncline_store::notify::deliveries::{self, Ask, Claim, Delivery, Outcome, Settlement, State};
use syncline_store::notify::endpoints::secrets::StoredSecret;
use syncline_store::notify::endpoints::{self, Endpoint, Health, Sealed};
use syncline_store::notify::messages::{self, Idempotency, Message, Publication};
use syncline_store::{Scope, Store};

/// The scope of `acme`.
pub fn acme() -> Scope {
    Scope::Organization("acme".to_owned())
}

/// An enabled endpoint of an organization that wants these kinds.
pub fn endpoint(id: &str, org_id: &str, filter: &[&str]) -> Endpoint {
    Endpoint {
        id: id.to_owned(),
        org_id: org_id.to_owned(),
        url: format!("https://{id}.example.com/"),
        description: String::new(),
        filter: Filter::new(filter.iter().copied()).unwrap(),
        headers: None,
        rate: None,
        ordered: false,
        schedule: None,
        state: endpoints::State::Enabled,
        reason: None,
        health: Health::default(),
        created_at: at(0),
        updated_at: at(0),
        version: 1,
    }
}

/// The same, in strict order.
pub fn ordered(id: &str, org_id: &str) -> Endpoint {
    Endpoint { ordered: true, ..endpoint(id, org_id, &["*"]) }
}

/// Keeps it.
pub async fn make(store: &Store, new: &Endpoint) {
    in_tx(store, async |tx| endpoints::create(tx, new).await).await;
}

/// A secret that is no secret.
pub fn secret(id: &str, endpoint_id: &str, made: i64) -> StoredSecret {
    StoredSecret {
        id: id.to_owned(),
        endpoint_id: endpoint_id.to_owned(),
        secret: Sealed { bytes: id.as_bytes().to_vec(), key: "k1".to_owned() },
        not_after: None,
        created_at: at(made),
    }
}

/// A message of `acme` that was made at the beginning of its second.
pub fn message(number: u32, kind: &str) -> Message {
    Message {
        id: format!("msg_{number:05}"),
        org_id: "acme".to_owned(),
        kind: kind.to_owned(),
        order_key: None,
        payload: format!("{{\"n\":{number}}}"),
        created_at: at(i64::from(number)),
    }
}

/// The same, in the order of a key.
pub fn keyed(number: u32, key: &str) -> Message {
    Message { order_key: Some(key.to_owned()), ..message(number, "sync.complete") }
}

/// Publishes them without keys.
pub async fn publish(store: &Store, new: &[Message], now: Timestamp) -> Publication {
    let new: Vec<(Message, Option<Idempotency>)> = new.iter().map(|one| (one.clone(), None)).collect();
    in_tx(store, async |tx| messages::publish(tx, &new, None, now).await).await
}

/// Publishes messages with these numbers, all of one kind.
pub async fn publish_many(store: &Store, numbers: std::ops::Range<u32>, now: Timestamp) {
    let new: Vec<Message> = numbers.map(|number| message(number, "sync.complete")).collect();
    publish(store, &new, now).await;
}

/// Claims for a minute.
pub async fn claim(store: &Store, endpoint_id: &str, owner: &str, now: Timestamp, limit: u32) -> Vec<Claim> {
    let ask = [Ask { endpoint_id: endpoint_id.to_owned(), limit, bytes: u64::MAX }];
    let until = now.plus(Duration::from_secs(60));
    in_tx(store, async |tx| deliveries::claim(tx, &ask, owner, now, until).await).await
}

/// Their messages, without what all ids have.
pub fn numbers(claims: &[Claim]) -> Vec<u32> {
    claims.iter().map(|claim| claim.message_id["msg_".len()..].parse().unwrap()).collect()
}

/// An attempt at a claimed delivery that took 20 ms.
pub fn attempt(claim: &Claim, began: Timestamp, status: Option<u16>) -> Attempt {
    Attempt {
        message_id: claim.message_id.clone(),
        endpoint_id: claim.endpoint_id.clone(),
        at: began,
        latency: Duration::from_millis(20),
        status,
        headers: status.map(|_| "{}".to_owned()),
        body: status.map(|_| "ok".to_owned()),
        error: status.is_none().then(|| "no connection".to_owned()),
    }
}

/// What came of it.
pub fn settlement(claim: &Claim, began: Timestamp, outcome: Outcome) -> Settlement {
    let status = match outcome {
        Outcome::Delivered => Some(200),
        Outcome::Retry(_) | Outcome::Failed => Some(500),
    };
    Settlement { attempt: attempt(claim, began, status), outcome, order_key: claim.order_key.clone() }
}

/// Settles all of them alike; answers how many changed.
pub async fn settle(store: &Store, claims: &[Claim], owner: &str, outcome: Outcome, now: Timestamp) -> u64 {
    let all: Vec<Settlement> = claims.iter().map(|claim| settlement(claim, now, outcome)).collect();
    in_tx(store, async |tx| deliveries::settle(tx, owner, &all, now).await).await
}

/// The delivery of a message to an endpoint.
pub async fn delivery(store: &Store, number: u32, endpoint_id: &str) -> Delivery {
    let id = format!("msg_{number:05}");
    deliveries::get(store, &Scope::All, &id, endpoint_id).await.unwrap().expect("there is one")
}

/// Endpoint and message of every delivery to these endpoints, with its state.
pub async fn all_deliveries(store: &Store, endpoint_ids: &[&str]) -> Vec<(String, String, State)> {
    let mut found = Vec::new();
    for endpoint_id in endpoint_ids {
        let filter = deliveries::Filter::All(None);
        let page = deliveries::of_endpoint(store, &Scope::All, endpoint_id, &filter, 100_000).await.unwrap();
        found.extend(page.into_iter().map(|one| (one.endpoint_id, one.message_id, one.state)));
    }
    found.sort();
    found
}
