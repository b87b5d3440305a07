//! What a token is, and ending it (HubSpot facts 1.3, 1.8).

use super::Client;
use crate::support::{TestSandbox, send};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

/// The keys of `signed_access_token`, as the specification lists them.
const SIGNED: [&str; 17] = [
    "expiresAt",
    "scopes",
    "hubId",
    "userId",
    "appId",
    "signature",
    "newSignature",
    "scopeToScopeGroupPks",
    "trialScopes",
    "trialScopeToScopeGroupPks",
    "hublet",
    "isUserLevel",
    "isPrivateDistribution",
    "installingUserId",
    "appInstallId",
    "audience",
    "isServiceAccount",
];

#[track_caller]
fn without_signed(mut told: Value) -> Value {
    let signed = told.as_object_mut().expect("an object").remove("signed_access_token").expect("claims");
    for key in SIGNED {
        assert!(signed.get(key).is_some_and(|value| !value.is_null()), "{key} is missing in {signed}");
    }
    assert_eq!(signed.as_object().map(serde_json::Map::len), Some(SIGNED.len()));
    assert_eq!((&signed["hubId"], &signed["hublet"]), (&json!(62_515), &json!("na1")));
    told
}

#[tokio::test]
async fn v1_tells_what_an_access_token_is() {
    let sandbox = TestSandbox::start().await;
    let tokens = Client::of(&sandbox).connect("tickets").await;
    sandbox.advance(Duration::from_millis(100_500)).await;
    let path = format!("/hubspot/oauth/v1/access-tokens/{}", tokens.access);
    let told = sandbox.get(&path).await.expect(200);
    assert_eq!(
        without_signed(told),
        json!({
            "token": tokens.access, "user": "ada@acme.example", "hub_domain": "acme.example",
            "scopes": ["oauth", "tickets"], "hub_id": 62515, "app_id": 54321, "expires_in": 1699,
            "user_id": 6_251_501, "token_type": "access", "is_private_distribution": false,
        })
    );
    sandbox.advance(Duration::from_secs(1700)).await;
    sandbox.get(&path).await.expect(404);
}

#[tokio::test]
async fn v1_tells_what_a_refresh_token_is() {
    let sandbox = TestSandbox::start().await;
    let client = Client::of(&sandbox);
    let tokens = client.connect("").await;
    let path = format!("/hubspot/oauth/v1/refresh-tokens/{}", tokens.refresh);
    assert_eq!(
        sandbox.get(&path).await.expect(200),
        json!({
            "token": tokens.refresh, "user": "ada@acme.example", "hub_domain": "acme.example",
            "scopes": ["oauth"], "hub_id": 62515, "client_id": client.client_id, "user_id": 6_251_501,
            "token_type": "refresh",
        })
    );
}

#[tokio::test]
async fn deleting_a_refresh_token_leaves_the_app_and_its_access_tokens_alone() {
    let sandbox = TestSandbox::start().await;
    let client = Client::of(&sandbox);
    let tokens = client.connect("").await;
    let path = format!("/hubspot/oauth/v1/refresh-tokens/{}", tokens.refresh);
    let deleted = send(sandbox.request(Method::DELETE, &path)).await;
    assert_eq!((deleted.status, deleted.body.as_str()), (204, ""));
    client.details(&tokens.access).await.expect(200);
    let installs = sandbox.get("/_sandbox/hubspot/installs").await.expect(200);
    assert_eq!(installs["installs"][0]["portal_id"], 62_515);
    assert_eq!(client.refresh("v3/token", &tokens.refresh).await.expect(400)["status"], "BAD_REFRESH_TOKEN");
    assert_eq!(send(sandbox.request(Method::DELETE, &path)).await.status, 404);
    sandbox.get(&path).await.expect(404);
}

#[tokio::test]
async fn tokens_nobody_knows_are_told_with_a_status_that_can_be_chosen() {
    let sandbox = TestSandbox::start().await;
    for path in ["access-tokens/x", "refresh-tokens/x"] {
        let answer = sandbox.get(&format!("/hubspot/oauth/v1/{path}")).await;
        assert_eq!(answer.expect(404)["status"], "error");
        assert_eq!(answer.json()["correlationId"], answer.header("x-hubspot-correlation-id"));
    }
    sandbox.set(json!({"hubspot": {"oauth": {"unknown_token_status": 400}}})).await;
    sandbox.get("/hubspot/oauth/v1/access-tokens/x").await.expect(400);
}

#[tokio::test]
async fn introspection_tells_more_than_v1() {
    let sandbox = TestSandbox::start().await;
    let client = Client::of(&sandbox);
    let tokens = client.connect("").await;
    for version in ["v3", "2026-03", "2026-09"] {
        let path = format!("{version}/token/introspect");
        let fields = [("token", &*tokens.access), ("token_type_hint", "access_token")];
        let told = client.signed(&path, &fields).await.expect(200);
        assert_eq!(
            without_signed(told),
            json!({
                "active": true, "client_id": client.client_id, "app_id": 54321, "token_use": "access_token",
                "token_type": "access", "token": tokens.access, "user": "ada@acme.example",
                "hub_domain": "acme.example", "scopes": ["oauth"], "hub_id": 62515, "expires_in": 1800,
                "user_id": 6_251_501, "is_private_distribution": false,
            })
        );
        // A hint that is wrong only costs a second look.
        let fields = [("token", &*tokens.refresh), ("token_type_hint", "access_token")];
        let told = client.signed(&path, &fields).await.expect(200);
        assert_eq!((&told["active"], &told["token_use"]), (&json!(true), &json!("refresh_token")));
        assert_eq!((&told["app_id"], &told["client_id"]), (&json!(54_321), &json!(client.client_id)));
    }
}

#[tokio::test]
async fn introspection_of_what_is_no_good_any_more_says_only_that() {
    let sandbox = TestSandbox::start().await;
    let client = Client::of(&sandbox);
    let tokens = client.connect("").await;
    let inactive = json!({"active": false});
    let introspect = |token: String| {
        let client = &client;
        async move { client.signed("2026-03/token/introspect", &[("token", &token)]).await.expect(200) }
    };
    assert_eq!(introspect("unknown".to_owned()).await, inactive);
    assert_eq!(introspect(String::new()).await, inactive);
    client.signed("v3/token/revoke", &[("token", &tokens.refresh)]).await;
    assert_eq!(introspect(tokens.refresh.clone()).await, inactive);
    assert_eq!(introspect(tokens.access.clone()).await["active"], true);
    sandbox.advance(Duration::from_secs(1800)).await;
    assert_eq!(introspect(tokens.access.clone()).await, inactive);
}

#[tokio::test]
async fn revoking_a_refresh_token_spares_access_tokens_unless_told_otherwise() {
    let sandbox = TestSandbox::start().await;
    let client = Client::of(&sandbox);
    let spared = client.connect("").await;
    client
        .signed("2026-03/token/revoke", &[("token", &spared.refresh), ("token_type_hint", "refresh_token")])
        .await
        .expect(200);
    client.details(&spared.access).await.expect(200);
    sandbox.set(json!({"hubspot": {"oauth": {"revoke_kills_access_tokens": true}}})).await;
    let ended = client.connect("tickets").await;
    client.signed("2026-03/token/revoke", &[("token", &ended.refresh)]).await.expect(200);
    client.details(&ended.access).await.expect(401);
    client.details(&spared.access).await.expect(200);
}

#[tokio::test]
async fn an_access_token_can_be_revoked_by_itself() {
    let sandbox = TestSandbox::start().await;
    let client = Client::of(&sandbox);
    let tokens = client.connect("").await;
    client.signed("v3/token/revoke", &[("token", &tokens.access)]).await.expect(200);
    client.details(&tokens.access).await.expect(401);
    client.refresh("v3/token", &tokens.refresh).await.expect(200);
    // Once more, and of what never was: nothing to do, no error.
    for token in [&*tokens.access, "never"] {
        client.signed("v3/token/revoke", &[("token", token)]).await.expect(200);
    }
}

#[tokio::test]
async fn a_private_apps_token_tells_whose_it_is() {
    let sandbox = TestSandbox::start().await;
    let account = &sandbox.credentials()["hubspot"]["accounts"][1];
    let path = "/hubspot/oauth/v2/private-apps/get/access-token-info";
    let told = sandbox.post(path, &json!({"tokenKey": account["private_app_token"]})).await.expect(200);
    assert_eq!((&told["hubId"], &told["userId"]), (&json!(77_421), &json!(7_742_101)));
    assert_eq!(told["appId"], account["private_app_id"]);
    assert!(
        told["scopes"].as_array().is_some_and(|scopes| scopes.contains(&json!("crm.objects.contacts.read")))
    );
    sandbox.post(path, &json!({"tokenKey": "pat-na1-nobody"})).await.expect(404);
    // In the EU the token must also be in the header.
    sandbox.post(path, &json!({"tokenKey": "pat-eu1-nobody"})).await.expect(401);
    sandbox
        .call("pat-eu1-nobody", Method::POST, path, Some(&json!({"tokenKey": "pat-eu1-nobody"})))
        .await
        .expect(404);
    for bad in [json!({}), json!({"tokenKey": 7}), json!([])] {
        assert_eq!(sandbox.post(path, &bad).await.expect(400)["category"], "VALIDATION_ERROR");
    }
    let broken = send(sandbox.request(Method::POST, path).body("{")).await;
    assert_eq!(broken.expect(400)["category"], "VALIDATION_ERROR");
}
