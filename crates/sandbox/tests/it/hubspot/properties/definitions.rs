//! Definitions that are made, read and changed.

use super::{Account, CONTACTS, names, text};
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test]
async fn a_new_definition_is_told_with_all_its_keys_and_where_it_is() {
    let account = Account::start().await;
    let made = account.post(CONTACTS, text("x_text")).await;
    let body = made.expect(201);
    let location = format!("{}/x_text", account.sandbox.url("/hubspot/crm/v3/properties/contacts"));
    assert_eq!(made.header("location"), location);
    let user = body["createdUserId"].clone();
    assert!(user.as_str().is_some_and(|id| id.parse::<u64>().is_ok()), "{body}");
    assert_eq!(
        body,
        json!({
            "updatedAt": "2026-01-01T00:00:00.000Z", "createdAt": "2026-01-01T00:00:00.000Z",
            "name": "x_text", "label": "X", "type": "string", "fieldType": "text", "description": "",
            "groupName": "contactinformation", "options": [], "createdUserId": user, "updatedUserId": user,
            "displayOrder": -1, "calculated": false, "externalOptions": false, "archived": false,
            "hasUniqueValue": false, "hidden": false,
            "modificationMetadata": {"archivable": true, "readOnlyDefinition": false, "readOnlyValue": false},
            "formField": false, "dataSensitivity": "non_sensitive",
        })
    );
    assert_eq!(account.get(&format!("{CONTACTS}/x_text")).await.expect(200), body);
}

#[tokio::test]
async fn the_list_has_the_standard_definitions_without_paging() {
    let account = Account::start().await;
    for (object_type, some) in [
        ("contacts", ["email", "lastmodifieddate", "hs_additional_emails", "hs_merged_object_ids"]),
        ("0-2", ["name", "domain", "hs_lastmodifieddate", "numberofemployees"]),
        ("deals", ["dealname", "dealstage", "pipeline", "amount"]),
        ("0-3", ["dealname", "dealstage", "pipeline", "amount"]),
        ("mock_exams", ["mock_exam_id", "total_bookings", "exam_date", "is_active"]),
        ("2-50158913", ["mock_exam_name", "location", "hs_object_id", "createdate"]),
    ] {
        for path in ["/crm/v3/properties", "/crm/properties/2026-03", "/crm/properties/2026-09"] {
            let list = account.get(&format!("{path}/{object_type}")).await.expect(200);
            assert!(some.iter().all(|name| names(&list).contains(name)), "{object_type}: {:?}", names(&list));
            assert!(list.get("paging").is_none());
        }
    }
    let email = account.get(&format!("{CONTACTS}/email")).await.expect(200);
    assert_eq!((&email["hubspotDefined"], &email["type"]), (&json!(true), &json!("string")));
    let rollup = account.get(&format!("{CONTACTS}/num_associated_deals")).await.expect(200);
    assert_eq!((&rollup["fieldType"], &rollup["calculated"]), (&json!("calculation_rollup"), &json!(true)));
    let unique = account.get("/crm/v3/properties/mock_exams/mock_exam_id").await.expect(200);
    assert_eq!(unique["hasUniqueValue"], true);
}

#[tokio::test]
async fn the_list_can_be_cut_down_to_names() {
    let account = Account::start().await;
    for query in ["properties=email,phone", "properties=email&properties=phone"] {
        let list = account.get(&format!("{CONTACTS}?{query}")).await.expect(200);
        assert_eq!(names(&list), ["email", "phone"]);
    }
}

#[tokio::test]
async fn a_name_in_use_is_a_conflict_and_nothing_changes() {
    let account = Account::start().await;
    let before = account.post(CONTACTS, text("age__c")).await.expect(201);
    let mut twin = text("age__c");
    twin["label"] = json!("Other");
    let refused = account.post(CONTACTS, twin).await.expect(409);
    assert_eq!(refused["status"], "error");
    assert_eq!(refused["category"], "OBJECT_ALREADY_EXISTS");
    assert_eq!(refused["subCategory"], "Properties.PROPERTY_WITH_NAME_EXISTS");
    assert_eq!(refused["message"], "A property named 'age__c' already exists.");
    assert_eq!(refused["context"], json!({"name": ["age__c"]}));
    assert!(refused["correlationId"].is_string());
    assert_eq!(account.get(&format!("{CONTACTS}/age__c")).await.expect(200), before);
}

#[tokio::test]
async fn definitions_that_make_no_sense_are_refused() {
    let account = Account::start().await;
    let with = |key: &str, value: Value| {
        let mut body = text("x");
        body[key] = value;
        body
    };
    for (body, said) in [
        (json!({"name": "x", "label": "X"}), "[type, fieldType, groupName]"),
        (with("type", json!("text")), "Cannot deserialize value of type"),
        (with("fieldType", json!("select")), "field type 'select'"),
        (with("groupName", json!("nowhere")), "group 'nowhere'"),
        (with("label", json!({"en": "X"})), "Cannot deserialize value of type"),
        (with("name", json!(" ")), "not valid"),
        (with("options", json!("a")), "Cannot deserialize value of type"),
        (with("fieldType", json!("calculation_equation")), "calculationFormula"),
        (json!([]), "Cannot deserialize value of type"),
    ] {
        let refused = account.post(CONTACTS, body).await.expect(400);
        assert_eq!(refused["category"], "VALIDATION_ERROR");
        assert!(refused["message"].as_str().expect("text").contains(said), "{refused}");
    }
    let mut choice = with("options", json!([{"label": "A", "value": "a"}, {"label": "B", "value": "a"}]));
    (choice["type"], choice["fieldType"]) = (json!("enumeration"), json!("select"));
    account.post(CONTACTS, choice).await.expect(400);
    account.get(&format!("{CONTACTS}/x")).await.expect(404);
}

#[tokio::test]
async fn every_type_goes_with_its_field_types() {
    let account = Account::start().await;
    let options = json!([{"label": "A", "value": "a"}]);
    for (kind, fields) in [
        ("bool", &["booleancheckbox"][..]),
        ("enumeration", &["booleancheckbox", "checkbox", "radio", "select"]),
        ("date", &["date"]),
        ("datetime", &["date"]),
        ("string", &["text", "textarea", "file", "html", "phonenumber"]),
        ("number", &["number"]),
        ("phone_number", &["phonenumber"]),
    ] {
        for field in fields {
            let name = format!("x_{kind}_{field}");
            let body = json!({"name": name, "label": "X", "type": kind, "fieldType": field,
                "groupName": "contactinformation", "options": options});
            assert_eq!(account.post(CONTACTS, body).await.expect(201)["fieldType"], *field);
        }
    }
}

#[tokio::test]
async fn names_are_put_into_lower_case_unless_a_setting_says_otherwise() {
    let account = Account::start().await;
    assert_eq!(account.post(CONTACTS, text("My Text")).await.expect(201)["name"], "my text");
    account.get(&format!("{CONTACTS}/my%20text")).await.expect(200);
    account.sandbox.set(json!({"hubspot": {"properties": {"names": "strict"}}})).await;
    account.post(CONTACTS, text("Other")).await.expect(400);
    account.post(CONTACTS, text("other")).await.expect(201);
    account.sandbox.set(json!({"hubspot": {"properties": {"names": "as_given", "longest_name": 5}}})).await;
    assert_eq!(account.post(CONTACTS, text("Third")).await.expect(201)["name"], "Third");
    account.post(CONTACTS, text("Fourth")).await.expect(400);
}

#[tokio::test]
async fn a_patch_overwrites_what_it_names_and_replaces_all_options() {
    let account = Account::start().await;
    let path = format!("{CONTACTS}/colour");
    let body = json!({"name": "colour", "label": "Colour", "type": "enumeration", "fieldType": "select",
        "groupName": "contactinformation", "hasUniqueValue": false,
        "options": [{"label": "Red", "value": "red"}, {"label": "Blue", "value": "blue", "hidden": true}]});
    account.post(CONTACTS, body).await.expect(201);
    account.sandbox.advance(Duration::from_secs(1)).await;
    let changed =
        account.patch(&path, json!({"label": "Color", "options": [{"label": "Green", "value": "green"}]}));
    let changed = changed.await.expect(200);
    assert_eq!(changed["label"], "Color");
    let green =
        json!([{"label": "Green", "value": "green", "description": "", "displayOrder": 0, "hidden": false}]);
    assert_eq!(changed["options"], green);
    assert_eq!(changed["createdAt"], "2026-01-01T00:00:00.000Z");
    assert_eq!(changed["updatedAt"], "2026-01-01T00:00:01.000Z");
    assert_eq!(account.get(&path).await.expect(200), changed);
    // The label alone leaves the options.
    assert_eq!(account.patch(&path, json!({"label": "Hue"})).await.expect(200)["options"], green);
    account.patch(&path, json!({"groupName": "nowhere"})).await.expect(400);
    account.patch(&format!("{CONTACTS}/nope"), json!({"label": "X"})).await.expect(404);
    account.patch(&format!("{CONTACTS}/email"), json!({"label": "X"})).await.expect(400);
}

#[tokio::test]
async fn name_uniqueness_and_sensitivity_never_change() {
    let account = Account::start().await;
    account.post(CONTACTS, text("fixed")).await.expect(201);
    let path = format!("{CONTACTS}/fixed");
    let patch = json!({"name": "other", "hasUniqueValue": true, "dataSensitivity": "sensitive"});
    let after = account.patch(&path, patch.clone()).await.expect(200);
    assert_eq!((&after["name"], &after["hasUniqueValue"]), (&json!("fixed"), &json!(false)));
    assert_eq!(after["dataSensitivity"], "non_sensitive");
    account.sandbox.set(json!({"hubspot": {"properties": {"refuse_immutable": true}}})).await;
    account.patch(&path, patch).await.expect(400);
}

#[tokio::test]
async fn sensitive_definitions_are_read_only_by_their_sensitivity() {
    let account = Account::start().await;
    let mut secret = text("diagnosis");
    secret["dataSensitivity"] = json!("sensitive");
    account.post(CONTACTS, secret).await.expect(201);
    assert!(!names(&account.get(CONTACTS).await.expect(200)).contains(&"diagnosis"));
    let list = account.get(&format!("{CONTACTS}?dataSensitivity=sensitive")).await.expect(200);
    assert_eq!(names(&list), ["diagnosis"]);
    account.get(&format!("{CONTACTS}/diagnosis")).await.expect(404);
    account.get(&format!("{CONTACTS}/diagnosis?dataSensitivity=sensitive")).await.expect(200);
    account.get(&format!("{CONTACTS}?dataSensitivity=secret")).await.expect(400);
}

#[tokio::test]
async fn a_new_definition_may_take_a_while_to_be_read() {
    let account = Account::start().await;
    account.sandbox.set(json!({"hubspot": {"properties": {"readable_after_ms": 500}}})).await;
    account.post(CONTACTS, text("slow")).await.expect(201);
    account.get(&format!("{CONTACTS}/slow")).await.expect(404);
    account.sandbox.advance(Duration::from_millis(500)).await;
    account.get(&format!("{CONTACTS}/slow")).await.expect(200);
}

#[tokio::test]
async fn unknown_types_and_versions_are_refused() {
    let account = Account::start().await;
    let refused = account.get("/crm/v3/properties/butterflies").await.expect(400);
    assert_eq!(refused["message"], "Unable to infer object type from: butterflies");
    assert!(refused.get("category").is_none());
    account.get("/crm/properties/2024-03/contacts").await.expect(404);
    account.put(CONTACTS, json!({})).await.expect(405);
}
