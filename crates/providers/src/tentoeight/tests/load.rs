//! Customers: lists, single ones, deleted ones (10to8 facts 3 to 5).

use crate::load::{Change, Found, From, Lane, Load, Page, Wish};
use crate::tentoeight::TenToEight;
use crate::testing::*;
use crate::walking::*;
use crate::wire::Fault;
use proptest::prelude::*;
use serde_json::json;

/// Facts 4.
const ADA: &str = r#"{"resource_uri":"https://api.example.com/api/enterprise/v2/customer/123/","name":"Ada Lovelace","emails":["ada@example.org"],
 "numbers":["+441234567890"],"custom_fields":{"External ID":"51","Sync Status":"Last synced: 2021-10-20T21:33:48.123456"},"deleted":false}"#;
const LIST: &str = "https://api.example.com/api/enterprise/v2/customer/?include_deleted=True&limit=100";

fn uri(id: u32) -> String {
    format!("https://api.example.com/api/enterprise/v2/customer/{id}/")
}

fn lane() -> Lane {
    TenToEight.lanes(&Wish::default()).remove(0)
}

/// What one page makes of the walk.
fn one(body: &str) -> Result<Vec<Page>, Fault> {
    let mut answered = false;
    walk(&TenToEight, &lane(), &Wish::default(), From::Start, |_| {
        assert!(!std::mem::replace(&mut answered, true), "another page was asked for");
        Answer::new(200, body)
    })
}

#[test]
fn the_list_is_asked_for_with_the_deleted_and_followed_to_its_end() {
    let mut calls = Vec::new();
    let pages = walk(&TenToEight, &lane(), &Wish::default(), From::Start, |call| {
        calls.push(raw(call));
        let next = format!("{LIST}&cursor=2");
        Answer::new(
            200,
            match calls.len() {
                1 => format!(r#"{{"results":[{ADA}],"next":"{next}"}}"#),
                _ => {
                    format!(r#"{{"results":[{{"resource_uri":"{}","deleted":true}}],"next":null}}"#, uri(124))
                }
            },
        )
    })
    .unwrap();
    let call = |url: &str| format!("GET {url}\nauthorization: token {TOKEN} (sensitive)\n\n");
    assert_eq!(calls, [call(LIST), call(&format!("{LIST}&cursor=2"))]);
    let record = &pages[0].records[0];
    assert_eq!((record.id.as_str(), record.item.name.as_str()), (uri(123).as_str(), "Ada Lovelace"));
    assert_eq!((record.modified_at, record.archived), (None, false));
    assert_eq!(record.body, serde_json::from_str::<serde_json::Value>(ADA).unwrap().to_string());
    assert_eq!((pages[1].records.len(), &pages[1].gone), (0, &vec![uri(124)]));
}

#[test]
fn an_empty_page_ends_the_list_whatever_comes_next() {
    let next = format!("{LIST}&cursor=2");
    for results in ["[]", "null"] {
        assert_eq!(one(&format!(r#"{{"results":{results},"next":"{next}"}}"#)).unwrap(), [Page::default()]);
    }
}

#[test]
fn the_key_never_goes_to_another_host() {
    for next in [
        "https://evil.example/api/enterprise/v2/customer/?page=2",
        "http://api.example.com/api/enterprise/v2/customer/?page=2",
        "https://api.example.com:8443/api/enterprise/v2/customer/?page=2",
        "https://api.example.com.evil.example/api/enterprise/v2/customer/",
        "https://api.example.com@evil.example/api/enterprise/v2/customer/",
        "https://u:p@api.example.com/api/enterprise/v2/customer/",
        "https://api.example.com/api/enterprise/v2/customer/../../../elsewhere",
        "/api/enterprise/v2/customer/?page=2",
    ] {
        let body = json!({ "results": [{ "resource_uri": uri(1) }], "next": next });
        assert!(matches!(one(&body.to_string()), Err(Fault::Unreadable(_))), "{next}");
        let saved = json!({ "next": next, "done": false });
        let walk = TenToEight.walk(&lane(), &Wish::default(), From::Start, Some(&saved)).unwrap();
        with_at(|at| assert_eq!(walk.next(at).unwrap().url, LIST, "a saved {next}"));
    }
    for id in ["https://evil.example/api/enterprise/v2/customer/123/", "https://evil.example/x", "../..", ""]
    {
        let (call, _) = read(&TenToEight, ("customer", ""), &[id], &Answer::new(404, "{}"));
        let url = url::Url::parse(&call.url).unwrap();
        assert_eq!((url.host_str(), url.port()), (Some("api.example.com"), None));
        assert!(url.path().starts_with("/api/enterprise/v2/customer/"), "{url}");
    }
}

#[test]
fn what_does_not_say_who_or_what_comes_next_is_not_taken_for_the_whole() {
    for body in [
        r#"{"results":[{"name":"x"}],"next":null}"#,
        &format!(r#"{{"results":[{ADA}]}}"#),
        &format!(r#"{{"results":[{ADA}],"next":7}}"#),
        &format!(r#"{{"results":[{ADA}],"next":"{LIST}"}}"#),
        r#"{"next":null}"#,
        "[]",
    ] {
        assert!(matches!(one(body), Err(Fault::Unreadable(_))), "{body}");
    }
}

#[test]
fn a_single_customer_is_read_by_the_path_of_its_uri() {
    let (call, found) = read(&TenToEight, ("customer", ""), &[&uri(123)], &Answer::new(200, ADA));
    assert_eq!(call.url, uri(123));
    let found = found.unwrap();
    assert!(
        matches!(&found[..], [Found::Here(record)] if record.id == uri(123) && record.merged_ids.is_empty())
    );
    let unslashed = uri(123).trim_end_matches('/').to_owned();
    let (call, _) = read(&TenToEight, ("customer", ""), &[&unslashed], &Answer::new(200, ADA));
    assert_eq!(call.url, unslashed);

    let gone = vec![Found::Gone(uri(123))];
    for (status, body) in [(404, r#"{"detail":"Not found."}"#), (200, &ADA.replace("false", "true"))] {
        let (_, found) = read(&TenToEight, ("customer", ""), &[&uri(123)], &Answer::new(status, body));
        assert_eq!(found, Ok(gone.clone()));
    }
    let (_, page) = read(&TenToEight, ("customer", ""), &[&uri(123)], &Answer::new(404, "<html>"));
    assert!(matches!(page, Err(Fault::Transient { .. })), "an edge's page deletes nobody");
}

#[test]
fn a_customer_that_answers_under_another_uri_was_merged_into_it() {
    let (_, found) = read(&TenToEight, ("customer", ""), &[&uri(7)], &Answer::new(200, ADA));
    let found = found.unwrap();
    assert!(
        matches!(&found[..], [Found::Here(record)] if record.id == uri(123) && record.merged_ids == [uri(7)])
    );
}

#[test]
fn without_a_name_people_see_the_address_or_the_number() {
    let name = |mut customer: serde_json::Value| {
        customer["resource_uri"] = json!(uri(1));
        let pages = one(&json!({ "results": [customer], "next": null }).to_string()).unwrap();
        pages[0].records[0].item.name.clone()
    };
    assert_eq!(name(json!({ "name": "", "emails": ["a@b"], "numbers": ["1"] })), "a@b");
    assert_eq!(name(json!({ "name": null, "emails": [], "numbers": ["1"] })), "1");
    assert_eq!(name(json!({})), "");
}

#[test]
fn an_event_means_its_customer_and_no_other_address() {
    let change = |kind, id: &str| TenToEight.change("customer.changed", kind, id, b"{}");
    let expected = Change { object_type: "customer".into(), collection: String::new(), id: uri(5) };
    assert_eq!(change("customer", &uri(5)), [expected]);
    assert_eq!(change("booking", &uri(5)), []);
    assert_eq!(change("customer", "https://api.example.com/api/enterprise/v2/subscription/5/"), []);
}

#[test]
fn nothing_but_customers_is_offered() {
    assert!(TenToEight.lanes(&Wish { types: vec!["page".into()], ..Wish::default() }).is_empty());
    assert!(!TenToEight.knows_changes(&lane()));
    accepts_only_known_places(&TenToEight, &lane());
    let other = Lane { key: "bookings".into(), ..lane() };
    assert!(TenToEight.walk(&other, &Wish::default(), From::Start, None).is_err());
}

proptest! {
    #[test]
    fn every_customer_is_found_however_the_pages_are_cut(cuts in prop::collection::vec(1..5_u32, 0..12)) {
        let (mut from, mut served) = (0, 0);
        let pages = walk(&TenToEight, &lane(), &Wish::default(), From::Start, |_| {
            let size = cuts.get(served).copied().unwrap_or(0);
            served += 1;
            let results: Vec<_> = (from..from + size).map(|id| json!({ "resource_uri": uri(id) })).collect();
            from += size;
            let next = (served < cuts.len()).then(|| format!("{LIST}&cursor={served}"));
            Answer::new(200, json!({ "results": results, "next": next }).to_string())
        }).unwrap();
        let all: u32 = cuts.iter().sum();
        prop_assert_eq!(ids(&pages).len(), all as usize);
    }

    #[test]
    fn no_answer_makes_a_walk_panic(answer in any_answer()) {
        walks_survive(&TenToEight, &lane(), &answer);
        let _ = read(&TenToEight, ("customer", ""), &[&uri(1)], &answer);
    }
}
