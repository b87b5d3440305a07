//! Scopes, grants and levels (Airtable facts 2 and 8).

use super::Desk;
use reqwest::Method;
use serde_json::{Value, json};

const RECORD: &str = "rec00000000000000";

#[tokio::test]
async fn every_call_needs_its_scope() {
    let desk = Desk::new().await;
    let all = "data.records:read data.records:write data.recordComments:read data.recordComments:write \
         schema.bases:read schema.bases:write webhook:manage block:manage user.email:read";
    let calls = [
        ("data.records:read", Method::GET, "/{base}/People".to_owned()),
        ("data.records:read", Method::POST, "/{base}/People/listRecords".to_owned()),
        ("data.records:read", Method::GET, format!("/{{base}}/People/{RECORD}")),
        ("data.records:write", Method::POST, "/{base}/People".to_owned()),
        ("data.records:write", Method::PATCH, "/{base}/People".to_owned()),
        ("data.records:write", Method::PUT, format!("/{{base}}/People/{RECORD}")),
        ("data.records:write", Method::DELETE, format!("/{{base}}/People/{RECORD}")),
        ("data.records:write", Method::DELETE, format!("/{{base}}/People?records[]={RECORD}")),
        ("data.records:write", Method::POST, format!("/{{base}}/{RECORD}/Photos/uploadAttachment")),
        ("data.recordComments:read", Method::GET, format!("/{{base}}/People/{RECORD}/comments")),
        ("data.recordComments:write", Method::POST, format!("/{{base}}/People/{RECORD}/comments")),
        ("schema.bases:read", Method::GET, "/meta/bases".to_owned()),
        ("schema.bases:read", Method::GET, "/meta/bases/{base}/tables".to_owned()),
        ("schema.bases:write", Method::POST, "/meta/bases".to_owned()),
        ("schema.bases:write", Method::POST, "/meta/bases/{base}/tables".to_owned()),
        ("schema.bases:write", Method::PATCH, "/meta/bases/{base}/tables/People".to_owned()),
        ("schema.bases:write", Method::POST, "/meta/bases/{base}/tables/People/fields".to_owned()),
        ("webhook:manage", Method::GET, "/bases/{base}/webhooks".to_owned()),
        ("webhook:manage", Method::POST, "/bases/{base}/webhooks".to_owned()),
        ("webhook:manage", Method::GET, "/bases/{base}/webhooks/ach00000000000000/payloads".to_owned()),
    ];
    for (scope, method, path) in calls {
        let others: Vec<&str> = all.split_whitespace().filter(|other| *other != scope).collect();
        let (without, _) = desk.tokens("app", &others.join(" ")).await;
        let refused = desk.call_as(&without, method.clone(), &path, Some(json!({}))).await.expect(403);
        assert_eq!(refused["error"]["type"], "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND", "{method} {path}");
        if !path.contains("ach0") {
            let (with, _) = desk.tokens("app", scope).await;
            let answer = desk.call_as(&with, method.clone(), &path, Some(json!({}))).await;
            assert_ne!(answer.status, 403, "{method} {path} {}", answer.body);
        }
    }
}

#[tokio::test]
async fn who_am_i_tells_what_the_token_may() {
    let desk = Desk::new().await;
    let alex = &desk.credentials["users"][0];
    let me = desk.get("/meta/whoami").await.expect(200);
    assert_eq!(me, json!({"id": alex["user_id"], "email": alex["email"]}));
    let (token, _) = desk.tokens("app", "data.records:read").await;
    let me = desk.call_as(&token, Method::GET, "/meta/whoami", None).await.expect(200);
    assert_eq!(me, json!({"id": alex["user_id"], "scopes": ["data.records:read"]}));
}

#[tokio::test]
async fn levels_limit_what_a_user_may_do() {
    let desk = Desk::new().await;
    let (id, sam) = (desk.record("People", json!({"Name": "Ada"})).await, desk.second_token());
    let record = format!("/{{base}}/People/{id}");
    let hook = json!({"specification": {"options": {"filters": {"dataTypes": ["tableData"]}}}});
    let comment = format!("{record}/comments");
    let calls: [(&str, Method, &str, Value); 5] = [
        ("read", Method::GET, "/{base}/People", Value::Null),
        ("comment", Method::POST, &comment, json!({"text": "hm"})),
        ("edit", Method::PATCH, &record, json!({"fields": {}})),
        ("create", Method::PATCH, "/meta/bases/{base}/tables/People", json!({})),
        ("create", Method::POST, "/bases/{base}/webhooks", hook),
    ];
    let levels = ["none", "read", "comment", "edit", "create"];
    for (rank, level) in levels.iter().enumerate() {
        let edit = json!({"action": "set_permission", "user": "sam.rivera@example.com", "permission": level});
        desk.edit(edit).await;
        for (needed, method, path, body) in &calls {
            let answer = desk
                .call_as(&sam, method.clone(), path, Some(body.clone()).filter(|body| !body.is_null()))
                .await;
            let enough = levels.iter().position(|other| other == needed).expect("a level") <= rank;
            assert_eq!(answer.status, if enough { 200 } else { 403 }, "{level} {method} {path}");
            if !enough && *level != "none" {
                assert_eq!(answer.json()["error"]["type"], "INVALID_PERMISSIONS");
            }
        }
    }
    let bases = desk.call_as(&sam, Method::GET, "/meta/bases", None).await.expect(200);
    assert_eq!(bases["bases"][0]["permissionLevel"], "create");
}

#[tokio::test]
async fn personal_tokens_have_their_form_and_can_be_revoked() {
    let desk = Desk::new().await;
    let (name, secret) = desk.token.split_once('.').expect("a dot");
    assert!(name.starts_with("pat") && name.len() == 17);
    assert!(secret.len() == 64 && secret.bytes().all(|byte| byte.is_ascii_hexdigit()));
    desk.edit(json!({"action": "revoke", "token": desk.token})).await;
    desk.get("/meta/whoami").await.expect(401);
    desk.call_as(&desk.second_token(), Method::GET, "/meta/whoami", None).await.expect(200);
}
