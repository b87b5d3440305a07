//! Subscriptions (HubSpot facts 6.1, 6.2).

use super::scene::Scene;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

async fn create(scene: &Scene, body: Value) -> crate::support::Answer {
    scene.hooks(Method::POST, "/subscriptions", Some(&body)).await
}

#[tokio::test]
async fn a_subscription_is_made_inactive_shown_changed_and_deleted() {
    let scene = Scene::bare().await;
    let body = json!({"eventType": "contact.propertyChange", "propertyName": "email"});
    let made = create(&scene, body).await.expect(201);
    let id = made["id"].as_str().expect("a text").to_owned();
    let expected = json!({
        "id": id, "eventType": "contact.propertyChange", "propertyName": "email", "active": false,
        "createdAt": "2026-01-01T00:00:00.000Z",
    });
    assert_eq!(made, expected);
    let path = format!("/subscriptions/{id}");
    assert_eq!(scene.hooks(Method::GET, &path, None).await.expect(200), expected);
    scene.sandbox.advance(Duration::from_secs(1)).await;
    let patch = json!({"active": true, "eventType": "deal.creation", "propertyName": "phone"});
    let changed = scene.hooks(Method::PATCH, &path, Some(&patch)).await.expect(200);
    assert_eq!(
        (&changed["active"], &changed["eventType"], &changed["propertyName"], &changed["updatedAt"]),
        (&json!(true), &json!("contact.propertyChange"), &json!("email"), &json!("2026-01-01T00:00:01.000Z"))
    );
    scene.hooks(Method::PATCH, &path, Some(&json!({"active": "yes"}))).await.expect(400);
    let gone = scene.hooks(Method::DELETE, &path, None).await;
    assert_eq!((gone.status, gone.body.as_str()), (204, ""));
    for (method, body) in
        [(Method::GET, None), (Method::DELETE, None), (Method::PATCH, Some(json!({"active": true})))]
    {
        scene.hooks(method, &path, body.as_ref()).await.expect(404);
    }
    scene.hooks(Method::GET, "/subscriptions/abc", None).await.expect(404);
    assert_eq!(scene.hooks(Method::GET, "/subscriptions", None).await.expect(200), json!({"results": []}));
}

#[tokio::test]
async fn every_event_type_can_be_subscribed_to() {
    let scene = Scene::bare().await;
    let mut names = vec!["contact.privacyDeletion".to_owned(), "event.completed".to_owned()];
    for object in ["contact", "company", "deal", "ticket", "product", "line_item", "object"] {
        let kinds = ["creation", "deletion", "merge", "restore", "propertyChange", "associationChange"];
        let some = kinds.iter().filter(|kind| object != "product" || **kind != "associationChange");
        names.extend(some.map(|kind| format!("{object}.{kind}")));
    }
    for kind in ["creation", "deletion", "newMessage", "privacyDeletion", "propertyChange"] {
        names.push(format!("conversation.{kind}"));
    }
    assert_eq!(names.len(), 48);
    for name in &names {
        let mut body = json!({"eventType": name, "active": true});
        if name.ends_with("propertyChange") {
            body["propertyName"] = json!("status");
        }
        if name.starts_with("object") {
            body["objectTypeId"] = json!("2-50158913");
        }
        let made = create(&scene, body.clone()).await.expect(201);
        for key in ["eventType", "propertyName", "objectTypeId", "active"] {
            assert_eq!(made.get(key), body.get(key), "{name}");
        }
    }
    let listed = scene.hooks(Method::GET, "/subscriptions", None).await.expect(200);
    assert_eq!(listed["results"].as_array().expect("a list").len(), 48);
}

#[tokio::test]
async fn what_cannot_be_subscribed_to_is_refused() {
    let scene = Scene::bare().await;
    for wrong in [
        json!({}),
        json!({"eventType": "contact.install"}),
        json!({"eventType": "form.submission"}),
        json!({"eventType": "contact.propertyChange"}),
        json!({"eventType": "contact.propertyChange", "propertyName": "hs_lastmodifieddate"}),
        json!({"eventType": "contact.propertyChange", "propertyName": "num_unique_conversion_events"}),
        json!({"eventType": "contact.creation", "objectTypeId": "0-1"}),
        json!({"eventType": "object.creation", "objectTypeId": "people"}),
        json!({"eventType": "contact.creation", "active": 1}),
    ] {
        let refused = create(&scene, wrong.clone()).await.expect(400);
        assert_eq!(refused["category"], "VALIDATION_ERROR", "{wrong}");
    }
    assert_eq!(scene.hooks(Method::GET, "/subscriptions", None).await.expect(200), json!({"results": []}));
}

#[tokio::test]
async fn the_same_subscription_again_names_the_one_that_is_there() {
    let scene = Scene::bare().await;
    let body = json!({"eventType": "contact.propertyChange", "propertyName": "email"});
    let id = create(&scene, body.clone()).await.expect(201)["id"].as_str().expect("a text").to_owned();
    let refused = create(&scene, body.clone()).await.expect(409);
    let list = refused["context"]["subscriptionIds"][0].as_str().expect("a text");
    let ids: Vec<u64> = serde_json::from_str(list).expect("a list in a text");
    assert_eq!(ids, [id.parse::<u64>().expect("a number")]);
    let other = json!({"eventType": "contact.propertyChange", "propertyName": "phone"});
    create(&scene, other).await.expect(201);
    scene.set(json!({"duplicate_status": 400, "duplicate_message": "There already."})).await;
    let refused = create(&scene, body).await.expect(400);
    assert_eq!(
        (&refused["message"], &refused["category"]),
        (&json!("There already."), &json!("VALIDATION_ERROR"))
    );
}

#[tokio::test]
async fn an_app_has_a_thousand_subscriptions_and_no_more() {
    let scene = Scene::bare().await;
    for number in 0..1000 {
        let body = json!({"eventType": "contact.propertyChange", "propertyName": format!("p{number}")});
        create(&scene, body).await.expect(201);
    }
    let refused = create(&scene, json!({"eventType": "contact.creation"})).await.expect(400);
    assert_eq!(
        refused["message"],
        "Couldn't create another subscription. You've reached the maximum number allowed per application (1000)."
    );
    assert!(refused["requestId"].is_string() && refused["correlationId"].is_string(), "{refused}");
    assert!(refused.get("category").is_none(), "{refused}");
}

#[tokio::test]
async fn many_are_switched_at_once_and_unknown_ones_are_named() {
    let scene = Scene::bare().await;
    let one = scene.subscribe(json!({"eventType": "contact.creation"})).await;
    let two = scene.subscribe(json!({"eventType": "contact.deletion"})).await;
    let batch = |inputs: Value| json!({ "inputs": inputs });
    let path = "/subscriptions/batch/update";
    let body = batch(json!([{"id": one, "active": false}, {"id": two, "active": false}]));
    let done = scene.hooks(Method::POST, path, Some(&body)).await.expect(200);
    assert_eq!(done["status"], "COMPLETE");
    assert!(done["startedAt"].is_string() && done["completedAt"].is_string());
    let active: Vec<&Value> =
        done["results"].as_array().expect("a list").iter().map(|some| &some["active"]).collect();
    assert_eq!(active, [&json!(false), &json!(false)]);
    let body = batch(json!([{"id": 4567, "active": true}, {"id": two, "active": true}]));
    let partly = scene.hooks(Method::POST, path, Some(&body)).await.expect(207);
    assert_eq!(partly["numErrors"], 1);
    assert_eq!(partly["errors"][0]["category"], "SUBSCRIPTION_ID_NOT_FOUND");
    assert_eq!(partly["errors"][0]["message"], "Failed to find subscriptions by id `4567`.");
    assert_eq!(partly["results"][0]["id"], json!(two.to_string()));
    for wrong in [
        json!({}),
        batch(json!([{"id": one.to_string(), "active": true}])),
        batch(json!([{"id": one}])),
        batch(json!([one])),
    ] {
        scene.hooks(Method::POST, path, Some(&wrong)).await.expect(400);
    }
    let shown = scene.hooks(Method::GET, &format!("/subscriptions/{one}"), None).await.expect(200);
    assert_eq!(shown["active"], false);
}
