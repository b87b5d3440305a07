//! Reading one record (HubSpot facts 3.1, 3.2, 3.5, 3.6).

use super::{Crm, NOBODY, text};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn without_being_asked_contacts_show_six_properties() {
    let crm = Crm::start().await;
    let id = crm.create("contacts", json!({ "email": "a@example.com", "city": "London" })).await;
    let shown = crm.get(&format!("contacts/{id}")).await.expect(200);
    let expected = json!({
        "createdate": "2026-01-01T00:00:00.000Z", "email": "a@example.com", "firstname": null,
        "hs_object_id": id, "lastmodifieddate": "2026-01-01T00:00:00.000Z", "lastname": null,
    });
    assert_eq!(shown["properties"], expected);
    assert_eq!(shown.get("archivedAt"), None);
}

#[tokio::test]
async fn companies_and_deals_have_defaults_of_their_own() {
    let crm = Crm::start().await;
    let keys = |shown: &Value| -> Vec<String> {
        shown["properties"].as_object().expect("an object").keys().cloned().collect()
    };
    let company = crm.create("companies", json!({ "name": "Acme" })).await;
    let shown = crm.get(&format!("companies/{company}")).await.expect(200);
    assert_eq!(keys(&shown), ["createdate", "domain", "hs_lastmodifieddate", "hs_object_id", "name"]);
    let deal = json!({ "dealname": "Big", "dealstage": "appointmentscheduled", "pipeline": "default" });
    let deal = crm.create("deals", deal).await;
    let shown = crm.get(&format!("deals/{deal}")).await.expect(200);
    let expected = [
        "amount",
        "closedate",
        "createdate",
        "dealname",
        "dealstage",
        "hs_lastmodifieddate",
        "hs_object_id",
        "pipeline",
    ];
    assert_eq!(keys(&shown), expected);
}

#[tokio::test]
async fn properties_may_be_repeated_or_comma_separated() {
    let crm = Crm::start().await;
    let id = crm.create("contacts", json!({ "firstname": "Ada", "city": "London", "phone": "1" })).await;
    for query in ["properties=city,phone", "properties=city&properties=phone", "properties=city%2Cphone"] {
        let shown = crm.get(&format!("contacts/{id}?{query}")).await.expect(200);
        assert_eq!(shown["properties"]["city"], "London", "{query}");
        assert_eq!(shown["properties"]["phone"], "1", "{query}");
        assert_eq!(shown["properties"].get("firstname"), None, "{query}");
    }
}

#[tokio::test]
async fn a_property_without_a_value_is_null() {
    let crm = Crm::start().await;
    let id = crm.create("contacts", json!({ "firstname": "Ada" })).await;
    let shown = crm.get(&format!("contacts/{id}?properties=city")).await.expect(200);
    assert_eq!(shown["properties"]["city"], Value::Null);
}

#[tokio::test]
async fn a_contact_is_found_by_its_address() {
    let crm = Crm::start().await;
    let id = crm.contact("ada@example.com").await;
    let shown = crm.get("contacts/ADA%40example.com?idProperty=email").await.expect(200);
    assert_eq!(shown["id"], json!(id));
    crm.get("contacts/nobody%40example.com?idProperty=email").await.expect(404);
    let found = crm.get(&format!("contacts/{id}?idProperty=hs_object_id")).await.expect(200);
    assert_eq!(found["id"], json!(id));
}

#[tokio::test]
async fn an_additional_address_finds_a_contact_only_where_that_is_set() {
    let crm = Crm::start().await;
    let both = json!({ "email": "ada@example.com", "hs_additional_emails": "countess@example.com" });
    let id = crm.create("contacts", both).await;
    crm.get("contacts/countess%40example.com?idProperty=email").await.expect(404);
    crm.set(json!({ "email_finds_additional": true })).await;
    let found = crm.get("contacts/countess%40example.com?idProperty=email").await.expect(200);
    assert_eq!(found["id"], json!(id));
}

#[tokio::test]
async fn a_property_that_is_not_unique_finds_nobody() {
    let crm = Crm::start().await;
    crm.create("contacts", json!({ "firstname": "Ada" })).await;
    let refused = crm.get("contacts/Ada?idProperty=firstname").await.expect(400);
    assert_eq!(refused["category"], "VALIDATION_ERROR");
    crm.create("companies", json!({ "name": "Acme" })).await;
    crm.get("companies/a%40example.com?idProperty=email").await.expect(400);
}

#[tokio::test]
async fn an_unknown_number_gets_the_bare_body_and_a_word_the_long_one() {
    let crm = Crm::start().await;
    let bare = crm.get(&format!("contacts/{NOBODY}")).await.expect(404);
    assert_eq!((&bare["status"], &bare["message"]), (&json!("error"), &json!("resource not found")));
    assert_eq!(bare.get("category"), None);
    assert!(bare["correlationId"].is_string());
    let long = crm.get("contacts/somebody").await.expect(404);
    assert_eq!(long["message"], "Object not found.  objectId are usually numeric.");
    assert_eq!(
        (&long["category"], &long["context"]),
        (&json!("OBJECT_NOT_FOUND"), &json!({"id": ["somebody"]}))
    );
}

#[tokio::test]
async fn the_other_bodies_of_404_can_be_had() {
    let crm = Crm::start().await;
    for (setting, word) in [("object_id", "objectId"), ("id", "id")] {
        crm.set(json!({ "not_found": setting })).await;
        let refused = crm.get(&format!("contacts/{NOBODY}")).await.expect(404);
        assert_eq!(refused["message"], format!("Object not found.  {word} are usually numeric."));
        assert_eq!(refused["context"]["id"], json!([NOBODY]));
    }
}

#[tokio::test]
async fn an_archived_record_is_read_only_when_asked_for() {
    let crm = Crm::start().await;
    let id = crm.contact("ada@example.com").await;
    let path = format!("contacts/{id}");
    crm.get(&format!("{path}?archived=true")).await.expect(404);
    crm.delete(&path).await.expect(204);
    crm.get(&path).await.expect(404);
    for archived in ["archived=true", "archived=True"] {
        let shown = crm.get(&format!("{path}?{archived}")).await.expect(200);
        assert_eq!(shown["archived"], true);
        assert_eq!(shown["archivedAt"], "2026-01-01T00:00:00.000Z");
    }
    let found = crm.get("contacts/ada%40example.com?idProperty=email&archived=true").await.expect(200);
    assert_eq!(found["id"], json!(id));
}

#[tokio::test]
async fn what_cannot_be_read_in_a_query_is_refused() {
    let crm = Crm::start().await;
    let id = crm.contact("ada@example.com").await;
    crm.get(&format!("contacts/{id}?archived=perhaps")).await.expect(400);
    let refused = crm.get(&format!("contacts/{id}?associations=butterflies")).await.expect(400);
    assert_eq!(refused["message"], "Unable to infer object type from: butterflies");
}

#[tokio::test]
async fn a_url_that_is_too_long_gets_414() {
    let crm = Crm::start().await;
    let id = crm.contact("ada@example.com").await;
    let names = |length: usize| format!("contacts/{id}?properties={}", "x".repeat(length));
    crm.get(&names(5_000)).await.expect(200);
    assert_eq!(crm.get(&names(32_000)).await.status, 414);
    crm.set(json!({ "max_url_bytes": 1_000 })).await;
    assert_eq!(crm.get(&names(1_000)).await.status, 414);
}

#[tokio::test]
async fn dated_paths_show_the_same_records() {
    let crm = Crm::start().await;
    let id = crm.contact("ada@example.com").await;
    let v3 = crm.get(&format!("contacts/{id}")).await.expect(200);
    for version in ["2025-09", "2026-03", "2026-09", "2026-09-beta"] {
        let path = format!("/crm/objects/{version}/contacts/{id}");
        assert_eq!(crm.call(Method::GET, &path, None).await.expect(200), v3, "{version}");
    }
}

#[tokio::test]
async fn a_date_that_is_no_version_is_an_unknown_path() {
    let crm = Crm::start().await;
    let id = crm.contact("ada@example.com").await;
    for version in ["2024-03", "2026-3", "v3"] {
        let path = format!("/crm/objects/{version}/contacts/{id}");
        assert_eq!(crm.call(Method::GET, &path, None).await.expect(404)["message"], "resource not found");
    }
    crm.set(json!({ "versions": ["2027-03"] })).await;
    crm.call(Method::GET, &format!("/crm/objects/2027-03/contacts/{id}"), None).await.expect(200);
    crm.call(Method::GET, &format!("/crm/objects/2026-03/contacts/{id}"), None).await.expect(404);
}

#[tokio::test]
async fn a_method_a_path_does_not_have_is_refused() {
    let crm = Crm::start().await;
    let id = crm.contact("ada@example.com").await;
    assert_eq!(crm.post(&format!("contacts/{id}"), json!({})).await.status, 405);
    assert_eq!(crm.call(Method::PUT, "/crm/v3/objects/contacts", Some(&json!({}))).await.status, 405);
    assert_eq!(text(&crm.get(&format!("contacts/{id}")).await.expect(200)["id"]), id);
}
