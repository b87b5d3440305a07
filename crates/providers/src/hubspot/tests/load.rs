//! Limits, lanes and lists. Bodies as they stand in the facts, sections 2, 3.1 to 3.3 and 3.5.

use crate::connect::Credential;
use crate::hubspot::HubSpot;
use crate::load::*;
use crate::testing::*;
use crate::wire::{Again, Call, Cost, Fault};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::time::Duration;
use syncline_core::secret::Secret;
use syncline_core::time::Timestamp;

/// Facts 3.2 and its list page.
const PAGE: &str = r#"{"results":[{"id":"501","properties":{"createdate":"2023-12-14T23:31:55.758Z","email":"a@example.com","firstname":null,
 "lastname":"","hs_object_id":"501","lastmodifieddate":"2025-01-27T19:53:15.581Z"},"createdAt":"2023-12-14T23:31:55.758Z",
 "updatedAt":"2025-01-27T19:53:15.581Z","archived":false,"url":"https://app.hubspot.com/contacts/62515/record/0-1/501"}],
 "paging":{"next":{"after":"502","link":"https://api.hubapi.com/crm/v3/objects/contacts?properties=a%2Cb&after=502"}}}"#;

const LAST: &str = r#"{"results":[]}"#;

fn wish(types: &[&str]) -> Wish {
    Wish { types: types.iter().map(|name| (*name).to_owned()).collect(), ..Wish::default() }
}

fn wish_for(object_type: &str, names: &[String]) -> Wish {
    Wish { properties: [(object_type.to_owned(), names.to_vec())].into(), ..wish(&[object_type]) }
}

/// Runs `check` with what every call needs to know.
fn with_at<T>(check: impl FnOnce(&At<'_>) -> T) -> T {
    let (hosts, token) = (hosts(), Secret::new("t-1"));
    check(&At { hosts: &hosts, token: &token, now: NOW })
}

fn walk(wish: &Wish, from: From) -> Box<dyn Walk> {
    HubSpot.walk(&HubSpot.lanes(wish)[0], wish, from, None).unwrap()
}

fn next(walk: &dyn Walk) -> Option<Call> {
    with_at(|at| walk.next(at))
}

fn take(walk: &mut dyn Walk, status: u16, body: &str) -> Result<Page, Fault> {
    with_at(|at| walk.take(at, &Answer::new(status, body).reply()))
}

/// Method and URL of the next call.
fn line(walk: &dyn Walk) -> String {
    next(walk).map_or_else(|| "end".to_owned(), |call| format!("{call:?}"))
}

fn ids(page: &Page) -> Vec<&str> {
    page.records.iter().map(|record| record.id.as_str()).collect()
}

/// So many names of properties that no URL and no search holds them.
fn many_names() -> Vec<String> {
    (0..300).map(|n| format!("a_custom_property_{n}")).collect()
}

#[test]
fn the_limits_are_those_of_facts_2_and_search_has_its_own() {
    let told = |credential| {
        let limits = HubSpot.limits(credential);
        limits.iter().map(|l| (l.name, l.counts, l.calls, l.span.as_secs(), l.penalty.as_secs())).collect()
    };
    let search = ("search", Counts::Searches, 5, 1, 1);
    let oauth: Vec<_> = told(Credential::OAuth);
    assert_eq!(oauth, [("burst", Counts::Calls, 110, 10, 10), search]);
    let key: Vec<_> = told(Credential::Key);
    assert_eq!(key, [("burst", Counts::Calls, 100, 10, 10), search]);
    assert!(HubSpot.limits(Credential::OAuth).iter().all(|limit| !limit.per_part));
    assert_eq!((HubSpot.overlap(), HubSpot.read_batch()), (Duration::from_secs(300), 100));
}

#[test]
fn a_run_reads_companies_contacts_and_deals_or_what_is_wished_for_each_type_once() {
    let told = |wish: &Wish| {
        let lanes = HubSpot.lanes(wish);
        assert!(lanes.iter().all(|lane| lane.complete && lane.key == lane.object_type));
        lanes.into_iter().map(|lane| format!("{} {}", lane.object_type, lane.title)).collect::<Vec<_>>()
    };
    assert_eq!(told(&Wish::default()), ["companies Companies", "contacts Contacts", "deals Deals"]);
    let named = wish(&["2-50158913", "0-1", "contacts", "contact", "line_items"]);
    assert_eq!(told(&named), ["2-50158913 2-50158913", "contacts Contacts", "line_items Line items"]);
    assert!(load("hubspot").is_some() && load("nobody").is_none());
}

#[test]
fn a_full_walk_lists_all_records_and_then_the_archived_ones() {
    let mut walk = walk(&wish(&["contacts"]), From::Start);
    let names = "firstname%2Clastname%2Cemail%2Cphone%2Ccompany%2Ccreatedate%2Clastmodifieddate%2C\
                 hs_merged_object_ids%2Chs_additional_emails";
    let url = |rest: &str| {
        format!(
            "GET https://api.example.com/crm/objects/2026-09/contacts?limit=100&properties={names}&{rest}"
        )
    };
    assert_eq!(line(&*walk), url("archived=false"));
    let call = next(&*walk).unwrap();
    assert_eq!((call.cost, call.again, call.part.clone()), (Cost::Call, Again::Always, None));
    assert!(raw(&call).contains("authorization: Bearer t-1 (sensitive)"));
    let page = take(&mut *walk, 200, PAGE).unwrap();
    assert_eq!((ids(&page), page.total, page.gone.len()), (vec!["501"], None, 0));
    assert_eq!(line(&*walk), url("after=502&archived=false"));
    take(&mut *walk, 200, LAST).unwrap();
    assert_eq!(line(&*walk), url("archived=true"));
    let archived =
        PAGE.replace(r#""archived":false"#, r#""archived":true,"archivedAt":"2025-02-01T00:00:00Z""#);
    let page = take(&mut *walk, 200, &archived).unwrap();
    assert!(page.records[0].archived && page.records[0].item.visibility == Some(false));
    assert!(page.records[0].body.contains(r#""archivedAt":"2025-02-01T00:00:00.000Z""#));
    assert_eq!(line(&*walk), url("after=502&archived=true"));
    take(&mut *walk, 200, LAST).unwrap();
    assert_eq!(line(&*walk), "end");
}

#[test]
fn archived_records_are_left_out_where_hubspot_lists_none_and_where_the_lane_says_so() {
    let calls = |object_type: &str, detail: Option<&str>, from| {
        let wish = wish(&[object_type]);
        let mut lane = HubSpot.lanes(&wish).remove(0);
        if let Some(detail) = detail {
            lane.detail = json!({ "archived": detail });
        }
        let mut walk = HubSpot.walk(&lane, &wish, from, None).unwrap();
        let mut calls = 0;
        while next(&*walk).is_some() {
            take(&mut *walk, 200, LAST).unwrap();
            calls += 1;
        }
        calls
    };
    let changes = From::ChangedSince(NOW);
    assert_eq!((calls("notes", None, From::Start), calls("postal_mail", None, changes)), (1, 1));
    assert_eq!((calls("deals", None, From::Start), calls("deals", None, changes)), (2, 2));
    assert_eq!((calls("deals", Some("full"), From::Start), calls("deals", Some("full"), changes)), (2, 1));
    assert_eq!(calls("deals", Some("never"), From::Start), 1);
}

#[test]
fn too_many_properties_for_a_url_are_read_in_two_calls_for_every_page() {
    let wish = wish_for("companies", &many_names());
    let mut walk = walk(&wish, From::Start);
    let url = "https://api.example.com/crm/objects/2026-09/companies";
    assert_eq!(line(&*walk), format!("GET {url}?limit=100&properties=hs_lastmodifieddate&archived=false"));
    let listed = r#"{"results":[{"id":"7"},{"id":"8"},{"id":"9"}],"paging":{"next":{"after":"10"}}}"#;
    assert_eq!(take(&mut *walk, 200, listed), Ok(Page::default()));
    let call = next(&*walk).unwrap();
    assert_eq!(format!("{call:?}"), format!("POST {url}/batch/read"));
    assert_eq!((call.cost, call.again), (Cost::Call, Again::Always));
    let body: Value = serde_json::from_slice(&call.body).unwrap();
    assert_eq!(body["inputs"], json!([{ "id": "7" }, { "id": "8" }, { "id": "9" }]));
    assert_eq!(body["properties"].as_array().unwrap().len(), 303);
    // Whoever comes back here asks for the same.
    let again = HubSpot.walk(&HubSpot.lanes(&wish)[0], &wish, From::Start, Some(&walk.save())).unwrap();
    assert_eq!(next(&*again), Some(call));
    let read = r#"{"status":"COMPLETE","results":[{"id":"8","properties":{}},{"id":"10","properties":{"hs_merged_object_ids":"7;6"}}]}"#;
    let page = take(&mut *walk, 207, read).unwrap();
    assert_eq!((ids(&page), &page.gone[..]), (vec!["10", "8"], &["9".to_owned()][..]));
    assert!(line(&*walk).ends_with("&after=10&archived=false"));
    take(&mut *walk, 200, LAST).unwrap();
    assert!(line(&*walk).ends_with("&archived=true"));
    take(&mut *walk, 200, r#"{"results":[{"id":"3"}]}"#).unwrap();
    assert_eq!(line(&*walk), format!("POST {url}/batch/read?archived=true"));
    let page = take(&mut *walk, 207, r#"{"results":[]}"#).unwrap();
    assert_eq!((page, line(&*walk)), (Page::default(), "end".to_owned()));
}

#[test]
fn a_search_that_would_be_too_long_is_made_in_two_calls_too() {
    let names: Vec<String> = (0..150).map(|n| format!("a_custom_property_{n}")).collect();
    let wish = wish_for("deals", &names);
    let list = next(&*walk(&wish, From::Start)).unwrap();
    assert!(list.url.contains("a_custom_property_149"), "for a list they are not too long");
    let mut walk = walk(&wish, From::ChangedSince(NOW));
    let body: Value = serde_json::from_slice(&next(&*walk).unwrap().body).unwrap();
    assert_eq!((&body["properties"], &body["limit"]), (&json!(["hs_lastmodifieddate"]), &json!(100)));
    let found = r#"{"total":1,"results":[{"id":"7","updatedAt":"2026-01-02T00:00:00Z"}]}"#;
    assert_eq!(take(&mut *walk, 200, found).unwrap().total, Some(1));
    assert!(line(&*walk).ends_with("/deals/batch/read"));
    let page = take(&mut *walk, 200, r#"{"results":[{"id":"7"}]}"#).unwrap();
    assert_eq!(ids(&page), ["7"]);
    assert!(line(&*walk).contains("archived=true"));
}

#[test]
fn a_url_that_is_refused_as_too_long_is_not_sent_again() {
    let mut walk = walk(&wish(&["companies"]), From::Start);
    assert!(matches!(take(&mut *walk, 414, "<html>"), Err(Fault::Transient { wait: None, .. })));
    assert!(line(&*walk).contains("properties=hs_lastmodifieddate&"));
    assert!(matches!(take(&mut *walk, 414, "<html>"), Err(Fault::Rejected(_))));
}

#[test]
fn after_a_fault_a_walk_is_where_it_was() {
    let wish = wish(&["contacts"]);
    for from in [From::Start, From::ChangedSince(NOW)] {
        let mut walk = walk(&wish, from);
        let (before, saved) = (next(&*walk), walk.save());
        for (status, body) in [
            (500, ""),
            (401, ""),
            (200, "<html>"),
            (200, "{}"),
            (200, r#"{"results":[{"properties":{}}]}"#),
            (429, r#"{"policyName":"SECONDLY"}"#),
        ] {
            assert!(take(&mut *walk, status, body).is_err(), "{status} {body}");
            assert_eq!((next(&*walk), walk.save()), (before.clone(), saved.clone()), "{status} {body}");
        }
    }
}

#[test]
fn a_list_that_goes_in_a_circle_is_not_followed() {
    let mut walk = walk(&wish(&["contacts"]), From::Start);
    take(&mut *walk, 200, PAGE).unwrap();
    assert!(matches!(take(&mut *walk, 200, PAGE), Err(Fault::Unreadable(_))));
}

#[test]
fn what_another_version_saved_is_refused() {
    let wish = wish(&["contacts"]);
    let lane = &HubSpot.lanes(&wish)[0];
    let mut saved = walk(&wish, From::Start).save();
    assert!(HubSpot.walk(lane, &wish, From::Start, Some(&saved)).is_ok());
    saved["form"] = json!(0);
    for bad in [saved, json!(null), json!({}), json!("x"), json!({ "form": 1, "place": "nowhere" })] {
        let refused = HubSpot.walk(lane, &wish, From::Start, Some(&bad)).err();
        assert!(matches!(refused, Some(Fault::Unreadable(_))), "{bad}");
    }
}

#[test]
fn a_search_never_begins_at_the_epoch() {
    let walk = walk(&wish(&["contacts"]), From::ChangedSince(Timestamp::from_millis(0)));
    let body: Value = serde_json::from_slice(&next(&*walk).unwrap().body).unwrap();
    let filter = json!({ "propertyName": "lastmodifieddate", "operator": "GTE", "value": "1136073600000" });
    assert_eq!(body["filterGroups"], json!([{ "filters": [filter] }]));
    assert_eq!(body["sorts"], json!([{ "propertyName": "lastmodifieddate", "direction": "ASCENDING" }]));
    assert_eq!(body["limit"], 200);
}

proptest! {
    #[test]
    fn no_answer_makes_a_walk_or_a_reader_panic(
        answers in prop::collection::vec(any_answer(), 0..4),
        kind in "(contact|object).(merge|associationChange|creation)",
        raw in ".{0,40}|\\{\"(newObjectId|mergedObjectIds|fromObjectId|associationType)\":(7|\\[7,null\\]|\"A_TO_B\")\\}",
    ) {
        let ids = ["1".to_owned()];
        for (wish, from) in [
            (wish(&["contacts"]), From::Start),
            (wish(&["2-7"]), From::ChangedSince(NOW)),
            (wish_for("deals", &many_names()), From::Start),
        ] {
            let mut walk = walk(&wish, from);
            for answer in &answers {
                let taken = with_at(|at| walk.take(at, &answer.reply()));
                prop_assert!(taken.is_ok() || next(&*walk).is_some());
                let found = with_at(|at| HubSpot.read_back(at, "contacts", "", &ids, &answer.reply()));
                prop_assert!(found.is_err() || found.is_ok_and(|found| found.len() == 1));
            }
        }
        let changes = HubSpot.change(&kind, "contact", "7", raw.as_bytes());
        prop_assert!(changes.iter().all(|change| !change.id.is_empty()));
    }
}
