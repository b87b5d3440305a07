//! Errors (Notion facts 1 and 9).

use super::account::{Account, NEW, error, text, title};
use crate::support::send;
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn a_token_that_is_not_known_is_refused() {
    let account = Account::start().await;
    for request in [
        account.sandbox.request(Method::GET, "/notion/v1/users/me"),
        account.sandbox.request(Method::GET, "/notion/v1/users/me").bearer_auth("ntn_wrong"),
        account.sandbox.request(Method::GET, "/notion/v1/users/me").basic_auth(&account.token, None::<&str>),
        account
            .sandbox
            .request(Method::GET, "/notion/v1/users/me")
            .header("authorization", account.token.as_str()),
    ] {
        let answer = send(request.header("notion-version", NEW)).await;
        assert_eq!(error(&answer, 401), ("unauthorized".to_owned(), "API token is invalid.".to_owned()));
    }
}

#[tokio::test]
async fn paths_and_methods_that_do_not_exist_are_invalid_request_urls() {
    let account = Account::start().await;
    for (method, path) in [
        (Method::GET, "/songs"),
        (Method::DELETE, "/pages"),
        (Method::PUT, "/users/me"),
        (Method::GET, "/search"),
        (Method::GET, ""),
        (Method::POST, "/file_uploads"),
        (Method::GET, "/views"),
    ] {
        let answer = account.call(NEW, method.clone(), path, None).await;
        assert_eq!(error(&answer, 400).0, "invalid_request_url", "{method} {path}");
    }
    let outside =
        send(account.sandbox.request(Method::GET, "/notion/v2/users").bearer_auth(&account.token)).await;
    assert_eq!(error(&outside, 400).0, "invalid_request_url");
}

#[tokio::test]
async fn bodies_that_are_no_json_objects_are_refused() {
    let account = Account::start().await;
    let raw = async |body: &'static str| {
        let request = account.sandbox.request(Method::POST, "/notion/v1/pages").bearer_auth(&account.token);
        send(request.header("notion-version", NEW).header("content-type", "application/json").body(body))
            .await
    };
    assert_eq!(error(&raw("{").await, 400).0, "invalid_json");
    assert_eq!(error(&raw("{\"a\": nope}").await, 400).0, "invalid_json");
    assert_eq!(error(&raw("[]").await, 400).0, "validation_error");
    assert_eq!(error(&raw("5").await, 400).0, "validation_error");
    assert!(error(&raw("").await, 400).1.contains("body.parent should be defined"));
}

#[tokio::test]
async fn ids_that_are_no_uuids_are_refused() {
    let account = Account::start().await;
    let (code, message) = error(&account.get("/pages/abc").await, 400);
    assert_eq!(code, "validation_error");
    assert_eq!(
        message,
        "path failed validation: path.page_id should be a valid uuid, instead was `\"abc\"`."
    );
    assert_eq!(
        error(&account.get("/async_tasks/00000000-0000-4000-8000-000000000000").await, 404).0,
        "object_not_found"
    );
}

#[tokio::test]
async fn every_answer_names_its_request_and_its_ray() {
    let account = Account::start().await;
    let good = account.get("/users/me").await;
    assert_eq!(text(&good.expect(200)["request_id"]), good.header("x-notion-request-id"));
    let bad = account.get("/songs").await;
    for answer in [&good, &bad] {
        assert!(answer.header("cf-ray").ends_with("-FRA"));
        assert!(answer.header("content-type").starts_with("application/json"));
    }
    assert_ne!(good.header("x-notion-request-id"), bad.header("x-notion-request-id"));
}

#[tokio::test]
async fn oversized_bodies_are_refused_and_change_nothing() {
    let account = Account::start().await;
    let body = json!({"parent": {"data_source_id": account.source("People")}, "properties": {}, "padding": "x".repeat(500_000)});
    assert_eq!(error(&account.post("/pages", &body).await, 400).0, "validation_error");
    account.sandbox.set(json!({"notion": {"sizes": {"payload_status": 413}}})).await;
    account.post("/pages", &body).await.expect(413);
    assert!(account.names("People", json!({})).await.is_empty());
}

#[tokio::test]
async fn without_a_capability_a_resource_is_restricted() {
    let account = Account::start().await;
    let page = format!("/pages/{}", account.person("Ada").await);
    let body =
        json!({"parent": {"data_source_id": account.source("People")}, "properties": {"Name": title("x")}});
    account
        .sandbox
        .set(json!({"notion": {"capabilities": {"insert_content": false, "update_content": false}}}))
        .await;
    assert_eq!(error(&account.post("/pages", &body).await, 403).0, "restricted_resource");
    assert_eq!(error(&account.patch(&page, &json!({"in_trash": true})).await, 403).0, "restricted_resource");
    account.get(&page).await.expect(200);
    account.sandbox.set(json!({"notion": {"capabilities": {"read_content": false}}})).await;
    assert_eq!(error(&account.get(&page).await, 403).0, "restricted_resource");
    assert_eq!(error(&account.post("/search", &json!({})).await, 403).0, "restricted_resource");
}

#[tokio::test]
async fn rows_and_blocks_have_limits_when_those_are_set() {
    let account = Account::start().await;
    account.person("Ada").await;
    let body = json!({"parent": {"data_source_id": account.source("People")}, "properties": {}});
    account.sandbox.set(json!({"notion": {"sizes": {"rows_per_data_source": 1}}})).await;
    assert_eq!(error(&account.post("/pages", &body).await, 409).0, "row_limit_exceeded");
    account
        .sandbox
        .set(json!({"notion": {"sizes": {"rows_per_data_source": null, "free_plan_blocks": 3}}}))
        .await;
    let full = account.post("/pages", &body).await;
    assert_eq!(error(&full, 403).0, "restricted_resource");
    assert_eq!(full.json()["additional_data"]["block_limit"], "3");
    assert_eq!(account.names("People", json!({})).await.len(), 1);
}

#[tokio::test]
async fn faults_speak_notion() {
    let account = Account::start().await;
    let cases = [
        (json!({"kind": "server_error", "status": 500}), 500, "internal_server_error"),
        (json!({"kind": "server_error", "status": 503}), 503, "service_unavailable"),
        (json!({"kind": "server_error", "status": 504}), 504, "gateway_timeout"),
        (json!({"kind": "server_error", "status": 529}), 529, "service_overload"),
        (json!({"kind": "rate_limited", "retry_after": 7}), 429, "rate_limited"),
        (json!({"kind": "expired_token"}), 401, "unauthorized"),
        (json!({"kind": "revoked_token"}), 401, "unauthorized"),
    ];
    for (effect, status, code) in cases {
        account.sandbox.fault(json!({"provider": "notion", "times": 1, "effect": effect})).await;
        let answer = account.get("/users/me").await;
        assert_eq!(error(&answer, status).0, code);
        match status {
            429 => assert_eq!(
                (answer.header("retry-after"), &answer.json()["additional_data"]["retry_after"]),
                ("7", &json!("7"))
            ),
            529 => assert_eq!(answer.header("retry-after"), "30"),
            _ => assert_eq!(answer.header("retry-after"), ""),
        }
    }
    let edge = json!({"kind": "status", "status": 403, "body": "<html>Sorry, you have been blocked</html>", "headers": [["cf-ray", "9f00000000000000-FRA"], ["content-type", "text/html"]]});
    account.sandbox.fault(json!({"provider": "notion", "times": 1, "effect": edge})).await;
    let blocked = account.get("/users/me").await;
    assert_eq!(
        (blocked.status, blocked.header("cf-ray"), blocked.header("x-notion-request-id")),
        (403, "9f00000000000000-FRA", "")
    );
    assert!(blocked.body.starts_with("<html>"));
}
