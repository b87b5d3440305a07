//! Associations of records that are made and read (HubSpot facts 3.1, 3.2, 3.6, 5).

use super::{Crm, NOBODY, text};
use serde_json::{Value, json};
use std::time::Duration;

fn link(to: &str, type_id: u64) -> Value {
    json!({ "to": { "id": to }, "types": [{ "associationCategory": "HUBSPOT_DEFINED", "associationTypeId": type_id }] })
}

async fn companies_of(crm: &Crm, contact: &str) -> Vec<String> {
    let shown = crm.get(&format!("contacts/{contact}?associations=companies")).await.expect(200);
    let mut found: Vec<String> = shown["associations"]["companies"]["results"]
        .as_array()
        .map(|results| results.iter().map(|one| text(&one["id"])).collect())
        .unwrap_or_default();
    found.dedup();
    found
}

#[tokio::test]
async fn a_new_record_is_associated_as_it_says() {
    let crm = Crm::start().await;
    let company = crm.create("companies", json!({ "name": "Acme" })).await;
    let body = json!({ "properties": { "firstname": "Ada" }, "associations": [link(&company, 279)] });
    let contact = text(&crm.post("contacts", body).await.expect(201)["id"]);
    let shown = crm.get(&format!("contacts/{contact}?associations=companies")).await.expect(200);
    let results = &shown["associations"]["companies"]["results"];
    assert!(
        results.as_array().expect("a list").contains(&json!({ "id": company, "type": "contact_to_company" }))
    );
    let other_way = crm.get("companies?associations=contacts,deals").await.expect(200);
    assert_eq!(other_way["results"][0]["associations"]["contacts"]["results"][0]["id"], json!(contact));
    assert_eq!(other_way["results"][0]["associations"].get("deals"), None);
    assert_eq!(crm.get(&format!("contacts/{contact}")).await.expect(200).get("associations"), None);
}

#[tokio::test]
async fn an_association_that_cannot_be_makes_no_record() {
    let crm = Crm::start().await;
    let company = crm.create("companies", json!({ "name": "Acme" })).await;
    let body =
        |links: Vec<Value>| json!({ "properties": { "email": "ada@example.com" }, "associations": links });
    for links in [vec![link(NOBODY, 279)], vec![link(&company, 279), link("acme", 279)]] {
        let refused = crm.post("contacts", body(links)).await.expect(400);
        assert_eq!(refused["category"], "VALIDATION_ERROR");
    }
    assert_eq!(crm.count("contacts").await, 0);
    let batch = json!({ "inputs": [body(vec![]), body(vec![link(NOBODY, 279)])] });
    assert_ne!(crm.post("contacts/batch/create", batch).await.status, 201);
    assert_eq!(crm.count("contacts").await, 0);
    crm.contact("ada@example.com").await;
}

#[tokio::test]
async fn an_archived_record_has_no_associations() {
    let crm = Crm::start().await;
    let company = crm.create("companies", json!({ "name": "Acme" })).await;
    let body = json!({ "properties": { "firstname": "Ada" }, "associations": [link(&company, 279)] });
    let contact = text(&crm.post("contacts", body).await.expect(201)["id"]);
    assert_eq!(companies_of(&crm, &contact).await, std::slice::from_ref(&company));
    crm.delete(&format!("companies/{company}")).await.expect(204);
    assert!(companies_of(&crm, &contact).await.is_empty());
}

#[tokio::test]
async fn a_merged_record_has_the_associations_of_both() {
    let crm = Crm::start().await;
    let mut contacts = Vec::new();
    let mut companies = Vec::new();
    for name in ["Acme", "Globex"] {
        let company = crm.create("companies", json!({ "name": name })).await;
        let body = json!({ "properties": { "firstname": name }, "associations": [link(&company, 279)] });
        contacts.push(text(&crm.post("contacts", body).await.expect(201)["id"]));
        companies.push(company);
    }
    let body = json!({ "primaryObjectId": contacts[0], "objectIdToMerge": contacts[1] });
    let new = text(&crm.post("contacts/merge", body).await.expect(200)["id"]);
    assert_eq!(companies_of(&crm, &new).await, companies);
}

#[tokio::test]
async fn associations_that_are_too_many_have_a_next_page() {
    let crm = Crm::start().await;
    crm.set(json!({ "inline_associations": 2 })).await;
    let contact = crm.create("contacts", json!({ "firstname": "Ada" })).await;
    let mut companies = Vec::new();
    for name in ["a", "b", "c"] {
        let company = crm.create("companies", json!({ "name": name })).await;
        let link = json!({ "action": "associate", "object": "contacts", "id": contact, "other_id": company });
        crm.sandbox.edit("hubspot", link).await;
        companies.push(company);
    }
    let shown = crm.get(&format!("contacts/{contact}?associations=company")).await.expect(200);
    let list = &shown["associations"]["companies"];
    assert_eq!(list["paging"]["next"]["after"], json!(companies[2]));
    assert_eq!(companies_of(&crm, &contact).await, companies[..2]);
}

#[tokio::test]
async fn a_company_is_made_from_an_address_where_the_account_wants_that() {
    let crm = Crm::start().await;
    crm.contact("before@acme.example").await;
    crm.sandbox.settle().await;
    assert_eq!(crm.count("companies").await, 0, "the account does not want that yet");
    crm.set(json!({ "auto_company": { "enabled": true, "after_ms": 1_000 } })).await;
    let (ada, free) = (crm.contact("ada@acme.example").await, crm.contact("ada@gmail.com").await);
    let grace = crm.create("contacts", json!({ "firstname": "Grace" })).await;
    crm.patch(&format!("contacts/{grace}"), json!({ "properties": { "email": "grace@acme.example" } }))
        .await
        .expect(200);
    assert_eq!(crm.count("companies").await, 0, "it takes a moment");
    crm.sandbox.advance(Duration::from_secs(1)).await;
    let companies = crm.get("companies").await.expect(200);
    assert_eq!(companies["results"].as_array().map(Vec::len), Some(1));
    assert_eq!(companies["results"][0]["properties"]["domain"], "acme.example");
    let company = text(&companies["results"][0]["id"]);
    assert_eq!(companies_of(&crm, &ada).await, std::slice::from_ref(&company));
    assert_eq!(companies_of(&crm, &grace).await, [company]);
    assert!(companies_of(&crm, &free).await.is_empty());
}
