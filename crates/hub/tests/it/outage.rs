//! The database goes away and comes back: what cannot be kept is refused at once, nothing is kept by halves, and nobody
//! has to restart anything.

mod disk_full;
mod with_kafka;

use crate::support::load::{self, Ledger, Reader, compare};
use crate::support::proxy::{Proxy, Way};
use crate::support::wait::until;
use crate::support::{Answer, TestHub};
use std::time::Duration;
use syncline_hub::telemetry::Stopwatch;
use syncline_store::testing::{TestDb, Which};

/// How long a webhook may wait in these tests, and how much later the answer may be on a busy machine.
const COMMIT_TIMEOUT: (&str, &str) = ("intake.commit_timeout", "1s");
const ANSWER_WITHIN: Duration = Duration::from_secs(3);
/// So that a call to a server that is gone ends early.
pub const ACQUIRE: (&str, &str) = ("database.acquire_timeout", "1s");

#[tokio::test(flavor = "multi_thread")]
async fn postgres_refuses_connections_for_a_while() {
    gone_for_a_while(Which::Postgres, Way::Closed, "outage of PostgreSQL").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mariadb_refuses_connections_for_a_while() {
    gone_for_a_while(Which::MySql, Way::Closed, "outage of MariaDB").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_says_nothing_for_a_while() {
    gone_for_a_while(Which::Postgres, Way::Silent, "silence of PostgreSQL").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mariadb_says_nothing_for_a_while() {
    gone_for_a_while(Which::MySql, Way::Silent, "silence of MariaDB").await;
}

/// A database whose URL leads through a proxy.
pub async fn proxied(which: Which, test: &str) -> Option<(TestDb, Proxy)> {
    let mut db = TestDb::of(which, test).await?;
    let at = db.url.rfind('@').map_or_else(|| db.url.find("://").expect("a URL") + 3, |at| at + 1);
    let end = at + db.url[at..].find('/').expect("a database's name");
    let upstream = match (&db.url[at..end], which) {
        (host, _) if host.contains(':') => host.to_owned(),
        (host, Which::MySql) => format!("{host}:3306"),
        (host, _) => format!("{host}:5432"),
    };
    let proxy = Proxy::to(&upstream).await;
    db.url.replace_range(at..end, &proxy.address.to_string());
    Some((db, proxy))
}

/// Delivers these events (all others of a delivery with them) and notes the answer.
async fn deliver(hub: &TestHub, ledger: &mut Ledger, numbers: std::ops::Range<u32>) -> (Answer, Duration) {
    let watch = Stopwatch::start();
    let answer = hub.send(hub.delivery(&load::body(numbers.clone()))).await;
    ledger.sent.extend(numbers.clone());
    if (200..300).contains(&answer.status) {
        ledger.acknowledged.extend(numbers);
    }
    (answer, watch.elapsed())
}

/// A refusal a provider can do something with, in time.
fn assert_refused((answer, took): &(Answer, Duration)) {
    assert_eq!(answer.status, 503, "{answer:?}");
    let retry_after = answer.headers.get("retry-after").expect("when to come again").to_str().unwrap();
    assert!(retry_after.parse::<u32>().is_ok_and(|seconds| seconds > 0), "{retry_after}");
    assert!(*took < ANSWER_WITHIN, "{took:?} for {answer:?}");
}

async fn status(hub: &TestHub, path: &str) -> u16 {
    hub.send(hub.request(reqwest::Method::GET, path)).await.status
}

/// Waits until webhooks are acknowledged again.
async fn accepts_again(hub: &TestHub, ledger: &mut Ledger, from: u32) {
    let mut next = from;
    until("webhooks are taken in again", async || {
        next += 3;
        let (answer, _) = deliver(hub, ledger, next..next + 3).await;
        (answer.status == 200).then_some(())
    })
    .await;
}

async fn gone_for_a_while(which: Which, way: Way, test: &str) {
    let Some((db, proxy)) = proxied(which, test).await else { return };
    let hub = TestHub::with(db, &[COMMIT_TIMEOUT, ACQUIRE]).await;
    let reader = Reader::new(hub.address, hub.key.clone());
    let mut ledger = Ledger::default();
    let (answer, _) = deliver(&hub, &mut ledger, 1..4).await;
    assert_eq!(answer.status, 200);
    hub.settled().await;
    assert_eq!(status(&hub, "/readyz").await, 200);

    proxy.set(way);
    for number in 0..3 {
        let first = 100 + number * 10;
        assert_refused(&deliver(&hub, &mut ledger, first..first + 3).await);
    }
    assert_eq!((status(&hub, "/readyz").await, status(&hub, "/healthz").await), (503, 200));
    assert_eq!(hub.get("/v1/events").await.status, 503, "and the API says so, too");

    proxy.set(Way::Open);
    accepts_again(&hub, &mut ledger, 1_000).await;
    until("a hub that is ready", async || (status(&hub, "/readyz").await == 200).then_some(())).await;
    hub.settled().await;
    let timeline = reader.timeline().await;
    compare(&ledger, &timeline);
    // A delivery that was refused may have been kept after all, but then all of it.
    let stored = |number: u32| timeline.iter().any(|event| event["eventId"] == number);
    for first in [100, 110, 120] {
        let kept = (first..first + 3).filter(|number| stored(*number)).count();
        assert!(kept == 0 || kept == 3, "{kept} of 3 events of a delivery are stored");
    }
    jobs_go_on(&hub).await;
}

/// Assigning the account queues a job that gives its events to the organization.
async fn jobs_go_on(hub: &TestHub) {
    let assign = hub.request(reqwest::Method::PUT, "/v1/accounts/hubspot/62515").bearer_auth(&hub.key);
    let answer = hub.send(assign.json(&serde_json::json!({ "org_id": "acme" }))).await;
    assert_eq!(answer.status, 204, "{answer:?}");
    until("a job that is done", async || {
        let events = hub.get("/v1/events?limit=500").await.json();
        let all = events["data"].as_array().unwrap();
        (!all.is_empty() && all.iter().all(|event| event["org_id"] == "acme")).then_some(())
    })
    .await;
}
