//! What loading asks often is answered through an index and in its order, as everything else: see `plans`.

use crate::plans::{all_search, open, plans};
use crate::support::at;
use crate::support::records::{connect, contact, reading, write};
use crate::support::runs::{add_lanes, begin};
use syncline_core::record::Record;
use syncline_store::records::{self, Filter};
use syncline_store::runs::{self, LaneState, Progress, State};
use syncline_store::stale::{self, Mark};
use syncline_store::{Scope, connections, hooks, notifications, positions};

#[tokio::test]
async fn records_are_listed_in_the_order_of_their_key() {
    let (_db, store, raw) = open().await;
    connect(&store, "con_1", "acme", "hubspot").await;
    let word = || Some("x".to_owned());
    let none = Filter::default;
    let acme = Scope::Organization("acme".to_owned());
    let key = "SEARCH records USING INDEX sqlite_autoindex_records_1 (connection_id=?";
    let everything = Filter {
        connection_id: word(),
        object_type: word(),
        collection: word(),
        search: word(),
        archived: Some(true),
        gone: Some(false),
    };
    let in_type = Filter { connection_id: word(), object_type: word(), ..none() };
    let filters = [
        Filter { connection_id: word(), ..none() },
        Filter { connection_id: word(), gone: Some(true), archived: Some(false), ..none() },
        Filter { connection_id: word(), search: word(), ..none() },
        Filter { connection_id: word(), collection: word(), ..none() },
        Filter { collection: word(), ..in_type.clone() },
        in_type,
        everything,
    ];
    let after = |connection: &str| Some((connection.to_owned(), "x".to_owned(), "x".to_owned()));
    for filter in &filters {
        for scope in [&Scope::All, &acme] {
            for after in [None, after("x")] {
                let plans = plans(&raw, records::page(&store, scope, filter, after, 50)).await;
                assert!(plans.iter().all(|line| line.starts_with(key)), "{scope:?} {filter:?}: {plans:?}");
            }
        }
    }
    // An organization's, connection by connection; everybody's, no further than the page.
    for after in [None, after("con_1")] {
        all_search(&plans(&raw, records::page(&store, &acme, &none(), after, 50)).await, "an organization's");
    }
    let scan = ["SCAN records USING INDEX sqlite_autoindex_records_1"];
    assert_eq!(plans(&raw, records::page(&store, &Scope::All, &none(), None, 50)).await, scan);
    let rest = plans(&raw, records::page(&store, &Scope::All, &none(), after("x"), 50)).await;
    assert_eq!(rest.len(), 3);
    all_search(&rest, "everybody's");
    let one = plans(&raw, records::get(&store, &acme, "con_1", "contacts", "1")).await;
    assert!(one[0].starts_with(key), "{one:?}");
    for scope in [&Scope::All, &acme] {
        all_search(&plans(&raw, records::count(&store, scope, "con_1")).await, "counting");
    }
}

#[tokio::test]
async fn storing_and_sweeping_touch_only_their_own() {
    let (_db, store, raw) = open().await;
    let page = |text: &str| -> Vec<Record> {
        let merged = Record { merged_ids: vec!["2".to_owned()], ..contact("1", None, text) };
        vec![merged, contact("2", None, text), contact("3", None, "same")]
    };
    write(&store, 10, page("a")).await;
    let mut tx = store.begin().await.unwrap();
    let sweep = plans(&raw, records::sweep(&mut tx, &reading(at(5)), "contacts", "", at(9), 50)).await;
    let seen = "SEARCH records USING INDEX records_seen (connection_id=? AND object_type=? AND collection=? AND seen_at<?)";
    assert_eq!(sweep, [seen]);
    let ids = ["1".to_owned()];
    let all = [
        plans(&raw, records::write(&mut tx, &reading(at(20)), page("b"))).await,
        plans(&raw, records::write(&mut tx, &reading(at(15)), page("c"))).await,
        plans(&raw, records::mark_gone(&mut tx, &reading(at(30)), "contacts", &ids)).await,
        plans(&raw, records::sweep(&mut tx, &reading(at(50)), "contacts", "", at(50), 50)).await,
        plans(&raw, records::erase(&mut tx, "con_1", 50)).await,
        plans(&raw, connections::on_accounts(&mut tx, "hubspot", &["1"])).await,
    ];
    for plans in all {
        all_search(&plans, "");
    }
}

#[tokio::test]
async fn runs_are_listed_through_the_index_that_finds_least() {
    let (_db, store, raw) = open().await;
    let acme = Scope::Organization("acme".to_owned());
    let none = runs::Filter::default;
    let of = || runs::Filter { connection_id: Some("con_1".to_owned()), ..none() };
    let running = || Some(State::Running);
    let everything = runs::Filter { state: running(), kind: Some("load".to_owned()), ..of() };
    let questions = [
        (&acme, none(), "runs_organization (org_id=?"),
        (&acme, runs::Filter { state: running(), ..none() }, "runs_organization (org_id=?"),
        (&acme, of(), "runs_connection (connection_id=?"),
        (&Scope::All, everything, "runs_connection (connection_id=?"),
        (&Scope::All, runs::Filter { state: running(), ..none() }, "runs_state (state=?"),
    ];
    for (scope, filter, index) in questions {
        for before in [None, Some((at(9), "x".to_owned()))] {
            let plans = plans(&raw, runs::list(&store, scope, &filter, before, 50)).await;
            all_search(&plans, &format!("{filter:?}"));
            assert!(plans[0].contains(index), "{filter:?}: {plans:?}");
        }
    }
    let all = plans(&raw, runs::list(&store, &Scope::All, &none(), None, 50)).await;
    assert_eq!(all, ["SCAN runs USING INDEX runs_created"]);
}

#[tokio::test]
async fn a_run_and_its_lanes_are_found_by_their_keys() {
    let (_db, store, raw) = open().await;
    begin(&store, "run_1", "con_1", 0).await;
    add_lanes(&store, "run_1", &["contacts"]).await;
    let mut tx = store.begin().await.unwrap();
    let progress = Progress::default();
    let all = [
        plans(&raw, runs::unfinished(&store, "con_1")).await,
        plans(&raw, runs::lanes(&store, "run_1")).await,
        plans(&raw, runs::start_lane(&mut tx, "run_1", "contacts", at(3))).await,
        plans(&raw, runs::checkpoint(&mut tx, "run_1", "contacts", &progress, at(3))).await,
        plans(&raw, runs::end_lane(&mut tx, "run_1", "contacts", LaneState::Done, None, at(3))).await,
        plans(&raw, runs::request_cancel(&mut tx, &Scope::All, "run_1", at(3))).await,
        plans(&raw, runs::pause(&mut tx, "run_1", "x", at(3))).await,
        plans(&raw, runs::resume_paused(&mut tx, "con_1", at(3))).await,
        plans(&raw, runs::start(&mut tx, "run_1", at(3))).await,
        plans(&raw, runs::finish(&mut tx, "run_1", State::Failed, None, at(3))).await,
        plans(&raw, runs::delete_before(&mut tx, at(9), 9)).await,
        plans(&raw, positions::set(&mut tx, "con_1", "contacts", None, None, at(3))).await,
        plans(&raw, positions::get_all(&store, "con_1")).await,
    ];
    for plans in all {
        all_search(&plans, "");
    }
}

#[tokio::test]
async fn what_waits_is_found_through_its_indexes() {
    let (_db, store, raw) = open().await;
    let acme = Scope::Organization("acme".to_owned());
    for (scope, kind) in [(&acme, None), (&acme, Some("x")), (&Scope::All, Some("x"))] {
        for before in [None, Some((at(9), "x".to_owned()))] {
            let list = notifications::list(&store, scope, kind, before, 50);
            all_search(&plans(&raw, list).await, &format!("{scope:?} {kind:?}"));
        }
    }
    let mark = Mark {
        object_type: "contacts".to_owned(),
        collection: String::new(),
        record_id: "1".to_owned(),
        asked_at: at(1),
        echo: false,
    };
    let marks = [mark];
    let mut tx = store.begin().await.unwrap();
    stale::mark(&mut tx, "con_1", &marks).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = store.begin().await.unwrap();
    let all = [
        plans(&raw, notifications::delete_before(&mut tx, at(9), 9)).await,
        plans(&raw, stale::mark(&mut tx, "con_1", &marks)).await,
        plans(&raw, stale::settled(&mut tx, "con_1", &marks)).await,
        plans(&raw, stale::batch(&store, "con_1", stale::Turn::News, 9)).await,
        plans(&raw, stale::batch(&store, "con_1", stale::Turn::Echoes, 9)).await,
        plans(&raw, stale::are_echoes(&mut tx, "con_1", "contacts", &["1".to_owned()].into(), at(0))).await,
        plans(&raw, stale::count(&store, "con_1")).await,
        plans(&raw, hooks::list(&store, "con_1")).await,
        plans(&raw, hooks::by_remote(&store, "airtable", "ach1")).await,
        plans(&raw, hooks::expiring(&store, at(9), 9)).await,
        plans(&raw, hooks::set_cursor(&mut tx, "hok_1", 1, at(9))).await,
    ];
    for plans in all {
        all_search(&plans, "");
    }
}
