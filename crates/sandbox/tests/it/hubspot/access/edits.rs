//! What admins, time and HubSpot do to a grant.

use super::{Client, text};
use crate::support::{TestSandbox, send};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

async fn edit(sandbox: &TestSandbox, edit: Value) -> u16 {
    sandbox.post("/_sandbox/hubspot/edit", &edit).await.status
}

#[tokio::test]
async fn an_admin_uninstalling_ends_every_token() {
    let sandbox = TestSandbox::start().await;
    let client = Client::of(&sandbox);
    let (tokens, pending) = (client.connect("").await, client.code(&[]).await);
    let done = sandbox.edit("hubspot", json!({"action": "uninstall", "portal_id": 62515})).await;
    assert_eq!(done, json!({"uninstalled": [54321]}));
    let refused = client.details(&tokens.access).await.expect(401);
    assert_eq!(refused["category"], "INVALID_AUTHENTICATION");
    assert_eq!(client.refresh("v3/token", &tokens.refresh).await.expect(400)["status"], "BAD_REFRESH_TOKEN");
    assert_eq!(client.exchange("v3/token", &pending).await.expect(400)["status"], "BAD_AUTH_CODE");
    let installs = sandbox.get("/_sandbox/hubspot/installs").await.expect(200);
    assert_eq!(installs["installs"], json!([]));
    assert_eq!(
        edit(&sandbox, json!({"action": "uninstall", "portal_id": 62515, "app_id": 54321})).await,
        404
    );
    let again = client.connect("").await;
    client.details(&again.access).await.expect(200);
}

#[tokio::test]
async fn access_tokens_may_outlive_the_install() {
    let sandbox = TestSandbox::start().await;
    sandbox.set(json!({"hubspot": {"oauth": {"uninstall_kills_access_tokens": false}}})).await;
    let client = Client::of(&sandbox);
    let tokens = client.connect("").await;
    sandbox.edit("hubspot", json!({"action": "uninstall", "portal_id": 62515, "app_id": 54321})).await;
    client.details(&tokens.access).await.expect(200);
    client.refresh("v3/token", &tokens.refresh).await.expect(400);
}

#[tokio::test]
async fn tokens_can_be_expired_and_revoked_by_account_and_app() {
    let sandbox = TestSandbox::start().await;
    let client = Client::of(&sandbox);
    let tokens = client.connect("").await;
    let elsewhere = sandbox.edit("hubspot", json!({"action": "expire_tokens", "portal_id": 77421})).await;
    assert_eq!(elsewhere, json!({"expired": 0}));
    client.details(&tokens.access).await.expect(200);
    let here = sandbox.edit("hubspot", json!({"action": "expire_tokens"})).await;
    assert_eq!(here, json!({"expired": 1}));
    let refused = client.details(&tokens.access).await.expect(401);
    assert_eq!(refused["message"], "The OAuth token used to make this call expired 0 second(s) ago.");
    let fresh = text(&client.refresh("v3/token", &tokens.refresh).await.expect(200)["access_token"]);

    let other = sandbox.edit("hubspot", json!({"action": "revoke_tokens", "app_id": 1})).await;
    assert_eq!(other, json!({"revoked": 0}));
    let mine = json!({"action": "revoke_tokens", "portal_id": 62515, "app_id": 54321});
    assert_eq!(sandbox.edit("hubspot", mine).await, json!({"revoked": 3}));
    assert_eq!(client.details(&fresh).await.expect(401)["category"], "INVALID_AUTHENTICATION");
    assert_eq!(client.refresh("v3/token", &tokens.refresh).await.expect(400)["status"], "BAD_REFRESH_TOKEN");
}

#[tokio::test]
async fn an_account_that_moves_to_another_data_centre_answers_477_until_it_is_there() {
    let sandbox = TestSandbox::start().await;
    let client = Client::of(&sandbox);
    let tokens = client.connect("").await;
    let done = sandbox
        .edit("hubspot", json!({"action": "move_data_center", "portal_id": 62515, "seconds": 90}))
        .await;
    assert_eq!(done, json!({"moving_until": "2026-01-01T00:01:30.000Z"}));
    sandbox.advance(Duration::from_millis(30_500)).await;
    let answer = client.details(&tokens.access).await;
    assert_eq!((answer.status, answer.header("retry-after")), (477, "60"));
    assert_eq!(answer.json()["correlationId"], answer.header("x-hubspot-correlation-id"));
    let other = text(&sandbox.credentials()["hubspot"]["accounts"][1]["private_app_token"]);
    client.details(&other).await.expect(200);
    sandbox.advance(Duration::from_millis(59_500)).await;
    client.details(&tokens.access).await.expect(200);
}

#[tokio::test]
async fn codes_tokens_and_pages_tell_where_an_account_lives() {
    let sandbox = TestSandbox::start().await;
    let client = Client::of(&sandbox);
    let there = json!({"action": "move_data_center", "portal_id": 62515, "seconds": 0, "hublet": "eu1"});
    sandbox.edit("hubspot", there).await;
    let code = client.code(&[]).await;
    assert!(code.starts_with("eu1-"), "{code}");
    let tokens = client.exchange("v3/token", &code).await.expect(200);
    assert!(text(&tokens["refresh_token"]).starts_with("eu1-"));
    let details = client.details(&text(&tokens["access_token"])).await.expect(200);
    assert_eq!(
        (&details["uiDomain"], &details["dataHostingLocation"]),
        (&json!("app-eu1.hubspot.com"), &json!("eu1"))
    );

    let done =
        sandbox.edit("hubspot", json!({"action": "rotate_private_app_token", "portal_id": 62515})).await;
    let token = text(&done["private_app_token"]);
    assert!(token.starts_with("pat-eu1-"), "{token}");
    // In the EU the token must also be in the header.
    let (path, body) = ("/hubspot/oauth/v2/private-apps/get/access-token-info", json!({"tokenKey": token}));
    sandbox.post(path, &body).await.expect(401);
    assert_eq!(sandbox.call(&token, Method::POST, path, Some(&body)).await.expect(200)["hubId"], 62_515);
}

#[tokio::test]
async fn a_private_apps_former_token_is_refused() {
    let sandbox = TestSandbox::start().await;
    let client = Client::of(&sandbox);
    let former = text(&sandbox.credentials()["hubspot"]["accounts"][0]["private_app_token"]);
    let done =
        sandbox.edit("hubspot", json!({"action": "rotate_private_app_token", "portal_id": 62515})).await;
    let token = text(&done["private_app_token"]);
    assert_eq!(sandbox.credentials()["hubspot"]["accounts"][0]["private_app_token"], json!(token));
    client.details(&former).await.expect(401);
    client.details(&token).await.expect(200);
}

#[tokio::test]
async fn edits_that_make_no_sense_change_nothing() {
    let sandbox = TestSandbox::start().await;
    let client = Client::of(&sandbox);
    let tokens = client.connect("").await;
    for (wrong, status) in [
        (json!({"action": "uninstall"}), 422),
        (json!({"action": "uninstall", "portal_id": "62515"}), 422),
        (json!({"action": "uninstall", "portal_id": 62515, "ap_id": 54321}), 422),
        (json!({"action": "uninstall", "portal_id": 1}), 404),
        (json!({"action": "uninstall", "portal_id": 62515, "app_id": 1}), 404),
        (json!({"action": "expire_tokens", "portal": 62515}), 422),
        (json!({"action": "move_data_center", "portal_id": 1}), 404),
        (json!({"action": "move_data_center", "portal_id": 62515, "seconds": 86_401}), 422),
        (json!({"action": "move_data_center", "portal_id": 62515, "hublet": "mars1"}), 422),
        (json!({"action": "rotate_private_app_token", "portal_id": 1}), 404),
        (json!({"action": "deactivate_user", "portal_id": 62515, "user_id": 1}), 404),
    ] {
        assert_eq!(edit(&sandbox, wrong.clone()).await, status, "{wrong}");
    }
    client.details(&tokens.access).await.expect(200);
    client.refresh("v3/token", &tokens.refresh).await.expect(200);
}

#[tokio::test]
async fn an_app_can_take_itself_out_of_an_account() {
    let sandbox = TestSandbox::start().await;
    let client = Client::of(&sandbox);
    for version in ["v3", "2026-03", "2026-09"] {
        let tokens = client.connect("").await;
        let path = format!("/hubspot/appinstalls/{version}/external-install");
        let request = || sandbox.request(Method::DELETE, &path);
        send(request()).await.expect(401);
        let gone = send(request().bearer_auth(&tokens.access)).await;
        assert_eq!((gone.status, gone.body.as_str()), (204, ""));
        client.details(&tokens.access).await.expect(401);
        assert_eq!(
            client.refresh("v3/token", &tokens.refresh).await.expect(400)["status"],
            "BAD_REFRESH_TOKEN"
        );
        let private = text(&sandbox.credentials()["hubspot"]["accounts"][0]["private_app_token"]);
        send(request().bearer_auth(&private)).await.expect(401);
    }
}
