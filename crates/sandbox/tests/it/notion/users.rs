//! Users (Notion facts 2 and 7).

use super::account::{Account, error, text};
use serde_json::json;

#[tokio::test]
async fn people_and_bots_are_listed_in_pages() {
    let account = Account::start().await;
    let all = account.get("/users").await.expect(200);
    assert_eq!((&all["object"], &all["type"], &all["user"]), (&json!("list"), &json!("user"), &json!({})));
    let kinds: Vec<String> =
        all["results"].as_array().expect("a list").iter().map(|user| text(&user["type"])).collect();
    assert_eq!(kinds, ["person", "person", "bot"]);
    let person = &all["results"][0];
    assert_eq!(person["person"]["email"], account.workspace["users"][0]["email"]);
    assert_eq!((&person["object"], &person["avatar_url"]), (&json!("user"), &serde_json::Value::Null));
    let first = account.get("/users?page_size=2").await.expect(200);
    let rest = account.get(&format!("/users?start_cursor={}", text(&first["next_cursor"]))).await.expect(200);
    assert_eq!(rest["results"], json!([all["results"][2]]));
}

#[tokio::test]
async fn the_bot_knows_its_workspace() {
    let account = Account::start().await;
    let me = account.get("/users/me").await.expect(200);
    assert_eq!((&me["type"], &me["id"]), (&json!("bot"), &account.workspace["bot_id"]));
    assert_eq!(me["bot"]["owner"], json!({"type": "workspace", "workspace": true}));
    assert_eq!(
        (&me["bot"]["workspace_id"], &me["bot"]["workspace_name"]),
        (&account.workspace["workspace_id"], &account.workspace["name"])
    );
    assert!(me["bot"]["workspace_limits"]["max_file_upload_size_in_bytes"].is_u64());
}

#[tokio::test]
async fn a_user_is_read_by_id_and_a_stranger_is_not_found() {
    let account = Account::start().await;
    let id = text(&account.workspace["users"][1]["id"]);
    assert_eq!(
        account.get(&format!("/users/{id}")).await.expect(200)["name"],
        account.workspace["users"][1]["name"]
    );
    let stranger = text(&account.sandbox.credentials()["notion"]["workspaces"][1]["users"][0]["id"]);
    let (code, message) = error(&account.get(&format!("/users/{stranger}")).await, 404);
    assert_eq!(code, "object_not_found");
    assert!(message.starts_with("Could not find user with ID:"), "{message}");
    assert_eq!(error(&account.get("/users/nobody").await, 400).0, "validation_error");
}

#[tokio::test]
async fn e_mail_addresses_and_users_need_their_capabilities() {
    let account = Account::start().await;
    account.sandbox.set(json!({"notion": {"capabilities": {"user_emails": false}}})).await;
    assert_eq!(account.get("/users").await.expect(200)["results"][0]["person"], json!({}));
    account.sandbox.set(json!({"notion": {"capabilities": {"user_information": false}}})).await;
    assert_eq!(error(&account.get("/users").await, 403).0, "restricted_resource");
    account.get("/users/me").await.expect(200);
    let owner = json!({"people": [{"id": account.workspace["users"][0]["id"]}]});
    let page = account.row("People", json!({"Owner": owner})).await;
    let partial = json!([{"object": "user", "id": account.workspace["users"][0]["id"]}]);
    assert_eq!(page["properties"]["Owner"]["people"], partial);
}
