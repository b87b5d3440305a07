//! The version header switches whole shapes (Notion facts 1, 5, 6).

use super::account::{Account, NEW, NEWEST, OLD, error, text, title};
use crate::support::send;
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn a_call_without_a_version_or_with_an_unknown_one_is_refused() {
    let account = Account::start().await;
    let request = account.sandbox.request(Method::GET, "/notion/v1/users/me").bearer_auth(&account.token);
    assert_eq!(error(&send(request).await, 400).0, "missing_version");
    let unknown = account.call("2024-01-01", Method::GET, "/users/me", None).await;
    assert_eq!(error(&unknown, 400).0, "validation_error");
    for version in [OLD, NEW, NEWEST] {
        account.call(version, Method::GET, "/users/me", None).await.expect(200);
    }
}

#[tokio::test]
async fn a_database_is_a_schema_in_the_old_version_and_a_container_in_the_new_ones() {
    let account = Account::start().await;
    let path = format!("/databases/{}", account.database("People"));
    let old = account.call(OLD, Method::GET, &path, None).await.expect(200);
    assert_eq!(old["object"], "database");
    assert_eq!(old["properties"]["Email"]["type"], "email");
    assert!(old.get("data_sources").is_none() && old.get("is_locked").is_none());
    assert_eq!(old["created_by"]["object"], "user");
    assert_eq!(old["parent"], json!({"type": "page_id", "page_id": account.crm()}));

    let new = account.call(NEW, Method::GET, &path, None).await.expect(200);
    assert_eq!(new["data_sources"], json!([{"id": account.source("People"), "name": "People"}]));
    assert!(new.get("properties").is_none() && new.get("created_by").is_none());
    assert_eq!(
        (&new["is_locked"], &new["in_trash"], &new["archived"]),
        (&json!(false), &json!(false), &json!(false))
    );

    let newest = account.call(NEWEST, Method::GET, &path, None).await.expect(200);
    assert!(newest.get("archived").is_none() && newest["in_trash"] == false);
}

#[tokio::test]
async fn a_data_source_tells_its_database_and_where_that_is() {
    let account = Account::start().await;
    let source = account.get(&format!("/data_sources/{}", account.source("People"))).await.expect(200);
    assert_eq!(source["object"], "data_source");
    assert_eq!(source["parent"], json!({"type": "database_id", "database_id": account.database("People")}));
    assert_eq!(source["database_parent"], json!({"type": "page_id", "page_id": account.crm()}));
    assert_eq!(source["title"][0]["plain_text"], "People");
    for key in [
        "description",
        "is_inline",
        "in_trash",
        "archived",
        "created_time",
        "last_edited_time",
        "icon",
        "cover",
        "url",
        "public_url",
    ] {
        assert!(source.get(key).is_some(), "{key}");
    }
    let relation = &source["properties"]["Company"]["relation"];
    assert_eq!(relation["data_source_id"], json!(account.source("Companies")));
    assert_eq!(relation["database_id"], json!(account.database("Companies")));
    assert_eq!(relation["dual_property"]["synced_property_name"], "People");
    let newest =
        account.call(NEWEST, Method::GET, &format!("/data_sources/{}", account.source("People")), None).await;
    assert!(newest.expect(200).get("archived").is_none());
}

#[tokio::test]
async fn data_sources_do_not_exist_in_the_old_version_nor_old_queries_in_the_new_ones() {
    let account = Account::start().await;
    let source = format!("/data_sources/{}", account.source("People"));
    for (method, path) in [
        (Method::GET, source.clone()),
        (Method::POST, format!("{source}/query")),
        (Method::POST, "/data_sources".to_owned()),
    ] {
        let body = (method == Method::POST).then(|| json!({}));
        let answer = account.call(OLD, method, &path, body.as_ref()).await;
        assert_eq!(error(&answer, 400).0, "invalid_request_url", "{path}");
    }
    let old_query = format!("/databases/{}/query", account.database("People"));
    for version in [NEW, NEWEST] {
        let answer = account.call(version, Method::POST, &old_query, Some(&json!({}))).await;
        assert_eq!(error(&answer, 400).0, "invalid_request_url");
    }
    account.call(OLD, Method::POST, &old_query, Some(&json!({}))).await.expect(200);
    account.sandbox.set(json!({"notion": {"query": {"old_query_code": "validation_error"}}})).await;
    let answer = account.call(NEW, Method::POST, &old_query, Some(&json!({}))).await;
    assert_eq!(error(&answer, 400).0, "validation_error");
}

#[tokio::test]
async fn rows_name_their_database_and_in_new_versions_their_data_source() {
    let account = Account::start().await;
    let id = account.person("Ada").await;
    let path = format!("/pages/{id}");
    let old = account.call(OLD, Method::GET, &path, None).await.expect(200);
    assert_eq!(old["parent"], json!({"type": "database_id", "database_id": account.database("People")}));
    assert!(old.get("is_locked").is_none() && old["archived"] == false);
    let new = account.call(NEW, Method::GET, &path, None).await.expect(200);
    let parent = json!({"type": "data_source_id", "data_source_id": account.source("People"), "database_id": account.database("People")});
    assert_eq!(new["parent"], parent);
    assert_eq!((&new["is_archived"], &new["is_locked"]), (&json!(false), &json!(false)));
    let newest = account.call(NEWEST, Method::GET, &path, None).await.expect(200);
    assert!(
        newest.get("archived").is_none() && newest["in_trash"] == false && newest["is_archived"] == false
    );
}

#[tokio::test]
async fn old_rows_are_made_below_a_database_and_new_ones_below_a_data_source_or_its_database() {
    let account = Account::start().await;
    let properties = json!({"Name": title("Ada")});
    let below = |parent: Value| json!({"parent": parent, "properties": properties});
    let database = below(json!({"database_id": account.database("People")}));
    let source = below(json!({"data_source_id": account.source("People")}));
    account.call(OLD, Method::POST, "/pages", Some(&database)).await.expect(200);
    assert_eq!(
        error(&account.call(OLD, Method::POST, "/pages", Some(&source)).await, 400).0,
        "validation_error"
    );
    account.call(NEW, Method::POST, "/pages", Some(&database)).await.expect(200);
    account.call(NEW, Method::POST, "/pages", Some(&source)).await.expect(200);
    assert_eq!(account.names("People", json!({})).await.len(), 3);
}

#[tokio::test]
async fn a_database_with_two_data_sources_is_a_trap_for_the_old_version() {
    let account = Account::number(1).await;
    let database = account.database("Companies");
    let page = json!({"parent": {"database_id": database}, "properties": {"Name": title("x")}});
    let calls = [
        (OLD, Method::GET, format!("/databases/{database}"), None),
        (OLD, Method::POST, format!("/databases/{database}/query"), Some(json!({}))),
        (OLD, Method::POST, "/pages".to_owned(), Some(page.clone())),
        (NEW, Method::POST, "/pages".to_owned(), Some(page)),
    ];
    for (version, method, path, body) in calls {
        let answer = account.call(version, method, &path, body.as_ref()).await;
        assert_eq!(
            error(&answer, 400),
            (
                "validation_error".to_owned(),
                "Databases with multiple data sources are not supported in this API version.".to_owned()
            )
        );
        assert_eq!(
            answer.json()["additional_data"],
            json!({
                "error_type": "multiple_data_sources_for_database", "database_id": database,
                "child_data_source_ids": [account.source("Companies"), account.source("Partners")],
                "minimum_api_version": "2025-09-03",
            })
        );
    }
    let new = account.get(&format!("/databases/{database}")).await.expect(200);
    assert_eq!(new["data_sources"].as_array().expect("a list").len(), 2);
}

#[tokio::test]
async fn archived_is_gone_from_the_newest_version() {
    let account = Account::start().await;
    let id = account.person("Ada").await;
    let path = format!("/pages/{id}");
    let archived = json!({"archived": true});
    let refused = account.call(NEWEST, Method::PATCH, &path, Some(&archived)).await;
    let (code, message) = error(&refused, 400);
    assert_eq!(code, "validation_error");
    assert!(message.contains("body.archived should be not present"), "{message}");
    assert_eq!(account.get(&path).await.expect(200)["in_trash"], false);
    account.call(NEW, Method::PATCH, &path, Some(&archived)).await.expect(200);
    assert_eq!(account.get(&path).await.expect(200)["in_trash"], true);
    account.call(OLD, Method::PATCH, &path, Some(&json!({"in_trash": false}))).await.expect(200);
    assert_eq!(account.get(&path).await.expect(200)["in_trash"], false);
}

#[tokio::test]
async fn relations_are_configured_by_database_in_the_old_version_and_by_data_source_later() {
    let account = Account::start().await;
    let by_database = json!({"properties": {"Friend": {"relation": {"database_id": account.database("People"), "single_property": {}}}}});
    let by_source = json!({"properties": {"Ally": {"relation": {"data_source_id": account.source("People"), "single_property": {}}}}});
    let database = format!("/databases/{}", account.database("People"));
    let source = format!("/data_sources/{}", account.source("People"));
    let old = account.call(OLD, Method::PATCH, &database, Some(&by_database)).await.expect(200);
    assert_eq!(old["properties"]["Friend"]["relation"]["database_id"], json!(account.database("People")));
    assert!(old["properties"]["Friend"]["relation"].get("data_source_id").is_none());
    account.patch(&source, &by_source).await.expect(200);
    let (_, message) = error(&account.patch(&source, &by_database).await, 400);
    assert!(
        message.contains("body.properties.Friend.relation.data_source_id should be defined"),
        "{message}"
    );
}

#[tokio::test]
async fn transcriptions_are_called_meeting_notes_in_the_newest_version() {
    let account = Account::start().await;
    let id = account.person("Ada").await;
    let edit = json!({"action": "add_transcript", "id": id, "text": "Kick-off"});
    let block = text(&account.sandbox.edit("notion", edit).await["id"]);
    let path = format!("/blocks/{block}");
    assert_eq!(account.call(NEW, Method::GET, &path, None).await.expect(200)["type"], "transcription");
    let newest = account.call(NEWEST, Method::GET, &path, None).await.expect(200);
    assert_eq!(newest["type"], "meeting_notes");
    assert_eq!(newest["meeting_notes"]["title"][0]["plain_text"], "Kick-off");
}
