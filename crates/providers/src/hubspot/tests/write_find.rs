//! Looking for records by a value (HubSpot facts 2 and 3.4).

use crate::hubspot::HubSpot;
use crate::testing::*;
use crate::wire::{Again, Cost, Fault};
use crate::writing::*;
use serde_json::json;
use syncline_core::sync::Kind;

fn with_desk<T>(check: impl FnOnce(&Desk<'_>) -> T) -> T {
    let object = object("contacts", "");
    let schema = schema(&[("email", Kind::Email), ("stage", Kind::Choice(vec!["New".to_owned()]))]);
    check(&Desk { writer: &HubSpot, object: &object, schema: &schema })
}

#[test]
fn values_are_searched_in_lower_case_and_choices_as_they_are() {
    with_desk(|desk| {
        let call = desk.find("email", &["Ada@X", "b@x"]).unwrap();
        assert_eq!(
            raw(&call),
            "POST https://api.example.com/crm/objects/2026-09/contacts/search\n\
             authorization: Bearer token-of-the-tests-0123456789 (sensitive)\n\
             content-type: application/json\n\n\
             {\"filterGroups\":[{\"filters\":[{\"operator\":\"IN\",\"propertyName\":\"email\",\"values\":[\"ada@x\",\"b@x\"]}]}],\
             \"limit\":200,\"properties\":[\"email\"]}"
        );
        assert_eq!((call.cost, call.again), (Cost::Search, Again::Always));
        let choice = desk.find("stage", &["New"]).unwrap();
        assert!(std::str::from_utf8(&choice.body).unwrap().contains(r#""values":["New"]"#));
    });
}

#[test]
fn the_longest_addresses_fit_into_one_body() {
    let longest = format!("{}@{}.example", "a".repeat(64), "b".repeat(181));
    assert_eq!(longest.len(), 254);
    with_desk(|desk| {
        let call = desk.find("tte_customer_secondary_emails", &[longest.as_str(); 10]).unwrap();
        assert!(call.body.len() <= 3_000, "{}", call.body.len());
    });
}

#[test]
fn every_record_that_has_a_value_is_told_with_the_value_as_it_was_asked_for() {
    let results = json!({ "total": 4, "results": [
        { "id": "1", "properties": { "email": "ada@x" } },
        { "id": "2", "properties": { "email": "ADA@X" } },
        { "id": "3", "properties": { "email": null } },
        { "id": "4", "properties": { "email": "somebody@else" } },
    ]});
    let pair = |id: &str| ("Ada@X".to_owned(), id.to_owned());
    with_desk(|desk| {
        let answer = Answer::new(200, results.to_string());
        assert_eq!(desk.found("email", &["Ada@X", "b@x"], &answer), Ok(vec![pair("1"), pair("2")]));
        assert_eq!(
            desk.found("email", &["b@x"], &Answer::new(200, r#"{"total":0,"results":[]}"#)),
            Ok(vec![])
        );
    });
}

#[test]
fn values_of_which_not_all_records_are_on_the_page_have_to_be_asked_for_by_themselves() {
    let page = r#"{"total":300,"results":[{"id":"1","properties":{"email":"a@x"}}],"paging":{"next":{"after":"200"}}}"#;
    with_desk(|desk| {
        let answer = Answer::new(200, page);
        assert!(matches!(desk.found("email", &["a@x", "b@x"], &answer), Err(Fault::Rejected(_))));
        let alone = desk.found("email", &["a@x"], &answer);
        assert_eq!(
            alone,
            Ok(vec![("a@x".to_owned(), "1".to_owned())]),
            "who has one of many is not alone anyway"
        );
    });
}

#[test]
fn a_search_that_cannot_be_read_found_not_nothing() {
    with_desk(|desk| {
        for body in ["", "{}", "[]", "<html>", r#"{"results":[{"properties":{}}]}"#] {
            let found = desk.found("email", &["a"], &Answer::new(200, body));
            assert!(matches!(found, Err(Fault::Unreadable(_))), "{body}");
        }
        let limited = r#"{"message":"You have reached your secondly limit.","policyName":"SECONDLY"}"#;
        assert!(matches!(
            desk.found("email", &["a"], &Answer::new(429, limited)),
            Err(Fault::RateLimited { .. })
        ));
        assert!(matches!(
            desk.found("email", &["a"], &Answer::new(404, "<html>")),
            Err(Fault::Transient { .. })
        ));
    });
}
