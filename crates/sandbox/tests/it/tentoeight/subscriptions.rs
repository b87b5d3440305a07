//! Subscriptions: listed, created, deleted (10to8 facts 6).

use super::{Clinic, SUBSCRIPTIONS};
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn subscriptions_coexist_until_they_are_deleted() {
    let clinic = Clinic::start().await;
    let body = json!({"callback_url": "https://hub.example/a", "scope": "customer"});
    let created = clinic.post(SUBSCRIPTIONS, &body).await;
    let uri = clinic.sandbox.url("/tentoeight/api/enterprise/v2/subscription/11/");
    let first = json!({"resource_uri": uri, "callback_url": "https://hub.example/a", "scope": "customer"});
    assert_eq!((created.expect(201), created.header("location")), (first.clone(), uri.as_str()));
    let second = clinic.subscribe("https://hub.example/a").await;
    let listed = clinic.get(SUBSCRIPTIONS).await.expect(200);
    assert_eq!((&listed["results"][0], &listed["results"][1]["resource_uri"]), (&first, &json!(second)));
    assert_eq!(listed["next"], json!(null));
    assert_eq!(clinic.delete(&uri).await.status, 204);
    clinic.delete(&uri).await.expect(404);
    let listed = clinic.get(SUBSCRIPTIONS).await.expect(200);
    assert_eq!(listed["results"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_page_of_subscriptions_points_to_the_next() {
    let clinic = Clinic::start().await;
    for path in ["a", "b", "c"] {
        clinic.subscribe(&format!("https://hub.example/{path}")).await;
    }
    let first = clinic.get(&format!("{SUBSCRIPTIONS}?limit=2")).await.expect(200);
    for one in first["results"].as_array().expect("results") {
        clinic.delete(one["resource_uri"].as_str().expect("a URI")).await.expect(204);
    }
    let rest = clinic.get(first["next"].as_str().expect("a URI")).await.expect(200);
    assert_eq!(rest["results"][0]["callback_url"], "https://hub.example/c");
}

#[tokio::test]
async fn a_wrong_subscription_is_refused_by_field() {
    let clinic = Clinic::start().await;
    let wrong =
        clinic.post(SUBSCRIPTIONS, &json!({"callback_url": "hub", "scope": "staff"})).await.expect(400);
    let expected =
        json!({"callback_url": ["Enter a valid URL."], "scope": ["\"staff\" is not a valid choice."]});
    assert_eq!(wrong, expected);
    let missing = clinic.post(SUBSCRIPTIONS, &json!({"scope": null})).await.expect(400);
    let expected =
        json!({"callback_url": ["This field is required."], "scope": ["This field may not be null."]});
    assert_eq!(missing, expected);
    assert_eq!(clinic.get(SUBSCRIPTIONS).await.expect(200)["results"], json!([]));
}

#[tokio::test]
async fn how_many_which_and_how_long_is_as_set() {
    let clinic = Clinic::start().await;
    let rules = json!({"unique": true, "max": 2, "lifetime_ms": 60_000, "https_only": true,
        "scopes": ["customer", "booking"], "create_reply": "empty_object"});
    clinic.set(json!({ "subscriptions": rules })).await;
    let body = |path: &str, scope: &str| json!({"callback_url": format!("https://hub.example/{path}"), "scope": scope});
    assert_eq!(clinic.post(SUBSCRIPTIONS, &body("a", "customer")).await.expect(201), json!({}));
    let twice = clinic.post(SUBSCRIPTIONS, &body("a", "customer")).await.expect(400);
    assert_eq!(twice["non_field_errors"], json!(["The fields callback_url, scope must make a unique set."]));
    clinic.post(SUBSCRIPTIONS, &body("a", "booking")).await.expect(201);
    let third = clinic.post(SUBSCRIPTIONS, &body("b", "customer")).await.expect(400);
    assert_eq!(third["non_field_errors"], json!(["There are too many subscriptions."]));
    let plain = json!({"callback_url": "http://hub.example/", "scope": "customer"});
    assert_eq!(
        clinic.post(SUBSCRIPTIONS, &plain).await.expect(400),
        json!({"callback_url": ["Enter a valid URL."]})
    );
    clinic.sandbox.advance(Duration::from_secs(60)).await;
    assert_eq!(clinic.get(SUBSCRIPTIONS).await.expect(200)["results"], json!([]));
    clinic.post(SUBSCRIPTIONS, &body("a", "customer")).await.expect(201);
}
