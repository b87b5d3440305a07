//! Search, data sources, databases, single objects (Notion facts 3 to 9).

use crate::connect::Credential;
use crate::load::{Change, Found, From, Lane, Load, Page, Wish};
use crate::notion::Notion;
use crate::testing::*;
use crate::walking::*;
use crate::wire::{Again, Call, Fault};
use proptest::prelude::*;
use serde_json::{Value, json};
use syncline_core::time::Timestamp;

/// Facts 6 and 7.
const ROW: &str = r#"{"object":"page","id":"p1","created_time":"2026-01-01T10:00:00.000Z","last_edited_time":"2026-01-02T10:00:00.000Z",
 "in_trash":false,"is_archived":false,"url":"https://www.notion.so/Ada-p1","public_url":null,"icon":null,
 "cover":{"type":"file","file":{"url":"https://files/c.png?X-Amz-Signature=1","expiry_time":"2026-01-02T11:00:00.000Z"}},
 "parent":{"type":"data_source_id","data_source_id":"ds1","database_id":"db1"},
 "properties":{"Mail":{"id":"m","type":"email","email":"a@b"},
  "Name":{"id":"title","type":"title","title":[{"type":"text","plain_text":"Ada "},{"type":"text","plain_text":"Lovelace"}]}}}"#;
const SOURCE: &str = r#"{"object":"data_source","id":"ds1","title":[{"plain_text":"People"}],"parent":{"type":"database_id","database_id":"db1"},
 "database_parent":{"type":"workspace","workspace":true},"in_trash":false,"created_time":"2026-01-01T10:00:00.000Z","last_edited_time":"2026-01-01T10:00:00.000Z",
 "properties":{"Name":{"id":"title","name":"Name","type":"title","title":{}}},"url":"https://www.notion.so/ds1"}"#;
const DATABASE: &str = r#"{"object":"database","id":"db1","title":[{"plain_text":"CRM"}],"parent":{"type":"page_id","page_id":"p0"},"in_trash":false,
 "created_time":"2026-01-01T10:00:00.000Z","last_edited_time":"2026-01-01T10:00:00.000Z","data_sources":[{"id":"ds1","name":"People"}],"url":"https://www.notion.so/db1","request_id":"r1"}"#;

fn list(results: &[Value], next: Option<&str>) -> Answer {
    let body =
        json!({ "object": "list", "results": results, "has_more": next.is_some(), "next_cursor": next });
    Answer::new(200, body.to_string())
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn lane(key: &str) -> Lane {
    Notion.lanes(&Wish::default()).into_iter().find(|lane| lane.key == key).unwrap()
}

/// The pages of a walk that finds these in the first phase and nothing in the trash.
fn found(lane: &Lane, wish: &Wish, results: &[Value]) -> Vec<Page> {
    walk(&Notion, lane, wish, From::Start, |call| {
        let trash = String::from_utf8_lossy(&call.body).contains("in_trash");
        list(if trash { &[] } else { results }, None)
    })
    .unwrap()
}

fn body(call: &Call) -> Value {
    serde_json::from_slice(&call.body).unwrap()
}

#[test]
fn search_goes_from_the_newest_edit_and_then_through_the_trash() {
    let mut calls = Vec::new();
    let pages = walk(&Notion, &lane("search/pages"), &Wish::default(), From::Start, |call| {
        calls.push(call.clone());
        match calls.len() {
            1 => list(&[parsed(ROW)], Some("c2")),
            2 => list(&[], None),
            _ => list(
                &[parsed(&ROW.replace(r#""in_trash":false"#, r#""in_trash":true"#).replace("p1", "p2"))],
                None,
            ),
        }
    })
    .unwrap();
    assert_eq!(
        raw(&calls[0]),
        format!(
            "POST https://api.example.com/v1/search\nauthorization: Bearer {TOKEN} (sensitive)\n\
             content-type: application/json\nnotion-version: 2026-03-11\n\n{}",
            r#"{"filter":{"property":"object","value":"page"},"page_size":100,"sort":{"direction":"descending","timestamp":"last_edited_time"}}"#
        )
    );
    assert_eq!(calls[0].again, Again::Always, "to look twice is to look once");
    assert_eq!(body(&calls[1])["start_cursor"], "c2");
    assert_eq!(body(&calls[2])["filter"], json!({ "property": "object", "value": "page", "in_trash": true }));
    assert_eq!(calls.len(), 3);
    let page = &pages[0].records[0];
    assert_eq!((page.object_type.as_str(), page.collection.as_str()), ("page", "ds1"));
    assert_eq!((page.item.name.as_str(), page.item.directory), ("Ada Lovelace", false));
    assert_eq!((page.item.parent_id.as_deref(), page.item.visibility), (Some("ds1"), Some(true)));
    assert_eq!(page.item.url.as_deref(), Some("https://www.notion.so/Ada-p1"));
    assert_eq!(page.modified_at.unwrap().to_string(), "2026-01-02T10:00:00.000Z");
    assert_eq!(page.item.created_at.unwrap().to_string(), "2026-01-01T10:00:00.000Z");
    let trashed = &pages[2].records[0];
    assert_eq!((trashed.archived, trashed.item.visibility), (true, Some(false)));
}

#[test]
fn what_is_not_in_a_data_source_is_in_no_collection() {
    for (parent, id) in [
        (json!({ "type": "workspace", "workspace": true }), None),
        (json!({ "type": "page_id", "page_id": "p0" }), Some("p0")),
        (json!({ "type": "block_id", "block_id": "b0" }), Some("b0")),
    ] {
        let mut page = parsed(ROW);
        page["parent"] = parent;
        let pages = found(&lane("search/pages"), &Wish::default(), &[page]);
        let record = &pages[0].records[0];
        assert_eq!((record.collection.as_str(), record.item.parent_id.as_deref()), ("", id));
    }
}

#[test]
fn changes_are_searched_until_they_are_older_than_a_minute_before() {
    let since = Timestamp::parse("2026-01-02T10:01:00Z").unwrap();
    let walked = |edited: &str| {
        let mut asked = 0;
        walk(&Notion, &lane("search/pages"), &Wish::default(), From::ChangedSince(since), |call| {
            let in_trash = body(call)["filter"]["in_trash"] == true;
            asked += u32::from(!in_trash);
            let mut page = parsed(ROW);
            page["last_edited_time"] = json!(edited);
            let next = format!("c{asked}");
            list(&[page], (!in_trash && asked < 3).then_some(next.as_str()))
        })
        .unwrap();
        asked
    };
    assert_eq!(
        walked("2026-01-02T10:00:00.000Z"),
        3,
        "it may have been edited at 10:00:59, and others after it"
    );
    assert_eq!(walked("2026-01-02T09:59:00.000Z"), 1);
}

#[test]
fn data_sources_bring_their_pages_and_databases_to_light() {
    let pages = found(&lane("search/data_sources"), &Wish::default(), &[parsed(SOURCE)]);
    let source = &pages[0].records[0];
    assert_eq!((source.item.name.as_str(), source.item.directory), ("People", true));
    assert_eq!(source.item.parent_id.as_deref(), Some("db1"));
    let [rows, database] = &pages[0].lanes[..] else { panic!("{:?}", pages[0].lanes) };
    assert_eq!((rows.key.as_str(), rows.collection.as_str()), ("pages/ds1", "ds1"));
    assert_eq!((rows.title.as_str(), rows.complete), ("People", true));
    assert_eq!((database.key.as_str(), database.complete), ("database/db1", false));
    assert!(Notion.knows_changes(rows) && !Notion.knows_changes(database));
    assert!(!Notion.knows_changes(&lane("search/data_sources")));

    let trashed = SOURCE.replace(r#""in_trash":false"#, r#""in_trash":true"#);
    let pages = found(&lane("search/data_sources"), &Wish::default(), &[parsed(&trashed)]);
    assert!(pages[0].records[0].archived && pages[0].lanes.is_empty());
}

#[test]
fn only_what_is_wanted_is_kept() {
    let only = |kind: &str| Wish { types: vec![kind.to_owned()], ..Wish::default() };
    let keys = |wish: &Wish| Notion.lanes(wish).into_iter().map(|lane| lane.key).collect::<Vec<_>>();
    assert_eq!(keys(&only("page")), ["search/data_sources", "search/pages"]);
    assert_eq!(keys(&only("database")), ["search/data_sources"]);
    assert!(keys(&only("contacts")).is_empty());
    for (kind, lanes) in
        [("page", vec!["pages/ds1"]), ("database", vec!["database/db1"]), ("data_source", vec![])]
    {
        let pages = found(&lane("search/data_sources"), &only(kind), &[parsed(SOURCE)]);
        let brought: Vec<&str> = pages[0].lanes.iter().map(|lane| lane.key.as_str()).collect();
        assert_eq!((brought, pages[0].records.len()), (lanes, usize::from(kind == "data_source")));
    }
}

#[test]
fn a_database_is_read_by_itself() {
    let lanes = found(&lane("search/data_sources"), &Wish::default(), &[parsed(SOURCE)]).remove(0).lanes;
    let mut calls = Vec::new();
    let pages = walk(&Notion, &lanes[1], &Wish::default(), From::Start, |call| {
        calls.push(call.url.clone());
        Answer::new(200, DATABASE)
    })
    .unwrap();
    assert_eq!(calls, ["https://api.example.com/v1/databases/db1"]);
    let record = &pages[0].records[0];
    assert_eq!((record.object_type.as_str(), record.item.name.as_str()), ("database", "CRM"));
    assert_eq!(record.item.children.as_deref(), Some(&["ds1".to_owned()][..]));
    assert!(!record.body.contains("request_id"));
    let gone = walk(&Notion, &lanes[1], &Wish::default(), From::Start, |_| {
        Answer::new(404, r#"{"object":"error","status":404,"code":"object_not_found","message":"m"}"#)
    });
    assert_eq!(gone.unwrap()[0].gone, ["db1"]);
}

#[test]
fn signatures_of_files_and_ids_of_requests_make_no_change() {
    let read = |text: &str| {
        found(&lane("search/pages"), &Wish::default(), &[parsed(text)]).remove(0).records.remove(0)
    };
    let later = ROW.replace("Signature=1", "Signature=2").replace("T11:00", "T12:00");
    assert_eq!(read(ROW).hash(), read(&later).hash());
    assert_ne!(read(ROW).hash(), read(&ROW.replace("c.png", "d.png")).hash());
    let mut alone = parsed(ROW);
    alone["request_id"] = json!("r1");
    assert_eq!(read(ROW).hash(), read(&alone.to_string()).hash());
}

#[test]
fn what_a_list_shows_in_part_is_read_by_itself() {
    let mut urls = Vec::new();
    let pages = walk(&Notion, &lane("search/pages"), &Wish::default(), From::Start, |call| {
        urls.push(call.url.trim_start_matches("https://api.example.com/v1/").to_owned());
        match urls.last().unwrap().as_str() {
            "search" if urls.len() == 1 => {
                list(&["p1", "p2", "p3"].map(|id| json!({ "object": "page", "id": id })), None)
            }
            "search" => list(&[], None),
            "pages/p1" => Answer::new(200, ROW),
            "pages/p2" => Answer::new(404, r#"{"code":"object_not_found","message":"m"}"#),
            _ => Answer::new(200, r#"{"object":"page","id":"p3"}"#),
        }
    })
    .unwrap();
    assert_eq!(urls, ["search", "pages/p1", "pages/p2", "pages/p3", "search"]);
    assert_eq!(ids(&pages).into_iter().collect::<Vec<_>>(), ["p1"]);
    assert_eq!(pages[2].gone, ["p2"]);
    assert_eq!(pages[3].notice.as_deref(), Some("Notion shows nothing of p3 but its id."));
}

#[test]
fn a_lost_cursor_begins_the_phase_again_and_not_for_ever() {
    let lost = r#"{"object":"error","status":400,"code":"validation_error","message":"The start_cursor provided is invalid: c"}"#;
    let mut calls = 0;
    let walked = walk(&Notion, &lane("search/pages"), &Wish::default(), From::Start, |call| {
        calls += 1;
        if body(call)["start_cursor"].is_null() { list(&[], Some("c")) } else { Answer::new(400, lost) }
    });
    assert!(matches!(walked, Err(Fault::Transient { .. })));
    assert_eq!(calls, 12);
    let other =
        r#"{"object":"error","status":400,"code":"validation_error","message":"body failed validation"}"#;
    let walked = walk(&Notion, &lane("search/pages"), &Wish::default(), From::Start, |call| {
        if body(call)["start_cursor"].is_null() { list(&[], Some("c")) } else { Answer::new(400, other) }
    });
    assert!(matches!(walked, Err(Fault::Rejected(_))));
}

#[test]
fn a_page_that_cannot_be_understood_is_not_the_last_one() {
    for body in [
        r#"{"results":[]}"#,
        r#"{"results":[],"has_more":true,"next_cursor":null}"#,
        r#"{"has_more":false}"#,
        r#"{"results":[{"object":"page"}],"has_more":false}"#,
        "[]",
    ] {
        let walked =
            walk(&Notion, &lane("search/pages"), &Wish::default(), From::Start, |_| Answer::new(200, body));
        assert!(matches!(walked, Err(Fault::Unreadable(_))), "{body}");
    }
}

#[test]
fn single_objects_are_read_where_their_type_is() {
    for (kind, path, object) in [
        ("page", "pages/p1", ROW),
        ("data_source", "data_sources/ds1", SOURCE),
        ("database", "databases/db1", DATABASE),
    ] {
        let id = path.split_once('/').unwrap().1;
        let (call, found) = read(&Notion, (kind, ""), &[id], &Answer::new(200, object));
        assert_eq!(call.url, format!("https://api.example.com/v1/{path}"));
        assert!(
            matches!(&found.unwrap()[..], [Found::Here(record)] if record.id == id && record.object_type == kind)
        );
    }
    let (_, found) =
        read(&Notion, ("page", ""), &["p9"], &Answer::new(404, r#"{"code":"object_not_found"}"#));
    assert_eq!(found, Ok(vec![Found::Gone("p9".to_owned())]));
    let (_, edge) = read(&Notion, ("page", ""), &["p9"], &Answer::new(404, "<html>"));
    assert!(matches!(edge, Err(Fault::Transient { .. })));
    let (_, other) = read(&Notion, ("page", ""), &["ds1"], &Answer::new(200, SOURCE));
    assert!(matches!(other, Err(Fault::Unreadable(_))));
    let (call, _) = read(&Notion, ("page", ""), &["../users/me"], &Answer::new(404, ""));
    assert_eq!(call.url, "https://api.example.com/v1/pages/..%2Fusers%2Fme");
}

#[test]
fn an_event_says_which_object_has_to_be_read_again() {
    // Facts 8.
    let raw = br#"{"type":"page.properties_updated","entity":{"id":"p1","type":"page"},"data":{"parent":{"id":"db1","type":"database","data_source_id":"ds1"}}}"#;
    let change = |kind: &str, collection: &str| Change {
        object_type: kind.into(),
        collection: collection.into(),
        id: "x1".into(),
    };
    assert_eq!(Notion.change("page.properties_updated", "page", "x1", raw), [change("page", "ds1")]);
    assert_eq!(Notion.change("page.deleted", "page", "x1", b"{}"), [change("page", "")]);
    assert_eq!(Notion.change("data_source.moved", "data_source", "x1", raw), [change("data_source", "")]);
    assert_eq!(Notion.change("database.created", "database", "x1", b"?"), [change("database", "")]);
    assert_eq!(Notion.change("comment.created", "comment", "x1", raw), []);
    assert_eq!(Notion.change("page.created", "page", "", raw), []);
}

#[test]
fn places_and_lanes_of_other_versions_are_refused() {
    for key in ["search/pages", "search/data_sources"] {
        accepts_only_known_places(&Notion, &lane(key));
    }
    for key in ["pages/ds1", "database/db1", "views/v", "search/views"] {
        let lane = Lane { key: key.to_owned(), ..lane("search/pages") };
        assert!(Notion.walk(&lane, &Wish::default(), From::Start, None).is_err(), "{key}");
    }
    let [limit] = Notion.limits(Credential::Key) else { panic!("one limit") };
    assert_eq!((limit.calls, limit.span.as_secs(), limit.per_part), (180, 60, false));
}

/// Search as Notion does it over objects with these times of edit, with so many at most in a list.
fn search(call: &Call, edits: &[i64], size: usize, ceiling: usize) -> Answer {
    let body = body(call);
    let mut order: Vec<usize> = (0..edits.len()).collect();
    order.sort_by_key(|object| edits[*object]);
    if body["sort"]["direction"] == "descending" {
        order.reverse();
    }
    if body["filter"]["in_trash"] == true {
        order.clear();
    }
    let from: usize = body["start_cursor"].as_str().map_or(0, |cursor| cursor.parse().unwrap());
    let end = (from + size).min(order.len()).min(ceiling);
    let object = |object: &usize| {
        let minute = Timestamp::from_millis(edits[*object] / 60_000 * 60_000).to_string();
        json!({ "object": "page", "id": format!("p{object}"), "last_edited_time": minute })
    };
    let results: Vec<Value> = order[from..end].iter().map(object).collect();
    let more = end < order.len();
    let mut answer = json!({ "results": results, "has_more": more && end < ceiling });
    if more && end < ceiling {
        answer["next_cursor"] = json!(end.to_string());
    } else if more {
        answer["request_status"] =
            json!({ "type": "incomplete", "incomplete_reason": "query_result_limit_reached" });
    }
    Answer::new(200, answer.to_string())
}

proptest! {
    #[test]
    fn search_finds_everything_or_says_what_it_missed(
        edits in prop::collection::vec(0..3_600_000_i64, 0..60), size in 1..8_usize, ceiling in 8..40_usize,
    ) {
        let pages = walk(&Notion, &lane("search/pages"), &Wish::default(), From::Start, |call| {
            search(call, &edits, size, ceiling)
        }).unwrap();
        let missed = edits.len() - ids(&pages).len();
        let told = pages.iter().any(|page| page.notice.is_some());
        prop_assert!(missed == 0 || edits.len() > 2 * ceiling, "missed what both ends show");
        prop_assert!(missed == 0 || told, "missed in silence");
    }

    #[test]
    fn every_change_since_a_moment_is_found(
        edits in prop::collection::vec(0..3_600_000_i64, 0..60), size in 1..8_usize, since in 0..3_600_000_i64,
    ) {
        let from = From::ChangedSince(Timestamp::from_millis(since));
        let pages = walk(&Notion, &lane("search/pages"), &Wish::default(), from, |call| {
            search(call, &edits, size, usize::MAX)
        }).unwrap();
        let found = ids(&pages);
        for (object, edit) in edits.iter().enumerate() {
            prop_assert!(*edit < since || found.contains(&format!("p{object}")), "edited at {edit}");
        }
    }

    #[test]
    fn no_answer_makes_a_walk_panic(answer in any_answer()) {
        let mut lanes = vec![lane("search/pages"), lane("search/data_sources")];
        lanes.extend(found(&lanes[1], &Wish::default(), &[parsed(SOURCE)]).remove(0).lanes);
        for lane in &lanes {
            walks_survive(&Notion, lane, &answer);
        }
        for kind in ["page", "data_source", "database", "x"] {
            let _ = read(&Notion, (kind, ""), &["p1"], &answer);
        }
    }
}
