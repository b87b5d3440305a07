//! The door of an account's API (HubSpot facts 1.5): who is let in, and in which words others are not.

use super::Client;
use crate::support::{TestSandbox, send};
use reqwest::Method;
use serde_json::json;
use std::time::Duration;

const DETAILS: &str = "/hubspot/account-info/v3/details";

#[tokio::test]
async fn a_private_apps_token_and_an_installs_token_are_both_good() {
    let sandbox = TestSandbox::start().await;
    let client = Client::of(&sandbox);
    let account = sandbox.credentials()["hubspot"]["accounts"][1]["private_app_token"].clone();
    let token = account.as_str().expect("a token");
    assert!(token.starts_with("pat-na1-"));
    assert_eq!(client.details(token).await.expect(200)["portalId"], 77_421);
    let tokens = client.connect("").await;
    assert_eq!(client.details(&tokens.access).await.expect(200)["portalId"], 62_515);
    let lower = sandbox.request(Method::GET, DETAILS).header("authorization", format!("bearer {token}"));
    send(lower).await.expect(200);
}

#[tokio::test]
async fn missing_and_bad_credentials_are_told_alike() {
    let sandbox = TestSandbox::start().await;
    let key = super::text(&sandbox.credentials()["hubspot"]["app"]["developer_api_key"]);
    let by_key = format!("{DETAILS}?hapikey={key}");
    let request = |path: &str| sandbox.request(Method::GET, path);
    for request in [
        request(DETAILS),
        request(DETAILS).bearer_auth("nobody"),
        request(DETAILS).bearer_auth(""),
        request(DETAILS).basic_auth("a", Some("b")),
        request(DETAILS).header("authorization", "Bearer"),
        request(DETAILS).header("authorization", b"Bearer \xff".as_slice()),
        // Account-level use of API keys ended in 2022.
        request(&by_key),
    ] {
        let answer = send(request).await;
        let id = answer.header("x-hubspot-correlation-id").to_owned();
        let body = answer.expect(401);
        assert_eq!((&body["status"], &body["category"]), (&json!("error"), &json!("INVALID_AUTHENTICATION")));
        let message = body["message"].as_str().expect("text");
        assert!(message.starts_with("Authentication credentials not found. This API supports "), "{message}");
        assert_eq!(body["correlationId"], json!(id));
    }
}

#[tokio::test]
async fn an_expired_token_is_told_since_when() {
    let sandbox = TestSandbox::start().await;
    let client = Client::of(&sandbox);
    let tokens = client.connect("").await;
    sandbox.advance(Duration::from_millis(1_812_345)).await;
    let answer = client.details(&tokens.access).await;
    let id = answer.header("x-hubspot-correlation-id").to_owned();
    assert_eq!(
        answer.expect(401),
        json!({
            "status": "error",
            "message": "The OAuth token used to make this call expired 12 second(s) ago.",
            "correlationId": id, "category": "EXPIRED_AUTHENTICATION",
            "context": {"expire time": ["2026-01-01T00:30:00.000Z"]},
        })
    );
}

#[tokio::test]
async fn missing_scopes_are_named_in_either_of_two_shapes() {
    let sandbox = TestSandbox::start().await;
    let client = Client::of(&sandbox);
    let tokens = client.connect("tickets").await;
    let owners = || sandbox.call(&tokens.access, Method::GET, "/hubspot/crm/v3/owners", None);
    let body = owners().await.expect(403);
    assert_eq!((&body["status"], &body["category"]), (&json!("error"), &json!("MISSING_SCOPES")));
    let message = body["message"].as_str().expect("text");
    assert!(message.starts_with("This app hasn't been granted all required scopes"), "{message}");
    assert_eq!(
        body["errors"],
        json!([{
            "message": "One or more of the following scopes are required.",
            "context": {"requiredGranularScopes": ["crm.objects.owners.read"]},
        }])
    );
    sandbox.set(json!({"hubspot": {"oauth": {"missing_scopes_shape": "context"}}})).await;
    let answer = owners().await;
    let id = answer.header("x-hubspot-correlation-id").to_owned();
    assert_eq!(
        answer.expect(403),
        json!({
            "status": "error", "message": "One or more of the following scopes are required.",
            "correlationId": id, "category": "MISSING_SCOPES",
            "context": {
                "requiredGranularScopes": ["crm.objects.owners.read"],
                "links": ["https://developers.hubspot.com/scopes"],
            },
        })
    );
    let granted = client.connect("crm.objects.owners.read").await;
    sandbox.call(&granted.access, Method::GET, "/hubspot/crm/v3/owners", None).await.expect(200);
}

#[tokio::test]
async fn every_answer_has_a_correlation_id_of_version_7_and_none_twice() {
    let sandbox = TestSandbox::start().await;
    let client = Client::of(&sandbox);
    let tokens = client.connect("").await;
    let answers = [
        client.details(&tokens.access).await,
        client.details("nobody").await,
        sandbox.get("/hubspot/no/such/path").await,
        sandbox.call(&tokens.access, Method::PATCH, DETAILS, None).await,
        client.form("v3/token", &[]).await,
        client.authorize(&[]).await,
    ];
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [200, 401, 404, 405, 400, 302]);
    let mut ids: Vec<&str> = answers.iter().map(|answer| answer.header("x-hubspot-correlation-id")).collect();
    for id in &ids {
        assert_eq!((id.len(), id.as_bytes()[14]), (36, b'7'), "{id}");
    }
    for refused in &answers[1..4] {
        assert_eq!(refused.json()["correlationId"], refused.header("x-hubspot-correlation-id"));
    }
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), answers.len());
}

#[tokio::test]
async fn contact_lists_of_v1_are_gone() {
    let sandbox = TestSandbox::start().await;
    let token = super::text(&sandbox.credentials()["hubspot"]["accounts"][0]["private_app_token"]);
    let answer = sandbox.call(&token, Method::GET, "/hubspot/contacts/v1/lists", None).await;
    let id = answer.header("x-hubspot-correlation-id").to_owned();
    assert_eq!(
        answer.expect(404),
        json!({"status": "error", "message": "resource not found", "correlationId": id})
    );
}
