//! Apps and what their developers do with them (the sandbox's own interface; HubSpot facts 1.1, 1.2).

use super::{Client, text};
use crate::support::{TestSandbox, send};
use reqwest::Method;
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn an_app_is_registered_with_credentials_of_its_own() {
    let sandbox = TestSandbox::start().await;
    let wanted = json!({
        "name": "Hub", "redirect_uris": ["https://hub.example/cb", "http://127.0.0.1:7/cb"],
        "scopes": ["oauth", "tickets"], "optional_scopes": ["automation"],
    });
    let app = sandbox.post("/_sandbox/hubspot/apps", &wanted).await.expect(201);
    assert_eq!((&app["app_id"], &app["name"]), (&json!(54_322), &json!("Hub")));
    assert_eq!(app["required_scopes"], json!(["oauth", "tickets"]));
    assert_eq!(app["scopes"], json!(["oauth", "tickets", "automation"]));
    let mut client = Client::with(&sandbox, &app);
    client.redirect_uri = "https://hub.example/cb".to_owned();
    let code = client.code(&[("scope", "oauth tickets")]).await;
    client.exchange("v3/token", &code).await.expect(200);
    let all = sandbox.get("/_sandbox/hubspot/apps").await.expect(200);
    assert_eq!(all["apps"].as_array().map(Vec::len), Some(2));
    assert_eq!(all["apps"][1], app);
    assert_eq!(sandbox.get("/_sandbox/hubspot/apps/54322").await.expect(200), app);
    sandbox.get("/_sandbox/hubspot/apps/1").await.expect(404);
}

#[tokio::test]
async fn an_apps_settings_change_and_bad_ones_do_not() {
    let sandbox = TestSandbox::start().await;
    let patch = |body| send(sandbox.request(Method::PATCH, "/_sandbox/hubspot/apps/54321").json(&body));
    let app = patch(json!({"redirect_uris": ["https://hub.example/cb"]})).await.expect(200);
    assert_eq!(app["redirect_uris"], json!(["https://hub.example/cb"]));
    assert_eq!(sandbox.credentials()["hubspot"]["app"]["redirect_uris"], app["redirect_uris"]);
    for bad in [
        json!({"redirect_uris": ["http://hub.example/cb"]}),
        json!({"redirect_uris": ["https://192.0.2.1/cb"]}),
        json!({"redirect_uris": "https://hub.example/cb"}),
        json!({"redirect_urls": []}),
        json!({"scopes": [], "required_scopes": []}),
    ] {
        patch(bad).await.expect(422);
    }
    assert_eq!(sandbox.get("/_sandbox/hubspot/apps/54321").await.expect(200), app);
}

#[tokio::test]
async fn another_secret_ends_refresh_tokens_and_the_former_secret() {
    let sandbox = TestSandbox::start().await;
    let before = Client::of(&sandbox);
    let tokens = before.connect("").await;
    let rotate = "/_sandbox/hubspot/apps/54321/rotate-secret";
    let app = sandbox.post(rotate, &json!({})).await.expect(200);
    assert_ne!(text(&app["client_secret"]), before.client_secret);
    assert_eq!(sandbox.credentials()["hubspot"]["app"]["client_secret"], app["client_secret"]);
    let refused = before.refresh("v3/token", &tokens.refresh).await.expect(400);
    assert_eq!(refused["status"], "BAD_CLIENT_SECRET");
    let after = Client::of(&sandbox);
    assert_eq!(after.refresh("v3/token", &tokens.refresh).await.expect(400)["status"], "BAD_REFRESH_TOKEN");
    after.details(&tokens.access).await.expect(200);
    let again = after.connect("").await;
    after.refresh("v3/token", &again.refresh).await.expect(200);
    sandbox.post("/_sandbox/hubspot/apps/1/rotate-secret", &json!({})).await.expect(404);
}

#[tokio::test]
async fn a_former_secret_may_be_good_for_a_while() {
    let sandbox = TestSandbox::start().await;
    sandbox.set(json!({"hubspot": {"oauth": {"old_secret_seconds": 60}}})).await;
    let (before, code) = (Client::of(&sandbox), Client::of(&sandbox).code(&[]).await);
    sandbox.post("/_sandbox/hubspot/apps/54321/rotate-secret", &json!({})).await.expect(200);
    let tokens = before.exchange("v3/token", &code).await.expect(200);
    let refresh = text(&tokens["refresh_token"]);
    sandbox.advance(Duration::from_secs(59)).await;
    before.refresh("v3/token", &refresh).await.expect(200);
    sandbox.advance(Duration::from_secs(1)).await;
    assert_eq!(before.refresh("v3/token", &refresh).await.expect(400)["status"], "BAD_CLIENT_SECRET");
    Client::of(&sandbox).refresh("v3/token", &refresh).await.expect(200);
}

#[tokio::test]
async fn credentials_tell_what_a_client_needs() {
    let sandbox = TestSandbox::start().await;
    let hubspot = &sandbox.credentials()["hubspot"];
    for key in [
        "app_id",
        "client_id",
        "client_secret",
        "developer_api_key",
        "redirect_uris",
        "scopes",
        "required_scopes",
        "conditionally_required_scopes",
        "optional_scopes",
    ] {
        assert!(!hubspot["app"][key].is_null(), "{key}");
    }
    let account = &hubspot["accounts"][0];
    assert_eq!((&account["portal_id"], &account["hub_domain"]), (&json!(62_515), &json!("acme.example")));
    assert_eq!(account["users"][1]["super_admin"], json!(false));
    assert!(text(&account["private_app_token"]).starts_with("pat-na1-"));
}
