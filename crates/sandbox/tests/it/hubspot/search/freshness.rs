//! How late search is.

use super::{filter, first_names};
use crate::hubspot::properties::Account;
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test]
async fn search_sees_what_was_written_a_moment_later() {
    let account = Account::start().await;
    let ada = account.record("contacts", json!({"firstname": "Ada", "email": "ada@example.com"})).await;
    assert_eq!(account.search(json!({})).await.expect(200)["total"], 0);
    account.sandbox.advance(Duration::from_millis(1_999)).await;
    assert_eq!(account.search(json!({})).await.expect(200)["total"], 0);
    account.sandbox.advance(Duration::from_millis(1)).await;
    assert_eq!(account.search(json!({})).await.expect(200)["total"], 1);
    account
        .patch(
            &format!("/crm/v3/objects/contacts/{ada}"),
            json!({"properties": {"firstname": "Augusta", "lastname": "King"}}),
        )
        .await
        .expect(200);
    // Both the filter and what is shown are of before.
    let body =
        json!({"filters": [filter("firstname", "EQ", "ada")], "properties": ["firstname", "lastname"]});
    let stale = account.search(body.clone()).await.expect(200);
    assert_eq!(stale["results"][0]["properties"]["firstname"], "Ada");
    assert_eq!(stale["results"][0]["properties"]["lastname"], Value::Null);
    assert_eq!(stale["results"][0]["updatedAt"], "2026-01-01T00:00:00.000Z");
    assert_eq!(account.passing(filter("firstname", "EQ", "augusta")).await, Vec::<String>::new());
    assert_eq!(account.passing(filter("lastname", "EQ", "king")).await, Vec::<String>::new());
    account.sandbox.advance(Duration::from_secs(2)).await;
    assert_eq!(account.search(body).await.expect(200)["total"], 0);
    assert_eq!(account.passing(filter("firstname", "EQ", "augusta")).await, ["Augusta"]);
}

#[tokio::test]
async fn how_late_search_is_can_be_set() {
    let account = Account::start().await;
    account.sandbox.set(json!({"hubspot": {"search": {"index_lag_ms": 0}}})).await;
    account.record("contacts", json!({"firstname": "Ada"})).await;
    assert_eq!(account.search(json!({})).await.expect(200)["total"], 1);
    account.sandbox.set(json!({"hubspot": {"search": {"index_lag_ms": 30_000}}})).await;
    assert_eq!(account.search(json!({})).await.expect(200)["total"], 0);
}

#[tokio::test]
async fn recent_results_can_come_out_of_order() {
    let account = Account::start().await;
    account.sandbox.set(json!({"hubspot": {"search": {"index_lag_ms": 0, "out_of_order_ms": 60_000}}})).await;
    for number in 0..20 {
        account.record("contacts", json!({"firstname": format!("{number:02}")})).await;
        account.sandbox.advance(Duration::from_millis(10)).await;
    }
    let recent = first_names(&account.search(json!({"limit": 20})).await.expect(200));
    assert!(!recent.is_sorted(), "{recent:?}");
    account.sandbox.advance(Duration::from_secs(61)).await;
    let old = first_names(&account.search(json!({"limit": 20})).await.expect(200));
    assert!(old.is_sorted() && old.len() == 20, "{old:?}");
}

#[tokio::test]
async fn archived_records_are_never_found() {
    let (account, ids) = Account::with_three().await;
    account.delete(&format!("/crm/v3/objects/contacts/{}", ids[0])).await.expect(204);
    assert_eq!(first_names(&account.search(json!({})).await.expect(200)), ["Bob", "Cyd"]);
    let by_id = json!({"filters": [filter("hs_object_id", "EQ", ids[0].clone())]});
    assert_eq!(account.search(by_id).await.expect(200)["total"], 0);
}
