//! The crash test: what was acknowledged survives any number of deaths, once, wherever the hub was when it died.

mod shutdown;

use crate::support::load::{Load, Reader, compare};
use crate::support::process::{Process, Program};
use crate::support::topic::Topic;
use crate::support::wait::until;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use syncline_store::testing::{TestDb, Which};

/// Deaths in each test.
const DEATHS: usize = 5;
const CONNECTIONS: u64 = 6;

/// So that a successor goes on reading soon after a death.
const SHORT_LEASE: (&str, &str) = ("jobs.lease", "1s");

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_on_sqlite() {
    killed_again_and_again(Which::Sqlite, "crash on SQLite", 11).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_on_postgres() {
    killed_again_and_again(Which::Postgres, "crash on PostgreSQL", 12).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_on_mariadb() {
    killed_again_and_again(Which::MySql, "crash on MariaDB", 13).await;
}

/// One process that does everything, killed under load after a random number of acknowledgements, once even before the
/// first one of that life.
async fn killed_again_and_again(which: Which, test: &str, seed: u64) {
    let Some(db) = TestDb::of(which, test).await else { return };
    let program = Program::new(db.directory(), "hub", &[], &[("database.url", db.url.as_str()), SHORT_LEASE]);
    let mut process = program.start_ready().await;
    let reader = Reader::new(program.address, program.local_key());
    let mut rng = StdRng::seed_from_u64(seed);
    let mut load = Load::start(program.address, CONNECTIONS, seed * 100);
    let mut stored_before_death = 0;
    for death in 0..DEATHS {
        if death != 2 {
            load.acknowledged(rng.random_range(20..120)).await;
        }
        if death % 2 == 1 {
            // In the middle of storing, too, and not only of taking in.
            stored_before_death = more_is_stored(&reader, stored_before_death).await;
        }
        process.kill().await;
        process = program.start().await;
    }
    load.acknowledged(20).await;
    let ledger = load.finish().await;
    reader.log_is_empty().await;
    compare(&ledger, &reader.timeline().await);
    assert!(ledger.broken > 0, "the deaths were felt: {:?}", ledger.answers);
    process.kill().await;
}

/// Waits until more events are stored than before.
async fn more_is_stored(reader: &Reader, before: u64) -> u64 {
    until("more stored events", async || {
        let status = reader.try_get("/v1/status").await?;
        status["events"]["last_seq"].as_u64().filter(|now| *now > before)
    })
    .await
}

/// Kafka takes in, PostgreSQL stores, in two processes that both die.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_through_kafka() {
    let test = "crash with Kafka";
    let Some(db) = TestDb::of(Which::Postgres, test).await else { return };
    let Some(topic) = Topic::new(test) else { return };
    let settings = [vec![("database.url", db.url.as_str()), SHORT_LEASE], topic.settings()].concat();
    let intake = Program::new(db.directory(), "intake", &["intake"], &settings);
    let worker = Program::new(db.directory(), "worker", &["worker", "api"], &settings);
    let mut working = worker.start_ready().await;
    let mut taking: Process = intake.start_ready().await;
    let reader = Reader::new(worker.address, worker.local_key());
    let mut rng = StdRng::seed_from_u64(14);
    let mut load = Load::start(intake.address, CONNECTIONS, 1_400);
    load.acknowledged(rng.random_range(20..120)).await;
    for death in 0..DEATHS {
        load.acknowledged(rng.random_range(20..120)).await;
        if death == 1 {
            more_is_stored(&reader, 0).await;
            working.kill().await;
            working = worker.start().await;
        } else {
            taking.kill().await;
            taking = intake.start().await;
        }
    }
    load.acknowledged(20).await;
    let ledger = load.finish().await;
    topic.is_read().await;
    compare(&ledger, &reader.timeline().await);
    assert!(ledger.broken > 0, "the deaths were felt: {:?}", ledger.answers);
    taking.kill().await;
    working.kill().await;
}
