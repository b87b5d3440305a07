//! The token endpoints when all is well (HubSpot facts 1.2).

use super::{Client, encode, text};
use crate::support::{TestSandbox, send};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = value.as_object().expect("an object").keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

#[tokio::test]
async fn every_later_version_answers_with_who_granted_what() {
    let sandbox = TestSandbox::start().await;
    let client = Client::of(&sandbox);
    for version in ["v3", "2026-03", "2026-09", "2026-09-beta"] {
        let code = client.code(&[("optional_scope", "tickets")]).await;
        let answer = client.exchange(&format!("{version}/token"), &code).await;
        assert!(answer.header("content-type").starts_with("application/json"), "{version}");
        let body = answer.expect(200);
        assert_eq!(
            keys(&body),
            [
                "access_token",
                "expires_in",
                "hub_id",
                "refresh_token",
                "scopes",
                "token_type",
                "token_use",
                "user_id"
            ]
        );
        assert_eq!((&body["token_type"], &body["token_use"]), (&json!("bearer"), &json!("access_token")));
        assert_eq!((&body["expires_in"], &body["hub_id"]), (&json!(1800), &json!(62_515)));
        assert_eq!((&body["user_id"], &body["scopes"]), (&json!(6_251_501), &json!(["oauth", "tickets"])));
        assert!(text(&body["refresh_token"]).starts_with("na1-"));
    }
}

#[tokio::test]
async fn v1_answers_with_four_keys() {
    let sandbox = TestSandbox::start().await;
    let client = Client::of(&sandbox);
    let body = client.exchange("v1/token", &client.code(&[]).await).await.expect(200);
    assert_eq!(keys(&body), ["access_token", "expires_in", "refresh_token", "token_type"]);
    let again = client.refresh("v1/token", &text(&body["refresh_token"])).await.expect(200);
    assert_eq!(keys(&again), ["access_token", "expires_in", "refresh_token", "token_type"]);
}

#[tokio::test]
async fn v1_takes_credentials_from_the_query_and_later_versions_do_not() {
    let sandbox = TestSandbox::start().await;
    let client = Client::of(&sandbox);
    let credentials =
        encode(&[("client_id", client.client_id.as_str()), ("client_secret", &client.client_secret)]);
    let code = client.code(&[]).await;
    let fields =
        [("grant_type", "authorization_code"), ("code", &*code), ("redirect_uri", &client.redirect_uri)];
    for later in ["v3", "2026-03", "2026-09"] {
        let refused = client.form(&format!("{later}/token?{credentials}"), &fields).await.expect(400);
        assert_eq!(refused["status"], "BAD_CLIENT_ID", "{later}");
    }
    client.form(&format!("v1/token?{credentials}"), &fields).await.expect(200);
    let all = format!("{credentials}&grant_type=refresh_token&refresh_token=na1-nobody");
    let refused = client.form(&format!("v1/token?{all}"), &[]).await.expect(400);
    assert_eq!(refused["status"], "BAD_REFRESH_TOKEN");
}

#[tokio::test]
async fn a_refresh_hands_back_the_same_refresh_token_unless_tokens_rotate() {
    let sandbox = TestSandbox::start().await;
    let client = Client::of(&sandbox);
    let first = client.connect("").await;
    let body = client.refresh("2026-03/token", &first.refresh).await.expect(200);
    assert_eq!(body["refresh_token"], json!(first.refresh));
    client.details(&first.access).await.expect(200);

    sandbox.set(json!({"hubspot": {"oauth": {"rotate_refresh_tokens": true}}})).await;
    let rotated = client.refresh("2026-03/token", &first.refresh).await.expect(200);
    let latest = text(&rotated["refresh_token"]);
    assert_ne!(latest, first.refresh);
    let stale = client.refresh("2026-03/token", &first.refresh).await.expect(400);
    assert_eq!(stale["status"], "BAD_REFRESH_TOKEN");
    client.refresh("2026-03/token", &latest).await.expect(200);
}

#[tokio::test]
async fn access_tokens_are_long_and_expire_when_the_answer_says_so() {
    let sandbox = TestSandbox::start().await;
    let client = Client::of(&sandbox);
    let tokens = client.connect("").await;
    assert_eq!(tokens.access.len(), 512);
    sandbox.advance(Duration::from_millis(1_799_999)).await;
    client.details(&tokens.access).await.expect(200);
    sandbox.advance(Duration::from_millis(1)).await;
    client.details(&tokens.access).await.expect(401);

    sandbox.set(json!({"hubspot": {"oauth": {"access_token_length": 301, "expires_in": 60}}})).await;
    let body = client.refresh("v3/token", &tokens.refresh).await.expect(200);
    assert_eq!((text(&body["access_token"]).len(), &body["expires_in"]), (301, &json!(60)));
    sandbox.advance(Duration::from_secs(60)).await;
    client.details(&text(&body["access_token"])).await.expect(401);
}

#[tokio::test]
async fn refresh_tokens_last_for_years() {
    let sandbox = TestSandbox::start().await;
    let client = Client::of(&sandbox);
    let tokens = client.connect("").await;
    sandbox.advance(Duration::from_secs(3 * 365 * 86_400)).await;
    client.refresh("v3/token", &tokens.refresh).await.expect(200);
}

#[tokio::test]
async fn codes_look_like_hubspots_and_are_good_once_and_for_a_while() {
    let sandbox = TestSandbox::start().await;
    let client = Client::of(&sandbox);
    let code = client.code(&[]).await;
    let parts: Vec<&str> = code.split('-').collect();
    assert_eq!((parts[0], parts[1].len(), parts.len()), ("na1", 4, 7), "{code}");
    client.exchange("v3/token", &code).await.expect(200);
    assert_eq!(client.exchange("v3/token", &code).await.expect(400)["status"], "BAD_AUTH_CODE");

    sandbox.set(json!({"hubspot": {"oauth": {"code_seconds": 30}}})).await;
    let slow = client.code(&[]).await;
    sandbox.advance(Duration::from_secs(30)).await;
    assert_eq!(client.exchange("v3/token", &slow).await.expect(400)["status"], "BAD_AUTH_CODE");
}

#[tokio::test]
async fn an_app_gets_tokens_of_its_own_for_the_journal_and_they_open_no_account() {
    let sandbox = TestSandbox::start().await;
    let client = Client::of(&sandbox);
    let scope = "developer.webhooks_journal.read developer.webhooks_journal.subscriptions.read";
    let fields = [("grant_type", "client_credentials"), ("scope", scope)];
    let body = client.signed("2026-03/token", &fields).await.expect(200);
    assert_eq!(keys(&body), ["access_token", "expires_in", "scopes", "token_type", "token_use"]);
    assert_eq!(body["token_use"], "client_credentials");
    assert_eq!(
        body["scopes"],
        json!(["developer.webhooks_journal.read", "developer.webhooks_journal.subscriptions.read"])
    );
    let token = text(&body["access_token"]);
    let refused = client.details(&token).await.expect(401);
    assert_eq!(refused["category"], "INVALID_AUTHENTICATION");
    let told = client.signed("v3/token/introspect", &[("token", &token)]).await.expect(200);
    assert_eq!((&told["active"], &told["token_use"]), (&json!(true), &json!("client_credentials")));
    assert_eq!((told.get("hub_id"), &told["app_id"]), (None, &json!(54_321)));
    let short = client.signed("v1/token", &fields).await.expect(200);
    assert_eq!(keys(&short), ["access_token", "expires_in", "token_type"]);
}

#[tokio::test]
async fn v1_ends_on_its_day_and_takes_nothing_else_along() {
    let sandbox = TestSandbox::start().await;
    let client = Client::of(&sandbox);
    let tokens = client.connect("").await;
    let clock = json!({"now": "2027-02-15T23:59:59Z"});
    send(sandbox.request(Method::PUT, "/_sandbox/clock").json(&clock)).await.expect(200);
    client.refresh("v1/token", &tokens.refresh).await.expect(200);
    sandbox.advance(Duration::from_secs(1)).await;
    let gone = client.refresh("v1/token", &tokens.refresh).await.expect(404);
    assert_eq!(gone["message"], "resource not found");
    sandbox.get(&format!("/hubspot/oauth/v1/refresh-tokens/{}", tokens.refresh)).await.expect(404);
    client.refresh("v3/token", &tokens.refresh).await.expect(200);
    sandbox.set(json!({"hubspot": {"oauth": {"v1_until": null}}})).await;
    client.refresh("v1/token", &tokens.refresh).await.expect(200);
}

#[tokio::test]
async fn the_token_endpoint_has_a_limit_of_its_own() {
    let sandbox = TestSandbox::start().await;
    let client = Client::of(&sandbox);
    let tokens = client.connect("").await;
    sandbox.advance(Duration::from_secs(1)).await;
    sandbox.set(json!({"hubspot": {"limits": {"token_per_second": 2}}})).await;
    for _ in 0..2 {
        client.refresh("v3/token", &tokens.refresh).await.expect(200);
    }
    let refused = client.refresh("v3/token", &tokens.refresh).await;
    assert_eq!(refused.header("retry-after"), "");
    let id = refused.header("x-hubspot-correlation-id").to_owned();
    assert_eq!(
        refused.expect(429),
        json!({
            "status": "error", "message": "You have reached your rate limit.", "errorType": "RATE_LIMIT",
            "correlationId": id, "policyName": "SECONDLY",
        })
    );
    sandbox.advance(Duration::from_secs(1)).await;
    client.refresh("v3/token", &tokens.refresh).await.expect(200);
    sandbox.set(json!({"hubspot": {"limits": {"enabled": false}}})).await;
    for _ in 0..5 {
        client.refresh("v3/token", &tokens.refresh).await.expect(200);
    }
}

#[tokio::test]
async fn the_same_seed_hands_out_the_same_tokens() {
    let (one, other) = (TestSandbox::start().await, TestSandbox::start().await);
    let (first, second) = (Client::of(&one).connect("").await, Client::of(&other).connect("").await);
    assert_eq!((&first.access, &first.refresh), (&second.access, &second.refresh));
    let reset = one.post("/_sandbox/reset", &json!({})).await;
    reset.expect(200);
    assert_eq!(Client::of(&one).details(&first.access).await.status, 401);
    assert_eq!(Client::of(&one).connect("").await.access, first.access);
}
