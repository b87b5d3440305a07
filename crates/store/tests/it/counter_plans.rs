//! What counters are asked often is answered through an index and in its order, as everything else: see `plans`.

use crate::plans::{all_search, open, plans};
use crate::support::at;
use crate::support::counters::{
    accepted, all_rules, change, claim, decide, definition, item, keyed, make, push_through, rules,
};
use crate::support::notify::acme;
use syncline_core::counters::change::Change;
use syncline_core::counters::definition::Policy;
use syncline_core::counters::push::{Property, Seen, Stage, Way};
use syncline_core::counters::reconcile::{Drift, Verdict};
use syncline_store::Scope;
use syncline_store::counters::definitions::{self, State};
use syncline_store::counters::pushes::{self, Ask, LogFilter};
use syncline_store::counters::runs::{self, Cause, Compared, Found, NewRun};
use syncline_store::counters::statistics::{self, Buckets};
use syncline_store::counters::{self, Filter, changes, findings};

const DUE: &str = "counters_due (definition_id=? AND stage=?";
const KEY: &str = "sqlite_autoindex_counters_1 (definition_id=? AND counter_key=?)";
const BUCKETS: Buckets =
    Buckets { until: syncline_core::time::Timestamp::from_millis(0), minutes: 5, count: 9 };

fn nothing_sorted(plans: &[String]) {
    assert!(
        !plans.is_empty() && !plans.iter().any(|line| line.contains("B-TREE") || line.starts_with("SCAN")),
        "{plans:?}"
    );
}

#[tokio::test]
async fn what_is_due_is_found_through_one_index_in_its_order() {
    let (_db, store, raw) = open().await;
    make(&store, &definition("ctr_1", "acme", "bookings")).await;
    let rules = rules(Way::Trigger);
    let asks =
        [Ask { definition_id: "ctr_1", version: 1, stage: Stage::Trigger, terms: &rules.push, limit: 9 }];
    change(&store, "7", Change::Increment(1), at(0)).await;
    let mut tx = store.begin().await.unwrap();
    let claimed = plans(&raw, pushes::claim(&mut tx, &asks, "w", at(9), at(99))).await;
    assert_eq!(claimed[0], format!("SEARCH counters USING INDEX {DUE} AND due_at<?)"));
    all_search(&claimed, "claim");
    drop(tx);
    let lanes = plans(&raw, pushes::lanes(&store, Some("ctr_1"), 9)).await;
    assert!(lanes[0].contains("counter_definitions_state (state=? AND id>?)"), "{lanes:?}");
    assert_eq!(lanes.iter().filter(|line| line.contains(DUE)).count(), 3, "{lanes:?}");
    nothing_sorted(&lanes);
}

#[tokio::test]
async fn what_is_changed_is_found_by_its_key() {
    let (_db, store, raw) = open().await;
    make(&store, &definition("ctr_1", "acme", "bookings")).await;
    change(&store, "7", Change::Increment(1), at(0)).await;
    let requests = [keyed("req_1", "k", &[item("7", Change::Increment(1)), item("8", Change::Increment(1))])];
    let mut tx = store.begin().await.unwrap();
    let applied = plans(&raw, changes::apply(&mut tx, &requests, &all_rules(), at(1))).await;
    all_search(&applied, "apply");
    assert_eq!(applied.iter().filter(|line| line.contains(KEY)).count(), 3, "{applied:?}");
    drop(tx);
    let claims = claim(&store, Stage::Trigger, "w", at(9), 9).await;
    let mut tx = store.begin().await.unwrap();
    let settled = plans(&raw, pushes::settle(&mut tx, &[accepted("7")], decide(at(9)), at(9))).await;
    all_search(&settled, "settle");
    assert!(settled.iter().take(2).all(|line| line.contains(KEY)), "{settled:?}");
    let renewed = plans(&raw, pushes::renew(&mut tx, &claims, at(99))).await;
    assert!(renewed.iter().all(|line| line.contains(KEY)), "{renewed:?}");
    let terms = rules(Way::Trigger).push;
    let nudged = plans(&raw, pushes::nudge(&mut tx, "ctr_1", &[("7", None)], &terms, at(9))).await;
    assert!(nudged.iter().all(|line| line.contains(KEY)), "{nudged:?}");
    let redirected = plans(&raw, pushes::redirect(&mut tx, "ctr_1", &["7"], &terms, at(9))).await;
    assert!(redirected.iter().all(|line| line.contains(KEY)), "{redirected:?}");
}

#[tokio::test]
async fn lists_are_read_through_the_index_that_finds_least() {
    let (_db, store, raw) = open().await;
    make(&store, &definition("ctr_1", "acme", "bookings")).await;
    for scope in [acme(), Scope::All] {
        let after = || Some((at(9), "7".to_owned()));
        for filter in [
            Filter::All(None),
            Filter::All(Some("7".to_owned())),
            Filter::In(Stage::Parked, None),
            Filter::In(Stage::Parked, after()),
            Filter::Beginning(Stage::Parked, "7".to_owned(), None),
            Filter::Beginning(Stage::Quiet, "7".to_owned(), after()),
        ] {
            let page = plans(&raw, counters::page(&store, &scope, "ctr_1", &filter, 9)).await;
            nothing_sorted(&page);
            let index = if matches!(filter, Filter::All(_)) { "counter_key>?" } else { DUE };
            assert!(page[0].contains(index), "{filter:?}: {page:?}");
        }
        let waiting = plans(&raw, counters::waiting(&store, &scope, "ctr_1")).await;
        assert!(waiting[0].contains("counters_due (definition_id=? AND stage>?)"), "{waiting:?}");
        nothing_sorted(&waiting);
        nothing_sorted(&plans(&raw, counters::many(&store, &scope, "ctr_1", &["7", "8"])).await);
        nothing_sorted(&plans(&raw, changes::history(&store, &scope, ("ctr_1", "7"), Some(9), 9)).await);
        for key in [None, Some("7")] {
            let filter = LogFilter { definition_id: "ctr_1", key };
            nothing_sorted(&plans(&raw, pushes::log(&store, &scope, filter, Some(9), 9)).await);
        }
        let chart = plans(&raw, statistics::chart(&store, &scope, "ctr_1", BUCKETS)).await;
        assert!(chart[0].contains("(definition_id=? AND minute>? AND minute<?)"), "{chart:?}");
        let drift = plans(&raw, runs::drift(&store, &scope, "ctr_1", BUCKETS)).await;
        assert!(drift[0].contains("(definition_id=? AND created_at>? AND created_at<?)"), "{drift:?}");
    }
    all_search(&plans(&raw, counters::to_compare(&store, "ctr_1", "7", 100)).await, "to compare");
}

#[tokio::test]
async fn definitions_and_runs_are_listed_through_the_index_that_finds_least() {
    let (_db, store, raw) = open().await;
    let word = || Some("x".to_owned());
    let none = definitions::Filter::default();
    let of_connection = definitions::Filter { connection_id: word(), ..none.clone() };
    let everything =
        definitions::Filter { org_id: word(), state: Some(State::Active), ..of_connection.clone() };
    for (scope, filter, index) in [
        (acme(), &none, "counter_definitions_organization (org_id=? AND id>?)"),
        (acme(), &of_connection, "counter_definitions_connection (connection_id=? AND id>?)"),
        (Scope::All, &everything, "counter_definitions_connection (connection_id=? AND id>?)"),
    ] {
        let listed = plans(&raw, definitions::list(&store, &scope, filter, Some("x"), 9)).await;
        all_search(&listed, &format!("{filter:?}"));
        assert!(listed[0].contains(index), "{listed:?}");
    }
    for searched in [
        plans(&raw, definitions::get(&store, &acme(), "x")).await,
        plans(&raw, definitions::by_name(&store, "acme", "x")).await,
        plans(&raw, definitions::get_many(&store, &["x", "y"])).await,
        plans(&raw, definitions::due(&store, at(9), 9)).await,
        plans(&raw, runs::unfinished(&store, "ctr_1")).await,
        plans(&raw, runs::get(&store, &acme(), "crn_1")).await,
        plans(&raw, findings::suspects(&store, "crn_1", "7", 9)).await,
    ] {
        all_search(&searched, "");
    }
    for scope in [acme(), Scope::All] {
        for verdict in [None, Some(findings::Verdict::Drift)] {
            for (begins, after) in [("", "7"), ("7", ""), ("7", "77")] {
                let filter = findings::Filter { verdict, begins };
                nothing_sorted(&plans(&raw, findings::page(&store, &scope, "crn_1", filter, after, 9)).await);
            }
        }
        for before in [None, Some((at(9), "x".to_owned()))] {
            for (state, dry_run) in [(None, None), (Some(runs::State::Failed), Some(true))] {
                let filter = runs::Filter { definition_id: word(), state, dry_run };
                let listed = plans(&raw, runs::list(&store, &scope, &filter, before.as_ref(), 9)).await;
                all_search(&listed, "runs");
                assert!(listed[0].contains("counter_runs_definition (definition_id=?"), "{listed:?}");
            }
        }
    }
}

#[tokio::test]
async fn comparing_and_forgetting_touch_only_their_own() {
    let (_db, store, raw) = open().await;
    make(&store, &definition("ctr_1", "acme", "bookings")).await;
    change(&store, "7", Change::Set(8), at(0)).await;
    push_through(&store, "7", 0).await;
    let mut tx = store.begin().await.unwrap();
    let new = NewRun {
        id: "crn_1".to_owned(),
        org_id: "acme".to_owned(),
        definition_id: "ctr_1".to_owned(),
        cause: Cause::Api,
        dry_run: false,
    };
    let drift = Drift {
        truth: Some(9),
        counter: Some(8),
        property: Property::Number(7),
        counter_wrong: true,
        property_wrong: true,
        since: None,
    };
    let seen = Some(Seen { property: Property::Number(7), at: at(9) });
    let found = [
        Found { key: "7".to_owned(), version: 1, seen, verdict: Verdict::Drift(drift) },
        Found { key: "8".to_owned(), version: 1, seen: None, verdict: Verdict::Equal },
    ];
    let page = Compared {
        run_id: "crn_1",
        definition_id: "ctr_1",
        version: 1,
        pass: 2,
        position: "8",
        policy: Policy::Repair,
        calls: 1,
        found: &found,
    };
    let rules = rules(Way::Trigger);
    let all = [
        plans(&raw, runs::create(&mut tx, &new, at(9))).await,
        plans(&raw, runs::start(&mut tx, "crn_1", at(9))).await,
        plans(&raw, runs::second_pass(&mut tx, "crn_1", at(9))).await,
        plans(&raw, runs::compared(&mut tx, &page, &rules, at(9))).await,
        plans(&raw, runs::request_cancel(&mut tx, &acme(), "crn_1", at(9))).await,
        plans(&raw, runs::finish(&mut tx, "crn_1", runs::State::Succeeded, None, at(9))).await,
        plans(&raw, definitions::update(&mut tx, &definition("ctr_1", "acme", "b"))).await,
        plans(&raw, definitions::pause(&mut tx, &acme(), "ctr_1", at(9))).await,
        plans(&raw, definitions::reconciled(&mut tx, "ctr_1", at(9), None)).await,
        plans(&raw, counters::delete_before(&mut tx, at(99), 9)).await,
        plans(&raw, definitions::delete(&mut tx, &acme(), "ctr_1")).await,
        plans(&raw, counters::erase(&mut tx, "ctr_1", 9)).await,
    ];
    for plans in all {
        all_search(&plans, "");
    }
}
