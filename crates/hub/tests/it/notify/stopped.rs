//! SIGTERM, to the program itself: nobody waits for endpoints that are merely there, nor for longer than the grace for one that drips.

use super::outside::Client;
use super::receiver::{FINE, Receiver, Reply};
use crate::support::process::Program;
use crate::support::wait::until;
use serde_json::json;
use std::time::Duration;
use syncline_core::time::{Clock as _, SystemClock};
use syncline_hub::telemetry::Stopwatch;
use syncline_store::Scope;
use syncline_store::notify::attempts;
use syncline_store::notify::deliveries::{self, Delivery, State};
use syncline_store::testing::{TestDb, Which};

/// What a busy machine may add.
const SLACK: Duration = Duration::from_secs(4);

fn program(db: &TestDb, settings: &[(&str, &str)]) -> Program {
    let base =
        [("database.url", db.url.as_str()), ("notify.allow", "127.0.0.0/8"), ("notify.plain_http", "true")];
    Program::new(db.directory(), "hub", &[], &[&base[..], settings].concat())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_hub_with_endpoints_stops_at_once() {
    for (which, test) in
        [(Which::Sqlite, "idle stop with endpoints"), (Which::Postgres, "the same on PostgreSQL")]
    {
        let Some(db) = TestDb::of(which, test).await else { continue };
        let program = program(&db, &[]);
        let process = program.start_ready().await;
        let client = Client::new(program.address, program.local_key());
        let (well, refusing) =
            (Receiver::always(FINE).await, Receiver::always(Reply::Status(500, "", "")).await);
        let mut endpoints = Vec::new();
        for (url, ordered) in
            [(well.url("/free"), false), (well.url("/line"), true), (refusing.url("/"), false)]
        {
            endpoints.push(client.endpoint(&url, json!({"ordered": ordered})).await);
        }
        client.publish(&json!({"number": 1})).await;
        well.receives(2).await;
        refusing.receives(1).await;
        for endpoint in &endpoints[..2] {
            until("it is settled", async || {
                client.deliveries(endpoint, "delivered").await.filter(|all| all.len() == 1)
            })
            .await;
        }
        // Connections to receivers are open, and a retry is five seconds away.
        let watch = Stopwatch::start();
        process.terminate();
        let status = process.ended().await;
        let took = watch.elapsed();
        assert!(status.success() && took < SLACK, "{test}: {status} after {took:?}");
    }
}

/// A hub that is told to stop while a receiver drips at it; what became of the delivery, whether the stop was a good one, how long it took.
async fn stopped_while_dripped_at(timeout: &str, grace: &str) -> (Delivery, usize, bool, Duration) {
    let db = TestDb::of(Which::Sqlite, "").await.expect("SQLite is always there");
    let program = program(&db, &[("notify.timeout", timeout), ("server.shutdown_grace", grace)]);
    let process = program.start_ready().await;
    let client = Client::new(program.address, program.local_key());
    let receiver = Receiver::always(Reply::Drip(200, "")).await;
    let endpoint = client.endpoint(&receiver.url("/"), json!({})).await;
    let message = client.publish(&json!({"number": 1})).await;
    receiver.receives(1).await;
    let watch = Stopwatch::start();
    process.terminate();
    let status = process.ended().await;
    let took = watch.elapsed();
    assert_eq!(receiver.count(), 1, "it was sent once");
    let store = db.open();
    let delivery = deliveries::get(&store, &Scope::All, &message, &endpoint).await.unwrap().unwrap();
    let tries = attempts::list(&store, &Scope::All, &message, &endpoint, 9).await.unwrap().len();
    (delivery, tries, status.success(), took)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_drips_delays_a_stop_by_no_more_than_the_time_limit() {
    let (delivery, attempts, good, took) = stopped_while_dripped_at("2s", "20s").await;
    assert!(good && took < Duration::from_secs(2) + SLACK, "good: {good}, after {took:?}");
    assert_eq!((delivery.state, delivery.tried, attempts), (State::Waiting, 1, 1), "the attempt was kept");
    assert!(!delivery.under_way, "{delivery:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_drips_longer_than_the_grace_is_cut_off_and_sent_to_again() {
    let (delivery, attempts, good, took) = stopped_while_dripped_at("60s", "1s").await;
    assert!(!good && took < Duration::from_secs(1) + SLACK, "good: {good}, after {took:?}");
    assert_eq!((delivery.state, attempts), (State::Waiting, 0));
    // Given back: whoever starts next need not wait for a lease.
    assert!(!delivery.under_way && delivery.at <= SystemClock.now(), "{delivery:?}");
}
