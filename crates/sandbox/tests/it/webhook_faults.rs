//! Webhooks that go wrong on purpose, shown on 10to8's, the plainest of all, and on HubSpot's where a signature matters.

use crate::support::TestSandbox;
use crate::support::receiver::Receiver;
use serde_json::{Value, json};
use std::time::Duration;

const CUSTOMERS: &str = "/tentoeight/api/enterprise/v2/customer/";

/// A sandbox whose first 10to8 organization tells `receiver` of its customers.
async fn subscribed(receiver: &Receiver) -> TestSandbox {
    let sandbox = TestSandbox::start().await;
    let body = json!({"callback_url": receiver.url("/hook"), "scope": "customer"});
    let request = sandbox.request(reqwest::Method::POST, "/tentoeight/api/enterprise/v2/subscription/");
    let key = sandbox.credentials()["tentoeight"]["organizations"][0]["api_key"]
        .as_str()
        .expect("a key")
        .to_owned();
    let answer =
        crate::support::send(request.header("Authorization", format!("token {key}")).json(&body)).await;
    assert!((200..300).contains(&answer.status), "{}", answer.body);
    sandbox.settle().await;
    receiver.take();
    sandbox
}

async fn create(sandbox: &TestSandbox, name: &str) -> Value {
    sandbox.edit("tentoeight", json!({"action": "create", "name": name})).await
}

/// Runs what is due, coalescing windows included.
async fn deliver(sandbox: &TestSandbox) {
    sandbox.advance(Duration::from_secs(5)).await;
}

#[tokio::test]
async fn a_duplicated_webhook_comes_again_with_the_same_bytes() {
    let receiver = Receiver::start().await;
    let sandbox = subscribed(&receiver).await;
    sandbox
        .fault(json!({"provider": "tentoeight", "times": 1, "effect": {"kind": "duplicate", "copies": 2}}))
        .await;
    create(&sandbox, "Ada").await;
    deliver(&sandbox).await;
    let bodies: Vec<_> = receiver.take().into_iter().map(|received| received.body).collect();
    assert_eq!(bodies.len(), 3);
    assert!(bodies.iter().all(|body| *body == bodies[0]), "{bodies:?}");
}

#[tokio::test]
async fn a_dropped_webhook_never_comes_and_is_not_tried_again() {
    let receiver = Receiver::start().await;
    let sandbox = subscribed(&receiver).await;
    sandbox.fault(json!({"provider": "tentoeight", "times": 1, "effect": {"kind": "drop"}})).await;
    create(&sandbox, "Ada").await;
    sandbox.advance(Duration::from_secs(86_400)).await;
    assert_eq!(receiver.take().len(), 0);
    let calls = sandbox.get("/_sandbox/requests?provider=tentoeight&direction=out").await.expect(200);
    let last = calls["requests"].as_array().expect("a list").last().expect("it is on record").clone();
    assert_eq!((&last["status"], &last["note"]), (&Value::Null, &json!("dropped on purpose")));
}

#[tokio::test]
async fn a_delayed_webhook_comes_when_its_time_has_come() {
    let receiver = Receiver::start().await;
    let sandbox = subscribed(&receiver).await;
    sandbox
        .fault(json!({"provider": "tentoeight", "times": 1, "effect": {"kind": "delay", "ms": 600_000}}))
        .await;
    create(&sandbox, "Ada").await;
    deliver(&sandbox).await;
    assert_eq!(receiver.take().len(), 0, "not yet");
    sandbox.advance(Duration::from_secs(600)).await;
    assert_eq!(receiver.take().len(), 1);
}

#[tokio::test]
async fn a_reordered_webhook_comes_after_the_one_that_follows() {
    let receiver = Receiver::start().await;
    let sandbox = subscribed(&receiver).await;
    sandbox.fault(json!({"provider": "tentoeight", "times": 1, "effect": {"kind": "reorder"}})).await;
    let first = create(&sandbox, "Ada").await;
    deliver(&sandbox).await;
    assert_eq!(receiver.take().len(), 0, "it is held back");
    let second = create(&sandbox, "Grace").await;
    deliver(&sandbox).await;
    let items: Vec<Value> =
        receiver.take().iter().map(|received| received.json()["items"][0].clone()).collect();
    assert_eq!(items, [second["resource_uri"].clone(), first["resource_uri"].clone()]);
}

#[tokio::test]
async fn a_malformed_webhook_breaks_off_in_the_middle() {
    let receiver = Receiver::start().await;
    let sandbox = subscribed(&receiver).await;
    sandbox.fault(json!({"provider": "tentoeight", "times": 1, "effect": {"kind": "malformed"}})).await;
    create(&sandbox, "Ada").await;
    deliver(&sandbox).await;
    let received = receiver.take();
    assert_eq!(received.len(), 1);
    assert!(serde_json::from_slice::<Value>(&received[0].body).is_err(), "{:?}", received[0].body);
}

#[tokio::test]
async fn a_receiver_that_cannot_be_reached_is_on_record_with_the_reason() {
    let receiver = Receiver::start().await;
    let sandbox = subscribed(&receiver).await;
    drop(receiver);
    create(&sandbox, "Ada").await;
    deliver(&sandbox).await;
    let calls = sandbox.get("/_sandbox/requests?provider=tentoeight&direction=out").await.expect(200);
    let last = calls["requests"].as_array().expect("a list").last().expect("it is on record").clone();
    assert_eq!(last["status"], Value::Null);
    assert!(last["note"].as_str().expect("a reason").contains("connect"), "{last}");
}

#[tokio::test]
async fn while_time_runs_what_falls_due_runs_by_itself() {
    let receiver = Receiver::start().await;
    let sandbox = subscribed(&receiver).await;
    sandbox
        .fault(json!({"provider": "tentoeight", "times": 1, "effect": {"kind": "delay", "ms": 3_600_000}}))
        .await;
    create(&sandbox, "Ada").await;
    let speed = json!({"speed": 1_000_000.0});
    crate::support::send(sandbox.request(reqwest::Method::PUT, "/_sandbox/clock").json(&speed))
        .await
        .expect(200);
    let arrived = tokio::time::timeout(Duration::from_secs(20), async {
        while receiver.take().is_empty() {
            tokio::task::yield_now().await;
        }
    });
    arrived.await.expect("an hour passes in milliseconds");
    sandbox.request(reqwest::Method::GET, CUSTOMERS).send().await.expect("it goes on answering");
}
