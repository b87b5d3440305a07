//! Webhooks and their payloads (Airtable facts 7). Pings have a file of their own.

use super::Desk;
use crate::support::send;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

const DAY: Duration = Duration::from_secs(86_400);

fn options(filters: Value) -> Value {
    let mut body = json!({"specification": {"options": {}}});
    body["specification"]["options"]["filters"] = filters;
    body
}

/// A new webhook without a URL; its path.
async fn hook(desk: &Desk, filters: Value, includes: Value) -> String {
    let body = json!({"specification": {"options": {"filters": filters, "includes": includes}}});
    let created = desk.post("/bases/{base}/webhooks", body).await.expect(200);
    format!("/bases/{{base}}/webhooks/{}", created["id"].as_str().expect("an id"))
}

async fn data_hook(desk: &Desk) -> String {
    hook(desk, json!({"dataTypes": ["tableData"]}), Value::Null).await
}

/// All payloads so far.
async fn payloads(desk: &Desk, hook: &str) -> Vec<Value> {
    let page = desk.get(&format!("{hook}/payloads")).await.expect(200);
    page["payloads"].as_array().expect("a list").clone()
}

#[tokio::test]
async fn a_webhook_is_created_listed_and_deleted() {
    let desk = Desk::new().await;
    let people = desk.table("People").await["id"].clone();
    let filters = json!({"dataTypes": ["tableData"], "recordChangeScope": people});
    let body = json!({"notificationUrl": "https://hub.example/hook", "specification": {"options": {"filters": filters}}});
    let created = desk.post("/bases/{base}/webhooks", body.clone()).await.expect(200);
    assert!(created["id"].as_str().expect("an id").starts_with("ach"));
    assert_eq!(created["expirationTime"], "2026-01-08T00:00:00.000Z");
    data_encoding::BASE64
        .decode(created["macSecretBase64"].as_str().expect("text").as_bytes())
        .expect("base64");
    let expected = json!({"webhooks": [{
        "id": created["id"], "areNotificationsEnabled": true, "cursorForNextPayload": 1, "isHookEnabled": true,
        "expirationTime": created["expirationTime"], "notificationUrl": "https://hub.example/hook",
        "lastSuccessfulNotificationTime": null, "lastNotificationResult": null, "specification": body["specification"],
    }]});
    assert_eq!(desk.get("/bases/{base}/webhooks").await.expect(200), expected);
    let path = format!("/bases/{{base}}/webhooks/{}", created["id"].as_str().expect("an id"));
    desk.get(&path).await.expect(404);
    let deleted = desk.delete(&path).await;
    assert_eq!((deleted.status, deleted.body.as_str()), (200, ""));
    desk.delete(&path).await.expect(403);
    assert_eq!(desk.get("/bases/{base}/webhooks").await.expect(200), json!({"webhooks": []}));
}

#[tokio::test]
async fn specifications_that_make_no_sense_are_refused() {
    let desk = Desk::new().await;
    for filters in [
        json!({}),
        json!({"dataTypes": []}),
        json!({"dataTypes": ["tableDate"]}),
        json!({"dataTypes": "tableData"}),
        json!({"dataTypes": ["tableData"], "changeTypes": ["change"]}),
        json!({"dataTypes": ["tableData"], "fromSources": ["me"]}),
        json!({"dataTypes": ["tableData"], "recordChangeScope": "People"}),
        json!({"dataTypes": ["tableData"], "recordChangeScope": "tbl00000000000000"}),
        json!({"dataTypes": ["tableData"], "watchDataInFieldIds": ["Name"]}),
        json!({"dataTypes": ["tableData"], "watchEverything": true}),
    ] {
        desk.post("/bases/{base}/webhooks", options(filters.clone())).await.expect(422);
    }
    for body in [json!({}), json!({"specification": {}}), json!({"specification": 5})] {
        desk.post("/bases/{base}/webhooks", body).await.expect(422);
    }
    let mut body = options(json!({"dataTypes": ["tableData"]}));
    body["notificationUrl"] = json!("not a URL");
    desk.post("/bases/{base}/webhooks", body).await.expect(422);
    let pyairtables = json!({"dataTypes": ["tableData"], "changeTypes": [], "fromSources": [], "sourceOptions": null,
        "recordChangeScope": null, "watchDataInFieldIds": [], "watchSchemasOfFieldIds": []});
    desk.post("/bases/{base}/webhooks", options(pyairtables)).await.expect(200);
}

#[tokio::test]
async fn a_base_has_ten_webhooks_and_an_integration_two() {
    let desk = Desk::new().await;
    let (token, _) = desk.tokens("app", "webhook:manage data.records:read").await;
    let create = |token: String| {
        let body = options(json!({"dataTypes": ["tableData"]}));
        let desk = &desk;
        async move { desk.call_as(&token, Method::POST, "/bases/{base}/webhooks", Some(body)).await }
    };
    create(token.clone()).await.expect(200);
    create(token.clone()).await.expect(200);
    assert_eq!(create(token.clone()).await.expect(422)["error"]["type"], "TOO_MANY_WEBHOOKS");
    for _ in 0..8 {
        create(desk.token.clone()).await.expect(200);
    }
    create(desk.token.clone()).await.expect(422);
    let list = desk.call_as(&token, Method::GET, "/bases/{base}/webhooks", None).await.expect(200);
    assert_eq!(list["webhooks"].as_array().map(Vec::len), Some(2), "an app sees only its own");
    let all = desk.get("/bases/{base}/webhooks").await.expect(200);
    assert_eq!(all["webhooks"].as_array().map(Vec::len), Some(10));
    let others =
        format!("/bases/{{base}}/webhooks/{}/payloads", all["webhooks"][9]["id"].as_str().expect("an id"));
    desk.call_as(&token, Method::GET, &others, None).await.expect(403);
}

#[tokio::test]
async fn types_of_data_need_their_own_scopes() {
    let desk = Desk::new().await;
    let (token, _) = desk.tokens("app", "webhook:manage").await;
    for kind in ["tableData", "tableFields", "tableMetadata"] {
        let body = options(json!({ "dataTypes": [kind] }));
        desk.call_as(&token, Method::POST, "/bases/{base}/webhooks", Some(body)).await.expect(403);
    }
    let (token, _) = desk.tokens("app", "webhook:manage schema.bases:read").await;
    let body = options(json!({"dataTypes": ["tableFields", "tableMetadata"]}));
    desk.call_as(&token, Method::POST, "/bases/{base}/webhooks", Some(body)).await.expect(200);
}

#[tokio::test]
async fn payloads_tell_who_changed_what_in_cells_of_format_v2() {
    let desk = Desk::new().await;
    let (people, companies) = (desk.table("People").await, desk.table("Companies").await);
    let (table, other) = (people["id"].as_str().expect("id"), companies["id"].as_str().expect("id"));
    let hook = data_hook(&desk).await;
    let acme = desk.record("Companies", json!({"Name": "Acme"})).await;
    let fields = json!({"Name": "Ada", "Status": "Lead", "Tags": ["VIP"], "Company": [acme],
        "Owner": {"email": "sam.rivera@example.com"}});
    let ada = desk.record("People", fields).await;
    let all = payloads(&desk, &hook).await;
    assert_eq!(all.len(), 2);
    let payload = &all[1];
    assert_eq!((&payload["payloadFormat"], &payload["baseTransactionNumber"]), (&json!("v0"), &json!(2)));
    assert_eq!(payload["timestamp"], "2026-01-01T00:00:00.000Z");
    assert_eq!(payload["actionMetadata"]["source"], "publicApi");
    let user = &payload["actionMetadata"]["sourceMetadata"]["user"];
    assert_eq!(
        (&user["email"], &user["permissionLevel"]),
        (&json!("alex.morgan@example.com"), &json!("create"))
    );
    let created = &payload["changedTablesById"][table]["createdRecordsById"][&ada];
    assert_eq!(created["createdTime"], "2026-01-01T00:00:00.000Z");
    let cells = &created["cellValuesByFieldId"];
    let field = async |name: &str| desk.field("People", name).await;
    assert_eq!(cells[field("Status").await]["name"], "Lead");
    assert!(cells[field("Status").await]["id"].as_str().expect("an id").starts_with("sel"));
    assert_eq!(cells[field("Tags").await][0]["name"], "VIP");
    assert_eq!(cells[field("Company").await], json!([{"id": acme, "name": "Acme"}]));
    assert_eq!(cells[field("Owner").await]["permissionLevel"], "edit");
    assert!(cells[field("Owner").await].get("profilePicUrl").is_some());
    let linked =
        &payload["changedTablesById"][other]["changedRecordsById"][&acme]["current"]["cellValuesByFieldId"];
    assert_eq!(
        linked[desk.field("Companies", "People").await],
        json!([{"id": ada, "name": "Ada"}]),
        "the other side"
    );
    assert_eq!(linked[desk.field("Companies", "Contacts").await], 1, "and what is computed from it");
}

#[tokio::test]
async fn lookups_show_which_record_they_come_from() {
    let desk = Desk::new().await;
    let acme = desk.record("Companies", json!({"Name": "Acme", "Website": "https://acme.test"})).await;
    let hook = data_hook(&desk).await;
    let ada = desk.record("People", json!({"Name": "Ada", "Company": [acme]})).await;
    let (table, lookup) =
        (desk.table("People").await["id"].clone(), desk.field("People", "Company website").await);
    let payload = payloads(&desk, &hook).await.remove(0);
    let cells = &payload["changedTablesById"][table.as_str().expect("id")]["createdRecordsById"][&ada]["cellValuesByFieldId"];
    let expected =
        json!({"linkedRecordIds": [acme], "valuesByLinkedRecordId": { (acme): ["https://acme.test"] }});
    assert_eq!(cells[lookup], expected);
}

#[tokio::test]
async fn changes_carry_previous_and_unchanged_cells_when_asked() {
    let desk = Desk::new().await;
    desk.set(json!({"webhooks": {"computed_changes": false}})).await;
    let id = desk.record("People", json!({"Name": "Ada", "City": "Rome", "Email": "a@b.c"})).await;
    let bare = data_hook(&desk).await;
    let city = desk.field("People", "City").await;
    let email = desk.field("People", "Email").await;
    let includes = json!({"includePreviousCellValues": true, "includeCellValuesInFieldIds": [email]});
    let rich = hook(&desk, json!({"dataTypes": ["tableData"]}), includes).await;
    desk.patch(&format!("/{{base}}/People/{id}"), json!({"fields": {"City": null}})).await.expect(200);
    let table = desk.table("People").await["id"].as_str().expect("id").to_owned();
    let record =
        |payloads: Vec<Value>| payloads[0]["changedTablesById"][&table]["changedRecordsById"][&id].clone();
    let changed = json!({"current": {"cellValuesByFieldId": { (&city): null }}});
    assert_eq!(record(payloads(&desk, &bare).await), changed);
    let expected = json!({
        "current": changed["current"], "previous": {"cellValuesByFieldId": { (&city): "Rome" }},
        "unchanged": {"cellValuesByFieldId": { (&email): "a@b.c" }},
    });
    assert_eq!(record(payloads(&desk, &rich).await), expected);
    desk.patch(&format!("/{{base}}/People/{id}"), json!({"fields": {"City": null}})).await.expect(200);
    assert_eq!(payloads(&desk, &bare).await.len(), 1, "nothing changed");
    desk.delete(&format!("/{{base}}/People/{id}")).await.expect(200);
    assert_eq!(
        payloads(&desk, &bare).await[1]["changedTablesById"][&table]["destroyedRecordIds"],
        json!([id])
    );
}

#[tokio::test]
async fn filters_let_through_what_they_name() {
    let desk = Desk::new().await;
    let people = desk.table("People").await;
    let (table, view) = (people["id"].clone(), people["views"][0]["id"].clone());
    let city = desk.field("People", "City").await;
    let data = |more: Value| {
        let mut filters = json!({"dataTypes": ["tableData"]});
        filters.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        filters
    };
    let by_client = hook(&desk, data(json!({"fromSources": ["client"]})), Value::Null).await;
    let in_table = hook(&desk, data(json!({"recordChangeScope": table})), Value::Null).await;
    let in_view = hook(&desk, data(json!({"recordChangeScope": view})), Value::Null).await;
    let removed = hook(&desk, data(json!({"changeTypes": ["remove"]})), Value::Null).await;
    let watching = hook(&desk, data(json!({"watchDataInFieldIds": [city]})), Value::Null).await;
    let id = desk.record("People", json!({"Name": "Ada"})).await;
    desk.record("Companies", json!({"Name": "Acme"})).await;
    desk.edit(json!({"action": "update", "table": "People", "id": id, "fields": {"City": "Rome"}})).await;
    desk.delete(&format!("/{{base}}/People/{id}")).await.expect(200);
    let mut counts = Vec::new();
    for hook in [&by_client, &in_table, &in_view, &removed, &watching] {
        counts.push(payloads(&desk, hook).await.len());
    }
    // The deletion carries no cells to look at: it passes where its type does.
    assert_eq!(counts, [1, 3, 3, 1, 2]);
    let (table, view) = (table.as_str().expect("id"), view.as_str().expect("id"));
    let payload = payloads(&desk, &in_view).await.remove(0);
    let created = &payload["changedTablesById"][table]["changedViewsById"][view]["createdRecordsById"];
    assert!(created[&id].is_object(), "{payload}");
    let source = payloads(&desk, &by_client).await.remove(0);
    assert_eq!(source["actionMetadata"]["source"], "client");
}

#[tokio::test]
async fn forms_and_automations_are_sources_too() {
    let desk = Desk::new().await;
    let view = desk.table("People").await["views"][0]["id"].clone();
    let filters = json!({"dataTypes": ["tableData"], "fromSources": ["formSubmission"],
        "sourceOptions": {"formSubmission": {"viewId": view}}});
    let hook = hook(&desk, filters, Value::Null).await;
    let create = |source: &str, about: Value| json!({"action": "create", "table": "People", "fields": {"Name": "x"}, "source": source, "source_metadata": about});
    desk.edit(create("automation", json!({"automationId": "aut1"}))).await;
    desk.edit(create("formSubmission", json!({"viewId": "viw00000000000000"}))).await;
    desk.edit(create("formSubmission", json!({ "viewId": view }))).await;
    let all = payloads(&desk, &hook).await;
    assert_eq!(all.len(), 1);
    assert_eq!(
        all[0]["actionMetadata"],
        json!({"source": "formSubmission", "sourceMetadata": {"viewId": view}})
    );
}

#[tokio::test]
async fn schema_changes_are_data_of_their_own() {
    let desk = Desk::new().await;
    let includes = json!({"includePreviousFieldDefinitions": true});
    let hook = hook(&desk, json!({"dataTypes": ["tableFields", "tableMetadata"]}), includes).await;
    let table = desk.table("People").await["id"].as_str().expect("id").to_owned();
    let field = desk
        .post("/meta/bases/{base}/tables/People/fields", json!({"name": "Blog", "type": "url"}))
        .await
        .expect(200);
    let id = field["id"].as_str().expect("an id");
    desk.patch(&format!("/meta/bases/{{base}}/tables/People/fields/{id}"), json!({"name": "Site"}))
        .await
        .expect(200);
    desk.edit(json!({"action": "delete_field", "table": "People", "field": "Site"})).await;
    desk.patch("/meta/bases/{base}/tables/People", json!({"name": "Persons"})).await.expect(200);
    desk.edit(json!({"action": "delete_table", "table": "Deals"})).await;
    desk.record("Companies", json!({"Name": "data is not asked for"})).await;
    let changes: Vec<Value> = payloads(&desk, &hook)
        .await
        .iter()
        .map(|payload| payload["changedTablesById"][&table].clone())
        .collect();
    assert_eq!(changes.len(), 5);
    assert_eq!(changes[0], json!({"createdFieldsById": { (id): {"name": "Blog", "type": "url"} }}));
    assert_eq!(
        changes[1],
        json!({"changedFieldsById": { (id): {"current": {"name": "Site"}, "previous": {"name": "Blog"}} }})
    );
    assert_eq!(changes[2], json!({"destroyedFieldIds": [id]}));
    assert_eq!(
        changes[3],
        json!({"changedMetadata": {"current": {"name": "Persons"}, "previous": {"name": "People"}}})
    );
    let last = payloads(&desk, &hook).await.pop().expect("five");
    assert_eq!(last["destroyedTableIds"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn new_tables_come_whole() {
    let desk = Desk::new().await;
    let all = json!({"dataTypes": ["tableData", "tableFields", "tableMetadata"]});
    let hook = hook(&desk, all, Value::Null).await;
    let body = json!({"name": "Events", "fields": [{"name": "Name", "type": "singleLineText"}]});
    let created = desk.post("/meta/bases/{base}/tables", body).await.expect(200);
    let payload = payloads(&desk, &hook).await.remove(0);
    let table = &payload["createdTablesById"][created["id"].as_str().expect("an id")];
    assert_eq!(table["metadata"]["name"], "Events");
    assert_eq!(
        table["fieldsById"][created["primaryFieldId"].as_str().expect("an id")]["type"],
        "singleLineText"
    );
    assert_eq!(table["recordsById"], json!({}));
}

#[tokio::test]
async fn cursors_walk_through_fifty_payloads_at_a_time() {
    let desk = Desk::new().await;
    let hook = data_hook(&desk).await;
    let empty = desk.get(&format!("{hook}/payloads?cursor=1")).await.expect(200);
    assert_eq!(empty, json!({"payloads": [], "cursor": 1, "mightHaveMore": false}));
    for number in 0..53 {
        desk.record("Companies", json!({"Name": number.to_string()})).await;
    }
    let first = desk.get(&format!("{hook}/payloads?cursor=1&limit=500")).await.expect(200);
    assert_eq!((first["payloads"].as_array().map(Vec::len), &first["cursor"]), (Some(50), &json!(51)));
    assert_eq!(first["mightHaveMore"], true);
    let rest = desk.get(&format!("{hook}/payloads?cursor=51")).await.expect(200);
    assert_eq!((rest["payloads"].as_array().map(Vec::len), &rest["cursor"]), (Some(3), &json!(54)));
    assert_eq!(rest["mightHaveMore"], false);
    let none = desk.get(&format!("{hook}/payloads?cursor=54")).await.expect(200);
    assert_eq!(none["cursor"], 54);
    let two = desk.get(&format!("{hook}/payloads?cursor=10&limit=2")).await.expect(200);
    assert_eq!((two["payloads"][0].clone(), &two["cursor"]), (first["payloads"][9].clone(), &json!(12)));
    let listed = desk.get("/bases/{base}/webhooks").await.expect(200);
    assert_eq!(listed["webhooks"][0]["cursorForNextPayload"], 54);
    for wrong in ["cursor=0", "cursor=-1", "cursor=x", "limit=0"] {
        desk.get(&format!("{hook}/payloads?{wrong}")).await.expect(422);
    }
}

#[tokio::test]
async fn payloads_are_kept_a_week_and_cursors_never_start_again() {
    let desk = Desk::new().await;
    let hook = data_hook(&desk).await;
    desk.record("Companies", json!({"Name": "old"})).await;
    desk.sandbox.advance(DAY * 6).await;
    desk.post(&format!("{hook}/refresh"), json!({})).await.expect(200);
    desk.record("Companies", json!({"Name": "new"})).await;
    desk.sandbox.advance(DAY).await;
    let page = desk.get(&format!("{hook}/payloads")).await.expect(200);
    assert_eq!((page["payloads"].as_array().map(Vec::len), &page["cursor"]), (Some(1), &json!(3)));
}

#[tokio::test]
async fn a_webhook_lives_seven_days_unless_it_is_refreshed_or_read() {
    let desk = Desk::new().await;
    let (refreshed, read, left) = (data_hook(&desk).await, data_hook(&desk).await, data_hook(&desk).await);
    desk.sandbox.advance(DAY * 6).await;
    let again = desk.post(&format!("{refreshed}/refresh"), json!({})).await.expect(200);
    assert_eq!(again, json!({"expirationTime": "2026-01-14T00:00:00.000Z"}));
    desk.get(&format!("{read}/payloads")).await.expect(200);
    desk.sandbox.advance(DAY).await;
    desk.record("Companies", json!({"Name": "x"})).await;
    let listed = desk.get("/bases/{base}/webhooks").await.expect(200);
    let enabled: Vec<&Value> =
        listed["webhooks"].as_array().expect("a list").iter().map(|hook| &hook["isHookEnabled"]).collect();
    assert_eq!(enabled, [true, true, false]);
    assert_eq!(payloads(&desk, &refreshed).await.len(), 1);
    assert!(payloads(&desk, &left).await.is_empty(), "an expired webhook takes note of nothing");
    desk.post(&format!("{left}/refresh"), json!({})).await.expect(422);
}

#[tokio::test]
async fn an_expired_webhook_can_be_read_for_seven_days_more() {
    let desk = Desk::new().await;
    let hook = data_hook(&desk).await;
    desk.sandbox.advance(DAY * 6).await;
    desk.record("Companies", json!({"Name": "x"})).await;
    desk.sandbox.advance(DAY * 6).await;
    assert_eq!(payloads(&desk, &hook).await.len(), 1);
    desk.sandbox.advance(DAY * 2).await;
    desk.get(&format!("{hook}/payloads")).await.expect(403);
    assert_eq!(desk.get("/bases/{base}/webhooks").await.expect(200), json!({"webhooks": []}));
}

#[tokio::test]
async fn one_action_can_be_split_over_payloads() {
    let desk = Desk::new().await;
    desk.set(json!({"webhooks": {"split_records": 2}})).await;
    let hook = data_hook(&desk).await;
    let records: Vec<Value> = (0..5).map(|n| json!({"fields": {"Name": n.to_string()}})).collect();
    desk.post("/{base}/Companies", json!({ "records": records })).await.expect(200);
    let all = payloads(&desk, &hook).await;
    assert_eq!(all.len(), 3);
    for payload in &all {
        assert_eq!(
            (&payload["baseTransactionNumber"], &payload["timestamp"]),
            (&json!(1), &all[0]["timestamp"])
        );
    }
}

#[tokio::test]
async fn errors_are_payloads_too() {
    let desk = Desk::new().await;
    let people = desk.table("People").await["id"].clone();
    let hook =
        hook(&desk, json!({"dataTypes": ["tableData"], "recordChangeScope": people}), Value::Null).await;
    let id = hook.rsplit('/').next().expect("an id");
    desk.edit(json!({"action": "error_payload", "webhook": id, "code": "INVALID_HOOK"})).await;
    let payload = payloads(&desk, &hook).await.remove(0);
    assert_eq!((&payload["error"], &payload["code"]), (&json!(true), &json!("INVALID_HOOK")));
    assert_eq!(payload["payloadFormat"], "v0");
    desk.edit(json!({"action": "delete_table", "table": "People"})).await;
    let last = payloads(&desk, &hook).await.pop().expect("some");
    assert_eq!(last["code"], "INVALID_FILTERS", "what it was limited to is gone");
}

#[tokio::test]
async fn addresses_of_files_are_new_at_every_look_and_no_change() {
    let desk = Desk::new().await;
    let id = desk.record("People", json!({"Name": "Ada"})).await;
    let file = json!({"contentType": "text/plain", "filename": "a.txt", "file": "aGk="});
    desk.post(&format!("/{{base}}/{id}/Photos/uploadAttachment"), file).await.expect(200);
    send(desk.sandbox.request(Method::PUT, "/_sandbox/clock").json(&json!({"speed": 100_000})))
        .await
        .expect(200);
    let hook = data_hook(&desk).await;
    desk.patch(&format!("/{{base}}/People/{id}"), json!({"fields": {"City": "Rome"}})).await.expect(200);
    let photos = desk.field("People", "Photos").await;
    let payload = payloads(&desk, &hook).await.remove(0);
    assert!(payload.to_string().contains("Rome") && !payload.to_string().contains(&photos), "{payload}");
}
