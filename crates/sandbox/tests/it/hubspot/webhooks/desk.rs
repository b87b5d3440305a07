//! What a developer does in HubSpot's own pages: the test button, declared webhooks, conversations, signatures to compare.

use super::scene::{ACME, APP, Scene};
use reqwest::Method;
use serde_json::{Value, json};

const TEST: &str = "/_sandbox/hubspot/webhooks/test";

#[tokio::test]
async fn the_test_button_sends_a_sample_and_shows_the_answer() {
    let scene = Scene::ready().await;
    scene.receiver.answer_with([418]);
    let id = scene.subscribe(json!({"eventType": "contact.propertyChange", "propertyName": "email"})).await;
    let shown = scene.sandbox.post(TEST, &json!({"subscription_id": id})).await.expect(200);
    assert_eq!(shown["status"], 418);
    let received = scene.receiver.take().remove(0);
    let expected = format!(
        r#"[{{"eventId":100,"subscriptionId":{id},"portalId":{ACME},"appId":{APP},"occurredAt":1767225600000,"subscriptionType":"contact.propertyChange","attemptNumber":0,"objectId":123,"propertyName":"email","propertyValue":"sample-value","changeSource":"CRM"}}]"#
    );
    assert_eq!(std::str::from_utf8(&received.body).expect("UTF-8"), expected);
    assert_eq!(received.header("x-hubspot-signature").len(), 64);
    assert!(scene.after(std::time::Duration::from_secs(86_400)).await.is_empty(), "a test is not repeated");
}

#[tokio::test]
async fn samples_are_flagged_new_and_vary_as_they_were_seen_to() {
    let scene = Scene::ready().await;
    let sample = async |event_type: &str| {
        let shown = scene.sandbox.post(TEST, &json!({"event_type": event_type})).await.expect(200);
        shown["sent"][0].clone()
    };
    assert_eq!(sample("contact.creation").await["changeFlag"], "NEW");
    assert_eq!(sample("contact.deletion").await["changeFlag"], "DELETED");
    assert_eq!(sample("contact.creation").await["appId"], json!(APP));
    scene.set(json!({"test_app_id_chance": 0.0, "test_event_id_is_text": true})).await;
    let odd = sample("contact.creation").await;
    assert_eq!((odd.get("appId"), &odd["eventId"]), (None, &json!("100")));
}

#[tokio::test]
async fn the_test_button_needs_to_know_what_and_where() {
    let scene = Scene::bare().await;
    let refuse = async |body: Value, status: u16| {
        scene.sandbox.post(TEST, &body).await.expect(status);
    };
    refuse(json!({"event_type": "contact.creation"}), 422).await;
    let url = scene.receiver.url("/t");
    refuse(json!({"target_url": url}), 422).await;
    refuse(json!({"target_url": url, "event_type": "contact.install"}), 422).await;
    refuse(json!({"target_url": url, "subscription_id": 1}), 404).await;
    refuse(json!({"target_url": url, "event_type": "contact.creation", "app_id": 1}), 404).await;
    refuse(json!({"target_url": url, "event_type": "contact.creation"}), 200).await;
    let nowhere = json!({"target_url": "http://127.0.0.1:9/", "event_type": "contact.creation"});
    let shown = scene.sandbox.post(TEST, &nowhere).await.expect(200);
    assert!(shown["status"].is_null() && shown["failed"].is_string(), "{shown}");
}

#[tokio::test]
async fn conversations_are_told_of_to_apps_that_may_read_them() {
    let scene = Scene::bare().await;
    let mut scopes = scene.app["optional_scopes"].as_array().expect("a list").clone();
    scopes.push(json!("conversations.read"));
    let patch = json!({"optional_scopes": scopes});
    let path = format!("/_sandbox/hubspot/apps/{APP}");
    crate::support::send(scene.sandbox.request(Method::PATCH, &path).json(&patch)).await.expect(200);
    scene.target(&scene.receiver.url("/in"), 10).await;
    scene.subscribe(json!({"eventType": "conversation.newMessage"})).await;
    scene.subscribe(json!({"eventType": "conversation.propertyChange", "propertyName": "status"})).await;
    let happen = async |what: Value| {
        let mut body = json!({"portal_id": ACME, "thread_id": 900});
        body.as_object_mut().expect("an object").extend(what.as_object().expect("an object").clone());
        scene.sandbox.post("/_sandbox/hubspot/webhooks/conversations", &body).await
    };
    scene.install(ACME, "crm.objects.contacts.read").await;
    assert_eq!(happen(json!({"what": "newMessage"})).await.expect(200)["events"], 0);
    scene.install(ACME, "conversations.read").await;
    happen(json!({"what": "newMessage", "message_id": "m1", "comment": true})).await.expect(200);
    happen(json!({"what": "creation"})).await.expect(200);
    let told = scene.events().await;
    assert_eq!(told.len(), 1);
    assert_eq!(
        (&told[0]["objectId"], &told[0]["messageId"], &told[0]["messageType"]),
        (&json!(900), &json!("m1"), &json!("COMMENT"))
    );
    let change = json!({"what": "propertyChange", "property_name": "status", "property_value": "CLOSED"});
    happen(change).await.expect(200);
    assert_eq!(scene.events().await[0]["propertyValue"], "CLOSED");
    happen(json!({"what": "merge"})).await.expect(422);
    happen(json!({"what": "propertyChange"})).await.expect(422);
    happen(json!({"what": "creation", "portal_id": 1})).await.expect(404);
}

#[tokio::test]
async fn declared_webhooks_are_told_but_cannot_be_changed_through_the_api() {
    let scene = Scene::ready().await;
    let hsmeta = json!({"uid": "hooks", "type": "webhooks", "config": {
        "settings": {"targetUrl": scene.receiver.url("/declared"), "maxConcurrentRequests": 20},
        "subscriptions": {"crmObjects": [
            {"subscriptionType": "object.creation", "objectType": "contact", "active": true},
        ]},
    }});
    let path = "/_sandbox/hubspot/webhooks/hsmeta";
    let shown = scene.sandbox.post(path, &json!({"hsmeta": hsmeta})).await.expect(200);
    let id = shown["subscriptions"][0]["id"].as_str().expect("a text").to_owned();
    scene.create("contacts", json!({"email": "a@b.example"})).await;
    let received = scene.delivered().await.remove(0);
    assert_eq!((received.uri.as_str(), &received.json()[0]["objectTypeId"]), ("/declared", &json!("0-1")));
    let target = json!({"targetUrl": "https://h.example/"});
    scene.hooks(Method::PUT, "/settings", Some(&target)).await.expect(403);
    scene.hooks(Method::DELETE, "/settings", None).await.expect(403);
    let new = json!({"eventType": "contact.deletion"});
    scene.hooks(Method::POST, "/subscriptions", Some(&new)).await.expect(403);
    scene.hooks(Method::DELETE, &format!("/subscriptions/{id}"), None).await.expect(403);
    scene.hooks(Method::GET, &format!("/subscriptions/{id}"), None).await.expect(200);
    scene.sandbox.post(path, &json!({"hsmeta": null})).await.expect(200);
    scene.hooks(Method::DELETE, &format!("/subscriptions/{id}"), None).await.expect(204);
    let wrong = json!({"hsmeta": {"config": {"settings": {}, "subscriptions": {}}}});
    scene.sandbox.post(path, &wrong).await.expect(422);
}

#[tokio::test]
async fn signatures_can_be_compared_with_ones_own() {
    let scene = Scene::bare().await;
    let sign = async |body: Value| scene.sandbox.post("/_sandbox/hubspot/webhooks/sign", &body).await;
    let url = "https://app.example.com/h?at=09%3A30";
    let three = sign(json!({"version": 3, "url": url, "body": "[]"})).await.expect(200);
    assert_eq!(three["uri"], "https://app.example.com/h?at=09:30");
    assert_eq!(three["timestamp"], json!(1_767_225_600_000_i64));
    let same = sign(json!({"version": 3, "url": three["uri"], "body": "[]"})).await.expect(200);
    assert_eq!(three["signature"], same["signature"]);
    let one = sign(json!({"version": 1, "body": "[]"})).await.expect(200);
    let two = sign(json!({"version": 2, "url": url, "body": "[]"})).await.expect(200);
    assert_ne!(one["signature"], two["signature"]);
    sign(json!({"version": 4})).await.expect(422);
}

#[tokio::test]
async fn the_overview_shows_settings_subscriptions_and_what_waits() {
    let scene = Scene::ready().await;
    scene.subscribe(json!({"eventType": "contact.creation"})).await;
    let id = scene.create("contacts", json!({"email": "a@b.example"})).await;
    let overview = scene.overview().await;
    let app = &overview["apps"][0];
    assert_eq!(
        (&app["app_id"], &app["paused"], &app["declared"]),
        (&json!(APP), &json!(false), &json!(false))
    );
    assert_eq!(app["subscriptions"][0]["eventType"], "contact.creation");
    let pending = &overview["deliveries"][0]["pending"];
    assert_eq!(pending[0]["event"]["objectId"], json!(id));
    scene.delivered().await;
    let overview = scene.overview().await;
    assert_eq!(overview["deliveries"][0]["pending"], json!([]));
    assert_eq!(
        (&overview["counts"]["delivered_requests"], &overview["counts"]["delivered_events"]),
        (&json!(1), &json!(1))
    );
}
