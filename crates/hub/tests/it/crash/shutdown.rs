//! Stopping: what is under way is finished, nothing is forgotten, and nobody has to wait for it.

use super::{CONNECTIONS, SHORT_LEASE};
use crate::support::load::{Load, Reader, compare};
use crate::support::process::Program;
use std::time::Duration;
use syncline_hub::telemetry::Stopwatch;
use syncline_store::testing::{TestDb, Which};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_under_load_loses_nothing_on_sqlite() {
    stopped_under_load(Which::Sqlite, "stop under load on SQLite").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_under_load_loses_nothing_on_postgres() {
    stopped_under_load(Which::Postgres, "stop under load on PostgreSQL").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_under_load_loses_nothing_on_mariadb() {
    stopped_under_load(Which::MySql, "stop under load on MariaDB").await;
}

async fn stopped_under_load(which: Which, test: &str) {
    let Some(db) = TestDb::of(which, test).await else { return };
    let program = Program::new(db.directory(), "hub", &[], &[("database.url", db.url.as_str()), SHORT_LEASE]);
    let mut process = program.start_ready().await;
    let reader = Reader::new(program.address, program.local_key());
    let mut load = Load::start(program.address, CONNECTIONS, 2_000);
    for acknowledgements in [40, 90] {
        load.acknowledged(acknowledgements).await;
        process.terminate();
        let status = process.ended().await;
        assert!(status.success(), "everything was finished, so the end is a good one: {status}");
        process = program.start().await;
    }
    let ledger = load.finish().await;
    reader.log_is_empty().await;
    compare(&ledger, &reader.timeline().await);
    process.kill().await;
}

/// Nobody waits for polls, leases or connections that are merely open.
#[tokio::test(flavor = "multi_thread")]
async fn an_idle_hub_stops_within_a_second() {
    for (which, test) in [(Which::Sqlite, "idle stop"), (Which::Postgres, "idle stop on PostgreSQL")] {
        let Some(db) = TestDb::of(which, test).await else { continue };
        let program = Program::new(db.directory(), "hub", &[], &[("database.url", &db.url)]);
        let process = program.start_ready().await;
        let idle = TcpStream::connect(program.address).await.unwrap();
        let reader = Reader::new(program.address, program.local_key());
        reader.log_is_empty().await;
        let watch = Stopwatch::start();
        process.terminate();
        let status = process.ended().await;
        let took = watch.elapsed();
        assert!(status.success() && took < Duration::from_secs(1), "{test}: {status} after {took:?}");
        drop(idle);
    }
}

/// The first signal waits for a request that never ends; the second does not.
#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_stops_at_once() {
    let db = TestDb::of(Which::Sqlite, "").await.unwrap();
    let program = Program::new(db.directory(), "hub", &[], &[("database.url", &db.url)]);
    let process = program.start_ready().await;
    let mut slow = TcpStream::connect(program.address).await.unwrap();
    let head = "POST /webhooks/hubspot/main HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n";
    slow.write_all(head.as_bytes()).await.unwrap();
    // The server asks for the body once the request is being worked on.
    let mut asked = [0; 12];
    tokio::io::AsyncReadExt::read_exact(&mut slow, &mut asked).await.unwrap();
    assert_eq!(&asked, b"HTTP/1.1 100");
    let watch = Stopwatch::start();
    process.terminate();
    process.stops_listening().await;
    process.terminate();
    let status = process.ended().await;
    let took = watch.elapsed();
    assert_eq!(status.code(), Some(1), "something was cut off");
    assert!(took < Duration::from_secs(4), "long before the grace of 20 s is over: {took:?}");
}
