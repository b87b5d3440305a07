//! Writes that do not simply succeed (Notion facts 3 and 9).

use super::account::{Account, error, text, title};
use serde_json::{Value, json};

async fn arm(account: &Account, times: u64) {
    account.sandbox.post("/_sandbox/notion/commit_then_503", &json!({"times": times})).await.expect(200);
}

#[tokio::test]
async fn a_503_may_come_after_the_page_was_made() {
    let account = Account::start().await;
    arm(&account, 1).await;
    let body =
        json!({"parent": {"data_source_id": account.source("People")}, "properties": {"Name": title("Ada")}});
    let answer = account.post("/pages", &body).await;
    assert_eq!(error(&answer, 503).0, "service_unavailable");
    let data = answer.json()["additional_data"].clone();
    assert!(data["retry_guidance"].as_array().is_some_and(|guidance| guidance[0].is_string()));
    assert_eq!(data["deadline_ms"], "55000");
    assert!(data["elapsed_ms"].is_string() && data["from"].is_string());
    let made = account.get(&format!("/pages/{}", text(&data["committed_resource_id"]))).await.expect(200);
    assert_eq!(super::account::name(&made), "Ada");
    account.post("/pages", &body).await.expect(200);
}

#[tokio::test]
async fn appended_blocks_are_told_with_their_parent() {
    let account = Account::start().await;
    let page = account.person("Ada").await;
    arm(&account, 1).await;
    let children = json!({"children": [{"divider": {}}, {"divider": {}}]});
    let data =
        account.patch(&format!("/blocks/{page}/children"), &children).await.expect(503)["additional_data"]
            .clone();
    assert_eq!(data["committed_resource_id"], json!(page));
    let there: Vec<Value> = account.get(&format!("/blocks/{page}/children")).await.expect(200)["results"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|block| block["id"].clone())
        .collect();
    assert_eq!(data["committed_child_ids"], json!(there));
}

#[tokio::test]
async fn an_update_is_done_though_it_says_503_and_reads_never_do() {
    let account = Account::start().await;
    let path = format!("/pages/{}", account.person("Ada").await);
    account
        .sandbox
        .set(json!({"notion": {"writes": {"late_failure_share": 1.0, "retry_guidance": []}}}))
        .await;
    let answer = account.patch(&path, &json!({"properties": {"Name": title("Eve")}})).await;
    let data = answer.expect(503)["additional_data"].clone();
    assert!(data.get("committed_resource_id").is_none() && data.get("retry_guidance").is_none());
    assert_eq!(super::account::name(&account.get(&path).await.expect(200)), "Eve");
    account.query("People", json!({})).await.expect(200);
    account.post("/search", &json!({})).await.expect(200);
}

#[tokio::test]
async fn a_refused_write_does_not_use_up_a_late_failure() {
    let account = Account::start().await;
    arm(&account, 1).await;
    account.post("/pages", &json!({"parent": {}})).await.expect(400);
    let body = json!({"parent": {"data_source_id": account.source("People")}});
    account.post("/pages", &body).await.expect(503);
}

#[tokio::test]
async fn conflicts_change_nothing() {
    let account = Account::start().await;
    let path = format!("/pages/{}", account.person("Ada").await);
    account.sandbox.set(json!({"notion": {"writes": {"conflict_share": 1.0}}})).await;
    assert_eq!(error(&account.patch(&path, &json!({"in_trash": true})).await, 409).0, "conflict_error");
    assert_eq!(account.get(&path).await.expect(200)["in_trash"], false);
}
