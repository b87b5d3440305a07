//! What became of a customer. Bodies of errors are the facts' assumptions (10to8 facts 5 and 7).

use crate::tentoeight::TenToEight;
use crate::testing::*;
use crate::wire::Fault;
use crate::write::{Sent, Write as _};
use crate::writing::*;
use proptest::prelude::*;
use serde_json::json;
use std::time::Duration;
use syncline_core::sync::{Fields, Outcome, Schema, Value};

const URI: &str = "https://10to8.com/api/enterprise/v2/customer/123/";

fn with_desk<T>(check: impl FnOnce(&Desk<'_>) -> T) -> T {
    let (object, schema) = (object("customer", ""), Schema::default());
    check(&Desk { writer: &TenToEight, object: &object, schema: &schema })
}

fn ada() -> Fields {
    let mut ada = fields(&[("name", "Ada"), ("custom_fields.External ID", "51")]);
    ada.insert("emails".to_owned(), Value::list(["ada@", "b@x"]));
    ada
}

fn create(answer: &Answer) -> Result<Outcome, Fault> {
    with_desk(|desk| desk.one(&Sent::Create(&[ada()]), answer))
}

fn update(answer: &Answer) -> Result<Outcome, Fault> {
    with_desk(|desk| desk.one(&Sent::Update(&[(URI.to_owned(), ada())]), answer))
}

fn delete(answer: &Answer) -> Result<Outcome, Fault> {
    with_desk(|desk| desk.one(&Sent::Delete(&[(URI.to_owned(), false)]), answer))
}

/// All three.
fn each(status: u16, body: &str) -> [Result<Outcome, Fault>; 3] {
    let answer = Answer::new(status, body);
    [create(&answer), update(&answer), delete(&answer)]
}

#[test]
fn a_new_customer_is_known_by_its_location_or_by_itself() {
    let located = Answer::new(201, "{}").with("Location", URI);
    assert_eq!(create(&located), Ok(done(URI, Fields::new())));
    let path = Answer::new(201, "").with("location", "/api/enterprise/v2/customer/123/");
    let ours = "https://api.example.com/api/enterprise/v2/customer/123/";
    assert_eq!(create(&path), Ok(done(ours, Fields::new())));
    let told = json!({ "resource_uri": URI, "name": "Ada L.", "emails": [], "custom_fields": { "Sync Status": "x" } });
    let mut held = fields(&[("name", "Ada L.")]);
    held.insert("emails".to_owned(), Value::Empty);
    let other = "https://10to8.com/api/enterprise/v2/customer/9/";
    let both = Answer::new(201, told.to_string()).with("Location", other);
    assert_eq!(create(&both), Ok(done(URI, held)), "as lists write it");
}

#[test]
fn a_new_customer_whose_address_is_not_told_may_be_there() {
    let long = format!("https://10to8.com/api/enterprise/v2/customer/{}/", "a".repeat(255));
    for location in
        ["", "https://10to8.com/elsewhere/1/", "https://10to8.com/api/enterprise/v2/customer/", &long]
    {
        let answer = Answer::new(201, "{}").with("Location", location);
        assert!(matches!(create(&answer), Err(Fault::MaybeCommitted(_))), "{location}");
    }
    for body in ["", "[]", "<html>", r#"{"resource_uri":7}"#] {
        assert!(matches!(create(&Answer::new(201, body)), Err(Fault::MaybeCommitted(_))), "{body}");
    }
}

#[test]
fn a_change_is_answered_with_the_customer_or_with_nothing() {
    let told = json!({ "resource_uri": URI, "name": "Ada", "emails": ["b@x"], "custom_fields": {} });
    let mut held = fields(&[("name", "Ada")]);
    held.insert("emails".to_owned(), Value::list(["b@x"]));
    assert_eq!(update(&Answer::new(200, told.to_string())), Ok(done(URI, held)));
    for silent in [Answer::new(204, ""), Answer::new(200, " "), Answer::new(200, "{}")] {
        assert_eq!(update(&silent), Ok(done(URI, Fields::new())));
    }
    assert_eq!(update(&Answer::new(200, r#"{"deleted":true}"#)), Ok(Outcome::Gone));
    for body in ["[]", "<html>", "7", "Bad"] {
        assert!(matches!(update(&Answer::new(200, body)), Err(Fault::Unreadable(_))), "{body}");
    }
}

#[test]
fn who_is_deleted_already_is_deleted_and_an_edge_deletes_nobody() {
    let gone = || Ok(done(URI, Fields::new()));
    for answer in
        [Answer::new(204, ""), Answer::new(200, "{}"), Answer::new(404, r#"{"detail":"Not found."}"#)]
    {
        assert_eq!(delete(&answer), gone());
    }
    assert!(matches!(delete(&Answer::new(404, "<html>")), Err(Fault::Transient { .. })));
    assert!(matches!(delete(&Answer::new(200, "<html>")), Err(Fault::Unreadable(_))));
}

#[test]
fn bookings_to_come_are_an_objection() {
    let booked = Answer::new(409, r#"{"detail":"Customer has future bookings."}"#);
    assert_eq!(delete(&booked), Ok(Outcome::Objected("Customer has future bookings.".to_owned())));
    assert_eq!(delete(&Answer::new(409, "")), Ok(Outcome::Objected("HTTP 409".to_owned())));
    let refused = Outcome::Refused(vec![refusal("*", "", "Customer has future bookings.")]);
    assert_eq!(update(&booked), Ok(refused), "only a deletion is objected to");
    assert!(matches!(delete(&Answer::new(409, "<html>")), Err(Fault::Transient { .. })));
}

#[test]
fn a_customer_that_is_gone_is_not_changed_and_not_made() {
    let not_found = Answer::new(404, r#"{"detail":"Not found."}"#);
    assert_eq!(update(&not_found), Ok(Outcome::Gone));
    assert_eq!(create(&not_found), Err(Fault::Gone), "then the list itself is not there");
}

#[test]
fn refused_values_are_named_by_their_fields() {
    let body = json!({ "emails": { "0": ["Enter a valid email address."] }, "name": ["Too long.", "Or odd."],
        "custom_fields": { "External ID": ["Not a number."], "none": [] }, "non_field_errors": ["x"], "numbers": [[], ["No."]] });
    let emails = syncline_core::sync::Refusal {
        value: Value::list(["ada@", "b@x"]),
        ..refusal("emails", "", "Enter a valid email address.")
    };
    let expected = Outcome::Refused(vec![
        refusal("custom_fields.External ID", "51", "Not a number."),
        emails,
        refusal("name", "Ada", "Too long."),
        refusal("numbers", "", "No."),
    ]);
    let answer = Answer::new(400, body.to_string());
    assert_eq!(update(&answer), Ok(expected.clone()));
    assert_eq!(create(&answer), Ok(expected));
}

#[test]
fn what_is_refused_without_a_field_is_refused_as_a_whole() {
    for (body, reason) in [
        (r#"{"detail":"JSON parse error"}"#, "JSON parse error"),
        (r#"{"non_field_errors":["Expected a dictionary."]}"#, "non_field_errors: Expected a dictionary."),
        ("raw text", "HTTP 400: raw text"),
        ("", "HTTP 400"),
    ] {
        let refused = Outcome::Refused(vec![refusal("*", "", reason)]);
        assert_eq!(update(&Answer::new(400, body)), Ok(refused), "{body}");
    }
    assert!(matches!(update(&Answer::new(400, "<html>")), Err(Fault::Transient { .. })));
}

#[test]
fn every_other_status_is_about_the_call() {
    let limited = r#"{"detail":"Request was throttled. Expected available in 7 seconds."}"#;
    for outcome in each(429, limited) {
        let wait = Some(Duration::from_secs(7));
        assert_eq!(outcome, Err(Fault::RateLimited { limit: "10to8's limit", wait, passes: true }));
    }
    assert_eq!(each(401, "{}"), [const { Err(Fault::Unauthorized) }; 3]);
    for outcome in each(403, r#"{"detail":"No."}"#) {
        assert_eq!(outcome, Err(Fault::Forbidden("No.".to_owned())));
    }
    for status in [500, 502, 503, 504] {
        let [create, update, delete] = each(status, "<html>");
        assert!(matches!(create, Err(Fault::MaybeCommitted(_))), "a second one would be a duplicate");
        assert!(
            matches!(update, Err(Fault::Transient { .. })) && matches!(delete, Err(Fault::Transient { .. }))
        );
    }
}

#[test]
fn a_key_that_is_repeated_is_not_told() {
    with_desk(|desk| desk.tokens_stay_hidden(&[ada()], &[(URI.to_owned(), ada())]));
}

proptest! {
    #[test]
    fn no_answer_makes_a_reader_panic(answer in any_answer()) {
        with_desk(|desk| desk.answers_are_survived(&[ada()], &[(URI.to_owned(), ada())], &answer));
    }
}

#[test]
fn a_customer_that_was_written_is_known_without_reading_it() {
    let customer = json!({"resource_uri": URI, "name": "Ada", "emails": ["a@x"], "numbers": ["1"],
        "custom_fields": {"External ID": "51", "Shoe size": "7"}, "deleted": false});
    let mut now = fields(&[("name", "Bea"), ("custom_fields.Sync Status", "ok")]);
    now.insert("emails".to_owned(), Value::Empty);
    let object = object("customer", "");
    let written = TenToEight.written(&object, &Schema::default(), &customer.to_string(), &now).unwrap();
    let read: serde_json::Value = serde_json::from_str(&written.body).unwrap();
    let custom = json!({"External ID": "51", "Shoe size": "7", "Sync Status": "ok"});
    assert_eq!(read["custom_fields"], custom);
    assert_eq!(
        (&read["name"], &read["emails"], &read["numbers"]),
        (&json!("Bea"), &json!([]), &json!(["1"]))
    );
    assert_eq!(TenToEight.written(&object, &Schema::default(), "nonsense", &now), None);
    let made = TenToEight.made(&object, &Answer::new(201, customer.to_string()).reply());
    assert_eq!((made.len(), made[0].id.as_str()), (1, URI));
    assert!(TenToEight.made(&object, &Answer::new(201, "").reply()).is_empty());
}
