//! Create, update, replace and delete (Airtable facts 5).

use super::Desk;
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn one_record_or_up_to_ten_are_created_with_status_200() {
    let desk = Desk::new().await;
    let one = desk.post("/{base}/People", json!({"fields": {"Name": "Ada"}})).await.expect(200);
    assert!(one["id"].as_str().expect("an id").starts_with("rec"));
    assert_eq!(one["createdTime"], "2026-01-01T00:00:00.000Z");
    assert_eq!(one["fields"]["Name"], "Ada");
    let some = json!({"records": [{"fields": {"Name": "Bob"}}, {"fields": {"Name": "Cy"}}]});
    let created = desk.post("/{base}/People/", some).await.expect(200);
    assert_eq!(created["records"][1]["fields"]["Name"], "Cy");
    let people = desk.table("People").await["id"].as_str().expect("an id").to_owned();
    let got =
        desk.get(&format!("/{{base}}/{people}/{}", one["id"].as_str().expect("an id"))).await.expect(200);
    assert_eq!(got, one, "by the table's id as by its name");
}

#[tokio::test]
async fn eleven_are_refused_and_nothing_is_written() {
    let desk = Desk::new().await;
    let records: Vec<Value> = (0..11).map(|n| json!({"fields": {"Name": n.to_string()}})).collect();
    let refused = desk.post("/{base}/People", json!({ "records": records })).await.expect(422);
    assert_eq!(refused["error"]["type"], "INVALID_REQUEST_UNKNOWN");
    let ids: Vec<String> = (0..11).map(|n| format!("records[]=rec{n:014}")).collect();
    desk.delete(&format!("/{{base}}/People?{}", ids.join("&"))).await.expect(422);
    assert_eq!(desk.get("/{base}/People").await.expect(200), json!({"records": []}));
}

#[tokio::test]
async fn a_batch_is_applied_or_refused_as_a_whole() {
    let desk = Desk::new().await;
    let records = json!({"records": [{"fields": {"Name": "Ada"}}, {"fields": {"Rating": 9}}]});
    desk.post("/{base}/People", records).await.expect(422);
    assert_eq!(desk.get("/{base}/People").await.expect(200), json!({"records": []}));
    let id = desk.record("People", json!({"Name": "Ada"})).await;
    let body = json!({"records": [{"id": id, "fields": {"Name": "Eve"}}, {"id": "rec00000000000000", "fields": {}}]});
    desk.patch("/{base}/People", body).await.expect(422);
    assert_eq!(desk.fields("People", &id).await["Name"], "Ada");
    let both = format!("/{{base}}/People?records[]={id}&records[]=rec00000000000000");
    desk.delete(&both).await.expect(422);
    desk.get(&format!("/{{base}}/People/{id}")).await.expect(200);
}

#[tokio::test]
async fn a_patch_keeps_what_a_put_clears() {
    let desk = Desk::new().await;
    let id = desk.record("People", json!({"Name": "Ada", "City": "Rome", "Subscribed": true})).await;
    let path = format!("/{{base}}/People/{id}");
    let patched = desk.patch(&path, json!({"fields": {"City": "Oslo"}})).await.expect(200);
    assert_eq!((&patched["fields"]["Name"], &patched["fields"]["City"]), (&json!("Ada"), &json!("Oslo")));
    let put = desk.put(&path, json!({"fields": {"Name": "Ada L."}})).await.expect(200);
    assert_eq!(put["fields"]["Name"], "Ada L.");
    assert_eq!((put["fields"].get("City"), put["fields"].get("Subscribed")), (None, None));
    assert_eq!(put["createdTime"], patched["createdTime"]);
    let batch = json!({"records": [{"id": id, "fields": {"Email": "ada@example.com"}}]});
    let batch = desk.put("/{base}/People/", batch).await.expect(200);
    assert_eq!(batch["records"][0]["fields"].get("Name"), None);
    assert_eq!(batch["records"][0]["fields"]["Email"], "ada@example.com");
}

#[tokio::test]
async fn empty_cells_are_absent() {
    let desk = Desk::new().await;
    let fields = json!({"Name": "", "Subscribed": false, "Tags": [], "City": null, "Email": "a@b.c"});
    let id = desk.record("People", fields).await;
    let mut fields = desk.fields("People", &id).await;
    for computed in ["Number", "Created", "Last modified", "Label"] {
        assert!(fields.as_object_mut().expect("an object").remove(computed).is_some(), "{computed}");
    }
    assert_eq!(fields, json!({"Email": "a@b.c"}));
    desk.patch(&format!("/{{base}}/People/{id}"), json!({"fields": {"Email": null}})).await.expect(200);
    assert_eq!(desk.fields("People", &id).await.get("Email"), None);
}

#[tokio::test]
async fn fields_are_written_and_returned_by_name_or_id() {
    let desk = Desk::new().await;
    let name = desk.field("People", "Name").await;
    let body = json!({"fields": { (&name): "Ada" }, "returnFieldsByFieldId": true});
    let created = desk.post("/{base}/People", body).await.expect(200);
    assert_eq!(created["fields"][&name], "Ada");
    let path = format!("/{{base}}/People/{}", created["id"].as_str().expect("an id"));
    assert_eq!(desk.get(&path).await.expect(200)["fields"]["Name"], "Ada");
    assert_eq!(
        desk.get(&format!("{path}?returnFieldsByFieldId=1")).await.expect(200)["fields"][&name],
        "Ada"
    );
}

#[tokio::test]
async fn deleted_records_are_gone() {
    let desk = Desk::new().await;
    let mut ids = Vec::new();
    for name in ["a", "b", "c"] {
        ids.push(desk.record("People", json!({ "Name": name })).await);
    }
    let one = desk.delete(&format!("/{{base}}/People/{}", ids[0])).await.expect(200);
    assert_eq!(one, json!({"id": ids[0], "deleted": true}));
    let path = format!("/{{base}}/People?records[]={}&records[]={}", ids[1], ids[2]);
    let some = desk.delete(&path).await.expect(200);
    assert_eq!(some["records"], json!([{"id": ids[1], "deleted": true}, {"id": ids[2], "deleted": true}]));
    for (method, body) in
        [(Method::GET, None), (Method::DELETE, None), (Method::PATCH, Some(json!({"fields": {}})))]
    {
        let gone = desk.call(method, &format!("/{{base}}/People/{}", ids[0]), body).await;
        assert_eq!(gone.expect(404), json!({"error": "NOT_FOUND"}));
    }
    desk.delete(&path).await.expect(422);
    desk.delete("/{base}/People").await.expect(422);
}

#[tokio::test]
async fn bodies_that_make_no_sense_are_refused() {
    let desk = Desk::new().await;
    for body in [
        json!({}),
        json!({"records": []}),
        json!({"records": {}}),
        json!({"records": [1]}),
        json!({"records": [{}]}),
        json!({"fields": []}),
        json!({"fields": {}, "typecast": "yes"}),
        json!({"fields": {}, "returnFieldsByFieldId": 1}),
        json!([]),
        json!("x"),
    ] {
        let refused = desk.post("/{base}/People", body.clone()).await.expect(422);
        assert!(refused["error"]["type"].is_string(), "{body}");
    }
    for body in [
        json!({"fields": {"Name": "x"}}),
        json!({"records": [{"fields": {}}]}),
        json!({"records": [{"id": 1, "fields": {}}]}),
    ] {
        desk.patch("/{base}/People", body).await.expect(422);
    }
    assert_eq!(desk.get("/{base}/People").await.expect(200), json!({"records": []}));
}
