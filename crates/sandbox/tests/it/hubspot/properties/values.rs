//! What definitions mean for records.

use super::{Account, CONTACTS};
use serde_json::{Value, json};

#[tokio::test]
async fn a_record_takes_the_options_of_today() {
    let account = Account::start().await;
    let colours = |value: &str| json!([{"label": value, "value": value}]);
    let colour = json!({"name": "colour", "label": "Colour", "type": "enumeration", "fieldType": "checkbox",
        "groupName": "contactinformation", "options": colours("red")});
    account.post(CONTACTS, colour).await.expect(201);
    let ada = account.record("contacts", json!({"firstname": "Ada", "colour": "red"})).await;
    account.patch(&format!("{CONTACTS}/colour"), json!({"options": colours("green")})).await.expect(200);
    let path = format!("/crm/v3/objects/contacts/{ada}");
    let refused = account.patch(&path, json!({"properties": {"colour": "red"}})).await.expect(400);
    assert_eq!(refused["errors"][0]["code"], "INVALID_OPTION");
    assert_eq!(refused["errors"][0]["message"], "red was not one of the allowed options: [green]");
    let added = account.patch(&path, json!({"properties": {"colour": ";green"}})).await.expect(200);
    assert_eq!(added["properties"]["colour"], "red;green");
}

#[tokio::test]
async fn a_record_with_several_wrong_values_is_told_of_all_of_them() {
    let account = Account::start().await;
    let wrong = json!({"properties": {"email": "ada@nowhere", "nope": "x", "createdate": "2020-01-01"}});
    let refused = account.post("/crm/v3/objects/contacts", wrong).await.expect(400);
    assert_eq!(refused["category"], "VALIDATION_ERROR");
    let codes: Vec<&Value> =
        refused["errors"].as_array().expect("errors").iter().map(|one| &one["code"]).collect();
    assert_eq!(codes, ["READ_ONLY_VALUE", "INVALID_EMAIL", "PROPERTY_DOESNT_EXIST"]);
    let message = refused["message"].as_str().expect("text");
    let nested = message.strip_prefix("Property values were not valid: ").expect("the text");
    let nested: Value = serde_json::from_str(nested).expect("a JSON list");
    assert_eq!(nested.as_array().map(Vec::len), Some(3));
    account.sandbox.set(json!({"hubspot": {"properties": {"long_entries": false}}})).await;
    let refused =
        account.post("/crm/v3/objects/contacts", json!({"properties": {"nope": "x"}})).await.expect(400);
    assert!(!refused["message"].as_str().expect("text").contains("localizedErrorMessage"), "{refused}");
}

#[tokio::test]
async fn rules_for_values_are_settings() {
    let account = Account::start().await;
    let made = async |properties: Value| {
        account.post("/crm/v3/objects/contacts", json!({ "properties": properties })).await
    };
    let owner = json!({"firstname": "Ada", "hubspot_owner_id": "17"});
    made(owner.clone()).await.expect(400);
    let name = json!({"firstname": "www.spam.example"});
    assert_eq!(made(name.clone()).await.expect(400)["errors"][0]["code"], "CONTAINS_URL");
    let city = json!({"firstname": "Ada", "city": "2b"});
    made(city.clone()).await.expect(201);
    account
        .sandbox
        .set(json!({"hubspot": {"properties": {"owners_must_exist": false, "no_urls": [], "letters_only": ["city"],
            "lower_case_emails": false, "longest_text": 20, "too_long_code": "TOO_LONG", "number_code": "INVALID_INTEGER"}}}))
        .await;
    made(owner).await.expect(201);
    made(name).await.expect(201);
    assert_eq!(made(city).await.expect(400)["errors"][0]["code"], "INVALID_ALPHA");
    let long = json!({"firstname": "A".repeat(21)});
    assert_eq!(made(long).await.expect(400)["errors"][0]["code"], "TOO_LONG");
    let number = json!({"firstname": "Ada", "associatedcompanyid": "x"});
    let refused = made(number).await.expect(400);
    assert_eq!(refused["errors"][0]["code"], "INVALID_INTEGER");
    assert_eq!(refused["errors"][0]["message"], "x was not a valid integer.");
    let email = made(json!({"email": "Ada@Example.com"})).await.expect(201);
    assert_eq!(email["properties"]["email"], "Ada@Example.com");
}
