//! Comments (Notion facts 5).

use super::account::{Account, error, text};
use serde_json::{Value, json};

fn rich(text: &str) -> Value {
    json!([{"text": {"content": text}}])
}

#[tokio::test]
async fn comments_are_made_answered_listed_changed_and_deleted() {
    let account = Account::start().await;
    let page = account.person("Ada").await;
    let comment = account
        .post("/comments", &json!({"parent": {"page_id": page}, "rich_text": rich("Hi")}))
        .await
        .expect(200);
    assert_eq!((&comment["object"], &comment["parent"]["page_id"]), (&json!("comment"), &json!(page)));
    assert_eq!(comment["display_name"]["type"], "integration");
    let reply = json!({"discussion_id": comment["discussion_id"], "rich_text": rich("Ho")});
    let reply = account.post("/comments", &reply).await.expect(200);
    assert_eq!(reply["discussion_id"], comment["discussion_id"]);
    let list = account.get(&format!("/comments?block_id={page}")).await.expect(200);
    assert_eq!((list["results"].as_array().expect("a list").len(), &list["type"]), (2, &json!("comment")));
    let path = format!("/comments/{}", text(&comment["id"]));
    let changed = account.patch(&path, &json!({"rich_text": rich("Hey")})).await.expect(200);
    assert_eq!(changed["rich_text"][0]["plain_text"], "Hey");
    assert_eq!(account.get(&path).await.expect(200)["rich_text"], changed["rich_text"]);
    account.delete(&path).await.expect(200);
    assert_eq!(error(&account.get(&path).await, 404).0, "object_not_found");
}

#[tokio::test]
async fn comments_need_a_place_and_a_text() {
    let account = Account::start().await;
    let page = account.person("Ada").await;
    for wrong in [
        json!({"rich_text": rich("x")}),
        json!({"parent": {"page_id": page}}),
        json!({"parent": {"page_id": page}, "rich_text": "x"}),
        json!({"parent": {}, "rich_text": rich("x")}),
    ] {
        assert_eq!(error(&account.post("/comments", &wrong).await, 400).0, "validation_error", "{wrong}");
    }
    let nowhere = json!({"discussion_id": page, "rich_text": rich("x")});
    assert_eq!(error(&account.post("/comments", &nowhere).await, 404).0, "object_not_found");
    assert_eq!(error(&account.get("/comments").await, 400).0, "validation_error");
}

#[tokio::test]
async fn comments_need_their_capabilities() {
    let account = Account::start().await;
    let page = account.person("Ada").await;
    account
        .sandbox
        .set(json!({"notion": {"capabilities": {"read_comments": false, "insert_comments": false}}}))
        .await;
    assert_eq!(
        error(&account.get(&format!("/comments?block_id={page}")).await, 403).0,
        "restricted_resource"
    );
    let body = json!({"parent": {"page_id": page}, "rich_text": rich("x")});
    assert_eq!(error(&account.post("/comments", &body).await, 403).0, "restricted_resource");
}
