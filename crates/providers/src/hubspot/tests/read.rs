//! Records, and single ones read by their ids. Bodies as they stand in the facts, sections 3.2, 3.3, 3.6 and 9.

use crate::hubspot::HubSpot;
use crate::load::*;
use crate::testing::*;
use crate::wire::{Again, Cost, Fault};
use serde_json::{Value, json};
use syncline_core::record::Record;
use syncline_core::secret::Secret;
use syncline_core::time::Timestamp;

/// Facts 3.3.
const MISSING: &str = r#"{"status":"error","category":"OBJECT_NOT_FOUND","message":"Could not get some CONTACT objects, they may be deleted or not exist. Check that ids are valid.","context":{"ids":["2"]}}"#;

fn with_at<T>(check: impl FnOnce(&At<'_>) -> T) -> T {
    let (hosts, token) = (hosts(), Secret::new("t-1"));
    check(&At { hosts: &hosts, token: &token, now: NOW })
}

fn list(ids: &[&str]) -> Vec<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}

fn read_back(object_type: &str, ids: &[&str], status: u16, body: &str) -> Result<Vec<Found>, Fault> {
    let answer = Answer::new(status, body);
    with_at(|at| HubSpot.read_back(at, object_type, "", &list(ids), &answer.reply()))
}

/// The record that this JSON is.
fn record(object_type: &str, json: &Value) -> Record {
    let id = json["id"].as_str().unwrap();
    let found = read_back(object_type, &[id], 200, &json!({ "results": [json] }).to_string()).unwrap();
    match found.into_iter().next() {
        Some(Found::Here(record)) => *record,
        other => panic!("{other:?}"),
    }
}

/// `+` and the id of what is there, `-` and the id of what is gone.
fn told(found: &[Found]) -> Vec<String> {
    let told = |found: &Found| match found {
        Found::Here(record) => format!("+{}", record.id),
        Found::Gone(id) => format!("-{id}"),
    };
    found.iter().map(told).collect()
}

#[test]
fn a_batch_names_ids_once_and_the_properties() {
    let wish =
        Wish { properties: [("0-3".to_owned(), list(&["x", "x", "createdate"]))].into(), ..Wish::default() };
    let call = with_at(|at| HubSpot.read(at, &wish, "deals", "", &list(&["8", "7", "8"])));
    assert_eq!(
        raw(&call),
        "POST https://api.example.com/crm/objects/2026-09/deals/batch/read\nauthorization: Bearer t-1 (sensitive)\n\
         content-type: application/json\n\n{\"inputs\":[{\"id\":\"7\"},{\"id\":\"8\"}],\
         \"properties\":[\"x\",\"createdate\",\"hs_lastmodifieddate\",\"hs_merged_object_ids\"]}"
    );
    assert_eq!((call.cost, call.again), (Cost::Call, Again::Always));
    let custom = with_at(|at| HubSpot.read(at, &Wish::default(), "p1_a b/c", "", &list(&["8"])));
    assert!(custom.url.ends_with("/p1_a%20b%2Fc/batch/read"), "{custom:?}");
}

#[test]
fn a_contact_becomes_a_record() {
    let record = record(
        "contacts",
        &json!({"id":"501","properties":{"createdate":"2023-12-14T23:31:55.758Z","email":"a@example.com","firstname":null,"lastname":"",
            "hs_object_id":"501","hs_merged_object_ids":"7; 8;501;;7","lastmodifieddate":"2025-01-27T19:53:15.581Z"},
            "createdAt":"2023-12-14T23:31:55.758Z","updatedAt":"2025-01-27T19:53:15Z","archived":false,
            "url":"https://app.hubspot.com/contacts/62515/record/0-1/501","objectWriteTraceId":"x"}),
    );
    assert_eq!(
        (record.object_type.as_str(), record.collection.as_str(), record.id.as_str()),
        ("contacts", "", "501")
    );
    assert_eq!(record.modified_at, Timestamp::parse("2025-01-27T19:53:15Z").ok());
    assert_eq!((record.archived, record.merged_ids), (false, list(&["7", "8"])));
    assert_eq!(record.item.name, "a@example.com");
    assert_eq!(record.item.url.as_deref(), Some("https://app.hubspot.com/contacts/62515/record/0-1/501"));
    assert_eq!(record.item.created_at, Timestamp::parse("2023-12-14T23:31:55.758Z").ok());
    assert_eq!((record.item.visibility, record.item.directory), (Some(true), false));
    assert_eq!(
        record.body,
        "{\"archived\":false,\"createdAt\":\"2023-12-14T23:31:55.758Z\",\"id\":\"501\",\"properties\":{\
         \"createdate\":\"2023-12-14T23:31:55.758Z\",\"email\":\"a@example.com\",\"firstname\":null,\
         \"hs_merged_object_ids\":\"7; 8;501;;7\",\"hs_object_id\":\"501\",\"lastmodifieddate\":\"2025-01-27T19:53:15.581Z\",\
         \"lastname\":null},\"updatedAt\":\"2025-01-27T19:53:15.000Z\"}"
    );
}

#[test]
fn equal_content_is_equal_text_however_it_is_written() {
    let one = json!({"id":"1","properties":{"a":"x","b":null},"createdAt":"2024-08-15T17:09:13Z","updatedAt":"2024-08-15T17:09:13.000Z",
        "archived":false,"url":"https://app.hubspot.com/1"});
    let other = r#"{"results":[{"archived":false,"updatedAt":"2024-08-15T17:09:13Z","createdAt":"1723741753000","new":true,
        "properties":{"b":"","a":"x"},"associations":{},"id":"1"}]}"#;
    let Found::Here(other) = read_back("2-7", &["1"], 200, other).unwrap().remove(0) else { panic!("gone") };
    let one = record("2-7", &one);
    assert_eq!((&one.body, one.hash()), (&other.body, other.hash()));
    assert_eq!(other.item.name, "1");
}

#[test]
fn people_see_the_name_or_what_else_they_know_it_by() {
    for (object_type, properties, name) in [
        ("contacts", json!({"firstname":"Ada","lastname":"Lovelace","email":"a@x"}), "Ada Lovelace"),
        ("contacts", json!({"firstname":" ","lastname":"Lovelace"}), "Lovelace"),
        ("contacts", json!({"firstname":null,"email":"a@x"}), "a@x"),
        ("contacts", json!({}), "9"),
        ("companies", json!({"name":"Acme","domain":"acme.example"}), "Acme"),
        ("companies", json!({"domain":"acme.example"}), "acme.example"),
        ("deals", json!({"dealname":"Big"}), "Big"),
        ("deals", json!({"name":"not this"}), "9"),
        ("2-7", json!({"name":"A car"}), "A car"),
    ] {
        assert_eq!(record(object_type, &json!({ "id": "9", "properties": properties })).item.name, name);
    }
    let long = json!({ "id": "9", "properties": { "name": "x".repeat(1000) } });
    assert_eq!(record("companies", &long).item.name.len(), 255);
}

#[test]
fn the_time_of_change_comes_from_the_property_where_there_is_no_other() {
    let at = Timestamp::parse("2025-01-27T19:53:15.581Z").ok();
    for (object_type, name) in [("contacts", "lastmodifieddate"), ("deals", "hs_lastmodifieddate")] {
        let json = json!({ "id": "9", "properties": { name: "2025-01-27T19:53:15.581Z" } });
        assert_eq!(record(object_type, &json).modified_at, at);
    }
    let wrong = json!({ "id": "9", "properties": { "lastmodifieddate": "2025-01-27T19:53:15.581Z" } });
    assert_eq!(record("deals", &wrong).modified_at, None);
}

#[test]
fn what_is_missing_is_gone_and_the_order_of_the_answer_says_nothing() {
    let body = format!(
        r#"{{"status":"COMPLETE","results":[{{"id":"3"}},{{"id":"1"}}],"numErrors":1,"errors":[{MISSING}]}}"#
    );
    let found = read_back("contacts", &["1", "2", "3", "4"], 207, &body).unwrap();
    assert_eq!(told(&found), ["+1", "-2", "+3", "-4"]);
}

#[test]
fn a_merged_id_leads_to_the_record_it_became() {
    let body = format!(
        r#"{{"results":[{{"id":"10","properties":{{"hs_merged_object_ids":"2;3"}}}}],"numErrors":1,"errors":[{MISSING}]}}"#
    );
    let found = read_back("contacts", &["2", "3", "10", "4"], 207, &body).unwrap();
    assert_eq!(told(&found), ["+10", "+10", "+10", "-4"]);
    let Found::Here(record) = &found[0] else { panic!("gone") };
    assert_eq!(record.merged_ids, ["2", "3"]);
    let itself = r#"{"results":[{"id":"10","properties":{"hs_merged_object_ids":"2"}},{"id":"2"}]}"#;
    let found = read_back("contacts", &["2"], 200, itself).unwrap();
    assert_eq!(told(&found), ["+2"], "a record that is there itself comes first");
}

#[test]
fn nothing_is_gone_because_of_another_error() {
    let body = format!(
        r#"{{"results":[{{"id":"1"}}],"errors":[{MISSING},{{"status":"error","category":"INTERNAL_ERROR","message":"try later"}}]}}"#
    );
    let failed = read_back("contacts", &["1", "2", "3"], 207, &body);
    assert_eq!(failed, Err(Fault::Transient { message: "try later".to_owned(), wait: None }));
    let found = read_back("contacts", &["1", "2"], 207, &body).unwrap();
    assert_eq!(told(&found), ["+1", "-2"]);
}

#[test]
fn an_answer_that_is_no_batch_says_nothing_of_any_record() {
    for (status, body) in
        [(200, "<html>"), (200, "{}"), (200, r#"{"results":[{}]}"#), (202, r#"{"results":[]}"#)]
    {
        assert!(matches!(read_back("contacts", &["1"], status, body), Err(Fault::Unreadable(_))), "{body}");
    }
    assert_eq!(read_back("contacts", &["1"], 401, ""), Err(Fault::Unauthorized));
    assert!(matches!(read_back("contacts", &["1"], 404, "<html>"), Err(Fault::Transient { .. })));
}
