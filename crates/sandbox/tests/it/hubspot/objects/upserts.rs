//! Upserts (HubSpot facts 3.1, 3.3).

use super::{Crm, NOBODY, ids};
use serde_json::{Value, json};

fn by_email(email: &str, properties: &Value) -> Value {
    json!({ "id": email, "idProperty": "email", "properties": properties })
}

async fn upsert(crm: &Crm, inputs: Vec<Value>, status: u16) -> Value {
    crm.post("contacts/batch/upsert", json!({ "inputs": inputs })).await.expect(status)
}

#[tokio::test]
async fn an_upsert_changes_whom_it_finds_and_makes_the_others() {
    let crm = Crm::start().await;
    let ada = crm.contact("ada@example.com").await;
    let inputs = vec![
        by_email("grace@example.com", &json!({ "city": "New York" })),
        by_email("ada@example.com", &json!({ "city": "London" })),
    ];
    let done = upsert(&crm, inputs, 200).await;
    let results = &done["results"];
    assert_eq!((&results[0]["new"], &results[1]["new"]), (&json!(true), &json!(false)));
    assert_eq!(results[0]["properties"]["email"], "grace@example.com");
    assert_eq!(results[0]["properties"]["city"], "New York");
    assert_eq!((&results[1]["id"], &results[1]["properties"]["city"]), (&json!(ada), &json!("London")));
    assert_eq!(crm.count("contacts").await, 2);
}

#[tokio::test]
async fn by_address_it_is_all_or_nothing() {
    let crm = Crm::start().await;
    let ada = crm.create("contacts", json!({ "email": "ada@example.com", "city": "London" })).await;
    crm.contact("taken@example.com").await;
    let inputs = vec![
        by_email("grace@example.com", &json!({ "city": "New York" })),
        by_email("ada@example.com", &json!({ "city": "Paris", "email": "countess@example.com" })),
        by_email("alan@example.com", &json!({ "email": "taken@example.com" })),
    ];
    let refused = upsert(&crm, inputs, 409).await;
    assert_eq!(refused["message"], "Contact already exists");
    assert_eq!(crm.count("contacts").await, 2);
    assert_eq!(crm.value(&format!("contacts/{ada}"), "city").await, "London");
    let found = crm.get("contacts/ada%40example.com?idProperty=email").await.expect(200);
    assert_eq!(found["id"], json!(ada), "the address is back with whom it was");
    crm.contact("countess@example.com").await;
    let history = crm.get(&format!("contacts/{ada}?propertiesWithHistory=city")).await.expect(200);
    assert_eq!(history["propertiesWithHistory"]["city"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn without_a_property_the_id_is_a_records_own_and_must_be_there() {
    let crm = Crm::start().await;
    let ada = crm.contact("ada@example.com").await;
    let inputs = vec![
        json!({ "id": ada, "properties": { "city": "London" } }),
        json!({ "id": NOBODY, "properties": { "city": "Rome" } }),
    ];
    let done = upsert(&crm, inputs, 207).await;
    assert_eq!((ids(&done), &done["results"][0]["new"]), (vec![ada], &json!(false)));
    assert_eq!(done["errors"][0]["context"]["ids"], json!([NOBODY]));
}

#[tokio::test]
async fn the_same_key_twice_is_refused() {
    let crm = Crm::start().await;
    let one = by_email("ada@example.com", &json!({}));
    upsert(&crm, vec![one.clone(), one], 400).await;
    assert_eq!(crm.count("contacts").await, 0);
}

#[tokio::test]
async fn a_property_that_is_not_unique_is_refused() {
    let crm = Crm::start().await;
    let one = json!({ "id": "Ada", "idProperty": "firstname", "properties": { "city": "London" } });
    let done = upsert(&crm, vec![one], 207).await;
    assert_eq!(done["errors"][0]["category"], "VALIDATION_ERROR");
    assert_eq!(crm.count("contacts").await, 0);
}
