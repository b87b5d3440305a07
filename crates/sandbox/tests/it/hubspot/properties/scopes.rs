//! Scopes of definitions, of search and of associations (HubSpot facts 1.5, 4).

use super::{Account, CONTACTS, text};
use serde_json::{Value, json};

const SEARCH: &str = "/crm/v3/objects/contacts/search";
const LABELS: &str = "/crm/v4/associations/contacts/companies/labels";

async fn with(scopes: &str) -> Account {
    Account::start().await.as_app(scopes).await
}

#[tokio::test]
async fn reading_and_writing_definitions_need_their_own_scopes() {
    let account = with("crm.schemas.contacts.read").await;
    account.get(CONTACTS).await.expect(200);
    account.get("/crm/v3/properties/companies").await.expect(403);
    let refused = account.post(CONTACTS, text("x")).await.expect(403);
    assert_eq!(refused["category"], "MISSING_SCOPES");
    account.delete(&format!("{CONTACTS}/email")).await.expect(403);
    let account = with("crm.schemas.contacts.write").await;
    account.post(CONTACTS, text("x")).await.expect(201);
    account.get(CONTACTS).await.expect(403);
}

#[tokio::test]
async fn scopes_for_records_do_for_definitions_unless_a_setting_says_otherwise() {
    let account = with("crm.objects.contacts.read crm.objects.contacts.write").await;
    account.post(CONTACTS, text("x")).await.expect(201);
    account.get(CONTACTS).await.expect(200);
    account.sandbox.set(json!({"hubspot": {"properties": {"object_scopes_suffice": false}}})).await;
    account.post(CONTACTS, text("y")).await.expect(403);
    account.get(CONTACTS).await.expect(403);
}

#[tokio::test]
async fn the_limits_need_one_scope_for_records_whichever() {
    let limits = "/crm/limits/2026-03/custom-properties";
    with("crm.objects.deals.write").await.get(limits).await.expect(200);
    with("crm.schemas.contacts.read").await.get(limits).await.expect(403);
}

#[tokio::test]
async fn search_and_associations_need_scopes_for_records() {
    let account = with("crm.objects.contacts.read").await;
    account.post(SEARCH, json!({})).await.expect(200);
    account.post("/crm/v3/objects/companies/search", json!({})).await.expect(403);
    account.get(LABELS).await.expect(200);
    account.put("/crm/v4/objects/contacts/1/associations/default/companies/2", Value::Null).await.expect(403);
    let account = with("crm.schemas.contacts.read").await;
    account.post(SEARCH, json!({})).await.expect(403);
    account.get(LABELS).await.expect(403);
    account.get("/crm/v3/schemas").await.expect(403);
    with("crm.schemas.custom.read").await.get("/crm/v3/schemas").await.expect(200);
}
