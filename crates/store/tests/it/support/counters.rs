//! What behaviours of counters are written with.

use super::at;
use super::jobs::in_tx;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use std::collections::BTreeMap;
use std::time::Duration;
use syncline_core::counters::change::{Bounds, Change};
use syncline_core::counters::definition::Definition;
use syncline_core::counters::push::{Answer, Next, Property, Push, Seen, Stage, Terms, Told, Way};
use syncline_core::schedule::RetryPolicy;
use syncline_core::time::Timestamp;
use syncline_store::counters::changes::{self, Idempotency, Item, Outcome, Request, Rules};
use syncline_store::counters::definitions::{self, Kept, State, Stored};
use syncline_store::counters::pushes::{self, Ask, Claim, Report, Settled};
use syncline_store::counters::{self, Counter};
use syncline_store::{Scope, Store};

/// A definition of an organization.
pub fn definition(id: &str, org_id: &str, name: &str) -> Stored {
    let body = serde_json::json!({
        "name": name, "connection_id": "con_1", "object_type": "2-50158913", "property": "total_bookings",
        "target": {"kind": "trigger"},
    });
    let definition: Definition = serde_json::from_value(body).unwrap();
    Stored {
        id: id.to_owned(),
        org_id: org_id.to_owned(),
        definition,
        secrets: None,
        trigger_shown: None,
        state: State::Active,
        reason: None,
        reconcile_at: Some(at(3_600)),
        created_at: at(0),
        updated_at: at(0),
        version: 1,
    }
}

/// Keeps it.
pub async fn make(store: &Store, new: &Stored) {
    assert_eq!(in_tx(store, async |tx| definitions::create(tx, new).await).await, Kept::Done);
}

/// The rules of a definition whose calls go this way.
pub fn rules(first: Way) -> Rules {
    let second = Duration::from_secs(1);
    let retries = RetryPolicy { base: second, factor: 2, cap: second * 60, max_attempts: 9 };
    let (window, settle) = (second, second * 64);
    let push = Terms { first, second: None, window, settle, retries, rounds: 3 };
    Rules { bounds: Bounds { minimum: 0 }, push }
}

/// The rules of every definition that is spoken of.
pub fn all_rules() -> BTreeMap<String, Rules> {
    ["ctr_1", "ctr_2", "ctr_3"].map(|id| (id.to_owned(), rules(Way::Trigger))).into()
}

/// A change of a counter of the first definition.
pub fn item(key: &str, change: Change) -> Item {
    Item { definition_id: "ctr_1".to_owned(), key: key.to_owned(), change: Ok(change) }
}

/// A request of `acme`.
pub fn request(id: &str, items: &[Item]) -> Request {
    Request {
        id: id.to_owned(),
        org_id: "acme".to_owned(),
        idempotency: None,
        items: items.to_vec(),
        source: "api",
    }
}

/// The same, with an idempotency key.
pub fn keyed(id: &str, key: &str, items: &[Item]) -> Request {
    let body = format!("{items:?}");
    Request { idempotency: Idempotency::new(key, body.as_bytes()), ..request(id, items) }
}

/// Carries them out.
pub async fn apply(store: &Store, requests: &[Request], now: Timestamp) -> Vec<Outcome> {
    in_tx(store, async |tx| changes::apply(tx, requests, &all_rules(), now).await).await
}

/// Changes one counter of the first definition.
pub async fn change(store: &Store, key: &str, change: Change, now: Timestamp) {
    apply(store, &[request("req", &[item(key, change)])], now).await;
}

/// The counter of the first definition that is there.
pub async fn counter(store: &Store, key: &str) -> Counter {
    counters::get(store, &Scope::All, "ctr_1", key).await.unwrap().expect("there is one")
}

/// Claims of the first definition, for half a minute.
pub async fn claim(store: &Store, stage: Stage, owner: &str, now: Timestamp, limit: u32) -> Vec<Claim> {
    let rules = rules(Way::Trigger);
    let asks = [Ask { definition_id: "ctr_1", version: 1, stage, terms: &rules.push, limit }];
    let until = now.plus(Duration::from_secs(30));
    in_tx(store, async |tx| pushes::claim(tx, &asks, owner, now, until).await).await
}

/// Their keys.
pub fn keys(claims: &[Claim]) -> Vec<&str> {
    claims.iter().map(|claim| claim.key.as_str()).collect()
}

/// What happened to a counter of the first definition, after 20 ms, under the lease `w`.
pub fn report(key: &str, told: Told) -> Report {
    let (definition_id, latency) = ("ctr_1".to_owned(), Duration::from_millis(20));
    Report { definition_id, key: key.to_owned(), told, latency, lease: "w".to_owned() }
}

/// The same, under another lease.
pub fn under(lease: &str, reports: &[Report]) -> Vec<Report> {
    reports.iter().map(|one| Report { lease: lease.to_owned(), ..one.clone() }).collect()
}

/// That the trigger took it.
pub fn accepted(key: &str) -> Report {
    report(key, Told::Answer(Answer::Accepted))
}

/// That the property shows a number.
pub fn shows(key: &str, number: i64, sent: Timestamp) -> Report {
    report(key, Told::Look(Seen { property: Property::Number(number), at: sent }))
}

/// Settles what was claimed under `lease`, by the usual rules.
pub async fn settle(store: &Store, lease: &str, reports: &[Report], now: Timestamp) -> Vec<Settled> {
    let reports = under(lease, reports);
    in_tx(store, async |tx| pushes::settle(tx, &reports, decide(now), now).await).await
}

/// The usual rules, with dice that fall the same way every time.
pub fn decide(now: Timestamp) -> impl FnMut(&str, &mut Push, i64, Told) -> Next {
    let (terms, mut dice) = (rules(Way::Trigger).push, StdRng::seed_from_u64(7));
    move |_, push, value, told| push.told(value, told, &terms, now, &mut dice)
}

/// Takes one counter of the first definition from a change at `second` to shown, a few seconds later.
pub async fn push_through(store: &Store, key: &str, second: i64) {
    assert_eq!(keys(&claim(store, Stage::Trigger, "w", at(second + 1), 1).await), [key]);
    settle(store, "w", &[accepted(key)], at(second + 2)).await;
    assert_eq!(keys(&claim(store, Stage::Look, "w", at(second + 4), 1).await), [key]);
    let value = counter(store, key).await.value;
    settle(store, "w", &[shows(key, value, at(second + 4))], at(second + 5)).await;
}
