//! Batches (HubSpot facts 3.1, 3.3).

use super::{Crm, NOBODY, ids, text};
use serde_json::{Value, json};

const GONE: &str =
    "Could not get some CONTACT objects, they may be deleted or not exist. Check that ids are valid.";

fn inputs(inputs: impl IntoIterator<Item = Value>) -> Value {
    json!({ "inputs": inputs.into_iter().collect::<Vec<_>>() })
}

fn named(email: &str) -> Value {
    json!({ "properties": { "email": email } })
}

#[tokio::test]
async fn a_batch_is_made_in_the_order_of_its_inputs() {
    let crm = Crm::start().await;
    let given: Vec<String> = (0..100).map(|number| format!("person{number}@example.com")).collect();
    let body = inputs(given.iter().map(|email| named(email)));
    let done = crm.post("contacts/batch/create", body).await.expect(201);
    let made: Vec<String> = done["results"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|record| text(&record["properties"]["email"]))
        .collect();
    assert_eq!(made, given);
    assert_eq!(done["status"], "COMPLETE");
    assert_eq!(done["startedAt"], "2026-01-01T00:00:00.000Z");
    assert_eq!(done["completedAt"], "2026-01-01T00:00:00.000Z");
    assert_eq!((done.get("errors"), done.get("numErrors")), (None, None));
}

#[tokio::test]
async fn more_than_a_hundred_are_refused() {
    let crm = Crm::start().await;
    for (path, one) in [
        ("create", named("a@example.com")),
        ("read", json!({ "id": "1" })),
        ("update", json!({ "id": "1", "properties": {} })),
        ("upsert", json!({ "id": "1", "idProperty": "email", "properties": {} })),
        ("archive", json!({ "id": "1" })),
    ] {
        let refused = crm.post(&format!("contacts/batch/{path}"), inputs(vec![one; 101])).await.expect(400);
        assert_eq!(refused["category"], "VALIDATION_ERROR", "{path}");
    }
    assert_eq!(crm.count("contacts").await, 0);
}

#[tokio::test]
async fn without_trace_ids_one_duplicate_refuses_all_and_names_nobody() {
    let crm = Crm::start().await;
    crm.contact("ada@example.com").await;
    let body = inputs([named("grace@example.com"), named("ada@example.com")]);
    let refused = crm.post("contacts/batch/create", body).await.expect(409);
    assert_eq!(
        (&refused["message"], &refused["category"]),
        (&json!("Contact already exists"), &json!("CONFLICT"))
    );
    assert_eq!(refused.get("context"), None);
    assert_eq!(crm.count("contacts").await, 1);
    crm.contact("grace@example.com").await;
}

#[tokio::test]
async fn two_inputs_with_one_address_are_a_duplicate_too() {
    let crm = Crm::start().await;
    let body = inputs([named("ada@example.com"), named("ADA@example.com")]);
    crm.post("contacts/batch/create", body).await.expect(409);
    assert_eq!(crm.count("contacts").await, 0);
}

#[tokio::test]
async fn trace_ids_that_repeat_are_as_none() {
    let crm = Crm::start().await;
    crm.contact("ada@example.com").await;
    let with =
        |trace: &str, email: &str| json!({ "properties": { "email": email }, "objectWriteTraceId": trace });
    let body = inputs([with("1", "grace@example.com"), with("1", "ada@example.com")]);
    crm.post("contacts/batch/create", body).await.expect(409);
    assert_eq!(crm.count("contacts").await, 1);
}

#[tokio::test]
async fn with_trace_ids_each_input_stands_alone() {
    let crm = Crm::start().await;
    let ada = crm.contact("ada@example.com").await;
    let with =
        |trace: &str, email: &str| json!({ "properties": { "email": email }, "objectWriteTraceId": trace });
    let body = inputs([
        with("0", "ada@example.com"),
        with("1", "grace@example.com"),
        json!({ "properties": { "city": "London" }, "objectWriteTraceId": "2" }),
    ]);
    let done = crm.post("contacts/batch/create", body).await.expect(207);
    assert_eq!(done["status"], "COMPLETE");
    assert_eq!(done["numErrors"], 2);
    let conflict = json!({
        "status": "error", "category": "CONFLICT",
        "message": format!("Contact already exists. Existing ID: {ada}"),
        "context": { "objectWriteTraceId": ["0"], "existingId": [ada] },
    });
    assert_eq!(done["errors"][0], conflict);
    assert_eq!(done["errors"][1]["category"], "VALIDATION_ERROR");
    assert_eq!(done["errors"][1]["context"]["objectWriteTraceId"], json!(["2"]));
    assert_eq!(done["results"].as_array().map(Vec::len), Some(1));
    assert_eq!(done["results"][0]["objectWriteTraceId"], "1");
    assert_eq!(crm.count("contacts").await, 2);
}

#[tokio::test]
async fn what_a_record_lacks_refuses_the_whole_batch_without_trace_ids() {
    let crm = Crm::start().await;
    let body = inputs([named("ada@example.com"), json!({ "properties": {} })]);
    crm.post("contacts/batch/create", body).await.expect(400);
    assert_eq!(crm.count("contacts").await, 0);
}

#[tokio::test]
async fn reading_tells_what_is_there_and_what_is_not() {
    let crm = Crm::start().await;
    let (ada, grace) = (crm.contact("ada@example.com").await, crm.contact("grace@example.com").await);
    let wanted = [&*grace, NOBODY, "somebody", &ada, &grace, NOBODY].map(|id| json!({ "id": id }));
    let body = json!({ "inputs": wanted, "properties": ["email"] });
    let done = crm.post("contacts/batch/read", body).await.expect(207);
    assert_eq!(ids(&done), [grace, ada]);
    assert_eq!(done["numErrors"], 1);
    let error = json!({
        "status": "error", "category": "OBJECT_NOT_FOUND", "message": GONE,
        "context": { "ids": [NOBODY, "somebody"] },
    });
    assert_eq!(done["errors"], json!([error]));
}

#[tokio::test]
async fn reading_what_is_all_there_is_a_200() {
    let crm = Crm::start().await;
    let id = crm.contact("ada@example.com").await;
    let body = json!({ "inputs": [{ "id": id.parse::<u64>().expect("a number") }], "properties": ["city"] });
    let done = crm.post("contacts/batch/read", body).await.expect(200);
    assert_eq!(done["results"][0]["properties"]["city"], Value::Null);
    assert_eq!(done["results"][0]["properties"].get("email"), None);
    let default = crm.post("contacts/batch/read", inputs([json!({ "id": id })])).await.expect(200);
    assert_eq!(default["results"][0]["properties"]["email"], "ada@example.com");
}

#[tokio::test]
async fn a_batch_is_read_by_addresses_and_from_the_archive() {
    let crm = Crm::start().await;
    let (ada, grace) = (crm.contact("ada@example.com").await, crm.contact("grace@example.com").await);
    crm.delete(&format!("contacts/{grace}")).await.expect(204);
    let both = vec![json!({ "id": "grace@example.com" }), json!({ "id": "ada@example.com" })];
    let body = json!({ "inputs": both, "idProperty": "email" });
    let live = crm.post("contacts/batch/read", body.clone()).await.expect(207);
    assert_eq!(
        (ids(&live), &live["errors"][0]["context"]["ids"]),
        (vec![ada], &json!(["grace@example.com"]))
    );
    let archived = crm.post("contacts/batch/read?archived=true", body).await.expect(207);
    assert_eq!(ids(&archived), [grace]);
}

#[tokio::test]
async fn updating_does_what_can_be_done() {
    let crm = Crm::start().await;
    let (ada, grace) = (crm.contact("ada@example.com").await, crm.contact("grace@example.com").await);
    let body = inputs([
        json!({ "id": NOBODY, "properties": { "city": "Rome" } }),
        json!({ "id": ada, "properties": { "city": "London" } }),
        json!({ "id": grace, "properties": { "email": "ada@example.com" } }),
    ]);
    let done = crm.post("contacts/batch/update", body).await.expect(207);
    assert_eq!(ids(&done), std::slice::from_ref(&ada));
    assert_eq!(done["results"][0]["properties"]["city"], "London");
    assert_eq!(done["numErrors"], 2);
    assert_eq!(
        (&done["errors"][0]["message"], &done["errors"][0]["context"]["ids"]),
        (&json!(GONE), &json!([NOBODY]))
    );
    assert_eq!(done["errors"][1]["message"], format!("Contact already exists. Existing ID: {ada}"));
    assert_eq!(done["errors"][1]["context"], json!({ "ids": [grace], "existingId": [ada] }));
}

#[tokio::test]
async fn updating_everything_is_a_200() {
    let crm = Crm::start().await;
    let ada = crm.contact("ada@example.com").await;
    let one = json!({ "id": "ada@example.com", "idProperty": "email", "properties": { "city": "London" } });
    let done = crm.post("contacts/batch/update", inputs([one])).await.expect(200);
    assert_eq!(ids(&done), [ada]);
}

#[tokio::test]
async fn the_same_id_twice_refuses_an_update() {
    let crm = Crm::start().await;
    let id = crm.contact("ada@example.com").await;
    let one = json!({ "id": id, "properties": { "city": "London" } });
    let refused = crm.post("contacts/batch/update", inputs([one.clone(), one])).await.expect(400);
    assert_eq!(refused["category"], "VALIDATION_ERROR");
    assert_eq!(refused["message"], format!("Duplicate IDs found in batch input: [{id}]. IDs must be unique"));
    assert_eq!(refused["context"]["ids"], json!([id]));
    assert_eq!(crm.value(&format!("contacts/{id}"), "city").await, Value::Null);
}

#[tokio::test]
async fn archiving_a_batch_is_a_204_whatever_is_there() {
    let crm = Crm::start().await;
    let (ada, grace) = (crm.contact("ada@example.com").await, crm.contact("grace@example.com").await);
    let body = inputs([json!({ "id": ada }), json!({ "id": NOBODY }), json!({ "id": "somebody" })]);
    let answer = crm.post("contacts/batch/archive", body).await;
    assert_eq!((answer.status, answer.body.as_str()), (204, ""));
    assert_eq!(ids(&crm.get("contacts").await.expect(200)), [grace]);
}

#[tokio::test]
async fn an_empty_batch_is_complete() {
    let crm = Crm::start().await;
    for (path, status) in [("create", 201), ("read", 200), ("update", 200), ("upsert", 200)] {
        let done = crm.post(&format!("contacts/batch/{path}"), inputs([])).await.expect(status);
        assert_eq!((&done["results"], &done["status"]), (&json!([]), &json!("COMPLETE")), "{path}");
    }
}

#[tokio::test]
async fn dated_batches_have_errors_in_the_same_envelope() {
    let crm = Crm::start().await;
    let body = inputs([json!({ "id": NOBODY })]);
    for version in ["2025-09", "2026-03", "2026-09"] {
        let path = format!("/crm/objects/{version}/contacts/batch/read");
        let done = crm.call(reqwest::Method::POST, &path, Some(&body)).await.expect(207);
        assert_eq!(
            (&done["numErrors"], &done["errors"][0]["category"]),
            (&json!(1), &json!("OBJECT_NOT_FOUND"))
        );
    }
}

#[tokio::test]
async fn one_locked_record_fails_alone() {
    let crm = Crm::start().await;
    crm.set(json!({ "lock": { "after_writes": 1 } })).await;
    let (ada, grace) = (crm.contact("ada@example.com").await, crm.contact("grace@example.com").await);
    crm.patch(&format!("contacts/{ada}"), json!({ "properties": { "city": "1" } })).await.expect(200);
    let both = [&ada, &grace].map(|id| json!({ "id": id, "properties": { "city": "2" } }));
    let done = crm.post("contacts/batch/update", inputs(both)).await.expect(207);
    assert_eq!(ids(&done), [grace]);
    assert_eq!(done["errors"][0]["context"]["ids"], json!([ada]));
}
