//! Merging (HubSpot facts 3.6).

use super::{Crm, NOBODY, ids, text};
use serde_json::{Value, json};
use std::time::Duration;

async fn merge(crm: &Crm, object: &str, primary: &str, other: &str) -> String {
    let body = json!({ "primaryObjectId": primary, "objectIdToMerge": other });
    text(&crm.post(&format!("{object}/merge"), body).await.expect(200)["id"])
}

#[tokio::test]
async fn two_contacts_become_a_third_which_both_old_ids_mean() {
    let crm = Crm::start().await;
    let primary = json!({ "email": "ada@example.com", "firstname": "Ada", "city": "London" });
    let primary = crm.create("contacts", primary).await;
    crm.sandbox.advance(Duration::from_secs(1)).await;
    let other = json!({ "email": "countess@example.com", "firstname": "Augusta", "phone": "1" });
    let other = crm.create("contacts", other).await;
    crm.sandbox.advance(Duration::from_secs(1)).await;
    let new = merge(&crm, "contacts", &primary, &other).await;
    assert!(new != primary && new != other);
    let names =
        "firstname,city,phone,email,hs_additional_emails,hs_merged_object_ids,hs_calculated_merged_vids";
    for id in [&new, &primary, &other] {
        let shown = crm.get(&format!("contacts/{id}?properties={names}")).await.expect(200);
        assert_eq!(shown["id"], json!(new));
        let properties = &shown["properties"];
        assert_eq!(properties["firstname"], "Ada", "the primary's values win");
        assert_eq!((&properties["city"], &properties["phone"]), (&json!("London"), &json!("1")));
        assert_eq!(properties["email"], "ada@example.com");
        assert_eq!(properties["hs_additional_emails"], "countess@example.com");
        assert_eq!(properties["hs_merged_object_ids"], format!("{primary};{other}"));
        let at = 1_767_225_602_000_u64;
        assert_eq!(properties["hs_calculated_merged_vids"], format!("{primary}:{at};{other}:{at}"));
        assert_eq!(shown["updatedAt"], "2026-01-01T00:00:02.000Z");
    }
    assert_eq!(ids(&crm.get("contacts").await.expect(200)), [new]);
}

#[tokio::test]
async fn a_merged_away_id_can_be_patched_but_not_in_a_batch() {
    let crm = Crm::start().await;
    let (primary, other) = (crm.contact("a@example.com").await, crm.contact("b@example.com").await);
    let new = merge(&crm, "contacts", &primary, &other).await;
    let patched = crm.patch(&format!("contacts/{other}"), json!({ "properties": { "city": "Rome" } })).await;
    assert_eq!(patched.expect(200)["id"], json!(new));
    let body = json!({ "inputs": [{ "id": primary, "properties": { "city": "Paris" } }] });
    let done = crm.post("contacts/batch/update", body).await.expect(207);
    assert_eq!((&done["results"], &done["errors"][0]["category"]), (&json!([]), &json!("OBJECT_NOT_FOUND")));
    assert_eq!(crm.value(&format!("contacts/{new}"), "city").await, "Rome");
}

#[tokio::test]
async fn batch_read_finds_merged_ids_only_where_that_is_set() {
    let crm = Crm::start().await;
    let (primary, other) = (crm.contact("a@example.com").await, crm.contact("b@example.com").await);
    let new = merge(&crm, "contacts", &primary, &other).await;
    let body = json!({ "inputs": [{ "id": primary }, { "id": other }] });
    crm.post("contacts/batch/read", body.clone()).await.expect(207);
    crm.set(json!({ "batch_read_finds_merged": true })).await;
    assert_eq!(ids(&crm.post("contacts/batch/read", body).await.expect(200)), [new]);
}

#[tokio::test]
async fn all_addresses_of_both_stay_taken() {
    let crm = Crm::start().await;
    let primary = json!({ "email": "a@example.com", "hs_additional_emails": "a2@example.com" });
    let primary = crm.create("contacts", primary).await;
    let other = json!({ "email": "b@example.com", "hs_additional_emails": "b2@example.com" });
    let other = crm.create("contacts", other).await;
    let new = merge(&crm, "contacts", &primary, &other).await;
    for email in ["a@example.com", "a2@example.com", "b@example.com", "b2@example.com"] {
        let refused = crm.post("contacts", json!({ "properties": { "email": email } })).await.expect(409);
        assert_eq!(refused["message"], format!("Contact already exists. Existing ID: {new}"), "{email}");
    }
}

#[tokio::test]
async fn a_primary_without_an_address_gets_the_others() {
    let crm = Crm::start().await;
    let primary = crm.create("contacts", json!({ "firstname": "Ada" })).await;
    let other = crm.contact("b@example.com").await;
    let new = merge(&crm, "contacts", &primary, &other).await;
    assert_eq!(crm.value(&format!("contacts/{new}"), "email").await, "b@example.com");
    assert_eq!(crm.value(&format!("contacts/{new}"), "hs_additional_emails").await, Value::Null);
}

#[tokio::test]
async fn merges_of_merges_keep_the_whole_trail() {
    let crm = Crm::start().await;
    let mut made = Vec::new();
    for number in 0..3 {
        made.push(crm.create("companies", json!({ "name": format!("Acme {number}") })).await);
    }
    let first = merge(&crm, "companies", &made[0], &made[1]).await;
    let second = merge(&crm, "companies", &made[2], &first).await;
    for id in made.iter().chain([&first]) {
        assert_eq!(crm.get(&format!("companies/{id}")).await.expect(200)["id"], json!(second));
    }
    let trail = crm.value(&format!("companies/{second}"), "hs_merged_object_ids").await;
    assert_eq!(trail, format!("{};{};{};{first}", made[0], made[1], made[2]));
    assert_eq!(crm.value(&format!("companies/{second}"), "name").await, "Acme 2");
}

#[tokio::test]
async fn a_history_has_the_values_of_both() {
    let crm = Crm::start().await;
    let primary = crm.create("companies", json!({ "name": "Acme" })).await;
    let other = crm.create("companies", json!({ "name": "Acme Ltd" })).await;
    let new = merge(&crm, "companies", &primary, &other).await;
    let shown = crm.get(&format!("companies/{new}?propertiesWithHistory=name")).await.expect(200);
    let values: Vec<String> = shown["propertiesWithHistory"]["name"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| text(&one["value"]))
        .collect();
    assert_eq!(values, ["Acme", "Acme Ltd"]);
}

#[tokio::test]
async fn who_is_not_there_cannot_be_merged() {
    let crm = Crm::start().await;
    let (ada, grace) = (crm.contact("a@example.com").await, crm.contact("b@example.com").await);
    let body = |primary: &str, other: &str| json!({ "primaryObjectId": primary, "objectIdToMerge": other });
    crm.post("contacts/merge", body(&ada, NOBODY)).await.expect(404);
    crm.post("contacts/merge", body("somebody", &ada)).await.expect(404);
    crm.post("contacts/merge", body(&ada, &ada)).await.expect(400);
    crm.delete(&format!("contacts/{grace}")).await.expect(204);
    crm.post("contacts/merge", body(&ada, &grace)).await.expect(404);
    assert_eq!(ids(&crm.get("contacts").await.expect(200)), [ada]);
}

#[tokio::test]
async fn only_types_with_a_specification_of_their_own_are_merged_through_the_api() {
    let crm = Crm::start().await;
    let both = (crm.create("tickets", json!({})).await, crm.create("tickets", json!({})).await);
    let body = json!({ "primaryObjectId": both.0, "objectIdToMerge": both.1 });
    crm.post("tickets/merge", body.clone()).await.expect(404);
    crm.post("tickets/gdpr-delete", json!({ "objectId": both.0 })).await.expect(404);
    crm.set(json!({ "merge_and_erase_all_types": true })).await;
    crm.post("tickets/merge", body).await.expect(200);
}

#[tokio::test]
async fn the_251st_merge_gets_414() {
    let crm = Crm::start().await;
    crm.sandbox.set(json!({ "hubspot": { "limits": { "enabled": false } } })).await;
    let mut survivor = crm.create("deals", deal("first")).await;
    for number in 0..250 {
        let other = crm.create("deals", deal(&format!("{number}"))).await;
        survivor = merge(&crm, "deals", &survivor, &other).await;
    }
    let one_more = crm.create("deals", deal("last")).await;
    let body = json!({ "primaryObjectId": survivor, "objectIdToMerge": one_more });
    let refused = crm.post("deals/merge", body).await.expect(414);
    assert_eq!(refused["message"], "Cannot have more than 250 identities on a profile");
    assert_eq!(ids(&crm.get("deals").await.expect(200)).len(), 2);
}

fn deal(name: &str) -> Value {
    json!({ "dealname": name, "dealstage": "appointmentscheduled", "pipeline": "default" })
}
