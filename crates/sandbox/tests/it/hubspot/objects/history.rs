//! Histories of properties (HubSpot facts 3.2).

use super::{Crm, text};
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test]
async fn a_history_is_told_from_the_newest_value_back() {
    let crm = Crm::start().await;
    let id = crm.create("contacts", json!({ "firstname": "Ada", "city": "London" })).await;
    let path = format!("contacts/{id}");
    for city in ["Paris", ""] {
        crm.sandbox.advance(Duration::from_secs(1)).await;
        crm.patch(&path, json!({ "properties": { "city": city } })).await.expect(200);
    }
    let shown = crm.get(&format!("{path}?propertiesWithHistory=city")).await.expect(200);
    let history = shown["propertiesWithHistory"]["city"].as_array().expect("a list");
    let told: Vec<(&Value, &Value)> = history.iter().map(|one| (&one["value"], &one["timestamp"])).collect();
    assert_eq!(
        told,
        [
            (&json!(""), &json!("2026-01-01T00:00:02.000Z")),
            (&json!("Paris"), &json!("2026-01-01T00:00:01.000Z")),
            (&json!("London"), &json!("2026-01-01T00:00:00.000Z")),
        ]
    );
    assert_eq!(history[0]["sourceType"], "INTEGRATION");
    assert!(text(&history[0]["sourceId"]).parse::<u64>().is_ok());
    assert_eq!(history[0]["sourceLabel"], "INTEGRATION");
    assert_eq!(history[0].get("updatedByUserId"), None);
    assert!(shown["properties"].get("email").is_some(), "the default properties are shown beside it");
}

#[tokio::test]
async fn a_history_says_which_person_wrote() {
    let crm = Crm::start().await;
    let id = crm.create("contacts", json!({ "firstname": "Ada" })).await;
    let edit = json!({ "action": "update", "object": "contacts", "id": id, "properties": { "firstname": "Augusta" } });
    crm.sandbox.edit("hubspot", edit).await;
    let shown = crm.get(&format!("contacts/{id}?propertiesWithHistory=firstname")).await.expect(200);
    let newest = &shown["propertiesWithHistory"]["firstname"][0];
    assert_eq!(newest["sourceType"], "CRM_UI");
    let user = newest["updatedByUserId"].as_u64().expect("a user");
    assert_eq!(newest["sourceId"], format!("userId:{user}"));
}

#[tokio::test]
async fn what_was_never_written_has_an_empty_history() {
    let crm = Crm::start().await;
    let id = crm.create("contacts", json!({ "firstname": "Ada" })).await;
    let shown = crm.get(&format!("contacts/{id}?propertiesWithHistory=city,createdate")).await.expect(200);
    assert_eq!(shown["propertiesWithHistory"]["city"], json!([]));
    assert_eq!(shown["propertiesWithHistory"]["createdate"][0]["value"], "2026-01-01T00:00:00.000Z");
}

#[tokio::test]
async fn batches_tell_histories_of_fifty() {
    let crm = Crm::start().await;
    let id = crm.create("contacts", json!({ "firstname": "Ada" })).await;
    let inputs = |count: usize| vec![json!({ "id": id }); count];
    let body = |count| json!({ "inputs": inputs(count), "propertiesWithHistory": ["firstname"] });
    let read = crm.post("contacts/batch/read", body(50)).await.expect(200);
    assert_eq!(read["results"][0]["propertiesWithHistory"]["firstname"][0]["value"], "Ada");
    crm.post("contacts/batch/read", body(51)).await.expect(400);
}

#[tokio::test]
async fn a_value_written_again_has_no_second_entry() {
    let crm = Crm::start().await;
    let id = crm.create("contacts", json!({ "firstname": "Ada" })).await;
    let path = format!("contacts/{id}");
    crm.sandbox.advance(Duration::from_secs(1)).await;
    crm.patch(&path, json!({ "properties": { "firstname": "Ada" } })).await.expect(200);
    let shown = crm.get(&format!("{path}?propertiesWithHistory=firstname")).await.expect(200);
    assert_eq!(shown["propertiesWithHistory"]["firstname"].as_array().map(Vec::len), Some(1));
}
