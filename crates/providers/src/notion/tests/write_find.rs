//! Looking for pages by a value (Notion facts 4 to 6).

use crate::notion::Notion;
use crate::testing::*;
use crate::wire::{Again, Fault};
use crate::writing::*;
use serde_json::{Value as Json, json};
use syncline_core::sync::Schema;

fn with_desk<T>(check: impl FnOnce(&Desk<'_>) -> T) -> T {
    let types = [
        "title",
        "rich_text",
        "url",
        "email",
        "phone_number",
        "select",
        "status",
        "multi_select",
        "date",
        "people",
        "formula",
    ];
    let types = types.map(|of| (of.to_owned(), of.to_owned())).into();
    let (object, schema) = (object("page", "ds1"), Schema { types, ..Schema::default() });
    check(&Desk { writer: &Notion, object: &object, schema: &schema })
}

fn page(id: &str, mail: &str) -> Json {
    json!({ "object": "page", "id": id, "properties": { "email": { "type": "email", "email": mail } } })
}

fn list(results: &[Json], more: &Json) -> Answer {
    let mut body = json!({ "object": "list", "results": results, "has_more": false, "next_cursor": null });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    Answer::new(200, body.to_string())
}

#[test]
fn pages_are_asked_for_by_a_filter_of_the_propertys_own_type() {
    with_desk(|desk| {
        let call = desk.find("email", &["a@x"]).unwrap();
        assert_eq!(
            raw(&call),
            "POST https://api.example.com/v1/data_sources/ds1/query\n\
             authorization: Bearer token-of-the-tests-0123456789 (sensitive)\n\
             content-type: application/json\n\
             notion-version: 2026-03-11\n\n\
             {\"filter\":{\"email\":{\"equals\":\"a@x\"},\"property\":\"email\"},\"page_size\":100}"
        );
        assert_eq!(call.again, Again::Always);
        let filter = |field: &str, values: &[&str]| {
            desk.find(field, values)
                .map(|call| serde_json::from_slice::<Json>(&call.body).unwrap()["filter"].clone())
        };
        let either = json!({ "or": [
            { "property": "title", "title": { "equals": "a" } }, { "property": "title", "title": { "equals": "b" } } ] });
        assert_eq!(filter("title", &["a", "b"]), Some(either));
        for of in ["rich_text", "url", "phone_number", "select", "status"] {
            assert_eq!(filter(of, &["a"]), Some(json!({ "property": of, of: { "equals": "a" } })));
        }
        let seven = json!({ "property": "number", "number": { "equals": 7 } });
        assert_eq!(filter("number", &["7"]), Some(seven));
        let some = json!({ "property": "multi_select", "multi_select": { "contains": "a" } });
        assert_eq!(filter("multi_select", &["a"]), Some(some));
        for of in ["date", "people", "formula", "unknown"] {
            assert_eq!(filter(of, &["a"]), None, "{of} is not compared with a text");
        }
    });
}

#[test]
fn every_page_that_has_a_value_is_told_with_the_value_as_it_was_asked_for() {
    let results = [
        page("p1", "a@x"),
        page("p2", "A@X"),
        page("p3", "c@x"),
        json!({ "object": "data_source", "id": "ds2" }),
    ];
    let pair = |id: &str| ("A@x".to_owned(), id.to_owned());
    with_desk(|desk| {
        let found = desk.found("email", &["A@x", "b@x"], &list(&results, &json!({})));
        assert_eq!(found, Ok(vec![pair("p1"), pair("p2")]));
        assert_eq!(desk.found("email", &["b@x"], &list(&[], &json!({}))), Ok(vec![]));
    });
}

#[test]
fn an_answer_that_does_not_tell_for_each_value_who_has_it_is_asked_for_again_apart() {
    let one = || vec![("a@x".to_owned(), "p1".to_owned())];
    let partial = json!({ "object": "page", "id": "p1" });
    with_desk(|desk| {
        for answer in [
            list(&[page("p1", "a@x")], &json!({ "has_more": true, "next_cursor": "c2" })),
            list(&[page("p1", "a@x")], &json!({ "request_status": { "type": "incomplete" } })),
            list(std::slice::from_ref(&partial), &json!({})),
        ] {
            assert!(matches!(desk.found("email", &["a@x", "b@x"], &answer), Err(Fault::Rejected(_))));
            assert_eq!(desk.found("email", &["a@x"], &answer), Ok(one()));
        }
    });
}

#[test]
fn a_list_that_cannot_be_read_found_not_nothing() {
    with_desk(|desk| {
        for body in [
            "",
            "{}",
            "[]",
            "<html>",
            r#"{"results":[]}"#,
            r#"{"results":[{"object":"page"}],"has_more":false}"#,
        ] {
            assert!(
                matches!(desk.found("email", &["a"], &Answer::new(200, body)), Err(Fault::Unreadable(_))),
                "{body}"
            );
        }
        let wrong = r#"{"object":"error","status":400,"code":"validation_error","message":"m"}"#;
        assert!(matches!(desk.found("email", &["a"], &Answer::new(400, wrong)), Err(Fault::Rejected(_))));
    });
}
