//! The same timeline, byte for byte: whatever the database, whatever the log, in whatever order deliveries came.

mod odd;

use crate::support::TestHub;
use crate::support::topic::Topic;
use crate::support::wait::until;
use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use std::collections::BTreeMap;
use syncline_store::testing::Which;

/// Pages are asked for with each of these.
const FILTERS: [&str; 24] = [
    "",
    "provider=hubspot",
    "provider=HubSpot",
    "account=1",
    "account=62515",
    "account=9223372036854775807",
    "org_id=acme",
    "org_id=acme&kind=contact.propertyChange",
    "object_type=contact",
    "object_type=Contact",
    "object_type=contact%20",
    "object_type=2-9000001",
    "object_id=123",
    "object_id=0123",
    "kind=contact.propertyChange",
    "kind=contact.propertychange",
    "kind=contact.propertyChange%20",
    "property=firstname",
    "property=FIRSTNAME",
    "property=firstname%20",
    "property=n%C3%A4me",
    "property=name",
    "from=2026-01-01T00:00:00Z&to=2026-01-01T00:00:00.005Z",
    "from=2026-01-01T00:00:00.003Z&object_type=contact",
];
const LIMITS: [u32; 2] = [7, 500];

#[tokio::test(flavor = "multi_thread")]
async fn every_database_and_every_log_shows_the_same_timeline() {
    let test = "the same timeline";
    let mut hubs = vec![("SQLite", TestHub::start(&[]).await, None)];
    for (name, which) in [("PostgreSQL", Which::Postgres), ("MariaDB", Which::MySql)] {
        if let Some(hub) = TestHub::on(which, test, &[]).await {
            hubs.push((name, hub, None));
        }
    }
    if let Some(topic) = Topic::new(test)
        && let Some(hub) = TestHub::on(Which::Postgres, test, &topic.settings()).await
    {
        hubs.push(("Kafka and PostgreSQL", hub, Some(topic)));
    }
    for (seed, (name, hub, topic)) in (0..).zip(&hubs) {
        let assign = hub.request(reqwest::Method::PUT, "/v1/accounts/hubspot/62515").bearer_auth(&hub.key);
        let answer = hub.send(assign.json(&serde_json::json!({ "org_id": "acme" }))).await;
        assert_eq!(answer.status, 204, "{name}: {answer:?}");
        deliver_shuffled(hub, seed).await;
        match topic {
            Some(topic) => topic.is_read().await,
            None => hub.settled().await,
        }
    }
    let (_, first, _) = &hubs[0];
    let expected = pages(first).await;
    let whole = &expected[&("", "asc", 500)];
    assert_eq!(whole.len(), 1, "all on one page");
    let found =
        serde_json::from_slice::<serde_json::Value>(&whole[0]).unwrap()["data"].as_array().unwrap().len();
    assert_eq!(found, odd::readable(), "every readable event is there once");
    for (name, hub, _) in &hubs[1..] {
        for ((filter, order, limit), found) in pages(hub).await {
            let expected = &expected[&(filter, order, limit)];
            assert!(
                &found == expected,
                "{name}, {filter:?} {order} {limit}:\n{}\n\nSQLite:\n{}",
                show(&found),
                show(expected)
            );
        }
    }
}

fn show(pages: &[bytes::Bytes]) -> String {
    let text: Vec<_> = pages.iter().map(|page| String::from_utf8_lossy(page)).collect();
    text.join("\n").chars().take(3_000).collect()
}

type Pages = BTreeMap<(&'static str, &'static str, u32), Vec<bytes::Bytes>>;

/// All pages for all filters, in both orders, in all sizes, as they came.
async fn pages(hub: &TestHub) -> Pages {
    let mut all = Pages::new();
    for filter in FILTERS {
        for order in ["asc", "desc"] {
            for limit in LIMITS {
                let (mut pages, mut cursor) = (Vec::new(), Some(String::new()));
                while let Some(after) = cursor {
                    let path = format!("/v1/events?{filter}&order={order}&limit={limit}&cursor={after}");
                    let answer = hub.get(&path).await;
                    assert_eq!(answer.status, 200, "{path}: {answer:?}");
                    cursor = answer.json()["next_cursor"].as_str().map(str::to_owned);
                    pages.push(answer.body);
                }
                all.insert((filter, order, limit), pages);
            }
        }
    }
    all
}

/// Delivers everything in an order of this seed's, cut into deliveries of any size. Of one event the attempts keep their
/// order, because the first to arrive is the one that stays.
async fn deliver_shuffled(hub: &TestHub, seed: u64) {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut attempts = odd::attempts();
    let mut order: Vec<usize> = attempts.iter().map(|attempt| attempt.event).collect();
    order.shuffle(&mut rng);
    attempts.sort_by_key(|attempt| std::cmp::Reverse(attempt.number));
    let mut waiting: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for attempt in attempts {
        waiting.entry(attempt.event).or_default().push(attempt.text);
    }
    let next = |event: &usize| waiting.get_mut(event).and_then(Vec::pop).expect("as many as there are");
    let texts: Vec<String> = order.iter().map(next).collect();
    let mut rest = texts.as_slice();
    while !rest.is_empty() {
        let (some, others) = rest.split_at(rng.random_range(1..=rest.len().min(12)));
        rest = others;
        let body = format!("[{}]", some.join(if rng.random() { "," } else { " ,\n" }));
        // A topic is made while its hub starts.
        until("a delivery is taken in", async || {
            let answer = hub.send(hub.delivery(&body)).await;
            assert!([200, 503].contains(&answer.status), "{answer:?}");
            (answer.status == 200).then_some(())
        })
        .await;
    }
}
