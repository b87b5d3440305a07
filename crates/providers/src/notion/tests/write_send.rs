//! What properties a data source has, what a page of the mirror says of them, and the calls that write them (Notion facts 5 to 7, 10).

use crate::notion::Notion;
use crate::testing::*;
use crate::walking::with_at;
use crate::wire::{Call, Fault};
use crate::write::{Batches, Object, Sent, Write};
use crate::writing::*;
use proptest::prelude::*;
use serde_json::{Value as Json, json};
use std::time::Duration;
use syncline_core::sync::{Can, Fields, Kind, Schema, Value};

fn pages() -> Object {
    object("page", "ds1")
}

/// The schema of a data source with these properties.
fn source(properties: &[(&str, &str, Json)]) -> Schema {
    let property = |(name, of, config): &(&str, &str, Json)| {
        ((*name).to_owned(), json!({ "id": "p", "name": name, "type": of, "description": null, *of: config }))
    };
    let properties: serde_json::Map<String, Json> = properties.iter().map(property).collect();
    let body = json!({ "object": "data_source", "id": "ds1", "title": [], "properties": properties });
    with_at(|at| Notion.schema_back(at, &pages(), Some(&Answer::new(200, body.to_string()).reply()))).unwrap()
}

const TYPES: [&str; 12] = [
    "title",
    "rich_text",
    "number",
    "select",
    "status",
    "multi_select",
    "date",
    "checkbox",
    "url",
    "email",
    "phone_number",
    "people",
];

fn kinds() -> Schema {
    source(&TYPES.map(|of| (of, of, json!({}))))
}

fn with_desk<T>(check: impl FnOnce(&Desk<'_>) -> T) -> T {
    let (object, schema) = (pages(), kinds());
    check(&Desk { writer: &Notion, object: &object, schema: &schema })
}

fn body(call: &Call) -> Json {
    serde_json::from_slice(&call.body).unwrap()
}

/// A page as Notion answers it, whose properties are these.
fn page(properties: &Json) -> Json {
    json!({ "object": "page", "id": "p1", "last_edited_time": "2026-01-02T10:00:00.000Z", "in_trash": false, "properties": properties })
}

/// What was written, as it is read again.
fn answered(call: &Call, schema: &Schema) -> Json {
    let mut properties = body(call)["properties"].clone();
    for (name, property) in properties.as_object_mut().unwrap() {
        property["type"] = json!(schema.types[name]);
    }
    page(&properties)
}

#[test]
fn the_data_source_is_asked_for() {
    assert_eq!(
        raw(&with_at(|at| Notion.schema(at, &pages())).unwrap()),
        "GET https://api.example.com/v1/data_sources/ds1\n\
         authorization: Bearer token-of-the-tests-0123456789 (sensitive)\n\
         notion-version: 2026-03-11\n\n"
    );
}

#[test]
fn every_type_of_property_has_its_kind_and_what_notion_sets_itself_is_not_written() {
    let options =
        json!({ "options": [{ "id": "1", "name": "a", "color": "red" }, { "id": "2", "name": "b" }] });
    let list = || vec!["a".to_owned(), "b".to_owned()];
    for (of, config, kind, writable, longest) in [
        ("title", json!({}), Kind::Text, true, Some(200_000)),
        ("rich_text", json!({}), Kind::Text, true, Some(200_000)),
        ("number", json!({ "format": "euro" }), Kind::Number, true, None),
        ("select", options.clone(), Kind::Choice(list()), true, None),
        ("status", options.clone(), Kind::Choice(list()), true, None),
        ("multi_select", options, Kind::Choices(list()), true, None),
        ("date", json!({}), Kind::Date, true, None),
        ("checkbox", json!({}), Kind::Bool, true, None),
        ("url", json!({}), Kind::Url, true, Some(2_000)),
        ("email", json!({}), Kind::Text, true, Some(200)),
        ("phone_number", json!({}), Kind::Phone, true, Some(200)),
        ("people", json!({}), Kind::List, true, None),
        ("relation", json!({ "data_source_id": "ds2" }), Kind::List, false, None),
        ("created_time", json!({}), Kind::DateTime, false, None),
        ("last_edited_by", json!({}), Kind::Text, false, None),
        ("formula", json!({ "expression": "1" }), Kind::Text, false, None),
        ("rollup", json!({}), Kind::Text, false, None),
        ("unique_id", json!({ "prefix": "A" }), Kind::Text, false, None),
        ("files", json!({}), Kind::Other, false, None),
        ("button", json!({}), Kind::Other, false, None),
        ("something_new", json!({}), Kind::Other, false, None),
    ] {
        let mut schema = source(&[("f", of, config)]);
        let field = schema.fields.remove("f").unwrap();
        assert_eq!((field.kind, field.writable, field.longest), (kind, writable, longest), "{of}");
        assert_eq!(schema.types["f"], of);
    }
}

#[test]
fn a_data_source_that_is_not_shared_any_more_is_gone() {
    let read = |status, body: &str| {
        with_at(|at| Notion.schema_back(at, &pages(), Some(&Answer::new(status, body).reply())))
    };
    let missing = r#"{"object":"error","status":404,"code":"object_not_found","message":"m"}"#;
    assert_eq!(read(404, missing), Err(Fault::Gone));
    for body in ["", "[]", "{}", "<html>", r#"{"properties":[]}"#, r#"{"properties":{"a":{}}}"#] {
        assert!(matches!(read(200, body), Err(Fault::Unreadable(_))), "{body}");
    }
}

#[test]
fn a_page_of_the_mirror_shows_the_named_properties_as_what_they_are() {
    let (date, text) = (|date: Json| json!({ "type": "date", "date": date }), |text: &str| Value::text(text));
    for (property, value) in [
        (
            json!({ "type": "title", "title": [{ "plain_text": "Ada " }, { "text": { "content": "Lovelace" } }] }),
            text("Ada Lovelace"),
        ),
        (json!({ "type": "rich_text", "rich_text": [] }), Value::Empty),
        (json!({ "type": "number", "number": 2.5 }), text("2.5")),
        (json!({ "type": "number", "number": null }), Value::Empty),
        (json!({ "type": "select", "select": { "id": "1", "name": "a" } }), text("a")),
        (json!({ "type": "status", "status": null }), Value::Empty),
        (
            json!({ "type": "multi_select", "multi_select": [{ "name": "a" }, { "name": "b" }] }),
            Value::list(["a", "b"]),
        ),
        (date(json!({ "start": "2026-01-31", "end": null, "time_zone": null })), text("2026-01-31")),
        (
            date(json!({ "start": "2026-01-31T10:00:00.000+01:00", "end": null })),
            text("2026-01-31T09:00:00.000Z"),
        ),
        (
            date(json!({ "start": "2026-01-31T10:00:00", "time_zone": "Europe/Rome" })),
            text("2026-01-31T10:00:00"),
        ),
        (date(json!({ "start": "2026-01-31", "end": "2026-02-02" })), text("2026-01-31/2026-02-02")),
        (date(Json::Null), Value::Empty),
        (json!({ "type": "checkbox", "checkbox": false }), text("false")),
        (json!({ "type": "email", "email": "a@x" }), text("a@x")),
        (
            json!({ "type": "people", "people": [{ "object": "user", "id": "u1" }, { "object": "user", "id": "u2" }] }),
            Value::list(["u1", "u2"]),
        ),
        (json!({ "type": "relation", "relation": [{ "id": "p2" }] }), Value::list(["p2"])),
        (json!({ "type": "formula", "formula": { "type": "boolean", "boolean": true } }), text("true")),
        (
            json!({ "type": "formula", "formula": { "type": "date", "date": { "start": "2026-01-31" } } }),
            text("2026-01-31"),
        ),
        (
            json!({ "type": "rollup", "rollup": { "type": "array", "function": "show_original", "array": [{ "type": "number", "number": 1 }] } }),
            Value::list(["1"]),
        ),
        (json!({ "type": "unique_id", "unique_id": { "prefix": "A", "number": 7 } }), text("A-7")),
        (json!({ "type": "unique_id", "unique_id": { "prefix": null, "number": 7 } }), text("7")),
        (
            json!({ "type": "created_time", "created_time": "2026-01-31T10:00:00.000Z" }),
            text("2026-01-31T10:00:00.000Z"),
        ),
        (json!({ "type": "created_by", "created_by": { "object": "user", "id": "u1" } }), text("u1")),
        (json!({ "type": "button", "button": {} }), Value::Empty),
        (json!({ "type": "something_new", "something_new": { "a": 1 } }), Value::Empty),
        (json!(7), Value::Empty),
    ] {
        let expected: Fields =
            [("f".to_owned(), value)].into_iter().filter(|(_, value)| !value.is_empty()).collect();
        with_desk(|desk| {
            assert_eq!(
                desk.fields(&page(&json!({ "f": property, "g": 1 })).to_string(), &["f", "h"]),
                expected
            )
        });
    }
    for body in ["", "[]", "{}", r#"{"properties":7}"#] {
        with_desk(|desk| assert!(desk.fields(body, &["f"]).is_empty(), "{body}"));
    }
}

#[test]
fn a_new_page_goes_into_the_data_source() {
    let sent =
        fields(&[("title", "Ada"), ("email", "a@x"), ("number", "1.50"), ("url", ""), ("unknown", "x")]);
    with_desk(|desk| {
        assert_eq!(
            raw(&desk.send(&Sent::Create(&[sent]))),
            "POST https://api.example.com/v1/pages\n\
             authorization: Bearer token-of-the-tests-0123456789 (sensitive)\n\
             content-type: application/json\n\
             notion-version: 2026-03-11\n\n\
             {\"parent\":{\"data_source_id\":\"ds1\",\"type\":\"data_source_id\"},\"properties\":{\"email\":{\"email\":\"a@x\"},\
             \"number\":{\"number\":1.5},\"title\":{\"title\":[{\"text\":{\"content\":\"Ada\"},\"type\":\"text\"}]},\
             \"unknown\":{\"rich_text\":[{\"text\":{\"content\":\"x\"},\"type\":\"text\"}]}}}"
        );
    });
}

#[test]
fn every_type_is_written_in_its_own_form_and_cleared_in_its_own() {
    let written = |of: &str, value: &str| {
        with_desk(|desk| {
            body(&desk.send(&Sent::Update(&[("p1".to_owned(), fields(&[(of, value)]))])))["properties"][of]
                .clone()
        })
    };
    for (of, value, held, cleared) in [
        ("title", "A", json!([{ "type": "text", "text": { "content": "A" } }]), json!([])),
        ("rich_text", "A", json!([{ "type": "text", "text": { "content": "A" } }]), json!([])),
        ("number", "7", json!(7), Json::Null),
        ("number", "many", json!("many"), Json::Null),
        ("select", "a", json!({ "name": "a" }), Json::Null),
        ("status", "a", json!({ "name": "a" }), Json::Null),
        ("multi_select", "a", json!([{ "name": "a" }]), json!([])),
        ("date", "2026-01-31", json!({ "start": "2026-01-31" }), Json::Null),
        ("date", "2026-01-31/2026-02-02", json!({ "start": "2026-01-31", "end": "2026-02-02" }), Json::Null),
        ("checkbox", "true", json!(true), json!(false)),
        ("checkbox", "maybe", json!("maybe"), json!(false)),
        ("url", "https://x", json!("https://x"), Json::Null),
        ("email", "a@x", json!("a@x"), Json::Null),
        ("phone_number", "+44", json!("+44"), Json::Null),
        ("people", "u1", json!([{ "id": "u1" }]), json!([])),
    ] {
        assert_eq!(written(of, value), json!({ of: held }), "{of}");
        assert_eq!(written(of, ""), json!({ of: cleared }), "{of}");
    }
}

#[test]
fn a_long_text_goes_in_pieces_that_no_counting_finds_too_long() {
    let long = "🙂".repeat(2_500);
    with_desk(|desk| {
        let sent = [("p1".to_owned(), fields(&[("rich_text", long.as_str())]))];
        let call = desk.send(&Sent::Update(&sent));
        let pieces = body(&call)["properties"]["rich_text"]["rich_text"].as_array().unwrap().clone();
        let lengths: Vec<usize> = pieces
            .iter()
            .map(|piece| piece["text"]["content"].as_str().unwrap().encode_utf16().count())
            .collect();
        assert_eq!(lengths, [2_000, 2_000, 1_000]);
        assert_eq!(desk.fields(&answered(&call, desk.schema).to_string(), &["rich_text"]), sent[0].1);
    });
}

#[test]
fn to_delete_is_to_put_into_the_trash() {
    with_desk(|desk| {
        assert_eq!(
            raw(&desk.send(&Sent::Delete(&[("../p1".to_owned(), true)]))),
            "PATCH https://api.example.com/v1/pages/..%2Fp1\n\
             authorization: Bearer token-of-the-tests-0123456789 (sensitive)\n\
             content-type: application/json\n\
             notion-version: 2026-03-11\n\n\
             {\"in_trash\":true}"
        );
        desk.calls_are_safe(&fields(&[("title", "x")]), &("p1".to_owned(), fields(&[("title", "x")])));
    });
}

#[test]
fn only_pages_of_data_sources_are_written() {
    assert_eq!(Notion.can(&pages()), Some(Can { undelete: true, objects: false }));
    for other in
        [object("page", ""), object("database", ""), object("data_source", ""), object("page", "../x")]
    {
        assert_eq!(Notion.can(&other), None, "{other:?}");
    }
    assert_eq!(Notion.batches(&pages()), Batches { create: 1, update: 1, delete: 1, find: 10 });
    assert_eq!(Notion.settles(), Duration::from_secs(60));
    assert!(Notion.properties(&pages(), &names(&["title"])).is_empty());
}

proptest! {
    #[test]
    fn what_is_sent_is_what_is_read_again(
        texts in prop::collection::vec(any_text(), 6),
        (some, people) in (prop::collection::vec(any_text(), 1..4), prop::collection::vec("[a-z0-9-]{1,36}", 1..4)),
        (number, ok, day, span) in (any::<i32>(), any::<bool>(), "20[0-9]{2}-0[1-9]-[12][0-9]", any::<bool>()),
    ) {
        let date = if span { format!("{day}/{day}") } else { day };
        let names = ["title", "rich_text", "select", "url", "email", "phone_number"];
        let mut sent: Fields = names.iter().zip(texts).map(|(name, text)| ((*name).to_owned(), Value::text(text))).collect();
        let known = [("number", number.to_string()), ("checkbox", ok.to_string()), ("date", date)];
        sent.extend(known.map(|(name, text)| (name.to_owned(), Value::text(text))));
        sent.insert("multi_select".to_owned(), Value::list(some));
        sent.insert("people".to_owned(), Value::list(people));
        with_desk(|desk| {
            let change = [("p1".to_owned(), sent.clone())];
            let answer = answered(&desk.send(&Sent::Update(&change)), desk.schema).to_string();
            let wanted: Vec<&str> = sent.keys().map(String::as_str).collect();
            assert_eq!(desk.fields(&answer, &wanted), sent);
            assert_eq!(desk.one(&Sent::Update(&change), &Answer::new(200, answer)), Ok(done("p1", sent.clone())));
        });
    }
}
