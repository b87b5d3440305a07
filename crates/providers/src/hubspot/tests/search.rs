//! The walk over what changed, against a model of the search: rows with very many equal times, a ceiling, offsets, and
//! records that change while they are read.

use crate::hubspot::kind::Kind;
use crate::hubspot::walk::Along;
use crate::load::*;
use crate::testing::*;
use crate::wire::{Cost, Fault};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use syncline_core::secret::Secret;
use syncline_core::time::Timestamp;

/// Where the times of the model begin.
const BASE: i64 = 1_767_225_600_000;

/// How many results a search of the model shows on a page, and how many in all.
const PAGE: usize = 3;
const CEILING: usize = 7;

/// Ids, and when each was changed, in half milliseconds since [`BASE`]: what is shown is cut to whole ones.
type Rows = BTreeMap<u64, i64>;

fn shown(changed: i64) -> i64 {
    BASE + changed.div_euclid(2)
}

/// What the search answers to this body (facts 3.4).
fn search(rows: &Rows, body: &Value) -> (u16, Value) {
    let (limit, after) = (body["limit"].as_u64().unwrap(), body["after"].as_u64().unwrap_or(0));
    let (limit, after) = (usize::try_from(limit).unwrap(), usize::try_from(after).unwrap());
    assert!(limit <= PAGE && body.to_string().len() <= 3_000);
    if after + limit > CEILING {
        return (400, json!({ "status": "error", "message": "beyond the ceiling" }));
    }
    let filters = body["filterGroups"][0]["filters"].as_array().unwrap();
    let passes = |id: u64, changed: i64, filter: &Value| {
        let value: i64 = filter["value"].as_str().unwrap().parse().unwrap();
        let (own, bound) = match filter["propertyName"].as_str().unwrap() {
            "hs_object_id" => (i64::try_from(id).unwrap(), value),
            "hs_lastmodifieddate" => (changed, (value - BASE) * 2),
            other => panic!("{other}"),
        };
        match filter["operator"].as_str().unwrap() {
            "GTE" => own >= bound,
            "GT" => own > bound,
            "LT" => own < bound,
            other => panic!("{other}"),
        }
    };
    let by_id = body["sorts"][0]["propertyName"] == "hs_object_id";
    let all = rows.iter().map(|(id, changed)| (*id, *changed));
    let mut found: Vec<(u64, i64)> =
        all.filter(|(id, changed)| filters.iter().all(|filter| passes(*id, *changed, filter))).collect();
    // Rows of one time come in an order of their own, as different from that of the ids as can be.
    found.sort_by_key(|(id, changed)| if by_id { (0, *id) } else { (*changed, u64::MAX - id) });
    let total = found.len();
    let page = found.into_iter().skip(after).take(limit).map(|(id, changed)| {
        let at = Timestamp::from_millis(shown(changed)).to_string();
        json!({ "id": id.to_string(), "properties": { "hs_lastmodifieddate": at }, "updatedAt": at })
    });
    let mut answer = json!({ "total": total, "results": page.collect::<Vec<_>>() });
    if after + limit < total {
        answer["paging"] = json!({ "next": { "after": (after + limit).to_string() } });
    }
    (200, answer)
}

fn begin(since: i64) -> Along {
    let kind = Kind::of("deals");
    let properties = kind.properties(None);
    Along::new(kind, properties, From::ChangedSince(Timestamp::from_millis(since)), false).showing(PAGE)
}

/// Walks to the end. Before every page `change` may change the rows; after it the walk is put away and taken up again.
fn walked(since: i64, rows: &mut Rows, mut change: impl FnMut(&mut Rows)) -> BTreeSet<(u64, i64)> {
    let (hosts, token) = (hosts(), Secret::new("t-1"));
    let at = At { hosts: &hosts, token: &token, now: NOW };
    let mut walk = begin(since);
    let mut seen = BTreeSet::new();
    let mut calls = 0;
    while let Some(call) = walk.next(&at) {
        change(rows);
        assert_eq!(call.cost, Cost::Search);
        let (status, body) = search(rows, &serde_json::from_slice(&call.body).unwrap());
        let page = walk.take(&at, &Answer::new(status, body.to_string()).reply()).unwrap();
        let changed =
            page.records.iter().map(|r| (r.id.parse().unwrap(), r.modified_at.unwrap().as_millis()));
        seen.extend(changed);
        walk = begin(since).resume(&walk.save()).unwrap();
        calls += 1;
        assert!(calls <= 3 * rows.len() + 100, "the walk does not come to its end");
    }
    seen
}

fn any_rows(span: i64) -> impl Strategy<Value = Rows> {
    prop::collection::btree_map(1..200_u64, 0..span, 0..60)
}

proptest! {
    #[test]
    fn every_row_is_seen_whatever_the_ties_and_the_ceiling(
        mut rows in prop_oneof![any_rows(2), any_rows(8), any_rows(60)],
        since in -2_i64..20,
    ) {
        let wanted: BTreeSet<(u64, i64)> =
            rows.iter().map(|(id, at)| (*id, shown(*at))).filter(|(_, at)| *at >= BASE + since).collect();
        let seen = walked(BASE + since, &mut rows, |_| ());
        prop_assert_eq!(seen, wanted);
    }

    #[test]
    fn rows_that_change_while_they_are_read_are_seen_as_they_are_in_the_end_and_push_no_other_out(
        rows in prop_oneof![any_rows(2), any_rows(30)],
        // Each in a millisecond of its own: a change in the very one that was just read is for the next run's overlap.
        touched in prop::collection::vec((1..200_u64, 2..5_i64), 0..40),
    ) {
        let mut rows = rows;
        let (mut now, mut touched) = (100, touched.into_iter());
        let seen = walked(BASE, &mut rows, |rows| {
            if let Some((id, later)) = touched.next() {
                now += later;
                rows.insert(id, now);
            }
        });
        for (id, at) in &rows {
            prop_assert!(seen.contains(&(*id, shown(*at))), "{id} was missed");
        }
    }
}

#[test]
fn more_rows_of_one_time_than_the_ceiling_are_gone_through_by_id() {
    let mut rows: Rows = (1..=50).map(|id| (id, 4)).chain([(60, 3), (61, 5), (62, 6)]).collect();
    let wanted: BTreeSet<(u64, i64)> = rows.iter().map(|(id, at)| (*id, shown(*at))).collect();
    assert_eq!(walked(BASE, &mut rows, |_| ()), wanted);
}

#[test]
fn rows_seen_of_the_time_where_a_page_ends_are_not_told_twice() {
    let (hosts, token) = (hosts(), Secret::new("t-1"));
    let at = At { hosts: &hosts, token: &token, now: NOW };
    let rows: Rows = [(1, 0), (2, 2), (3, 2), (4, 4), (5, 6)].into();
    let (mut walk, mut told) = (begin(BASE), Vec::new());
    while let Some(call) = walk.next(&at) {
        let (status, body) = search(&rows, &serde_json::from_slice(&call.body).unwrap());
        let page = walk.take(&at, &Answer::new(status, body.to_string()).reply()).unwrap();
        told.push((page.records.len(), page.total));
    }
    // The total of the first search is the number of changes; later ones count what is left.
    assert_eq!(told, [(3, Some(5)), (1, None), (1, None)]);
}

#[test]
fn a_search_that_does_not_say_how_to_go_on_is_no_end() {
    let more = r#""paging":{"next":{"after":"3"}}"#;
    let (hosts, token) = (hosts(), Secret::new("t-1"));
    let at = At { hosts: &hosts, token: &token, now: NOW };
    for (results, transient) in [("[]", true), (r#"[{"id":"1"}]"#, false)] {
        let mut walk = begin(BASE);
        let answer = Answer::new(200, format!(r#"{{"results":{results},{more}}}"#));
        let fault = walk.take(&at, &answer.reply()).unwrap_err();
        assert_eq!(matches!(fault, Fault::Transient { .. }), transient, "{fault}");
        assert_eq!(walk.save(), begin(BASE).save());
    }
}
