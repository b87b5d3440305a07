//! What notifying asks often is answered through an index and in its order, as everything else: see `plans`.

use crate::plans::{all_search, heard, open, plans};
use crate::support::at;
use crate::support::notify::{acme, claim, endpoint, keyed, make, ordered, publish, secret, settlement};
use crate::support::raw::Raw;
use rusqlite::types::Value;
use rusqlite::{Connection, StatementStatus};
use syncline_core::time::Timestamp;
use syncline_store::notify::deliveries::{self, Ask, Filter, Outcome, Place, Search, Span, State};
use syncline_store::notify::endpoints::{self, secrets};
use syncline_store::notify::messages::{self, Idempotency};
use syncline_store::notify::{attempts, delete_before, statistics};
use syncline_store::testing::TestDb;
use syncline_store::{Scope, Store};

const DUE: &str = "deliveries_due (endpoint_id=? AND state=? AND at<?)";

/// By the primary key, or by the index that begins with its other half.
fn by_key(line: &str) -> bool {
    (line.starts_with("SEARCH deliveries ") || line.starts_with("SEARCH d "))
        && line.ends_with("INDEX sqlite_autoindex_deliveries_1 (message_id=? AND endpoint_id=?)")
}

#[tokio::test]
async fn a_lane_is_claimed_through_one_index_in_its_order() {
    let (_db, store, raw) = open().await;
    let mut tx = store.begin().await.unwrap();
    let ask = [Ask { endpoint_id: "ep_1".to_owned(), limit: 9, bytes: 9 }];
    let claimed = plans(&raw, deliveries::claim(&mut tx, &ask, "a", at(9), at(99))).await;
    assert!(claimed[0].starts_with("SEARCH d ") && claimed[0].contains(DUE), "{claimed:?}");
    assert!(!claimed.iter().any(|line| line.contains("B-TREE") || line.starts_with("SCAN")), "{claimed:?}");
    drop(tx);
    let lanes = plans(&raw, deliveries::lanes(&store, ("nobody", at(0)), Some("ep_1"), 9)).await;
    assert!(lanes[0].contains("endpoints_state (state=? AND id>?)"), "{lanes:?}");
    assert!(
        lanes.iter().any(|line| line.contains("deliveries_due (endpoint_id=? AND state=?)")),
        "{lanes:?}"
    );
    assert!(!lanes.iter().any(|line| line.contains("B-TREE") || line.starts_with("SCAN")), "{lanes:?}");
}

/// A dead endpoint in strict order: `rows` messages, all of one key, the first of which is tried again in a day.
async fn backlog(rows: u32) -> (TestDb, Store, Raw) {
    let (db, store, mut raw) = open().await;
    make(&store, &ordered("ep_1", "acme")).await;
    let numbers =
        format!("WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {}) ", rows - 1);
    let id = "printf('msg_%06d', i)";
    for (table, what) in [
        ("messages", format!("{id}, 'acme', 'sync.complete', 'a', '{{}}', 0, NULL")),
        ("deliveries", format!("{id}, 'ep_1', 'acme', 'a', 0, i / 100, 0, 0, NULL, NULL, 0")),
        ("delivery_order", format!("'ep_1', 'a', {id}")),
    ] {
        raw.run(&format!("{numbers} INSERT INTO {table} SELECT {what} FROM n")).await;
    }
    raw.run("UPDATE deliveries SET at = 86400000, attempts = 1 WHERE message_id = 'msg_000000'").await;
    (db, store, raw)
}

/// What a statement costs SQLite, in steps of its machine.
fn steps(db: &Connection, sql: &str, values: &[Value]) -> i32 {
    let mut statement = db.prepare(sql).unwrap();
    for (place, value) in values.iter().enumerate() {
        statement.raw_bind_parameter(place + 1, value).unwrap();
    }
    let mut rows = statement.raw_query();
    while rows.next().unwrap().is_some() {}
    drop(rows);
    statement.get_status(StatementStatus::VmStep)
}

/// The steps of the claims' and the poll's question, and how many claims it took before nothing is due.
async fn costs(rows: u32) -> [i32; 5] {
    let (_db, store, raw) = backlog(rows).await;
    let Raw::Sqlite(db) = &raw else { unreachable!("the steps are SQLite's") };
    let (now, ask) =
        (Timestamp::from_millis(10_000), [Ask { endpoint_id: "ep_1".to_owned(), limit: 256, bytes: 9 }]);
    let mut tx = store.begin().await.unwrap();
    let first = heard(deliveries::claim(&mut tx, &ask, "a", now, now)).await;
    drop(tx);
    let lanes = heard(deliveries::lanes(&store, ("a", now), None, 9)).await;
    let claim = [Value::from("ep_1".to_owned()), Value::from(now.as_millis()), Value::from(256)];
    let look = [
        Value::from("a".to_owned()),
        Value::from(now.as_millis()),
        Value::from(String::new()),
        Value::from(9),
    ];
    let before = [steps(db, &first[0], &claim), steps(db, &lanes[0], &look)];
    let mut claims = 0;
    while deliveries::lanes(&store, ("a", now), None, 9).await.unwrap()[0].due_at.is_some_and(|at| at <= now)
    {
        let mut tx = store.begin().await.unwrap();
        assert_eq!(deliveries::claim(&mut tx, &ask, "a", now, now).await.unwrap(), []);
        tx.commit().await.unwrap();
        claims += 1;
    }
    [before[0], before[1], claims, steps(db, &first[0], &claim), steps(db, &lanes[0], &look)]
}

/// Counted in steps of the database and in claims, not in time: it stays the same on a busy machine.
#[tokio::test]
async fn a_hundred_thousand_messages_behind_a_dead_one_cost_a_claim_no_more_than_a_thousand() {
    let [few_claim, few_look, few_claims, few_later, few_again] = costs(1_000).await;
    let [many_claim, many_look, many_claims, many_later, many_again] = costs(100_000).await;
    // While they are gone through: a page, whatever comes behind it.
    assert!(many_claim <= few_claim * 11 / 10, "{many_claim} steps, {few_claim} with a thousand");
    assert!(many_look <= few_look * 11 / 10, "{many_look} steps, {few_look} with a thousand");
    assert_eq!((few_claims, many_claims), (1, 98), "a thousand in each claim");
    // And then they are out of everybody's way.
    assert!(many_later < 100 && few_later < 100, "{few_later} and {many_later} steps for nothing");
    assert!(many_again <= few_again * 11 / 10, "{many_again} steps, {few_again} with a thousand");
}

#[tokio::test]
async fn what_was_claimed_is_changed_by_its_key() {
    let (_db, store, raw) = open().await;
    make(&store, &ordered("ep_1", "acme")).await;
    // More of each than a planner without figures takes for few.
    for number in 1..60 {
        publish(&store, &[keyed(number, &format!("k{number}"))], at(1)).await;
    }
    let claims = claim(&store, "ep_1", "a", at(9), 60).await;
    let outcomes = [Outcome::Delivered, Outcome::Retry(at(99)), Outcome::Failed];
    let all: Vec<_> = { claims.iter().zip(outcomes.into_iter().cycle()) }
        .map(|(it, outcome)| settlement(it, at(9), outcome))
        .collect();
    assert_eq!(all.len(), 59);
    let mut tx = store.begin().await.unwrap();
    let settle = plans(&raw, deliveries::settle(&mut tx, "a", &all, at(9))).await;
    let of_deliveries =
        |line: &&String| line.starts_with("SEARCH deliveries ") || line.starts_with("SEARCH d ");
    assert!(settle.iter().filter(of_deliveries).count() > 3, "{settle:?}");
    assert!(settle.iter().filter(of_deliveries).all(|line| by_key(line)), "{settle:?}");
    for line in settle.iter().filter(|line| !line.starts_with("CORRELATED SCALAR SUBQUERY")) {
        assert!(line.starts_with("SEARCH "), "{settle:?}");
    }
    for touched in [
        plans(&raw, deliveries::renew(&mut tx, &claims, "a", at(9))).await,
        plans(&raw, deliveries::release(&mut tx, &claims, "a", at(9))).await,
    ] {
        assert!(touched.iter().all(|line| by_key(line)), "{touched:?}");
    }
    drop(tx);
    all_search(&plans(&raw, deliveries::contents(&store, &["msg_00001", "x"])).await, "contents");
    all_search(&plans(&raw, deliveries::waiting(&store, "ep_1")).await, "waiting");
}

#[tokio::test]
async fn publishing_and_dispatching_touch_only_their_own() {
    let (_db, store, raw) = open().await;
    make(&store, &endpoint("ep_1", "acme", &[])).await;
    let mut tx = store.begin().await.unwrap();
    let new = [(keyed(1, "a"), Idempotency::new("k", b"{}"))];
    let published = plans(&raw, messages::publish(&mut tx, &new, None, at(1))).await;
    all_search(&published, "publish");
    assert!(published.iter().any(|line| line.contains("endpoints_organization (org_id=?)")), "{published:?}");
    drop(tx);
    let pending = "SEARCH notifications USING INDEX notifications_pending (dispatched_at=?)";
    let mut tx = store.begin().await.unwrap();
    assert_eq!(plans(&raw, messages::dispatch(&mut tx, (9, 9), None, at(1))).await, [pending]);
    drop(tx);
    let oldest = plans(&raw, messages::pending(&store)).await;
    assert_eq!(oldest, [pending.replace("INDEX", "COVERING INDEX")]);
}

#[tokio::test]
async fn lists_are_read_through_the_index_that_finds_least() {
    let (_db, store, raw) = open().await;
    let moment = || Some((at(9), "msg_9".to_owned()));
    for scope in [acme(), Scope::All] {
        for (filter, index) in [
            (Filter::All(None), "deliveries_endpoint (endpoint_id=?)"),
            (Filter::All(Some("msg_9".to_owned())), "deliveries_endpoint (endpoint_id=? AND message_id<?)"),
            (Filter::In(State::Failed, None), "deliveries_due (endpoint_id=? AND state=?)"),
            (Filter::In(State::Failed, moment()), DUE),
        ] {
            let plans = plans(&raw, deliveries::of_endpoint(&store, &scope, "ep_1", &filter, 9)).await;
            all_search(&plans, &format!("{filter:?}"));
            assert!(plans[0].contains(index), "{filter:?}: {plans:?}");
        }
        for before in [None, moment()] {
            let none = messages::Filter::default();
            let page = plans(&raw, messages::page(&store, &scope, &none, before.as_ref(), 9)).await;
            let whole = scope == Scope::All && before.is_none();
            assert!(page[0].starts_with(if whole {
                "SCAN messages USING INDEX messages_created"
            } else {
                "SEARCH"
            }));
            assert_eq!(page.len(), 1, "{page:?}");
        }
        let none = endpoints::Filter::default();
        all_search(&plans(&raw, endpoints::list(&store, &scope, &none, Some("ep_1"), 9)).await, "endpoints");
        all_search(&plans(&raw, deliveries::of_message(&store, &scope, "msg_1")).await, "of a message");
        all_search(&plans(&raw, deliveries::get(&store, &scope, "msg_1", "ep_1")).await, "one");
        let chart = plans(&raw, statistics::chart(&store, &scope, "ep_1", at(9), 5, 9)).await;
        assert!(chart[0].contains("(endpoint_id=? AND minute>? AND minute<?)"), "{chart:?}");
    }
    let filter = endpoints::Filter {
        org_id: Some("acme".to_owned()),
        state: Some(endpoints::State::Enabled),
        failing: true,
        search: Some("x".to_owned()),
    };
    let listed = plans(&raw, endpoints::list(&store, &Scope::All, &filter, None, 9)).await;
    assert!(listed[0].contains("endpoints_organization (org_id=? AND id>?)"), "{listed:?}");
    all_search(&listed, "endpoints");
}

#[tokio::test]
async fn deliveries_are_searched_through_an_index_whatever_is_asked_for() {
    let (_db, store, raw) = open().await;
    make(&store, &endpoint("ep_1", "acme", &["*"])).await;
    publish(&store, &[keyed(1, "a"), keyed(2, "a")], at(1)).await;
    let word = |word: &str| Some(word.to_owned());
    let none = Search::default;
    let place = Place { at: at(9), message_id: "msg_9".to_owned(), endpoint_id: "ep_9".to_owned() };
    for (search, index) in [
        (none(), "messages_created"),
        (
            Search { kind: word("x"), from: Some(at(0)), to: Some(at(9)), ..none() },
            "messages_created (created_at>?",
        ),
        (Search { org_id: word("acme"), ..none() }, "messages_organization (org_id=?"),
        (
            Search { message_id: word("msg_00001"), state: Some(State::Failed), ..none() },
            "deliveries_1 (message_id=?",
        ),
        (
            Search { endpoint_id: word("ep_1"), kind: word("x"), ..none() },
            "deliveries_endpoint (endpoint_id=?",
        ),
        (
            Search { endpoint_id: word("ep_1"), state: Some(State::Waiting), ..none() },
            "deliveries_due (endpoint_id=? AND state=?",
        ),
        (
            Search { state: Some(State::Waiting), from: Some(at(0)), ..none() },
            "deliveries_due (endpoint_id=? AND state=?",
        ),
    ] {
        for scope in [acme(), Scope::All] {
            for before in [None, Some(&place)] {
                let plans = plans(&raw, deliveries::search(&store, &scope, &search, before, 9)).await;
                assert!(plans.iter().any(|line| line.contains(index)), "{search:?}: {plans:?}");
                let reads = |line: &&String| line.contains("deliveries") || line.contains("messages");
                for line in plans.iter().filter(reads) {
                    let whole = line == "SCAN messages USING COVERING INDEX messages_created";
                    assert!(line.starts_with("SEARCH") || whole, "{search:?}: {plans:?}");
                }
                assert!(!plans.iter().any(|line| line.contains("B-TREE")), "{search:?}: {plans:?}");
            }
        }
    }
}

#[tokio::test]
async fn mending_and_forgetting_touch_only_their_own() {
    let (_db, store, raw) = open().await;
    make(&store, &ordered("ep_1", "acme")).await;
    publish(&store, &[keyed(1, "a"), keyed(2, "a")], at(1)).await;
    let (mut tx, span) = (store.begin().await.unwrap(), Span { from: at(0), to: at(9) });
    let all = [
        plans(&raw, deliveries::recover(&mut tx, &acme(), "ep_1", span, 9, at(9))).await,
        plans(&raw, deliveries::replay(&mut tx, &acme(), "ep_1", (span, None), true, 9, at(9))).await,
        plans(&raw, deliveries::resend(&mut tx, &acme(), "msg_00001", "ep_1", at(9))).await,
        plans(&raw, endpoints::set_health(&mut tx, "ep_1", 1, &endpoints::Health::default())).await,
        plans(&raw, endpoints::give_up(&mut tx, "ep_1", 1, "x", at(9))).await,
        plans(&raw, endpoints::disable(&mut tx, &Scope::All, "ep_1", "x", at(9))).await,
        plans(&raw, endpoints::update(&mut tx, &ordered("ep_1", "acme"))).await,
        plans(&raw, secrets::rotate(&mut tx, &secret("sec_1", "ep_1", 1), at(9), at(1))).await,
        plans(&raw, delete_before(&mut tx, at(99), 9)).await,
        plans(&raw, endpoints::delete(&mut tx, &Scope::All, "ep_1")).await,
    ];
    for plans in all {
        let sorts = plans.iter().any(|line| line.contains("B-TREE") || line.starts_with("SCAN"));
        assert!(!plans.is_empty() && !sorts, "{plans:?}");
    }
    drop(tx);
    publish(&store, &[keyed(3, "a")], at(1)).await;
    all_search(&plans(&raw, attempts::list(&store, &Scope::All, "msg_00003", "ep_1", 9)).await, "attempts");
    all_search(&plans(&raw, secrets::of(&store, &["ep_1"])).await, "secrets");
    all_search(&plans(&raw, endpoints::get_many(&store, &["ep_1"])).await, "endpoints");
}
