//! Comments on records (Airtable facts 5).

use super::Desk;
use reqwest::Method;
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn comments_are_written_read_changed_and_deleted() {
    let desk = Desk::new().await;
    let id = desk.record("People", json!({"Name": "Ada"})).await;
    let path = format!("/{{base}}/People/{id}/comments");
    let alex = &desk.credentials["users"][0];
    let user = alex["user_id"].as_str().expect("text");
    let first = desk.post(&path, json!({"text": format!("Hello, @[{user}]!")})).await.expect(200);
    assert!(first["id"].as_str().expect("an id").starts_with("com"));
    assert_eq!(first["author"], json!({"id": user, "email": alex["email"], "name": "Alex Morgan"}));
    assert_eq!(first["mentioned"][user]["displayName"], "Alex Morgan");
    let reply = desk.post(&path, json!({"text": "Hi", "parentCommentId": first["id"]})).await.expect(200);
    assert_eq!(reply["parentCommentId"], first["id"]);
    let list = desk.get(&path).await.expect(200);
    assert_eq!(list, json!({"comments": [reply, first], "offset": null}), "newest first");
    desk.sandbox.advance(Duration::from_secs(1)).await;
    let one = format!("{path}/{}", first["id"].as_str().expect("an id"));
    let changed = desk.patch(&one, json!({"text": "Never mind"})).await.expect(200);
    assert_eq!(changed["lastUpdatedTime"], "2026-01-01T00:00:01.000Z");
    assert_eq!(desk.delete(&one).await.expect(200), json!({"id": first["id"], "deleted": true}));
    desk.delete(&one).await.expect(404);
    assert_eq!(desk.get(&path).await.expect(200)["comments"], json!([reply]));
}

#[tokio::test]
async fn comments_come_in_pages() {
    let desk = Desk::new().await;
    let id = desk.record("People", json!({"Name": "Ada"})).await;
    let path = format!("/{{base}}/People/{id}/comments");
    for number in 0..5 {
        desk.post(&path, json!({"text": number.to_string()})).await.expect(200);
    }
    let texts = |page: &serde_json::Value| -> Vec<String> {
        let comments = page["comments"].as_array().expect("a list");
        comments.iter().map(|comment| comment["text"].as_str().expect("text").to_owned()).collect()
    };
    let first = desk.get(&format!("{path}?pageSize=3")).await.expect(200);
    let offset = first["offset"].as_str().expect("another page");
    let second = desk.get(&format!("{path}?pageSize=3&offset={offset}")).await.expect(200);
    assert_eq!(
        (texts(&first), texts(&second)),
        (vec!["4".into(), "3".into(), "2".into()], vec!["1".into(), "0".into()])
    );
    assert!(second["offset"].is_null());
    desk.get(&format!("{path}?offset=garbage")).await.expect(422);
    desk.get(&format!("{path}?pageSize=101")).await.expect(422);
}

#[tokio::test]
async fn only_ones_own_comment_can_be_changed() {
    let desk = Desk::new().await;
    let id = desk.record("People", json!({"Name": "Ada"})).await;
    let path = format!("/{{base}}/People/{id}/comments");
    let mine = desk.post(&path, json!({"text": "mine"})).await.expect(200);
    let one = format!("{path}/{}", mine["id"].as_str().expect("an id"));
    let sam = desk.second_token();
    desk.call_as(&sam, Method::PATCH, &one, Some(json!({"text": "yours"}))).await.expect(403);
    desk.call_as(&sam, Method::DELETE, &one, None).await.expect(403);
    for wrong in
        [json!({}), json!({"text": ""}), json!({"text": 5}), json!({"text": "x", "parentCommentId": "com1"})]
    {
        desk.post(&path, wrong).await.expect(422);
    }
    desk.get("/{base}/People/rec00000000000000/comments").await.expect(404);
}
