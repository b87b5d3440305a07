//! The shapes of errors (Airtable facts 8).

use super::Desk;
use crate::support::send;
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn no_token_and_a_wrong_token_are_401() {
    let desk = Desk::new().await;
    let path = format!("/airtable/v0/{}/People", desk.base);
    let none = desk.sandbox.get(&path).await.expect(401);
    assert_eq!(
        none,
        json!({"error": {"type": "AUTHENTICATION_REQUIRED", "message": "Authentication required"}})
    );
    let wrong = desk.call_as("patWrong", Method::GET, "/{base}/People", None).await.expect(401);
    assert_eq!(wrong, json!({"error": {"type": "UNAUTHORIZED", "message": "Invalid authentication token"}}));
    let basic = desk.sandbox.request(Method::GET, &path).basic_auth("x", Some("y"));
    assert_eq!(send(basic).await.expect(401)["error"]["type"], "AUTHENTICATION_REQUIRED");
    desk.set(json!({"errors": {"invalid_token": {"status": 401, "type": "AUTHENTICATION_REQUIRED"}}})).await;
    let wrong = desk.call_as("patWrong", Method::GET, "/{base}/People", None).await.expect(401);
    assert_eq!(wrong["error"]["type"], "AUTHENTICATION_REQUIRED");
}

#[tokio::test]
async fn bodies_that_are_no_json_are_400() {
    let desk = Desk::new().await;
    for (method, path) in [
        (Method::POST, format!("/airtable/v0/{}/People", desk.base)),
        (Method::PATCH, format!("/airtable/v0/{}/People", desk.base)),
        (Method::POST, format!("/airtable/v0/{}/People/listRecords", desk.base)),
        (Method::POST, format!("/airtable/v0/bases/{}/webhooks", desk.base)),
        (Method::POST, format!("/airtable/v0/meta/bases/{}/tables", desk.base)),
    ] {
        let request = desk.sandbox.request(method, &path).bearer_auth(&desk.token);
        let request = request.header("content-type", "application/json").body("{\"fields\": ");
        assert!(send(request).await.expect(400)["error"]["type"].is_string(), "{path}");
    }
}

#[tokio::test]
async fn what_does_not_exist_is_403_and_bad_paths_are_404() {
    let desk = Desk::new().await;
    for path in [
        "/app00000000000000/People",
        "/{base}/Nothing",
        "/bases/app00000000000000/webhooks",
        "/meta/bases/app00000000000000/tables",
    ] {
        let refused = desk.get(path).await.expect(403);
        assert_eq!(refused["error"]["type"], "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND", "{path}");
    }
    for path in [
        "/nothing",
        "/meta/nothing",
        "/{base}/People/rec00000000000000/x/y",
        "/{base}/People/rec00000000000000",
        "/{base}/People/notarecord",
    ] {
        assert_eq!(desk.get(path).await.expect(404), json!({"error": "NOT_FOUND"}), "{path}");
    }
    desk.put("/meta/bases", json!({})).await.expect(404);
    assert_eq!(desk.sandbox.get("/airtable/elsewhere").await.expect(404), json!({"error": "NOT_FOUND"}));
}

#[tokio::test]
async fn table_names_may_hold_anything() {
    let desk = Desk::new().await;
    let fields = json!([{"name": "Name", "type": "singleLineText"}]);
    desk.post("/meta/bases/{base}/tables", json!({"name": "In / out? ä", "fields": fields}))
        .await
        .expect(200);
    desk.post("/{base}/In%20%2F%20out%3F%20%C3%A4/", json!({"fields": {"Name": "x"}})).await.expect(200);
    let page = desk.get("/{base}/In%20%2F%20out%3F%20%C3%A4?").await.expect(200);
    assert_eq!(page["records"][0]["fields"]["Name"], "x");
}

#[tokio::test]
async fn bodies_can_be_too_large() {
    let desk = Desk::new().await;
    let body = json!({"fields": {"Name": "x".repeat(5 << 20)}});
    assert_eq!(desk.post("/{base}/People", body).await.expect(413)["error"]["type"], "REQUEST_TOO_LARGE");
    let long = json!({"fields": {"Name": "x".repeat(100_001)}});
    assert_eq!(
        desk.post("/{base}/People", long).await.expect(422)["error"]["type"],
        "INVALID_VALUE_FOR_COLUMN"
    );
}

#[tokio::test]
async fn faults_are_worded_as_airtable_words_them() {
    let desk = Desk::new().await;
    for (effect, status, kind) in [
        (json!({"kind": "rate_limited"}), 429, json!("RATE_LIMIT_REACHED")),
        (json!({"kind": "server_error"}), 500, json!("SERVER_ERROR")),
        (json!({"kind": "server_error", "status": 503}), 503, json!("RETRIABLE_ERROR")),
        (json!({"kind": "expired_token"}), 401, json!("UNAUTHORIZED")),
        (json!({"kind": "revoked_token"}), 401, json!("UNAUTHORIZED")),
    ] {
        desk.sandbox.fault(json!({"provider": "airtable", "times": 1, "effect": effect})).await;
        assert_eq!(desk.get("/{base}/People").await.expect(status)["error"]["type"], kind);
    }
    desk.sandbox.fault(json!({"times": 1, "effect": {"kind": "server_error", "status": 502}})).await;
    desk.get("/{base}/People").await.expect(502);
    desk.sandbox.fault(json!({"times": 1, "effect": {"kind": "rate_limited", "retry_after": 30}})).await;
    assert_eq!(desk.get("/{base}/People").await.header("retry-after"), "30");
}

#[tokio::test]
async fn no_body_and_a_content_type_are_fine_on_a_get() {
    let desk = Desk::new().await;
    let path = format!("/airtable/v0/{}/People/?", desk.base);
    let request = desk.sandbox.request(Method::GET, &path).bearer_auth(&desk.token);
    send(request.header("content-type", "application/json").header("x-api-version", "0.1.0"))
        .await
        .expect(200);
}
