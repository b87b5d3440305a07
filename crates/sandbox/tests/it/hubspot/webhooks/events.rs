//! What happens, and which events tell of it (HubSpot facts 6.3, 6.4).

use super::scene::{ACME, APP, Scene, events};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn types(events: &[Value]) -> Vec<&str> {
    let mut types: Vec<&str> =
        events.iter().map(|event| event["subscriptionType"].as_str().expect("a text")).collect();
    types.sort_unstable();
    types
}

#[tokio::test]
async fn a_new_record_is_told_with_its_values_in_one_request() {
    let scene = Scene::ready().await;
    let creation = scene.subscribe(json!({"eventType": "contact.creation"})).await;
    for name in ["email", "firstname", "lastname"] {
        scene.subscribe(json!({"eventType": "contact.propertyChange", "propertyName": name})).await;
    }
    let id = scene.create("contacts", json!({"email": "ann@b.example", "firstname": "Ann"})).await;
    let received = scene.delivered().await;
    assert_eq!(received.len(), 1);
    let events = events(&received);
    assert_eq!(types(&events), ["contact.creation", "contact.propertyChange", "contact.propertyChange"]);
    for event in &events {
        assert_eq!(event["objectId"], json!(id));
        assert_eq!((&event["portalId"], &event["appId"]), (&json!(ACME), &json!(APP)));
        assert_eq!(event["occurredAt"], json!(1_767_225_600_000_i64));
        assert_eq!(event["attemptNumber"], 0);
        assert!(event.get("objectTypeId").is_none(), "{event}");
    }
    let created = events.iter().find(|event| event["subscriptionId"] == json!(creation)).expect("told");
    assert_eq!(created["changeFlag"], "CREATED");
    assert!(created.get("isSensitive").is_none() && created.get("propertyName").is_none(), "{created}");
    let value = events.iter().find(|event| event["propertyName"] == "email").expect("told");
    assert_eq!((&value["propertyValue"], &value["isSensitive"]), (&json!("ann@b.example"), &json!(false)));
    let ids: BTreeSet<u64> =
        events.iter().map(|event| event["eventId"].as_u64().expect("a number")).collect();
    assert!(ids.len() == 3 && ids.iter().all(|id| u32::try_from(*id).is_ok()), "{ids:?}");
}

#[tokio::test]
async fn a_creation_is_not_always_told_before_its_values() {
    let scene = Scene::ready().await;
    scene.subscribe(json!({"eventType": "contact.creation"})).await;
    scene.subscribe(json!({"eventType": "contact.propertyChange", "propertyName": "email"})).await;
    let mut places = BTreeSet::new();
    for number in 0..12 {
        scene.create("contacts", json!({"email": format!("n{number}@b.example")})).await;
        let events = scene.events().await;
        places.insert(events.iter().position(|event| event["subscriptionType"] == "contact.creation"));
    }
    assert_eq!(places, BTreeSet::from([Some(0), Some(1)]));
}

#[tokio::test]
async fn events_are_told_in_order_where_that_is_set() {
    let scene = Scene::ready().await;
    scene.set(json!({"shuffle": false})).await;
    scene.subscribe(json!({"eventType": "contact.propertyChange", "propertyName": "firstname"})).await;
    let id = scene.create("contacts", json!({"email": "a@b.example", "firstname": "0"})).await;
    for number in 1..10 {
        scene.update("contacts", id, json!({"firstname": number.to_string()})).await;
    }
    let values: Vec<Value> =
        scene.events().await.iter().map(|event| event["propertyValue"].clone()).collect();
    let expected: Vec<Value> = (0..10).map(|number: i32| json!(number.to_string())).collect();
    assert_eq!(values, expected);
}

#[tokio::test]
async fn only_what_changed_and_is_subscribed_to_is_told() {
    let scene = Scene::ready().await;
    let id = scene.create("contacts", json!({"email": "a@b.example", "firstname": "Ann"})).await;
    let paused =
        scene.subscribe(json!({"eventType": "contact.propertyChange", "propertyName": "email"})).await;
    let path = format!("/subscriptions/{paused}");
    scene.hooks(Method::PATCH, &path, Some(&json!({"active": false}))).await.expect(200);
    scene.subscribe(json!({"eventType": "contact.propertyChange", "propertyName": "firstname"})).await;
    scene
        .update("contacts", id, json!({"firstname": "Ann", "lastname": "Lee", "email": "b@b.example"}))
        .await;
    assert!(scene.events().await.is_empty());
    scene.update("contacts", id, json!({"firstname": ""})).await;
    let told = scene.events().await;
    assert_eq!((told.len(), &told[0]["propertyValue"]), (1, &json!("")));
}

#[tokio::test]
async fn datetimes_are_told_as_milliseconds_though_the_api_writes_iso() {
    let scene = Scene::ready().await;
    scene.subscribe(json!({"eventType": "deal.propertyChange", "propertyName": "closedate"})).await;
    let deal = json!({"dealname": "D", "dealstage": "appointmentscheduled", "pipeline": "default",
        "closedate": "2026-03-04T05:06:07.000Z"});
    scene.create("deals", deal).await;
    let told = scene.events().await;
    assert_eq!(told[0]["propertyValue"], "1772600767000");
}

#[tokio::test]
async fn sensitive_values_are_not_told() {
    let scene = Scene::ready().await;
    scene.subscribe(json!({"eventType": "contact.propertyChange", "propertyName": "diagnosis"})).await;
    let property = json!({"name": "diagnosis", "label": "Diagnosis", "type": "string", "fieldType": "text",
        "groupName": "contactinformation", "dataSensitivity": "sensitive"});
    scene.call(Method::POST, "/crm/v3/properties/contacts", Some(&property)).await.expect(201);
    scene.create("contacts", json!({"email": "a@b.example", "diagnosis": "flu"})).await;
    let told = scene.events().await;
    assert_eq!((&told[0]["propertyValue"], &told[0]["isSensitive"]), (&json!("REDACTED"), &json!(true)));
    scene.set(json!({"is_sensitive": false})).await;
    scene.create("contacts", json!({"email": "c@b.example", "diagnosis": "flu"})).await;
    assert!(scene.events().await[0].get("isSensitive").is_none());
}

#[tokio::test]
async fn generic_events_carry_the_type_and_hear_of_that_type_only() {
    let scene = Scene::ready().await;
    scene.subscribe(json!({"eventType": "object.creation", "objectTypeId": "2-50158913"})).await;
    scene.create("contacts", json!({"email": "a@b.example"})).await;
    let id = scene.create("2-50158913", json!({"mock_exam_name": "B2"})).await;
    let told = scene.events().await;
    assert_eq!(told.len(), 1);
    assert_eq!((&told[0]["objectTypeId"], &told[0]["objectId"]), (&json!("2-50158913"), &json!(id)));
}

#[tokio::test]
async fn who_did_it_is_told() {
    let scene = Scene::bare().await;
    let installed = scene.install(ACME, "").await;
    scene.target(&scene.receiver.url("/in"), 10).await;
    scene.subscribe(json!({"eventType": "contact.creation"})).await;
    scene.edit(json!({"action": "create", "properties": {"email": "a@b.example"}})).await;
    let told = scene.events().await;
    assert_eq!(told[0]["changeSource"], "CRM_UI");
    assert!(told[0]["sourceId"].as_str().expect("a text").starts_with("userId:"), "{}", told[0]);
    let token = installed["access_token"].as_str().expect("a token");
    let body = json!({"properties": {"email": "c@b.example"}});
    let path = "/hubspot/crm/v3/objects/contacts";
    scene.sandbox.call(token, Method::POST, path, Some(&body)).await.expect(201);
    let told = scene.events().await;
    assert_eq!(told[0]["changeSource"], "INTEGRATION", "an app is told of its own doing, too");
    assert_eq!(told[0]["sourceId"], json!(APP.to_string()));
}

#[tokio::test]
async fn deletions_restores_and_privacy_deletions_are_told() {
    let scene = Scene::ready().await;
    for kind in ["deletion", "restore", "privacyDeletion"] {
        scene.subscribe(json!({"eventType": format!("contact.{kind}")})).await;
    }
    let id = scene.create("contacts", json!({"email": "a@b.example"})).await;
    scene.call(Method::DELETE, &format!("/crm/v3/objects/contacts/{id}"), None).await.expect(204);
    let told = scene.events().await;
    assert_eq!((types(&told), &told[0]["changeFlag"]), (vec!["contact.deletion"], &json!("DELETED")));
    scene.edit(json!({"action": "restore", "id": id})).await;
    let told = scene.events().await;
    assert_eq!(types(&told), ["contact.restore"]);
    assert!(told[0].get("changeFlag").is_none(), "{}", told[0]);
    let body = json!({"objectId": id.to_string()});
    scene.call(Method::POST, "/crm/v3/objects/contacts/gdpr-delete", Some(&body)).await.expect(204);
    let told = scene.events().await;
    assert_eq!(types(&told), ["contact.deletion", "contact.privacyDeletion"]);
    assert!(told.iter().all(|event| event["objectId"] == json!(id)), "{told:?}");
}

#[tokio::test]
async fn a_merge_names_the_records_it_was_about() {
    let scene = Scene::ready().await;
    scene.subscribe(json!({"eventType": "contact.merge"})).await;
    let one = scene.create("contacts", json!({"email": "a@b.example"})).await;
    let two = scene.create("contacts", json!({"email": "c@b.example", "firstname": "Ann"})).await;
    let body = json!({"primaryObjectId": one.to_string(), "objectIdToMerge": two.to_string()});
    let merged = scene.call(Method::POST, "/crm/v3/objects/contacts/merge", Some(&body)).await.expect(200);
    let new: u64 = merged["id"].as_str().expect("a text").parse().expect("a number");
    let told = scene.events().await;
    assert_eq!(types(&told), ["contact.merge"]);
    assert_eq!((&told[0]["primaryObjectId"], &told[0]["newObjectId"]), (&json!(one), &json!(new)));
    assert!(told[0]["mergedObjectIds"].as_array().expect("a list").contains(&json!(two)), "{}", told[0]);
    assert!(told[0]["numberOfPropertiesMoved"].is_u64(), "{}", told[0]);
    assert_eq!(told[0]["objectId"], json!(new));
}

#[tokio::test]
async fn merging_deals_by_hand_is_not_told_as_a_merge() {
    let scene = Scene::ready().await;
    scene.subscribe(json!({"eventType": "deal.merge"})).await;
    let deal =
        |name: &str| json!({"dealname": name, "dealstage": "appointmentscheduled", "pipeline": "default"});
    let mut ids = Vec::new();
    for name in ["a", "b", "c", "d"] {
        ids.push(scene.create("deals", deal(name)).await);
    }
    scene.edit(json!({"action": "merge", "object": "deals", "id": ids[0], "other_id": ids[1]})).await;
    assert!(scene.events().await.is_empty());
    let body = json!({"primaryObjectId": ids[2].to_string(), "objectIdToMerge": ids[3].to_string()});
    scene.call(Method::POST, "/crm/v3/objects/deals/merge", Some(&body)).await.expect(200);
    assert_eq!(types(&scene.events().await), ["deal.merge"]);
}

#[tokio::test]
async fn an_association_is_told_from_both_sides_without_an_object_id() {
    let scene = Scene::ready().await;
    scene.subscribe(json!({"eventType": "contact.associationChange"})).await;
    scene.subscribe(json!({"eventType": "object.associationChange", "objectTypeId": "0-3"})).await;
    let contact = scene.create("contacts", json!({"email": "a@b.example"})).await;
    let deal = json!({"dealname": "D", "dealstage": "appointmentscheduled", "pipeline": "default"});
    let deal = scene.create("deals", deal).await;
    let path = format!("/crm/v4/objects/contacts/{contact}/associations/default/deals/{deal}");
    scene.call(Method::PUT, &path, None).await.expect(200);
    let told = scene.events().await;
    assert_eq!(types(&told), ["contact.associationChange", "object.associationChange"]);
    let side =
        |name: &str| told.iter().find(|event| event["subscriptionType"] == name).expect("told").clone();
    let (classic, generic) = (side("contact.associationChange"), side("object.associationChange"));
    assert_eq!(classic["associationType"], "CONTACT_TO_DEAL");
    assert_eq!((&classic["fromObjectId"], &classic["toObjectId"]), (&json!(contact), &json!(deal)));
    assert_eq!((&generic["fromObjectId"], &generic["toObjectId"]), (&json!(deal), &json!(contact)));
    assert_eq!((&generic["fromObjectTypeId"], &generic["toObjectTypeId"]), (&json!("0-3"), &json!("0-1")));
    assert_eq!(
        (&generic["associationTypeId"], &generic["associationCategory"]),
        (&json!(3), &json!("HUBSPOT_DEFINED"))
    );
    for event in &told {
        assert!(event.get("objectId").is_none() && event["associationRemoved"] == false, "{event}");
    }
    assert!(classic.get("fromObjectTypeId").is_none(), "{classic}");
    let path = format!("/crm/v4/objects/contacts/{contact}/associations/deals/{deal}");
    scene.call(Method::DELETE, &path, None).await.expect(204);
    let told = scene.events().await;
    assert!(told.len() == 2 && told.iter().all(|event| event["associationRemoved"] == true), "{told:?}");
}

#[tokio::test]
async fn a_primary_association_is_told_besides_the_plain_one() {
    let scene = Scene::ready().await;
    scene.subscribe(json!({"eventType": "contact.associationChange"})).await;
    let contact = scene.create("contacts", json!({"firstname": "Ann"})).await;
    let company = scene.create("companies", json!({"name": "Acme"})).await;
    let path = format!("/crm/v4/objects/contacts/{contact}/associations/companies/{company}");
    let body = json!([{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 1}]);
    scene.call(Method::PUT, &path, Some(&body)).await.expect(201);
    let primary: BTreeSet<bool> = scene
        .events()
        .await
        .iter()
        .map(|event| event["isPrimaryAssociation"].as_bool().expect("a boolean"))
        .collect();
    assert_eq!(primary, BTreeSet::from([false, true]));
}
