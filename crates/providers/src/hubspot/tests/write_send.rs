//! What properties there are, what a body of the mirror says of them, and the calls that write them (HubSpot facts 3 and 4).

use crate::hubspot::HubSpot;
use crate::testing::*;
use crate::walking::with_at;
use crate::wire::{Cost, Fault};
use crate::write::{Batches, Sent, Write};
use crate::writing::*;
use proptest::prelude::*;
use serde_json::{Value as Json, json};
use std::time::Duration;
use syncline_core::sync::{Can, Field, Kind, Schema, Value};

/// Facts 4, the recorded definition, with another name and type.
fn property(name: &str, kind: &str, field_type: &str) -> Json {
    json!({"updatedAt": "2026-01-01T00:00:00Z", "createdAt": "2026-01-01T00:00:00Z", "name": name, "label": format!("The {name}"),
        "type": kind, "fieldType": field_type, "description": "", "groupName": "g", "options": [], "createdUserId": "1",
        "updatedUserId": "1", "displayOrder": -1, "calculated": false, "externalOptions": false, "archived": false,
        "hasUniqueValue": false, "hidden": false, "formField": false, "dataSensitivity": "non_sensitive",
        "modificationMetadata": {"archivable": true, "readOnlyDefinition": false, "readOnlyValue": false}})
}

fn with(mut property: Json, more: &Json) -> Json {
    for (key, value) in more.as_object().unwrap() {
        property[key] = value.clone();
    }
    property
}

fn read_as(object_type: &str, properties: &[Json]) -> Schema {
    let answer = Answer::new(200, json!({ "results": properties }).to_string());
    with_at(|at| HubSpot.schema_back(at, &object(object_type, ""), Some(&answer.reply()))).unwrap()
}

fn kind_of(object_type: &str, property: Json) -> Kind {
    let name = property["name"].as_str().unwrap().to_owned();
    read_as(object_type, &[property]).fields.remove(&name).unwrap().kind
}

#[test]
fn all_properties_are_asked_for_in_one_call() {
    let call = with_at(|at| HubSpot.schema(at, &object("0-1", ""))).unwrap();
    assert_eq!(
        raw(&call),
        "GET https://api.example.com/crm/properties/2026-09/contacts\n\
         authorization: Bearer token-of-the-tests-0123456789 (sensitive)\n\n"
    );
}

#[test]
fn every_type_of_property_has_its_kind() {
    let options = json!({ "options": [{ "value": "a", "label": "A" }, { "value": "b", "label": "B", "hidden": true }] });
    let truth = json!({ "options": [{ "value": "true" }, { "value": "false" }] });
    let choices = || vec!["a".to_owned(), "b".to_owned()];
    for (kind, field_type, more, expected) in [
        ("string", "text", json!({}), Kind::Text),
        ("string", "textarea", json!({}), Kind::Text),
        ("string", "html", json!({}), Kind::Text),
        ("string", "phonenumber", json!({}), Kind::Phone),
        ("string", "file", json!({}), Kind::Other),
        ("phone_number", "phonenumber", json!({}), Kind::Phone),
        ("number", "number", json!({}), Kind::Number),
        ("bool", "booleancheckbox", json!({}), Kind::Bool),
        ("date", "date", json!({}), Kind::Date),
        ("datetime", "date", json!({}), Kind::DateTime),
        ("enumeration", "select", options.clone(), Kind::Choice(choices())),
        ("enumeration", "radio", options.clone(), Kind::Choice(choices())),
        ("enumeration", "checkbox", options.clone(), Kind::Choices(choices())),
        ("enumeration", "booleancheckbox", truth, Kind::Bool),
        ("enumeration", "booleancheckbox", options.clone(), Kind::Choice(choices())),
        ("enumeration", "select", with(options, &json!({ "externalOptions": true })), Kind::Choice(vec![])),
        ("json", "text", json!({}), Kind::Other),
        ("", "", json!({}), Kind::Other),
    ] {
        assert_eq!(
            kind_of("contacts", with(property("p", kind, field_type), &more)),
            expected,
            "{kind} {field_type}"
        );
    }
    assert_eq!(kind_of("contacts", property("email", "string", "text")), Kind::Email);
    assert_eq!(
        kind_of("companies", property("email", "string", "text")),
        Kind::Text,
        "no address of its own"
    );
    assert_eq!(kind_of("contacts", property("hs_additional_emails", "enumeration", "checkbox")), Kind::List);
}

#[test]
fn what_hubspot_sets_itself_is_not_written_and_what_is_archived_is_not_there() {
    let read_only = json!({ "modificationMetadata": { "readOnlyValue": true } });
    let schema = read_as(
        "contacts",
        &[
            property("firstname", "string", "text"),
            property("note", "string", "textarea"),
            property("age", "number", "number"),
            with(property("set", "string", "text"), &read_only),
            with(property("sum", "number", "calculation_equation"), &json!({ "calculated": true })),
            property("hs_object_id", "number", "number"),
            property("lastmodifieddate", "datetime", "date"),
            with(property("old", "string", "text"), &json!({ "archived": true })),
        ],
    );
    let writable: Vec<&str> =
        schema.fields.iter().filter(|(_, field)| field.writable).map(|(name, _)| name.as_str()).collect();
    assert_eq!(writable, ["age", "firstname", "note"]);
    assert!(!schema.fields.contains_key("old") && !schema.open);
    let field = |kind, longest| Field { title: "The note".to_owned(), kind, writable: true, longest };
    assert_eq!(schema.fields["note"], field(Kind::Text, Some(65_536)));
    assert_eq!(schema.fields["age"].longest, None);
}

#[test]
fn a_type_that_the_account_does_not_have_is_gone() {
    let read =
        |answer: &Answer| with_at(|at| HubSpot.schema_back(at, &object("2-1", ""), Some(&answer.reply())));
    let unknown =
        r#"{"status":"error","message":"Unable to infer object type from: 2-1","correlationId":"c"}"#;
    for status in [400, 404] {
        assert_eq!(read(&Answer::new(status, unknown)), Err(Fault::Gone));
    }
    assert!(matches!(read(&Answer::new(403, r#"{"category":"MISSING_SCOPES"}"#)), Err(Fault::Forbidden(_))));
    for body in ["", "[]", "{}", "<html>", r#"{"results":[{"label":"x"}]}"#] {
        assert!(matches!(read(&Answer::new(200, body)), Err(Fault::Unreadable(_))), "{body}");
    }
    assert!(matches!(
        with_at(|at| HubSpot.schema_back(at, &object("2-1", ""), None)),
        Err(Fault::Unreadable(_))
    ));
}

fn kinds() -> Schema {
    schema(&[
        ("email", Kind::Email),
        ("due", Kind::Date),
        ("at", Kind::DateTime),
        ("some", Kind::Choices(vec![])),
        ("ok", Kind::Bool),
    ])
}

#[test]
fn a_body_of_the_mirror_shows_the_named_properties_as_what_they_are() {
    let (object, schema) = (object("contacts", ""), kinds());
    let desk = Desk { writer: &HubSpot, object: &object, schema: &schema };
    let body = r#"{"archived":false,"createdAt":null,"id":"501","properties":{"age":"1.50","at":"1767225600000",
        "due":"1767225600000","email":"a@x","firstname":null,"lastname":"","odd":7,"ok":"true","other":"x",
        "some":"a;b; ;c"},"updatedAt":null}"#;
    let wanted =
        ["age", "at", "due", "email", "firstname", "lastname", "none", "odd", "ok", "some", "hs_object_id"];
    let mut expected = fields(&[
        ("age", "1.50"),
        ("at", "2026-01-01T00:00:00.000Z"),
        ("due", "2026-01-01"),
        ("email", "a@x"),
        ("hs_object_id", "501"),
        ("odd", "7"),
        ("ok", "true"),
    ]);
    expected.insert("some".to_owned(), Value::list(["a", "b", "c"]));
    assert_eq!(desk.fields(body, &wanted), expected);
    for (said, is) in [
        (r#"{"properties":{"due":"2026-01-31"}}"#, "2026-01-31"),
        (r#"{"properties":{"due":"2026-01-31T00:00:00Z"}}"#, "2026-01-31"),
        (r#"{"properties":{"due":"soon"}}"#, "soon"),
        (r#"{"properties":{"due":"99999999999999999"}}"#, "99999999999999999"),
    ] {
        assert_eq!(desk.fields(said, &["due"]), fields(&[("due", is)]));
    }
    for body in ["", "{}", "[]", r#"{"properties":7}"#, r#"{"properties":null}"#] {
        assert!(desk.fields(body, &["due"]).is_empty(), "{body}");
    }
}

#[test]
fn new_contacts_have_a_name_in_the_call_and_nothing_to_clear() {
    let (object, schema) = (object("contact", ""), kinds());
    let desk = Desk { writer: &HubSpot, object: &object, schema: &schema };
    let mut second = fields(&[("email", ""), ("firstname", "Zoë")]);
    second.insert("some".to_owned(), Value::list(["a", "b"]));
    let call = desk.send(&Sent::Create(&[fields(&[("email", "a@x"), ("due", "2026-01-31")]), second]));
    assert_eq!(
        raw(&call),
        "POST https://api.example.com/crm/objects/2026-09/contacts/batch/create\n\
         authorization: Bearer token-of-the-tests-0123456789 (sensitive)\n\
         content-type: application/json\n\n\
         {\"inputs\":[{\"objectWriteTraceId\":\"0\",\"properties\":{\"due\":\"2026-01-31\",\"email\":\"a@x\"}},\
         {\"objectWriteTraceId\":\"1\",\"properties\":{\"firstname\":\"Zoë\",\"some\":\"a;b\"}}]}"
    );
    assert_eq!(call.cost, Cost::Call);
}

#[test]
fn changes_clear_with_an_empty_text_and_deletions_archive() {
    let (object, schema) = (object("2-7", ""), kinds());
    let desk = Desk { writer: &HubSpot, object: &object, schema: &schema };
    let changes = [("7".to_owned(), fields(&[("email", "")])), ("8".to_owned(), fields(&[("some", ";a;")]))];
    let body = |call: &crate::wire::Call| (call.url.clone(), String::from_utf8(call.body.to_vec()).unwrap());
    assert_eq!(
        body(&desk.send(&Sent::Update(&changes))),
        (
            "https://api.example.com/crm/objects/2026-09/2-7/batch/update".to_owned(),
            r#"{"inputs":[{"id":"7","properties":{"email":""}},{"id":"8","properties":{"some":"a"}}]}"#
                .to_owned()
        ),
        "a list that begins with a semicolon would add to what is there"
    );
    let gone = [("7".to_owned(), false), ("8".to_owned(), true)];
    assert_eq!(
        body(&desk.send(&Sent::Delete(&gone))),
        (
            "https://api.example.com/crm/objects/2026-09/2-7/batch/archive".to_owned(),
            r#"{"inputs":[{"id":"7"},{"id":"8"}]}"#.to_owned()
        )
    );
    desk.calls_are_safe(&fields(&[("email", "a@x")]), &changes[0]);
}

#[test]
fn what_can_be_done_is_declared() {
    let contacts = object("contacts", "");
    assert_eq!(HubSpot.can(&contacts), Some(Can { undelete: true, objects: false }));
    assert_eq!(HubSpot.can(&object("", "")), None);
    assert_eq!(HubSpot.batches(&contacts), Batches { create: 100, update: 100, delete: 100, find: 10 });
    assert_eq!(HubSpot.settles(), Duration::from_secs(60));
    assert_eq!(HubSpot.properties(&contacts, &names(&["phone", "email"])), ["email", "phone"]);
}

proptest! {
    #[test]
    fn what_is_sent_is_what_is_read_again(
        texts in prop::collection::btree_map("[a-z]{1,6}", any_text(), 0..5),
        some in prop::collection::vec("[a-z ]{0,5}[a-z]", 1..4),
        (day, at) in (0_i64..40_000, 0_i64..4_000_000_000_000),
    ) {
        let (object, schema) = (object("contacts", ""), kinds());
        let desk = Desk { writer: &HubSpot, object: &object, schema: &schema };
        let moment = |millis| syncline_core::time::Timestamp::from_millis(millis).to_string();
        let mut sent: syncline_core::sync::Fields =
            texts.iter().map(|(name, text)| (format!("x_{name}"), Value::text(text.as_str()))).collect();
        sent.insert("some".to_owned(), Value::list(some.iter().map(|text| text.trim())));
        sent.insert("at".to_owned(), Value::text(moment(at)));
        sent.insert("due".to_owned(), Value::text(&moment(day * 86_400_000)[..10]));
        let call = desk.send(&Sent::Update(&[("1".to_owned(), sent.clone())]));
        let body: Json = serde_json::from_slice(&call.body).unwrap();
        let mirrored = json!({ "id": "1", "properties": body["inputs"][0]["properties"] }).to_string();
        let wanted: Vec<&str> = sent.keys().map(String::as_str).collect();
        prop_assert_eq!(desk.fields(&mirrored, &wanted), sent);
    }
}
