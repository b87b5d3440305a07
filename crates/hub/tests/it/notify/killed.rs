//! The crash test of notifying: what was answered 202, and what other rooms queued, arrives at least once and is settled, however often
//! the hub dies. What comes twice is what was in flight at a death, and comes under its own id.

use super::outside::{Client, Publishers, compare};
use super::receiver::{FINE, Got, Receiver, Reply};
use crate::support::process::Program;
use crate::support::wait::until;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use syncline_core::time::{Clock as _, SystemClock};
use syncline_store::notifications::{self, Notification};
use syncline_store::notify::deliveries::{self, Filter, State};
use syncline_store::notify::messages;
use syncline_store::testing::{TestDb, Which};
use syncline_store::{Scope, Store, StoreError};

const DEATHS: usize = 5;
const PUBLISHERS: usize = 6;
/// News that wait in the outbox at each death.
const NEWS: usize = 40;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_published_is_lost_on_sqlite() {
    killed_again_and_again(Which::Sqlite, "notify crash on SQLite", 21).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_published_is_lost_on_postgres() {
    killed_again_and_again(Which::Postgres, "notify crash on PostgreSQL", 22).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_published_is_lost_on_mariadb() {
    killed_again_and_again(Which::MySql, "notify crash on MariaDB", 23).await;
}

/// Endpoints by their paths.
type Endpoints = BTreeMap<&'static str, String>;

/// One that wants everything and one that wants what is published, in strict order and without.
const PATHS: [(&str, bool, bool); 4] =
    [("/free", false, true), ("/free-own", false, false), ("/line", true, true), ("/line-own", true, false)];

async fn make_endpoints(client: &Client, receiver: &Receiver) -> Endpoints {
    let mut made = Endpoints::new();
    for (path, ordered, news) in PATHS {
        let wanted = if news { json!(["*"]) } else { json!(["invoice.*"]) };
        let terms = json!({"ordered": ordered, "event_types": wanted});
        made.insert(path, client.endpoint(&receiver.url(path), terms).await);
    }
    made
}

/// News as another process queues them: nobody rings a bell in the hub.
async fn queue_news(store: &Store, death: usize) {
    let now = SystemClock.now();
    let row = |number: usize| Notification {
        id: format!("ntf_{death:02}{number:04}"),
        org_id: "acme".to_owned(),
        connection_id: Some(format!("con_{}", number % 3)),
        kind: "sync.complete".to_owned(),
        payload: json!({"news": death * NEWS + number}).to_string(),
        created_at: now,
        dispatched_at: None,
    };
    let rows: Vec<Notification> = (0..NEWS).map(row).collect();
    // The hub writes all the time, and SQLite has one writer: another process may have to ask more than once.
    let asking = async { while try_queue(store, &rows).await.is_err() {} };
    tokio::time::timeout(Duration::from_secs(60), asking).await.expect("the database can be written to");
}

async fn try_queue(store: &Store, rows: &[Notification]) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    notifications::queue_all(&mut tx, rows).await?;
    tx.commit().await
}

/// What the dead hub had in hand: path and message.
async fn in_flight(store: &Store, endpoints: &Endpoints) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    for (path, endpoint) in endpoints {
        let waiting = Filter::In(State::Waiting, None);
        let all = deliveries::of_endpoint(store, &Scope::All, endpoint, &waiting, 100_000).await.unwrap();
        found.extend(all.into_iter().filter(|it| it.under_way).map(|it| (*path, it.message_id)));
    }
    found
}

/// One in twenty is refused.
fn refused(before: usize) -> bool {
    before % 20 == 7
}

async fn killed_again_and_again(which: Which, test: &str, seed: u64) {
    let Some(db) = TestDb::of(which, test).await else { return };
    let settings = [
        ("database.url", db.url.as_str()),
        ("notify.allow", "127.0.0.0/8"),
        ("notify.plain_http", "true"),
        ("notify.lease", "5s"),
        ("notify.schedule", "1s 1s 1s 1s 1s 1s"),
    ];
    let program = Program::new(db.directory(), "hub", &[], &settings);
    let mut process = program.start_ready().await;
    let store = db.open();
    let receiver =
        Receiver::start(|_, before| if refused(before) { Reply::Status(500, "", "") } else { FINE }).await;
    let client = Client::new(program.address, program.local_key());
    let endpoints = make_endpoints(&client, &receiver).await;
    let mut rng = StdRng::seed_from_u64(seed);
    let publishers = Publishers::start(program.address, &client.key, PUBLISHERS);
    let mut flying: BTreeMap<(&str, String), usize> = BTreeMap::new();
    let mut with_news = 0;
    for death in 0..DEATHS {
        publishers.more(rng.random_range(20..200)).await;
        if death % 2 == 1 {
            receiver.receives(receiver.count() + 20).await;
        }
        queue_news(&store, death).await;
        process.kill().await;
        with_news += usize::from(messages::pending(&store).await.unwrap().is_some());
        for one in in_flight(&store, &endpoints).await {
            *flying.entry(one).or_default() += 1;
        }
        process = program.start().await;
    }
    publishers.more(50).await;
    let promises = publishers.finish().await;
    assert!(promises.broken > 0 && promises.hung == 0, "the deaths were felt, and nobody hung");
    assert!(with_news > 0, "no death found news in the outbox");
    all_settled(&client, &store, &endpoints).await;
    let got = receiver.got();
    for (path, _, news) in PATHS {
        compare(&promises, &got, path);
        assert!(!news || all_news(&got, path), "news were lost on the way to {path}");
    }
    nothing_came_twice_but_what_was_in_flight(&got, &flying);
    for path in ["/line", "/line-own"] {
        every_key_kept_its_order(&got, path);
    }
    process.kill().await;
}

async fn all_settled(client: &Client, store: &Store, endpoints: &Endpoints) {
    until("every news is a message", async || {
        messages::pending(store).await.unwrap().is_none().then_some(())
    })
    .await;
    for endpoint in endpoints.values() {
        // What is in order comes one after the other: as long as there is less of it, it may take its time.
        let waiting = async || deliveries::waiting(store, endpoint).await.unwrap().0;
        let mut left = waiting().await;
        while left > 0 {
            let fewer = async || Some(waiting().await).filter(|now| *now < left);
            left = until("fewer wait than before", fewer).await;
        }
        assert_eq!(client.deliveries(endpoint, "failed").await, Some(vec![]), "given up");
    }
}

fn body(got: &Got) -> Value {
    serde_json::from_str(&got.body).unwrap()
}

fn all_news(got: &[Got], path: &str) -> bool {
    let came: BTreeSet<u64> =
        got.iter().filter(|got| got.path == path).filter_map(|got| body(got)["news"].as_u64()).collect();
    came == (0..(DEATHS * NEWS) as u64).collect()
}

/// Every message was sent once, once more for every refusal, and at most once more for every death that found it in flight.
fn nothing_came_twice_but_what_was_in_flight(got: &[Got], flying: &BTreeMap<(&str, String), usize>) {
    let mut sent: BTreeMap<(&str, String), (usize, usize)> = BTreeMap::new();
    for (before, one) in got.iter().enumerate() {
        let (times, refusals) = sent.entry((one.path.as_str(), one.id())).or_default();
        *times += 1;
        *refusals += usize::from(refused(before));
    }
    for (key, (times, refusals)) in sent {
        let deaths = flying.get(&key).copied().unwrap_or(0);
        assert!(
            times <= 1 + refusals + deaths,
            "{key:?}: sent {times} times, refused {refusals}, in flight at {deaths} deaths"
        );
    }
}

/// What one publisher published one after the other came so; what was in flight at a death may come twice in a row.
fn every_key_kept_its_order(got: &[Got], path: &str) {
    let mut last: BTreeMap<u64, u64> = BTreeMap::new();
    for one in got.iter().filter(|got| got.path == path).map(body) {
        let (Some(publisher), Some(number)) = (one["publisher"].as_u64(), one["number"].as_u64()) else {
            continue;
        };
        let before = last.insert(publisher, number);
        assert!(before.is_none_or(|before| before <= number), "{path}: {number} after {before:?}");
    }
}
