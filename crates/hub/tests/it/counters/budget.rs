//! What an account's triggers are called, all processes together.

use super::scene::Scene;
use crate::support::REDIS;
use crate::support::wait::until;
use redis::AsyncCommands as _;
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;
use syncline_core::budget::Rate;
use syncline_core::secret::Secret;
use syncline_hub::call::budget::{Aside, Budgets, Whose};
use syncline_providers::connect::Credential;
use syncline_store::testing::service;
use tokio::task::JoinSet;

/// Redis, where other tests' budgets are not: each of these accounts is the same in every sandbox.
fn server(test: &str) -> Option<reqwest::Url> {
    let mut url: reqwest::Url = service("SYNCLINE_TEST_REDIS_URL", test)?.parse().unwrap();
    url.set_path("/9");
    Some(url)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn workers_that_ask_at_once_share_the_places_of_one_limit() {
    let Some(url) = server("workers share the triggers' budget") else { return };
    let url = Secret::new(url.to_string());
    let limit = Aside { name: "triggers", rate: Rate { calls: 25, span: Duration::from_secs(3_600) } };
    let whose = Whose {
        provider: "hubspot",
        account: format!("triggers-{}", std::process::id()),
        credential: Credential::Key,
        org_id: "acme".to_owned(),
        purpose: "counters",
    };
    let mut workers = JoinSet::new();
    for _ in 0..4 {
        let (budgets, whose) = (Budgets::new(BTreeMap::new(), Some(&url)).unwrap(), whose.clone());
        workers.spawn(async move {
            let (mut permits, mut waits) = (Vec::new(), Vec::new());
            for _ in 0..25 {
                match budgets.try_permit(&whose, limit).await {
                    Ok(permit) => permits.push(permit),
                    Err(wait) => waits.push(wait),
                }
            }
            (budgets, permits, waits)
        });
    }
    let workers = workers.join_all().await;
    let granted: usize = workers.iter().map(|(_, permits, _)| permits.len()).sum();
    assert_eq!(granted, 25, "all of them, and no more");
    let waits: Vec<Duration> = workers.iter().flat_map(|(_, _, waits)| waits.clone()).collect();
    assert!(waits.iter().all(|wait| *wait > Duration::ZERO), "whoever found none is told when to come back");
    for (budgets, permits, _) in workers {
        permits.into_iter().for_each(syncline_hub::call::budget::Permit::answered);
        assert!(budgets.try_permit(&whose, limit).await.is_err(), "an answer does not free a place");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn three_hubs_call_an_accounts_triggers_no_more_often_together_than_one_may() {
    const CALLS: usize = 7;
    let Some(url) = server("three hubs share the triggers' budget") else { return };
    let _alone = REDIS.lock().await;
    let mut redis =
        redis::Client::open(url.as_str()).unwrap().get_multiplexed_async_connection().await.unwrap();
    let window = "syncline:budget:hubspot:62515:triggers:";
    let () = redis.del(window).await.unwrap();
    let settings =
        [("counters.account_calls", "7"), ("providers.hubspot.budget", "1.0"), ("redis.url", url.as_str())];
    let mut hubs = Vec::new();
    for _ in 0..3 {
        // Each has a database and a HubSpot of its own; the account is the same.
        let said = json!({ "target": { "kind": "trigger" }, "window_ms": 0 });
        hubs.push(Scene::with(10, said, &settings).await);
    }
    let mut clock = redis.clone();
    let mut now = async || {
        let (seconds, _): (u64, u64) = redis::cmd("TIME").query_async(&mut clock).await.unwrap();
        seconds
    };
    let begun = now().await;
    for hub in &hubs {
        hub.book(&hub.exams).await;
    }
    let mut counting = redis.clone();
    until("the places are taken", async || {
        let taken: usize = counting.zcard(window).await.unwrap();
        assert!(taken <= CALLS, "{taken}");
        (taken == CALLS).then_some(())
    })
    .await;
    let mut called = 0;
    for hub in &hubs {
        called += hub.triggered().await;
    }
    // A place is free again ten seconds after its answer.
    let spans = usize::try_from(now().await - begun).unwrap() / 10 + 1;
    assert!(called <= CALLS * spans, "{called} of thirty in {spans} spans");
    for hub in &hubs {
        let failed: u32 = hub.counters().await.iter().map(|counter| counter.push.failures).sum();
        assert_eq!(failed, 0, "what there is no room for has not failed");
    }
}
