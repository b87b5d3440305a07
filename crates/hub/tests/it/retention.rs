//! Old events and old parked jobs go, and only those.

use crate::support::wait::until;
use crate::support::{START, TestHub, change};
use serde_json::Value;
use std::time::Duration;
use syncline_core::time::{Clock as _, Timestamp};

const DAY: Duration = Duration::from_secs(24 * 3_600);

async fn store(hub: &TestHub, numbers: std::ops::Range<u32>, at: Timestamp) {
    let events: Vec<Value> = numbers.map(|n| change(n, at, n, "firstname", "Zoë")).collect();
    for delivery in events.chunks(500) {
        hub.deliver(&Value::from(delivery).to_string()).await;
    }
}

async fn jobs(hub: &TestHub, state: &str) -> Vec<Value> {
    hub.get(&format!("/v1/jobs?state={state}")).await.json()["data"].as_array().unwrap().clone()
}

async fn events(hub: &TestHub) -> Vec<Value> {
    hub.get("/v1/events?limit=500").await.json()["data"].as_array().unwrap().clone()
}

/// The housekeeping, waiting for its next time.
async fn housekeeping(hub: &TestHub, next: Timestamp) {
    until("the housekeeping waits for its next time", async || {
        let waiting = jobs(hub, "waiting").await;
        let found = waiting.iter().find(|job| job["kind"] == "retention")?;
        (found["run_at"] == next.to_string()).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_old_goes_batch_by_batch_and_the_rest_stays() {
    let settings = [("retention.events", "30d"), ("retention.parked", "30d"), ("jobs.poll", "10ms")];
    let hub = TestHub::start(&settings).await;
    // More than two batches.
    store(&hub, 0..2_300, START).await;
    hub.deliver("[{\"note\":\"old\"}]").await;
    housekeeping(&hub, START.plus(Duration::from_secs(3_600))).await;
    assert_eq!(jobs(&hub, "parked").await.len(), 1);

    hub.clock.advance(30 * DAY);
    // Too old to the millisecond is not yet too old.
    housekeeping(&hub, hub.clock.now().plus(Duration::from_secs(3_600))).await;
    assert_eq!(events(&hub).await.len(), 500);
    assert_eq!(jobs(&hub, "parked").await.len(), 1);

    store(&hub, 5_000..5_003, hub.clock.now()).await;
    hub.deliver("[{\"note\":\"new\"}]").await;
    hub.clock.advance(Duration::from_secs(3_600));
    until("the old events are gone", async || (events(&hub).await.len() == 3).then_some(())).await;
    housekeeping(&hub, hub.clock.now().plus(Duration::from_secs(3_600))).await;
    let parked = jobs(&hub, "parked").await;
    assert_eq!(parked.len(), 1);
    assert_eq!(parked[0]["payload"]["raw"], "{\"note\":\"new\"}");
}

#[tokio::test(flavor = "multi_thread")]
async fn by_default_everything_is_kept() {
    let hub = TestHub::start(&[("jobs.poll", "10ms")]).await;
    store(&hub, 0..3, START).await;
    hub.clock.advance(3_650 * DAY);
    housekeeping(&hub, hub.clock.now().plus(Duration::from_secs(3_600))).await;
    assert_eq!(events(&hub).await.len(), 3);
}
