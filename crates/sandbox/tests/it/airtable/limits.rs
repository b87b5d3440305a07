//! 5 per second and base, 50 per second and user, the penalty, the month (Airtable facts 3).

use super::Desk;
use reqwest::Method;
use serde_json::json;
use std::time::Duration;

async fn limited() -> Desk {
    let desk = Desk::new().await;
    desk.set(json!({"limits": {"enabled": true}})).await;
    desk
}

async fn exhaust(desk: &Desk) {
    for _ in 0..5 {
        desk.get("/{base}/People").await.expect(200);
    }
}

#[tokio::test]
async fn the_sixth_call_of_a_second_is_refused_and_so_are_all_for_thirty_seconds() {
    let desk = limited().await;
    exhaust(&desk).await;
    let refused = desk.get("/{base}/People").await;
    let body = json!({"error": {"type": "RATE_LIMIT_REACHED", "message": "Rate limit exceeded. Please try again later"}});
    assert_eq!((refused.json(), refused.header("retry-after")), (body, ""));
    assert_eq!(refused.status, 429);
    desk.sandbox.advance(Duration::from_millis(29_999)).await;
    desk.get("/{base}/People").await.expect(429);
    desk.sandbox.advance(Duration::from_millis(1)).await;
    desk.get("/{base}/People").await.expect(200);
}

#[tokio::test]
async fn a_base_is_shared_by_all_callers_and_by_its_schema_and_webhooks() {
    let desk = limited().await;
    desk.get("/{base}/People").await.expect(200);
    desk.get("/meta/bases/{base}/tables").await.expect(200);
    desk.get("/bases/{base}/webhooks").await.expect(200);
    desk.post("/{base}/People/listRecords", json!({})).await.expect(200);
    desk.call_as(&desk.second_token(), Method::GET, "/{base}/People", None).await.expect(200);
    desk.call_as(&desk.second_token(), Method::GET, "/{base}/People", None).await.expect(429);
    let other = desk.credentials["bases"][1]["base_id"].as_str().expect("text");
    desk.get(&format!("/{other}/Tasks")).await.expect(200);
    desk.get("/meta/whoami").await.expect(200);
}

#[tokio::test]
async fn five_a_second_can_go_on_for_ever() {
    let desk = limited().await;
    for _ in 0..25 {
        desk.get("/{base}/People?pageSize=1").await.expect(200);
        desk.sandbox.advance(Duration::from_millis(200)).await;
    }
}

#[tokio::test]
async fn a_users_personal_tokens_share_fifty_a_second() {
    let desk = limited().await;
    for _ in 0..50 {
        desk.get("/meta/whoami").await.expect(200);
    }
    desk.get("/meta/whoami").await.expect(429);
    desk.call_as(&desk.second_token(), Method::GET, "/meta/whoami", None).await.expect(200);
    let (access, _) = desk.tokens("app", "data.records:read").await;
    desk.call_as(&access, Method::GET, "/meta/whoami", None).await.expect(200);
}

#[tokio::test]
async fn the_penalty_can_be_extended_and_told() {
    let desk = limited().await;
    desk.set(json!({"limits": {"penalty_extends": true, "retry_after": true}})).await;
    exhaust(&desk).await;
    assert_eq!(desk.get("/{base}/People").await.header("retry-after"), "30");
    desk.sandbox.advance(Duration::from_secs(20)).await;
    desk.get("/{base}/People").await.expect(429);
    desk.sandbox.advance(Duration::from_secs(20)).await;
    desk.get("/{base}/People").await.expect(429);
}

#[tokio::test]
async fn upserts_can_have_a_limit_of_their_own() {
    let desk = limited().await;
    desk.set(json!({"limits": {"upserts_per_base": 1.0}})).await;
    let upsert =
        json!({"performUpsert": {"fieldsToMergeOn": ["Email"]}, "records": [{"fields": {"Email": "a@b.c"}}]});
    desk.patch("/{base}/People", upsert.clone()).await.expect(200);
    desk.patch("/{base}/People", upsert).await.expect(429);
}

#[tokio::test]
async fn the_monthly_quota_is_another_429_and_spares_meta() {
    let desk = Desk::new().await;
    desk.set(json!({"limits": {"monthly_calls": 2}})).await;
    desk.get("/{base}/People").await.expect(200);
    desk.get("/{base}/People").await.expect(200);
    let refused = desk.get("/{base}/People").await.expect(429);
    assert_eq!(refused["error"]["type"], "PUBLIC_API_BILLING_LIMIT_EXCEEDED");
    desk.get("/meta/bases").await.expect(200);
    desk.get("/meta/bases/{base}/tables").await.expect(200);
    desk.sandbox.advance(Duration::from_secs(30 * 86_400)).await;
    desk.get("/{base}/People").await.expect(429);
    desk.sandbox.advance(Duration::from_secs(86_400)).await;
    desk.get("/{base}/People").await.expect(200);
}
