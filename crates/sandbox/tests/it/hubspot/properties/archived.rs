//! Definitions that are archived, restored, or gone for good.

use super::{Account, CONTACTS, DAY, names, text};
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test]
async fn an_archived_definition_is_read_only_when_asked_for() {
    let account = Account::start().await;
    account.post(CONTACTS, text("gone")).await.expect(201);
    account.sandbox.advance(Duration::from_secs(5)).await;
    let path = format!("{CONTACTS}/gone");
    assert_eq!(account.delete(&path).await.expect(204), Value::Null);
    assert_eq!(account.get(&path).await.expect(404)["category"], "OBJECT_NOT_FOUND");
    account.delete(&path).await.expect(404);
    for query in ["archived=true", "archived=True"] {
        let archived = account.get(&format!("{path}?{query}")).await.expect(200);
        assert_eq!(
            (&archived["archived"], &archived["archivedAt"]),
            (&json!(true), &json!("2026-01-01T00:00:05.000Z"))
        );
    }
    assert_eq!(names(&account.get(&format!("{CONTACTS}?archived=true")).await.expect(200)), ["gone"]);
    assert!(!names(&account.get(CONTACTS).await.expect(200)).contains(&"gone"));
    account.get(&format!("{CONTACTS}/email?archived=true")).await.expect(404);
}

#[tokio::test]
async fn making_an_archived_definition_again_restores_it() {
    let account = Account::start().await;
    account.post(CONTACTS, text("tte_customer_uri")).await.expect(201);
    let path = format!("{CONTACTS}/tte_customer_uri");
    account.sandbox.advance(Duration::from_secs(60)).await;
    account.delete(&path).await.expect(204);
    let mut again = text("tte_customer_uri");
    (again["label"], again["fieldType"]) = (json!("10to8 customer"), json!("textarea"));
    let restored = account.post(CONTACTS, again).await.expect(201);
    assert_eq!((&restored["label"], &restored["fieldType"]), (&json!("10to8 customer"), &json!("textarea")));
    assert_eq!(restored["createdAt"], "2026-01-01T00:00:00.000Z");
    assert_eq!(account.get(&path).await.expect(200), restored);
    account.get(&format!("{path}?archived=true")).await.expect(404);
}

#[tokio::test]
async fn an_archived_definition_is_gone_after_ninety_days() {
    let account = Account::start().await;
    account.post(CONTACTS, text("old")).await.expect(201);
    let path = format!("{CONTACTS}/old?archived=true");
    account.delete(&format!("{CONTACTS}/old")).await.expect(204);
    account.sandbox.advance(DAY * 90 - Duration::from_millis(1)).await;
    account.get(&path).await.expect(200);
    account.sandbox.advance(Duration::from_millis(1)).await;
    account.get(&path).await.expect(404);
    assert_eq!(
        names(&account.get(&format!("{CONTACTS}?archived=true")).await.expect(200)),
        Vec::<&str>::new()
    );
    // The name is free for a new one, which is as old as it is.
    assert_eq!(
        account.post(CONTACTS, text("old")).await.expect(201)["createdAt"],
        "2026-04-01T00:00:00.000Z"
    );
}

#[tokio::test]
async fn what_another_is_calculated_from_cannot_be_archived() {
    let account = Account::start().await;
    let path = "/crm/properties/2026-09/companies";
    let with = |name: &str, field: &str| json!({"name": name, "label": name, "type": "number", "fieldType": field, "groupName": "companyinformation"});
    account.post(path, with("plot_count", "number")).await.expect(201);
    let mut formula = with("plots_twice", "calculation_equation");
    formula["calculationFormula"] = json!("plot_count * 2");
    let made = account.post(path, formula).await.expect(201);
    assert_eq!(
        (&made["calculated"], &made["modificationMetadata"]["readOnlyValue"]),
        (&json!(true), &json!(true))
    );
    let refused = account.delete(&format!("{path}/plot_count")).await.expect(400);
    assert_eq!(refused["category"], "VALIDATION_ERROR");
    assert_eq!(refused["subCategory"], "PropertyValidationError.CANNOT_DELETE_PROPERTY_IN_USE");
    assert_eq!(
        refused["message"],
        "Property: plot_count of object type 0-2 is currently used in 1 places and cannot be deleted"
    );
    account.get(&format!("{path}/plot_count")).await.expect(200);
    account.delete(&format!("{path}/plots_twice")).await.expect(204);
    account.delete(&format!("{path}/plot_count")).await.expect(204);
}

#[tokio::test]
async fn standard_definitions_cannot_be_archived() {
    let account = Account::start().await;
    account.delete(&format!("{CONTACTS}/email")).await.expect(400);
    account.get(&format!("{CONTACTS}/email")).await.expect(200);
}

#[tokio::test]
async fn values_are_hidden_while_their_definition_is_archived_and_return_with_it_unless_set_otherwise() {
    let account = Account::start().await;
    let path = format!("{CONTACTS}/tte_customer_uri");
    account.post(CONTACTS, text("tte_customer_uri")).await.expect(201);
    let ada =
        account.record("contacts", json!({"firstname": "Ada", "tte_customer_uri": "/customer/1"})).await;
    let shown = async || {
        let record =
            account.get(&format!("/crm/v3/objects/contacts/{ada}?properties=tte_customer_uri")).await;
        record.expect(200)["properties"].get("tte_customer_uri").cloned()
    };
    assert_eq!(shown().await, Some(json!("/customer/1")));
    account.delete(&path).await.expect(204);
    assert_eq!(shown().await, None);
    let write = json!({"properties": {"tte_customer_uri": "/customer/2"}});
    let refused = account.patch(&format!("/crm/v3/objects/contacts/{ada}"), write).await.expect(400);
    assert_eq!(refused["errors"][0]["code"], "PROPERTY_DOESNT_EXIST");
    account.post(CONTACTS, text("tte_customer_uri")).await.expect(201);
    assert_eq!(shown().await, Some(json!("/customer/1")));
    account.sandbox.set(json!({"hubspot": {"properties": {"values_return": false}}})).await;
    account.delete(&path).await.expect(204);
    account.post(CONTACTS, text("tte_customer_uri")).await.expect(201);
    assert_eq!(shown().await, Some(Value::Null));
}

#[tokio::test]
async fn values_of_a_definition_that_is_gone_for_good_do_not_return() {
    let account = Account::start().await;
    account.post(CONTACTS, text("note")).await.expect(201);
    let ada = account.record("contacts", json!({"firstname": "Ada", "note": "tall"})).await;
    account.delete(&format!("{CONTACTS}/note")).await.expect(204);
    account.sandbox.advance(DAY * 90).await;
    account.post(CONTACTS, text("note")).await.expect(201);
    let record = account.get(&format!("/crm/v3/objects/contacts/{ada}?properties=note")).await.expect(200);
    assert_eq!(record["properties"]["note"], Value::Null);
}
