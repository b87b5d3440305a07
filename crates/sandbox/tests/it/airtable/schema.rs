//! Bases, tables and fields (Airtable facts 4 and 6).

use super::Desk;
use serde_json::{Value, json};

#[tokio::test]
async fn bases_come_in_pages() {
    let desk = Desk::new().await;
    let all = desk.get("/meta/bases").await.expect(200);
    assert_eq!(all["bases"][0], json!({"id": desk.base, "name": "Sales CRM", "permissionLevel": "create"}));
    assert_eq!((all["bases"].as_array().map(Vec::len), all.get("offset")), (Some(2), None));
    desk.set(json!({"schema": {"bases_per_page": 1}})).await;
    let first = desk.get("/meta/bases").await.expect(200);
    let offset = first["offset"].as_str().expect("another page");
    assert!(offset.starts_with("itr") && offset.contains("/app"));
    let second = desk.get(&format!("/meta/bases?offset={offset}")).await.expect(200);
    assert_eq!((&second["bases"][0]["name"], second.get("offset")), (&json!("Operations"), None));
    desk.get("/meta/bases?offset=garbage").await.expect(422);
}

#[tokio::test]
async fn tables_show_fields_with_all_their_options() {
    let desk = Desk::new().await;
    let people = desk.table("People").await;
    assert_eq!(people["primaryFieldId"], people["fields"][0]["id"]);
    assert_eq!(people["description"], "Everybody we talk to");
    assert_eq!(
        (&people["views"][0]["type"], people["views"][0].get("visibleFieldIds")),
        (&json!("grid"), None)
    );
    let mut seen = std::collections::BTreeSet::new();
    for base in desk.credentials["bases"].as_array().expect("a list") {
        let id = base["base_id"].as_str().expect("an id");
        let tables = desk.get(&format!("/meta/bases/{id}/tables")).await.expect(200);
        for table in tables["tables"].as_array().expect("a list") {
            for field in table["fields"].as_array().expect("a list") {
                seen.insert(complete(field));
            }
        }
    }
    assert_eq!(seen.len(), 32, "{seen:?}");
    let visible = desk.get("/meta/bases/{base}/tables?include=visibleFieldIds").await.expect(200);
    let ids = &visible["tables"][0]["views"][0]["visibleFieldIds"];
    assert_eq!(ids.as_array().map(Vec::len), people["fields"].as_array().map(Vec::len));
}

/// A field's type; its options must have what pyairtable's models demand.
fn complete(field: &Value) -> String {
    let kind = field["type"].as_str().expect("a type");
    let needed: &[&str] = match kind {
        "number" | "percent" => &["precision"],
        "currency" => &["precision", "symbol"],
        "rating" => &["icon", "max", "color"],
        "checkbox" => &["icon", "color"],
        "date" => &["dateFormat"],
        "dateTime" => &["dateFormat", "timeFormat", "timeZone"],
        "duration" => &["durationFormat"],
        "singleSelect" | "multipleSelects" => &["choices"],
        "multipleAttachments" => &["isReversed"],
        "multipleRecordLinks" => &["linkedTableId", "isReversed", "prefersSingleRecordLink"],
        "formula" => &["formula", "isValid", "referencedFieldIds", "result"],
        "rollup" | "multipleLookupValues" => {
            &["isValid", "recordLinkFieldId", "fieldIdInLinkedTable", "result"]
        }
        "count" => &["isValid", "recordLinkFieldId"],
        "lastModifiedTime" => &["isValid", "result"],
        _ => &[],
    };
    for key in needed {
        assert!(!field["options"][key].is_null(), "{field} lacks {key}");
    }
    kind.to_owned()
}

#[tokio::test]
async fn tables_are_created_and_renamed() {
    let desk = Desk::new().await;
    let body = json!({"name": "Events", "description": "When", "fields": [
        {"name": "Name", "type": "singleLineText"},
        {"name": "Kind", "type": "singleSelect", "options": {"choices": [{"name": "Talk"}, {"name": "Party", "color": "redBright"}]}},
        {"name": "Price", "type": "currency", "options": {"precision": 2, "symbol": "€"}},
    ]});
    let created = desk.post("/meta/bases/{base}/tables", body).await.expect(200);
    let id = created["id"].as_str().expect("an id");
    assert_eq!(desk.table("Events").await, created);
    assert_eq!(created["fields"][1]["options"]["choices"][1]["color"], "redBright");
    let event = desk
        .post(&format!("/{{base}}/{id}"), json!({"fields": {"Name": "x", "Kind": "Talk"}}))
        .await
        .expect(200);
    assert_eq!(event["fields"]["Kind"], "Talk");
    let path = format!("/meta/bases/{{base}}/tables/{id}");
    let renamed = desk.patch(&path, json!({"name": "Meetings"})).await.expect(200);
    assert_eq!((&renamed["name"], &renamed["description"]), (&json!("Meetings"), &json!("When")));
    desk.get("/{base}/Meetings").await.expect(200);
    desk.get("/{base}/Events").await.expect(403);
    assert_eq!(
        desk.patch(&path, json!({"name": "People"})).await.expect(422)["error"]["type"],
        "DUPLICATE_TABLE_NAME"
    );
    desk.patch(&path, json!({"fields": []})).await.expect(422);
}

#[tokio::test]
async fn fields_are_created_and_renamed_and_links_get_another_side() {
    let desk = Desk::new().await;
    let companies = desk.table("Companies").await["id"].clone();
    let path = "/meta/bases/{base}/tables/People/fields";
    let body =
        json!({"name": "Employers", "type": "multipleRecordLinks", "options": {"linkedTableId": companies}});
    let link = desk.post(path, body).await.expect(200);
    assert_eq!(link["options"]["linkedTableId"], companies);
    let back = desk.table("Companies").await;
    let back = back["fields"]
        .as_array()
        .expect("a list")
        .iter()
        .find(|field| field["id"] == link["options"]["inverseLinkFieldId"]);
    assert_eq!(back.expect("the other side")["name"], "People 2");
    let field = desk
        .post(path, json!({"name": "Size", "type": "number", "options": {"precision": 1}}))
        .await
        .expect(200);
    let one = format!("{path}/{}", field["id"].as_str().expect("an id"));
    let renamed = desk.patch(&one, json!({"name": "Shoe size", "description": "EU"})).await.expect(200);
    assert_eq!(
        (&renamed["name"], &renamed["description"], &renamed["id"]),
        (&json!("Shoe size"), &json!("EU"), &field["id"])
    );
    desk.patch(&one, json!({"name": "Email"})).await.expect(422);
    desk.patch(&one, json!({"type": "email"})).await.expect(422);
    desk.patch(&format!("{path}/fld00000000000000"), json!({"name": "x"})).await.expect(403);
}

#[tokio::test]
async fn what_cannot_be_created_is_refused_and_changes_nothing() {
    let desk = Desk::new().await;
    let before = desk.get("/meta/bases/{base}/tables").await.expect(200);
    let path = "/meta/bases/{base}/tables/People/fields";
    let precise = |precision: u8| json!({"name": "x", "type": "number", "options": {"precision": precision}});
    desk.post(path, precise(9)).await.expect(422);
    for (field, kind) in [
        (
            json!({"name": "x", "type": "formula", "options": {"formula": "1"}}),
            "UNSUPPORTED_FIELD_TYPE_FOR_CREATE",
        ),
        (json!({"name": "x", "type": "magic"}), "INVALID_FIELD_TYPE_OPTIONS_FOR_CREATE"),
        (json!({"name": "x", "type": "number"}), "INVALID_FIELD_TYPE_OPTIONS_FOR_CREATE"),
        (
            json!({"name": "x", "type": "rating", "options": {"icon": "star", "max": 11, "color": "redBright"}}),
            "INVALID_FIELD_TYPE_OPTIONS_FOR_CREATE",
        ),
        (
            json!({"name": "x", "type": "dateTime", "options": {"dateFormat": {"name": "iso"}, "timeFormat": {"name": "24hour"}, "timeZone": "Mars/Base"}}),
            "INVALID_FIELD_TYPE_OPTIONS_FOR_CREATE",
        ),
        (
            json!({"name": "x", "type": "singleSelect", "options": {"choices": [{"name": "a"}, {"name": "a"}]}}),
            "INVALID_FIELD_TYPE_OPTIONS_FOR_CREATE",
        ),
        (
            json!({"name": "x", "type": "multipleRecordLinks", "options": {"linkedTableId": "tbl00000000000000"}}),
            "INVALID_FIELD_TYPE_OPTIONS_FOR_CREATE",
        ),
        (json!({"name": "Email", "type": "email"}), "DUPLICATE_OR_EMPTY_FIELD_NAME"),
        (json!({"name": "", "type": "email"}), "DUPLICATE_OR_EMPTY_FIELD_NAME"),
        (json!({"name": "x"}), "INVALID_REQUEST_MISSING_FIELDS"),
        (json!({"name": "x", "type": "email", "description": "x".repeat(20_001)}), "INVALID_REQUEST_UNKNOWN"),
    ] {
        assert_eq!(
            desk.post(path, field.clone()).await.expect(422)["error"]["type"],
            kind,
            "{}",
            field["type"]
        );
    }
    for table in [
        json!({"name": "People", "fields": [{"name": "Name", "type": "singleLineText"}]}),
        json!({"name": "New", "fields": []}),
        json!({"name": "New"}),
        json!({"name": "New", "fields": [{"name": "Done", "type": "checkbox", "options": {"icon": "check", "color": "redBright"}}]}),
        json!({"name": "New", "fields": [{"name": "a", "type": "email"}, {"name": "a", "type": "url"}]}),
    ] {
        desk.post("/meta/bases/{base}/tables", table).await.expect(422);
    }
    assert_eq!(desk.get("/meta/bases/{base}/tables").await.expect(200), before);
}

#[tokio::test]
async fn bases_are_created_in_the_workspace() {
    let desk = Desk::new().await;
    let tables = json!([{"name": "One", "fields": [{"name": "Name", "type": "singleLineText"}]}]);
    let workspace = desk.credentials["workspace_id"].clone();
    let body = json!({"name": "New base", "workspaceId": workspace, "tables": tables});
    let created = desk.post("/meta/bases", body).await.expect(200);
    let id = created["id"].as_str().expect("an id");
    assert_eq!(created["tables"][0]["name"], "One");
    desk.post(&format!("/{id}/One"), json!({"fields": {"Name": "x"}})).await.expect(200);
    assert_eq!(desk.get("/meta/bases").await.expect(200)["bases"][2]["permissionLevel"], "create");
    let elsewhere = json!({"name": "New", "workspaceId": "wsp00000000000000", "tables": tables});
    desk.post("/meta/bases", elsewhere).await.expect(403);
    desk.post("/meta/bases", json!({"name": "New", "workspaceId": workspace})).await.expect(422);
    let (token, _) = desk.tokens("app", "schema.bases:read schema.bases:write").await;
    let body = json!({"name": "By an app", "workspaceId": workspace, "tables": tables});
    let made = desk.call_as(&token, reqwest::Method::POST, "/meta/bases", Some(body)).await.expect(200);
    let path = format!("/meta/bases/{}/tables", made["id"].as_str().expect("an id"));
    desk.call_as(&token, reqwest::Method::GET, &path, None).await.expect(200);
}
