//! Blocks (Notion facts 5 and 10).

use super::account::{Account, NEW, NEWEST, OLD, error, text};
use crate::support::Answer;
use reqwest::Method;
use serde_json::{Value, json};

fn paragraph(content: &str) -> Value {
    json!({"object": "block", "type": "paragraph", "paragraph": {"rich_text": [{"text": {"content": content}}]}})
}

async fn append(account: &Account, version: &str, parent: &str, body: Value) -> Answer {
    account.call(version, Method::PATCH, &format!("/blocks/{parent}/children"), Some(&body)).await
}

async fn texts(account: &Account, parent: &str) -> Vec<String> {
    let children = account.get(&format!("/blocks/{parent}/children")).await.expect(200);
    let one = |block: &Value| {
        block["paragraph"]["rich_text"][0]["plain_text"].as_str().unwrap_or_default().to_owned()
    };
    children["results"].as_array().expect("a list").iter().map(one).collect()
}

#[tokio::test]
async fn blocks_are_added_at_the_end_and_behind_others() {
    let account = Account::start().await;
    let page = account.person("Ada").await;
    let added =
        append(&account, NEW, &page, json!({"children": [paragraph("a"), paragraph("b")]})).await.expect(200);
    assert_eq!((&added["object"], &added["type"]), (&json!("list"), &json!("block")));
    let first = &added["results"][0];
    assert_eq!(
        (&first["object"], &first["type"], &first["has_children"]),
        (&json!("block"), &json!("paragraph"), &json!(false))
    );
    assert_eq!(first["parent"], json!({"type": "page_id", "page_id": page}));
    let id = text(&first["id"]);
    append(&account, NEW, &page, json!({"children": [paragraph("between")], "after": id})).await.expect(200);
    assert_eq!(texts(&account, &page).await, ["a", "between", "b"]);
    let newest = |position: Value| json!({"children": [paragraph("new")], "position": position});
    append(&account, NEWEST, &page, newest(json!({"type": "start"}))).await.expect(200);
    append(&account, NEWEST, &page, newest(json!({"type": "after_block", "after_block": {"id": id}})))
        .await
        .expect(200);
    append(&account, NEWEST, &page, newest(json!({"type": "end"}))).await.expect(200);
    assert_eq!(texts(&account, &page).await, ["new", "a", "new", "between", "b", "new"]);
}

#[tokio::test]
async fn after_and_position_belong_to_their_versions() {
    let account = Account::start().await;
    let page = account.person("Ada").await;
    for (version, key, value) in [
        (NEWEST, "after", json!(page)),
        (NEW, "position", json!({"type": "end"})),
        (OLD, "position", json!({"type": "end"})),
    ] {
        let mut body = json!({"children": [paragraph("x")]});
        body[key] = value;
        let (code, message) = error(&append(&account, version, &page, body).await, 400);
        assert_eq!(code, "validation_error");
        assert!(message.contains(&format!("body.{key} should be not present")), "{message}");
    }
    let nobody = json!({"children": [paragraph("x")], "after": page});
    assert_eq!(error(&append(&account, NEW, &page, nobody).await, 400).0, "validation_error");
}

#[tokio::test]
async fn too_many_or_too_deep_blocks_are_refused_and_none_is_added() {
    let account = Account::start().await;
    let page = account.person("Ada").await;
    let many: Vec<Value> = vec![paragraph("x"); 101];
    assert!(error(&append(&account, NEW, &page, json!({"children": many})).await, 400).1.contains("≤ `100`"));
    let nest = |inner: Value| json!({"toggle": {"rich_text": [], "children": [inner]}});
    let deep = nest(nest(nest(paragraph("x"))));
    assert!(
        error(&append(&account, NEW, &page, json!({"children": [deep]})).await, 400)
            .1
            .contains("should be not present")
    );
    assert_eq!(error(&append(&account, NEW, &page, json!({})).await, 400).0, "validation_error");
    assert!(texts(&account, &page).await.is_empty());
    append(&account, NEW, &page, json!({"children": [nest(nest(paragraph("x")))]})).await.expect(200);
}

#[tokio::test]
async fn blocks_are_read_updated_and_trashed() {
    let account = Account::start().await;
    let page = account.person("Ada").await;
    let todo = json!({"children": [{"to_do": {"rich_text": [{"text": {"content": "Call"}}], "children": [paragraph("why")]}}]});
    let block = text(&append(&account, NEW, &page, todo).await.expect(200)["results"][0]["id"]);
    let path = format!("/blocks/{block}");
    let read = account.get(&path).await.expect(200);
    assert_eq!(
        (&read["to_do"]["checked"], &read["to_do"]["color"], &read["has_children"]),
        (&json!(false), &json!("default"), &json!(true))
    );
    let done = account.patch(&path, &json!({"to_do": {"checked": true}})).await.expect(200);
    assert_eq!(
        (&done["to_do"]["checked"], &done["to_do"]["rich_text"][0]["plain_text"]),
        (&json!(true), &json!("Call"))
    );
    assert_eq!(
        error(&account.patch(&path, &json!({"to_do": {"checked": "yes"}})).await, 400).0,
        "validation_error"
    );
    assert_eq!(error(&account.patch(&path, &json!({})).await, 400).0, "validation_error");
    let gone = account.delete(&path).await.expect(200);
    assert_eq!((&gone["in_trash"], &gone["archived"]), (&json!(true), &json!(true)));
    assert!(
        error(&account.patch(&path, &json!({"to_do": {"checked": false}})).await, 400).1.contains("archived")
    );
    assert!(texts(&account, &page).await.is_empty());
    account.patch(&path, &json!({"in_trash": false})).await.expect(200);
    assert_eq!(texts(&account, &page).await.len(), 1);
}

#[tokio::test]
async fn pages_and_databases_are_blocks_too() {
    let account = Account::start().await;
    let page = text(&account.post("/pages", &json!({"parent": {"page_id": account.crm()}, "properties": {"title": {"title": [{"text": {"content": "Plan"}}]}}})).await.expect(200)["id"]);
    let block = account.get(&format!("/blocks/{page}")).await.expect(200);
    assert_eq!((&block["type"], &block["child_page"]), (&json!("child_page"), &json!({"title": "Plan"})));
    let database = account.get(&format!("/blocks/{}", account.database("Deals"))).await.expect(200);
    assert_eq!(database["child_database"], json!({"title": "Deals"}));
    account.delete(&format!("/blocks/{page}")).await.expect(200);
    assert_eq!(account.get(&format!("/pages/{page}")).await.expect(200)["in_trash"], true);
    account.sandbox.set(json!({"notion": {"pages": {"delete_block_trashes_pages": false}}})).await;
    let row = account.person("Ada").await;
    assert_eq!(error(&account.delete(&format!("/blocks/{row}")).await, 400).0, "validation_error");
}

#[tokio::test]
async fn children_come_in_pages() {
    let account = Account::start().await;
    let page = account.person("Ada").await;
    append(&account, NEW, &page, json!({"children": [paragraph("a"), paragraph("b"), paragraph("c")]}))
        .await
        .expect(200);
    let first = account.get(&format!("/blocks/{page}/children?page_size=2")).await.expect(200);
    assert_eq!((first["results"].as_array().expect("a list").len(), &first["has_more"]), (2, &json!(true)));
    let path = format!("/blocks/{page}/children?page_size=2&start_cursor={}", text(&first["next_cursor"]));
    assert_eq!(
        account.get(&path).await.expect(200)["results"][0]["paragraph"]["rich_text"][0]["plain_text"],
        "c"
    );
    let unknown = format!("/blocks/{}/children", "00000000-0000-4000-8000-000000000000");
    assert_eq!(error(&account.get(&unknown).await, 404).0, "object_not_found");
}
