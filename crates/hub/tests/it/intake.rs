//! Webhooks in: accepted, stored, readable; refused, and nothing stored.

use crate::support::{SECRET, START, TestHub, change, sign};

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_delivery_becomes_events_one_can_read() {
    let hub = TestHub::start(&[]).await;
    let body = serde_json::json!([
        change(1, START, 123, "firstname", "Zoë"),
        change(2, START, 123, "lastname", "M")
    ]);
    hub.deliver(&body.to_string()).await;
    let page = hub.get("/v1/events?order=asc").await.json();
    let values: Vec<_> =
        page["data"].as_array().unwrap().iter().map(|e| e["raw"]["propertyValue"].clone()).collect();
    assert_eq!(values.len(), 2);
    assert!(values.contains(&"Zoë".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_signature_is_refused_and_stores_nothing() {
    let hub = TestHub::start(&[]).await;
    let body = serde_json::json!([change(1, START, 123, "firstname", "Zoë")]).to_string();
    let (timestamp, signature) = sign("another secret", "/webhooks/hubspot/main", &body, START);
    let request = hub
        .request(reqwest::Method::POST, "/webhooks/hubspot/main")
        .header("x-hubspot-signature-v3", signature)
        .header("x-hubspot-request-timestamp", timestamp)
        .body(body);
    let answer = hub.send(request).await;
    assert_eq!((answer.status, answer.code().as_str()), (401, "signature_mismatch"));
    assert!(!String::from_utf8_lossy(&answer.body).contains(SECRET));
    hub.settled().await;
    assert_eq!(hub.get("/v1/status").await.json()["events"]["last_seq"], 0);
}
