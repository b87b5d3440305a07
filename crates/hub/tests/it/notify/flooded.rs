//! Answers of hundreds of megabytes, and as much that waits: the program stays as small as it was.

use super::outside::Client;
use super::receiver::{Receiver, Reply};
use crate::support::process::Program;
use crate::support::wait::until;
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;
use syncline_store::testing::{TestDb, Which};
use tokio::sync::Semaphore;

/// What each answer has.
const ANSWER: u64 = 400 << 20;
/// By how much the program may grow for all of them together, in KiB.
const GROWTH: u64 = 64 << 10;

#[tokio::test(flavor = "multi_thread")]
async fn answers_of_400_mib_are_not_held_in_memory() {
    let db = TestDb::of(Which::Sqlite, "").await.expect("SQLite is always there");
    let settings =
        [("database.url", db.url.as_str()), ("notify.allow", "127.0.0.0/8"), ("notify.plain_http", "true")];
    let program = Program::new(db.directory(), "hub", &[], &settings);
    let process = program.start_ready().await;
    let client = Client::new(program.address, program.local_key());
    let receiver = Receiver::always(Reply::Flood(ANSWER)).await;
    let endpoint = client.endpoint(&receiver.url("/"), json!({})).await;
    let before = process.peak_memory();
    // One alone, and then several at a time.
    for count in [1, 16] {
        let so_far = receiver.count();
        for number in 0..count {
            client.publish(&json!({"number": number})).await;
        }
        receiver.receives(so_far + count).await;
        until("they are delivered", async || {
            client.deliveries(&endpoint, "delivered").await.filter(|all| all.len() == so_far + count)
        })
        .await;
    }
    let grown = process.peak_memory() - before;
    assert!(grown < GROWTH, "it grew by {grown} KiB");
    process.kill().await;
}

/// Messages of a mebibyte each, for each of several endpoints that say nothing.
const LARGE: usize = 256;
const ENDPOINTS: usize = 8;
/// By how much the program may grow, in KiB: what it may hold, what it takes in and writes meanwhile, and what the allocator keeps. All of
/// them in memory would be four times as much and more.
const GROWTH_OF_WAITING: u64 = 512 << 10;

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_is_in_memory_only_as_far_as_it_is_sent_soon() {
    let db = TestDb::of(Which::Sqlite, "").await.expect("SQLite is always there");
    let settings = [
        ("database.url", db.url.as_str()),
        ("notify.allow", "127.0.0.0/8"),
        ("notify.plain_http", "true"),
        ("notify.max_payload", "2MiB"),
    ];
    let program = Program::new(db.directory(), "hub", &[], &settings);
    let process = program.start_ready().await;
    let client = Client::new(program.address, program.local_key());
    let gate = Arc::new(Semaphore::new(0));
    let receiver = Receiver::always(Reply::Held(Arc::clone(&gate))).await;
    for number in 0..ENDPOINTS {
        client.endpoint(&receiver.url(&format!("/{number}")), json!({})).await;
    }
    let before = process.peak_memory();
    let text = "x".repeat(1 << 20);
    for number in 0..LARGE {
        client.publish(&json!({"number": number, "text": text})).await;
    }
    // Every endpoint has something in hand, though none of them gets anywhere.
    until("all endpoints were sent something", async || {
        let paths: BTreeSet<String> = receiver.got().into_iter().map(|got| got.path).collect();
        (paths.len() == ENDPOINTS).then_some(())
    })
    .await;
    let grown = process.peak_memory() - before;
    assert!(grown < GROWTH_OF_WAITING, "it grew by {grown} KiB");
    process.kill().await;
}
