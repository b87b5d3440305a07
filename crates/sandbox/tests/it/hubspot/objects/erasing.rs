//! Erasing for good (HubSpot facts 3.1, 3.6).

use super::{Crm, NOBODY, text};
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn an_erased_contact_is_gone_for_good_and_its_address_is_free() {
    let crm = Crm::start().await;
    let id = crm.contact("ada@example.com").await;
    let answer = crm.post("contacts/gdpr-delete", json!({ "objectId": id })).await;
    assert_eq!((answer.status, answer.body.as_str()), (204, ""));
    crm.get(&format!("contacts/{id}")).await.expect(404);
    crm.get(&format!("contacts/{id}?archived=true")).await.expect(404);
    crm.contact("ada@example.com").await;
}

#[tokio::test]
async fn a_contact_is_erased_by_its_address() {
    let crm = Crm::start().await;
    let id = crm.contact("ada@example.com").await;
    let body = json!({ "objectId": "ada@example.com", "idProperty": "email" });
    crm.post("contacts/gdpr-delete", body).await.expect(204);
    crm.get(&format!("contacts/{id}?archived=true")).await.expect(404);
    crm.contact("ada@example.com").await;
}

#[tokio::test]
async fn an_address_nobody_has_can_never_be_used() {
    let crm = Crm::start().await;
    let other = crm.contact("grace@example.com").await;
    let body = json!({ "objectId": "Ada@example.com", "idProperty": "email" });
    crm.post("contacts/gdpr-delete", body).await.expect(204);
    let refused =
        crm.post("contacts", json!({ "properties": { "email": "ada@example.com" } })).await.expect(400);
    assert_eq!(refused["category"], "VALIDATION_ERROR");
    assert!(text(&refused["message"]).starts_with("Property values were not valid: ["), "{refused}");
    assert_eq!(refused["errors"][0]["context"]["propertyName"], json!(["email"]));
    let path = format!("contacts/{other}");
    crm.patch(&path, json!({ "properties": { "hs_additional_emails": "ADA@example.com" } }))
        .await
        .expect(400);
    assert_eq!(crm.count("contacts").await, 1);
}

#[tokio::test]
async fn how_a_blocked_address_is_refused_is_a_setting() {
    let crm = Crm::start().await;
    crm.set(json!({ "gdpr": { "blocked_status": 409, "blocked_message": "gone for good" } })).await;
    let body = json!({ "objectId": "ada@example.com", "idProperty": "email" });
    crm.post("contacts/gdpr-delete", body).await.expect(204);
    let refused =
        crm.post("contacts", json!({ "properties": { "email": "ada@example.com" } })).await.expect(409);
    assert!(text(&refused["message"]).contains("gone for good"));
}

#[tokio::test]
async fn an_unknown_id_is_no_error_unless_set() {
    let crm = Crm::start().await;
    crm.post("contacts/gdpr-delete", json!({ "objectId": NOBODY })).await.expect(204);
    crm.set(json!({ "gdpr": { "unknown_id_is_refused": true } })).await;
    crm.post("contacts/gdpr-delete", json!({ "objectId": NOBODY })).await.expect(404);
}

#[tokio::test]
async fn erasing_can_take_its_time() {
    let crm = Crm::start().await;
    crm.set(json!({ "gdpr": { "purge_after_ms": 60_000 } })).await;
    let id = crm.contact("ada@example.com").await;
    crm.post("contacts/gdpr-delete", json!({ "objectId": id })).await.expect(204);
    crm.get(&format!("contacts/{id}")).await.expect(404);
    crm.get(&format!("contacts/{id}?archived=true")).await.expect(200);
    crm.sandbox.advance(Duration::from_secs(59)).await;
    crm.get(&format!("contacts/{id}?archived=true")).await.expect(200);
    crm.sandbox.advance(Duration::from_secs(1)).await;
    crm.get(&format!("contacts/{id}?archived=true")).await.expect(404);
}

#[tokio::test]
async fn archived_contacts_companies_and_deals_can_be_erased() {
    let crm = Crm::start().await;
    let id = crm.create("companies", json!({ "name": "Acme" })).await;
    crm.delete(&format!("companies/{id}")).await.expect(204);
    crm.post("companies/gdpr-delete", json!({ "objectId": id })).await.expect(204);
    crm.get(&format!("companies/{id}?archived=true")).await.expect(404);
}
