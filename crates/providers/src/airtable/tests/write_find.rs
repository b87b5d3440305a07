//! Looking for rows by a value (Airtable facts 5).

use crate::airtable::Airtable;
use crate::testing::*;
use crate::wire::{Again, Fault};
use crate::writing::*;
use http::Method;
use serde_json::{Value as Json, json};
use syncline_core::sync::Kind;

fn with_desk<T>(check: impl FnOnce(&Desk<'_>) -> T) -> T {
    let (object, schema) = (object("row", "appA/tblA"), schema(&[("Email", Kind::Text)]));
    check(&Desk { writer: &Airtable, object: &object, schema: &schema })
}

/// The formula of the call that looks for these.
fn formula(field: &str, values: &[&str]) -> String {
    let call = with_desk(|desk| desk.find(field, values)).unwrap();
    if call.method == Method::POST {
        let body: Json = serde_json::from_slice(&call.body).unwrap();
        return body["filterByFormula"].as_str().unwrap().to_owned();
    }
    let url = url::Url::parse(&call.url).unwrap();
    let mut query = url.query_pairs();
    query.find(|(name, _)| name == "filterByFormula").unwrap().1.into_owned()
}

#[test]
fn a_formula_looks_for_values_in_whatever_case() {
    let call = with_desk(|desk| desk.find("Email", &["Ada@X"])).unwrap();
    assert_eq!(
        raw(&call),
        "GET https://api.example.com/v0/appA/tblA?pageSize=100&filterByFormula=LOWER%28%7BEmail%7D%29%3D%27ada%40x%27\n\
         authorization: Bearer token-of-the-tests-0123456789 (sensitive)\n\n"
    );
    assert_eq!((call.part.as_deref(), call.again), (Some("appA"), Again::Always));
    assert_eq!(formula("Email", &["a", "b"]), "OR(LOWER({Email})='a',LOWER({Email})='b')");
}

#[test]
fn nothing_in_a_value_or_a_name_ends_its_place_in_the_formula() {
    assert_eq!(formula("Email", &["o'x\\"]), r"LOWER({Email})='o\'x\\'");
    assert_eq!(formula("Email", &["a\n\r\tb"]), r"LOWER({Email})='a\n\r\tb'");
    assert_eq!(formula("a}b\\", &["x"]), r"LOWER({a\}b\\})='x'");
    assert_eq!(formula("Email", &["',TRUE(),'"]), r"LOWER({Email})='\',true(),\''");
}

#[test]
fn a_formula_that_is_too_long_for_a_url_goes_as_a_body() {
    let long = "é".repeat(254);
    let values = [long.as_str(); 25];
    let call = with_desk(|desk| desk.find("Email", &values)).unwrap();
    assert_eq!(call.url, "https://api.example.com/v0/appA/tblA/listRecords");
    assert!(formula("Email", &values).len() > 25 * 508);
}

#[test]
fn every_row_that_has_a_value_is_told_with_the_value_as_it_was_asked_for() {
    let rows = json!({ "records": [
        { "id": "recA", "fields": { "Email": "ada@x" } }, { "id": "recB", "fields": { "Email": "ADA@X" } },
        { "id": "recC", "fields": {} }, { "id": "recD", "fields": { "Email": "else@x" } } ] });
    let pair = |id: &str| ("Ada@X".to_owned(), id.to_owned());
    with_desk(|desk| {
        let answer = Answer::new(200, rows.to_string());
        assert_eq!(desk.found("Email", &["Ada@X", "b"], &answer), Ok(vec![pair("recA"), pair("recB")]));
    });
}

#[test]
fn values_of_which_not_all_rows_are_on_the_page_have_to_be_asked_for_by_themselves() {
    let page = Answer::new(200, r#"{"records":[{"id":"recA","fields":{"Email":"a"}}],"offset":"itr1/recA"}"#);
    with_desk(|desk| {
        assert!(matches!(desk.found("Email", &["a", "b"], &page), Err(Fault::Rejected(_))));
        assert_eq!(desk.found("Email", &["a"], &page), Ok(vec![("a".to_owned(), "recA".to_owned())]));
    });
}

#[test]
fn a_list_that_cannot_be_read_found_not_nothing() {
    with_desk(|desk| {
        for body in ["", "{}", "[]", "<html>", r#"{"records":[{"fields":{}}]}"#] {
            assert!(
                matches!(desk.found("Email", &["a"], &Answer::new(200, body)), Err(Fault::Unreadable(_))),
                "{body}"
            );
        }
        assert!(matches!(desk.found("Email", &["a"], &Answer::new(422, "{}")), Err(Fault::Rejected(_))));
    });
}
