//! Bases, tables and rows, page by page (Airtable facts 4 and 5).

use crate::airtable::Airtable;
use crate::connect::Credential;
use crate::load::{Change, From, Lane, Load, Page, Wish};
use crate::testing::*;
use crate::walking::*;
use crate::wire::{Call, Fault};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Facts 4 and 5.
const BASES: &str = r#"{"bases":[{"id":"appA","name":"Sales","permissionLevel":"create"},{"id":"appB","name":"Hidden","permissionLevel":"none"}],"offset":"itr1/appB"}"#;
const TABLES: &str = r#"{"tables":[{"id":"tblA","name":"Apartments","description":"d","primaryFieldId":"fldN",
  "fields":[{"id":"fldT","name":"Some","type":"lastModifiedTime","options":{"isValid":true,"referencedFieldIds":["fldN"]}},
    {"id":"fldM","name":"Changed","type":"lastModifiedTime","options":{"isValid":true,"referencedFieldIds":[]}},
    {"id":"fldN","name":"Name","type":"singleLineText","options":{}}],
  "views":[{"id":"viwA","name":"Grid view","type":"grid"}]},{"id":"tblB","name":"Plain","primaryFieldId":"fldX","fields":[]}]}"#;
const ROW: &str = r#"{"id":"recA","createdTime":"2022-09-12T21:03:48.000Z","fields":{"Name":"  Sunny\nflat","Changed":"2022-09-13T00:00:00.000Z","Plan":[{"id":"attA","url":"https://dl/1","filename":"p.pdf","size":3,"type":"application/pdf","thumbnails":{"small":{"url":"https://dl/2"}}}]}}"#;
const LOST: &str = r#"{"error":{"type":"LIST_RECORDS_ITERATOR_NOT_AVAILABLE"}}"#;

fn bases_lane() -> Lane {
    Airtable.lanes(&Wish::default()).remove(0)
}

/// What a lane's only page brings.
fn page(lane: &Lane, wish: &Wish, body: &str) -> Page {
    walk(&Airtable, lane, wish, From::Start, |_| Answer::new(200, body)).unwrap().remove(0)
}

fn tables_lane() -> Lane {
    page(&bases_lane(), &Wish::default(), &BASES.replace(r#","offset":"itr1/appB""#, "")).lanes.remove(0)
}

fn rows_lane() -> Lane {
    page(&tables_lane(), &Wish::default(), TABLES).lanes.remove(0)
}

fn only(types: &[&str]) -> Wish {
    Wish { types: types.iter().map(|kind| (*kind).to_owned()).collect(), ..Wish::default() }
}

#[test]
fn bases_are_listed_to_the_last_page_and_bring_their_tables_to_light() {
    let mut calls = Vec::new();
    let pages = walk(&Airtable, &bases_lane(), &Wish::default(), From::Start, |call| {
        calls.push(raw(call));
        Answer::new(200, if calls.len() == 1 { BASES } else { r#"{"bases":[]}"# })
    })
    .unwrap();
    let call = |query| {
        format!(
            "GET https://api.example.com/v0/meta/bases{query}\nauthorization: Bearer {TOKEN} (sensitive)\n\n"
        )
    };
    assert_eq!(calls, [call(""), call("?offset=itr1%2FappB")]);
    let [sales, hidden] = &pages[0].records[..] else { panic!("{pages:?}") };
    assert_eq!((sales.id.as_str(), sales.item.name.as_str(), sales.item.directory), ("appA", "Sales", true));
    assert_eq!((sales.object_type.as_str(), &sales.item.parent_id), ("base", &None));
    assert_eq!(hidden.id, "appB");
    let [lane] = &pages[0].lanes[..] else { panic!("a base nobody may read has no lane of tables") };
    assert_eq!((lane.key.as_str(), lane.title.as_str(), lane.complete), ("tables/appA", "Sales", true));
}

#[test]
fn tables_bring_their_rows_to_light() {
    let mut calls: Vec<Call> = Vec::new();
    let pages = walk(&Airtable, &tables_lane(), &Wish::default(), From::Start, |call| {
        calls.push(call.clone());
        Answer::new(200, TABLES)
    })
    .unwrap();
    assert_eq!(calls[0].url, "https://api.example.com/v0/meta/bases/appA/tables");
    assert_eq!((calls.len(), calls[0].part.as_deref()), (1, Some("appA")), "it counts against the base");
    let record = &pages[0].records[0];
    assert_eq!((record.id.as_str(), record.collection.as_str()), ("tblA", "appA"));
    assert_eq!(record.item.parent_path_or_name.as_deref(), Some("Sales"));
    let lane = &pages[0].lanes[0];
    assert_eq!((lane.key.as_str(), lane.collection.as_str()), ("rows/tblA", "appA/tblA"));
    assert_eq!((lane.title.as_str(), lane.complete), ("Sales / Apartments", true));
    assert_eq!((&lane.detail["primary"], &lane.detail["modified"]), (&json!("Name"), &json!("Changed")));
    assert_eq!(pages[0].lanes[1].detail["modified"], Value::Null);
}

#[test]
fn a_row_has_its_name_its_way_and_its_time_of_change_from_its_table() {
    let body = format!(r#"{{"records":[{ROW}]}}"#);
    let page = page(&rows_lane(), &Wish::default(), &body);
    let row = &page.records[0];
    assert_eq!((row.id.as_str(), row.collection.as_str()), ("recA", "appA/tblA"));
    assert_eq!(row.item.name, "Sunny flat");
    assert_eq!(row.item.parent_id.as_deref(), Some("tblA"));
    assert_eq!(row.item.parent_path_or_name.as_deref(), Some("Sales / Apartments"));
    assert_eq!(row.item.url.as_deref(), Some("https://airtable.com/appA/tblA/recA"));
    assert_eq!(row.item.created_at.unwrap().to_string(), "2022-09-12T21:03:48.000Z");
    assert_eq!(row.modified_at.unwrap().to_string(), "2022-09-13T00:00:00.000Z");
}

#[test]
fn addresses_of_attachments_that_end_make_no_change() {
    let read = |row: &str| page(&rows_lane(), &Wish::default(), &format!(r#"{{"records":[{row}]}}"#));
    let (now, later) = (read(ROW), read(&ROW.replace("dl/", "dl/other")));
    assert_eq!(now.records[0].hash(), later.records[0].hash());
    assert!(now.records[0].body.contains("p.pdf") && !now.records[0].body.contains("https"));
    let renamed = read(&ROW.replace("p.pdf", "q.pdf"));
    assert_ne!(now.records[0].hash(), renamed.records[0].hash());
}

#[test]
fn only_what_is_wanted_is_kept_and_what_is_passed_through_is_not_taken_for_gone() {
    let rows = only(&["row"]);
    let bases = Airtable.lanes(&rows).remove(0);
    let found = page(&bases, &rows, &BASES.replace(r#","offset":"itr1/appB""#, ""));
    assert_eq!((bases.complete, found.records.len(), found.lanes.len()), (false, 0, 1));
    assert!(!found.lanes[0].complete);
    let found = page(&found.lanes[0], &rows, TABLES);
    assert_eq!((found.records.len(), found.lanes.len()), (0, 2));
    assert!(found.lanes[0].complete);
    let bases = only(&["base"]);
    assert!(page(&bases_lane(), &bases, r#"{"bases":[{"id":"appA"}]}"#).lanes.is_empty());
    assert!(Airtable.lanes(&only(&["contacts"])).is_empty());
}

#[test]
fn a_list_whose_iterator_ran_out_begins_again() {
    let mut calls = Vec::new();
    let mut lost = false;
    let pages = walk(&Airtable, &rows_lane(), &Wish::default(), From::Start, |call| {
        calls.push(call.url.clone());
        match call.url.contains("offset") {
            true if !std::mem::replace(&mut lost, true) => Answer::new(422, LOST),
            true => Answer::new(200, r#"{"records":[{"id":"rec2"}]}"#),
            false => Answer::new(200, r#"{"records":[{"id":"rec1"}],"offset":"itr1/rec1"}"#),
        }
    })
    .unwrap();
    let first = "https://api.example.com/v0/appA/tblA?pageSize=100";
    let second = &format!("{first}&offset=itr1%2Frec1");
    assert_eq!(calls, [first, second, first, second]);
    assert_eq!(ids(&pages), BTreeSet::from(["rec1".to_owned(), "rec2".to_owned()]));
}

#[test]
fn a_list_that_never_lasts_is_a_fault_after_which_it_begins_again() {
    let mut calls = 0;
    let lane = rows_lane();
    let ended = walk(&Airtable, &lane, &Wish::default(), From::Start, |call| {
        calls += 1;
        match call.url.contains("offset") {
            true => Answer::new(422, LOST),
            false => Answer::new(200, r#"{"records":[],"offset":"itr1/rec1"}"#),
        }
    });
    assert!(matches!(ended, Err(Fault::Transient { .. })));
    assert_eq!(calls, 12, "the first time, and five times again");
    let mut first = Airtable.walk(&lane, &Wish::default(), From::Start, None).unwrap();
    with_at(|at| {
        let refused = Answer::new(422, LOST);
        assert!(first.take(at, &refused.reply()).is_err(), "nothing was lost on the first page");
    });
}

#[test]
fn a_page_that_cannot_be_understood_is_not_the_last_one() {
    for body in [
        r#"{"records":[{"fields":{}}]}"#,
        r#"{"records":[{"id":"../x"}]}"#,
        r#"{"records":[],"offset":7}"#,
        r#"{"records":[],"offset":""}"#,
        r#"{"bases":[]}"#,
        "",
    ] {
        let read = walk(&Airtable, &rows_lane(), &Wish::default(), From::Start, |_| Answer::new(200, body));
        assert!(matches!(read, Err(Fault::Unreadable(_))), "{body}");
    }
    let page = r#"{"records":[],"offset":"itr1"}"#;
    let read = walk(&Airtable, &rows_lane(), &Wish::default(), From::Start, |_| Answer::new(200, page));
    assert_eq!(read, Err(Fault::Unreadable("the next page is this page again")));
}

#[test]
fn an_offset_too_long_for_a_url_goes_into_a_body() {
    let long = "x".repeat(15_000);
    let mut calls = Vec::new();
    walk(&Airtable, &rows_lane(), &Wish::default(), From::Start, |call| {
        calls.push(call.clone());
        let more = json!({ "records": [], "offset": long });
        Answer::new(200, if calls.len() == 1 { more.to_string() } else { r#"{"records":[]}"#.to_owned() })
    })
    .unwrap();
    assert_eq!(calls[1].url, "https://api.example.com/v0/appA/tblA/listRecords");
    let body: Value = serde_json::from_slice(&calls[1].body).unwrap();
    assert_eq!(body, json!({ "offset": long, "pageSize": 100 }));
    assert_eq!(calls[1].part.as_deref(), Some("appA"));
}

#[test]
fn limits_are_those_of_a_base_and_of_a_person() {
    let [base, account] = Airtable.limits(Credential::OAuth) else { panic!("two limits") };
    assert_eq!((base.calls, base.per_part, base.penalty.as_secs()), (5, true, 30));
    assert_eq!((account.calls, account.per_part), (50, false));
    assert!(!Airtable.knows_changes(&rows_lane()));
}

#[test]
fn places_and_lanes_of_other_versions_are_refused() {
    for lane in [bases_lane(), tables_lane(), rows_lane()] {
        accepts_only_known_places(&Airtable, &lane);
    }
    for (key, detail) in [("rows/tblA", json!({})), ("tables/appA", json!(null)), ("views/x", json!({}))] {
        let lane = Lane { key: key.to_owned(), detail, ..rows_lane() };
        assert!(Airtable.walk(&lane, &Wish::default(), From::Start, None).is_err(), "{key}");
    }
}

#[test]
fn a_change_says_which_row_of_which_table() {
    let raw = br#"{"base":"appA","table":"tblA","record":"recA"}"#;
    let change = Change { object_type: "row".into(), collection: "appA/tblA".into(), id: "recA".into() };
    assert_eq!(Airtable.change("record.changed", "row", "recA", raw), [change]);
    let change = Change { object_type: "table".into(), collection: "appA".into(), id: "tblA".into() };
    assert_eq!(Airtable.change("table.changed", "table", "tblA", raw), [change]);
    let ping = br#"{"base":{"id":"appA"},"webhook":{"id":"achA"},"timestamp":"2022-02-01T21:25:05.663Z"}"#;
    assert_eq!(Airtable.change("webhook.ping", "base", "appA", ping), []);
    assert_eq!(Airtable.change("record.changed", "row", "recA", b"not JSON"), []);
}

proptest! {
    /// A server whose iterators run out now and then: every row is found nevertheless, or the walk says that it failed.
    #[test]
    fn every_row_is_found_however_often_the_iterator_runs_out(
        rows in 0..40_usize, size in 1..7_usize, lost in prop::collection::vec(prop::bool::weighted(0.15), 0..60),
    ) {
        let mut lost = lost.into_iter();
        let walked = walk(&Airtable, &rows_lane(), &Wish::default(), From::Start, |call| {
            let at = call.url.split_once("itr%2F").map_or(0, |(_, at)| at.parse::<usize>().unwrap());
            if at > 0 && lost.next().unwrap_or(false) {
                return Answer::new(422, LOST);
            }
            let end = (at + size).min(rows);
            let records: Vec<_> = (at..end).map(|row| json!({ "id": format!("rec{row}") })).collect();
            let mut body = json!({ "records": records });
            if end < rows {
                body["offset"] = json!(format!("itr/{end}"));
            }
            Answer::new(200, body.to_string())
        });
        match walked {
            Ok(pages) => prop_assert_eq!(ids(&pages).len(), rows),
            Err(fault) => prop_assert!(matches!(fault, Fault::Transient { .. }), "not a fault that passes"),
        }
    }

    #[test]
    fn no_answer_makes_a_walk_panic(answer in any_answer()) {
        for lane in [bases_lane(), tables_lane(), rows_lane()] {
            walks_survive(&Airtable, &lane, &answer);
        }
        for (kind, place) in [("row", "appA/tblA"), ("table", "appA"), ("base", ""), ("x", "y")] {
            let _ = read(&Airtable, (kind, place), &["recA", "recB"], &answer);
        }
    }
}
