//! Upserts: none, one or several matches (Airtable facts 5).

use super::Desk;
use serde_json::{Value, json};

fn upsert(on: &[&str], records: Value) -> Value {
    let mut body = json!({"performUpsert": {"fieldsToMergeOn": on}, "typecast": false});
    body["records"] = records;
    body
}

#[tokio::test]
async fn no_match_creates_and_one_match_updates_in_the_order_given() {
    let desk = Desk::new().await;
    let known =
        desk.record("People", json!({"Name": "Ada", "Email": "ada@example.com", "City": "Rome"})).await;
    let records = json!([
        {"fields": {"Email": "bob@example.com", "Name": "Bob"}},
        {"fields": {"Email": "ada@example.com", "Name": "Ada L."}},
    ]);
    let done = desk.patch("/{base}/People", upsert(&["Email"], records.clone())).await.expect(200);
    let new = done["records"][0]["id"].clone();
    assert_eq!((&done["createdRecords"], &done["updatedRecords"]), (&json!([new]), &json!([known])));
    assert_eq!(done["records"][1]["fields"]["Name"], "Ada L.");
    assert_eq!(desk.fields("People", &known).await["City"], "Rome");
    let again = desk.put("/{base}/People", upsert(&["Email"], records)).await.expect(200);
    assert_eq!((&again["createdRecords"], &again["updatedRecords"]), (&json!([]), &json!([new, known])));
    assert_eq!(desk.fields("People", &known).await.get("City"), None, "a PUT clears");
}

#[tokio::test]
async fn several_matches_refuse_the_whole_request() {
    let desk = Desk::new().await;
    for _ in 0..2 {
        desk.record("People", json!({"Name": "Twin", "City": "Rome"})).await;
    }
    let records = json!([{"fields": {"Name": "New"}}, {"fields": {"Name": "Twin"}}]);
    let refused = desk.patch("/{base}/People", upsert(&["Name"], records)).await.expect(422);
    assert_eq!(refused["error"]["type"], "INVALID_REQUEST_UNKNOWN");
    assert_eq!(desk.get("/{base}/People").await.expect(200)["records"].as_array().map(Vec::len), Some(2));
    desk.set(json!({"errors": {"upsert_several": {"status": 409, "type": "MANY"}}})).await;
    let records = json!([{"fields": {"Name": "Twin"}}]);
    assert_eq!(
        desk.patch("/{base}/People", upsert(&["Name"], records)).await.expect(409)["error"]["type"],
        "MANY"
    );
}

#[tokio::test]
async fn all_merge_fields_must_be_equal_and_given() {
    let desk = Desk::new().await;
    let rome = desk.record("People", json!({"Name": "Ada", "City": "Rome"})).await;
    let records =
        json!([{"fields": {"Name": "Ada", "City": "Oslo"}}, {"fields": {"Name": "Ada", "City": "Rome"}}]);
    let done = desk.patch("/{base}/People", upsert(&["Name", "City"], records)).await.expect(200);
    assert_eq!(done["updatedRecords"], json!([rome]));
    assert_eq!(done["createdRecords"].as_array().map(Vec::len), Some(1));
    let lacking = json!([{"fields": {"Name": "Ada"}}]);
    desk.patch("/{base}/People", upsert(&["Name", "City"], lacking)).await.expect(422);
}

#[tokio::test]
async fn only_some_types_can_be_merged_on() {
    let desk = Desk::new().await;
    for (table, field, value, status) in [
        ("Companies", "Employees", json!(5), 200),
        ("Companies", "Description", json!("long"), 200),
        ("People", "Status", json!("Lead"), 200),
        ("People", "Tags", json!(["VIP"]), 200),
        ("People", "Birthday", json!("2000-01-01"), 200),
        ("People", "Email", json!("a@b.c"), 200),
        ("People", "Number", json!(1), 422),
        ("People", "Label", json!("x"), 422),
        ("People", "Subscribed", json!(true), 422),
        ("Deals", "Next meeting", json!("2026-01-01T00:00:00Z"), 422),
        ("People", "Nothing", json!(1), 422),
    ] {
        let records = json!([{"fields": { (field): value }}]);
        desk.patch(&format!("/{{base}}/{table}"), upsert(&[field], records)).await.expect(status);
    }
    desk.set(json!({"records": {"merge_on_text_like": false}})).await;
    desk.patch("/{base}/People", upsert(&["Email"], json!([{"fields": {"Email": "a@b.c"}}])))
        .await
        .expect(422);
    for on in [json!([]), json!(["A", "B", "C", "D"]), json!("Email"), json!([1])] {
        let body = json!({"performUpsert": {"fieldsToMergeOn": on}, "records": [{"fields": {}}]});
        desk.patch("/{base}/People", body).await.expect(422);
    }
}

#[tokio::test]
async fn a_record_with_an_id_is_a_plain_update() {
    let desk = Desk::new().await;
    let id = desk.record("People", json!({"Name": "Ada"})).await;
    let records = json!([{"id": id, "fields": {"City": "Rome"}}]);
    let done = desk.patch("/{base}/People", upsert(&["Name"], records)).await.expect(200);
    assert_eq!(done["updatedRecords"], json!([id]));
    let unknown = json!([{"id": "rec00000000000000", "fields": {"Name": "x"}}]);
    desk.patch("/{base}/People", upsert(&["Name"], unknown)).await.expect(422);
}

#[tokio::test]
async fn two_records_of_one_request_can_mean_the_same_new_one() {
    let desk = Desk::new().await;
    let records =
        json!([{"fields": {"Name": "Ada", "City": "Rome"}}, {"fields": {"Name": "Ada", "City": "Oslo"}}]);
    let done = desk.patch("/{base}/People", upsert(&["Name"], records)).await.expect(200);
    assert_eq!(done["records"][0], done["records"][1]);
    assert_eq!(done["createdRecords"].as_array().map(Vec::len), Some(1));
    assert_eq!(done["records"][0]["fields"]["City"], "Oslo");
}

#[tokio::test]
async fn typecast_applies_before_the_match() {
    let desk = Desk::new().await;
    let id = desk.record("Companies", json!({"Name": "Acme", "Employees": 5})).await;
    let body = json!({"performUpsert": {"fieldsToMergeOn": ["Employees"]}, "typecast": true,
        "records": [{"fields": {"Employees": "5", "City": "Rome"}}]});
    assert_eq!(desk.patch("/{base}/Companies", body).await.expect(200)["updatedRecords"], json!([id]));
}
