//! Installs and uninstalls: the only place that tells of them (HubSpot facts 1.7).

use super::super::webhooks::scene::{ACME, APP, Scene};
use super::reader::{Reader, SUBSCRIPTIONS};
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn apps_come_and_go_in_the_journal() {
    let reader = Reader::of(Scene::bare().await).await;
    for (event, action) in [("4-1909196", "APP_INSTALL"), ("4-1916193", "APP_UNINSTALL")] {
        let body =
            json!({"subscriptionType": "APP_LIFECYCLE_EVENT", "eventTypeId": event, "actions": [action]});
        reader.call(Method::POST, SUBSCRIPTIONS, Some(&body)).await.expect(200);
    }
    reader.scene.install(ACME, "").await;
    let installed = reader.latest().await;
    assert_eq!(installed.len(), 1);
    let event = &installed[0];
    assert_eq!((&event["type"], &event["action"]), (&json!("app_lifecycle_event"), &json!("APP_INSTALL")));
    assert_eq!((&event["portalId"], &event["objectTypeId"]), (&json!(ACME), &json!("4-1909196")));
    assert_eq!(event["objectId"], json!(APP));
    reader.scene.edit(json!({"action": "uninstall", "portal_id": ACME, "app_id": APP})).await;
    let gone = reader.latest().await;
    assert_eq!(
        (&gone[0]["action"], &gone[0]["objectTypeId"]),
        (&json!("APP_UNINSTALL"), &json!("4-1916193"))
    );
}

#[tokio::test]
async fn who_did_not_ask_is_not_told() {
    let reader = Reader::of(Scene::bare().await).await;
    let body = json!({"subscriptionType": "APP_LIFECYCLE_EVENT", "eventTypeId": "4-1916193"});
    reader.call(Method::POST, SUBSCRIPTIONS, Some(&body)).await.expect(200);
    reader.scene.install(ACME, "").await;
    assert!(reader.latest().await.is_empty());
}
