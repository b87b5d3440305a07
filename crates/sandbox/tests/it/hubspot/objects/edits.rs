//! What a person does in HubSpot's own pages, and the tables of the sandbox's page (HubSpot facts 3.6).

use super::{Crm, NOBODY, text};
use serde_json::{Value, json};
use std::time::Duration;

async fn edit(crm: &Crm, edit: Value) -> String {
    text(&crm.sandbox.edit("hubspot", edit).await["id"])
}

async fn refused(crm: &Crm, edit: Value, status: u16) -> Value {
    crm.sandbox.post("/_sandbox/hubspot/edit", &edit).await.expect(status)
}

#[tokio::test]
async fn a_person_makes_changes_archives_and_restores() {
    let crm = Crm::start().await;
    let made =
        json!({ "action": "create", "object": "contacts", "properties": { "email": "ada@example.com" } });
    let id = edit(&crm, made).await;
    let path = format!("contacts/{id}");
    assert_eq!(crm.value(&path, "hs_object_source").await, "CRM_UI");
    edit(&crm, json!({ "action": "update", "id": id, "properties": { "city": "London" } })).await;
    assert_eq!(crm.value(&path, "city").await, "London");
    edit(&crm, json!({ "action": "archive", "id": id })).await;
    crm.get(&path).await.expect(404);
    crm.sandbox.advance(Duration::from_secs(3)).await;
    edit(&crm, json!({ "action": "restore", "id": id.parse::<u64>().expect("a number") })).await;
    let shown = crm.get(&path).await.expect(200);
    assert_eq!(shown["archived"], false);
    assert_eq!(shown.get("archivedAt"), None);
    assert_eq!(shown["updatedAt"], "2026-01-01T00:00:03.000Z");
    assert_eq!(crm.value(&path, "city").await, "London");
    let taken = crm.post("contacts", json!({ "properties": { "email": "ada@example.com" } })).await;
    taken.expect(409);
}

#[tokio::test]
async fn ninety_days_later_nothing_can_be_restored() {
    let crm = Crm::start().await;
    let id = crm.contact("ada@example.com").await;
    crm.delete(&format!("contacts/{id}")).await.expect(204);
    let restore = json!({ "action": "restore", "id": id });
    crm.sandbox.advance(Duration::from_secs(90 * 86_400)).await;
    edit(&crm, restore.clone()).await;
    crm.delete(&format!("contacts/{id}")).await.expect(204);
    crm.sandbox.advance(Duration::from_secs(90 * 86_400 + 1)).await;
    refused(&crm, restore, 422).await;
}

#[tokio::test]
async fn whose_address_was_given_away_cannot_be_restored() {
    let crm = Crm::start().await;
    let id = crm.contact("ada@example.com").await;
    crm.delete(&format!("contacts/{id}")).await.expect(204);
    crm.contact("ada@example.com").await;
    refused(&crm, json!({ "action": "restore", "id": id }), 422).await;
    crm.get(&format!("contacts/{id}?archived=true")).await.expect(200);
}

#[tokio::test]
async fn a_person_merges_and_erases() {
    let crm = Crm::start().await;
    let (ada, grace) = (crm.contact("a@example.com").await, crm.contact("b@example.com").await);
    let new = edit(&crm, json!({ "action": "merge", "id": ada, "other_id": grace })).await;
    assert_eq!(crm.get(&format!("contacts/{grace}")).await.expect(200)["id"], json!(new));
    edit(&crm, json!({ "action": "gdpr_delete", "id": new })).await;
    crm.get(&format!("contacts/{new}?archived=true")).await.expect(404);
}

#[tokio::test]
async fn an_edit_may_name_account_user_and_type() {
    let crm = Crm::start().await;
    let accounts = crm.sandbox.credentials()["hubspot"]["accounts"].clone();
    let second = accounts[1]["portal_id"].as_u64().expect("an id");
    let made = json!({ "portal_id": second, "action": "create", "object": "companies",
        "properties": { "name": "Globex" }, "user": second * 100 + 1 });
    edit(&crm, made).await;
    assert_eq!(crm.count("companies").await, 0, "the first account has none of it");
    let wrong = json!({ "portal_id": second, "action": "create", "object": "companies",
        "properties": { "name": "Globex" }, "user": 1 });
    refused(&crm, wrong, 404).await;
}

#[tokio::test]
async fn an_edit_that_makes_no_sense_changes_nothing() {
    let crm = Crm::start().await;
    let id = crm.contact("ada@example.com").await;
    for (edit, status) in [
        (json!({ "action": "update", "id": NOBODY, "properties": {} }), 404),
        (json!({ "action": "archive", "id": NOBODY }), 404),
        (json!({ "action": "restore", "id": id }), 404),
        (json!({ "action": "gdpr_delete", "id": NOBODY }), 404),
        (json!({ "action": "create", "object": "butterflies" }), 404),
        (json!({ "portal_id": 1, "action": "archive", "id": id }), 404),
        (json!({ "action": "associate", "id": id, "other_id": NOBODY }), 404),
        (json!({ "action": "archive" }), 422),
        (json!({ "action": "archive", "id": {} }), 422),
        (json!({ "action": "merge", "id": id }), 422),
        (json!({ "action": "explode", "id": id }), 422),
        (json!({ "action": "archive", "id": id, "colour": "red" }), 422),
        (json!({ "action": "create", "properties": { "email": "ada@example.com" } }), 422),
        (json!("archive"), 422),
    ] {
        refused(&crm, edit, status).await;
    }
    assert_eq!(crm.count("contacts").await, 1);
}

#[tokio::test]
async fn tables_show_every_type_with_records_the_newest_first() {
    let crm = Crm::start().await;
    let (ada, grace) = (crm.contact("a@example.com").await, crm.contact("b@example.com").await);
    crm.delete(&format!("contacts/{ada}")).await.expect(204);
    let exam = crm.create("mock_exams", json!({ "total_bookings": "8" })).await;
    let tables = crm.sandbox.get("/_sandbox/hubspot/records").await.expect(200);
    let of = |title: &str, key: &str, rows: usize| json!({ "title": title, "table": key, "rows": rows });
    let expected =
        [of("Acme Ltd: contacts", "62515:0-1", 2), of("Acme Ltd: Mock exams", "62515:2-50158913", 1)];
    assert_eq!(tables["tables"], json!(expected));
    let page = crm.sandbox.get("/_sandbox/hubspot/records?table=62515:0-1&limit=1").await.expect(200);
    assert_eq!((&page["rows"][0]["id"], &page["rows"][0]["gone"]), (&json!(grace), &json!(false)));
    assert_eq!(page["columns"][0], "id");
    let next = text(&page["next"]);
    let path = format!("/_sandbox/hubspot/records?table=62515:0-1&limit=1&after={next}");
    let page = crm.sandbox.get(&path).await.expect(200);
    assert_eq!((&page["rows"][0]["id"], &page["rows"][0]["gone"]), (&json!(ada), &json!(true)));
    assert_eq!(page["next"], Value::Null);
    let exams = crm.sandbox.get("/_sandbox/hubspot/records?table=62515:mock_exams").await.expect(200);
    assert_eq!(exams["rows"][0]["cells"][0], json!(exam));
    for unknown in ["62515:0-3", "1:0-1", "contacts", "62515:butterflies"] {
        crm.sandbox.get(&format!("/_sandbox/hubspot/records?table={unknown}")).await.expect(404);
    }
}
