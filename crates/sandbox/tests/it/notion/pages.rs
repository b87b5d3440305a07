//! Pages (Notion facts 7).

use super::account::{Account, NEW, NEWEST, OLD, error, name, text, title};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test]
async fn a_new_row_is_answered_whole_with_200() {
    let account = Account::start().await;
    let page = account.row("People", json!({"Name": title("Ada")})).await;
    assert_eq!(page["object"], "page");
    assert_eq!(
        (&page["created_time"], &page["last_edited_time"]),
        (&json!("2026-01-01T00:00:00.000Z"), &json!("2026-01-01T00:00:00.000Z"))
    );
    assert_eq!(page["created_by"], json!({"object": "user", "id": account.workspace["bot_id"]}));
    assert_eq!(
        (&page["icon"], &page["cover"], &page["public_url"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
    let id = text(&page["id"]);
    assert_eq!(text(&page["url"]), format!("https://www.notion.so/Ada-{}", id.replace('-', "")));
    assert_eq!(page["properties"]["Number"]["unique_id"], json!({"prefix": "P", "number": 1}));
    assert_eq!(page["properties"]["Greeting"]["formula"], json!({"type": "string", "string": "Dear Ada"}));
    let read = account.get(&format!("/pages/{}", id.replace('-', ""))).await.expect(200);
    assert_eq!(read["properties"], page["properties"]);
}

#[tokio::test]
async fn last_edited_time_is_rounded_to_the_minute_unless_set_otherwise() {
    let account = Account::start().await;
    let id = account.person("Ada").await;
    account.sandbox.advance(Duration::from_millis(119_999)).await;
    let path = format!("/pages/{id}");
    let body = json!({"properties": {"Email": {"email": "ada@example.com"}}});
    let page = account.patch(&path, &body).await.expect(200);
    assert_eq!(page["last_edited_time"], "2026-01-01T00:01:00.000Z");
    account.sandbox.set(json!({"notion": {"timestamps": {"edited_rounding_ms": 0}}})).await;
    assert_eq!(account.get(&path).await.expect(200)["last_edited_time"], "2026-01-01T00:01:59.999Z");
}

#[tokio::test]
async fn an_update_leaves_alone_what_it_does_not_name() {
    let account = Account::start().await;
    let page =
        account.row("People", json!({"Name": title("Ada"), "Email": {"email": "ada@example.com"}})).await;
    let path = format!("/pages/{}", text(&page["id"]));
    let body = json!({"properties": {"Phone": {"phone_number": "+1 555"}}, "icon": {"emoji": "🙂"}});
    let page = account.patch(&path, &body).await.expect(200);
    assert_eq!(page["properties"]["Email"]["email"], "ada@example.com");
    assert_eq!(page["properties"]["Phone"]["phone_number"], "+1 555");
    assert_eq!(page["icon"], json!({"type": "emoji", "emoji": "🙂"}));
    let page = account
        .patch(&path, &json!({"icon": null, "cover": {"external": {"url": "https://x.example/c.png"}}}))
        .await
        .expect(200);
    assert_eq!(
        (&page["icon"], &page["cover"]["external"]["url"]),
        (&Value::Null, &json!("https://x.example/c.png"))
    );
    assert_eq!(name(&page), "Ada");
}

#[tokio::test]
async fn properties_can_be_named_by_their_ids() {
    let account = Account::start().await;
    let page = account.row("People", json!({"Name": title("Ada")})).await;
    let id = text(&page["properties"]["Email"]["id"]);
    let mut properties = serde_json::Map::new();
    properties.insert(id, json!({"email": "ada@example.com"}));
    let path = format!("/pages/{}", text(&page["id"]));
    let page = account.patch(&path, &json!({"properties": properties})).await.expect(200);
    assert_eq!(page["properties"]["Email"]["email"], "ada@example.com");
    let twice = json!({"properties": {"Name": title("a"), "title": title("b")}});
    assert_eq!(error(&account.patch(&path, &twice).await, 400).0, "validation_error");
}

#[tokio::test]
async fn what_is_in_the_trash_is_read_but_not_edited_until_it_is_restored() {
    let account = Account::start().await;
    let id = account.person("Ada").await;
    let path = format!("/pages/{id}");
    let page = account.patch(&path, &json!({"in_trash": true})).await.expect(200);
    assert_eq!((&page["in_trash"], &page["archived"]), (&json!(true), &json!(true)));
    assert!(account.names("People", json!({})).await.is_empty());
    assert_eq!(account.names("People", json!({"in_trash": true})).await, ["Ada"]);
    let (code, message) =
        error(&account.patch(&path, &json!({"properties": {"Name": title("B")}})).await, 400);
    assert_eq!(code, "validation_error");
    assert!(message.contains("archived") && message.contains("unarchive"), "{message}");
    account.get(&path).await.expect(200);
    let body = json!({"in_trash": false, "properties": {"Name": title("B")}});
    assert_eq!(name(&account.patch(&path, &body).await.expect(200)), "B");
    assert_eq!(account.names("People", json!({})).await, ["B"]);
}

#[tokio::test]
async fn archiving_is_a_flag_of_its_own() {
    let account = Account::start().await;
    let id = account.person("Ada").await;
    let page = account
        .patch(&format!("/pages/{id}"), &json!({"is_archived": true, "is_locked": true}))
        .await
        .expect(200);
    assert_eq!(
        (&page["is_archived"], &page["in_trash"], &page["is_locked"]),
        (&json!(true), &json!(false), &json!(true))
    );
}

#[tokio::test]
async fn a_page_below_a_page_has_a_title_only() {
    let account = Account::start().await;
    let body = |properties: Value| json!({"parent": {"page_id": account.crm()}, "properties": properties});
    let page = account.post("/pages", &body(json!({"title": title("Plan")}))).await.expect(200);
    assert_eq!(page["properties"]["title"]["title"][0]["plain_text"], "Plan");
    assert_eq!(page["parent"], json!({"type": "page_id", "page_id": account.crm()}));
    let (_, message) = error(&account.post("/pages", &body(json!({"Email": {"email": "x"}}))).await, 400);
    assert_eq!(message, "Email is not a property that exists.");
    account.sandbox.set(json!({"notion": {"pages": {"only_title_below_page": false}}})).await;
    account.post("/pages", &body(json!({"Email": {"email": "x"}}))).await.expect(200);
}

#[tokio::test]
async fn a_page_needs_a_parent_that_is_shared_and_not_in_the_trash() {
    let account = Account::start().await;
    let (_, message) = error(&account.post("/pages", &json!({"properties": {}})).await, 400);
    assert_eq!(message, "body failed validation: body.parent should be defined, instead was `undefined`.");
    let nowhere = json!({"parent": {"page_id": "00000000-0000-4000-8000-000000000000"}, "properties": {}});
    assert_eq!(error(&account.post("/pages", &nowhere).await, 404).0, "object_not_found");
    let strange = json!({"parent": {"teamspace": 1}, "properties": {}});
    assert_eq!(error(&account.post("/pages", &strange).await, 400).0, "validation_error");
    let top = json!({"parent": {"workspace": true}, "properties": {}});
    assert_eq!(error(&account.post("/pages", &top).await, 400).0, "validation_error");
    let page =
        text(&account.post("/pages", &json!({"parent": {"page_id": account.crm()}})).await.expect(200)["id"]);
    account.patch(&format!("/pages/{page}"), &json!({"in_trash": true})).await.expect(200);
    let below = json!({"parent": {"page_id": page}});
    assert!(error(&account.post("/pages", &below).await, 400).1.contains("archived"));
}

#[tokio::test]
async fn the_old_version_demands_properties() {
    let account = Account::start().await;
    let body = json!({"parent": {"database_id": account.database("People")}});
    let (_, message) = error(&account.call(OLD, Method::POST, "/pages", Some(&body)).await, 400);
    assert_eq!(
        message,
        "body failed validation: body.properties should be defined, instead was `undefined`."
    );
    account.call(NEW, Method::POST, "/pages", Some(&body)).await.expect(200);
}

#[tokio::test]
async fn content_comes_as_children_content_or_markdown_but_only_one_of_them() {
    let account = Account::start().await;
    let paragraph = json!([{"paragraph": {"rich_text": [{"text": {"content": "Hello"}}]}}]);
    let with = |extra: Value| {
        let mut body = json!({"parent": {"page_id": account.crm()}});
        body.as_object_mut().expect("an object").extend(extra.as_object().expect("an object").clone());
        body
    };
    for extra in
        [json!({"children": paragraph}), json!({"content": paragraph}), json!({"markdown": "# Hi\n\nHello"})]
    {
        let page = account.call(NEWEST, Method::POST, "/pages", Some(&with(extra))).await.expect(200);
        let blocks = account.get(&format!("/blocks/{}/children", text(&page["id"]))).await.expect(200);
        assert!(!blocks["results"].as_array().expect("a list").is_empty());
    }
    for wrong in [
        json!({"children": paragraph, "content": paragraph}),
        json!({"children": paragraph, "markdown": "x"}),
        json!({"children": paragraph, "allow_async": true}),
        json!({"template": {"type": "default"}}),
        json!({"children": [{"type": "sonnet"}]}),
    ] {
        let answer = account.call(NEWEST, Method::POST, "/pages", Some(&with(wrong.clone()))).await;
        assert_eq!(error(&answer, 400).0, "validation_error", "{wrong}");
    }
    let early = account.call(NEW, Method::POST, "/pages", Some(&with(json!({"markdown": "x"})))).await;
    assert_eq!(error(&early, 400).0, "validation_error");
}

#[tokio::test]
async fn filter_properties_names_what_is_shown_by_id() {
    let account = Account::start().await;
    let page =
        account.row("People", json!({"Name": title("Ada"), "Email": {"email": "a@example.com"}})).await;
    let path = format!("/pages/{}", text(&page["id"]));
    let email = text(&page["properties"]["Email"]["id"]);
    // Ids are answered percent-encoded; clients decode them, and the query encodes them again.
    let read =
        account.get(&format!("{path}?filter_properties=title&filter_properties={email}")).await.expect(200);
    let shown: Vec<&String> = read["properties"].as_object().expect("an object").keys().collect();
    assert_eq!(shown, ["Email", "Name"]);
    assert_eq!(
        error(&account.get(&format!("{path}?filter_properties=nope")).await, 400).0,
        "validation_error"
    );
}

#[tokio::test]
async fn pages_move_to_pages_and_data_sources() {
    let account = Account::start().await;
    let id = account.person("Ada").await;
    let path = format!("/pages/{id}/move");
    let page = account
        .post(&path, &json!({"parent": {"data_source_id": account.source("Companies")}}))
        .await
        .expect(200);
    assert_eq!(page["parent"]["data_source_id"], json!(account.source("Companies")));
    assert_eq!(account.names("Companies", json!({})).await, ["Ada"]);
    assert!(account.names("People", json!({})).await.is_empty());
    let page = account.post(&path, &json!({"parent": {"page_id": account.crm()}})).await.expect(200);
    assert_eq!(page["properties"]["title"]["title"][0]["plain_text"], "Ada");
    let itself = json!({"parent": {"page_id": id}});
    assert_eq!(error(&account.post(&path, &itself).await, 400).0, "validation_error");
    assert_eq!(error(&account.post(&path, &json!({})).await, 400).0, "validation_error");
}

#[tokio::test]
async fn what_is_not_shared_is_not_found() {
    let account = Account::start().await;
    let hidden = text(
        &account.sandbox.edit("notion", json!({"action": "create", "properties": {"title": "Diary"}})).await
            ["id"],
    );
    let path = format!("/pages/{hidden}");
    let (code, message) = error(&account.get(&path).await, 404);
    assert_eq!(code, "object_not_found");
    assert!(message.starts_with(&format!("Could not find page with ID: {hidden}")), "{message}");
    assert_eq!(error(&account.patch(&path, &json!({"in_trash": true})).await, 404).0, "object_not_found");
    account.sandbox.edit("notion", json!({"action": "share", "id": hidden})).await;
    account.get(&path).await.expect(200);
    account.sandbox.edit("notion", json!({"action": "unshare", "id": account.crm()})).await;
    let database = account.get(&format!("/databases/{}", account.database("People"))).await;
    let (_, message) = error(&database, 404);
    assert!(message.starts_with("Could not find database with ID: "), "{message}");
}

#[tokio::test]
async fn reads_may_be_partial_when_that_is_set() {
    let account = Account::start().await;
    let id = account.person("Ada").await;
    account.sandbox.set(json!({"notion": {"pages": {"partial_share": 1.0}}})).await;
    let mut page = account.get(&format!("/pages/{id}")).await.expect(200);
    page.as_object_mut().expect("an object").remove("request_id");
    assert_eq!(page, json!({"object": "page", "id": id}));
}

#[tokio::test]
async fn erasing_content_leaves_the_properties() {
    let account = Account::start().await;
    let id = account.person("Ada").await;
    let children = json!({"children": [{"divider": {}}]});
    account.patch(&format!("/blocks/{id}/children"), &children).await.expect(200);
    assert_eq!(
        name(&account.patch(&format!("/pages/{id}"), &json!({"erase_content": true})).await.expect(200)),
        "Ada"
    );
    assert_eq!(account.get(&format!("/blocks/{id}/children")).await.expect(200)["results"], json!([]));
}
