//! What a ping stands for (Airtable facts 7).

use crate::airtable::Airtable;
use crate::airtable::payloads::{Payloads, payloads, read_payloads};
use crate::load::Load as _;
use crate::testing::*;
use crate::walking::*;
use crate::wire::Fault;
use proptest::prelude::*;
use serde_json::{Value, json};

/// Facts 7.
const PAYLOAD: &str = r#"{"timestamp":"2026-01-01T00:00:00.000Z","baseTransactionNumber":4,"payloadFormat":"v0",
 "actionMetadata":{"source":"publicApi"},
 "changedTablesById":{"tblA":{"createdRecordsById":{"recA":{"createdTime":"2026-01-01T00:00:00.000Z","cellValuesByFieldId":{"fldA":1}}},
   "changedRecordsById":{"recB":{"current":{"cellValuesByFieldId":{}}}},
   "destroyedRecordIds":["recC"],"createdFieldsById":{"fldB":{}},
   "changedViewsById":{"viwA":{"createdRecordsById":{"recD":{}},"destroyedRecordIds":["recE"]}}}},
 "createdTablesById":{"tblB":{"recordsById":{"recF":{}}}},"destroyedTableIds":["tblC"]}"#;

fn pulled(payloads: &[Value]) -> Payloads {
    let body = json!({ "payloads": payloads, "cursor": 9, "mightHaveMore": true }).to_string();
    with_at(|at| read_payloads(at, "appA", &Answer::new(200, body).reply())).unwrap()
}

#[test]
fn payloads_are_asked_for_from_the_cursor_on() {
    with_at(|at| {
        let call = payloads(at, "appA", "achA", 5);
        assert_eq!(
            call.url,
            "https://api.example.com/v0/bases/appA/webhooks/achA/payloads?cursor=5&limit=50"
        );
        assert_eq!(call.part.as_deref(), Some("appA"));
        assert!(payloads(at, "appA", "achA", 0).url.contains("cursor=1&"), "the first is 1");
    });
}

#[test]
fn every_record_and_table_that_changed_is_an_event() {
    let pulled = pulled(&[serde_json::from_str(PAYLOAD).unwrap()]);
    assert_eq!((pulled.cursor, pulled.more, pulled.problems.len()), (9, true, 0));
    let told: Vec<String> = pulled
        .events
        .iter()
        .map(|event| {
            assert_eq!(event.account, "appA");
            format!("{} {} {}", event.kind, event.object_type, event.object_id)
        })
        .collect();
    assert_eq!(
        told,
        [
            "record.created row recA",
            "record.changed row recB",
            "record.destroyed row recC",
            "record.changed row recD",
            "record.changed row recE",
            "table.changed table tblA",
            "table.created table tblB",
            "record.created row recF",
            "table.destroyed table tblC",
        ]
    );
    let raw: Value = serde_json::from_slice(&pulled.events[1].raw).unwrap();
    assert_eq!(
        raw,
        json!({
            "base": "appA", "table": "tblA", "record": "recB", "baseTransactionNumber": 4,
            "timestamp": "2026-01-01T00:00:00.000Z", "actionMetadata": { "source": "publicApi" },
        })
    );
    for event in &pulled.events {
        let changes = Airtable.change(&event.kind, &event.object_type, &event.object_id, &event.raw);
        let collection = if event.object_type == "row" { "appA/tblA" } else { "appA" };
        assert_eq!(changes[0].id, event.object_id);
        assert!(changes[0].collection == collection || event.object_id == "recF");
    }
}

#[test]
fn parts_of_one_action_are_other_events_and_a_repetition_is_the_same() {
    let one: Value = serde_json::from_str(PAYLOAD).unwrap();
    let mut other = one.clone();
    other["changedTablesById"]["tblA"]["createdRecordsById"] = json!({ "recZ": {} });
    let ids = |payloads: &[Value]| pulled(payloads).events.iter().map(|event| event.id).collect::<Vec<_>>();
    assert_eq!(ids(std::slice::from_ref(&one)), ids(std::slice::from_ref(&one)));
    assert_ne!(ids(std::slice::from_ref(&one))[0], ids(&[other])[0]);
    let mut later = one.clone();
    later["baseTransactionNumber"] = json!(5);
    assert!(ids(&[one]).iter().zip(ids(&[later])).all(|(one, later)| *one != later));
}

#[test]
fn errors_and_nonsense_among_the_payloads_are_told_and_hold_up_nothing() {
    let pulled = pulled(&[
        json!({ "error": true, "code": "INVALID_HOOK" }),
        json!({ "error": true }),
        json!({ "timestamp": "2026-01-01" }),
        json!(7),
        serde_json::from_str(PAYLOAD).unwrap(),
    ]);
    assert_eq!(
        pulled.problems,
        [
            "INVALID_HOOK",
            "an error without a code",
            "a payload without a transaction number",
            "a payload without a timestamp",
        ]
    );
    assert_eq!(pulled.events.len(), 9);
}

#[test]
fn an_answer_without_cursor_or_webhook_is_a_fault() {
    let read =
        |status, body: &str| with_at(|at| read_payloads(at, "appA", &Answer::new(status, body).reply()));
    assert!(matches!(read(200, r#"{"payloads":[]}"#), Err(Fault::Unreadable(_))));
    assert!(matches!(read(200, r#"{"cursor":1}"#), Err(Fault::Unreadable(_))));
    assert_eq!(read(404, r#"{"error":"NOT_FOUND"}"#), Err(Fault::Gone));
    let empty = read(200, r#"{"payloads":[],"cursor":7,"mightHaveMore":false}"#).unwrap();
    assert_eq!(empty, Payloads { cursor: 7, ..Payloads::default() });
}

proptest! {
    #[test]
    fn no_answer_makes_the_reader_panic(answer in any_answer()) {
        let _ = with_at(|at| read_payloads(at, "appA", &answer.reply()));
    }
}
