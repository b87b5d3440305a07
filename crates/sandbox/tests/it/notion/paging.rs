//! Lists in pages, and the ceiling of queries (Notion facts 4).

use super::account::{Account, NEW, error, name, text, title};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

async fn with_rows(count: usize) -> Account {
    let account = Account::start().await;
    for number in 0..count {
        account.row("Deals", json!({"Name": title(&format!("Deal {number}"))})).await;
    }
    account
}

/// All titles, page by page.
async fn all(account: &Account, mut body: Value) -> Vec<String> {
    let mut names = Vec::new();
    loop {
        let page = account.query("Deals", body.clone()).await.expect(200);
        names.extend(page["results"].as_array().expect("a list").iter().map(name));
        assert_eq!(page["has_more"], json!(!page["next_cursor"].is_null()));
        if page["next_cursor"].is_null() {
            return names;
        }
        body["start_cursor"] = page["next_cursor"].clone();
    }
}

#[tokio::test]
async fn pages_follow_each_other_without_gaps() {
    let account = with_rows(7).await;
    let page = account.query("Deals", json!({"page_size": 3})).await.expect(200);
    assert_eq!(
        (&page["object"], &page["type"], &page["page_or_data_source"]),
        (&json!("list"), &json!("page_or_data_source"), &json!({}))
    );
    assert_eq!(page["has_more"], true);
    let expected: Vec<String> = (0..7).map(|number| format!("Deal {number}")).collect();
    assert_eq!(all(&account, json!({"page_size": 3})).await, expected);
    let sorted = json!({"page_size": 2, "sorts": [{"property": "Name", "direction": "descending"}]});
    assert_eq!(all(&account, sorted).await, expected.iter().rev().cloned().collect::<Vec<_>>());
    assert_eq!(account.query("Deals", json!({})).await.expect(200)["next_cursor"], Value::Null);
}

#[tokio::test]
async fn a_page_begins_where_the_cursor_s_row_was_even_if_it_is_gone() {
    let account = with_rows(5).await;
    let first = account.query("Deals", json!({"page_size": 2})).await.expect(200);
    let cursor = text(&first["next_cursor"]);
    account.patch(&format!("/pages/{cursor}"), &json!({"in_trash": true})).await.expect(200);
    assert_eq!(
        account.names("Deals", json!({"page_size": 2, "start_cursor": cursor})).await,
        ["Deal 3", "Deal 4"]
    );
}

#[tokio::test]
async fn cursors_and_sizes_that_cannot_be_are_refused() {
    let account = with_rows(1).await;
    let unknown = json!({"start_cursor": "00000000-0000-4000-8000-000000000000"});
    assert!(
        error(&account.query("Deals", unknown.clone()).await, 400)
            .1
            .contains("start_cursor provided is invalid")
    );
    for wrong in [
        json!({"start_cursor": "x"}),
        json!({"start_cursor": null}),
        json!({"page_size": 101}),
        json!({"page_size": 0}),
        json!({"page_size": "5"}),
    ] {
        assert_eq!(error(&account.query("Deals", wrong.clone()).await, 400).0, "validation_error", "{wrong}");
    }
    for path in [
        "/users?page_size=101",
        "/users?page_size=x",
        "/users?start_cursor=x",
        "/users?start_cursor=00000000-0000-4000-8000-000000000000",
    ] {
        assert_eq!(error(&account.get(path).await, 400).0, "validation_error", "{path}");
    }
    account.sandbox.set(json!({"notion": {"query": {"invalid_cursor": "first_page"}}})).await;
    assert_eq!(account.names("Deals", unknown).await, ["Deal 0"]);
}

#[tokio::test]
async fn a_query_ends_at_the_ceiling_and_says_so() {
    let account = with_rows(7).await;
    account.sandbox.set(json!({"notion": {"query": {"ceiling": 5}}})).await;
    let first = account.query("Deals", json!({"page_size": 3})).await.expect(200);
    assert!(first["has_more"] == true && first.get("request_status").is_none());
    let last = account
        .query("Deals", json!({"page_size": 3, "start_cursor": first["next_cursor"]}))
        .await
        .expect(200);
    assert_eq!(last["results"].as_array().expect("a list").len(), 2);
    assert_eq!((&last["has_more"], &last["next_cursor"]), (&json!(false), &Value::Null));
    assert_eq!(
        last["request_status"],
        json!({"type": "incomplete", "incomplete_reason": "query_result_limit_reached"})
    );
    account.sandbox.set(json!({"notion": {"query": {"ceiling": 7}}})).await;
    assert!(account.query("Deals", json!({})).await.expect(200).get("request_status").is_none());
}

#[tokio::test]
async fn beyond_the_ceiling_lies_a_query_from_the_last_row_s_creation() {
    let account = Account::start().await;
    account.sandbox.set(json!({"notion": {"query": {"ceiling": 4}}})).await;
    for number in 0..7 {
        account.row("Deals", json!({"Name": title(&format!("Deal {number}"))})).await;
        account.sandbox.advance(Duration::from_secs(60)).await;
    }
    let sorts = json!([{"timestamp": "created_time", "direction": "ascending"}]);
    let first = account.query("Deals", json!({"sorts": sorts})).await.expect(200);
    let last = first["results"].as_array().expect("a list").last().expect("rows").clone();
    let filter = json!({"timestamp": "created_time", "created_time": {"on_or_after": last["created_time"]}});
    assert_eq!(
        account.names("Deals", json!({"sorts": sorts, "filter": filter})).await,
        ["Deal 3", "Deal 4", "Deal 5", "Deal 6"]
    );
}

#[tokio::test]
async fn queries_show_only_the_properties_asked_for() {
    let account = with_rows(1).await;
    let path = format!("/data_sources/{}/query?filter_properties=title", account.source("Deals"));
    let answer = account.call(NEW, Method::POST, &path, Some(&json!({}))).await.expect(200);
    let properties = answer["results"][0]["properties"].as_object().expect("an object");
    assert_eq!(properties.keys().collect::<Vec<_>>(), ["Name"]);
}

#[tokio::test]
async fn rows_are_pages_so_asking_for_data_sources_finds_none() {
    let account = with_rows(1).await;
    assert!(account.names("Deals", json!({"result_type": "data_source"})).await.is_empty());
    assert_eq!(account.names("Deals", json!({"result_type": "page"})).await, ["Deal 0"]);
    assert_eq!(
        error(&account.query("Deals", json!({"result_type": "song"})).await, 400).0,
        "validation_error"
    );
}
