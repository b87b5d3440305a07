//! Groups of definitions.

use super::{Account, CONTACTS, names, text};
use serde_json::{Value, json};

#[tokio::test]
async fn a_group_with_definitions_is_refused_with_a_body_inside_the_message() {
    let account = Account::start().await;
    let groups = format!("{CONTACTS}/groups");
    account.post(&groups, json!({"name": "orchard", "label": "Orchard"})).await.expect(201);
    let mut apple = text("apple");
    apple["groupName"] = json!("orchard");
    account.post(CONTACTS, apple).await.expect(201);
    let refused = account.delete(&format!("{groups}/orchard")).await.expect(400);
    assert!(refused.get("category").is_none(), "{refused}");
    let inner: Value = serde_json::from_str(refused["message"].as_str().expect("text")).expect("JSON in it");
    assert_eq!(inner["category"], "VALIDATION_ERROR");
    assert_eq!(inner["subCategory"], "PropertyGroupError.GROUP_WITH_ACTIVE_PROPERTIES");
    assert_eq!(inner["message"], "Can't delete or purge a group with active properties");
    assert_eq!(inner["status"], "error");
    account.delete(&format!("{CONTACTS}/apple")).await.expect(204);
    account.delete(&format!("{groups}/orchard")).await.expect(204);
}

#[tokio::test]
async fn groups_are_made_changed_and_archived() {
    let account = Account::start().await;
    let groups = format!("{CONTACTS}/groups");
    let orchard = json!({"name": "orchard", "label": "Orchard", "displayOrder": 3});
    let made = account.post(&groups, orchard.clone()).await.expect(201);
    assert_eq!(made, json!({"name": "orchard", "label": "Orchard", "displayOrder": 3, "archived": false}));
    account.post(&groups, orchard).await.expect(409);
    account.post(&groups, json!({"name": "x"})).await.expect(400);
    let changed = account.patch(&format!("{groups}/orchard"), json!({"label": "Trees", "name": "y"})).await;
    assert_eq!(changed.expect(200)["label"], "Trees");
    assert_eq!(account.get(&format!("{groups}/orchard")).await.expect(200)["label"], "Trees");
    assert!(names(&account.get(&groups).await.expect(200)).contains(&"orchard"));
    account.delete(&format!("{groups}/orchard")).await.expect(204);
    assert!(!names(&account.get(&groups).await.expect(200)).contains(&"orchard"));
    account.get(&format!("{groups}/orchard")).await.expect(404);
    account.patch(&format!("{groups}/orchard"), json!({"label": "X"})).await.expect(404);
    account.delete(&format!("{groups}/orchard")).await.expect(404);
    // The name is free again, for a group of its own.
    let again = account.post(&groups, json!({"name": "orchard", "label": "New"})).await.expect(201);
    assert_eq!((&again["label"], &again["displayOrder"]), (&json!("New"), &json!(-1)));
}
