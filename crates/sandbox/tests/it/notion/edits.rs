//! What people do in Notion's own pages.

use super::account::{Account, NEW, OLD, name, text};
use reqwest::Method;
use serde_json::{Value, json};

async fn edit(account: &Account, edit: Value) -> Value {
    account.sandbox.edit("notion", edit).await
}

async fn refused(account: &Account, edit: Value, status: u16) {
    account.sandbox.post("/_sandbox/notion/edit", &edit).await.expect(status);
}

#[tokio::test]
async fn rows_are_made_from_plain_values_by_a_person() {
    let account = Account::start().await;
    let company = edit(
        &account,
        json!({"action": "create", "database": "Companies", "properties": {"Name": "Acme", "Employees": 7}}),
    )
    .await;
    let properties = json!({
        "Name": "Ada", "Email": "ada@example.com", "Status": "Active", "Tags": ["VIP", "Fresh"], "Subscribed": true,
        "Last contact": "2026-01-02", "Company": company["id"], "Owner": ["tomas@northwind.example"], "Website": null,
    });
    let id = edit(
        &account,
        json!({"action": "create", "database": "People", "user": "Tomas Lind", "properties": properties}),
    )
    .await["id"]
        .clone();
    let page = account.get(&format!("/pages/{}", text(&id))).await.expect(200);
    assert_eq!(page["created_by"]["id"], account.workspace["users"][1]["id"]);
    let read = &page["properties"];
    assert_eq!(
        (&read["Email"]["email"], &read["Status"]["status"]["name"]),
        (&json!("ada@example.com"), &json!("Active"))
    );
    assert_eq!(read["Company"]["relation"], json!([{"id": company["id"]}]));
    assert_eq!(read["Owner"]["people"][0]["name"], "Tomas Lind");
    assert_eq!(read["Tags"]["multi_select"][1]["name"], "Fresh");
    edit(&account, json!({"action": "update", "id": id, "properties": {"Email": {"email": "ada@example.org"}, "Tags": null}})).await;
    let page = account.get(&format!("/pages/{}", text(&id))).await.expect(200);
    assert_eq!(
        (&page["properties"]["Email"]["email"], &page["properties"]["Tags"]["multi_select"]),
        (&json!("ada@example.org"), &json!([]))
    );
}

#[tokio::test]
async fn pages_are_trashed_restored_moved_and_filled() {
    let account = Account::start().await;
    let id = account.person("Ada").await;
    edit(&account, json!({"action": "trash", "id": id})).await;
    assert!(account.names("People", json!({})).await.is_empty());
    refused(&account, json!({"action": "update", "id": id, "properties": {}}), 422).await;
    edit(&account, json!({"action": "restore", "id": id})).await;
    edit(&account, json!({"action": "move", "id": id, "to": account.database("Companies")})).await;
    assert_eq!(account.names("Companies", json!({})).await, ["Ada"]);
    edit(&account, json!({"action": "append", "id": id, "text": "# Notes\nfirst"})).await;
    let children = account.get(&format!("/blocks/{id}/children")).await.expect(200);
    assert_eq!(children["results"][0]["type"], "heading_1");
}

#[tokio::test]
async fn schemas_are_changed_by_people_too() {
    let account = Account::start().await;
    edit(
        &account,
        json!({"action": "add_property", "database": "People", "name": "Size", "config": {"number": {}}}),
    )
    .await;
    edit(
        &account,
        json!({"action": "rename_property", "database": "People", "name": "Email", "new_name": "Mail"}),
    )
    .await;
    edit(&account, json!({"action": "delete_property", "database": "People", "name": "Phone"})).await;
    let source = account.get(&format!("/data_sources/{}", account.source("People"))).await.expect(200);
    let has = |key: &str| source["properties"].get(key).is_some();
    assert!(has("Size") && has("Mail") && !has("Email") && !has("Phone"));
    edit(&account, json!({"action": "add_data_source", "database": "People", "name": "Alumni"})).await;
    let old =
        account.call(OLD, Method::GET, &format!("/databases/{}", account.database("People")), None).await;
    assert_eq!(old.expect(400)["additional_data"]["error_type"], "multiple_data_sources_for_database");
}

#[tokio::test]
async fn tokens_are_ended_by_people() {
    let account = Account::start().await;
    let status = async |token: &str| account.call_as(token, NEW, Method::GET, "/users/me", None).await.status;
    let first = super::tokens::authorized(&account).await;
    edit(&account, json!({"action": "expire_token", "token": first.access})).await;
    assert_eq!(status(&first.access).await, 401);
    let second = super::tokens::refresh(&account, &first.refresh).await.expect(200);
    let token = text(&second["access_token"]);
    edit(&account, json!({"action": "revoke", "token": token})).await;
    assert_eq!(status(&token).await, 401);
    super::tokens::refresh(&account, &second["refresh_token"]).await.expect(400);
    let third = super::tokens::authorized(&account).await;
    edit(&account, json!({"action": "disconnect"})).await;
    assert_eq!(status(&third.access).await, 401);
    super::tokens::refresh(&account, &third.refresh).await.expect(400);
    refused(&account, json!({"action": "disconnect"}), 404).await;
    refused(&account, json!({"action": "revoke", "token": "x"}), 404).await;
}

#[tokio::test]
async fn edits_that_make_no_sense_change_nothing() {
    let account = Account::start().await;
    let id = account.person("Ada").await;
    for (wrong, status) in [
        (json!({"action": "sing"}), 422),
        (json!({"action": "create", "database": "People", "colour": 1}), 422),
        (json!({"action": "create", "database": "Songs"}), 404),
        (json!({"action": "create", "database": "People", "user": "Nobody"}), 404),
        (json!({"action": "create", "database": "People", "workspace_id": "x"}), 404),
        (json!({"action": "update", "id": id, "properties": {"Email": 5}}), 422),
        (json!({"action": "update", "id": id, "properties": {"Shoe": 5}}), 422),
        (json!({"action": "update", "id": "x"}), 404),
        (json!({"action": "update"}), 422),
        (json!({"action": "move", "id": id, "to": id}), 422),
        (json!({"action": "delete_property", "database": "People", "name": "Name"}), 422),
        (json!({"action": "event"}), 422),
        (json!([]), 422),
    ] {
        refused(&account, wrong, status).await;
    }
    assert_eq!(name(&account.get(&format!("/pages/{id}")).await.expect(200)), "Ada");
    assert_eq!(account.names("People", json!({})).await.len(), 1);
}
