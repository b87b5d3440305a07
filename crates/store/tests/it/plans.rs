//! Every question people ask often is answered through an index and in its order: no table is read from end to end, and
//! nothing is sorted.
//!
//! The statements are the ones the store really runs: they are heard from its trace events, and SQLite is asked how it
//! would go about them.

use crate::support::raw::Raw;
use crate::support::{arrival, at, job};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;
use syncline_core::event::EventId;
use syncline_store::events::{self, Filter, Order, Search};
use syncline_store::jobs::{self, NewJob, Outcome, State};
use syncline_store::testing::{TestDb, Which};
use syncline_store::{Scope, Store, accounts, api_keys, intake_log, leases, portal};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Dispatch, Event, Metadata, Subscriber};

#[tokio::test]
async fn the_timeline_is_read_through_the_index_that_finds_least() {
    let (_db, store, raw) = open().await;
    let word = || Some("x".to_owned());
    let none = Filter::default;
    let acme = Scope::Organization("acme".to_owned());
    let by_object = "events_object (object_id=?";
    let by_account = "events_account (account=?";
    let by_organization = "events_organization (org_id=?";
    let by_kind = "events_kind (kind=?";
    let questions = [
        (&acme, none(), by_organization),
        (&Scope::All, Filter { org_id: word(), ..none() }, by_organization),
        (&Scope::All, Filter { account: word(), provider: word(), ..none() }, by_account),
        (&acme, Filter { account: word(), ..none() }, by_account),
        (&Scope::All, Filter { object_id: word(), ..none() }, by_object),
        (&acme, Filter { object_id: word(), object_type: word(), ..none() }, by_object),
        (&acme, Filter { object_id: word(), kind: word(), property: word(), ..none() }, by_object),
        (&Scope::All, Filter { kind: word(), ..none() }, by_kind),
        (&acme, Filter { kind: word(), ..none() }, by_organization),
        (&Scope::All, Filter { kind: word(), account: word(), ..none() }, by_account),
    ];
    for (scope, filter, index) in questions {
        for order in [Order::OldestFirst, Order::NewestFirst] {
            for (from, after) in [(None, None), (Some(at(0)), None), (None, Some(EventId::MAX))] {
                let filter = Filter { from, to: from, ..filter.clone() };
                let plans = plans(&raw, events::page(&store, scope, &filter, order, after, 50)).await;
                all_search(&plans, &format!("{scope:?} {filter:?}"));
                assert!(plans[0].contains(index), "{scope:?} {filter:?}: {plans:?}");
            }
        }
    }
    // Everybody's timeline, and filters without an index, are read in the order of the index and no further than the page.
    for filter in [none(), Filter { provider: word(), ..none() }, Filter { property: word(), ..none() }] {
        let page = events::page(&store, &Scope::All, &filter, Order::NewestFirst, None, 50);
        assert_eq!(plans(&raw, page).await, ["SCAN events USING INDEX events_id"]);
        let page = events::page(&store, &Scope::All, &filter, Order::NewestFirst, Some(EventId::MAX), 50);
        assert_eq!(plans(&raw, page).await, ["SEARCH events USING INDEX events_id (id<?)"]);
    }
    // A look reads a piece of that, whose end it finds in the index alone.
    let mut enough = || false;
    let filter = Filter { property: word(), ..none() };
    let look =
        events::look(&store, &Scope::All, &filter, Order::NewestFirst, Some(EventId::MAX), 50, &mut enough);
    let end = "SEARCH events USING COVERING INDEX events_id (id<?)";
    let found = plans(&raw, look).await;
    assert!(
        found.len() == 4 && found[1] == end && found[3] == "SEARCH events USING INDEX events_id (id<?)",
        "{found:?}"
    );
    let filter = Filter { property: word(), account: word(), org_id: word(), ..none() };
    let look = events::look(&store, &Scope::All, &filter, Order::OldestFirst, None, 50, &mut enough);
    let end = "SEARCH events USING COVERING INDEX events_account (account=?)";
    let found = plans(&raw, look).await;
    assert!(
        found[1] == end && found[3] == "SEARCH events USING INDEX events_account (account=?)",
        "{found:?}"
    );
    // Nor are somebody else's rows read to find it.
    let look = events::look(&store, &acme, &filter, Order::OldestFirst, None, 50, &mut enough);
    assert_eq!(plans(&raw, look).await[1], end);
    // SQLite follows one bound of each side only: there is one.
    let filter = Filter { property: word(), from: Some(at(0)), to: Some(at(9)), ..none() };
    for order in [Order::OldestFirst, Order::NewestFirst] {
        let after = Some(EventId::first_at(at(5)));
        for sql in heard(events::look(&store, &Scope::All, &filter, order, after, 50, &mut enough)).await {
            assert_eq!((sql.matches("id >").count(), sql.matches("id <").count()), (1, 1), "{sql}");
        }
    }
    let histogram = plans(&raw, events::histogram(&store, &acme, at(9), 1_000, 9)).await;
    // What it sorts are the spans, a few dozen.
    let range = "SEARCH events USING INDEX events_organization (org_id=? AND id>? AND id<?)";
    assert_eq!(histogram, [range, "USE TEMP B-TREE FOR GROUP BY"]);
}

/// A search that means something of each sort.
fn search() -> Search {
    let some = || vec!["x".to_owned(), "y".to_owned()];
    Search {
        text: "x".to_owned(),
        event: Some(EventId::MIN),
        object_ids: some(),
        kinds: some(),
        accounts: some(),
        is_cut: false,
    }
}

/// Of everything that a search means so many rows are read as the page has, each through the index of its own; nothing is sorted but them.
#[tokio::test]
async fn a_search_reads_a_page_of_each_of_what_it_means() {
    let (_db, store, raw) = open().await;
    let filter = Filter { search: Some(search()), property: Some("x".to_owned()), ..Filter::default() };
    for after in [None, Some(EventId::MAX)] {
        let page = events::page(&store, &Scope::All, &filter, Order::NewestFirst, after, 50);
        let plans = plans(&raw, page).await;
        let read: Vec<&String> = plans.iter().filter(|line| line.contains(" events ")).collect();
        assert!(read.iter().all(|line| line.starts_with("SEARCH events USING INDEX")), "{plans:#?}");
        for index in ["events_object (object_id=?", "events_account (account=?", "events_kind (kind=?"] {
            assert_eq!(read.iter().filter(|line| line.contains(index)).count(), 2, "{index}: {plans:#?}");
        }
        assert!(!plans.iter().any(|line| line.contains("TEMP B-TREE")), "{plans:#?}");
    }
    let meaning = plans(&raw, events::meaning(&store, &Scope::All, "x")).await;
    let read: Vec<&String> = meaning.iter().filter(|line| line.contains(" events ")).collect();
    assert!(read.iter().all(|line| line.starts_with("SEARCH events USING COVERING INDEX")), "{meaning:#?}");
}

/// However the stream is filtered: it reads on from where it is, instead of its organization's whole history each time.
#[tokio::test]
async fn a_stream_reads_on_from_where_it_is() {
    let (_db, store, raw) = open().await;
    let word = || Some("x".to_owned());
    let everything = Filter {
        org_id: word(),
        provider: word(),
        account: word(),
        object_type: word(),
        object_id: word(),
        kind: word(),
        property: word(),
        from: Some(at(0)),
        to: Some(at(9)),
        search: Some(search()),
    };
    for scope in [Scope::All, Scope::Organization("acme".to_owned())] {
        for filter in [Filter::default(), everything.clone()] {
            let plans = plans(&raw, events::since(&store, &scope, &filter, 1, 50)).await;
            assert_eq!(plans, ["SEARCH events USING INTEGER PRIMARY KEY (rowid>?)"], "{scope:?} {filter:?}");
        }
    }
}

#[tokio::test]
async fn storing_and_deleting_touch_only_their_own() {
    let (_db, store, raw) = open().await;
    let mut tx = store.begin().await.unwrap();
    let all = [
        plans(&raw, events::store(&mut tx, vec![arrival(1, "a")])).await,
        plans(&raw, events::delete_before(&mut tx, at(2), 10)).await,
        plans(&raw, events::get(&store, &Scope::All, EventId::MIN)).await,
        plans(&raw, events::last_seq(&store)).await,
        plans(&raw, accounts::assign(&mut tx, "hubspot", "1", "acme", at(0))).await,
        plans(&raw, accounts::adopt_events(&mut tx, "hubspot", "1", 10)).await,
        plans(&raw, intake_log::remove(&mut tx, &[1, 2, 3])).await,
        plans(&raw, intake_log::advance(&mut tx, "embedded", 1)).await,
    ];
    for plans in all {
        all_search(&plans, "");
    }
}

#[tokio::test]
async fn jobs_are_found_through_their_indexes() {
    let (_db, store, raw) = open().await;
    let mut tx = store.begin().await.unwrap();
    let keyed = NewJob { coalesce_key: Some("key".to_owned()), ..job("a") };
    jobs::enqueue(&mut tx, &keyed, at(0)).await.unwrap();
    let claim = plans(&raw, jobs::claim(&mut tx, "", "me", at(1), at(9), 5)).await;
    assert_eq!(claim[0], "SEARCH jobs USING INDEX jobs_due (state=? AND org_id=? AND run_at<?)");
    let acme = Scope::Organization("acme".to_owned());
    let all = [
        claim,
        plans(&raw, jobs::enqueue(&mut tx, &keyed, at(0))).await,
        plans(&raw, jobs::organizations_due(&mut tx, Some("acme"), at(1), 5)).await,
        plans(&raw, jobs::reclaim_expired(&mut tx, at(1))).await,
        plans(&raw, jobs::running_by_organization(&mut tx, &["load.run"])).await,
        plans(&raw, jobs::settle(&mut tx, "a", "me", &Outcome::Release, at(2))).await,
        plans(&raw, jobs::settle(&mut tx, "a", "me", &Outcome::Done, at(2))).await,
        plans(&raw, jobs::get(&store, &acme, "a")).await,
        plans(&raw, jobs::next_due(&store)).await,
    ];
    for plans in all {
        all_search(&plans, "");
    }
    all_search(&plans(&raw, jobs::discard_parked(&mut tx, &acme, "a")).await, "");
    tx.commit().await.unwrap();
    let of_kind = jobs::Filter { kind: Some("kind"), ..jobs::Filter::default() };
    let parked = jobs::list(&store, &Scope::All, State::Parked, &of_kind, None, 50);
    assert!(plans(&raw, parked).await[0].contains("jobs_kind (state=? AND kind=?"));
}

#[tokio::test]
async fn whoever_knocks_is_recognised_through_an_index() {
    let (_db, store, raw) = open().await;
    let all = [
        plans(&raw, api_keys::find(&store, "f00d")).await,
        plans(&raw, api_keys::touch(&store, "key", at(0))).await,
        plans(&raw, portal::session(&store, "beef", at(0))).await,
        plans(&raw, portal::setting(&store, portal::Setting::Password)).await,
        plans(&raw, leases::hold(&store, "lease", "me", at(0), Duration::from_secs(1))).await,
    ];
    for plans in all {
        all_search(&plans, "");
    }
}

pub async fn open() -> (TestDb, Store, Raw) {
    let db = TestDb::of(Which::Sqlite, "plans").await.unwrap();
    let (store, raw) = (db.store().await, Raw::to(&db).await);
    (db, store, raw)
}

/// Finds by an index whatever it looks for, in the order it wants it.
pub fn all_search(plans: &[String], question: &str) {
    assert!(!plans.is_empty(), "nothing was asked");
    // Of a question within a question the plan has a heading, and then how it is answered.
    let finds = |line: &String| line.starts_with("SEARCH ") || line.starts_with("CORRELATED SCALAR SUBQUERY");
    assert!(plans.iter().all(finds), "{question}: {plans:?}");
}

/// How SQLite goes about the statements that run while `work` does, a line each.
pub async fn plans<T>(raw: &Raw, work: impl Future<Output = syncline_store::Result<T>>) -> Vec<String> {
    let mut lines = Vec::new();
    for sql in heard(work).await {
        lines.extend(plan(raw, &sql));
    }
    lines
}

fn plan(raw: &Raw, sql: &str) -> Vec<String> {
    let Raw::Sqlite(db) = raw else { unreachable!("plans are SQLite's") };
    let mut explain = db.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let lines = explain.raw_query().mapped(|row| row.get::<_, String>(3)).collect::<rusqlite::Result<_>>();
    lines.unwrap()
}

/// A listener that is always there. While there is no more than one, `tracing` asks the thread that comes to a place first whether anybody
/// wants to hear of it, and remembers the answer for all threads: a test beside this one would say no.
static ALWAYS: LazyLock<Dispatch> = LazyLock::new(|| Dispatch::new(Listener(Arc::default())));

/// The statements that run while `work` does.
pub async fn heard<T>(work: impl Future<Output = syncline_store::Result<T>>) -> Vec<String> {
    let statements = Arc::new(Mutex::new(Vec::new()));
    LazyLock::force(&ALWAYS);
    // For this thread only, which is the only one: the runtime is the test's own.
    let guard = tracing::subscriber::set_default(Listener(Arc::clone(&statements)));
    work.await.unwrap();
    drop(guard);
    std::mem::take(&mut *statements.lock().unwrap())
}

struct Listener(Arc<Mutex<Vec<String>>>);

impl Subscriber for Listener {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "syncline_store::sql"
    }

    fn event(&self, event: &Event<'_>) {
        event.record(&mut Statement(&self.0));
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct Statement<'a>(&'a Mutex<Vec<String>>);

impl Visit for Statement<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "sql" {
            self.0.lock().unwrap().push(value.to_owned());
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}
