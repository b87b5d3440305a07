//! Search (Notion facts 6).

use super::account::{Account, NEW, OLD, error, text, title};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

fn titles(answer: &Value) -> Vec<String> {
    let one = |found: &Value| {
        let title = if found["object"] == "page" {
            let properties = found["properties"].as_object().expect("an object");
            properties.values().find(|property| property["type"] == "title").expect("a title")["title"][0]["plain_text"].clone()
        } else {
            found["title"][0]["plain_text"].clone()
        };
        text(&title)
    };
    answer["results"].as_array().expect("a list").iter().map(one).collect()
}

async fn find(account: &Account, version: &str, body: Value) -> Vec<String> {
    titles(&account.call(version, Method::POST, "/search", Some(&body)).await.expect(200))
}

#[tokio::test]
async fn an_empty_body_finds_all_that_is_shared_newest_first() {
    let account = Account::start().await;
    account.sandbox.advance(Duration::from_secs(60)).await;
    account.person("Ada").await;
    let answer = account.call(NEW, Method::POST, "/search", None).await.expect(200);
    assert_eq!((&answer["object"], &answer["type"]), (&json!("list"), &json!("page_or_data_source")));
    assert_eq!(titles(&answer), ["Ada", "CRM", "Companies", "People", "Deals"]);
    let kinds: Vec<&Value> =
        answer["results"].as_array().expect("a list").iter().map(|found| &found["object"]).collect();
    assert_eq!(kinds, ["page", "page", "data_source", "data_source", "data_source"]);
}

#[tokio::test]
async fn titles_are_searched_without_regard_to_capitals() {
    let account = Account::start().await;
    account
        .row("People", json!({"Name": title("Ada Lovelace"), "Email": {"email": "people@example.com"}}))
        .await;
    assert_eq!(find(&account, NEW, json!({"query": "LOVE"})).await, ["Ada Lovelace"]);
    assert_eq!(find(&account, NEW, json!({"query": "people"})).await, ["People"]);
    assert!(find(&account, NEW, json!({"query": "nobody"})).await.is_empty());
}

#[tokio::test]
async fn objects_are_filtered_by_the_names_the_version_has_for_them() {
    let account = Account::start().await;
    let value = |value: &str| json!({"filter": {"property": "object", "value": value}});
    assert_eq!(find(&account, NEW, value("data_source")).await, ["Companies", "People", "Deals"]);
    assert_eq!(find(&account, NEW, value("page")).await, ["CRM"]);
    let old = account.call(OLD, Method::POST, "/search", Some(&value("database"))).await.expect(200);
    assert_eq!(titles(&old), ["Companies", "People", "Deals"]);
    assert_eq!(
        (&old["type"], &old["results"][0]["object"]),
        (&json!("page_or_database"), &json!("database"))
    );
    assert!(old["results"][0]["properties"].is_object());
    for (version, named) in [(NEW, "database"), (OLD, "data_source"), (NEW, "song")] {
        let answer = account.call(version, Method::POST, "/search", Some(&value(named))).await;
        let (code, message) = error(&answer, 400);
        assert_eq!(code, "validation_error");
        assert!(message.contains("body.filter.value should be"), "{message}");
    }
}

#[tokio::test]
async fn results_are_sorted_and_paged() {
    let account = Account::start().await;
    for name in ["Deal one", "Deal two", "Deal"] {
        account.sandbox.advance(Duration::from_secs(60)).await;
        account.row("Deals", json!({"Name": title(name)})).await;
    }
    let sort = |direction: &str| json!({"query": "deal ", "sort": {"timestamp": "last_edited_time", "direction": direction}, "filter": {"property": "object", "value": "page"}});
    assert_eq!(find(&account, NEW, sort("ascending")).await, ["Deal one", "Deal two", "Deal"]);
    assert_eq!(find(&account, NEW, sort("descending")).await, ["Deal", "Deal two", "Deal one"]);
    let relevant = json!({"query": "deal one", "sort": {"property": "relevance"}});
    assert_eq!(find(&account, NEW, relevant).await, ["Deal one"]);
    let first = account.post("/search", &json!({"query": "deal", "page_size": 2})).await.expect(200);
    assert_eq!(
        (titles(&first), &first["has_more"]),
        (vec!["Deal".to_owned(), "Deal two".to_owned()], &json!(true))
    );
    let second = json!({"query": "deal", "page_size": 2, "start_cursor": first["next_cursor"]});
    assert_eq!(find(&account, NEW, second).await, ["Deal one", "Deals"]);
    for wrong in [
        json!({"sort": {}}),
        json!({"sort": {"timestamp": "created_time", "direction": "ascending"}}),
        json!({"sort": {"timestamp": "last_edited_time"}}),
        json!({"query": 5}),
        json!({"filter": {"value": "page"}}),
    ] {
        assert_eq!(error(&account.post("/search", &wrong).await, 400).0, "validation_error", "{wrong}");
    }
}

#[tokio::test]
async fn the_trash_is_searched_only_on_request() {
    let account = Account::start().await;
    let id = account.person("Ada").await;
    account.patch(&format!("/pages/{id}"), &json!({"in_trash": true})).await.expect(200);
    assert!(find(&account, NEW, json!({"query": "ada"})).await.is_empty());
    assert_eq!(find(&account, NEW, json!({"query": "ada", "filter": {"in_trash": true}})).await, ["Ada"]);
}

#[tokio::test]
async fn the_index_lags_and_misses_when_that_is_set() {
    let account = Account::start().await;
    account.sandbox.set(json!({"notion": {"search": {"index_lag_ms": 30_000}}})).await;
    account.person("Ada").await;
    assert!(find(&account, NEW, json!({"query": "ada"})).await.is_empty());
    account.sandbox.advance(Duration::from_secs(30)).await;
    assert_eq!(find(&account, NEW, json!({"query": "ada"})).await, ["Ada"]);
    account.sandbox.set(json!({"notion": {"search": {"missing_share": 1.0}}})).await;
    assert!(find(&account, NEW, json!({"query": "ada"})).await.is_empty());
    assert_eq!(account.names("People", json!({})).await, ["Ada"], "a query misses nothing");
}

#[tokio::test]
async fn the_old_version_does_not_find_what_it_cannot_show() {
    let account = Account::number(1).await;
    assert_eq!(
        find(&account, NEW, json!({"filter": {"property": "object", "value": "data_source"}})).await,
        ["Companies", "People", "Deals", "Partners"]
    );
    let old = json!({"filter": {"property": "object", "value": "database"}});
    assert_eq!(find(&account, OLD, old.clone()).await, ["People", "Deals"]);
    account.sandbox.set(json!({"notion": {"search": {"old_version_finds_multi_source": true}}})).await;
    assert_eq!(find(&account, OLD, old).await, ["Companies", "People", "Deals"]);
}

#[tokio::test]
async fn only_what_is_shared_is_found() {
    let account = Account::start().await;
    assert!(find(&account, NEW, json!({"query": "private"})).await.is_empty());
    account.sandbox.edit("notion", json!({"action": "unshare", "id": account.crm()})).await;
    assert!(find(&account, NEW, json!({})).await.is_empty());
    account.sandbox.edit("notion", json!({"action": "share", "id": account.database("Deals")})).await;
    assert_eq!(find(&account, NEW, json!({})).await, ["Deals"]);
}
