//! The pages of a data source, beyond what Notion shows of one list (Notion facts 4), against a model of it.

use crate::load::{From, Lane, Wish};
use crate::notion::Notion;
use crate::testing::*;
use crate::walking::*;
use crate::wire::Call;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use syncline_core::time::Timestamp;

const MINUTE: i64 = 60_000;

fn lane() -> Lane {
    Lane {
        key: "pages/ds1".into(),
        object_type: "page".into(),
        collection: "ds1".into(),
        title: "People".into(),
        complete: true,
        detail: json!({ "id": "ds1", "name": "People" }),
    }
}

/// How times are shown, in milliseconds: exactly, rounded down, or to the nearest minute. Filters and sorts go by the exact
/// ones.
#[derive(Clone, Copy, Debug)]
enum Shown {
    Exactly,
    Down,
    Nearest,
}

impl Shown {
    fn time(self, millis: i64) -> String {
        let millis = match self {
            Self::Exactly => millis,
            Self::Down => millis / MINUTE * MINUTE,
            Self::Nearest => (millis + MINUTE / 2) / MINUTE * MINUTE,
        };
        Timestamp::from_millis(millis).to_string()
    }
}

/// A data source: each page's times of creation and last edit.
#[derive(Clone, Debug)]
struct Source {
    pages: Vec<(i64, i64)>,
    shown: Shown,
    size: usize,
    ceiling: usize,
}

impl Source {
    fn passes(&self, page: usize, filter: &Value) -> bool {
        if let Some(all) = filter["and"].as_array() {
            return all.iter().all(|filter| self.passes(page, filter));
        }
        let (created, edited) = self.pages[page];
        let time = match filter["timestamp"].as_str() {
            None => return true,
            Some("created_time") => created,
            Some(_) => edited,
        };
        let conditions = filter[filter["timestamp"].as_str().unwrap()].as_object().unwrap();
        conditions.iter().all(|(test, bound)| {
            let bound = Timestamp::parse(bound.as_str().unwrap()).unwrap().as_millis();
            match test.as_str() {
                "on_or_after" => time >= bound,
                "before" => time < bound,
                other => panic!("{other}"),
            }
        })
    }

    fn answer(&self, call: &Call) -> Answer {
        assert_eq!(call.url, "https://api.example.com/v1/data_sources/ds1/query");
        let body: Value = serde_json::from_slice(&call.body).unwrap();
        let by_creation = body["sorts"][0]["timestamp"] == "created_time";
        let mut order: Vec<usize> =
            (0..self.pages.len()).filter(|page| self.passes(*page, &body["filter"])).collect();
        order.sort_by_key(|page| if by_creation { self.pages[*page].0 } else { self.pages[*page].1 });
        let from: usize = body["start_cursor"].as_str().map_or(0, |cursor| cursor.parse().unwrap());
        let end = (from + self.size).min(order.len()).min(self.ceiling);
        let results: Vec<Value> = order[from..end].iter().map(|page| self.page(*page)).collect();
        let (left, room) = (end < order.len(), end < self.ceiling);
        let mut answer = json!({ "results": results, "has_more": left && room });
        if left && room {
            answer["next_cursor"] = json!(end.to_string());
        } else if left {
            answer["request_status"] =
                json!({ "type": "incomplete", "incomplete_reason": "query_result_limit_reached" });
        }
        Answer::new(200, answer.to_string())
    }

    fn page(&self, page: usize) -> Value {
        let (created, edited) = self.pages[page];
        json!({
            "object": "page", "id": format!("p{page}"), "created_time": self.shown.time(created),
            "last_edited_time": self.shown.time(edited),
            "parent": { "type": "data_source_id", "data_source_id": "ds1", "database_id": "db1" },
        })
    }

    /// The most pages that times of two minutes cannot tell apart.
    fn densest(&self) -> usize {
        let near = |a: i64, b: i64| (a - b).abs() <= 3 * MINUTE;
        let around = |at: &(i64, i64)| {
            self.pages.iter().filter(|page| near(page.0, at.0) && near(page.1, at.1)).count()
        };
        self.pages.iter().map(around).max().unwrap_or(0)
    }
}

fn any_source() -> impl Strategy<Value = Source> {
    let shown = prop_oneof![Just(Shown::Exactly), Just(Shown::Down), Just(Shown::Nearest)];
    // Pages come in bursts, as imports make them.
    let burst = (0..40_i64, 0..40_i64, 1..25_usize, prop_oneof![Just(0), Just(MINUTE), Just(20 * MINUTE)]);
    let bursts = prop::collection::vec(burst, 0..6);
    (bursts, shown, 1..6_usize, 6..30_usize, any::<u64>()).prop_map(|(bursts, shown, size, ceiling, seed)| {
        let mut dice = seed;
        let mut within = |spread: i64| {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            i64::try_from(dice >> 33).unwrap() % (spread + 1)
        };
        let mut pages = Vec::new();
        for (created, edited, count, spread) in bursts {
            for _ in 0..count {
                pages.push((created * MINUTE + within(spread), edited * MINUTE + within(spread)));
            }
        }
        Source { pages, shown, size, ceiling }
    })
}

#[test]
fn pages_are_asked_for_in_the_order_of_their_creation() {
    let source = Source { pages: vec![(1, 1), (2, 2)], shown: Shown::Down, size: 1, ceiling: 10_000 };
    let mut calls = Vec::new();
    let pages = walk(&Notion, &lane(), &Wish::default(), From::Start, |call| {
        calls.push(String::from_utf8_lossy(&call.body).into_owned());
        source.answer(call)
    })
    .unwrap();
    let sorts = r#""sorts":[{"direction":"ascending","timestamp":"created_time"}]"#;
    assert_eq!(calls[0], format!(r#"{{"page_size":100,{sorts}}}"#));
    assert_eq!(calls[1], format!(r#"{{"page_size":100,{sorts},"start_cursor":"1"}}"#));
    let record = &pages[0].records[0];
    assert_eq!(record.collection, "ds1");
    assert_eq!(record.item.parent_path_or_name.as_deref(), Some("People"));
    accepts_only_known_places(&Notion, &lane());
}

#[test]
fn changes_are_asked_for_by_the_last_edit() {
    let since = Timestamp::from_millis(5 * MINUTE);
    let pages = vec![(0, 4 * MINUTE), (0, 5 * MINUTE), (0, 6 * MINUTE)];
    let source = Source { pages, shown: Shown::Down, size: 100, ceiling: 10_000 };
    let mut filters = Vec::new();
    let pages = walk(&Notion, &lane(), &Wish::default(), From::ChangedSince(since), |call| {
        filters.push(serde_json::from_slice::<Value>(&call.body).unwrap()["filter"].clone());
        source.answer(call)
    })
    .unwrap();
    let filter =
        json!({ "timestamp": "last_edited_time", "last_edited_time": { "on_or_after": since.to_string() } });
    assert_eq!(filters, [filter]);
    assert_eq!(ids(&pages).into_iter().collect::<Vec<_>>(), ["p1", "p2"]);
}

#[test]
fn ten_thousand_and_more_are_found_and_what_no_time_tells_apart_is_said_to_be_missing() {
    let spread = Source {
        pages: (0..12_000).map(|page| (page * 100, 0)).collect(),
        shown: Shown::Down,
        size: 100,
        ceiling: 10_000,
    };
    let pages = walk(&Notion, &lane(), &Wish::default(), From::Start, |call| spread.answer(call)).unwrap();
    assert_eq!(ids(&pages).len(), 12_000);
    assert!(pages.iter().all(|page| page.notice.is_none()));

    let at_once =
        Source { pages: vec![(7 * MINUTE, 9 * MINUTE); 12], shown: Shown::Down, size: 5, ceiling: 10 };
    let pages = walk(&Notion, &lane(), &Wish::default(), From::Start, |call| at_once.answer(call)).unwrap();
    let notices: Vec<&String> = pages.iter().filter_map(|page| page.notice.as_ref()).collect();
    assert_eq!(ids(&pages).len(), 10);
    assert_eq!(notices.len(), 1, "{notices:?}");
    assert!(
        notices[0].contains("in People") && notices[0].contains("1970-01-01T00:09:00.000Z"),
        "{}",
        notices[0]
    );
}

#[test]
fn a_list_cut_off_before_its_first_page_is_not_understood() {
    let cut = r#"{"results":[],"has_more":false,"request_status":{"type":"incomplete"}}"#;
    assert!(walk(&Notion, &lane(), &Wish::default(), From::Start, |_| Answer::new(200, cut)).is_err());
}

proptest! {
    /// However pages are spread over time, whatever Notion's ceiling, however it shows times.
    #[test]
    fn every_page_is_found_or_it_is_said_what_is_missing(source in any_source(), since in prop::option::of(0..60 * MINUTE)) {
        let from = since.map_or(From::Start, |since| From::ChangedSince(Timestamp::from_millis(since)));
        let pages = walk(&Notion, &lane(), &Wish::default(), from, |call| source.answer(call)).unwrap();
        let found = ids(&pages);
        let wanted = |(_, page): &(usize, &(i64, i64))| since.is_none_or(|since| page.1 >= since);
        let missing: BTreeMap<usize, _> = source.pages.iter().enumerate().filter(wanted)
            .filter(|(page, _)| !found.contains(&format!("p{page}"))).collect();
        let told = pages.iter().any(|page| page.notice.is_some());
        prop_assert!(missing.is_empty() || told, "missing in silence: {missing:?}");
        prop_assert!(!told || source.densest() >= source.ceiling, "times tell them apart, and yet something is missing");
    }
}
