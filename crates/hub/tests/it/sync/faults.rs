//! Bad days: whatever both providers and the network between do on the way, and whatever people do meanwhile on both sides, in the
//! end both sides agree, or it is written down why not; nobody is there twice, and nothing that somebody typed is lost.
//!
//! `SYNCLINE_TEST_SEEDS=100` tries so many histories instead of the usual few, from `SYNCLINE_TEST_SEED` on.

mod account;
mod people;

use super::scene::Synced;
use account::Account;
use people::People;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::{Value, json};
use std::time::Duration;
use syncline_hub::sync::run::{Wanted, WantedReading};
use syncline_hub::sync::{self as hub_sync};
use syncline_store::runs::Trigger;

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// What goes wrong with calls to a provider, each with its chance, for a few dozen of them.
fn calls(rng: &mut StdRng, provider: &str) -> Vec<Value> {
    let effects = [
        json!({"kind": "server_error", "status": 502}),
        json!({"kind": "server_error", "status": 500}),
        json!({"kind": "html", "status": 503}),
        json!({"kind": "html", "status": 404}),
        json!({"kind": "cut"}),
        json!({"kind": "lost_answer"}),
        json!({"kind": "half_answer"}),
        json!({"kind": "rate_limited", "retry_after": 1}),
    ];
    let mut rules = vec![
        json!({"provider": provider, "chance": 0.08, "times": 20, "effect": {"kind": "server_error", "status": 503}}),
    ];
    for _ in 0..4 {
        let effect = effects.choose(rng).unwrap();
        let (skip, times): (u32, u32) = (rng.random_range(0..12), rng.random_range(1..4));
        rules.push(json!({"provider": provider, "skip": skip, "times": times, "effect": effect}));
    }
    // The calls that must not be made twice get a share of their own.
    let create = if provider == "hubspot" { "*/batch/create" } else { "*/customer/" };
    let effect = effects[4..7].choose(rng).unwrap();
    let (skip, times): (u32, u32) = (rng.random_range(0..3), rng.random_range(1..3));
    rules.push(json!({"provider": provider, "method": "POST", "path": create, "skip": skip, "times": times, "effect": effect}));
    rules
}

/// What goes wrong with webhooks.
fn webhooks(rng: &mut StdRng) -> Vec<Value> {
    let effects = [
        json!({"kind": "drop"}),
        json!({"kind": "duplicate", "copies": 2}),
        json!({"kind": "reorder"}),
        json!({"kind": "delay", "ms": 15_000}),
    ];
    let mut rules = Vec::new();
    for effect in &effects {
        if rng.random_ratio(1, 2) {
            rules.push(json!({"chance": 0.3, "effect": effect}));
        }
    }
    rules
}

/// One history, from nobody to the end.
async fn storm(seed: u64) {
    let mut rng = StdRng::seed_from_u64(seed);
    // What is part of a merge shows itself as one meanwhile.
    let synced = Synced::start(0, &[("sync.deletion_delay", "10s")]).await;
    let mut people = People::new(&synced).await;
    for _ in 0..12 {
        people.was_there(&mut rng).await;
    }
    for round in 0..3 {
        for rule in calls(&mut rng, "hubspot")
            .into_iter()
            .chain(calls(&mut rng, "tentoeight"))
            .chain(webhooks(&mut rng))
        {
            synced.joined.fault(rule).await;
        }
        if round == 0 || rng.random_ratio(1, 2) {
            let reading = if rng.random_ratio(1, 3) && round > 0 {
                WantedReading::Changes
            } else {
                WantedReading::Full
            };
            let wanted = Wanted { reading, ..Wanted::default() };
            hub_sync::request(&synced.joined.hub.cx, &synced.sync, Trigger::Manual, &wanted).await.unwrap();
        }
        for _ in 0..12 {
            people.act(&mut rng).await;
            synced.joined.advance(Duration::from_millis(rng.random_range(50..4_000))).await;
            tokio::time::sleep(Duration::from_millis(rng.random_range(0..25))).await;
        }
        synced.joined.advance(Duration::from_secs(30)).await;
    }
    synced.well().await;
    settled(&synced).await;
    synced.run().await;
    let account = Account::of(&synced).await;
    account.agrees(seed);
    account.misses_nobody(seed);
    account.has_nobody_twice(&people, seed);
    account.has_all_that_was_typed(&people, seed);
    let again = synced.run().await;
    assert_eq!((again.calls.left, again.calls.right), (0, 0), "seed {seed}: a second run wrote: {again:?}");
}

/// The run that is under way has ended, however.
async fn settled(synced: &Synced) {
    let store = &synced.joined.hub.cx.store;
    if let Some(run) = syncline_store::syncs::runs::unfinished(store, &synced.sync.id).await.unwrap() {
        synced.ended(&run.id).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_sides_agree_after_every_history_and_every_schedule_of_faults() {
    let first = number("SYNCLINE_TEST_SEED", 0);
    for seed in first..first + number("SYNCLINE_TEST_SEEDS", 2) {
        storm(seed).await;
    }
}
