//! What each type of field takes and gives (Airtable facts 6).

use super::Desk;
use serde_json::{Value, json};
use std::time::Duration;

/// Writes one cell of a new record; the cell as it is read.
async fn cell(desk: &Desk, table: &str, field: &str, value: Value, typecast: bool) -> Result<Value, Value> {
    let body = json!({"fields": { (field): value }, "typecast": typecast});
    let answer = desk.post(&format!("/{{base}}/{table}"), body).await;
    match answer.status {
        200 => Ok(answer.json()["fields"][field].clone()),
        status => Err(json!([status, answer.json()["error"]["type"]])),
    }
}

#[tokio::test]
async fn values_come_back_as_they_were_given() {
    let desk = Desk::new().await;
    for (table, field, value) in [
        ("People", "Name", json!("Ada")),
        ("People", "Notes", json!("**bold**\n")),
        ("People", "Email", json!("ada@example.com")),
        ("People", "Phone", json!("+39 06 1")),
        ("People", "Rating", json!(5)),
        ("People", "Subscribed", json!(true)),
        ("People", "Birthday", json!("1815-12-10")),
        ("People", "Status", json!("Lead")),
        ("People", "Tags", json!(["VIP", "Partner"])),
        ("Companies", "Website", json!("https://acme.test")),
        ("Companies", "Employees", json!(12)),
        ("Companies", "Description", json!("several\nlines")),
        ("Deals", "Amount", json!(-12.5)),
        ("Deals", "Probability", json!(0.5)),
        ("Deals", "Next meeting", json!("2026-02-03T04:05:06.007Z")),
    ] {
        assert_eq!(cell(&desk, table, field, value.clone(), false).await, Ok(value), "{field}");
    }
    assert_eq!(
        cell(&desk, "People", "Birthday", json!("2026-02-03T23:00:00Z"), false).await,
        Ok(json!("2026-02-03"))
    );
}

#[tokio::test]
async fn values_of_another_kind_are_refused() {
    let desk = Desk::new().await;
    for (table, field, value) in [
        ("People", "Name", json!(5)),
        ("People", "Email", json!(["a"])),
        ("People", "Rating", json!(0)),
        ("People", "Rating", json!(6)),
        ("People", "Rating", json!(1.5)),
        ("People", "Subscribed", json!("true")),
        ("People", "Birthday", json!("soon")),
        ("People", "Birthday", json!("2026-02-31")),
        ("People", "Birthday", json!(5)),
        ("People", "Status", json!(["Lead"])),
        ("People", "Tags", json!("VIP")),
        ("People", "Tags", json!([5])),
        ("People", "Owner", json!("alex.morgan@example.com")),
        ("People", "Owner", json!({"id": "usr00000000000000"})),
        ("People", "Company", json!("Acme")),
        ("People", "Company", json!(["Acme"])),
        ("People", "Photos", json!([{"url": "nowhere"}])),
        ("People", "Photos", json!([{"id": "att00000000000000"}])),
        ("Companies", "Employees", json!("12")),
        ("Deals", "Next meeting", json!("tomorrow")),
    ] {
        let refused = cell(&desk, table, field, value.clone(), false).await;
        assert_eq!(refused, Err(json!([422, "INVALID_VALUE_FOR_COLUMN"])), "{field} {value}");
    }
    let unknown = cell(&desk, "People", "Nothing", json!(1), false).await;
    assert_eq!(unknown, Err(json!([422, "UNKNOWN_FIELD_NAME"])));
    let body = json!({"fields": {"Company": ["rec00000000000000"]}});
    assert_eq!(desk.post("/{base}/People", body).await.expect(422)["error"]["type"], "ROW_DOES_NOT_EXIST");
}

#[tokio::test]
async fn unknown_choices_need_typecast_which_adds_them() {
    let desk = Desk::new().await;
    let refused = desk.post("/{base}/People", json!({"fields": {"Status": "Friend"}})).await.expect(422);
    assert_eq!(refused["error"]["type"], "INVALID_MULTIPLE_CHOICE_OPTIONS");
    assert!(refused["error"]["message"].as_str().expect("text").contains("Friend"));
    let refused = cell(&desk, "People", "Tags", json!(["VIP", "New"]), false).await;
    assert_eq!(refused, Err(json!([422, "INVALID_MULTIPLE_CHOICE_OPTIONS"])));
    let body = json!({"typecast": true, "records": [
        {"fields": {"Status": "Friend", "Tags": "VIP, New"}}, {"fields": {"Status": "Friend", "Tags": ["New"]}}]});
    let created = desk.post("/{base}/People", body).await.expect(200);
    assert_eq!(created["records"][0]["fields"]["Tags"], json!(["VIP", "New"]));
    assert_eq!(created["records"][1]["fields"]["Status"], "Friend");
    let table = desk.table("People").await;
    let fields = table["fields"].as_array().expect("a list");
    let choices = |name: &str| -> Vec<Value> {
        let field = fields.iter().find(|field| field["name"] == name).expect("the field");
        field["options"]["choices"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|choice| choice["name"].clone())
            .collect()
    };
    assert_eq!(choices("Status"), ["Lead", "Customer", "Former customer", "Friend"]);
    assert_eq!(choices("Tags"), ["Newsletter", "VIP", "Partner", "New"]);
}

#[tokio::test]
async fn typecast_makes_the_best_of_texts() {
    let desk = Desk::new().await;
    for (table, field, given, read) in [
        ("People", "Name", json!(5), json!("5")),
        ("Companies", "Employees", json!("1,200"), json!(1_200)),
        ("Deals", "Amount", json!("$12.50"), json!(12.5)),
        ("Deals", "Probability", json!("50%"), json!(0.5)),
        ("People", "Subscribed", json!("checked"), json!(true)),
        ("People", "Rating", json!("3"), json!(3)),
        ("People", "Birthday", json!("12/10/1815"), json!("1815-12-10")),
        ("Deals", "Next meeting", json!("2/3/2026"), json!("2026-02-02T23:00:00.000Z")),
    ] {
        assert_eq!(cell(&desk, table, field, given, true).await, Ok(read), "{field}");
    }
    let owner = cell(&desk, "People", "Owner", json!("sam.rivera@example.com"), true).await.expect("known");
    assert_eq!(owner["name"], "Sam Rivera");
    let hopeless = cell(&desk, "Companies", "Employees", json!("many"), true).await;
    assert_eq!(hopeless, Err(json!([422, "INVALID_VALUE_FOR_COLUMN"])));
}

#[tokio::test]
async fn typecast_links_by_name_and_adds_who_is_missing() {
    let desk = Desk::new().await;
    let acme = desk.record("Companies", json!({"Name": "Acme"})).await;
    let known = cell(&desk, "People", "Company", json!("Acme"), true).await;
    assert_eq!(known, Ok(json!([acme])));
    let new = cell(&desk, "People", "Company", json!(["Bolt"]), true).await.expect("added");
    let bolt = new[0].as_str().expect("an id");
    assert_eq!(desk.fields("Companies", bolt).await["Name"], "Bolt");
}

#[tokio::test]
async fn a_moment_without_a_zone_is_one_in_the_fields_zone() {
    let desk = Desk::new().await;
    let read = cell(&desk, "Deals", "Next meeting", json!("2026-07-01T10:00:00"), false).await;
    assert_eq!(read, Ok(json!("2026-07-01T08:00:00.000Z")), "Berlin in summer");
    let read = cell(&desk, "Deals", "Next meeting", json!("2026-07-01T10:00:00-04:00"), false).await;
    assert_eq!(read, Ok(json!("2026-07-01T14:00:00.000Z")));
}

#[tokio::test]
async fn collaborators_are_given_by_id_or_email() {
    let desk = Desk::new().await;
    let user = &desk.credentials["users"][1];
    let read = json!({"id": user["user_id"], "email": "sam.rivera@example.com", "name": "Sam Rivera"});
    for given in [json!({"id": user["user_id"]}), json!({"email": "sam.rivera@example.com"})] {
        assert_eq!(cell(&desk, "People", "Owner", given, false).await, Ok(read.clone()));
    }
    let operations = desk.credentials["bases"][1]["base_id"].as_str().expect("text");
    let body = json!({"fields": {"Watchers": [user["user_id"]], "Code": {"text": "123", "type": "ean8"}, "Effort": 5400}});
    let task = desk.post(&format!("/{operations}/Tasks"), body).await.expect(200);
    assert_eq!(task["fields"]["Watchers"], json!([read]));
    assert_eq!(task["fields"]["Code"], json!({"text": "123", "type": "ean8"}));
    assert_eq!(task["fields"]["Effort"], 5_400);
    assert_eq!(task["fields"]["Open"], json!({"label": "Open", "url": null}));
    assert_eq!(task["fields"]["Last modified by"]["email"], "alex.morgan@example.com");
    assert_eq!(task["fields"]["Summary"], json!({"state": "empty", "isStale": false, "value": null}));
}

#[tokio::test]
async fn lists_in_cells_are_replaced_as_a_whole() {
    let desk = Desk::new().await;
    let id = desk.record("People", json!({"Tags": ["VIP", "Partner"]})).await;
    desk.patch(&format!("/{{base}}/People/{id}"), json!({"fields": {"Tags": ["Newsletter"]}}))
        .await
        .expect(200);
    assert_eq!(desk.fields("People", &id).await["Tags"], json!(["Newsletter"]));
}

#[tokio::test]
async fn links_have_two_sides_that_stay_in_step() {
    let desk = Desk::new().await;
    let (acme, bolt) = (
        desk.record("Companies", json!({"Name": "Acme"})).await,
        desk.record("Companies", json!({"Name": "Bolt"})).await,
    );
    let ada = desk.record("People", json!({"Name": "Ada", "Company": [acme]})).await;
    let bob = desk.record("People", json!({"Name": "Bob", "Company": [acme]})).await;
    assert_eq!(desk.fields("Companies", &acme).await["People"], json!([ada, bob]));
    desk.patch(&format!("/{{base}}/People/{ada}"), json!({"fields": {"Company": [bolt]}})).await.expect(200);
    assert_eq!(desk.fields("Companies", &acme).await["People"], json!([bob]));
    assert_eq!(desk.fields("Companies", &bolt).await["People"], json!([ada]));
    desk.patch(&format!("/{{base}}/Companies/{bolt}"), json!({"fields": {"People": []}})).await.expect(200);
    assert_eq!(desk.fields("People", &ada).await.get("Company"), None);
    desk.delete(&format!("/{{base}}/People/{bob}")).await.expect(200);
    assert_eq!(desk.fields("Companies", &acme).await.get("People"), None);
}

#[tokio::test]
async fn computed_fields_follow_and_cannot_be_written() {
    let desk = Desk::new().await;
    let acme = desk.record("Companies", json!({"Name": "Acme", "Website": "https://acme.test"})).await;
    let ada = desk.record("People", json!({"Name": "Ada", "Email": "a@b.c", "Company": [acme]})).await;
    for (name, amount, close) in [("One", 100, "2026-03-01"), ("Two", 50, "2026-02-01")] {
        let deal = json!({"Name": name, "Amount": amount, "Probability": 0.5, "Close date": close, "Company": [acme]});
        desk.record("Deals", deal).await;
    }
    let company = desk.fields("Companies", &acme).await;
    assert_eq!((&company["Contacts"], &company["Deal value"]), (&json!(1), &json!(150)));
    assert_eq!(
        (&company["Last close date"], &company["Deal names"]),
        (&json!("2026-03-01"), &json!("One, Two"))
    );
    let person = desk.fields("People", &ada).await;
    assert_eq!(person["Company website"], json!(["https://acme.test"]));
    assert_eq!((&person["Label"], &person["Number"]), (&json!("Ada <a@b.c>"), &json!(1)));
    let deals = desk.get("/{base}/Deals?sort[0][field]=Weighted%20amount").await.expect(200);
    assert_eq!(deals["records"][1]["fields"]["Weighted amount"], 50);
    for field in ["Number", "Created", "Last modified", "Label", "Company website"] {
        let refused = desk
            .patch(&format!("/{{base}}/People/{ada}"), json!({"fields": { (field): "x" }}))
            .await
            .expect(422);
        assert_eq!(refused["error"]["type"], "INVALID_VALUE_FOR_COLUMN");
        assert!(refused["error"]["message"].as_str().expect("text").contains("computed"), "{field}");
    }
}

#[tokio::test]
async fn last_modified_moves_with_every_change() {
    let desk = Desk::new().await;
    let ada = desk.record("People", json!({"Name": "Ada"})).await;
    desk.sandbox.advance(Duration::from_secs(60)).await;
    desk.patch(&format!("/{{base}}/People/{ada}"), json!({"fields": {"Name": "Ada"}})).await.expect(200);
    assert_eq!(
        desk.fields("People", &ada).await["Last modified"],
        "2026-01-01T00:00:00.000Z",
        "nothing changed"
    );
    desk.patch(&format!("/{{base}}/People/{ada}"), json!({"fields": {"Name": "Eve"}})).await.expect(200);
    let fields = desk.fields("People", &ada).await;
    assert_eq!(fields["Last modified"], "2026-01-01T00:01:00.000Z");
    assert_eq!(fields["Created"], "2026-01-01T00:00:00.000Z");
}

#[tokio::test]
async fn computed_cells_whose_source_is_gone_hold_errors() {
    let desk = Desk::new().await;
    let acme = desk.record("Companies", json!({"Name": "Acme", "Website": "https://acme.test"})).await;
    let ada = desk.record("People", json!({"Name": "Ada", "Company": [acme]})).await;
    desk.edit(json!({"action": "delete_field", "table": "People", "field": "Company"})).await;
    let error = json!({"error": "#ERROR!"});
    assert_eq!(desk.fields("People", &ada).await["Company website"], error);
    assert_eq!(desk.fields("Companies", &acme).await["Contacts"], error);
    let table = desk.table("People").await;
    let fields = table["fields"].as_array().expect("a list");
    let lookup = fields.iter().find(|field| field["name"] == "Company website").expect("still there");
    assert_eq!(lookup["options"]["isValid"], false);
    desk.edit(json!({"action": "delete_field", "table": "Deals", "field": "Amount"})).await;
    let deal = desk.record("Deals", json!({"Name": "x"})).await;
    assert_eq!(desk.fields("Deals", &deal).await["Weighted amount"], error);
}

#[tokio::test]
async fn not_a_number_keeps_no_record() {
    let desk = Desk::new().await;
    desk.record("Deals", json!({"Name": "x", "Amount": 1.5})).await;
    let kept = desk
        .post("/{base}/Deals/listRecords", json!({"filterByFormula": "{Probability} / {Probability}"}))
        .await;
    assert_eq!(kept.expect(200)["records"], json!([]), "NaN keeps nothing");
    let kept =
        desk.post("/{base}/Deals/listRecords", json!({"filterByFormula": "{Amount} / {Probability}"})).await;
    assert_eq!(kept.expect(200)["records"].as_array().map(Vec::len), Some(1), "infinity is not nothing");
}
