//! Search and associations have limits of their own (HubSpot facts 2).

use super::{Client, text};
use crate::support::{Answer, TestSandbox};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

fn private_token(sandbox: &TestSandbox) -> String {
    text(&sandbox.credentials()["hubspot"]["accounts"][0]["private_app_token"])
}

async fn search(sandbox: &TestSandbox, token: &str, path: &str) -> Answer {
    let body = json!({"limit": 1});
    sandbox.call(token, Method::POST, &format!("/hubspot/crm/{path}/search"), Some(&body)).await
}

#[tokio::test]
async fn an_account_has_five_searches_a_second_and_no_header_tells_of_it() {
    let sandbox = TestSandbox::start().await;
    sandbox.set(json!({"hubspot": {"limits": {"oauth_burst": 1}}})).await;
    let tokens = Client::of(&sandbox).connect("crm.objects.contacts.read crm.objects.companies.read").await;
    for path in ["v3/objects/contacts", "objects/2026-03/0-1"] {
        for _ in 0..2 {
            let answer = search(&sandbox, &tokens.access, path).await;
            assert_eq!(answer.status, 200, "{}", answer.body);
            let told = answer.headers.keys().find(|name| name.as_str().contains("ratelimit"));
            assert_eq!(told, None);
        }
    }
    // All of the account's searches count together, whoever asks and for what.
    search(&sandbox, &private_token(&sandbox), "v3/objects/companies").await.expect(200);
    let refused = search(&sandbox, &tokens.access, "v3/objects/companies").await;
    assert!(refused.headers.keys().all(|name| !name.as_str().contains("ratelimit")));
    let id = refused.header("x-hubspot-correlation-id").to_owned();
    assert_eq!(
        refused.expect(429),
        json!({
            "status": "error", "message": "You have reached your secondly limit.", "errorType": "RATE_LIMIT",
            "correlationId": id, "policyName": "SECONDLY",
            "groupName": "publicapi:crm:search:oauth:54321:62515",
        })
    );
    sandbox.advance(Duration::from_secs(1)).await;
    search(&sandbox, &tokens.access, "v3/objects/contacts").await.expect(200);
    // And none of them counted against the burst limit.
    let details = Client::of(&sandbox).details(&tokens.access).await;
    assert_eq!((details.status, details.header("x-hubspot-ratelimit-remaining")), (200, "0"));
}

#[tokio::test]
async fn searches_may_be_counted_per_token_and_as_many_as_told() {
    let sandbox = TestSandbox::start().await;
    let limits = json!({"search_counted_per": "token", "search_per_second": 1});
    sandbox.set(json!({"hubspot": {"limits": limits}})).await;
    let tokens = Client::of(&sandbox).connect("crm.objects.contacts.read").await;
    for token in [tokens.access, private_token(&sandbox)] {
        search(&sandbox, &token, "v3/objects/contacts").await.expect(200);
        search(&sandbox, &token, "v3/objects/contacts").await.expect(429);
    }
}

#[tokio::test]
async fn searches_of_a_private_app_count_against_its_day() {
    let sandbox = TestSandbox::start().await;
    sandbox.set(json!({"hubspot": {"limits": {"daily": 1}}})).await;
    let token = private_token(&sandbox);
    search(&sandbox, &token, "v3/objects/contacts").await.expect(200);
    assert_eq!(search(&sandbox, &token, "v3/objects/contacts").await.expect(429)["policyName"], "DAILY");
}

async fn associations(sandbox: &TestSandbox, token: &str, method: Method, path: &str) -> Answer {
    let body: Value = json!({"inputs": []});
    let body = (method == Method::POST).then_some(&body);
    sandbox.call(token, method, &format!("/hubspot/crm/{path}"), body).await
}

#[tokio::test]
async fn later_associations_count_apart_and_those_of_v3_nowhere() {
    let sandbox = TestSandbox::start().await;
    let token = private_token(&sandbox);
    let batch = "associations/contacts/companies/batch/read";
    for path in [
        format!("v3/{batch}"),
        format!("v4/{batch}"),
        "associations/2026-03/contacts/companies/batch/read".to_owned(),
    ] {
        let answer = associations(&sandbox, &token, Method::POST, &path).await;
        assert_ne!(answer.status, 429, "{path}");
        let max = answer.header("x-hubspot-ratelimit-max");
        assert_eq!(max, if path.starts_with("v3") { "" } else { "150" }, "{path}");
    }
    let tight = json!({"associations_burst": 3, "private_app_burst": 2});
    sandbox.set(json!({"hubspot": {"limits": tight}})).await;
    // The two of the later versions counted; one more, and there is no room.
    let third = associations(&sandbox, &token, Method::POST, &format!("v4/{batch}")).await;
    assert_eq!(third.header("x-hubspot-ratelimit-remaining"), "0");
    let refused = associations(&sandbox, &token, Method::POST, &format!("v4/{batch}")).await;
    assert_eq!(refused.expect(429)["policyName"], "TEN_SECONDLY_ROLLING");
    let of_v3 = associations(&sandbox, &token, Method::POST, &format!("v3/{batch}")).await;
    assert_ne!(of_v3.status, 429);
    // None of all these counted against the burst limit.
    let details = Client::of(&sandbox).details(&token).await;
    assert_eq!((details.status, details.header("x-hubspot-ratelimit-remaining")), (200, "1"));
}

#[tokio::test]
async fn associations_of_one_record_count_twice() {
    let sandbox = TestSandbox::start().await;
    let tight = json!({"associations_burst": 1, "private_app_burst": 9});
    sandbox.set(json!({"hubspot": {"limits": tight}})).await;
    let token = private_token(&sandbox);
    let path = "v4/objects/contacts/101/associations/companies";
    let first = associations(&sandbox, &token, Method::GET, path).await;
    assert_eq!(first.header("x-hubspot-ratelimit-remaining"), "8");
    associations(&sandbox, &token, Method::GET, path).await.expect(429);
    let details = Client::of(&sandbox).details(&token).await;
    assert_eq!(details.header("x-hubspot-ratelimit-remaining"), "7");
}

#[tokio::test]
async fn associations_have_a_day_of_their_own() {
    let sandbox = TestSandbox::start().await;
    sandbox.set(json!({"hubspot": {"limits": {"associations_daily": 1}}})).await;
    let token = private_token(&sandbox);
    let path = "v4/associations/contacts/companies/batch/read";
    assert_ne!(associations(&sandbox, &token, Method::POST, path).await.status, 429);
    let refused = associations(&sandbox, &token, Method::POST, path).await.expect(429);
    assert_eq!(refused["policyName"], "DAILY");
    Client::of(&sandbox).details(&token).await.expect(200);
}
