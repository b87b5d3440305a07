//! What syncing asks often is answered through an index and in its order, as everything else: see `plans`.

use crate::plans::{all_search, open, plans};
use crate::support::at;
use crate::support::syncs::{WHOSE, about_field, insert, keys_of, link, make, new_sync, owned};
use std::collections::{BTreeMap, BTreeSet};
use syncline_core::sync::{Side, Sides};
use syncline_store::Scope;
use syncline_store::runs::{State, Trigger};
use syncline_store::syncs::{
    self, ConflictState, LinkState, Phase, Reading, Trouble, conflicts, history, keys, links, marks, runs,
};

fn acme() -> Scope {
    Scope::Organization("acme".to_owned())
}

fn word() -> Option<String> {
    Some("x".to_owned())
}

#[tokio::test]
async fn syncs_are_listed_through_the_index_that_finds_least() {
    let (_db, store, raw) = open().await;
    make(&store, &new_sync("syn_1", "acme", "con_1", "con_2")).await;
    let none = syncs::Filter::default;
    let state = || Some(syncs::State::Active);
    let everything =
        syncs::Filter { connection_id: word(), org_id: word(), state: state(), search: word(), failed: true };
    let questions = [
        (&Scope::All, everything, "syncs_left (left_connection=?"),
        (&acme(), syncs::Filter { state: state(), ..none() }, "syncs_organization (org_id=?"),
        (&Scope::All, syncs::Filter { org_id: word(), ..none() }, "syncs_organization (org_id=?"),
        (&Scope::All, syncs::Filter { state: state(), ..none() }, "syncs_state (state=?"),
    ];
    for (scope, filter, index) in questions {
        for after in [None, Some("x")] {
            let plans = plans(&raw, syncs::list(&store, scope, &filter, after, 50)).await;
            all_search(&plans, &format!("{filter:?}"));
            assert!(plans[0].contains(index), "{filter:?}: {plans:?}");
        }
    }
    let mut tx = store.begin().await.unwrap();
    let sides = plans(&raw, syncs::on_connection(&mut tx, "con_1")).await;
    let looks: Vec<&String> = sides.iter().filter(|line| line.contains("syncs")).collect();
    assert_eq!(
        looks,
        [
            "SEARCH syncs USING INDEX syncs_left (left_connection=?)",
            "SEARCH syncs USING INDEX syncs_right (right_connection=?)"
        ]
    );
    let all = [
        plans(&raw, syncs::get(&store, &acme(), "syn_1")).await,
        plans(&raw, syncs::lock(&mut tx, "syn_1")).await,
        plans(&raw, syncs::set_state(&mut tx, "syn_1", syncs::State::Paused, None, at(1))).await,
        plans(&raw, syncs::update(&mut tx, &new_sync("syn_1", "acme", "con_1", "con_2"))).await,
        plans(&raw, syncs::delete(&mut tx, "syn_1")).await,
    ];
    for plans in all {
        all_search(&plans, "");
    }
}

#[tokio::test]
async fn links_are_found_and_counted_through_their_indexes() {
    let (_db, store, raw) = open().await;
    make(&store, &new_sync("syn_1", "acme", "con_1", "con_2")).await;
    insert(&store, &[link("a", Some("1"), Some("1"))]).await;
    let of = || links::Filter { sync_id: "syn_1".to_owned(), ..links::Filter::default() };
    let (state, trouble) = (Some(LinkState::Linked), Some(Trouble::Held));
    let questions = [
        (of(), "sync_links_sync (sync_id=?"),
        (links::Filter { search: word(), ..of() }, "sync_links_sync (sync_id=?"),
        (links::Filter { state, ..of() }, "sync_links_state (sync_id=? AND state=?"),
        (links::Filter { trouble, ..of() }, "sync_links_trouble (sync_id=? AND trouble=?"),
        (links::Filter { state, trouble, ..of() }, "sync_links_trouble (sync_id=? AND trouble=?"),
        (
            links::Filter { record_id: word(), state, trouble, ..of() },
            "sync_links_left (sync_id=? AND left_id=?",
        ),
    ];
    for (filter, index) in questions {
        for (scope, after) in [(Scope::All, None), (acme(), Some("x"))] {
            let plans = plans(&raw, links::page(&store, &scope, &filter, after, 50)).await;
            let looks: Vec<String> = plans.iter().filter(|line| !line.contains("B-TREE")).cloned().collect();
            all_search(&looks, &format!("{filter:?}"));
            assert!(plans[0].contains(index), "{filter:?}: {plans:?}");
            // A record has a link; there is nothing to sort but that.
            assert!(looks.len() == plans.len() || filter.record_id.is_some(), "{filter:?}: {plans:?}");
        }
    }
    let counts = plans(&raw, links::count(&store, "syn_1")).await;
    assert!(counts.iter().all(|line| line.contains("USING COVERING INDEX")), "{counts:?}");
    let ended = plans(&raw, links::deleted_since(&store, "syn_1", Side::Left, at(0))).await;
    let index = "sync_links_ended (sync_id=? AND ended_on=? AND ended_at>?)";
    assert_eq!(ended, [format!("SEARCH sync_links USING COVERING INDEX {index}")]);
    let mut tx = store.begin().await.unwrap();
    let ids = owned(&["1", "2"]);
    let moved = [link("a", Some("2"), Some("7"))];
    let all = [
        plans(&raw, links::by_records(&store, "syn_1", Side::Left, &ids)).await,
        plans(&raw, links::by_records_in(&mut tx, "syn_1", Side::Right, &ids)).await,
        plans(&raw, links::get(&store, &acme(), "a")).await,
        plans(&raw, links::update(&mut tx, &moved)).await,
        plans(&raw, links::insert(&mut tx, &[link("b", Some("8"), Some("8"))])).await,
    ];
    for plans in all {
        all_search(&plans, "");
    }
}

#[tokio::test]
async fn keys_and_marks_are_found_through_their_indexes() {
    let (_db, store, raw) = open().await;
    make(&store, &new_sync("syn_1", "acme", "con_1", "con_2")).await;
    let mut tx = store.begin().await.unwrap();
    keys::replace(&mut tx, "syn_1", Side::Left, &keys_of(&[("1", &["a"])])).await.unwrap();
    marks::mark(&mut tx, "syn_1", Side::Left, &owned(&["1"]), at(1), at(1)).await.unwrap();
    tx.commit().await.unwrap();
    let read = marks::batch(&store, "syn_1", at(9), 9).await.unwrap();
    let wanted = BTreeSet::from(["a".to_owned()]);
    let found = plans(&raw, keys::find(&store, "syn_1", Side::Left, &wanted)).await;
    let index = "sync_keys_match (sync_id=? AND side=? AND match_key=?)";
    let look: Vec<&String> = found.iter().filter(|line| line.contains("sync_keys")).collect();
    assert_eq!(look, [&format!("SEARCH sync_keys USING COVERING INDEX {index}")]);
    assert!(!found.iter().any(|line| line.contains("B-TREE")), "{found:?}");
    let found = plans(&raw, keys::find_without(&store, "syn_1", Side::Left, &wanted, &[0])).await;
    let other = "SEARCH other USING COVERING INDEX sqlite_autoindex_sync_keys_1 \
                 (sync_id=? AND side=? AND record_id=? AND match_key>? AND match_key<?)";
    assert!(found.iter().any(|line| line.contains(other)), "{found:?}");
    let due = plans(&raw, marks::batch(&store, "syn_1", at(9), 9)).await;
    assert_eq!(due, ["SEARCH sync_marks USING INDEX sync_marks_due (sync_id=? AND due_at<?)"]);
    let ids = owned(&["1", "2"]);
    let mut tx = store.begin().await.unwrap();
    let all = [
        plans(&raw, keys::of(&store, "syn_1", Side::Left, &ids)).await,
        plans(&raw, keys::replace(&mut tx, "syn_1", Side::Left, &keys_of(&[("1", &["b"])]))).await,
        plans(&raw, keys::forget(&mut tx, "syn_1", Side::Left, &ids)).await,
        plans(&raw, marks::mark(&mut tx, "syn_1", Side::Left, &ids, at(2), at(2))).await,
        plans(&raw, marks::put_off(&mut tx, "syn_1", &read, at(9))).await,
        plans(&raw, marks::settled(&mut tx, "syn_1", &read)).await,
        plans(&raw, marks::next_due(&store, "syn_1")).await,
        plans(&raw, marks::count(&store, "syn_1")).await,
    ];
    for plans in all {
        all_search(&plans, "");
    }
}

#[tokio::test]
async fn conflicts_are_listed_and_counted_through_the_index_that_finds_least() {
    let (_db, store, raw) = open().await;
    make(&store, &new_sync("syn_1", "acme", "con_1", "con_2")).await;
    let none = conflicts::Filter::default;
    let of = || conflicts::Filter { sync_id: word(), ..none() };
    let state = Some(ConflictState::Open);
    let (by_state, of_all) = ("sync_conflicts_sync_state (sync_id=? AND state=?", Scope::All);
    let of_organization = "sync_conflicts_organization_state (org_id=? AND state=?";
    let questions = [
        (
            &acme(),
            conflicts::Filter { link_id: word(), state, kind: word(), ..of() },
            "sync_conflicts_link (link_id=?",
        ),
        (&acme(), of(), "sync_conflicts_sync (sync_id=?"),
        (&of_all, conflicts::Filter { state, ..of() }, by_state),
        (&acme(), conflicts::Filter { state, kind: word(), ..of() }, by_state),
        (&acme(), conflicts::Filter { kind: word(), ..of() }, "sync_conflicts_kind (sync_id=? AND kind=?"),
        (&acme(), none(), "sync_conflicts_organization (org_id=?"),
        (&acme(), conflicts::Filter { state, ..none() }, of_organization),
        (&of_all, conflicts::Filter { state, ..none() }, "sync_conflicts_state (state=?"),
        (&of_all, conflicts::Filter { state, search: word(), ..of() }, by_state),
    ];
    for (scope, filter, index) in questions {
        for before in [None, Some("x")] {
            let plans = plans(&raw, conflicts::page(&store, scope, &filter, before, 50)).await;
            all_search(&plans, &format!("{filter:?}"));
            assert!(plans[0].contains(index), "{filter:?}: {plans:?}");
        }
    }
    for (scope, sync_id) in [(&of_all, None), (&acme(), None), (&of_all, Some("x")), (&acme(), Some("x"))] {
        all_search(&plans(&raw, conflicts::count_open(&store, scope, sync_id)).await, "counting");
    }
    let mut tx = store.begin().await.unwrap();
    let new = [about_field("a", "lnk_1", "email", "x")];
    conflicts::put(&mut tx, WHOSE, &new, at(1)).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = store.begin().await.unwrap();
    let left = BTreeMap::from([(new[0].about(), BTreeSet::new())]);
    let choice = serde_json::json!({});
    let all = [
        plans(&raw, conflicts::put(&mut tx, WHOSE, &[about_field("b", "lnk_1", "email", "y")], at(2))).await,
        plans(&raw, conflicts::resolve(&mut tx, &acme(), "a", &choice, "ada", at(3))).await,
        plans(&raw, conflicts::put(&mut tx, WHOSE, &[about_field("c", "lnk_1", "email", "y")], at(4))).await,
        plans(&raw, conflicts::close(&mut tx, "syn_1", &left, ConflictState::Passed, at(5))).await,
        plans(&raw, conflicts::delete_before(&mut tx, at(9), 9)).await,
        plans(&raw, conflicts::get(&store, &acme(), "a")).await,
    ];
    for plans in all {
        all_search(&plans, "");
    }
}

#[tokio::test]
async fn runs_and_history_are_found_through_their_indexes() {
    let (_db, store, raw) = open().await;
    let none = runs::Filter::default;
    let state = Some(State::Running);
    let trigger = Some(Trigger::Manual);
    let everything = runs::Filter { sync_id: word(), state, dry_run: Some(true), trigger, search: word() };
    let questions = [
        (Scope::All, everything, "sync_runs_sync (sync_id=?"),
        (acme(), runs::Filter { state, ..none() }, "sync_runs_organization (org_id=?"),
        (Scope::All, runs::Filter { state, ..none() }, "sync_runs_state (state=?"),
    ];
    for (scope, filter, index) in questions {
        for before in [None, Some((at(9), "x".to_owned()))] {
            let plans = plans(&raw, runs::list(&store, &scope, &filter, before, 50)).await;
            all_search(&plans, &format!("{filter:?}"));
            assert!(plans[0].contains(index), "{filter:?}: {plans:?}");
        }
    }
    let all = plans(&raw, runs::list(&store, &Scope::All, &none(), None, 50)).await;
    assert_eq!(all, ["SCAN sync_runs USING INDEX sync_runs_created"]);
    let of = || history::Filter { sync_id: "syn_1".to_owned(), ..history::Filter::default() };
    let record = |side| Some((side, "1".to_owned()));
    let questions = [
        (of(), "sync_history_sync (sync_id=?"),
        (history::Filter { link_id: word(), ..of() }, "sync_history_link (link_id=?"),
        (
            history::Filter { link_id: word(), record: record(Side::Left), ..of() },
            "sync_history_link (link_id=?",
        ),
        (
            history::Filter { record: record(Side::Left), ..of() },
            "sync_history_left (sync_id=? AND left_id=?",
        ),
        (
            history::Filter { record: record(Side::Right), ..of() },
            "sync_history_right (sync_id=? AND right_id=?",
        ),
    ];
    for (filter, index) in questions {
        for (scope, before) in [(Scope::All, None), (acme(), Some(9))] {
            let plans = plans(&raw, history::page(&store, &scope, &filter, before, 50)).await;
            all_search(&plans, &format!("{filter:?}"));
            assert!(plans[0].contains(index), "{filter:?}: {plans:?}");
        }
    }
}

#[tokio::test]
async fn a_run_is_moved_on_and_forgotten_by_its_keys() {
    let (_db, store, raw) = open().await;
    let new = runs::NewRun {
        id: "a".to_owned(),
        org_id: "acme".to_owned(),
        sync_id: "syn_1".to_owned(),
        towards: None,
        dry_run: true,
        reading: Reading::Full,
        trigger: Trigger::Manual,
        created_at: at(1),
    };
    let past = history::HistoryRow {
        seq: 0,
        sync_id: "syn_1".to_owned(),
        org_id: "acme".to_owned(),
        link_id: None,
        at: at(1),
        side: None,
        what: "x".to_owned(),
        ids: Sides::default(),
        detail: serde_json::Value::Null,
    };
    let planned = syncs::plans::Planned {
        n: 0,
        side: None,
        what: "x".to_owned(),
        ids: Sides::default(),
        detail: serde_json::Value::Null,
    };
    let mut tx = store.begin().await.unwrap();
    runs::create(&mut tx, &new).await.unwrap();
    syncs::plans::add(&mut tx, "a", &[planned]).await.unwrap();
    history::add(&mut tx, &[past]).await.unwrap();
    marks::mark(&mut tx, "syn_1", Side::Left, &owned(&["1"]), at(1), at(1)).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = store.begin().await.unwrap();
    let counts = serde_json::json!({});
    let all = [
        plans(&raw, runs::unfinished(&store, "syn_1")).await,
        plans(&raw, runs::start(&mut tx, "a", at(2))).await,
        plans(&raw, runs::checkpoint(&mut tx, "a", Phase::Left, None, &counts, None, at(3))).await,
        plans(&raw, runs::pause(&mut tx, "syn_1", "x", at(3))).await,
        plans(&raw, runs::resume_paused(&mut tx, "syn_1", at(3))).await,
        plans(&raw, runs::request_cancel(&mut tx, &Scope::All, "a", at(3))).await,
        plans(&raw, syncs::plans::page(&store, &acme(), "a", Some(1), 9)).await,
        plans(&raw, syncs::plans::count(&store, "a")).await,
        plans(&raw, runs::delete_before(&mut tx, at(9), 9)).await,
        plans(&raw, syncs::erase(&mut tx, "syn_1", 50)).await,
        plans(&raw, history::delete_before(&mut tx, at(9), 9)).await,
    ];
    for plans in all {
        all_search(&plans, "");
    }
}
