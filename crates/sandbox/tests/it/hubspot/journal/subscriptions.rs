//! What the journal holds: subscriptions, filters.

use super::super::webhooks::scene::{ACME, APP, GLOBEX};
use super::reader::{Reader, SUBSCRIPTIONS};
use reqwest::Method;
use serde_json::{Value, json};

fn actions(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["action"].as_str().expect("a text")).collect()
}

#[tokio::test]
async fn a_subscription_is_made_listed_shown_and_deleted() {
    let reader = Reader::ready().await;
    let body = json!({
        "subscriptionType": "OBJECT", "portalId": ACME, "objectTypeId": "0-1",
        "actions": ["CREATE", "UPDATE"], "properties": ["email"],
    });
    let made = reader.call(Method::POST, SUBSCRIPTIONS, Some(&body)).await.expect(200);
    for (key, value) in body.as_object().expect("an object") {
        assert_eq!(&made[key], value);
    }
    assert_eq!((&made["appId"], &made["createdAt"]), (&json!(APP), &json!("2026-01-01T00:00:00.000Z")));
    let path = format!("{SUBSCRIPTIONS}/{}", made["id"]);
    assert_eq!(reader.get(&path).await.expect(200), made);
    for other in ["/webhooks/v4/subscriptions", "/webhooks-journal/subscriptions/2026-03"] {
        assert_eq!(reader.get(other).await.expect(200), json!({ "results": [made] }), "{other}");
    }
    assert_eq!(reader.call(Method::DELETE, &path, None).await.status, 204);
    reader.call(Method::DELETE, &path, None).await.expect(404);
    reader.get(&path).await.expect(404);
}

#[tokio::test]
async fn subscriptions_that_make_no_sense_are_refused() {
    let reader = Reader::ready().await;
    for wrong in [
        json!({}),
        json!({"subscriptionType": "FORM", "portalId": ACME}),
        json!({"subscriptionType": "OBJECT"}),
        json!({"subscriptionType": "GDPR_PRIVACY_DELETION"}),
        json!({"subscriptionType": "OBJECT", "portalId": ACME, "actions": ["EXPLODE"]}),
        json!({"subscriptionType": "OBJECT", "portalId": "x"}),
        json!({"subscriptionType": "APP_LIFECYCLE_EVENT"}),
        json!({"subscriptionType": "APP_LIFECYCLE_EVENT", "eventTypeId": "4-1"}),
    ] {
        reader.call(Method::POST, SUBSCRIPTIONS, Some(&wrong)).await.expect(400);
    }
    assert_eq!(reader.get(SUBSCRIPTIONS).await.expect(200), json!({"results": []}));
}

#[tokio::test]
async fn an_accounts_subscriptions_go_together() {
    let reader = Reader::ready().await;
    for portal in [ACME, ACME, GLOBEX] {
        reader.subscribe(json!({"portalId": portal})).await;
    }
    let path = format!("{SUBSCRIPTIONS}/portals/{ACME}");
    assert_eq!(reader.call(Method::DELETE, &path, None).await.status, 204);
    let left = reader.get(SUBSCRIPTIONS).await.expect(200);
    assert_eq!(left["results"].as_array().expect("a list").len(), 1);
    assert_eq!(left["results"][0]["portalId"], json!(GLOBEX));
}

#[tokio::test]
async fn only_what_is_subscribed_to_is_in_the_journal() {
    let reader = Reader::ready().await;
    let id = reader.scene.create("contacts", json!({"email": "a@b.example"})).await;
    assert!(reader.latest().await.is_empty());
    reader
        .subscribe(json!({"objectTypeId": "0-1", "actions": ["UPDATE"], "properties": ["firstname"]}))
        .await;
    reader.scene.create("contacts", json!({"email": "c@b.example"})).await;
    reader.scene.update("contacts", id, json!({"lastname": "Lee"})).await;
    assert!(reader.latest().await.is_empty());
    reader.scene.update("contacts", id, json!({"firstname": "Ann", "lastname": "Li"})).await;
    let events = reader.latest().await;
    assert_eq!(actions(&events), ["UPDATE"]);
    assert_eq!(events[0]["propertyChanges"], json!({"firstname": "Ann"}));
}

#[tokio::test]
async fn what_two_subscriptions_ask_for_is_told_once() {
    let reader = Reader::ready().await;
    reader.subscribe(json!({"properties": ["firstname"]})).await;
    reader.subscribe(json!({"properties": ["lastname"]})).await;
    let id = reader.scene.create("contacts", json!({"email": "a@b.example"})).await;
    reader.wait().await;
    reader.scene.update("contacts", id, json!({"firstname": "Ann", "lastname": "Lee", "phone": "1"})).await;
    let events = reader.latest().await;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["propertyChanges"], json!({"firstname": "Ann", "lastname": "Lee"}));
}

#[tokio::test]
async fn deletions_restores_merges_and_erasures_have_actions_of_their_own() {
    let reader = Reader::ready().await;
    reader.subscribe(json!({"actions": ["DELETE", "RESTORE", "MERGE"]})).await;
    reader.subscribe(json!({"subscriptionType": "GDPR_PRIVACY_DELETION"})).await;
    let one = reader.scene.create("contacts", json!({"email": "a@b.example"})).await;
    let two = reader.scene.create("contacts", json!({"email": "c@b.example"})).await;
    reader.scene.call(Method::DELETE, &format!("/crm/v3/objects/contacts/{one}"), None).await.expect(204);
    reader.scene.edit(json!({"action": "restore", "id": one})).await;
    let body = json!({"primaryObjectId": one.to_string(), "objectIdToMerge": two.to_string()});
    let merged =
        reader.scene.call(Method::POST, "/crm/v3/objects/contacts/merge", Some(&body)).await.expect(200);
    let body = json!({"objectId": merged["id"]});
    reader.scene.call(Method::POST, "/crm/v3/objects/contacts/gdpr-delete", Some(&body)).await.expect(204);
    let events = reader.latest().await;
    let mut told = actions(&events);
    told.sort_unstable();
    told.dedup();
    assert_eq!(told, ["DELETE", "GDPR_DELETE", "MERGE", "RESTORE"]);
}

#[tokio::test]
async fn associations_come_and_go_from_the_side_subscribed_to() {
    let reader = Reader::ready().await;
    reader.subscribe(json!({"subscriptionType": "ASSOCIATION", "objectTypeId": "0-1"})).await;
    let contact = reader.scene.create("contacts", json!({"firstname": "Ann"})).await;
    let company = reader.scene.create("companies", json!({"name": "Acme"})).await;
    let path = format!("/crm/v4/objects/contacts/{contact}/associations/default/companies/{company}");
    reader.scene.call(Method::PUT, &path, None).await.expect(200);
    let events = reader.latest().await;
    assert!(!events.is_empty());
    for event in &events {
        assert_eq!((&event["type"], &event["action"]), (&json!("association"), &json!("ASSOCIATION_ADDED")));
        assert_eq!((&event["objectId"], &event["toObjectId"]), (&json!(contact), &json!(company)));
    }
    let path = format!("/crm/v4/objects/contacts/{contact}/associations/companies/{company}");
    reader.scene.call(Method::DELETE, &path, None).await.expect(204);
    let events = reader.latest().await;
    assert!(actions(&events).iter().all(|action| *action == "ASSOCIATION_REMOVED") && !events.is_empty());
}

#[tokio::test]
async fn an_app_that_is_not_installed_hears_nothing_unless_that_is_set() {
    let reader = Reader::of(super::super::webhooks::scene::Scene::bare().await).await;
    reader.subscribe(json!({})).await;
    reader.scene.create("contacts", json!({"email": "a@b.example"})).await;
    assert!(reader.latest().await.is_empty());
    reader.scene.sandbox.set(json!({"hubspot": {"journal": {"needs_install": false}}})).await;
    reader.scene.create("contacts", json!({"email": "c@b.example"})).await;
    assert_eq!(actions(&reader.latest().await), ["CREATE"]);
}

fn condition(operator: &str, more: &Value) -> Value {
    let mut condition =
        json!({"filterType": "CRM_OBJECT_PROPERTY", "property": "firstname", "operator": operator});
    condition.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    condition
}

#[tokio::test]
async fn filters_let_through_what_fits_one_of_them() {
    let reader = Reader::ready().await;
    let id = reader.subscribe(json!({"objectTypeId": "0-1", "actions": ["CREATE"]})).await;
    let filters = format!("{SUBSCRIPTIONS}/filters");
    let body = |conditions: Value| json!({"subscriptionId": id, "filter": {"conditions": conditions}});
    let starts = body(json!([
        condition("STARTS_WITH", &json!({"value": "A"})),
        condition("N_EQ", &json!({"value": "Abe"})),
    ]));
    let made = reader.call(Method::POST, &filters, Some(&starts)).await.expect(200);
    let within = body(json!([condition("IN", &json!({"values": ["Bob", "Cy"]}))]));
    reader.call(Method::POST, &filters, Some(&within)).await.expect(200);
    for name in ["Ann", "Abe", "Bob", "Dan"] {
        reader.scene.create("contacts", json!({"firstname": name})).await;
    }
    let names: Vec<Value> =
        reader.latest().await.iter().map(|event| event["propertyChanges"]["firstname"].clone()).collect();
    assert_eq!(names, [json!("Ann"), json!("Bob")]);
    let path = format!("{filters}/{}", made["filterId"]);
    let shown = reader.get(&path).await.expect(200);
    assert_eq!(shown["createdAt"], json!(1_767_225_600_000_i64), "a number here");
    assert_eq!(shown["filter"]["conditions"], starts["filter"]["conditions"]);
    let listed = reader.get(&format!("{filters}/subscription/{id}")).await.expect(200);
    assert_eq!(listed.as_array().map(Vec::len), Some(2));
    assert_eq!(reader.call(Method::DELETE, &path, None).await.status, 204);
    reader.get(&path).await.expect(404);
    let path = format!("{SUBSCRIPTIONS}/{id}");
    assert_eq!(reader.call(Method::DELETE, &path, None).await.status, 204);
    let listed = reader.get(&format!("{filters}/subscription/{id}")).await.expect(200);
    assert_eq!(listed, json!([]), "its filters went with it");
}

#[tokio::test]
async fn filters_that_make_no_sense_are_refused() {
    let reader = Reader::ready().await;
    let id = reader.subscribe(json!({})).await;
    let filters = format!("{SUBSCRIPTIONS}/filters");
    let make = async |body: Value, status: u16| {
        reader.call(Method::POST, &filters, Some(&body)).await.expect(status);
    };
    let good = condition("IS_EMPTY", &json!({}));
    make(json!({"subscriptionId": 1, "filter": {"conditions": [good]}}), 404).await;
    make(json!({"filter": {"conditions": [good]}}), 400).await;
    make(json!({"subscriptionId": id, "filter": {"conditions": []}}), 400).await;
    make(json!({"subscriptionId": id}), 400).await;
    for wrong in [condition("EQ", &json!({})), condition("LIKE", &json!({"value": "x"})), json!({})] {
        make(json!({"subscriptionId": id, "filter": {"conditions": [wrong]}}), 400).await;
    }
}
