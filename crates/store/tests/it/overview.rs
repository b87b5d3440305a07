//! What an operator looks at first: what waits for a person, how much went through.

use crate::plans::{open, plans};
use crate::support::raw::Raw;
use crate::support::runs as loads;
use crate::support::{arrival, at, store_events};
use syncline_store::audit::{self, Filter};
use syncline_store::overview::{self, Flow, Waiting};
use syncline_store::testing::TestDb;
use syncline_store::{Scope, Store};

for_each_database!(
    what_went_through_is_counted_in_the_span_it_went_through_in,
    what_waits_for_a_person_is_named_with_how_much_of_it,
    only_the_latest_run_of_a_connection_is_a_matter_for_anybody,
);

/// What went through in this hour of 2026.
async fn hour(store: &Store, number: i64) -> Flow {
    overview::flow(store, at(3_600 * number), at(3_600 * (number + 1))).await.unwrap()
}

/// Rows of endpoints' minutes; whatever is not said is zero.
const MINUTES: &str = "INSERT INTO endpoint_minutes (endpoint_id, minute, delivered, failed, latency_total, latency_max, under_10, \
                       under_25, under_50, under_100, under_250, under_500, under_1000, under_2500, under_5000, slower) VALUES ";

async fn what_went_through_is_counted_in_the_span_it_went_through_in(db: &TestDb) {
    let store = db.store().await;
    assert_eq!(hour(&store, 0).await, Flow::default());
    let mut raw = Raw::to(db).await;
    // Received a second after they happened: the last event of the first hour, and the first of the second one.
    for (batch, seconds) in
        [[3, 7, 3_598], [3_599, 3_600, 7_000], [90_000, 90_001, 90_002]].iter().enumerate()
    {
        let arrivals = seconds.iter().map(|second| arrival(*second, &format!("{batch}/{second}"))).collect();
        store_events(&store, arrivals).await;
    }
    // Stored late: it happened long before, and arrived now.
    let mut late = arrival(5, "late");
    late.received_at = at(90_010);
    store_events(&store, vec![late]).await;
    let minute = |second: i64| at(second).as_millis();
    for (id, second, delivered, failed) in
        [("ep_1", 0, 4, 1), ("ep_2", 0, 2, 0), ("ep_1", 3_540, 8, 0), ("ep_1", 3_600, 16, 2)]
    {
        raw.run(&format!(
            "{MINUTES} ('{id}', {}, {delivered}, {failed}, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)",
            minute(second)
        ))
        .await;
    }
    for (n, (second, what)) in
        [(10, "created"), (20, "updated"), (30, "refused"), (3_600, "deleted")].iter().enumerate()
    {
        raw.run(&format!(
            "INSERT INTO sync_history (sync_id, org_id, at, what, detail) VALUES ('syn_{n}', 'acme', {}, '{what}', '{{}}')",
            minute(*second)
        ))
        .await;
    }
    loads::begin(&store, "run_1", "con_1", 60).await;
    loads::add_lanes(&store, "run_1", &["contacts", "deals"]).await;
    raw.run("UPDATE run_lanes SET records_read = 200, pages = 3").await;
    raw.run(&format!("UPDATE runs SET finished_at = {}, state = 'succeeded'", minute(4_000))).await;

    let first = hour(&store, 0).await;
    assert_eq!(first, Flow { events: 3, delivered: 14, failed: 1, records: 0, pages: 0, writes: 2 });
    let second = hour(&store, 1).await;
    assert_eq!(second, Flow { events: 3, delivered: 16, failed: 2, records: 400, pages: 6, writes: 1 });
    assert_eq!(
        (hour(&store, 2).await, hour(&store, 25).await.events),
        (Flow::default(), 4),
        "late ones as they arrived"
    );
    raw.run("DELETE FROM events WHERE seq <= 3").await;
    assert_eq!(hour(&store, 1).await.events, 3, "older ones are forgotten, and these are as many as before");
}

fn waiting(id: &str, name: &str, count: u64) -> Waiting {
    Waiting { id: id.to_owned(), name: name.to_owned(), count }
}

async fn what_waits_for_a_person_is_named_with_how_much_of_it(db: &TestDb) {
    let store = db.store().await;
    let mut raw = Raw::to(db).await;
    let endpoint = |id: &str, state: &str, reason: &str, failing: &str| {
        format!(
            "INSERT INTO endpoints (id, org_id, url, description, filter, ordered, state, reason, failing_since, failed_at, failures, \
             created_at, updated_at, version) VALUES ('{id}', 'acme', 'https://{id}.example/', '', '[]', 0, '{state}', {reason}, \
             {failing}, {failing}, 7, 1, 1, 1)"
        )
    };
    let minute = at(60).as_millis().to_string();
    raw.run(&endpoint("ep_1", "enabled", "NULL", "NULL")).await;
    raw.run(&endpoint("ep_2", "disabled", "'a person'", "NULL")).await;
    raw.run(&endpoint("ep_3", "disabled", "'no answer for days'", &minute)).await;
    raw.run(&endpoint("ep_4", "enabled", "NULL", &minute)).await;
    let disabled = overview::disabled_endpoints(&store, "a person").await.unwrap();
    assert_eq!(disabled, [waiting("ep_3", "https://ep_3.example/", 1)]);
    let failing = overview::failing_endpoints(&store, at(61)).await.unwrap();
    assert_eq!(failing, [waiting("ep_4", "https://ep_4.example/", 7)]);
    assert_eq!(overview::failing_endpoints(&store, at(60)).await.unwrap(), [], "not for so long yet");

    for (n, (endpoint, state, second)) in
        [("ep_1", 2, 10), ("ep_1", 2, 20), ("ep_1", 1, 20), ("ep_4", 2, 5), ("ep_gone", 2, 20)]
            .iter()
            .enumerate()
    {
        raw.run(&format!(
            "INSERT INTO deliveries (message_id, endpoint_id, org_id, state, at, attempts, tried, created_at) \
             VALUES ('msg_{n}', '{endpoint}', 'acme', {state}, {}, 1, 1, 1)",
            at(*second).as_millis()
        ))
        .await;
    }
    let given_up = overview::failed_deliveries(&store, at(10)).await.unwrap();
    assert_eq!(given_up, [waiting("ep_1", "https://ep_1.example/", 2)]);
    assert_eq!(overview::parked_counters(&store).await.unwrap(), []);
    assert_eq!(overview::drifted_counters(&store, at(0)).await.unwrap(), []);
}

async fn only_the_latest_run_of_a_connection_is_a_matter_for_anybody(db: &TestDb) {
    let store = db.store().await;
    let mut raw = Raw::to(db).await;
    for (id, connection, created, state) in [
        ("run_1", "con_1", 10, "failed"),
        ("run_2", "con_1", 20, "succeeded"),
        ("run_3", "con_2", 30, "partial"),
        ("run_4", "con_3", 5, "failed"),
    ] {
        loads::begin(&store, id, connection, created).await;
        raw.run(&format!("UPDATE runs SET state = '{state}', active_key = NULL WHERE id = '{id}'")).await;
    }
    let found = overview::failed_runs(&store, at(8)).await.unwrap();
    assert_eq!(found, [waiting("run_3", "con_2", 1)], "mended by the next run, or too long ago");
    assert_eq!(overview::failed_sync_runs(&store, at(0)).await.unwrap(), []);
}

#[tokio::test]
async fn nothing_of_it_reads_a_table_that_grows_from_end_to_end() {
    let (_db, store, raw) = open().await;
    store_events(&store, (0..9).map(|n| arrival(n, &n.to_string())).collect()).await;
    let all = [
        plans(&raw, overview::flow(&store, at(2), at(5))).await,
        plans(&raw, overview::failed_deliveries(&store, at(0))).await,
        plans(&raw, overview::parked_counters(&store)).await,
        plans(&raw, overview::drifted_counters(&store, at(0))).await,
        plans(&raw, overview::failed_runs(&store, at(0))).await,
        plans(&raw, overview::failed_sync_runs(&store, at(0))).await,
        plans(&raw, overview::connections(&store)).await,
    ];
    // Endpoints and definitions are few, and made by people; so are connections, which an index counts.
    let few = ["SCAN e", "SCAN f", "SCAN connections USING COVERING INDEX"];
    for line in all.iter().flatten() {
        assert!(
            !line.starts_with("SCAN") || few.iter().any(|table| line.starts_with(table)),
            "{line} of {all:?}"
        );
    }
}

#[tokio::test]
async fn the_audit_log_is_read_through_the_index_that_finds_least() {
    let (_db, store, raw) = open().await;
    let word = || Some("x".to_owned());
    let none = Filter::default;
    let acme = Scope::Organization("acme".to_owned());
    for (scope, filter, index) in [
        (&Scope::All, none(), "SCAN audit_log"),
        (
            &Scope::All,
            Filter { object_id: word(), actor: word(), org_id: word(), ..none() },
            "audit_log_object (object_id=?",
        ),
        (
            &Scope::All,
            Filter { actor: word(), action: Some("a.b".to_owned()), ..none() },
            "audit_log_actor (actor=?",
        ),
        (
            &Scope::All,
            Filter { action: Some("a.b".to_owned()), since: Some(at(1)), ..none() },
            "audit_log_action (action=?",
        ),
        (
            &acme,
            Filter { since: Some(at(1)), until: Some(at(2)), ..none() },
            "audit_log_organization (org_id=?",
        ),
    ] {
        let found = plans(&raw, audit::page(&store, scope, &filter, Some(9), 50)).await;
        assert!(
            found.len() == 1 && (found[0].contains(index) || index == "SCAN audit_log"),
            "{filter:?}: {found:?}"
        );
    }
    let mut tx = store.begin().await.unwrap();
    let old = plans(&raw, audit::delete_before(&mut tx, at(1), 9)).await;
    assert!(old[0].contains("audit_log_at (at<?"), "{old:?}");
}
