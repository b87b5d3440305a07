//! What became of each record of a batch. Bodies as they stand in the facts, sections 3.3 and 3.5.

use crate::hubspot::HubSpot;
use crate::testing::*;
use crate::wire::Fault;
use crate::write::{Sent, Write as _};
use crate::writing::*;
use proptest::prelude::*;
use serde_json::{Value as Json, json};
use syncline_core::sync::{Fields, Kind, Outcome, Value};

fn with_desk<T>(check: impl FnOnce(&Desk<'_>) -> T) -> T {
    let object = object("contacts", "");
    let schema = schema(&[("email", Kind::Email), ("firstname", Kind::Text), ("age", Kind::Number)]);
    check(&Desk { writer: &HubSpot, object: &object, schema: &schema })
}

fn people(addresses: &[&str]) -> Vec<Fields> {
    addresses.iter().map(|address| fields(&[("email", address)])).collect()
}

fn changes(ids: &[&str]) -> Vec<(String, Fields)> {
    ids.iter().map(|id| ((*id).to_owned(), fields(&[("email", "b@x")]))).collect()
}

fn create(addresses: &[&str], status: u16, body: &Json) -> Result<Vec<Outcome>, Fault> {
    let people = people(addresses);
    with_desk(|desk| desk.answer(&Sent::Create(&people), &Answer::new(status, body.to_string())))
}

fn update(ids: &[&str], status: u16, body: &Json) -> Result<Vec<Outcome>, Fault> {
    let changes = changes(ids);
    with_desk(|desk| desk.answer(&Sent::Update(&changes), &Answer::new(status, body.to_string())))
}

/// Facts 3.3, the recorded row.
fn conflict(trace: &str, existing: &str) -> Json {
    json!({ "status": "error", "category": "CONFLICT", "message": format!("Contact already exists. Existing ID: {existing}"),
        "context": { "objectWriteTraceId": [trace], "existingId": [existing] } })
}

/// Facts 3.5.
fn invalid_email(context: &Json) -> Json {
    json!({ "status": "error", "category": "VALIDATION_ERROR", "context": context,
        "message": "Property values were not valid: [{\"isValid\":false,\"message\":\"Email address ada@ is invalid\",\
            \"error\":\"INVALID_EMAIL\",\"name\":\"email\",\"localizedErrorMessage\":\"x\",\"portalId\":1}]",
        "errors": [{ "message": "Email address ada@ is invalid", "code": "INVALID_EMAIL", "context": { "propertyName": ["email"] } }] })
}

fn row(id: &str, more: &Json) -> Json {
    let mut row =
        json!({ "id": id, "properties": { "email": "a@x", "hs_object_id": id }, "archived": false });
    row.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    row
}

fn exists(id: Option<&str>, message: &str) -> Outcome {
    Outcome::Exists { id: id.map(str::to_owned), message: message.to_owned() }
}

#[test]
fn new_records_are_done_in_the_order_they_were_sent() {
    let body = json!({ "status": "COMPLETE", "results": [row("1", &json!({})), row("2", &json!({}))] });
    let held = || fields(&[("email", "a@x")]);
    assert_eq!(create(&["A@x", "b@x"], 201, &body).unwrap(), [done("1", held()), done("2", held())]);
    let traced = json!({ "results": [
        row("2", &json!({ "objectWriteTraceId": "1" })), row("1", &json!({ "objectWriteTraceId": "0" })) ]});
    assert_eq!(create(&["A@x", "b@x"], 201, &traced).unwrap(), [done("1", held()), done("2", held())]);
}

#[test]
fn a_row_fails_alone_and_the_others_keep_their_order() {
    let body = json!({ "status": "COMPLETE", "results": [row("11", &json!({})), row("12", &json!({}))], "numErrors": 2,
        "errors": [conflict("1", "171591000198"), invalid_email(&json!({ "objectWriteTraceId": ["3"] }))] });
    let outcomes = create(&["a@x", "b@x", "c@x", "ada@"], 207, &body).unwrap();
    let held = || fields(&[("email", "a@x")]);
    assert_eq!(
        outcomes,
        [
            done("11", held()),
            exists(Some("171591000198"), "Contact already exists. Existing ID: 171591000198"),
            done("12", held()),
            Outcome::Refused(vec![refusal("email", "ada@", "Invalid email ada@")]),
        ]
    );
}

#[test]
fn one_contact_that_is_there_already_is_known_by_its_id_wherever_that_stands() {
    for body in [
        json!({ "status": "error", "message": "Contact already exists. Existing ID: 3930701", "category": "CONFLICT" }),
        json!({ "message": "Contact already exists", "category": "OBJECT_ALREADY_EXISTS", "error": "CONTACT_EXISTS",
            "identityProfile": { "vid": 3_930_701 }, "errors": [{ "message": "m", "in": "email" }] }),
        json!({ "message": "Contact already exists", "category": "CONFLICT", "context": { "existingId": ["3930701"] } }),
    ] {
        let outcomes = create(&["a@x"], 409, &body).unwrap();
        assert!(matches!(&outcomes[..], [Outcome::Exists { id: Some(id), .. }] if id == "3930701"), "{body}");
    }
    let silent = json!({ "message": "Contact already exists", "category": "CONFLICT" });
    assert_eq!(create(&["a@x"], 409, &silent).unwrap(), [exists(None, "Contact already exists")]);
    assert!(matches!(create(&["a@x", "b@x"], 409, &silent), Err(Fault::Rejected(_))), "nobody knows which");
}

#[test]
fn what_is_not_in_the_answer_to_a_creation_is_not_known_to_be_done_or_not() {
    let nameless = json!({ "results": [row("1", &json!({}))],
        "errors": [{ "category": "VALIDATION_ERROR", "message": "m", "context": {} }] });
    assert_eq!(create(&["a@x", "b@x"], 207, &nameless).unwrap(), [Outcome::Unknown, Outcome::Unknown]);
    assert_eq!(create(&["a@x"], 201, &json!({ "results": [] })).unwrap(), [Outcome::Unknown]);
    let later = json!({ "results": [], "errors": [{ "category": "RATE_LIMITS", "message": "m",
        "context": { "objectWriteTraceId": ["0"] } }] });
    assert_eq!(
        create(&["a@x"], 207, &later).unwrap(),
        [Outcome::Unknown],
        "the server's fault refuses no value"
    );
    let only_error = json!({ "results": [], "errors": [invalid_email(&json!({}))] });
    let refused = Outcome::Refused(vec![refusal("email", "ada@", "Invalid email ada@")]);
    assert_eq!(create(&["ada@"], 207, &only_error).unwrap(), [refused]);
}

#[test]
fn changed_records_are_known_by_their_ids_and_missing_ones_are_gone() {
    let missing = json!({ "status": "error", "category": "OBJECT_NOT_FOUND", "context": { "ids": ["2"] },
        "message": "Could not get some CONTACT objects, they may be deleted or not exist. Check that ids are valid." });
    let taken = json!({ "category": "CONFLICT", "message": "Contact already exists. Existing ID: 9", "context": { "ids": ["4"] } });
    let body = json!({ "results": [row("3", &json!({})), row("1", &json!({})), row("77", &json!({}))],
        "errors": [missing, taken, invalid_email(&json!({ "ids": [5] }))] });
    let held = || fields(&[("email", "a@x")]);
    assert_eq!(
        update(&["1", "2", "3", "4", "5", "6"], 207, &body).unwrap(),
        [
            done("1", held()),
            Outcome::Gone,
            done("3", held()),
            Outcome::Refused(vec![refusal("email", "b@x", "Email b@x belongs to 9")]),
            Outcome::Refused(vec![refusal("email", "b@x", "Invalid email b@x")]),
            Outcome::Unknown,
        ]
    );
}

#[test]
fn changes_whose_error_names_nobody_are_sent_apart() {
    let body = json!({ "results": [row("1", &json!({}))], "errors": [{ "category": "VALIDATION_ERROR", "message": "m" }] });
    assert_eq!(update(&["1", "2", "3"], 207, &body), Err(Fault::Rejected("m".to_owned())));
    let outcomes = update(&["1", "2"], 207, &body).unwrap();
    assert!(
        matches!(&outcomes[1], Outcome::Refused(refusals) if refusals[0].reason == "m"),
        "only one is left"
    );
}

#[test]
fn a_batch_that_is_refused_as_a_whole_is_rejected_and_one_alone_is_told_why() {
    let unknown = json!({ "status": "error", "category": "VALIDATION_ERROR",
        "message": "Property values were not valid: [{\"isValid\":false,\"message\":\"Property \\\"emial\\\" does not exist\",\
            \"error\":\"PROPERTY_DOESNT_EXIST\",\"name\":\"emial\"},{\"isValid\":true,\"name\":\"age\"}]" });
    assert!(matches!(update(&["1", "2"], 400, &unknown), Err(Fault::Rejected(_))));
    assert_eq!(
        update(&["1"], 400, &unknown).unwrap(),
        [Outcome::Refused(vec![refusal("emial", "", "No such property")])]
    );
    let twice = json!({ "category": "VALIDATION_ERROR", "context": { "ids": ["1"] },
        "message": "Duplicate IDs found in batch input: [1]. IDs must be unique" });
    assert!(matches!(update(&["1", "1"], 400, &twice), Err(Fault::Rejected(_))));
    let plain = update(&["1"], 400, &json!({ "message": "No." })).unwrap();
    assert_eq!(plain, [Outcome::Refused(vec![refusal("*", "", "No.")])]);
    assert_eq!(update(&["1"], 404, &json!({ "category": "OBJECT_NOT_FOUND" })).unwrap(), [Outcome::Gone]);
    assert_eq!(
        update(&["1"], 404, &json!({ "message": "resource not found" })),
        Err(Fault::Gone),
        "the type itself"
    );
}

#[test]
fn every_code_has_its_reason_and_every_place_of_a_field_is_read() {
    let error = |code: &str| {
        json!({ "category": "VALIDATION_ERROR", "message": "m",
            "errors": [{ "message": "said so", "code": code, "context": { "propertyName": ["email"] } }] })
    };
    for (code, reason) in [
        ("INVALID_EMAIL", "Invalid email b@x"),
        ("INVALID_OPTION", "Invalid option b@x"),
        ("INVALID_DATE", "Invalid date b@x"),
        ("INVALID_LONG", "Invalid number b@x"),
        ("INVALID_INTEGER", "Invalid number b@x"),
        ("INVALID_DOMAIN", "Invalid domain b@x"),
        ("INVALID_ALPHA", "Invalid characters b@x"),
        ("CONTAINS_URL", "No web address allowed b@x"),
        ("READ_ONLY_VALUE", "Read-only property"),
        ("PROPERTY_DOESNT_EXIST", "No such property"),
        ("SOMETHING_NEW", "said so"),
    ] {
        let refused = Outcome::Refused(vec![refusal("email", "b@x", reason)]);
        assert_eq!(update(&["1"], 400, &error(code)).unwrap(), [refused], "{code}");
    }
    for body in [
        json!({ "validationResults": [{ "isValid": false, "message": "m", "error": "INVALID_EMAIL", "name": "email" }] }),
        json!({ "category": "VALIDATION_ERROR", "context": { "propertyName": ["email"] }, "subCategory": "INVALID_EMAIL" }),
        json!({ "category": "VALIDATION_ERROR", "errors": [{ "code": "INVALID_EMAIL", "in": "email" }] }),
    ] {
        let refused = Outcome::Refused(vec![refusal("email", "b@x", "Invalid email b@x")]);
        assert_eq!(update(&["1"], 400, &body).unwrap(), [refused], "{body}");
    }
}

#[test]
fn a_value_that_another_record_has_is_refused_where_it_is_named() {
    let unique = json!({ "category": "CONFLICT", "message": "Cannot set age=b@x. 198 already has that value.",
        "errors": [{ "message": "m", "code": "CONFLICTING_UNIQUE_VALUE", "context": { "propertyName": ["age"] } }] });
    let sent = [("1".to_owned(), fields(&[("age", "7"), ("email", "b@x")]))];
    let outcome = |body: &Json| {
        with_desk(|desk| desk.one(&Sent::Update(&sent), &Answer::new(409, body.to_string()))).unwrap()
    };
    assert_eq!(
        outcome(&unique),
        Outcome::Refused(vec![refusal("age", "7", "Value 7 belongs to another record")])
    );
    let contact = json!({ "category": "CONFLICT", "message": "Contact already exists" });
    assert_eq!(
        outcome(&contact),
        Outcome::Refused(vec![refusal("email", "b@x", "Email b@x belongs to another record")])
    );
}

#[test]
fn what_a_record_holds_now_is_read_back_for_what_was_sent() {
    let sent =
        [("1".to_owned(), fields(&[("email", "A@x"), ("firstname", "Ada"), ("age", "1"), ("other", "o")]))];
    let body = json!({ "results": [{ "id": 1, "properties": { "email": "a@x", "firstname": null, "age": 7, "createdate": "x" } }] });
    let outcome =
        with_desk(|desk| desk.one(&Sent::Update(&sent), &Answer::new(200, body.to_string()))).unwrap();
    let mut held = fields(&[("email", "a@x"), ("age", "7")]);
    held.insert("firstname".to_owned(), Value::Empty);
    assert_eq!(outcome, done("1", held), "null is told as nothing, what is not named is not told");
}

#[test]
fn archiving_is_done_whether_they_were_there_or_not() {
    let gone = [("7".to_owned(), false), ("8".to_owned(), true)];
    with_desk(|desk| {
        let outcomes = desk.answer(&Sent::Delete(&gone), &Answer::new(204, "")).unwrap();
        assert_eq!(outcomes, [done("7", Fields::new()), done("8", Fields::new())]);
        for (status, body) in [(207, "{}"), (200, "<html>")] {
            assert!(matches!(
                desk.answer(&Sent::Delete(&gone), &Answer::new(status, body)),
                Err(Fault::Unreadable(_))
            ));
        }
        assert!(matches!(
            desk.answer(&Sent::Delete(&gone), &Answer::new(503, "")),
            Err(Fault::Transient { .. })
        ));
    });
}

#[test]
fn an_answer_that_cannot_be_read_says_nothing_of_changes_and_leaves_creations_in_doubt() {
    let (people, changes) = (people(&["a@x"]), changes(&["1"]));
    with_desk(|desk| {
        for body in ["", "{}", "[]", "<html>", r#"{"results":[{}]}"#, r#"{"results":7}"#] {
            let answer = Answer::new(200, body);
            assert!(
                matches!(desk.one(&Sent::Update(&changes), &answer), Err(Fault::Unreadable(_))),
                "{body}"
            );
            assert!(
                matches!(desk.one(&Sent::Create(&people), &answer), Err(Fault::MaybeCommitted(_))),
                "{body}"
            );
        }
        for status in [500, 502, 503, 504, 524] {
            let answer = Answer::new(status, "<html>");
            assert!(matches!(desk.one(&Sent::Create(&people), &answer), Err(Fault::MaybeCommitted(_))));
            assert!(matches!(desk.one(&Sent::Update(&changes), &answer), Err(Fault::Transient { .. })));
        }
        assert!(matches!(
            desk.one(&Sent::Create(&people), &Answer::new(423, "")),
            Err(Fault::Transient { .. })
        ));
        assert!(matches!(
            desk.one(&Sent::Create(&people), &Answer::new(400, "<html>")),
            Err(Fault::Transient { .. })
        ));
        assert_eq!(desk.one(&Sent::Create(&people), &Answer::new(401, "")), Err(Fault::Unauthorized));
    });
}

#[test]
fn a_token_that_is_repeated_is_not_told() {
    with_desk(|desk| desk.tokens_stay_hidden(&people(&["a@x"]), &changes(&["1"])));
}

proptest! {
    #[test]
    fn no_answer_makes_a_reader_panic(answer in any_answer(), many in 1_usize..4) {
        let ids: Vec<String> = (0..many).map(|id| id.to_string()).collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        with_desk(|desk| desk.answers_are_survived(&people(&ids), &changes(&ids), &answer));
    }
}

#[test]
fn new_records_are_in_the_answer_as_a_reading_would_show_them() {
    let row = json!({"id": "7", "properties": {"email": "a@x.org", "firstname": "Ada", "createdate": "2026-01-01T00:00:00Z"},
        "createdAt": "2026-01-01T00:00:00Z", "updatedAt": "2026-01-01T00:00:00.500Z", "archived": false});
    let answer = Answer::new(201, json!({"status": "COMPLETE", "results": [row]}).to_string());
    let made = HubSpot.made(&object("contacts", ""), &answer.reply());
    assert_eq!((made.len(), made[0].id.as_str(), made[0].item.name.as_str()), (1, "7", "Ada"));
    assert!(made[0].modified_at.is_some() && made[0].body.contains("a@x.org"));
    for body in ["", "<html>", "[]", r#"{"results":[{}]}"#] {
        assert!(HubSpot.made(&object("contacts", ""), &Answer::new(201, body).reply()).is_empty(), "{body}");
    }
}

#[test]
fn a_record_that_was_written_is_known_without_reading_it() {
    let body = r#"{"archived":false,"createdAt":null,"id":"7","properties":{"age":"3","email":"a@x.org","firstname":"Ada"},"updatedAt":"2026-01-01T00:00:00.000Z"}"#;
    let mut now = fields(&[("email", "b@x.org")]);
    now.insert("firstname".to_owned(), Value::Empty);
    let schema = schema(&[("email", Kind::Email), ("firstname", Kind::Text)]);
    let written = HubSpot.written(&object("contacts", ""), &schema, body, &now).unwrap();
    let read: Json = serde_json::from_str(&written.body).unwrap();
    assert_eq!(read["properties"], json!({"age": "3", "email": "b@x.org", "firstname": null}));
    assert_eq!((written.id.as_str(), read["updatedAt"].as_str()), ("7", Some("2026-01-01T00:00:00.000Z")));
    assert_eq!(HubSpot.written(&object("contacts", ""), &schema, "nonsense", &now), None);
}
