//! Who may change an app's webhooks (HubSpot facts 1.5, 1.8).

use super::scene::{ACME, APP, Scene};
use crate::support::send;
use reqwest::Method;
use serde_json::{Value, json};

async fn with_token(scene: &Scene, token: &str, method: Method, prefix: &str) -> (u16, Value) {
    let path = format!("/hubspot{prefix}/{APP}/subscriptions");
    let body = (method == Method::POST).then(|| json!({"eventType": "contact.creation"}));
    let answer = scene.sandbox.call(token, method, &path, body.as_ref()).await;
    (answer.status, answer.json())
}

#[tokio::test]
async fn without_credentials_nobody_gets_in() {
    let scene = Scene::bare().await;
    let answer = scene.sandbox.get(&format!("/hubspot/webhooks/v3/{APP}/settings")).await;
    let refused = answer.expect(401);
    assert_eq!(refused["category"], "INVALID_AUTHENTICATION");
    assert!(
        refused["message"]
            .as_str()
            .expect("text")
            .starts_with("Authentication credentials not found. This API supports")
    );
    assert_eq!(answer.header("x-hubspot-correlation-id"), refused["correlationId"].as_str().expect("text"));
}

#[tokio::test]
async fn a_wrong_key_or_another_developers_app_is_refused() {
    let scene = Scene::bare().await;
    let key = scene.of_app("developer_api_key");
    for path in [
        format!("/hubspot/webhooks/v3/{APP}/settings?hapikey=nonsense"),
        format!("/hubspot/webhooks/v3/999/settings?hapikey={key}"),
        format!("/hubspot/webhooks/v3/abc/settings?hapikey={key}"),
    ] {
        let refused = scene.sandbox.get(&path).await.expect(401);
        assert_eq!(refused["category"], "INVALID_AUTHENTICATION", "{path}");
        let message = refused["message"].as_str().expect("text");
        assert!(message.contains("hapikey") && message.contains("appId"), "{message}");
    }
}

#[tokio::test]
async fn an_accounts_token_lacks_the_scope_or_is_of_the_wrong_kind() {
    let scene = Scene::bare().await;
    let installed = scene.install(ACME, "").await;
    let token = installed["access_token"].as_str().expect("a token");
    let private = scene.sandbox.credentials()["hubspot"]["accounts"][0]["private_app_token"].clone();
    for token in [token, private.as_str().expect("a token")] {
        for prefix in ["/webhooks/v3", "/webhooks/2026-03", "/app-webhooks/2027-03-beta"] {
            let (status, refused) = with_token(&scene, token, Method::GET, prefix).await;
            assert_eq!((status, &refused["category"]), (403, &json!("MISSING_SCOPES")), "{prefix}");
            let message = refused["message"].as_str().expect("text");
            assert!(message.starts_with("The scope needed for this API call isn't available for public use"));
        }
        for prefix in ["/app-webhooks/2025-09", "/app-webhooks/2026-09"] {
            let (status, refused) = with_token(&scene, token, Method::GET, prefix).await;
            assert_eq!((status, &refused["category"]), (401, &json!("INVALID_AUTHENTICATION")), "{prefix}");
        }
    }
}

#[tokio::test]
async fn an_apps_own_token_reads_and_writes_as_its_scopes_say() {
    let scene = Scene::bare().await;
    let reader = scene.own_token("developers-read").await;
    let writer = scene.own_token("developers-write").await;
    assert_eq!(with_token(&scene, &reader, Method::GET, "/webhooks/v3").await.0, 200);
    assert_eq!(with_token(&scene, &reader, Method::POST, "/webhooks/v3").await.0, 403);
    assert_eq!(with_token(&scene, &writer, Method::POST, "/webhooks/v3").await.0, 201);
    let path = "/hubspot/webhooks/v3/999/subscriptions";
    scene.sandbox.call(&reader, Method::GET, path, None).await.expect(403);
}

#[tokio::test]
async fn a_token_whose_time_is_over_or_that_nobody_knows_is_refused() {
    let scene = Scene::bare().await;
    let reader = scene.own_token("developers-read").await;
    assert_eq!(with_token(&scene, "nonsense", Method::GET, "/webhooks/v3").await.0, 401);
    scene.sandbox.advance(std::time::Duration::from_secs(1801)).await;
    let (status, refused) = with_token(&scene, &reader, Method::GET, "/webhooks/v3").await;
    assert_eq!((status, &refused["category"]), (401, &json!("EXPIRED_AUTHENTICATION")));
}

#[tokio::test]
async fn the_key_may_be_sent_with_a_header_that_says_nothing() {
    let scene = Scene::bare().await;
    let key = scene.of_app("developer_api_key");
    let path = format!("/hubspot/app-webhooks/2026-09/{APP}/subscriptions?hapikey={key}");
    let request = scene.sandbox.request(Method::GET, &path).header("content-type", "application/json");
    assert_eq!(send(request).await.expect(200), json!({"results": []}));
}
