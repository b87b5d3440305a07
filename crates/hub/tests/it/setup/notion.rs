//! Notion: a person subscribes; the hub says how, and shows the verification token that Notion sends.

use super::scene::*;
use crate::support::joined::{Joined, ORG};
use crate::support::wait::until;
use reqwest::Method;
use serde_json::json;
use std::time::Duration;
use syncline_core::secret::Secret;
use syncline_core::signature::{hmac_sha256, to_hex};
use syncline_store::Scope;

const PATH: &str = "/webhooks/notion/notion";

async fn handshake(joined: &Joined, token: &str) -> u16 {
    let body = json!({"verification_token": token}).to_string();
    joined.hub.send(joined.hub.request(Method::POST, PATH).body(body)).await.status
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_is_told_what_to_do_and_the_operator_sees_the_token_that_arrived() {
    let joined = joined(0, &[]).await;
    let connection = joined.connect("notion").await;
    let report = set_up(&joined, &connection, json!({})).await;
    assert_eq!(kinds(&report), ["by_hand"]);
    assert!(report["steps"][0]["what"].as_str().unwrap().contains(&joined.hub.url(PATH)), "{report}");
    assert!(report["verification"].is_null());
    assert_eq!(handshake(&joined, "secret_first").await, 200);
    assert_eq!(handshake(&joined, "secret_flood").await, 429, "anybody can send them");
    joined.advance(Duration::from_secs(5)).await;
    assert_eq!(handshake(&joined, "secret_second").await, 200);
    until("the later one is kept", async || {
        let report = set_up(&joined, &connection, json!({})).await;
        (report["verification"]["token"] == "secret_second").then_some(())
    })
    .await;
    // Sealed where it is kept, parked nowhere, and nothing for an organization.
    let rows = kept(&joined, "apps/notion/notion").await;
    assert!(
        rows.len() == 1 && !String::from_utf8_lossy(rows[0].secret.as_ref().unwrap()).contains("secret_")
    );
    let jobs = joined.hub.get("/v1/jobs?state=parked").await.json();
    assert_eq!(jobs["data"], json!([]));
    let own = key_of(&joined, ORG).await;
    let answer = ask(&joined, &own, &connection.id, json!({})).await;
    assert!(
        answer.json()["verification"].is_null() && !answer.text().contains("secret_"),
        "{}",
        answer.text()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_the_token_configured_signed_webhooks_come_in_and_others_do_not() {
    let joined = joined(0, &[("apps.notion.webhook_secret", "secret_example")]).await;
    let connection = joined.connect("notion").await;
    let report = set_up(&joined, &connection, json!({})).await;
    assert!(kinds(&report).is_empty(), "{report}");
    assert_eq!(handshake(&joined, "secret_other").await, 200);
    let event = json!({
        "id": "5d3e8a80-0000-4000-8000-000000000001", "timestamp": "2026-01-01T00:00:00.000Z",
        "workspace_id": connection.account, "type": "page.content_updated", "attempt_number": 1,
        "entity": {"id": "5d3e8a80-0000-4000-8000-000000000002", "type": "page"},
    })
    .to_string();
    for (secret, status) in [("secret_other", 401), ("secret_example", 200)] {
        let mac = to_hex(&hmac_sha256(Secret::new(secret).expose().as_bytes(), &[event.as_bytes()]));
        let request =
            joined.hub.request(Method::POST, PATH).header("x-notion-signature", format!("sha256={mac}"));
        assert_eq!(joined.hub.send(request.body(event.clone())).await.status, status);
    }
    until("the event is stored", async || {
        (events(&joined, &Scope::Organization(ORG.to_owned()), "notion").await.len() == 1).then_some(())
    })
    .await;
    assert!(kept(&joined, "apps/notion/notion").await.is_empty());
}
