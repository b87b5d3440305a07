//! Migrations: they meet old rows, are applied once whoever starts, and never rewrite history.

use crate::support::raw::Raw;
use crate::support::{at, job_ids, timeline};
use std::time::Duration;
use syncline_core::counters::push::Stage;
use syncline_core::sync::Side;
use syncline_store::testing::TestDb;
use syncline_store::{
    Dialect, MIGRATIONS, Migration, Scope, Store, StoreError, accounts, api_keys, audit, counters, hooks,
    jobs, notifications, notify, positions, records, runs, stale, syncs,
};
use tokio::task::JoinSet;

for_each_database!(
    migrating_again_changes_nothing,
    a_database_of_a_newer_version_is_refused,
    an_altered_history_is_refused,
    a_long_migration_is_given_its_time,
);
on_databases!(a_copy_of_a_migrated_database_is_like_one: postgres Postgres, mysql MySql);
on_databases!(every_migration_applies_over_the_rows_of_all_before: sqlite Sqlite, postgres Postgres, mysql MySql; run_on_empty);
on_databases!(many_may_start_at_once: sqlite Sqlite, postgres Postgres, mysql MySql; run_on_empty);
on_databases!(a_failing_migration_leaves_nothing: sqlite Sqlite, postgres Postgres);
on_databases!(a_half_applied_migration_is_completed: mysql MySql);

/// And the schema that comes of it is the one a fresh database gets.
async fn every_migration_applies_over_the_rows_of_all_before(db: &TestDb) {
    let store = db.open();
    for (version, migration) in (1..).zip(MIGRATIONS) {
        assert_eq!(migration.version, version, "{}: numbers have no gaps", migration.name);
        store.migrate_along(&MIGRATIONS[..version as usize]).await.unwrap();
        let mut raw = Raw::to(db).await;
        let sample = migration.sample_statements(store.dialect());
        assert!(!sample.is_empty(), "{}: later migrations need rows to meet", migration.name);
        for statement in sample {
            raw.run(&statement).await;
        }
    }
    store.migrate().await.unwrap();
    let fresh = db.another().await;
    fresh.store().await;
    assert_eq!(shape(db).await, shape(&fresh).await);
    // The rows are still there, and this version reads them.
    let events = timeline(&store).await;
    assert_eq!(
        (events.len(), events[0].org_id.as_deref(), events[0].id.occurred_at()),
        (1, Some("acme"), at(0))
    );
    assert_eq!(job_ids(&store).await, ["job_01"]);
    assert_eq!(jobs::next_due(&store).await.unwrap(), Some(at(0)));
    assert_eq!(accounts::list(&store).await.unwrap().len(), 1);
    assert_eq!(api_keys::find(&store, "f00d").await.unwrap().unwrap().scope(), Scope::All);
    loading_reads_the_rows(&store).await;
    syncing_reads_the_rows(&store).await;
    notifying_reads_the_rows(&store).await;
    counting_reads_the_rows(&store).await;
    auditing_reads_the_rows(&store).await;
}

async fn loading_reads_the_rows(store: &Store) {
    let all = records::page(store, &Scope::All, &records::Filter::default(), None, 9).await.unwrap();
    assert_eq!(all[0].item.name, "Ada Lovelace");
    assert_eq!((all[1].merged_into.as_deref(), all[1].version), (Some("123"), 2));
    let run = runs::unfinished(store, "con_01").await.unwrap().unwrap();
    assert_eq!((run.id.as_str(), run.trigger, run.read), ("run_01", runs::Trigger::Connect, 2));
    assert_eq!(runs::lanes(store, "run_01").await.unwrap()[0].total, Some(9));
    assert_eq!(positions::get_all(store, "con_01").await.unwrap().len(), 1);
    assert_eq!(notifications::list(store, &Scope::All, None, None, 9).await.unwrap().len(), 1);
    let turns = [(stale::Turn::News, "123"), (stale::Turn::Echoes, "124")];
    for (turn, first) in turns {
        assert_eq!(stale::batch(store, "con_01", turn, 9).await.unwrap()[0].record_id, first);
    }
    assert_eq!(hooks::by_remote(store, "airtable", "ach01").await.unwrap()[0].cursor, Some(4));
}

async fn syncing_reads_the_rows(store: &Store) {
    let sync = syncs::get(store, &Scope::All, "syn_01").await.unwrap().unwrap();
    assert_eq!((sync.agreement.rules[0].name.as_str(), sync.schemas.right.open), ("email", true));
    let links = syncs::links::Filter { sync_id: "syn_01".to_owned(), ..syncs::links::Filter::default() };
    let links = syncs::links::page(store, &Scope::All, &links, None, 9).await.unwrap();
    assert_eq!((links[0].link.bases.len(), links[1].state()), (1, syncs::LinkState::Ended));
    assert_eq!(syncs::links::deleted_since(store, "syn_01", Side::Left, at(0)).await.unwrap(), 1);
    let wanted = ["0:ada@example.com".to_owned()].into();
    assert_eq!(syncs::keys::find(store, "syn_01", Side::Left, &wanted).await.unwrap()[0].1, "123");
    assert_eq!(syncs::marks::batch(store, "syn_01", at(9), 9).await.unwrap()[0].side, Side::Right);
    let conflict = syncs::conflicts::get(store, &Scope::All, "cfl_01").await.unwrap().unwrap();
    assert_eq!((conflict.subject.as_str(), conflict.conflict.times.left), ("email", Some(at(0))));
    let about = syncs::conflicts::About::Link("lnk_01".to_owned());
    let none = [(about, [].into())].into();
    let mut tx = store.begin().await.unwrap();
    let passed = syncs::conflicts::close(&mut tx, "syn_01", &none, syncs::ConflictState::Passed, at(9)).await;
    assert_eq!(passed.unwrap(), ["cfl_01"]);
    tx.commit().await.unwrap();
    let run = syncs::runs::unfinished(store, "syn_01").await.unwrap().unwrap();
    assert_eq!((run.phase, run.total, run.dry_run), (syncs::Phase::Left, Some(9), true));
    assert_eq!(syncs::plans::page(store, &Scope::All, "srn_01", None, 9).await.unwrap()[0].what, "update");
    let past = syncs::history::Filter { sync_id: "syn_01".to_owned(), ..syncs::history::Filter::default() };
    let past = syncs::history::page(store, &Scope::All, &past, None, 9).await.unwrap();
    assert_eq!(past[0].link_id.as_deref(), Some("lnk_01"));
}

async fn notifying_reads_the_rows(store: &Store) {
    let endpoints = notify::endpoints::list(store, &Scope::All, &Default::default(), None, 9).await.unwrap();
    let (first, second) = (&endpoints[0], &endpoints[1]);
    assert_eq!((first.rate.map(|rate| rate.parts().0), first.ordered), (Some(100), true));
    assert_eq!(first.schedule.as_ref().map(syncline_core::notify::schedule::Schedule::attempts), Some(3));
    assert_eq!(first.health.streak.map(|streak| streak.failures), Some(2));
    assert_eq!((second.org_id.as_str(), second.state), ("", notify::endpoints::State::Disabled));
    assert_eq!(notify::endpoints::secrets::of(store, &["ep_01"]).await.unwrap()[0].secret.bytes, [1, 255]);
    let lanes = notify::deliveries::lanes(store, ("nobody", at(0)), None, 9).await.unwrap();
    assert_eq!((lanes.len(), lanes[0].due_at), (1, Some(at(5))));
    let waits = notify::deliveries::get(store, &Scope::All, "msg_01", "ep_01").await.unwrap().unwrap();
    assert_eq!((waits.tried, waits.status, waits.under_way), (1, Some(500), false));
    let tried = notify::attempts::list(store, &Scope::All, "msg_01", "ep_01", 9).await.unwrap();
    assert_eq!(tried[0].body.as_deref(), Some("oops"));
    let minute = notify::statistics::chart(store, &Scope::All, "ep_01", at(0), 1, 1).await.unwrap();
    assert_eq!((minute[0].failed, minute[0].spans[1]), (1, 1));
    let message = notify::messages::get(store, &Scope::All, "msg_01").await.unwrap().unwrap();
    assert_eq!(message.order_key.as_deref(), Some("con_01"));
    // News that was queued before there were messages is waiting to become one.
    assert_eq!(notify::messages::pending(store).await.unwrap(), Some(at(0)));
}

async fn auditing_reads_the_rows(store: &Store) {
    let log = audit::page(store, &Scope::All, &audit::Filter::default(), None, 9).await.unwrap();
    assert_eq!((log[0].door, log[0].object_id.as_str(), log[0].at), (audit::Door::Api, "con_01", at(0)));
}

async fn counting_reads_the_rows(store: &Store) {
    let definition = counters::definitions::by_name(store, "acme", "exam-bookings").await.unwrap().unwrap();
    assert_eq!((definition.definition.minimum, definition.reconcile_at), (0, Some(at(0))));
    assert_eq!(definition.secrets.map(|secrets| secrets.bytes), Some(vec![1, 255]));
    let counter = counters::get(store, &Scope::All, "ctr_01", "40577087837").await.unwrap().unwrap();
    assert_eq!((counter.value, counter.push.stage, counter.push.due), (8, Stage::Look, at(5)));
    assert_eq!(counter.push.call.map(|call| call.value), Some(8));
    let key = ("ctr_01", "40577087837");
    let past = counters::changes::history(store, &Scope::All, key, None, 9).await.unwrap();
    assert_eq!((past[0].before, past[0].value), (7, 8));
    let filter = counters::pushes::LogFilter { definition_id: "ctr_01", key: None };
    let log = counters::pushes::log(store, &Scope::All, filter, None, 9).await.unwrap();
    assert_eq!(log[0].what, counters::pushes::What::Accepted);
    let buckets = counters::statistics::Buckets { until: at(0), minutes: 1, count: 1 };
    let minutes = counters::statistics::chart(store, &Scope::All, "ctr_01", buckets).await.unwrap();
    assert_eq!((minutes[0].changes, minutes[0].spans[2]), (2, 1));
    let run = counters::runs::unfinished(store, "ctr_01").await.unwrap().unwrap();
    assert_eq!((run.position.as_str(), run.counts.drifted), ("40577087837", 1));
    let found =
        counters::findings::page(store, &Scope::All, "crn_01", counters::findings::Filter::default(), "", 9)
            .await
            .unwrap();
    assert_eq!(found[0].drift().unwrap().unwrap().property_off(), Some(-2));
}

/// Which is what nearly all tests on servers are given.
async fn a_copy_of_a_migrated_database_is_like_one(db: &TestDb) {
    let migrated = db.another().await;
    migrated.store().await;
    assert_eq!((shape(db).await, history(db).await), (shape(&migrated).await, history(&migrated).await));
    assert_eq!(
        Raw::to(db).await.lines("SELECT name FROM sequences ORDER BY name").await,
        Raw::to(&migrated).await.lines("SELECT name FROM sequences ORDER BY name").await
    );
}

async fn migrating_again_changes_nothing(db: &TestDb) {
    let store = db.store().await;
    let before = (shape(db).await, history(db).await);
    assert_eq!(before.1.len(), MIGRATIONS.len());
    assert!(before.0.iter().any(|line| line.contains("jobs_coalesce")), "{:?}", before.0);
    store.migrate().await.unwrap();
    db.open().migrate().await.unwrap();
    assert_eq!((shape(db).await, history(db).await), before);
}

async fn many_may_start_at_once(db: &TestDb) {
    let mut starting = JoinSet::new();
    for _ in 0..5 {
        let (url, directory) = (db.url.clone(), db.directory().to_owned());
        starting.spawn(async move {
            let options = syncline_store::Options {
                url,
                data_dir: directory,
                max_connections: 2,
                acquire_timeout: Duration::from_secs(20),
            };
            let open = tokio::task::spawn_blocking(move || Store::open(&options));
            open.await.unwrap().unwrap().migrate().await
        });
    }
    while let Some(ended) = starting.join_next().await {
        ended.unwrap().unwrap();
    }
    assert_eq!(history(db).await.len(), MIGRATIONS.len());
    let fresh = db.another().await;
    fresh.store().await;
    assert_eq!(shape(db).await, shape(&fresh).await);
}

async fn a_database_of_a_newer_version_is_refused(db: &TestDb) {
    let store = db.open();
    let newer = history_and("CREATE TABLE later (id {int} NOT NULL PRIMARY KEY) {table};");
    store.migrate_along(&newer).await.unwrap();
    let before = (shape(db).await, history(db).await);
    let error = store.migrate().await.unwrap_err();
    assert!(matches!(error, StoreError::Setup(_)), "{error}");
    let said = error.to_string();
    assert!(said.contains("newer") && said.contains("next"), "{said}");
    assert_eq!((shape(db).await, history(db).await), before);
}

async fn an_altered_history_is_refused(db: &TestDb) {
    let store = db.store().await;
    let before = (shape(db).await, history(db).await);
    let mut altered = MIGRATIONS.to_vec();
    altered[1].up = "CREATE TABLE other (id {int} NOT NULL PRIMARY KEY) {table};";
    let error = store.migrate_along(&altered).await.unwrap_err();
    assert!(matches!(error, StoreError::Setup(_)), "{error}");
    assert!(error.to_string().contains(MIGRATIONS[1].name), "{error}");
    assert_eq!((shape(db).await, history(db).await), before);
}

/// Longer than any other statement may take.
async fn a_long_migration_is_given_its_time(db: &TestDb) {
    let store = db.open();
    store.migrate().await.unwrap();
    // On a server, enough for everything else also where its disk is slow and others keep it busy.
    let (slow, patience) = match store.dialect() {
        Dialect::Sqlite => (
            "CREATE TABLE slow AS WITH RECURSIVE counting (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counting \
             WHERE n < 9000000) SELECT COUNT(*) AS n FROM counting;",
            1,
        ),
        Dialect::Postgres => ("CREATE TABLE slow AS SELECT 1 AS n FROM pg_sleep(8);", 7),
        Dialect::MySql => ("CREATE TABLE slow AS SELECT SLEEP(8) AS n;", 7),
    };
    let hurried = store.with_patience(Duration::from_secs(patience));
    hurried.migrate_along(&history_and(slow)).await.unwrap();
    assert_eq!(history(db).await.len(), MIGRATIONS.len() + 1);
}

async fn a_failing_migration_leaves_nothing(db: &TestDb) {
    let store = db.store().await;
    let before = (shape(db).await, history(db).await);
    let failing = history_and(
        "CREATE TABLE half (id {int} NOT NULL PRIMARY KEY) {table};\n\nINSERT INTO nowhere VALUES (1);",
    );
    let error = store.migrate_along(&failing).await.unwrap_err();
    assert!(matches!(error, StoreError::Rejected(_)), "{error}");
    assert_eq!((shape(db).await, history(db).await), before);
    store.migrate().await.unwrap();
}

/// MySQL commits every change of the schema by itself, so a process can die between any two of them.
async fn a_half_applied_migration_is_completed(db: &TestDb) {
    let fresh = db.another().await;
    for (number, migration) in MIGRATIONS.iter().enumerate() {
        fresh.open().migrate_along(&MIGRATIONS[..=number]).await.unwrap();
        let all = migration.statements(Dialect::MySql).len();
        let at = |applied| complete_after(&fresh, number, applied);
        if number + 1 < MIGRATIONS.len() {
            // It was tried at each of these places when it was the latest, and has not changed since.
            at(all / 2).await;
        } else {
            // Side by side, because the server spends its time waiting for the disk.
            tokio::join!(at(1), at(all / 2), at(all));
        }
    }
    // But a real mistake is not taken for a half.
    let failing = history_and("INSERT INTO nowhere VALUES (1);");
    fresh.open().migrate_along(&failing).await.unwrap_err();
    assert_eq!(history(&fresh).await.len(), MIGRATIONS.len());
}

/// A database whose migration of this number was left off after so many statements becomes like one that was brought as far at once.
async fn complete_after(fresh: &TestDb, number: usize, applied: usize) {
    let (db, migration) = (fresh.another().await, &MIGRATIONS[number]);
    let (store, statements) = (db.open(), migration.statements(Dialect::MySql));
    store.migrate_along(&MIGRATIONS[..number]).await.unwrap();
    let mut raw = Raw::to(&db).await;
    for statement in &statements[..applied] {
        raw.run(statement).await;
    }
    store.migrate_along(&MIGRATIONS[..=number]).await.unwrap();
    let half = format!("{}, {applied} of {}", migration.name, statements.len());
    assert_eq!(shape(&db).await, shape(fresh).await, "{half}");
    assert_eq!(history(&db).await, history(fresh).await, "{half}");
}

/// The history there is, and one more step.
fn history_and(up: &'static str) -> Vec<Migration> {
    let version = i64::try_from(MIGRATIONS.len()).unwrap() + 1;
    let mut history = MIGRATIONS.to_vec();
    history.push(Migration { version, name: "next", up, sample: "" });
    history
}

/// What was applied, as recorded.
async fn history(db: &TestDb) -> Vec<String> {
    let mut raw = Raw::to(db).await;
    raw.lines("SELECT name FROM schema_migrations ORDER BY version").await
}

/// Every table, column, index and constraint, a line each.
async fn shape(db: &TestDb) -> Vec<String> {
    let mut raw = Raw::to(db).await;
    let questions: &[&str] = match raw.dialect() {
        Dialect::Sqlite => {
            &["SELECT type || ' ' || name || ' ' || tbl_name || ' ' || COALESCE(sql, '') FROM sqlite_master \
                              WHERE name NOT LIKE 'sqlite_seq%' ORDER BY 1"]
        }
        Dialect::Postgres => &[
            "SELECT concat_ws(' ', table_name, ordinal_position, column_name, data_type, collation_name, is_nullable, \
             column_default, is_identity) FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1",
            "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1",
            "SELECT concat_ws(' ', conrelid::regclass, conname, pg_get_constraintdef(oid)) FROM pg_constraint \
             WHERE connamespace = 'public'::regnamespace ORDER BY 1",
        ],
        Dialect::MySql => &[
            "SELECT CONCAT_WS(' ', table_name, engine, table_collation) FROM information_schema.tables \
             WHERE table_schema = DATABASE() ORDER BY 1",
            "SELECT CONCAT_WS(' ', table_name, ordinal_position, column_name, column_type, collation_name, is_nullable, \
             column_default, extra) FROM information_schema.columns WHERE table_schema = DATABASE() ORDER BY 1",
            "SELECT CONCAT_WS(' ', table_name, index_name, seq_in_index, column_name, non_unique, sub_part) \
             FROM information_schema.statistics WHERE table_schema = DATABASE() ORDER BY 1",
        ],
    };
    let mut lines = Vec::new();
    for question in questions {
        lines.extend(raw.lines(question).await);
    }
    assert!(lines.len() > 10, "{lines:?}");
    lines
}
