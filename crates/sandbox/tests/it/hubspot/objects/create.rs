//! Making records (HubSpot facts 3.1, 3.2, 3.5).

use super::{Crm, text};
use serde_json::{Value, json};

#[tokio::test]
async fn a_new_contact_is_shown_with_everything_it_has() {
    let crm = Crm::start().await;
    let body = json!({ "properties": { "email": "ada@example.com", "firstname": "Ada" } });
    let made = crm.post("contacts", body).await.expect(201);
    let id = text(&made["id"]);
    assert!(id.parse::<u64>().expect("a number") >= 171_591_000_000, "{id}");
    let properties = &made["properties"];
    assert_eq!(properties["email"], "ada@example.com");
    assert_eq!(properties["firstname"], "Ada");
    assert_eq!(properties["hs_object_id"], json!(id));
    assert_eq!(properties["createdate"], "2026-01-01T00:00:00.000Z");
    assert_eq!(properties["lastmodifieddate"], "2026-01-01T00:00:00.000Z");
    assert_eq!(made["createdAt"], "2026-01-01T00:00:00.000Z");
    assert_eq!(made["updatedAt"], "2026-01-01T00:00:00.000Z");
    assert_eq!(made["archived"], false);
    assert_eq!(made["url"], format!("https://app.hubspot.com/contacts/62515/record/0-1/{id}"));
    assert_eq!(made.get("objectWriteTraceId"), None);
}

#[tokio::test]
async fn a_record_says_which_app_made_it() {
    let crm = Crm::start().await;
    let made = crm.post("companies", json!({ "properties": { "name": "Acme" } })).await.expect(201);
    let properties = &made["properties"];
    assert_eq!(properties["hs_object_source"], "INTEGRATION");
    assert_eq!(properties["hs_object_source_label"], "INTEGRATION");
    let app = text(&properties["hs_object_source_id"]);
    assert!(app.parse::<u64>().is_ok(), "an app's id: {app}");
    let path = format!("companies/{}", text(&made["id"]));
    assert_eq!(crm.value(&path, "hs_object_source_id").await, json!(app));
}

#[tokio::test]
async fn every_value_is_a_text_or_nothing() {
    let crm = Crm::start().await;
    let body = json!({ "properties": { "name": "Acme", "numberofemployees": 12, "city": null } });
    let id = text(&crm.post("companies", body).await.expect(201)["id"]);
    let path = format!("companies/{id}?properties=numberofemployees,city");
    let shown = crm.get(&path).await.expect(200);
    assert_eq!(shown["properties"]["numberofemployees"], "12");
    assert_eq!(shown["properties"]["city"], Value::Null);
}

#[tokio::test]
async fn other_types_say_hs_lastmodifieddate() {
    let crm = Crm::start().await;
    let made = crm.post("companies", json!({ "properties": { "name": "Acme" } })).await.expect(201);
    assert_eq!(made["properties"]["hs_lastmodifieddate"], "2026-01-01T00:00:00.000Z");
    assert_eq!(made["properties"].get("lastmodifieddate"), None);
}

#[tokio::test]
async fn the_callers_trace_id_comes_back() {
    let crm = Crm::start().await;
    let body = json!({ "properties": { "name": "Acme" }, "objectWriteTraceId": "mine-1" });
    assert_eq!(crm.post("companies", body).await.expect(201)["objectWriteTraceId"], "mine-1");
}

#[tokio::test]
async fn a_contact_needs_an_address_or_a_name() {
    let crm = Crm::start().await;
    let refused = crm.post("contacts", json!({ "properties": { "city": "London" } })).await.expect(400);
    assert_eq!((&refused["status"], &refused["category"]), (&json!("error"), &json!("VALIDATION_ERROR")));
    assert_eq!(refused["errors"][0]["context"]["properties"], json!(["email", "firstname", "lastname"]));
    assert_eq!(crm.count("contacts").await, 0);
    for name in ["email", "firstname", "lastname"] {
        let properties = json!({ name: "ada@example.com" });
        crm.post("contacts", json!({ "properties": properties })).await.expect(201);
    }
}

#[tokio::test]
async fn a_company_needs_a_domain_or_a_name() {
    let crm = Crm::start().await;
    crm.post("companies", json!({ "properties": { "city": "London" } })).await.expect(400);
    crm.post("companies", json!({ "properties": { "domain": "acme.example" } })).await.expect(201);
    crm.post("companies", json!({ "properties": { "name": "Acme" } })).await.expect(201);
}

#[tokio::test]
async fn a_deal_needs_a_name_a_stage_and_a_pipeline() {
    let crm = Crm::start().await;
    let whole = json!({ "dealname": "Big", "dealstage": "appointmentscheduled", "pipeline": "default" });
    for name in ["dealname", "dealstage", "pipeline"] {
        let mut part = whole.clone();
        part.as_object_mut().expect("an object").remove(name);
        let refused = crm.post("deals", json!({ "properties": part })).await.expect(400);
        assert_eq!(refused["errors"][0]["context"]["properties"], json!([name]));
    }
    crm.post("deals", json!({ "properties": whole })).await.expect(201);
}

#[tokio::test]
async fn an_address_belongs_to_one_contact_in_any_case() {
    let crm = Crm::start().await;
    let id = crm.contact("ada@example.com").await;
    let refused =
        crm.post("contacts", json!({ "properties": { "email": "ADA@example.com" } })).await.expect(409);
    assert_eq!(refused["category"], "CONFLICT");
    assert_eq!(refused["message"], format!("Contact already exists. Existing ID: {id}"));
    assert_eq!(refused["status"], "error");
    assert!(refused["correlationId"].is_string());
    assert_eq!(crm.count("contacts").await, 1);
}

#[tokio::test]
async fn additional_addresses_are_taken_too() {
    let crm = Crm::start().await;
    let first =
        json!({ "email": "ada@example.com", "hs_additional_emails": "a@example.com;countess@example.com" });
    let id = crm.create("contacts", first).await;
    let exists = format!("Contact already exists. Existing ID: {id}");
    let second = json!({ "properties": { "email": "countess@example.com" } });
    assert_eq!(crm.post("contacts", second).await.expect(409)["message"], exists);
    let third =
        json!({ "properties": { "email": "b@example.com", "hs_additional_emails": "ada@example.com" } });
    assert_eq!(crm.post("contacts", third).await.expect(409)["message"], exists);
}

#[tokio::test]
async fn the_conflict_of_spring_2024_can_be_had() {
    let crm = Crm::start().await;
    crm.set(json!({ "duplicate_contact": "spring_2024" })).await;
    let id = crm.contact("ada@example.com").await;
    let refused =
        crm.post("contacts", json!({ "properties": { "email": "ada@example.com" } })).await.expect(409);
    assert_eq!(refused["category"], "OBJECT_ALREADY_EXISTS");
    assert_eq!(refused["error"], "CONTACT_EXISTS");
    assert_eq!(refused["errors"][0]["in"], "email");
    assert_eq!(refused["identityProfile"]["vid"].to_string(), id);
    assert_eq!(refused["message"], "Contact already exists");
}

#[tokio::test]
async fn an_archived_contacts_address_is_free() {
    let crm = Crm::start().await;
    let first = crm.contact("ada@example.com").await;
    crm.delete(&format!("contacts/{first}")).await.expect(204);
    assert_ne!(crm.contact("ada@example.com").await, first);
}

#[tokio::test]
async fn companies_with_the_same_domain_are_let_in() {
    let crm = Crm::start().await;
    let first = crm.create("companies", json!({ "domain": "acme.example" })).await;
    let second = crm.create("companies", json!({ "domain": "acme.example" })).await;
    assert_ne!(first, second);
}

#[tokio::test]
async fn types_go_by_name_and_by_id_and_accounts_have_their_own() {
    let crm = Crm::start().await;
    let id = crm.create("0-1", json!({ "firstname": "Ada" })).await;
    crm.get(&format!("contacts/{id}")).await.expect(200);
    crm.get(&format!("contact/{id}")).await.expect(200);
    let exam = crm.create("2-50158913", json!({ "total_bookings": "8" })).await;
    assert_eq!(crm.value(&format!("mock_exams/{exam}"), "total_bookings").await, "8");
    let shown = crm.get(&format!("p62515_mock_exams/{exam}")).await.expect(200);
    assert_eq!(shown["url"], format!("https://app.hubspot.com/contacts/62515/record/2-50158913/{exam}"));
}

#[tokio::test]
async fn every_standard_type_has_records() {
    let crm = Crm::start().await;
    let types = [
        ("0-5", "tickets"),
        ("0-7", "products"),
        ("0-8", "line_items"),
        ("0-27", "tasks"),
        ("0-46", "notes"),
        ("0-47", "meetings"),
        ("0-48", "calls"),
        ("0-49", "emails"),
        ("0-136", "leads"),
    ];
    for (number, name) in types {
        let id = crm.create(name, json!({})).await;
        let shown = crm.get(&format!("{number}/{id}")).await.expect(200);
        assert_eq!(shown["properties"]["hs_object_id"], json!(id), "{name}");
    }
}

#[tokio::test]
async fn a_type_nobody_knows_is_refused_without_a_category() {
    let crm = Crm::start().await;
    for answer in [crm.get("butterflies").await, crm.post("butterflies", json!({})).await] {
        let refused = answer.expect(400);
        assert_eq!(refused["message"], "Unable to infer object type from: butterflies");
        assert_eq!(refused.get("category"), None);
    }
    crm.set(json!({ "unknown_type_status": 404 })).await;
    crm.get("butterflies").await.expect(404);
}

#[tokio::test]
async fn ids_are_unique_per_type_only_and_grow() {
    let crm = Crm::start().await;
    let first = crm.contact("a@example.com").await;
    let second = crm.contact("b@example.com").await;
    let number = |id: &str| id.parse::<u64>().expect("a number");
    assert!(number(&second) > number(&first));
    crm.get(&format!("companies/{first}")).await.expect(404);
}

#[tokio::test]
async fn the_same_seed_gives_the_same_ids() {
    let (one, other) = (Crm::start().await, Crm::start().await);
    assert_eq!(one.contact("ada@example.com").await, other.contact("ada@example.com").await);
}
