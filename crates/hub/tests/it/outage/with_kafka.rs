//! With Kafka as the log, webhooks are taken in while the database is away, and even before it was ever there.

use super::{ACQUIRE, COMMIT_TIMEOUT, deliver, proxied};
use crate::support::TestHub;
use crate::support::load::{Ledger, Load, Reader, compare};
use crate::support::process::{Program, own_address};
use crate::support::proxy::Way;
use crate::support::topic::Topic;
use crate::support::wait::until;
use syncline_store::testing::{TestDb, Which};

#[tokio::test(flavor = "multi_thread")]
async fn the_intake_goes_on_while_the_database_is_closed() {
    goes_on(Way::Closed, "outage of PostgreSQL behind Kafka").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_intake_goes_on_while_the_database_is_silent() {
    goes_on(Way::Silent, "silence of PostgreSQL behind Kafka").await;
}

async fn goes_on(way: Way, test: &str) {
    let Some((db, proxy)) = proxied(Which::Postgres, test).await else { return };
    let Some(topic) = Topic::new(test) else { return };
    let hub = TestHub::with(db, &[vec![COMMIT_TIMEOUT, ACQUIRE], topic.settings()].concat()).await;
    let mut ledger = Ledger::default();
    // The topic is made while the hub starts.
    until("Kafka takes deliveries", async || {
        let (answer, _) = deliver(&hub, &mut ledger, 1..4).await;
        (answer.status == 200).then_some(())
    })
    .await;
    topic.is_read().await;
    let before = topic.progress().await;

    proxy.set(way);
    // It can do its part of the work, so it is not taken out of rotation; what it misses can be read there.
    let ready = hub.send(hub.request(reqwest::Method::GET, "/readyz")).await;
    assert_eq!(
        (ready.status, &ready.json()["checks"]["database"]),
        (200, &"unavailable".into()),
        "{ready:?}"
    );
    for first in (100..200).step_by(10) {
        let (answer, _) = deliver(&hub, &mut ledger, first..first + 10).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    let mut more = 0;
    for (partition, (done, end)) in topic.progress().await {
        assert_eq!(done, before[&partition].0, "what the database does not have is not committed as read");
        more += end - done;
    }
    assert!(more > 0, "there was something to read");

    proxy.set(Way::Open);
    topic.is_read().await;
    let reader = Reader::new(hub.address, hub.key.clone());
    let timeline = reader.timeline().await;
    compare(&ledger, &timeline);
    assert_eq!(timeline.len(), ledger.sent.len());
}

/// An intake of its own starts, is ready and acknowledges although nobody answers where the database should be; the
/// events are stored by the first worker that has one.
#[tokio::test(flavor = "multi_thread")]
async fn the_intake_starts_without_a_database() {
    let test = "intake without a database";
    let Some(topic) = Topic::new(test) else { return };
    let Some(db) = TestDb::of(Which::Postgres, test).await else { return };
    let nowhere = format!("postgres://nobody@{}/none", own_address());
    let settings = [vec![("database.url", nowhere.as_str())], topic.settings()].concat();
    let intake = Program::new(db.directory(), "intake", &["intake"], &settings);
    let taking = intake.start_ready().await;
    let mut load = Load::start(intake.address, 2, 77);
    load.acknowledged(20).await;
    let ledger = load.finish().await;
    assert_eq!(intake.status("/healthz").await, Some(200));
    let settings = [vec![("database.url", db.url.as_str())], topic.settings()].concat();
    let worker = Program::new(db.directory(), "worker", &["worker", "api"], &settings);
    let working = worker.start_ready().await;
    topic.is_read().await;
    let timeline = Reader::new(worker.address, worker.local_key()).timeline().await;
    compare(&ledger, &timeline);
    taking.kill().await;
    working.kill().await;
}
