//! What search answers with, and how one pages through it.

use super::{filter, first_names};
use crate::hubspot::properties::Account;
use serde_json::{Value, json};

#[tokio::test]
async fn without_filters_everything_is_found_in_order_of_creation() {
    let (account, ids) = Account::with_three().await;
    let found = account.search(json!({})).await.expect(200);
    assert_eq!(
        (&found["total"], first_names(&found)),
        (&json!(3), ["Ada", "Bob", "Cyd"].map(str::to_owned).to_vec())
    );
    assert!(found.get("paging").is_none());
    let ada = &found["results"][0];
    assert_eq!((&ada["id"], &ada["archived"]), (&json!(ids[0]), &json!(false)));
    assert_eq!(ada["properties"]["email"], "ada@example.com");
    assert_eq!(ada["createdAt"], "2026-01-01T00:00:00.000Z");
}

#[tokio::test]
async fn only_the_properties_asked_for_are_shown() {
    let (account, _) = Account::with_three().await;
    let body = json!({"filters": [filter("email", "EQ", "ada@example.com")], "properties": ["hs_lead_status", "phone", "nope"]});
    let found = account.search(body).await.expect(200);
    let properties = &found["results"][0]["properties"];
    assert_eq!((&properties["hs_lead_status"], &properties["phone"]), (&json!("NEW"), &Value::Null));
    assert!(properties.get("nope").is_none() && properties.get("email").is_none(), "{properties}");
}

#[tokio::test]
async fn pages_are_offsets_without_a_link() {
    let (account, _) = Account::with_three().await;
    let first = account.search(json!({"limit": 2})).await.expect(200);
    assert_eq!((&first["total"], &first["paging"]), (&json!(3), &json!({"next": {"after": "2"}})));
    for after in [json!("2"), json!(2)] {
        let second = account.search(json!({"limit": 2, "after": after})).await.expect(200);
        assert_eq!((first_names(&second), second.get("paging")), (vec!["Cyd".to_owned()], None));
    }
    let beyond = account.search(json!({"limit": 2, "after": 50})).await.expect(200);
    assert_eq!((&beyond["total"], &beyond["results"]), (&json!(3), &json!([])));
    let only_total = account.search(json!({"limit": 0})).await.expect(200);
    assert_eq!((&only_total["total"], &only_total["results"]), (&json!(3), &json!([])));
}

#[tokio::test]
async fn beyond_ten_thousand_and_above_two_hundred_is_refused() {
    let (account, _) = Account::with_three().await;
    account.search(json!({"limit": 200, "after": "9800"})).await.expect(200);
    account.search(json!({"limit": 201})).await.expect(400);
    account.search(json!({"limit": -1})).await.expect(400);
    account.sandbox.set(json!({"hubspot": {"search": {"window_message": "That far nobody pages."}}})).await;
    let refused = account.search(json!({"limit": 200, "after": "9801"})).await.expect(400);
    assert_eq!(
        (&refused["message"], &refused["category"]),
        (&json!("That far nobody pages."), &json!("VALIDATION_ERROR"))
    );
}

#[tokio::test]
async fn a_cursor_of_a_list_is_refused_in_javas_words() {
    let (account, _) = Account::with_three().await;
    let refused = account.search(json!({"after": "NTI1Cg%3D%3D"})).await.expect(400);
    let message = refused["message"].as_str().expect("text");
    assert!(message.contains("Cannot deserialize value of type"), "{message}");
}

#[tokio::test]
async fn one_rule_orders_what_is_found() {
    let (account, _) = Account::with_three().await;
    for (rule, order) in [
        (json!({"propertyName": "email", "direction": "DESCENDING"}), ["Cyd", "Bob", "Ada"]),
        (json!("-createdate"), ["Cyd", "Bob", "Ada"]),
        (json!("firstname"), ["Ada", "Bob", "Cyd"]),
        (json!({"propertyName": "hs_next_step_date", "direction": "DESCENDING"}), ["Bob", "Ada", "Cyd"]),
        (json!({"propertyName": "hs_object_id", "direction": "ASCENDING"}), ["Ada", "Bob", "Cyd"]),
    ] {
        let found = account.search(json!({"sorts": [rule]})).await.expect(200);
        if rule["propertyName"] == "hs_object_id" {
            let ids: Vec<u64> = found["results"]
                .as_array()
                .expect("results")
                .iter()
                .map(|one| one["id"].as_str().and_then(|id| id.parse().ok()).expect("a number"))
                .collect();
            assert!(ids.is_sorted(), "{ids:?}");
        } else {
            assert_eq!(first_names(&found), order, "{rule}");
        }
    }
}

#[tokio::test]
async fn types_nobody_knows_cannot_be_searched() {
    let account = Account::start().await;
    let refused = account.post("/crm/v3/objects/butterflies/search", json!({})).await.expect(400);
    assert_eq!(refused["message"], "Unable to infer object type from: butterflies");
    assert!(refused.get("category").is_none());
    account.post("/crm/objects/2020-01/contacts/search", json!({})).await.expect(404);
    let found = account.post("/crm/v3/objects/2-50158913/search", json!({})).await.expect(200);
    assert_eq!((&found["total"], &found["results"]), (&json!(0), &json!([])));
}
