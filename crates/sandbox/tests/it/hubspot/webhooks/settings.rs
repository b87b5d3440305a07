//! `GET`, `PUT` and `DELETE` of `settings` (HubSpot facts 6.1).

use super::scene::Scene;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

const PREFIXES: [&str; 5] = [
    "/webhooks/v3",
    "/app-webhooks/2025-09",
    "/webhooks/2026-03",
    "/app-webhooks/2026-09",
    "/app-webhooks/2027-03-beta",
];

#[tokio::test]
async fn settings_are_the_same_below_every_prefix() {
    let scene = Scene::bare().await;
    for (prefix, other) in PREFIXES.iter().zip(PREFIXES.iter().cycle().skip(1)) {
        let missing = scene.hooks_at(prefix, Method::GET, "/settings", None).await.expect(404);
        assert_eq!(missing["status"], "error", "{missing}");
        let body = json!({"targetUrl": "https://h.example/in", "throttling": {"maxConcurrentRequests": 20}});
        let put = scene.hooks_at(prefix, Method::PUT, "/settings", Some(&body)).await.expect(200);
        let expected = json!({
            "targetUrl": "https://h.example/in", "throttling": {"maxConcurrentRequests": 20},
            "createdAt": "2026-01-01T00:00:00.000Z",
        });
        assert_eq!(put, expected);
        assert_eq!(scene.hooks_at(other, Method::GET, "/settings", None).await.expect(200), expected);
        let gone = scene.hooks_at(prefix, Method::DELETE, "/settings", None).await;
        assert_eq!((gone.status, gone.body.as_str()), (204, ""));
    }
}

#[tokio::test]
async fn prefixes_that_belong_to_other_versions_are_unknown() {
    let scene = Scene::bare().await;
    for prefix in ["/app-webhooks/v3", "/app-webhooks/2026-03", "/webhooks/2026-09", "/webhooks/2025-09"] {
        scene.hooks_at(prefix, Method::GET, "/subscriptions", None).await.expect(404);
    }
    let wrong = scene.hooks(Method::POST, "/settings", Some(&json!({}))).await;
    assert_eq!(wrong.status, 405);
}

#[tokio::test]
async fn a_change_keeps_the_moment_of_the_first_and_notes_its_own() {
    let scene = Scene::bare().await;
    scene.target("https://h.example/a", 7).await;
    scene.sandbox.advance(Duration::from_secs(5)).await;
    let changed =
        scene.hooks(Method::PUT, "/settings", Some(&json!({"targetUrl": "https://h.example/b"}))).await;
    let expected = json!({
        "targetUrl": "https://h.example/b", "throttling": {"maxConcurrentRequests": 10},
        "createdAt": "2026-01-01T00:00:00.000Z", "updatedAt": "2026-01-01T00:00:05.000Z",
    });
    assert_eq!(changed.expect(200), expected);
}

#[tokio::test]
async fn settings_hubspot_would_not_take_change_nothing() {
    let scene = Scene::bare().await;
    scene.target("https://h.example/a", 7).await;
    let before = scene.hooks(Method::GET, "/settings", None).await.expect(200);
    scene.set(json!({"allow_http_targets": false})).await;
    for wrong in [
        json!({}),
        json!({"targetUrl": 5}),
        json!({"targetUrl": "h.example"}),
        json!({"targetUrl": "http://h.example/"}),
        json!({"targetUrl": "https://h.example/", "throttling": {"maxConcurrentRequests": 5}}),
        json!({"targetUrl": "https://h.example/", "throttling": {"maxConcurrentRequests": "9"}}),
        json!([]),
        json!("x"),
    ] {
        let refused = scene.hooks(Method::PUT, "/settings", Some(&wrong)).await.expect(400);
        assert_eq!(refused["category"], "VALIDATION_ERROR", "{wrong}");
        assert!(refused["correlationId"].is_string() && refused["message"].is_string(), "{refused}");
    }
    let key = scene.of_app("developer_api_key");
    let path = format!("/hubspot/webhooks/v3/54321/settings?hapikey={key}");
    let broken = crate::support::send(scene.sandbox.request(Method::PUT, &path).body("{\"targetUrl\"")).await;
    assert!(
        broken.expect(400)["message"].as_str().expect("text").starts_with("Invalid input JSON on line 1")
    );
    assert_eq!(scene.hooks(Method::GET, "/settings", None).await.expect(200), before);
}

#[tokio::test]
async fn without_settings_nothing_is_told_and_subscriptions_stay() {
    let scene = Scene::ready().await;
    let id = scene.subscribe(json!({"eventType": "contact.creation"})).await;
    scene.hooks(Method::DELETE, "/settings", None).await.expect(204);
    scene.hooks(Method::DELETE, "/settings", None).await.expect(404);
    scene.create("contacts", json!({"email": "a@b.example"})).await;
    assert!(scene.events().await.is_empty());
    let listed = scene.hooks(Method::GET, "/subscriptions", None).await.expect(200);
    assert_eq!(
        (&listed["results"][0]["id"], &listed["results"][0]["active"]),
        (&json!(id.to_string()), &json!(true))
    );
    scene.target(&scene.receiver.url("/in"), 10).await;
    assert!(scene.events().await.is_empty(), "what happened meanwhile is not told later");
    scene.create("contacts", json!({"email": "c@d.example"})).await;
    assert_eq!(scene.events().await.len(), 1);
}

#[tokio::test]
async fn what_waited_when_the_settings_went_away_is_discarded() {
    let scene = Scene::ready().await;
    scene.subscribe(json!({"eventType": "contact.creation"})).await;
    scene.create("contacts", json!({"email": "a@b.example"})).await;
    scene.hooks(Method::DELETE, "/settings", None).await.expect(204);
    assert!(scene.delivered().await.is_empty());
    assert_eq!(scene.overview().await["counts"]["discarded_events"], 1);
}

#[tokio::test]
async fn another_address_is_used_when_the_cache_has_run_out() {
    let scene = Scene::ready().await;
    scene.set(json!({"settings_cache_ms": 300_000})).await;
    scene.subscribe(json!({"eventType": "contact.creation"})).await;
    scene.target(&scene.receiver.url("/other"), 10).await;
    let shown = scene.hooks(Method::GET, "/settings", None).await.expect(200);
    assert_eq!(shown["targetUrl"], Value::String(scene.receiver.url("/other")));
    scene.create("contacts", json!({"email": "a@b.example"})).await;
    let uris = |received: Vec<crate::support::receiver::Received>| -> Vec<String> {
        received.into_iter().map(|one| one.uri).collect()
    };
    assert_eq!(uris(scene.delivered().await), ["/in"]);
    scene.after(Duration::from_secs(300)).await;
    scene.create("contacts", json!({"email": "c@d.example"})).await;
    assert_eq!(uris(scene.delivered().await), ["/other"]);
}
