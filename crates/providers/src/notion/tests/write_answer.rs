//! What became of a page (Notion facts 3, 7 and 9).

use crate::notion::Notion;
use crate::testing::*;
use crate::wire::Fault;
use crate::write::Sent;
use crate::writing::*;
use proptest::prelude::*;
use serde_json::json;
use std::time::Duration;
use syncline_core::sync::{Fields, Outcome, Schema, Value};

fn with_desk<T>(check: impl FnOnce(&Desk<'_>) -> T) -> T {
    let (object, schema) = (object("page", "ds1"), Schema::default());
    check(&Desk { writer: &Notion, object: &object, schema: &schema })
}

fn ada() -> Fields {
    fields(&[("Name", "Ada"), ("Mail", "ada@"), ("Work Mail", "work@x"), ("Age", "old")])
}

fn create(answer: &Answer) -> Result<Outcome, Fault> {
    with_desk(|desk| desk.one(&Sent::Create(&[ada()]), answer))
}

fn update(answer: &Answer) -> Result<Outcome, Fault> {
    with_desk(|desk| desk.one(&Sent::Update(&[("p1".to_owned(), ada())]), answer))
}

fn delete(answer: &Answer) -> Result<Outcome, Fault> {
    with_desk(|desk| desk.one(&Sent::Delete(&[("p1".to_owned(), false)]), answer))
}

fn error(status: u16, code: &str, message: &str) -> Answer {
    let body =
        json!({ "object": "error", "status": status, "code": code, "message": message, "request_id": "r" });
    Answer::new(status, body.to_string())
}

#[test]
fn a_written_page_tells_what_it_holds_now() {
    let page = json!({ "object": "page", "id": "p9", "in_trash": false, "properties": {
        "Name": { "type": "title", "title": [{ "plain_text": "Ada L." }] },
        "Mail": { "type": "email", "email": null }, "Other": { "type": "email", "email": "x" } } });
    let mut held = fields(&[("Name", "Ada L.")]);
    held.insert("Mail".to_owned(), Value::Empty);
    let answer = Answer::new(200, page.to_string());
    assert_eq!(create(&answer), Ok(done("p9", held.clone())));
    assert_eq!(update(&answer), Ok(done("p1", held)));
    let partial = Answer::new(200, r#"{"object":"page","id":"p9"}"#);
    assert_eq!(create(&partial), Ok(done("p9", Fields::new())));
}

#[test]
fn a_page_in_the_trash_is_deleted_and_one_that_says_otherwise_may_not_be() {
    let answer = |in_trash: bool| {
        Answer::new(200, json!({ "object": "page", "id": "p1", "in_trash": in_trash }).to_string())
    };
    assert_eq!(delete(&answer(true)), Ok(done("p1", Fields::new())));
    assert_eq!(delete(&answer(false)), Ok(Outcome::Unknown));
}

#[test]
fn what_is_no_page_says_nothing_of_a_change_and_leaves_a_creation_in_doubt() {
    for body in [
        "",
        "[]",
        "{}",
        "<html>",
        r#"{"object":"page"}"#,
        r#"{"object":"page","id":"../x"}"#,
        r#"{"object":"list","id":"p1"}"#,
    ] {
        let answer = Answer::new(200, body);
        assert!(matches!(create(&answer), Err(Fault::MaybeCommitted(_))), "{body}");
        assert!(matches!(update(&answer), Err(Fault::Unreadable(_))), "{body}");
        assert!(matches!(delete(&answer), Err(Fault::Unreadable(_))), "{body}");
    }
}

#[test]
fn a_503_that_names_what_was_written_is_a_success() {
    let body = |more: &serde_json::Value| {
        let body = json!({ "object": "error", "status": 503, "code": "service_unavailable", "message": "m", "additional_data": more });
        Answer::new(503, body.to_string())
    };
    let committed = body(
        &json!({ "committed_resource_id": "p7", "retry_guidance": ["Look first."], "elapsed_ms": "55000" }),
    );
    assert_eq!(create(&committed), Ok(done("p7", Fields::new())));
    assert_eq!(update(&committed), Ok(done("p1", Fields::new())));
    assert_eq!(delete(&committed), Ok(done("p1", Fields::new())));
    for unsure in
        [body(&json!({ "retry_guidance": ["Look first."] })), body(&json!({})), Answer::new(503, "<html>")]
    {
        assert!(matches!(create(&unsure), Err(Fault::MaybeCommitted(_))));
        assert!(matches!(update(&unsure), Err(Fault::Transient { .. })), "a change may be repeated");
        assert!(matches!(delete(&unsure), Err(Fault::Transient { .. })));
    }
    let odd = body(&json!({ "committed_resource_id": "../x" }));
    assert!(matches!(create(&odd), Err(Fault::MaybeCommitted(_))));
}

#[test]
fn a_page_that_is_gone_or_in_the_trash_is_not_changed() {
    let missing = error(404, "object_not_found", "Could not find page with ID: p1.");
    let trashed = error(
        400,
        "validation_error",
        "Can't edit block that is archived. You must unarchive the block before editing.",
    );
    for answer in [missing, trashed] {
        assert_eq!(update(&answer), Ok(Outcome::Gone));
        assert_eq!(delete(&answer), Ok(done("p1", Fields::new())));
    }
    let source = error(404, "object_not_found", "Could not find data_source with ID: ds1.");
    assert_eq!(create(&source), Err(Fault::Gone));
    assert!(matches!(update(&Answer::new(404, "<html>")), Err(Fault::Transient { .. })));
}

#[test]
fn a_refused_value_is_the_one_that_the_words_are_about() {
    let outcome = |message: &str| update(&error(400, "validation_error", message)).unwrap();
    let refused =
        |field: &str, value: &str, message: &str| Outcome::Refused(vec![refusal(field, value, message)]);
    for (field, value, message) in [
        ("Age", "old", "Age is expected to be number."),
        ("Work Mail", "work@x", "Work Mail is not a property that exists."),
        (
            "Mail",
            "ada@",
            "body failed validation: body.properties.Mail.email.length should be ≤ `200`, instead was `250`.",
        ),
        ("Work Mail", "work@x", "Property \"Work Mail\" is locked."),
        ("Work Mail", "work@x", "Invalid value: work@x"),
    ] {
        assert_eq!(outcome(message), refused(field, value, message), "{message}");
    }
    assert_eq!(outcome("Nobody knows."), refused("*", "", "validation_error: Nobody knows."));
    let made = create(&error(400, "validation_error", "Age is expected to be number."));
    assert_eq!(made, Ok(refused("Age", "old", "Age is expected to be number.")));
    let full = create(&error(409, "row_limit_exceeded", "Full."));
    assert_eq!(full, Ok(refused("*", "", "row_limit_exceeded: Full.")));
    assert!(matches!(update(&Answer::new(400, "<html>")), Err(Fault::Transient { .. })));
}

#[test]
fn limits_and_failures_are_about_the_call() {
    let conflict = error(409, "conflict_error", "m");
    assert!(matches!(update(&conflict), Err(Fault::Transient { .. })));
    let limited = error(429, "rate_limited", "m").with("Retry-After", "12");
    let wait = Some(Duration::from_secs(12));
    assert_eq!(
        create(&limited),
        Err(Fault::RateLimited { limit: "a limit of Notion's", wait, passes: true })
    );
    assert!(matches!(create(&error(529, "service_overload", "m")), Err(Fault::RateLimited { .. })));
    assert_eq!(create(&error(401, "unauthorized", "API token is invalid.")), Err(Fault::Unauthorized));
    assert!(matches!(create(&error(403, "restricted_resource", "m")), Err(Fault::Forbidden(_))));
    for status in [500, 502, 504] {
        assert!(matches!(create(&Answer::new(status, "<html>")), Err(Fault::MaybeCommitted(_))));
        assert!(matches!(update(&Answer::new(status, "<html>")), Err(Fault::Transient { .. })));
    }
}

#[test]
fn a_token_that_is_repeated_is_not_told() {
    with_desk(|desk| desk.tokens_stay_hidden(&[ada()], &[("p1".to_owned(), ada())]));
}

proptest! {
    #[test]
    fn no_answer_makes_a_reader_panic(answer in any_answer()) {
        with_desk(|desk| desk.answers_are_survived(&[ada()], &[("p1".to_owned(), ada())], &answer));
    }
}
