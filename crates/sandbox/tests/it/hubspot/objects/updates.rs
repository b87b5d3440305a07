//! Changing and archiving records (HubSpot facts 3.1, 3.2, 9).

use super::{Crm, NOBODY, text};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test]
async fn a_change_shows_what_was_written_and_moves_the_date() {
    let crm = Crm::start().await;
    let id = crm.contact("ada@example.com").await;
    crm.sandbox.advance(Duration::from_secs(5)).await;
    let path = format!("contacts/{id}");
    let changed = crm.patch(&path, json!({ "properties": { "city": "London" } })).await.expect(200);
    assert_eq!(changed["id"], json!(id));
    assert_eq!(changed["properties"]["city"], "London");
    assert_eq!(changed["properties"]["lastmodifieddate"], "2026-01-01T00:00:05.000Z");
    assert_eq!(changed["updatedAt"], "2026-01-01T00:00:05.000Z");
    assert_eq!(changed["createdAt"], "2026-01-01T00:00:00.000Z");
    assert_eq!(crm.value(&path, "email").await, "ada@example.com");
}

#[tokio::test]
async fn an_empty_text_clears() {
    let crm = Crm::start().await;
    let id = crm.create("contacts", json!({ "firstname": "Ada", "city": "London", "phone": "1" })).await;
    let path = format!("contacts/{id}");
    crm.patch(&path, json!({ "properties": { "city": "" } })).await.expect(200);
    crm.patch(&path, json!({ "properties": { "phone": null } })).await.expect(200);
    assert_eq!(crm.value(&path, "city").await, Value::Null);
    assert_eq!(crm.value(&path, "phone").await, Value::Null);
}

#[tokio::test]
async fn what_changes_nothing_is_no_modification_unless_set() {
    let crm = Crm::start().await;
    let id = crm.create("contacts", json!({ "firstname": "Ada" })).await;
    let path = format!("contacts/{id}");
    let again = json!({ "properties": { "firstname": "Ada" } });
    crm.sandbox.advance(Duration::from_secs(5)).await;
    let same = crm.patch(&path, again.clone()).await.expect(200);
    assert_eq!(same["updatedAt"], "2026-01-01T00:00:00.000Z");
    crm.set(json!({ "unchanged_write_touches": true })).await;
    assert_eq!(crm.patch(&path, again).await.expect(200)["updatedAt"], "2026-01-01T00:00:05.000Z");
}

#[tokio::test]
async fn a_contact_is_changed_by_its_address() {
    let crm = Crm::start().await;
    let id = crm.contact("ada@example.com").await;
    let body = json!({ "properties": { "email": "countess@example.com" } });
    let changed = crm.patch("contacts/ada%40example.com?idProperty=email", body.clone()).await.expect(200);
    assert_eq!(
        (&changed["id"], &changed["properties"]["email"]),
        (&json!(id), &json!("countess@example.com"))
    );
    crm.patch("contacts/ada%40example.com?idProperty=email", body).await.expect(404);
    crm.contact("ada@example.com").await;
}

#[tokio::test]
async fn an_address_of_another_contact_is_refused_and_ones_own_is_not() {
    let crm = Crm::start().await;
    let ada = crm.contact("ada@example.com").await;
    let grace = crm.contact("grace@example.com").await;
    let path = format!("contacts/{grace}");
    let taken = json!({ "properties": { "email": "ada@example.com", "city": "Paris" } });
    let refused = crm.patch(&path, taken).await.expect(409);
    assert_eq!(refused["message"], format!("Contact already exists. Existing ID: {ada}"));
    assert_eq!(crm.value(&path, "city").await, Value::Null, "nothing was written");
    crm.patch(&path, json!({ "properties": { "email": "GRACE@example.com" } })).await.expect(200);
    crm.patch(&path, json!({ "properties": { "hs_additional_emails": "grace@example.com" } }))
        .await
        .expect(200);
}

#[tokio::test]
async fn an_address_given_up_is_free() {
    let crm = Crm::start().await;
    let both = json!({ "email": "ada@example.com", "hs_additional_emails": "a@example.com;b@example.com" });
    let id = crm.create("contacts", both).await;
    let fewer =
        json!({ "properties": { "email": "new@example.com", "hs_additional_emails": "b@example.com" } });
    crm.patch(&format!("contacts/{id}"), fewer).await.expect(200);
    crm.contact("ada@example.com").await;
    crm.contact("a@example.com").await;
    crm.post("contacts", json!({ "properties": { "email": "b@example.com" } })).await.expect(409);
}

#[tokio::test]
async fn the_lifecycle_only_goes_forward_unless_it_is_cleared_first() {
    let crm = Crm::start().await;
    let id = crm.create("contacts", json!({ "firstname": "Ada", "lifecyclestage": "opportunity" })).await;
    let path = format!("contacts/{id}");
    let to = |stage: &str| json!({ "properties": { "lifecyclestage": stage, "city": stage } });
    crm.patch(&path, to("lead")).await.expect(200);
    assert_eq!(crm.value(&path, "lifecyclestage").await, "opportunity");
    assert_eq!(crm.value(&path, "city").await, "lead", "the rest is written");
    crm.patch(&path, to("customer")).await.expect(200);
    assert_eq!(crm.value(&path, "lifecyclestage").await, "customer");
    crm.patch(&path, to("")).await.expect(200);
    crm.patch(&path, to("lead")).await.expect(200);
    assert_eq!(crm.value(&path, "lifecyclestage").await, "lead");
}

#[tokio::test]
async fn going_back_can_be_refused_instead() {
    let crm = Crm::start().await;
    crm.set(json!({ "lifecycle_backwards": "refuse" })).await;
    let id = crm.create("companies", json!({ "name": "Acme", "lifecyclestage": "customer" })).await;
    let path = format!("companies/{id}");
    let back = json!({ "properties": { "lifecyclestage": "lead", "city": "London" } });
    assert_eq!(crm.patch(&path, back).await.expect(400)["category"], "VALIDATION_ERROR");
    assert_eq!(crm.value(&path, "city").await, Value::Null);
}

#[tokio::test]
async fn a_list_of_addresses_is_added_to_with_a_leading_semicolon() {
    let crm = Crm::start().await;
    let both = json!({ "email": "ada@example.com", "hs_additional_emails": "a@example.com" });
    let id = crm.create("contacts", both).await;
    let path = format!("contacts/{id}");
    let more = json!({ "properties": { "hs_additional_emails": ";b@example.com" } });
    crm.patch(&path, more).await.expect(200);
    assert_eq!(crm.value(&path, "hs_additional_emails").await, "a@example.com;b@example.com");
    crm.post("contacts", json!({ "properties": { "email": "b@example.com" } })).await.expect(409);
}

#[tokio::test]
async fn nobody_and_the_archived_cannot_be_changed() {
    let crm = Crm::start().await;
    let id = crm.contact("ada@example.com").await;
    let body = json!({ "properties": { "city": "London" } });
    crm.patch(&format!("contacts/{NOBODY}"), body.clone()).await.expect(404);
    crm.patch("contacts/somebody", body.clone()).await.expect(404);
    crm.delete(&format!("contacts/{id}")).await.expect(204);
    crm.patch(&format!("contacts/{id}"), body).await.expect(404);
}

#[tokio::test]
async fn archiving_answers_204_whatever_is_there() {
    let crm = Crm::start().await;
    let id = crm.contact("ada@example.com").await;
    for path in [format!("contacts/{id}"), format!("contacts/{id}"), format!("contacts/{NOBODY}")] {
        let answer = crm.delete(&path).await;
        assert_eq!((answer.status, answer.body.as_str()), (204, ""), "{path}");
    }
    assert_eq!(crm.delete("contacts/somebody").await.status, 204);
    crm.delete("butterflies/1").await.expect(400);
}

#[tokio::test]
async fn archiving_again_does_not_move_the_date() {
    let crm = Crm::start().await;
    let id = crm.contact("ada@example.com").await;
    let path = format!("contacts/{id}");
    crm.delete(&path).await.expect(204);
    crm.sandbox.advance(Duration::from_secs(9)).await;
    crm.delete(&path).await.expect(204);
    let shown = crm.get(&format!("{path}?archived=true")).await.expect(200);
    assert_eq!(shown["archivedAt"], "2026-01-01T00:00:00.000Z");
}

#[tokio::test]
async fn heavy_writes_to_one_record_lock_it_for_two_seconds() {
    let crm = Crm::start().await;
    crm.set(json!({ "lock": { "after_writes": 3 } })).await;
    let (id, other) = (crm.contact("a@example.com").await, crm.contact("b@example.com").await);
    let write = async |id: &str, city: &str| {
        crm.patch(&format!("contacts/{id}"), json!({ "properties": { "city": city } })).await.status
    };
    for city in ["1", "2", "3"] {
        assert_eq!(write(&id, city).await, 200);
    }
    assert_eq!(write(&id, "4").await, 423);
    assert_eq!(write(&other, "4").await, 200);
    crm.sandbox.advance(Duration::from_millis(1_999)).await;
    assert_eq!(write(&id, "4").await, 423);
    crm.sandbox.advance(Duration::from_millis(1)).await;
    assert_eq!(write(&id, "5").await, 200);
    assert_eq!(crm.value(&format!("contacts/{id}"), "city").await, "5");
}

#[tokio::test]
async fn what_an_admin_demands_is_enforced_from_2026_09_on() {
    let crm = Crm::start().await;
    let required = json!({ "object": "companies", "required": ["city"] });
    let associated = json!({ "object": "deals", "associated": ["companies"] });
    crm.set(json!({ "admin_rules": [required, associated] })).await;
    let company = json!({ "properties": { "name": "Acme" } });
    let post = async |version: &str, object: &str, body: &Value| {
        crm.call(Method::POST, &format!("/crm/objects/{version}/{object}"), Some(body)).await
    };
    crm.post("companies", company.clone()).await.expect(201);
    post("2026-03", "companies", &company).await.expect(201);
    let refused = post("2026-09", "companies", &company).await.expect(400);
    assert_eq!(refused["category"], "VALIDATION_ERROR");
    assert_eq!(refused["errors"][0]["context"]["properties"], json!(["city"]));
    post("2026-09-beta", "companies", &company).await.expect(400);
    let whole = json!({ "properties": { "name": "Acme", "city": "London" } });
    let made = post("2026-09", "companies", &whole).await.expect(201);
    let deal = json!({ "dealname": "Big", "dealstage": "appointmentscheduled", "pipeline": "default" });
    post("2026-09", "deals", &json!({ "properties": deal })).await.expect(400);
    let link = json!({ "to": { "id": made["id"] },
        "types": [{ "associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 341 }] });
    let linked = json!({ "properties": deal, "associations": [link] });
    post("2026-09", "deals", &linked).await.expect(201);
}

#[tokio::test]
async fn a_conditional_demand_concerns_changes_too() {
    let crm = Crm::start().await;
    let rule =
        json!({ "object": "contacts", "when": { "lifecyclestage": "customer" }, "required": ["phone"] });
    crm.set(json!({ "admin_rules": [rule] })).await;
    let id = crm.create("contacts", json!({ "firstname": "Ada" })).await;
    let path = format!("/crm/objects/2026-09/contacts/{id}");
    let patch = async |properties: Value| {
        crm.call(Method::PATCH, &path, Some(&json!({ "properties": properties }))).await
    };
    patch(json!({ "city": "London" })).await.expect(200);
    let refused = patch(json!({ "lifecyclestage": "customer" })).await.expect(400);
    assert!(text(&refused["message"]).starts_with("Property values were not valid: ["), "{refused}");
    patch(json!({ "lifecyclestage": "customer", "phone": "1" })).await.expect(200);
    patch(json!({ "phone": "" })).await.expect(400);
}
