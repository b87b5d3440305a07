//! What fields a table has, what a row of the mirror says of them, and the calls that write them (Airtable facts 4 to 6).

use crate::airtable::Airtable;
use crate::testing::*;
use crate::walking::with_at;
use crate::wire::Fault;
use crate::write::{Batches, Object, Sent, Write};
use crate::writing::*;
use proptest::prelude::*;
use serde_json::{Value as Json, json};
use std::time::Duration;
use syncline_core::sync::{Can, Fields, Kind, Schema, Value};

fn rows() -> Object {
    object("row", "appA/tblA")
}

/// The schema of a table with these fields.
fn table(fields: &[(&str, &str, Json)]) -> Result<Schema, Fault> {
    let field = |(name, kind, options): &(&str, &str, Json)| json!({ "id": format!("fld{name}"), "name": name, "type": kind, "options": options });
    let fields: Vec<Json> = fields.iter().map(field).collect();
    let body = json!({ "tables": [{ "id": "tblB", "name": "Other", "fields": [] }, { "id": "tblA", "name": "People", "fields": fields }] });
    with_at(|at| Airtable.schema_back(at, &rows(), Some(&Answer::new(200, body.to_string()).reply())))
}

fn kinds() -> Schema {
    let choices = json!({ "choices": [{ "id": "sel1", "name": "a" }, { "id": "sel2", "name": "b" }] });
    table(&[
        ("Name", "singleLineText", json!({})),
        ("Age", "number", json!({ "precision": 2 })),
        ("Ok", "checkbox", json!({})),
        ("At", "dateTime", json!({})),
        ("Due", "date", json!({})),
        ("One", "singleSelect", choices.clone()),
        ("Some", "multipleSelects", choices),
        ("Who", "singleCollaborator", json!({})),
        ("Links", "multipleRecordLinks", json!({})),
        ("Sum", "formula", json!({ "result": { "type": "number" } })),
    ])
    .unwrap()
}

fn with_desk<T>(check: impl FnOnce(&Desk<'_>) -> T) -> T {
    let (object, schema) = (rows(), kinds());
    check(&Desk { writer: &Airtable, object: &object, schema: &schema })
}

#[test]
fn the_tables_of_the_base_are_asked_for() {
    let call = with_at(|at| Airtable.schema(at, &rows())).unwrap();
    assert_eq!(
        raw(&call),
        "GET https://api.example.com/v0/meta/bases/appA/tables\n\
         authorization: Bearer token-of-the-tests-0123456789 (sensitive)\n\n"
    );
    assert_eq!(call.part.as_deref(), Some("appA"));
}

#[test]
fn every_type_of_field_has_its_kind_and_what_is_computed_is_not_written() {
    let choices = json!({ "choices": [{ "name": "a" }, { "name": "b" }] });
    let list = || vec!["a".to_owned(), "b".to_owned()];
    for (of, options, kind, writable) in [
        ("singleLineText", json!({}), Kind::Text, true),
        ("multilineText", json!({}), Kind::Text, true),
        ("richText", json!({}), Kind::Text, true),
        ("email", json!({}), Kind::Text, true),
        ("url", json!({}), Kind::Url, true),
        ("phoneNumber", json!({}), Kind::Phone, true),
        ("number", json!({}), Kind::Number, true),
        ("currency", json!({}), Kind::Number, true),
        ("percent", json!({}), Kind::Number, true),
        ("duration", json!({}), Kind::Number, true),
        ("rating", json!({}), Kind::Number, true),
        ("checkbox", json!({}), Kind::Bool, true),
        ("date", json!({}), Kind::Date, true),
        ("dateTime", json!({}), Kind::DateTime, true),
        ("singleSelect", choices.clone(), Kind::Choice(list()), true),
        ("multipleSelects", choices, Kind::Choices(list()), true),
        ("singleCollaborator", json!({}), Kind::Text, true),
        ("multipleRecordLinks", json!({}), Kind::List, true),
        ("multipleCollaborators", json!({}), Kind::List, false),
        ("multipleLookupValues", json!({}), Kind::List, false),
        ("barcode", json!({}), Kind::Text, false),
        ("aiText", json!({}), Kind::Text, false),
        ("count", json!({}), Kind::Number, false),
        ("autoNumber", json!({}), Kind::Number, false),
        ("createdTime", json!({}), Kind::DateTime, false),
        ("lastModifiedTime", json!({}), Kind::DateTime, false),
        ("lastModifiedTime", json!({ "result": { "type": "date" } }), Kind::Date, false),
        ("formula", json!({ "result": { "type": "number" } }), Kind::Number, false),
        (
            "rollup",
            json!({ "result": { "type": "formula", "options": { "result": { "type": "number" } } } }),
            Kind::Other,
            false,
        ),
        ("formula", json!({ "isValid": false }), Kind::Text, false),
        ("multipleAttachments", json!({}), Kind::Other, false),
        ("button", json!({}), Kind::Other, false),
        ("createdBy", json!({}), Kind::Other, false),
        ("somethingNew", json!({}), Kind::Other, false),
    ] {
        let field = table(&[("f", of, options)]).unwrap().fields.remove("f").unwrap();
        assert_eq!((field.kind, field.writable, field.title.as_str()), (kind, writable, "f"), "{of}");
    }
}

#[test]
fn a_table_that_is_not_in_its_base_is_gone() {
    let read = |status, body: &str| {
        with_at(|at| Airtable.schema_back(at, &rows(), Some(&Answer::new(status, body).reply())))
    };
    assert_eq!(read(200, r#"{"tables":[{"id":"tblB","fields":[]}]}"#), Err(Fault::Gone));
    assert_eq!(read(404, r#"{"error":"NOT_FOUND"}"#), Err(Fault::Gone));
    let hidden = r#"{"error":{"type":"INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND","message":"m"}}"#;
    assert!(matches!(read(403, hidden), Err(Fault::Forbidden(_))));
    for body in [
        "",
        "[]",
        "{}",
        "<html>",
        r#"{"tables":[{"id":"tblA"}]}"#,
        r#"{"tables":[{"id":"tblA","fields":[{}]}]}"#,
    ] {
        assert!(matches!(read(200, body), Err(Fault::Unreadable(_))), "{body}");
    }
}

#[test]
fn a_row_of_the_mirror_shows_the_named_cells_and_an_empty_checkbox_is_false() {
    let body = json!({ "id": "recA", "createdTime": "2022-09-12T21:03:48.000Z", "fields": {
        "Name": "Ada\n", "Age": 1.50, "At": "2026-01-01T01:00:00+01:00", "Due": "2026-01-31", "One": "a", "Some": ["a", "b"],
        "Who": { "id": "usrA", "email": "ada@x", "name": "Ada" }, "Links": ["recB", "recC"], "Sum": { "specialValue": "NaN" },
        "AI": { "state": "generated", "value": "text" }, "Look": [1, "x", { "name": "n" }, { "error": "#ERROR!" }, null], "Odd": true } });
    let wanted =
        ["Name", "Age", "Ok", "At", "Due", "One", "Some", "Who", "Links", "Sum", "AI", "Look", "Odd", "None"];
    let mut expected = fields(&[
        ("Name", "Ada\n"),
        ("Age", "1.5"),
        ("Ok", "false"),
        ("At", "2026-01-01T00:00:00.000Z"),
        ("Due", "2026-01-31"),
        ("One", "a"),
        ("Who", "ada@x"),
        ("AI", "text"),
        ("Odd", "true"),
    ]);
    for (name, list) in
        [("Some", vec!["a", "b"]), ("Links", vec!["recB", "recC"]), ("Look", vec!["1", "x", "n"])]
    {
        expected.insert(name.to_owned(), Value::list(list));
    }
    with_desk(|desk| {
        assert_eq!(desk.fields(&body.to_string(), &wanted), expected);
        assert_eq!(desk.fields(r#"{"fields":{"Ok":true}}"#, &["Ok"]), fields(&[("Ok", "true")]));
        let zoneless = desk.fields(r#"{"fields":{"At":"2026-01-31T10:00:00"}}"#, &["At"]);
        assert_eq!(zoneless, fields(&[("At", "2026-01-31T10:00:00")]), "which moment that is nobody knows");
        for body in ["", "[]", "{}", r#"{"fields":null}"#] {
            assert!(desk.fields(body, &["Ok", "Name"]).is_empty(), "what is no row has no checkbox: {body}");
        }
    });
}

#[test]
fn new_rows_go_together_as_what_their_cells_are() {
    let mut ada = fields(&[
        ("Name", "Ada"),
        ("Age", "1.50"),
        ("Ok", "true"),
        ("Due", ""),
        ("One", "a"),
        ("Who", "ada@x"),
    ]);
    ada.insert("Some".to_owned(), Value::list(["a", "b"]));
    let odd = fields(&[("Age", "many"), ("Ok", "maybe"), ("Who", "usrA"), ("Links", "recB"), ("New", "x")]);
    with_desk(|desk| {
        let call = desk.send(&Sent::Create(&[ada, odd]));
        assert_eq!(
            raw(&call),
            "POST https://api.example.com/v0/appA/tblA\n\
             authorization: Bearer token-of-the-tests-0123456789 (sensitive)\n\
             content-type: application/json\n\n\
             {\"records\":[{\"fields\":{\"Age\":1.5,\"Name\":\"Ada\",\"Ok\":true,\"One\":\"a\",\"Some\":[\"a\",\"b\"],\"Who\":{\"email\":\"ada@x\"}}},\
             {\"fields\":{\"Age\":\"many\",\"Links\":[\"recB\"],\"New\":\"x\",\"Ok\":\"maybe\",\"Who\":{\"id\":\"usrA\"}}}],\"typecast\":false}"
        );
        assert_eq!(call.part.as_deref(), Some("appA"), "each base has limits of its own");
    });
}

#[test]
fn one_row_is_changed_by_its_path_and_several_by_their_ids() {
    let change = |id: &str| (id.to_owned(), fields(&[("Name", ""), ("Ok", ""), ("Some", "")]));
    let parts = |call: &crate::wire::Call| {
        format!("{} {} {}", call.method, call.url, String::from_utf8_lossy(&call.body))
    };
    let cells = r#"{"Name":null,"Ok":false,"Some":null}"#;
    with_desk(|desk| {
        assert_eq!(
            parts(&desk.send(&Sent::Update(&[change("rec/A")]))),
            format!(
                r#"PATCH https://api.example.com/v0/appA/tblA/rec%2FA {{"fields":{cells},"typecast":false}}"#
            )
        );
        assert_eq!(
            parts(&desk.send(&Sent::Update(&[change("recA"), change("recB")]))),
            format!(
                r#"PATCH https://api.example.com/v0/appA/tblA {{"records":[{{"fields":{cells},"id":"recA"}},{{"fields":{cells},"id":"recB"}}],"typecast":false}}"#
            )
        );
        let gone = |id: &str| (id.to_owned(), false);
        assert_eq!(
            parts(&desk.send(&Sent::Delete(&[gone("recA")]))),
            "DELETE https://api.example.com/v0/appA/tblA/recA "
        );
        assert_eq!(
            parts(&desk.send(&Sent::Delete(&[gone("recA"), gone("rec&B")]))),
            "DELETE https://api.example.com/v0/appA/tblA?records%5B%5D=recA&records%5B%5D=rec%26B "
        );
        desk.calls_are_safe(&fields(&[("Name", "x")]), &change("recA"));
    });
}

#[test]
fn only_rows_are_written() {
    assert_eq!(Airtable.can(&rows()), Some(Can { undelete: false, objects: false }));
    for other in [
        object("base", ""),
        object("table", "appA"),
        object("row", "appA"),
        object("row", "/tblA"),
        object("row", ""),
    ] {
        assert_eq!(Airtable.can(&other), None, "{other:?}");
    }
    assert_eq!(Airtable.batches(&rows()), Batches { create: 10, update: 10, delete: 10, find: 25 });
    assert_eq!(Airtable.settles(), Duration::ZERO);
    assert!(Airtable.properties(&rows(), &names(&["Name"])).is_empty());
}

proptest! {
    #[test]
    fn what_is_sent_is_what_is_read_again(
        texts in prop::collection::btree_map("[a-z]{1,6}", any_text(), 0..5),
        (name, some, age, ok) in (any_text(), prop::collection::vec("[ab]", 1..4), any::<i32>(), any::<bool>()),
        day in "20[0-9]{2}-0[1-9]-[12][0-9]",
    ) {
        let mut sent: Fields = texts.iter().map(|(name, text)| (name.clone(), Value::text(text.as_str()))).collect();
        let known = [("Name", name), ("Age", age.to_string()), ("Ok", ok.to_string()), ("At", format!("{day}T00:00:00.000Z")), ("Due", day)];
        sent.extend(known.map(|(name, text)| (name.to_owned(), Value::text(text))));
        sent.insert("Some".to_owned(), Value::list(some));
        with_desk(|desk| {
            let call = desk.send(&Sent::Update(&[("recA".to_owned(), sent.clone())]));
            let body: Json = serde_json::from_slice(&call.body).unwrap();
            // Airtable leaves out what is false.
            let mut cells = body["fields"].clone();
            if !ok {
                cells.as_object_mut().unwrap().remove("Ok");
            }
            let row = json!({ "id": "recA", "fields": cells });
            let wanted: Vec<&str> = sent.keys().map(String::as_str).collect();
            assert_eq!(desk.fields(&row.to_string(), &wanted), sent);
            let answer = Answer::new(200, row.to_string());
            assert_eq!(desk.one(&Sent::Update(&[("recA".to_owned(), sent.clone())]), &answer), Ok(done("recA", sent.clone())));
        });
    }
}
