//! What users do by hand, the seed, and what the control interface shows.

use super::Desk;
use crate::support::send;
use reqwest::Method;
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn users_create_change_and_delete_records() {
    let desk = Desk::new().await;
    let made = desk
        .edit(json!({"action": "create", "table": "People", "fields": {"Name": "Ada", "Status": "Friend"}}))
        .await;
    let id = made["id"].as_str().expect("an id");
    assert_eq!(desk.fields("People", id).await["Status"], "Friend", "people add choices as they type");
    desk.edit(json!({"action": "update", "table": "People", "id": id, "fields": {"City": "Rome"}})).await;
    assert_eq!(desk.fields("People", id).await["City"], "Rome");
    desk.edit(json!({"action": "delete", "table": "People", "id": id})).await;
    desk.get(&format!("/{{base}}/People/{id}")).await.expect(404);
}

#[tokio::test]
async fn edits_that_make_no_sense_change_nothing() {
    let desk = Desk::new().await;
    for (edit, status) in [
        (json!({}), 422),
        (json!({"action": "dance"}), 422),
        (json!({"action": "create"}), 422),
        (json!({"action": "create", "table": "Nothing"}), 404),
        (json!({"action": "create", "table": "People", "fields": {"Nothing": 1}}), 422),
        (json!({"action": "create", "table": "People", "fields": []}), 422),
        (json!({"action": "update", "table": "People", "id": "rec00000000000000"}), 404),
        (json!({"action": "delete", "table": "People"}), 422),
        (json!({"action": "delete", "table": "People", "id": "x", "base_id": "app00000000000000"}), 404),
        (json!({"action": "create", "table": "People", "source": "magic"}), 422),
        (json!({"action": "delete_field", "table": "People", "field": "Name"}), 422),
        (json!({"action": "set_permission", "user": "nobody", "permission": "edit"}), 404),
        (json!({"action": "ping", "webhook": "ach00000000000000"}), 404),
        (json!({"action": "revoke", "token": "patNone"}), 404),
        (json!({"action": "add_base"}), 422),
    ] {
        desk.sandbox.post("/_sandbox/airtable/edit", &edit).await.expect(status);
    }
    assert_eq!(desk.get("/{base}/People").await.expect(200), json!({"records": []}));
}

#[tokio::test]
async fn the_seed_links_people_companies_and_deals() {
    let desk = Desk::populated(8, 4, 5).await;
    let count = async |table: &str| {
        let page = desk.get(&format!("/{{base}}/{table}")).await.expect(200);
        page["records"].as_array().map(Vec::len)
    };
    assert_eq!((count("Companies").await, count("Deals").await), (Some(4), Some(5)));
    let seed = json!({"people": 8, "companies": 4, "deals": 5});
    let counts = desk.sandbox.post("/_sandbox/seed", &seed).await.expect(200)["airtable"].clone();
    assert_eq!((&counts["companies"], &counts["deals"]), (&json!(4), &json!(5)));
    assert_eq!((count("Companies").await, count("Deals").await), (Some(8), Some(10)));
    let page = desk.get("/{base}/People").await.expect(200);
    for person in page["records"].as_array().expect("a list") {
        if let Some(company) = person["fields"]["Company"][0].as_str() {
            let staff = desk.fields("Companies", company).await["People"].clone();
            assert!(staff.as_array().expect("links").contains(&person["id"]), "both sides");
        }
    }
}

#[tokio::test]
async fn records_are_shown_table_by_table() {
    let desk = Desk::populated(0, 5, 0).await;
    let tables = desk.sandbox.get("/_sandbox/airtable/records").await.expect(200);
    assert_eq!(tables["tables"][1]["title"], "Sales CRM: Companies");
    assert_eq!(tables["tables"][1]["rows"], 5);
    let key = tables["tables"][1]["table"].as_str().expect("a key");
    let first =
        desk.sandbox.get(&format!("/_sandbox/airtable/records?table={key}&limit=3")).await.expect(200);
    assert_eq!(
        (first["columns"][0].clone(), first["rows"].as_array().map(Vec::len)),
        (json!("Name"), Some(3))
    );
    let next = first["next"].as_str().expect("more");
    let path = format!("/_sandbox/airtable/records?table={key}&limit=3&after={next}");
    let second = desk.sandbox.get(&path).await.expect(200);
    assert_eq!((second["rows"].as_array().map(Vec::len), second["next"].is_null()), (Some(2), true));
    desk.sandbox.get("/_sandbox/airtable/records?table=none").await.expect(404);
}

#[tokio::test]
async fn a_reset_brings_back_the_beginning_with_the_same_tokens() {
    let desk = Desk::populated(0, 3, 0).await;
    desk.tokens("app", "data.records:read").await;
    desk.post(
        "/bases/{base}/webhooks",
        json!({"specification": {"options": {"filters": {"dataTypes": ["tableData"]}}}}),
    )
    .await
    .expect(200);
    desk.sandbox.advance(Duration::from_secs(5)).await;
    desk.sandbox.post("/_sandbox/reset", &json!({})).await.expect(200);
    assert_eq!(desk.get("/{base}/Companies").await.expect(200), json!({"records": []}));
    assert_eq!(desk.get("/bases/{base}/webhooks").await.expect(200), json!({"webhooks": []}));
    assert_eq!(desk.sandbox.credentials()["airtable"], desk.credentials);
}

#[tokio::test]
async fn settings_that_make_no_sense_are_refused() {
    let desk = Desk::new().await;
    for patch in [
        json!({"limits": {"per_base": 0}}),
        json!({"webhooks": {"spurious_chance": 2}}),
        json!({"errors": {"invalid_token": {"status": 200, "type": "FINE"}}}),
        json!({"lists": {"order": "sideways"}}),
        json!({"nothing": 1}),
    ] {
        let request =
            desk.sandbox.request(Method::PATCH, "/_sandbox/settings").json(&json!({ "airtable": patch }));
        send(request).await.expect(422);
    }
}
