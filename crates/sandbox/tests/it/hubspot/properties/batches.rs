//! Batches of definitions.

use super::{Account, CONTACTS, names, text};
use serde_json::json;

#[tokio::test]
async fn a_batch_tells_of_names_in_use_row_by_row() {
    let account = Account::start().await;
    account.post(CONTACTS, text("age__c")).await.expect(201);
    let inputs = json!({"inputs": [text("fresh"), text("age__c")]});
    let made = account.post("/crm/properties/2026-03/contacts/batch/create", inputs).await.expect(207);
    assert_eq!((names(&made), &made["numErrors"]), (vec!["fresh"], &json!(1)));
    let error = &made["errors"][0];
    assert_eq!(error["status"], "error");
    assert_eq!(error["category"], "OBJECT_ALREADY_EXISTS");
    assert_eq!(error["subCategory"], "Properties.PROPERTY_WITH_NAME_EXISTS");
    assert_eq!(error["message"], "A property named 'age__c' already exists.");
    assert_eq!(error["context"], json!({"name": ["age__c"]}));
}

#[tokio::test]
async fn batches_make_read_and_archive_definitions() {
    let account = Account::start().await;
    let inputs = json!({"inputs": [text("one"), text("two")]});
    let made = account.post(&format!("{CONTACTS}/batch/create"), inputs).await.expect(201);
    assert_eq!((&made["status"], names(&made)), (&json!("COMPLETE"), vec!["one", "two"]));
    assert!(made["startedAt"].is_string() && made["completedAt"].is_string());
    assert!(made["results"][0].get("createdAt").is_none() && made["results"][0].get("updatedAt").is_none());
    let read = json!({"inputs": [{"name": "one"}, {"name": "nope"}]});
    let read = account.post(&format!("{CONTACTS}/batch/read"), read).await.expect(207);
    assert_eq!((names(&read), &read["numErrors"]), (vec!["one"], &json!(1)));
    assert_eq!(read["errors"][0]["category"], "OBJECT_NOT_FOUND");
    assert_eq!(read["results"][0]["createdAt"], "2026-01-01T00:00:00.000Z");
    let both = json!({"inputs": [{"name": "one"}, {"name": "two"}, {"name": "nope"}]});
    account.post(&format!("{CONTACTS}/batch/archive"), both).await.expect(204);
    account.get(&format!("{CONTACTS}/one")).await.expect(404);
    let archived = json!({"archived": true, "inputs": [{"name": "two"}]});
    let archived = account.post(&format!("{CONTACTS}/batch/read"), archived).await.expect(200);
    assert_eq!(names(&archived), ["two"]);
}

#[tokio::test]
async fn a_batch_that_may_not_archive_one_archives_none() {
    let account = Account::start().await;
    account.post(CONTACTS, text("mine")).await.expect(201);
    let both = json!({"inputs": [{"name": "mine"}, {"name": "email"}]});
    account.post(&format!("{CONTACTS}/batch/archive"), both).await.expect(400);
    account.get(&format!("{CONTACTS}/mine")).await.expect(200);
    for body in [json!({}), json!({"inputs": 7}), json!({"inputs": ["mine"]}), json!({"inputs": [{}]})] {
        account.post(&format!("{CONTACTS}/batch/archive"), body).await.expect(400);
    }
}
