//! What counters need: one property of many records, and counts. Bodies as they stand in the facts, sections 3.3, 3.4 and 5.

use crate::hubspot::counters::*;
use crate::load::At;
use crate::testing::*;
use crate::wire::{Again, Cost, Fault};
use serde_json::json;
use syncline_core::secret::Secret;

const EXAMS: Place<'static> = Place { object_type: "2-50158913", property: "total_bookings", key: None };
const BY_CODE: Place<'static> = Place { key: Some("code"), ..EXAMS };

fn with_at<T>(check: impl FnOnce(&At<'_>) -> T) -> T {
    let (hosts, token) = (hosts(), Secret::new("t-1"));
    check(&At { hosts: &hosts, token: &token, now: NOW })
}

#[test]
fn a_property_is_read_of_many_records_by_id_or_by_another_key() {
    let call = with_at(|at| read(at, EXAMS, &["8", "7", "8"]));
    let text = raw(&call);
    assert!(
        text.starts_with("POST https://api.example.com/crm/objects/2026-09/2-50158913/batch/read\n"),
        "{text}"
    );
    assert!(
        text.contains("\"inputs\":[{\"id\":\"7\"},{\"id\":\"8\"}]") && !text.contains("idProperty"),
        "{text}"
    );
    assert_eq!((call.cost, call.again), (Cost::Call, Again::Always));
    let text = raw(&with_at(|at| read(at, BY_CODE, &["B2"])));
    assert!(
        text.contains("\"idProperty\":\"code\"") && text.contains("[\"total_bookings\",\"code\"]"),
        "{text}"
    );
}

#[test]
fn what_is_not_in_the_answer_is_no_record_only_where_hubspot_says_so() {
    let row = |id: &str, value: serde_json::Value| json!({"id": id, "properties": {"total_bookings": value, "code": "b2"}});
    let body = json!({
        "results": [row("7", json!("8")), row("9", json!(null))],
        "errors": [{"category": "OBJECT_NOT_FOUND", "message": "gone", "context": {"ids": ["8"]}}],
    });
    let told = |body: &serde_json::Value, place, keys: &[&str]| {
        shown(place, keys, &Answer::new(207, body.to_string()).reply())
    };
    let texts: Vec<_> = told(&body, EXAMS, &["9", "8", "7"]).unwrap();
    assert_eq!(texts[0], Some(Shown { id: "9".to_owned(), text: None }));
    assert_eq!((&texts[1], texts[2].as_ref().unwrap().text.as_deref()), (&None, Some("8")));
    let by_code = json!({"results": [row("7", json!("8"))]});
    assert_eq!(told(&by_code, BY_CODE, &["B2"]).unwrap()[0].as_ref().unwrap().id, "7");
    let broken = json!({"results": [], "errors": [{"category": "INTERNAL_ERROR", "message": "oops"}]});
    assert!(matches!(told(&broken, EXAMS, &["7"]), Err(Fault::Transient { .. })));
    let merged = json!({"results": [{"id": "9", "properties": {"total_bookings": "1", "hs_merged_object_ids": "7;8"}}]});
    assert_eq!(told(&merged, EXAMS, &["8"]).unwrap()[0].as_ref().unwrap().id, "9");
}

#[test]
fn values_are_written_as_text_and_each_has_its_outcome() {
    let call = with_at(|at| write(at, EXAMS, &[("7", 8), ("8", -1)]));
    let text = raw(&call);
    assert!(text.contains("{\"id\":\"7\",\"properties\":{\"total_bookings\":\"8\"}}"), "{text}");
    assert_eq!(call.again, Again::LookFirst);
    let body = json!({
        "results": [{"id": "7", "properties": {}}],
        "errors": [
            {"category": "OBJECT_NOT_FOUND", "message": "gone", "context": {"ids": ["8"]}},
            {"category": "VALIDATION_ERROR", "message": "no", "context": {"id": ["9"]}},
            {"category": "INTERNAL_ERROR", "message": "oops", "context": {"ids": ["10"]}},
        ],
    });
    let sent = [("7", 8), ("8", 1), ("9", 1), ("10", 1), ("11", 1)];
    let outcomes = written(EXAMS, &sent, &Answer::new(207, body.to_string()).reply()).unwrap();
    let refused = Written::Refused("no".to_owned());
    assert_eq!(outcomes, [Written::Done, Written::NoRecord, refused, Written::Unknown, Written::Unknown]);
    let all = json!({"results": [{"id": "7"}, {"id": "12"}]});
    let outcomes =
        written(BY_CODE, &[("a", 1), ("b", 2)], &Answer::new(200, all.to_string()).reply()).unwrap();
    assert_eq!(outcomes, [Written::Done, Written::Done]);
}

#[test]
fn a_whole_refusal_is_a_fault() {
    let body = json!({"category": "VALIDATION_ERROR", "message": "Property does not exist"});
    let reply = Answer::new(400, body.to_string());
    assert!(matches!(written(EXAMS, &[("7", 8)], &reply.reply()), Err(Fault::Rejected(_))));
    assert!(matches!(shown(EXAMS, &["7"], &Answer::new(500, "").reply()), Err(Fault::Transient { .. })));
}

#[test]
fn associations_are_counted_each_partner_once_and_none_is_told_from_unknown() {
    let records = [("7", None), ("8", Some("500"))];
    let text = raw(&with_at(|at| associations(at, ("2-50158913", "contacts"), &records)));
    assert!(text.contains("/crm/associations/2026-09/2-50158913/contacts/batch/read"), "{text}");
    assert!(text.contains("[{\"id\":\"7\"},{\"after\":\"500\",\"id\":\"8\"}]"), "{text}");
    let body = json!({
        "results": [{
            "from": {"id": "7"}, "paging": {"next": {"after": "9"}},
            "to": [
                {"toObjectId": 1, "associationTypes": [{"typeId": 3}, {"typeId": 4}]},
                {"toObjectId": 2, "associationTypes": [{"typeId": 4}]},
                {"toObjectId": 1, "associationTypes": [{"typeId": 5}]},
            ],
        }],
        "errors": [{
            "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND", "message": "none",
            "context": {"fromObjectId": ["8"]},
        }],
    });
    let reply = Answer::new(207, body.to_string());
    let asked = [("7", None), ("8", None), ("9", None)];
    let all = associated(&asked, None, &reply.reply()).unwrap();
    assert_eq!(all[0], Some(Associated { count: 2, after: Some("9".to_owned()) }));
    assert_eq!((&all[1], &all[2]), (&Some(Associated { count: 0, after: None }), &None));
    assert_eq!(associated(&asked, Some(3), &reply.reply()).unwrap()[0].as_ref().unwrap().count, 1);
    let other = json!({"results": [], "errors": [{"category": "VALIDATION_ERROR", "message": "no"}]});
    assert!(associated(&asked, None, &Answer::new(207, other.to_string()).reply()).is_err());
}

#[test]
fn a_search_is_asked_for_its_total() {
    let groups = json!([{"filters": [{"propertyName": "exam", "operator": "EQ", "value": "7"}]}]);
    let call = with_at(|at| search(at, "contacts", &groups));
    assert_eq!(call.cost, Cost::Search);
    assert_eq!(total(&Answer::new(200, "{\"total\":57,\"results\":[]}").reply()), Ok(57));
    assert!(total(&Answer::new(200, "{}").reply()).is_err());
}
