//! What became of each row (Airtable facts 3, 5 and 8).

use crate::airtable::Airtable;
use crate::testing::*;
use crate::wire::Fault;
use crate::write::Sent;
use crate::writing::*;
use proptest::prelude::*;
use serde_json::{Value as Json, json};
use std::time::Duration;
use syncline_core::sync::{Fields, Kind, Outcome, Value};

fn with_desk<T>(check: impl FnOnce(&Desk<'_>) -> T) -> T {
    let object = object("row", "appA/tblA");
    let choices = vec!["a".to_owned(), "b".to_owned()];
    let schema = schema(&[
        ("Name", Kind::Text),
        ("Email", Kind::Text),
        ("Work Email", Kind::Text),
        ("One", Kind::Choice(choices.clone())),
        ("Some", Kind::Choices(choices)),
    ]);
    check(&Desk { writer: &Airtable, object: &object, schema: &schema })
}

fn ada() -> Fields {
    fields(&[("Name", "Ada"), ("Email", "ada@x"), ("Work Email", "w@x"), ("One", "c")])
}

fn create(many: usize, status: u16, body: &str) -> Result<Vec<Outcome>, Fault> {
    with_desk(|desk| desk.answer(&Sent::Create(&vec![ada(); many]), &Answer::new(status, body)))
}

fn update(ids: &[&str], status: u16, body: &str) -> Result<Vec<Outcome>, Fault> {
    let changes: Vec<(String, Fields)> = ids.iter().map(|id| ((*id).to_owned(), ada())).collect();
    with_desk(|desk| desk.answer(&Sent::Update(&changes), &Answer::new(status, body)))
}

fn delete(ids: &[&str], status: u16, body: &str) -> Result<Vec<Outcome>, Fault> {
    let gone: Vec<(String, bool)> = ids.iter().map(|id| ((*id).to_owned(), false)).collect();
    with_desk(|desk| desk.answer(&Sent::Delete(&gone), &Answer::new(status, body)))
}

fn error(kind: &str, message: &str) -> String {
    json!({ "error": { "type": kind, "message": message } }).to_string()
}

/// What one row holds that was answered with only a name: what is not there is empty.
fn named(name: &str) -> Fields {
    let mut held = fields(&[("Name", name)]);
    for empty in ["Email", "Work Email", "One"] {
        held.insert(empty.to_owned(), Value::Empty);
    }
    held
}

fn row(id: &str, name: &str) -> Json {
    json!({ "id": id, "createdTime": "2026-01-01T00:00:00.000Z", "fields": { "Name": name, "Other": "x" } })
}

#[test]
fn new_rows_come_in_the_order_they_were_sent() {
    let body = json!({ "records": [row("recB", "B"), row("recA", "A")] }).to_string();
    assert_eq!(create(2, 200, &body).unwrap(), [done("recB", named("B")), done("recA", named("A"))]);
    for body in
        ["", "[]", "{}", "<html>", r#"{"records":[]}"#, r#"{"records":[{"id":"recA"},{"id":"../x"}]}"#]
    {
        assert!(matches!(create(2, 200, body), Err(Fault::MaybeCommitted(_))), "they may be there: {body}");
    }
    let bare = create(1, 200, r#"{"records":[{"id":"recA"}]}"#).unwrap();
    assert_eq!(bare, [done("recA", Fields::new())], "without cells nothing is told of them");
}

#[test]
fn changed_rows_are_known_by_their_ids() {
    let body = json!({ "records": [row("recB", "B"), row("recA", "A")] }).to_string();
    assert_eq!(
        update(&["recA", "recB", "recC"], 200, &body).unwrap(),
        [done("recA", named("A")), done("recB", named("B")), Outcome::Unknown]
    );
    assert_eq!(update(&["recA"], 200, &row("recA", "A").to_string()).unwrap(), [done("recA", named("A"))]);
    for body in ["", "[]", "{}", "<html>", r#"{"records":7}"#] {
        assert!(matches!(update(&["recA"], 200, body), Err(Fault::Unreadable(_))), "{body}");
    }
}

#[test]
fn deleted_rows_are_told_each() {
    let gone = |id: &str| done(id, Fields::new());
    let body = r#"{"records":[{"id":"recA","deleted":true},{"id":"recB"}]}"#;
    assert_eq!(delete(&["recA", "recB"], 200, body).unwrap(), [gone("recA"), Outcome::Unknown]);
    assert_eq!(delete(&["recA"], 200, r#"{"id":"recA","deleted":true}"#).unwrap(), [gone("recA")]);
    assert_eq!(delete(&["recA"], 200, "").unwrap(), [gone("recA")], "some successes have no body");
    assert!(matches!(delete(&["recA"], 200, "<html>"), Err(Fault::Unreadable(_))));
}

#[test]
fn a_row_that_is_not_there_is_gone_and_of_several_each_is_asked_for_by_itself() {
    for (status, body) in [
        (404, r#"{"error":"NOT_FOUND"}"#.to_owned()),
        (404, r#"{"error":{"type":"NOT_FOUND"}}"#.to_owned()),
        (422, error("ROW_DOES_NOT_EXIST", "Record ID recA does not exist in this table")),
    ] {
        assert_eq!(update(&["recA"], status, &body).unwrap(), [Outcome::Gone]);
        assert_eq!(delete(&["recA"], status, &body).unwrap(), [done("recA", Fields::new())]);
        assert!(matches!(update(&["recA", "recB"], status, &body), Err(Fault::Rejected(_))));
        assert!(matches!(delete(&["recA", "recB"], status, &body), Err(Fault::Rejected(_))));
    }
    assert_eq!(create(1, 404, r#"{"error":"NOT_FOUND"}"#), Err(Fault::Gone), "then the table is not there");
    assert!(matches!(update(&["recA"], 404, "<html>"), Err(Fault::Transient { .. })));
    let hidden = error("INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND", "m");
    assert!(matches!(update(&["recA"], 403, &hidden), Err(Fault::Forbidden(_))), "one answer for both");
}

#[test]
fn a_refused_cell_is_the_one_that_the_words_name_or_the_choice_that_is_none() {
    let outcome =
        |kind: &str, message: &str| update(&["recA"], 422, &error(kind, message)).unwrap().remove(0);
    let refused =
        |field: &str, value: &str, reason: &str| Outcome::Refused(vec![refusal(field, value, reason)]);
    assert_eq!(
        outcome(
            "INVALID_MULTIPLE_CHOICE_OPTIONS",
            "Insufficient permissions to create new select option \"c\""
        ),
        refused("One", "c", "Invalid option c")
    );
    assert_eq!(
        outcome("INVALID_VALUE_FOR_COLUMN", "Field \"Work Email\" cannot accept the provided value"),
        refused("Work Email", "w@x", "Invalid value w@x")
    );
    assert_eq!(
        outcome("UNKNOWN_FIELD_NAME", "Unknown field name: \"Email\""),
        refused("Email", "ada@x", "No such field")
    );
    let new = "SOMETHING_NEW: Field \"Name\" is locked";
    assert_eq!(outcome("SOMETHING_NEW", "Field \"Name\" is locked"), refused("Name", "Ada", new));
    assert_eq!(
        outcome("INVALID_REQUEST_UNKNOWN", "Nameless"),
        refused("*", "", "INVALID_REQUEST_UNKNOWN: Nameless")
    );
    let made = create(1, 422, &error("UNKNOWN_FIELD_NAME", "Unknown field name: \"Email\"")).unwrap();
    assert_eq!(made, [refused("Email", "ada@x", "No such field")]);
}

#[test]
fn a_batch_is_refused_as_one() {
    for (status, body) in [
        (422, error("INVALID_MULTIPLE_CHOICE_OPTIONS", "m")),
        (422, error("INVALID_VALUE_FOR_COLUMN", "m")),
        (400, "bad".to_owned()),
        (413, "<html>".to_owned()),
    ] {
        assert!(matches!(create(2, status, &body), Err(Fault::Rejected(_))), "{status} {body}");
        assert!(
            matches!(update(&["recA", "recB"], status, &body), Err(Fault::Rejected(_))),
            "{status} {body}"
        );
    }
    assert!(matches!(update(&["recA"], 422, "<html>"), Err(Fault::Transient { .. })));
}

#[test]
fn limits_and_failures_are_about_the_call() {
    let wait = Some(Duration::from_secs(30));
    let limited = Fault::RateLimited { limit: "Airtable's limit for a second", wait, passes: true };
    assert_eq!(create(1, 429, &error("RATE_LIMIT_REACHED", "m")), Err(limited));
    let month = create(1, 429, &error("PUBLIC_API_BILLING_LIMIT_EXCEEDED", "m"));
    assert!(matches!(month, Err(Fault::RateLimited { passes: false, .. })));
    assert_eq!(update(&["recA"], 401, &error("AUTHENTICATION_REQUIRED", "m")), Err(Fault::Unauthorized));
    for status in [500, 502, 503] {
        assert!(matches!(create(1, status, &error("RETRIABLE_ERROR", "m")), Err(Fault::MaybeCommitted(_))));
        assert!(matches!(update(&["recA"], status, ""), Err(Fault::Transient { .. })));
        assert!(matches!(delete(&["recA"], status, "<html>"), Err(Fault::Transient { .. })));
    }
}

#[test]
fn a_token_that_is_repeated_is_not_told() {
    with_desk(|desk| desk.tokens_stay_hidden(&[ada()], &[("recA".to_owned(), ada())]));
}

proptest! {
    #[test]
    fn no_answer_makes_a_reader_panic(answer in any_answer(), many in 1_usize..4) {
        let changes: Vec<_> = (0..many).map(|id| (format!("rec{id}"), ada())).collect();
        with_desk(|desk| desk.answers_are_survived(&vec![ada(); many], &changes, &answer));
    }
}
