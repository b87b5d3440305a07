//! Snapshots.

use super::super::webhooks::scene::ACME;
use super::reader::{Reader, SNAPSHOTS};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

async fn ask(reader: &Reader, object: u64) -> String {
    let body = json!({"snapshotRequests": [
        {"portalId": ACME, "objectId": object, "objectTypeId": "0-1", "properties": ["firstname", "phone"]},
    ]});
    let asked = reader.call(Method::POST, &format!("{SNAPSHOTS}/crm"), Some(&body)).await.expect(200);
    let response = &asked["snapshotResponses"][0];
    assert_eq!((&response["portalId"], &response["objectId"]), (&json!(ACME), &json!(object)));
    response["snapshotStatusId"].as_str().expect("a text").to_owned()
}

async fn status(reader: &Reader, id: &str) -> Value {
    reader.get(&format!("{SNAPSHOTS}/status/{id}")).await.expect(200)["status"].clone()
}

#[tokio::test]
async fn a_snapshot_puts_the_record_into_the_journal() {
    let reader = Reader::ready().await;
    let id = reader.scene.create("contacts", json!({"firstname": "Ann"})).await;
    let snapshot = ask(&reader, id).await;
    assert_eq!(status(&reader, &snapshot).await, "PENDING");
    reader.scene.sandbox.advance(Duration::from_secs(1)).await;
    assert_eq!(status(&reader, &snapshot).await, "IN_PROGRESS");
    reader.scene.sandbox.advance(Duration::from_secs(1)).await;
    assert_eq!(status(&reader, &snapshot).await, "SUCCESS");
    let events = reader.latest().await;
    assert_eq!((&events[0]["action"], &events[0]["objectId"]), (&json!("SNAPSHOT"), &json!(id)));
    assert_eq!(events[0]["propertyChanges"], json!({"firstname": "Ann", "phone": ""}));
}

#[tokio::test]
async fn a_snapshot_of_nothing_fails_and_statuses_expire() {
    let reader = Reader::ready().await;
    let snapshot = ask(&reader, 5).await;
    reader.scene.sandbox.advance(Duration::from_secs(2)).await;
    assert_eq!(status(&reader, &snapshot).await, "FAILED");
    assert!(reader.latest().await.is_empty());
    reader.scene.sandbox.advance(Duration::from_secs(3 * 86_400)).await;
    let later = Reader::of(reader.scene).await;
    assert_eq!(status(&later, &snapshot).await, "EXPIRED");
    later.get(&format!("{SNAPSHOTS}/status/nonsense")).await.expect(404);
}

#[tokio::test]
async fn requests_for_snapshots_that_make_no_sense_are_refused() {
    let reader = Reader::ready().await;
    for wrong in [
        json!({}),
        json!({"snapshotRequests": [{"portalId": ACME}]}),
        json!({"snapshotRequests": [{"portalId": ACME, "objectId": 1, "objectTypeId": "contacts"}]}),
    ] {
        reader.call(Method::POST, &format!("{SNAPSHOTS}/crm"), Some(&wrong)).await.expect(400);
    }
}
