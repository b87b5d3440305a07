//! Rate limits over HTTP; how they count is tested beside them (Notion facts 3).

use super::account::{Account, error, text};
use crate::support::TestSandbox;
use serde_json::json;
use std::time::Duration;

async fn limited(number: usize) -> Account {
    let account = Account::of(TestSandbox::start().await, number).await;
    account.sandbox.set(json!({"notion": {"limits": {"enabled": true}}})).await;
    account
}

#[tokio::test]
async fn the_181st_request_of_a_minute_is_refused_until_the_minute_ends() {
    let account = limited(0).await;
    account.sandbox.advance(Duration::from_secs(48)).await;
    for _ in 0..180 {
        account.get("/users/me").await.expect(200);
    }
    let refused = account.get("/users/me").await;
    assert_eq!(error(&refused, 429).0, "rate_limited");
    assert_eq!(refused.header("retry-after"), "12");
    assert_eq!(
        refused.json()["additional_data"],
        json!({"rate_limit_reason": "public_api_request_rate_limit", "retry_after": "12"})
    );
    account.sandbox.advance(Duration::from_secs(11)).await;
    account.get("/users/me").await.expect(429);
    account.sandbox.advance(Duration::from_secs(1)).await;
    account.get("/users/me").await.expect(200);
}

#[tokio::test]
async fn connections_are_counted_apart() {
    let account = limited(0).await;
    account.sandbox.set(json!({"notion": {"limits": {"per_minute": 1}}})).await;
    account.get("/users/me").await.expect(200);
    account.get("/users/me").await.expect(429);
    let other = super::tokens::authorized(&account).await.access;
    account.call_as(&other, super::account::NEW, reqwest::Method::GET, "/users/me", None).await.expect(200);
}

#[tokio::test]
async fn business_workspaces_have_the_larger_limit() {
    let account = limited(1).await;
    account.sandbox.set(json!({"notion": {"limits": {"per_minute": 1, "business_per_minute": 3}}})).await;
    for status in [200, 200, 200, 429] {
        account.get("/users/me").await.expect(status);
    }
}

#[tokio::test]
async fn other_limits_tell_their_reasons() {
    let account = limited(0).await;
    account.sandbox.set(json!({"notion": {"limits": {"per_workspace": 1, "workspace_window_s": 300}}})).await;
    account.get("/users/me").await.expect(200);
    let refused = account.get("/users/me").await;
    assert_eq!(
        text(&refused.expect(429)["additional_data"]["rate_limit_reason"]),
        "public_api_space_request_rate_limit"
    );
    assert_eq!(refused.header("retry-after"), "300");
    account
        .sandbox
        .set(
            json!({"notion": {"limits": {"per_workspace": null, "per_endpoint": {"GET /v1/users/{id}": 0}}}}),
        )
        .await;
    let user = text(&account.workspace["users"][0]["id"]);
    let refused = account.get(&format!("/users/{user}")).await;
    assert_eq!(
        text(&refused.expect(429)["additional_data"]["rate_limit_reason"]),
        "public_api_endpoint_rate_limit"
    );
    account.get("/users/me").await.expect(200);
    account.sandbox.set(json!({"notion": {"limits": {"blocked": true}}})).await;
    let refused = account.get("/users/me").await;
    assert_eq!(
        text(&refused.expect(429)["additional_data"]["rate_limit_reason"]),
        "public_api_request_blocked"
    );
    assert_eq!(refused.header("retry-after"), "");
}

#[tokio::test]
async fn the_older_rule_can_be_set() {
    let account = limited(0).await;
    account.sandbox.set(json!({"notion": {"limits": {"mode": "bucket", "bucket_burst": 3.0}}})).await;
    for status in [200, 200, 200, 429] {
        account.get("/users/me").await.expect(status);
    }
    account.sandbox.advance(Duration::from_secs(1)).await;
    for status in [200, 200, 200, 429] {
        account.get("/users/me").await.expect(status);
    }
}
