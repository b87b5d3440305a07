//! Bodies that cannot be read (HubSpot facts 3.4, 3.5): refused in HubSpot's words, and nothing changes.

use super::{API, Crm, text};
use crate::support::send;
use reqwest::Method;
use serde_json::{Value, json};

async fn raw(crm: &Crm, path: &str, body: &'static str) -> Value {
    let request = crm.sandbox.request(Method::POST, &format!("{API}/crm/v3/objects/{path}"));
    send(request.bearer_auth(&crm.token).header("content-type", "application/json").body(body))
        .await
        .expect(400)
}

#[tokio::test]
async fn what_is_no_json_is_refused_with_its_place() {
    let crm = Crm::start().await;
    for path in ["contacts", "contacts/batch/create", "contacts/batch/read", "contacts/merge"] {
        for body in ["", "{", "nonsense", "{\"properties\":"] {
            let refused = raw(&crm, path, body).await;
            let message = text(&refused["message"]);
            assert!(message.starts_with("Invalid input JSON on line 1, column "), "{path} {body}: {message}");
            assert_eq!(refused["category"], "VALIDATION_ERROR");
            assert!(refused["correlationId"].is_string());
        }
    }
    assert_eq!(crm.count("contacts").await, 0);
}

#[tokio::test]
async fn json_of_another_shape_is_refused() {
    let crm = Crm::start().await;
    let shapes = [
        ("contacts", json!([])),
        ("contacts", json!("properties")),
        ("contacts", json!({ "properties": [] })),
        ("contacts", json!({ "properties": { "firstname": { "a": 1 } } })),
        ("contacts", json!({ "properties": { "firstname": ["a"] } })),
        ("contacts", json!({ "properties": { "firstname": "Ada" }, "associations": {} })),
        (
            "contacts",
            json!({ "properties": { "firstname": "Ada" }, "associations": [{ "to": 5, "types": [] }] }),
        ),
        ("contacts", json!({ "properties": { "firstname": "Ada" }, "objectWriteTraceId": {} })),
        ("contacts/batch/create", json!({ "inputs": {} })),
        ("contacts/batch/create", json!({ "inputs": ["a"] })),
        ("contacts/batch/read", json!({ "inputs": [{ "id": ["1"] }] })),
        ("contacts/batch/read", json!({ "inputs": [{ "id": "1" }], "properties": "email" })),
        ("contacts/merge", json!({ "primaryObjectId": {}, "objectIdToMerge": "2" })),
    ];
    for (path, body) in shapes {
        let refused = crm.post(path, body.clone()).await.expect(400);
        let message = text(&refused["message"]);
        assert!(message.contains("Cannot deserialize value of type `"), "{path} {body}: {message}");
    }
    assert_eq!(crm.count("contacts").await, 0);
}

#[tokio::test]
async fn what_must_be_there_is_named() {
    let crm = Crm::start().await;
    let id = crm.contact("ada@example.com").await;
    let missing = [
        ("contacts", json!({}), "properties"),
        ("contacts", json!({ "properties": null }), "properties"),
        ("contacts/batch/create", json!({}), "inputs"),
        ("contacts/batch/create", json!({ "inputs": [{}] }), "properties"),
        ("contacts/batch/read", json!({ "inputs": [{}] }), "id"),
        ("contacts/batch/update", json!({ "inputs": [{ "id": id }] }), "properties"),
        ("contacts/batch/upsert", json!({ "inputs": [{ "properties": {} }] }), "id"),
        ("contacts/batch/archive", json!({ "inputs": [{}] }), "id"),
        ("contacts/merge", json!({ "primaryObjectId": id }), "objectIdToMerge"),
        ("contacts/gdpr-delete", json!({}), "objectId"),
    ];
    for (path, body, name) in missing {
        let refused = crm.post(path, body).await.expect(400);
        let message = text(&refused["message"]);
        assert!(
            message.ends_with(&format!("Some required fields were not set: [{name}]")),
            "{path}: {message}"
        );
    }
}

#[tokio::test]
async fn unknown_fields_are_let_in() {
    let crm = Crm::start().await;
    let body = json!({ "properties": { "firstname": "Ada" }, "somethingElse": [1, 2] });
    crm.post("contacts", body).await.expect(201);
}

#[tokio::test]
async fn a_batch_of_long_texts_is_not_too_large() {
    let crm = Crm::start().await;
    let long = "x".repeat(60_000);
    let inputs: Vec<Value> = (0..60)
        .map(|number| json!({ "properties": { "name": format!("{number}"), "description": long } }))
        .collect();
    let done = crm.post("companies/batch/create", json!({ "inputs": inputs })).await.expect(201);
    assert_eq!(done["results"].as_array().map(Vec::len), Some(60));
}
