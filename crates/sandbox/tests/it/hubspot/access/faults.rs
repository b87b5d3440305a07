//! HubSpot's words for faults on demand (HubSpot facts 1.5, 2, 9).

use super::{Client, text};
use crate::support::{Answer, TestSandbox};
use serde_json::{Value, json};
use std::time::Duration;

async fn with_fault(sandbox: &TestSandbox, token: &str, effect: Value) -> Answer {
    sandbox.fault(json!({"provider": "hubspot", "times": 1, "effect": effect})).await;
    let answer = Client::of(sandbox).details(token).await;
    assert_eq!(answer.header("x-hubspot-correlation-id").len(), 36);
    answer
}

#[tokio::test]
async fn too_many_requests_are_told_as_the_ten_second_policy() {
    let sandbox = TestSandbox::start().await;
    let tokens = Client::of(&sandbox).connect("").await;
    let private = text(&sandbox.credentials()["hubspot"]["accounts"][1]["private_app_token"]);
    for (token, group) in [
        (&tokens.access, "publicapi:oauth-api-calls-ten-secondly:54321:62515"),
        (&private, "publicapi:private_app-api-calls-ten-secondly:1077421:77421"),
    ] {
        let answer = with_fault(&sandbox, token, json!({"kind": "rate_limited"})).await;
        assert_eq!(answer.header("retry-after"), "");
        let id = answer.header("x-hubspot-correlation-id").to_owned();
        assert_eq!(
            answer.expect(429),
            json!({
                "status": "error", "message": "You have reached your ten_secondly_rolling limit.",
                "errorType": "RATE_LIMIT", "correlationId": id, "policyName": "TEN_SECONDLY_ROLLING",
                "groupName": group,
            })
        );
    }
    let told = with_fault(&sandbox, &private, json!({"kind": "rate_limited", "retry_after": 7})).await;
    assert_eq!((told.status, told.header("retry-after")), (429, "7"));
}

#[tokio::test]
async fn hubspots_own_errors_are_json_and_those_of_the_edge_are_pages() {
    let sandbox = TestSandbox::start().await;
    let token = Client::of(&sandbox).connect("").await.access;
    for status in [500, 502, 503, 504] {
        let answer = with_fault(&sandbox, &token, json!({"kind": "server_error", "status": status})).await;
        assert_eq!(answer.json()["correlationId"], answer.header("x-hubspot-correlation-id"));
        let body = answer.expect(status);
        assert_eq!(body["status"], "error");
        assert_eq!(body["message"] == "There was a problem with the request.", status == 500, "{body}");
    }
    for status in [521, 522, 523, 524, 525, 526] {
        let answer = with_fault(&sandbox, &token, json!({"kind": "server_error", "status": status})).await;
        assert_eq!((answer.status, answer.header("content-type")), (status, "text/html; charset=UTF-8"));
        assert!(answer.body.contains(&format!("Error code {status}")), "{}", answer.body);
    }
}

#[tokio::test]
async fn tokens_can_be_refused_as_expired_or_unknown_though_they_are_good() {
    let sandbox = TestSandbox::start().await;
    let client = Client::of(&sandbox);
    let token = client.connect("").await.access;
    let expired = with_fault(&sandbox, &token, json!({"kind": "expired_token"})).await.expect(401);
    assert_eq!(expired["category"], "EXPIRED_AUTHENTICATION");
    assert_eq!(expired["message"], "The OAuth token used to make this call expired 1 second(s) ago.");
    assert_eq!(expired["context"], json!({"expire time": ["2025-12-31T23:59:59.000Z"]}));
    let revoked = with_fault(&sandbox, &token, json!({"kind": "revoked_token"})).await.expect(401);
    assert_eq!(revoked["category"], "INVALID_AUTHENTICATION");
    client.details(&token).await.expect(200);
    sandbox.advance(Duration::from_secs(1860)).await;
    let late = with_fault(&sandbox, &token, json!({"kind": "expired_token"})).await.expect(401);
    assert_eq!(late["message"], "The OAuth token used to make this call expired 60 second(s) ago.");
}

#[tokio::test]
async fn a_search_is_refused_by_the_limit_of_searches() {
    let sandbox = TestSandbox::start().await;
    let private = text(&sandbox.credentials()["hubspot"]["accounts"][0]["private_app_token"]);
    sandbox.fault(json!({"provider": "hubspot", "times": 1, "effect": {"kind": "rate_limited"}})).await;
    let path = "/hubspot/crm/v3/objects/contacts/search";
    let refused = sandbox.call(&private, reqwest::Method::POST, path, Some(&json!({}))).await.expect(429);
    assert_eq!(refused["policyName"], "SECONDLY");
    assert_eq!(refused["message"], "You have reached your secondly limit.");
}
