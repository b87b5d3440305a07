//! What definitions mean for records (HubSpot facts 3.2, 3.3, 3.5, 4).

use super::{Crm, ids, text};
use reqwest::Method;
use serde_json::{Value, json};

async fn define(crm: &Crm, object: &str, definition: Value) {
    crm.call(Method::POST, &format!("/crm/v3/properties/{object}"), Some(&definition)).await.expect(201);
}

async fn with_unique() -> Crm {
    let crm = Crm::start().await;
    let definition = json!({ "name": "ext_id", "label": "External id", "type": "string", "fieldType": "text",
        "groupName": "contactinformation", "hasUniqueValue": true });
    define(&crm, "contacts", definition).await;
    crm
}

#[tokio::test]
async fn a_property_nobody_knows_is_left_out_of_what_is_read() {
    let crm = Crm::start().await;
    let id = crm.contact("ada@example.com").await;
    let path = format!("contacts/{id}?properties=city,no_such_thing&propertiesWithHistory=neither_this");
    let shown = crm.get(&path).await.expect(200);
    assert_eq!(shown["properties"]["city"], Value::Null);
    assert_eq!(shown["properties"].get("no_such_thing"), None);
    assert_eq!(shown.get("propertiesWithHistory"), None);
}

#[tokio::test]
async fn a_unique_property_finds_its_record() {
    let crm = with_unique().await;
    let id = crm.create("contacts", json!({ "firstname": "Ada", "ext_id": "X-1" })).await;
    let found = crm.get("contacts/X-1?idProperty=ext_id").await.expect(200);
    assert_eq!(found["id"], json!(id));
    crm.get("contacts/x-1?idProperty=ext_id").await.expect(404);
    let body = json!({ "idProperty": "ext_id", "inputs": [{ "id": "X-1" }, { "id": "X-2" }] });
    let read = crm.post("contacts/batch/read", body).await.expect(207);
    assert_eq!((ids(&read), &read["errors"][0]["context"]["ids"]), (vec![id], &json!(["X-2"])));
}

#[tokio::test]
async fn a_unique_value_belongs_to_one_record() {
    let crm = with_unique().await;
    let id = crm.create("contacts", json!({ "firstname": "Ada", "ext_id": "X-1" })).await;
    let again = json!({ "properties": { "firstname": "Grace", "ext_id": "X-1" } });
    let refused = crm.post("contacts", again.clone()).await.expect(400);
    assert_eq!(refused["category"], "VALIDATION_ERROR");
    assert!(text(&refused["message"]).contains(&id), "{refused}");
    crm.set(json!({ "unique_value_taken_status": 409 })).await;
    crm.post("contacts", again.clone()).await.expect(409);
    crm.patch(&format!("contacts/{id}"), json!({ "properties": { "ext_id": "" } })).await.expect(200);
    crm.post("contacts", again).await.expect(201);
}

#[tokio::test]
async fn an_upsert_by_a_unique_property_succeeds_row_by_row() {
    let crm = with_unique().await;
    let ada = crm.create("contacts", json!({ "email": "ada@example.com", "ext_id": "X-1" })).await;
    let input =
        |id: &str, properties: Value| json!({ "id": id, "idProperty": "ext_id", "properties": properties });
    let inputs = [
        input("X-1", json!({ "city": "London" })),
        input("X-2", json!({ "email": "ada@example.com" })),
        input("X-3", json!({ "firstname": "Grace" })),
    ];
    let done = crm.post("contacts/batch/upsert", json!({ "inputs": inputs })).await.expect(207);
    assert_eq!((&done["results"][0]["id"], &done["results"][0]["new"]), (&json!(ada), &json!(false)));
    assert_eq!(
        (&done["results"][1]["properties"]["ext_id"], &done["results"][1]["new"]),
        (&json!("X-3"), &json!(true))
    );
    assert_eq!(done["numErrors"], 1);
    assert_eq!(done["errors"][0]["context"], json!({ "ids": ["X-2"], "existingId": [ada] }));
}

#[tokio::test]
async fn several_options_are_added_to_with_a_leading_semicolon_and_texts_are_not() {
    let crm = Crm::start().await;
    let options: Vec<Value> =
        ["a", "b", "c"].iter().map(|value| json!({ "label": value, "value": value })).collect();
    let definition = json!({ "name": "likes", "label": "Likes", "type": "enumeration", "fieldType": "checkbox",
        "groupName": "contactinformation", "options": options });
    define(&crm, "contacts", definition).await;
    let id = crm.create("contacts", json!({ "firstname": "Ada", "likes": "a;b", "city": "x" })).await;
    let path = format!("contacts/{id}");
    let more = json!({ "properties": { "likes": ";b;c", "city": ";y" } });
    crm.patch(&path, more).await.expect(200);
    assert_eq!(crm.value(&path, "likes").await, "a;b;c");
    assert_eq!(crm.value(&path, "city").await, ";y");
    crm.patch(&path, json!({ "properties": { "likes": "c" } })).await.expect(200);
    assert_eq!(crm.value(&path, "likes").await, "c");
}

#[tokio::test]
async fn a_value_that_is_not_valid_is_refused_and_nothing_is_written() {
    let crm = Crm::start().await;
    let bad = json!({ "properties": { "email": "nonsense", "firstname": "Ada" } });
    let refused = crm.post("contacts", bad).await.expect(400);
    assert!(text(&refused["message"]).starts_with("Property values were not valid: ["), "{refused}");
    assert_eq!(refused["errors"][0]["code"], "INVALID_EMAIL");
    assert_eq!(crm.count("contacts").await, 0);
}

#[tokio::test]
async fn one_bad_value_refuses_a_whole_batch_without_trace_ids_and_all_are_named() {
    let crm = Crm::start().await;
    let emails = ["ada@example.com", "nonsense", "rubbish"];
    let inputs = emails.map(|email| json!({ "properties": { "email": email } }));
    let refused = crm.post("contacts/batch/create", json!({ "inputs": inputs })).await.expect(400);
    let message = text(&refused["message"]);
    assert!(message.contains("nonsense") && message.contains("rubbish"), "{message}");
    assert_eq!(crm.count("contacts").await, 0);
}

#[tokio::test]
async fn an_unknown_property_refuses_a_whole_update_and_an_invalid_value_its_row() {
    let crm = Crm::start().await;
    let (ada, grace) = (crm.contact("ada@example.com").await, crm.contact("grace@example.com").await);
    let body = |bad: Value| {
        let good = json!({ "id": ada, "properties": { "city": "London" } });
        json!({ "inputs": [good, { "id": grace, "properties": bad }] })
    };
    let unknown = crm.post("contacts/batch/update", body(json!({ "no_such_thing": "1" }))).await.expect(400);
    assert_eq!(unknown["errors"][0]["code"], "PROPERTY_DOESNT_EXIST");
    assert_eq!(crm.value(&format!("contacts/{ada}"), "city").await, Value::Null);
    let invalid = crm.post("contacts/batch/update", body(json!({ "email": "nonsense" }))).await.expect(207);
    assert_eq!(
        (ids(&invalid), &invalid["errors"][0]["category"]),
        (vec![ada.clone()], &json!("VALIDATION_ERROR"))
    );
    crm.set(json!({ "batch_update_invalid_value": "call" })).await;
    crm.post("contacts/batch/update", body(json!({ "email": "nonsense" }))).await.expect(400);
}
