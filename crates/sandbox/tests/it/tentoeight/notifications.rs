//! Notifications: what they say, when they come, and when they come again (10to8 facts 6).

use super::{CUSTOMERS, Clinic};
use crate::support::receiver::{Received, Receiver};
use serde_json::{Value, json};
use std::time::Duration;

const A_SECOND: Duration = Duration::from_secs(1);

fn items(received: &[Received]) -> Vec<Value> {
    received.iter().map(|one| one.json()["items"].clone()).collect()
}

#[tokio::test]
async fn a_notification_names_the_scope_and_the_uris_and_nothing_else() {
    let clinic = Clinic::start().await;
    let receiver = Receiver::start().await;
    clinic.subscribe(&receiver.url("/tento?from=10to8")).await;
    let (ada, byron) = (clinic.customer("Ada").await, clinic.customer("Byron").await);
    clinic.patch(&ada, &json!({"name": "Ada L"})).await.expect(200);
    assert!(receiver.take().is_empty());
    clinic.sandbox.advance(A_SECOND).await;
    let received = receiver.take();
    assert_eq!(received.len(), 1);
    assert_eq!(received[0].json(), json!({"scope": "customer", "items": [ada, byron]}));
    assert_eq!(received[0].uri, "/tento?from=10to8");
    assert_eq!(received[0].header("content-type"), "application/json");
    // No signature, no secret, no agent.
    let mut headers: Vec<&str> = received[0].headers.keys().map(http::HeaderName::as_str).collect();
    headers.sort_unstable();
    assert_eq!(headers, ["accept", "content-length", "content-type", "host"]);
}

#[tokio::test]
async fn create_update_and_delete_look_alike() {
    let clinic = Clinic::start().await;
    let receiver = Receiver::start().await;
    clinic.subscribe(&receiver.url("/")).await;
    let uri = clinic.customer("Ada").await;
    clinic.sandbox.advance(A_SECOND).await;
    clinic.patch(&uri, &json!({"custom_fields": {"Sync Status": "x"}})).await.expect(200);
    clinic.sandbox.advance(A_SECOND).await;
    clinic.delete(&uri).await.expect(204);
    clinic.sandbox.advance(A_SECOND).await;
    let received = receiver.take();
    assert_eq!(received.len(), 3);
    for one in received {
        assert_eq!(one.json(), json!({"scope": "customer", "items": [uri]}));
    }
}

#[tokio::test]
async fn a_user_and_a_password_in_the_callback_become_basic_auth() {
    let clinic = Clinic::start().await;
    let receiver = Receiver::start().await;
    let callback = receiver.url("/tento").replace("http://", "http://hub:s%40cret@");
    clinic.subscribe(&callback).await;
    clinic.customer("Ada").await;
    clinic.sandbox.advance(A_SECOND).await;
    // "hub:s@cret"
    assert_eq!(receiver.take()[0].header("authorization"), "Basic aHViOnNAY3JldA==");
    let record = clinic.sandbox.get("/_sandbox/requests?direction=out").await.expect(200);
    assert_eq!(record["requests"][0]["path"], json!(receiver.url("/tento")));
}

#[tokio::test]
async fn a_notification_that_failed_comes_again_four_times_and_is_then_dropped() {
    let clinic = Clinic::start().await;
    let receiver = Receiver::start().await;
    clinic.subscribe(&receiver.url("/")).await;
    receiver.answer_with([500, 404, 302, 410, 503]);
    let uri = clinic.customer("Ada").await;
    clinic.sandbox.advance(A_SECOND).await;
    let body = json!({"scope": "customer", "items": [uri]});
    assert_eq!(receiver.take().len(), 1);
    for wait in [10, 60, 300, 1800] {
        clinic.sandbox.advance(Duration::from_secs(wait - 1)).await;
        assert!(receiver.take().is_empty(), "before {wait} s");
        clinic.sandbox.advance(A_SECOND).await;
        let again = receiver.take();
        assert_eq!((again.len(), again[0].json()), (1, body.clone()), "after {wait} s");
    }
    clinic.sandbox.advance(Duration::from_secs(86_400)).await;
    assert!(receiver.take().is_empty());
    // The subscription is kept.
    clinic.patch(&uri, &json!({"name": "Ada L"})).await.expect(200);
    clinic.sandbox.advance(A_SECOND).await;
    assert_eq!(receiver.take().len(), 1);
}

#[tokio::test]
async fn a_success_ends_the_retries() {
    let clinic = Clinic::start().await;
    let receiver = Receiver::start().await;
    clinic.subscribe(&receiver.url("/")).await;
    receiver.answer_with([500, 204]);
    clinic.customer("Ada").await;
    clinic.sandbox.advance(Duration::from_secs(86_400)).await;
    assert_eq!(receiver.take().len(), 2);
}

#[tokio::test]
async fn who_does_not_answer_in_time_is_asked_again() {
    let clinic = Clinic::start().await;
    let settings = clinic.sandbox.get("/_sandbox/settings").await.expect(200);
    assert_eq!(settings["tentoeight"]["notifications"]["timeout_ms"], 5000);
    // Connections are taken by the system, and nobody ever answers.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let callback = format!("http://{}/", silent.local_addr().expect("bound"));
    clinic.subscribe(&callback).await;
    clinic.set(json!({"notifications": {"timeout_ms": 50, "retry_after_ms": [10_000]}})).await;
    clinic.customer("Ada").await;
    clinic.sandbox.advance(Duration::from_secs(20)).await;
    let record = clinic.sandbox.get("/_sandbox/requests?direction=out").await.expect(200);
    let tries = record["requests"].as_array().expect("requests");
    assert_eq!(tries.len(), 2, "{record}");
    for one in tries {
        assert_eq!((&one["status"], &one["note"]), (&json!(null), &json!("no answer within 50 ms")));
    }
}

#[tokio::test]
async fn a_deleted_subscription_gets_nothing_more_not_even_retries() {
    let clinic = Clinic::start().await;
    let receiver = Receiver::start().await;
    let subscription = clinic.subscribe(&receiver.url("/")).await;
    receiver.answer_with([500]);
    clinic.customer("Ada").await;
    clinic.sandbox.advance(A_SECOND).await;
    assert_eq!(receiver.take().len(), 1);
    clinic.customer("Byron").await;
    clinic.delete(&subscription).await.expect(204);
    clinic.sandbox.advance(Duration::from_secs(86_400)).await;
    assert!(receiver.take().is_empty());
}

#[tokio::test]
async fn what_counts_as_failure_and_what_follows_the_last_one_is_set() {
    let clinic = Clinic::start().await;
    let receiver = Receiver::start().await;
    let subscription = clinic.subscribe(&receiver.url("/")).await;
    let rules = json!({"success_up_to": 499, "retry_after_ms": [5_000], "remove_after_last": true});
    clinic.set(json!({ "notifications": rules })).await;
    receiver.answer_with([404, 500, 500]);
    clinic.customer("Ada").await;
    clinic.sandbox.advance(Duration::from_secs(60)).await;
    assert_eq!(receiver.take().len(), 1);
    clinic.customer("Byron").await;
    clinic.sandbox.advance(Duration::from_secs(60)).await;
    assert_eq!(receiver.take().len(), 2);
    clinic.delete(&subscription).await.expect(404);
}

#[tokio::test]
async fn changes_come_together_or_each_by_itself_as_set() {
    let clinic = Clinic::start().await;
    let receiver = Receiver::start().await;
    clinic.subscribe(&receiver.url("/")).await;
    clinic.set(json!({"notifications": {"coalesce_ms": 0}})).await;
    let ada = clinic.customer("Ada").await;
    clinic.patch(&ada, &json!({"name": "Ada L"})).await.expect(200);
    clinic.sandbox.settle().await;
    assert_eq!(items(&receiver.take()), [json!([ada]), json!([ada])]);
    clinic.set(json!({"notifications": {"coalesce_ms": 5_000, "max_items": 2}})).await;
    let mut uris = Vec::new();
    for name in ["Byron", "Clara", "Dora"] {
        uris.push(clinic.customer(name).await);
    }
    clinic.sandbox.advance(Duration::from_secs(5)).await;
    assert_eq!(items(&receiver.take()), [json!(uris[..2]), json!(uris[2..])]);
}

#[tokio::test]
async fn own_writes_and_writes_that_change_nothing_are_told_as_set() {
    let clinic = Clinic::start().await;
    let receiver = Receiver::start().await;
    clinic.subscribe(&receiver.url("/")).await;
    let uri = clinic.customer("Ada").await;
    clinic.sandbox.advance(A_SECOND).await;
    clinic.patch(&uri, &json!({"name": "Ada"})).await.expect(200);
    clinic.sandbox.advance(A_SECOND).await;
    assert_eq!(receiver.take().len(), 2);
    clinic.set(json!({"notifications": {"unchanged_writes": false}})).await;
    clinic.patch(&uri, &json!({"name": "Ada"})).await.expect(200);
    clinic.sandbox.advance(A_SECOND).await;
    assert!(receiver.take().is_empty());
    clinic.set(json!({"notifications": {"own_writes": false}})).await;
    clinic.patch(&uri, &json!({"name": "Ada L"})).await.expect(200);
    clinic.customer("Byron").await;
    clinic.delete(&uri).await.expect(204);
    clinic.sandbox.advance(A_SECOND).await;
    assert!(receiver.take().is_empty());
    clinic.edit(json!({"action": "create", "name": "Clara"})).await;
    clinic.sandbox.advance(A_SECOND).await;
    assert_eq!(receiver.take().len(), 1);
}

#[tokio::test]
async fn notifications_overtake_each_other_and_come_twice_as_set() {
    let clinic = Clinic::start().await;
    let receiver = Receiver::start().await;
    clinic.subscribe(&receiver.url("/")).await;
    clinic.set(json!({"notifications": {"coalesce_ms": 0, "jitter_ms": 60_000, "twice_chance": 1.0}})).await;
    let mut uris = Vec::new();
    for number in 0..10 {
        uris.push(clinic.customer(&number.to_string()).await);
    }
    clinic.sandbox.advance(Duration::from_secs(60)).await;
    let arrived: Vec<String> =
        items(&receiver.take()).iter().map(|items| items[0].as_str().expect("one").to_owned()).collect();
    assert_eq!(arrived.len(), 20);
    for uri in &uris {
        assert_eq!(arrived.iter().filter(|other| *other == uri).count(), 2);
    }
    assert!(!arrived.is_sorted(), "{arrived:?}");
}

#[tokio::test]
async fn a_ping_without_items_and_a_user_agent_come_as_set() {
    let clinic = Clinic::start().await;
    let receiver = Receiver::start().await;
    clinic.set(json!({"subscriptions": {"ping": true}, "notifications": {"user_agent": "10to8/2"}})).await;
    clinic.subscribe(&receiver.url("/")).await;
    clinic.sandbox.settle().await;
    let received = receiver.take();
    assert_eq!(received[0].json(), json!({"scope": "customer"}));
    assert_eq!(received[0].header("user-agent"), "10to8/2");
}

#[tokio::test]
async fn only_the_scope_and_the_organization_subscribed_to_are_told() {
    let clinic = Clinic::start().await;
    let receiver = Receiver::start().await;
    clinic.set(json!({"subscriptions": {"scopes": ["customer", "staff"]}})).await;
    let body = json!({"callback_url": receiver.url("/staff"), "scope": "staff"});
    clinic.post(super::SUBSCRIPTIONS, &body).await.expect(201);
    let other = Clinic { key: super::key(&clinic.sandbox, 1), ..clinic };
    other.subscribe(&receiver.url("/other")).await;
    let uri = other.customer("Eve").await;
    let clinic = Clinic { key: super::key(&other.sandbox, 0), ..other };
    clinic.customer("Ada").await;
    clinic.sandbox.advance(A_SECOND).await;
    let received = receiver.take();
    assert_eq!(items(&received), [json!([uri])]);
    assert_eq!(received[0].uri, "/other");
}

#[tokio::test]
async fn what_was_on_its_way_before_a_reset_never_arrives() {
    let clinic = Clinic::start().await;
    let receiver = Receiver::start().await;
    clinic.subscribe(&receiver.url("/")).await;
    clinic.customer("Ada").await;
    clinic.sandbox.post("/_sandbox/reset", &json!({})).await.expect(200);
    clinic.subscribe(&receiver.url("/")).await;
    clinic.sandbox.advance(Duration::from_secs(3600)).await;
    assert!(receiver.take().is_empty());
    assert_eq!(clinic.get(CUSTOMERS).await.expect(200)["results"], json!([]));
}
