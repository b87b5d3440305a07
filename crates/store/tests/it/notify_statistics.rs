//! How endpoints did, for charts; and forgetting what is old.

use crate::support::at;
use crate::support::jobs::in_tx;
use crate::support::notify::{
    acme, all_deliveries, claim, endpoint, keyed, make, message, numbers, ordered, publish, publish_many,
    settle, settlement,
};
use crate::support::raw::Raw;
use std::time::Duration;
use syncline_store::notify::deliveries::{self, Claim, Outcome};
use syncline_store::notify::endpoints;
use syncline_store::notify::messages::{self, Idempotency, Published};
use syncline_store::notify::statistics::{self, BOUNDS, Tally};
use syncline_store::notify::{self, attempts};
use syncline_store::testing::TestDb;
use syncline_store::{Scope, Store};
use tokio::task::JoinSet;

for_each_database!(
    attempts_are_counted_in_the_minute_they_ended_in,
    a_chart_adds_minutes_up_and_shows_an_endpoint_to_its_own_alone,
    many_who_count_at_once_lose_nothing,
    what_is_old_is_forgotten_with_all_that_hangs_on_it,
    what_waits_is_kept_however_old_it_is,
    an_attempt_at_what_was_forgotten_is_not_kept,
    who_settles_and_who_forgets_wait_for_one_another_and_never_in_a_circle,
);

async fn settle_in(store: &Store, claims: &[Claim], outcome: Outcome, millis: u64, now: i64) {
    let all: Vec<_> = claims
        .iter()
        .map(|claim| {
            let mut one = settlement(claim, at(now), outcome);
            one.attempt.latency = Duration::from_millis(millis);
            one
        })
        .collect();
    in_tx(store, async |tx| deliveries::settle(tx, "a", &all, at(now)).await).await;
}

/// A tally of these latencies.
fn tally(delivered: u64, failed: u64, latencies: &[u64]) -> Tally {
    let mut spans = [0; BOUNDS.len() + 1];
    for latency in latencies {
        spans[BOUNDS.iter().filter(|end| u64::try_from(**end).unwrap() <= *latency).count()] += 1;
    }
    Tally {
        delivered,
        failed,
        latency_total: latencies.iter().sum(),
        latency_max: latencies.iter().max().copied().unwrap_or(0),
        spans,
    }
}

async fn attempts_are_counted_in_the_minute_they_ended_in(db: &TestDb) {
    let store = db.store().await;
    make(&store, &endpoint("ep_1", "acme", &[])).await;
    publish_many(&store, 0..8, at(0)).await;
    let claims = claim(&store, "ep_1", "a", at(0), 99).await;
    settle_in(&store, &claims[..1], Outcome::Delivered, 9, 59).await;
    settle_in(&store, &claims[1..3], Outcome::Delivered, 10, 60).await;
    settle_in(&store, &claims[3..4], Outcome::Retry(at(999)), 15_000, 119).await;
    settle_in(&store, &claims[4..5], Outcome::Failed, 0, 119).await;
    settle_in(&store, &claims[5..6], Outcome::Delivered, 4_999, 180).await;
    let chart = async |until: i64, minutes: u32, buckets: u32| {
        statistics::chart(&store, &acme(), "ep_1", at(until), minutes, buckets).await.unwrap()
    };
    let (first, second, fourth) =
        (tally(1, 0, &[9]), tally(2, 2, &[10, 10, 15_000, 0]), tally(1, 0, &[4_999]));
    let none = Tally::default();
    assert_eq!(
        chart(180, 1, 5).await,
        [none.clone(), first.clone(), second.clone(), none.clone(), fourth.clone()]
    );
    assert_eq!(chart(179, 1, 2).await, [second.clone(), none.clone()]);
    let both = tally(3, 2, &[9, 10, 10, 15_000, 0]);
    assert_eq!(chart(239, 2, 2).await, [both, fourth]);
    let quantile = |part: f64| second.quantile(part).unwrap().as_millis();
    assert_eq!((quantile(0.0), quantile(0.5), quantile(0.75), quantile(0.99)), (10, 25, 25, 15_000));
    assert_eq!((first.quantile(0.5), none.quantile(0.5)), (Some(Duration::from_millis(9)), None));
}

async fn a_chart_adds_minutes_up_and_shows_an_endpoint_to_its_own_alone(db: &TestDb) {
    let store = db.store().await;
    for (id, org_id) in [("ep_1", "acme"), ("ep_2", ""), ("ep_3", "acme")] {
        make(&store, &endpoint(id, org_id, &[])).await;
    }
    publish_many(&store, 0..90, at(0)).await;
    for id in ["ep_1", "ep_2"] {
        let claims = claim(&store, id, "a", at(0), 99).await;
        for (minute, piece) in claims.chunks(10).enumerate() {
            let now = i64::try_from(minute).unwrap() * 60 + 5;
            settle_in(&store, piece, Outcome::Delivered, 20, now).await;
        }
    }
    let total = async |scope: &Scope, id: &str| {
        let chart = statistics::chart(&store, scope, id, at(8 * 60), 3, 4).await.unwrap();
        chart.iter().map(|tally| tally.delivered).collect::<Vec<_>>()
    };
    assert_eq!(total(&acme(), "ep_1").await, [0, 30, 30, 30]);
    assert_eq!(total(&Scope::All, "ep_2").await, [0, 30, 30, 30]);
    assert_eq!(total(&acme(), "ep_2").await, [0; 4]);
    assert_eq!(total(&acme(), "ep_3").await, [0; 4]);
}

async fn many_who_count_at_once_lose_nothing(db: &TestDb) {
    let store = db.store().await;
    for id in ["ep_1", "ep_2", "ep_3"] {
        make(&store, &endpoint(id, "acme", &[])).await;
    }
    publish_many(&store, 0..60, at(0)).await;
    let mut all = Vec::new();
    for id in ["ep_3", "ep_1", "ep_2"] {
        all.extend(claim(&store, id, "a", at(0), 99).await);
    }
    let mut settling = JoinSet::new();
    // Every one of them settles some of each lane, in another order.
    for worker in 0..6 {
        let mine: Vec<Claim> = all.iter().skip(worker).step_by(6).rev().cloned().collect();
        let store = store.clone();
        settling.spawn(async move {
            for piece in mine.chunks(7) {
                settle(&store, piece, "a", Outcome::Delivered, at(5)).await;
            }
        });
    }
    settling.join_all().await;
    for id in ["ep_1", "ep_2", "ep_3"] {
        let chart = statistics::chart(&store, &acme(), id, at(5), 1, 1).await.unwrap();
        assert_eq!(chart, [tally(60, 0, &[20; 60])], "{id}");
    }
}

async fn what_is_old_is_forgotten_with_all_that_hangs_on_it(db: &TestDb) {
    let store = db.store().await;
    make(&store, &endpoint("ep_1", "acme", &[])).await;
    make(&store, &ordered("ep_2", "acme")).await;
    for number in 0..10 {
        let key = Idempotency::new(&format!("k{number}"), b"{}");
        let now = at(i64::from(number));
        let new = [(keyed(number, "k"), key)];
        in_tx(&store, async |tx| messages::publish(tx, &new, None, now).await).await;
    }
    let claims = claim(&store, "ep_1", "a", at(20), 99).await;
    settle(&store, &claims[..5], "a", Outcome::Delivered, at(20)).await;
    settle(&store, &claims[5..], "a", Outcome::Failed, at(20)).await;
    let delete = async || in_tx(&store, async |tx| notify::delete_before(tx, at(7), 4).await).await;
    assert_eq!(delete().await, 4, "keys go all the same");
    assert_eq!(all_deliveries(&store, &["ep_1", "ep_2"]).await.len(), 20, "but all of it waits for ep_2");
    // What waits for an endpoint that is not there any more waits for nobody.
    in_tx(&store, async |tx| endpoints::delete(tx, &Scope::All, "ep_2").await).await;
    assert_eq!([delete().await, delete().await, delete().await], [4, 3, 0]);
    let left: Vec<String> =
        all_deliveries(&store, &["ep_1", "ep_2"]).await.into_iter().map(|(_, message, _)| message).collect();
    assert_eq!(left, ["msg_00007", "msg_00008", "msg_00009"].repeat(2));
    assert_eq!(attempts::list(&store, &acme(), "msg_00004", "ep_1", 9).await.unwrap(), []);
    let mut raw = Raw::to(db).await;
    for (table, expected) in [("messages", 3), ("attempts", 3), ("delivery_order", 3), ("message_keys", 3)] {
        let lines = match table {
            "message_keys" => raw.lines("SELECT idempotency_key FROM message_keys").await,
            "messages" => raw.lines("SELECT id FROM messages").await,
            other => raw.lines(&format!("SELECT message_id FROM {other}")).await,
        };
        assert_eq!(lines.len(), expected, "{table}: {lines:?}");
    }
    // A key may be used again then.
    let again = [(message(20, "sync.complete"), Idempotency::new("k1", b"other"))];
    let outcomes = in_tx(&store, async |tx| messages::publish(tx, &again, None, at(30)).await).await.outcomes;
    assert_eq!(outcomes, [Published::New]);
    // The minutes go when they are old.
    let delivered =
        async || statistics::chart(&store, &acme(), "ep_1", at(20), 1, 1).await.unwrap()[0].delivered;
    assert_eq!(delivered().await, 5);
    in_tx(&store, async |tx| notify::delete_before(tx, at(60), 99).await).await;
    assert_eq!(delivered().await, 0);
}

async fn what_waits_is_kept_however_old_it_is(db: &TestDb) {
    let store = db.store().await;
    make(&store, &ordered("ep_1", "acme")).await;
    publish(&store, &[keyed(1, "k"), keyed(9, "k")], at(10)).await;
    let forget = async || in_tx(&store, async |tx| notify::delete_before(tx, at(5), 9).await).await;
    assert_eq!(forget().await, 0, "it waits");
    let first = claim(&store, "ep_1", "a", at(10), 9).await;
    assert_eq!((numbers(&first), forget().await), (vec![1], 0), "it is under way");
    settle(&store, &first, "a", Outcome::Retry(at(20)), at(11)).await;
    in_tx(&store, async |tx| endpoints::disable(tx, &Scope::All, "ep_1", "x", at(12)).await).await;
    assert_eq!(forget().await, 0, "whoever enables the endpoint gets it");
    let again = claim(&store, "ep_1", "a", at(20), 9).await;
    assert_eq!(numbers(&again), [1], "and it keeps its place");
    settle(&store, &again, "a", Outcome::Failed, at(21)).await;
    assert_eq!(forget().await, 1);
    assert_eq!(numbers(&claim(&store, "ep_1", "a", at(30), 9).await), [9]);
}

async fn an_attempt_at_what_was_forgotten_is_not_kept(db: &TestDb) {
    let store = db.store().await;
    make(&store, &endpoint("ep_1", "acme", &[])).await;
    publish(&store, &[1, 2, 9].map(|number| message(number, "sync.complete")), at(10)).await;
    let claims = claim(&store, "ep_1", "a", at(10), 9).await;
    in_tx(&store, async |tx| endpoints::delete(tx, &Scope::All, "ep_1").await).await;
    assert_eq!(in_tx(&store, async |tx| notify::delete_before(tx, at(5), 9).await).await, 2);
    assert_eq!(settle(&store, &claims[..1], "a", Outcome::Retry(at(99)), at(11)).await, 0);
    assert_eq!(settle(&store, &claims, "a", Outcome::Delivered, at(12)).await, 1);
    let mut raw = Raw::to(db).await;
    assert_eq!(raw.lines("SELECT message_id FROM attempts").await, ["msg_00009"]);
}

async fn who_settles_and_who_forgets_wait_for_one_another_and_never_in_a_circle(db: &TestDb) {
    let store = db.store().await;
    let lanes = ["ep_1", "ep_2", "ep_3"];
    for id in lanes {
        make(&store, &endpoint(id, "acme", &[])).await;
    }
    publish_many(&store, 0..120, at(0)).await;
    let mut all = Vec::new();
    for id in ["ep_2", "ep_3", "ep_1"] {
        all.extend(claim(&store, id, "a", at(0), 999).await);
    }
    settle(&store, &all, "a", Outcome::Delivered, at(1)).await;
    let mut working = JoinSet::new();
    // As after commits whose answers were lost: everything is settled once more, of all lanes together, while it is forgotten.
    for worker in 0..4 {
        let mine: Vec<Claim> = all.iter().skip(worker).step_by(4).rev().cloned().collect();
        let store = store.clone();
        working.spawn(async move {
            for piece in mine.chunks(30) {
                let mixed: Vec<_> = piece
                    .iter()
                    .zip([Outcome::Delivered, Outcome::Failed, Outcome::Retry(at(9))].iter().cycle())
                    .map(|(it, outcome)| settlement(it, at(2), *outcome))
                    .collect();
                in_tx(&store, async |tx| deliveries::settle(tx, "a", &mixed, at(2)).await).await;
            }
        });
    }
    for _ in 0..2 {
        let store = store.clone();
        working.spawn(async move {
            for _ in 0..10 {
                in_tx(&store, async |tx| notify::delete_before(tx, at(999), 17).await).await;
            }
        });
    }
    working.join_all().await;
    in_tx(&store, async |tx| notify::delete_before(tx, at(999), 999).await).await;
    assert_eq!(all_deliveries(&store, &lanes).await, []);
    let mut raw = Raw::to(db).await;
    assert_eq!(raw.lines("SELECT message_id FROM attempts").await, Vec::<String>::new());
}
