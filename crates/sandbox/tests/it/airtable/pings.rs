//! Pings: signed, repeated for about a day, then given up (Airtable facts 7).

use super::Desk;
use crate::support::receiver::Receiver;
use data_encoding::{BASE64, HEXLOWER};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;
use std::time::Duration;

struct Hook {
    desk: Desk,
    receiver: Receiver,
    path: String,
    secret: String,
}

impl Hook {
    async fn new() -> Self {
        let receiver = Receiver::start().await;
        let url = receiver.url("/hook");
        Self::at(receiver, &url).await
    }

    async fn at(receiver: Receiver, url: &str) -> Self {
        let desk = Desk::new().await;
        let specification = json!({"options": {"filters": {"dataTypes": ["tableData"]}}});
        let body = json!({"notificationUrl": url, "specification": specification});
        let created = desk.post("/bases/{base}/webhooks", body).await.expect(200);
        let text = |key: &str| created[key].as_str().expect("text").to_owned();
        let path = format!("/bases/{{base}}/webhooks/{}", text("id"));
        Self { path, secret: text("macSecretBase64"), desk, receiver }
    }

    async fn change(&self) {
        self.desk.record("Companies", json!({"Name": "x"})).await;
        self.desk.sandbox.settle().await;
    }

    async fn state(&self) -> Value {
        self.desk.get("/bases/{base}/webhooks").await.expect(200)["webhooks"][0].clone()
    }

    fn id(&self) -> &str {
        self.path.rsplit('/').next().expect("an id")
    }
}

fn mac(secret: &str, body: &[u8]) -> String {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(&BASE64.decode(secret.as_bytes()).expect("base64")).expect("any key");
    mac.update(body);
    format!("hmac-sha256={}", HEXLOWER.encode(&mac.finalize().into_bytes()))
}

#[tokio::test]
async fn a_change_is_pinged_without_data_and_signed() {
    let hook = Hook::new().await;
    hook.change().await;
    let pings = hook.receiver.take();
    assert_eq!(pings.len(), 1);
    let ping = &pings[0];
    let body = json!({"base": {"id": hook.desk.base}, "webhook": {"id": hook.id()}, "timestamp": "2026-01-01T00:00:00.000Z"});
    assert_eq!((ping.uri.as_str(), ping.json()), ("/hook", body));
    assert_eq!(ping.header("x-airtable-content-mac"), mac(&hook.secret, &ping.body));
    assert_eq!(ping.header("content-type"), "application/json");
    let state = hook.state().await;
    assert_eq!(state["lastSuccessfulNotificationTime"], "2026-01-01T00:00:00.000Z");
    let result = json!({"success": true, "completionTimestamp": "2026-01-01T00:00:00.000Z", "durationMs": 0, "retryNumber": 0});
    assert_eq!(state["lastNotificationResult"], result);
}

#[tokio::test]
async fn a_failed_ping_is_tried_again_after_ten_seconds_then_twice_as_long() {
    let hook = Hook::new().await;
    hook.receiver.answer_with([500, 201, 204]);
    hook.change().await;
    let result = hook.state().await["lastNotificationResult"].clone();
    assert_eq!(
        (&result["success"], &result["retryNumber"], &result["willBeRetried"]),
        (&json!(false), &json!(0), &json!(true))
    );
    assert!(result["error"]["message"].as_str().expect("text").contains("500"));
    assert_eq!(hook.receiver.take().len(), 1);
    hook.desk.sandbox.advance(Duration::from_millis(9_999)).await;
    assert!(hook.receiver.take().is_empty());
    hook.desk.sandbox.advance(Duration::from_millis(1)).await;
    assert_eq!(hook.receiver.take()[0].json()["timestamp"], "2026-01-01T00:00:10.000Z");
    hook.desk.sandbox.advance(Duration::from_secs(20)).await;
    assert_eq!(hook.receiver.take().len(), 1);
    let result = hook.state().await["lastNotificationResult"].clone();
    assert_eq!((&result["success"], &result["retryNumber"]), (&json!(true), &json!(2)));
    hook.desk.sandbox.advance(Duration::from_secs(86_400)).await;
    assert!(hook.receiver.take().is_empty());
}

#[tokio::test]
async fn after_thirteen_retries_notifications_are_disabled_and_payloads_go_on() {
    let hook = Hook::new().await;
    hook.receiver.answer_with([500; 14]);
    hook.change().await;
    hook.desk.sandbox.advance(Duration::from_secs(81_909)).await;
    assert_eq!(
        (hook.receiver.take().len(), hook.state().await["areNotificationsEnabled"].clone()),
        (13, json!(true))
    );
    hook.desk.sandbox.advance(Duration::from_secs(1)).await;
    assert_eq!(hook.receiver.take().len(), 1);
    let state = hook.state().await;
    assert_eq!((&state["areNotificationsEnabled"], &state["isHookEnabled"]), (&json!(false), &json!(true)));
    assert_eq!(state["lastNotificationResult"]["willBeRetried"], false);
    hook.change().await;
    assert!(hook.receiver.take().is_empty());
    let payloads = hook.desk.get(&format!("{}/payloads", hook.path)).await.expect(200);
    assert_eq!(payloads["payloads"].as_array().map(Vec::len), Some(2));
    let enabled =
        hook.desk.post(&format!("{}/enableNotifications", hook.path), json!({"enable": true})).await;
    assert_eq!((enabled.status, enabled.body.as_str()), (200, ""));
    hook.change().await;
    assert_eq!(hook.receiver.take().len(), 1);
}

#[tokio::test]
async fn notifications_can_be_switched_off() {
    let hook = Hook::new().await;
    let path = format!("{}/enableNotifications", hook.path);
    hook.desk.post(&path, json!({"enable": false})).await.expect(200);
    hook.change().await;
    assert!(hook.receiver.take().is_empty());
    for wrong in [json!({}), json!({"enable": "no"})] {
        hook.desk.post(&path, wrong).await.expect(422);
    }
    hook.desk
        .post("/bases/{base}/webhooks/ach00000000000000/enableNotifications", json!({"enable": true}))
        .await
        .expect(403);
}

#[tokio::test]
async fn changes_within_a_moment_can_share_a_ping() {
    let hook = Hook::new().await;
    hook.change().await;
    hook.change().await;
    assert_eq!(hook.receiver.take().len(), 2, "by default every change has its own");
    hook.desk.set(json!({"webhooks": {"coalesce_ms": 1_000}})).await;
    hook.change().await;
    hook.change().await;
    assert!(hook.receiver.take().is_empty());
    hook.desk.sandbox.advance(Duration::from_secs(1)).await;
    assert_eq!(hook.receiver.take().len(), 1);
    hook.change().await;
    hook.desk.sandbox.advance(Duration::from_secs(1)).await;
    assert_eq!(hook.receiver.take().len(), 1);
}

#[tokio::test]
async fn pings_can_be_about_nothing() {
    let hook = Hook::new().await;
    hook.desk.edit(json!({"action": "ping", "webhook": hook.id()})).await;
    hook.desk.sandbox.settle().await;
    assert_eq!(hook.receiver.take().len(), 1);
    hook.desk.set(json!({"webhooks": {"spurious_chance": 1.0}})).await;
    hook.change().await;
    assert_eq!(hook.receiver.take().len(), 2);
}

#[tokio::test]
async fn an_expired_webhook_is_pinged_no_more() {
    let hook = Hook::new().await;
    hook.receiver.answer_with([500; 20]);
    hook.desk.sandbox.advance(Duration::from_secs(7 * 86_400 - 1)).await;
    hook.change().await;
    assert_eq!(hook.receiver.take().len(), 1);
    hook.desk.sandbox.advance(Duration::from_secs(86_400)).await;
    assert!(hook.receiver.take().is_empty());
}

#[tokio::test]
async fn a_wrong_signature_on_demand_does_not_fit() {
    let hook = Hook::new().await;
    hook.desk
        .sandbox
        .fault(json!({"provider": "airtable", "times": 1, "effect": {"kind": "wrong_signature"}}))
        .await;
    hook.change().await;
    let ping = hook.receiver.take().remove(0);
    assert!(ping.header("x-airtable-content-mac").starts_with("hmac-sha256="));
    assert_ne!(ping.header("x-airtable-content-mac"), mac(&hook.secret, &ping.body));
}

#[tokio::test]
async fn a_receiver_that_is_too_slow_has_failed() {
    // Connections are taken by the machine, and nobody ever answers.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}/", silent.local_addr().expect("bound"));
    let hook = Hook::at(Receiver::start().await, &url).await;
    hook.desk.set(json!({"webhooks": {"timeout_secs": 0}})).await;
    hook.change().await;
    let result = hook.state().await["lastNotificationResult"].clone();
    assert_eq!(result["willBeRetried"], true);
    assert!(result["error"]["message"].as_str().expect("text").contains("no answer within"), "{result}");
}
