//! Events: each stored once, read in the order of their occurrence and in that of their commits.

use crate::support::{Dice, arrival, at, store_events, timeline};
use std::collections::BTreeSet;
use syncline_core::event::EventId;
use syncline_core::time::Timestamp;
use syncline_store::events::{self, Arrival, Filter, Order};
use syncline_store::testing::{TestDb, Which};
use syncline_store::{Scope, Store, accounts};
use tokio::task::JoinSet;

for_each_database!(
    stored_once_within_a_batch_and_between_batches,
    the_first_arrival_stays,
    stored_once_between_concurrent_transactions,
    read_in_both_directions,
    whoever_reads_on_misses_nothing,
    the_histogram_counts_spans,
    old_ones_go_in_batches,
    the_number_of_events_is_known,
    whoever_stores_sees_what_was_new_in_the_same_transaction,
);

async fn stored_once_within_a_batch_and_between_batches(db: &TestDb) {
    let store = db.store().await;
    let twice = vec![arrival(1, "a"), arrival(2, "b"), arrival(1, "a"), arrival(1, "a")];
    assert_eq!(store_events(&store, twice.clone()).await, 2);
    assert_eq!(store_events(&store, twice).await, 0);
    assert_eq!(store_events(&store, vec![arrival(2, "b"), arrival(3, "c")]).await, 1);
    assert_eq!(store_events(&store, vec![]).await, 0);
    // The same key at another time is another event.
    assert_eq!(store_events(&store, vec![arrival(4, "a")]).await, 1);
    assert_eq!(timeline(&store).await.len(), 4);
}

async fn the_first_arrival_stays(db: &TestDb) {
    let store = db.store().await;
    let mut again = arrival(1, "a");
    again.received_at = at(500);
    again.app = "other".to_owned();
    store_events(&store, vec![arrival(1, "a"), again.clone()]).await;
    let first = timeline(&store).await;
    assert_eq!((first[0].app.as_str(), first[0].received_at), ("main", at(2)));
    store_events(&store, vec![again]).await;
    assert_eq!(timeline(&store).await, first);
}

async fn stored_once_between_concurrent_transactions(db: &TestDb) {
    let store = db.store().await;
    let mut tasks = JoinSet::new();
    for task in 0..8 {
        let store = store.clone();
        tasks.spawn(async move {
            let mut dice = Dice(task);
            let mut new = 0;
            for _ in 0..5 {
                let some = (0..20).map(|_| 1 + dice.below(40)).map(|n| arrival(n as i64, &n.to_string()));
                new += store_events(&store, some.collect()).await;
            }
            new
        });
    }
    let mut new = 0;
    while let Some(ended) = tasks.join_next().await {
        new += ended.unwrap();
    }
    let stored = timeline(&store).await;
    assert_eq!(stored.len() as u64, new, "each event was new to exactly one transaction");
    assert!(stored.windows(2).all(|pair| pair[0].id < pair[1].id));
    assert_eq!(stored.len(), 40, "the dice name every number");
}

async fn read_in_both_directions(db: &TestDb) {
    let store = db.store().await;
    store_events(&store, [5, 1, 4, 2, 3].map(|n| arrival(n, "k")).to_vec()).await;
    let page = async |order, after, limit| -> Vec<i64> {
        let page = events::page(&store, &Scope::All, &Filter::default(), order, after, limit).await.unwrap();
        page.iter().map(|event| event.id.occurred_at().since(at(0)).as_secs() as i64).collect()
    };
    let third = arrival(3, "k").event.id;
    assert_eq!(page(Order::OldestFirst, None, 10).await, [1, 2, 3, 4, 5]);
    assert_eq!(page(Order::NewestFirst, None, 10).await, [5, 4, 3, 2, 1]);
    assert_eq!(page(Order::OldestFirst, Some(third), 1).await, [4]);
    assert_eq!(page(Order::NewestFirst, Some(third), 10).await, [2, 1]);
    assert_eq!(page(Order::OldestFirst, Some(EventId::MAX), 10).await, [0; 0]);
    assert_eq!(page(Order::OldestFirst, Some(EventId::MIN), 2).await, [1, 2]);
    let found = events::get(&store, &Scope::All, third).await.unwrap().unwrap();
    assert_eq!((found.id, found.received_at), (third, at(4)));
    assert_eq!(events::get(&store, &Scope::All, arrival(3, "other").event.id).await.unwrap(), None);
}

/// Sequence numbers become visible in order, whoever commits when: a reader that goes on from the last one it saw gets
/// every event that stays, and gets it once.
async fn whoever_reads_on_misses_nothing(db: &TestDb) {
    let store = db.store().await;
    let mut writers = JoinSet::new();
    for writer in 0..6 {
        let store = store.clone();
        writers.spawn(async move {
            let mut dice = Dice(writer);
            for _ in 0..25 {
                let some = (0..=dice.below(4)).map(|_| dice.below(200)).collect::<Vec<_>>();
                let some = some.into_iter().map(|n| arrival(n as i64, &n.to_string())).collect();
                let mut tx = store.begin().await.unwrap();
                events::store(&mut tx, some).await.unwrap();
                match dice.below(8) {
                    0 => drop(tx),
                    _ => tx.commit().await.unwrap(),
                }
            }
        });
    }
    let (mut seen, mut last, mut reads) = (Vec::new(), 0, 0);
    loop {
        let over = writers.is_empty();
        let limit = 1 + reads % 7;
        let some = events::since(&store, &Scope::All, &Filter::default(), last, limit).await.unwrap();
        reads += 1;
        if over && some.is_empty() {
            break;
        }
        assert!(events::last_seq(&store).await.unwrap() >= some.last().map_or(0, |event| event.seq));
        for event in some {
            assert!(event.seq > last, "{} after {last}", event.seq);
            last = event.seq;
            seen.push(event);
        }
        while let Some(ended) = writers.try_join_next() {
            ended.unwrap();
        }
    }
    seen.sort_by_key(|event| event.id);
    assert_eq!(seen, timeline(&store).await);
    assert!(seen.len() > 100, "{}", seen.len());
}

async fn the_histogram_counts_spans(db: &TestDb) {
    let store = db.store().await;
    // Spans of 10 s that end at 40: 10..20, 20..30, 30..40. Events at their edges and outside.
    let seconds = [9, 10, 19, 20, 20, 39, 40, 41];
    let arrivals = (0..).zip(seconds).map(|(n, second): (i32, i64)| arrival(second, &n.to_string()));
    store_events(&store, arrivals.collect()).await;
    let counts = events::histogram(&store, &Scope::All, at(40), 10_000, 3).await.unwrap();
    assert_eq!(counts, [2, 2, 1]);
    // A beginning before 1970 is no problem.
    let counts = events::histogram(&store, &Scope::All, at(100), i64::MAX / 4, 2).await.unwrap();
    assert_eq!(counts, [0, 8]);
}

async fn old_ones_go_in_batches(db: &TestDb) {
    let store = db.store().await;
    store_events(&store, (0..25).map(|n| arrival(n, "k")).collect()).await;
    let delete = async |limit| {
        let mut tx = store.begin().await.unwrap();
        let gone = events::delete_before(&mut tx, at(20), limit).await.unwrap();
        tx.commit().await.unwrap();
        gone
    };
    assert_eq!(delete(8).await, 8);
    assert_eq!(timeline(&store).await[0].id.occurred_at(), at(8), "the oldest go first");
    assert_eq!([delete(8).await, delete(8).await, delete(8).await], [8, 4, 0]);
    let left: Vec<Timestamp> = timeline(&store).await.iter().map(|event| event.id.occurred_at()).collect();
    assert_eq!(left, (20..25).map(at).collect::<Vec<_>>());
}

async fn the_number_of_events_is_known(db: &TestDb) {
    let store = db.store().await;
    assert_eq!(events::stored(&store).await.unwrap(), 0);
    store_events(&store, vec![arrival(1, "a"), arrival(2, "b"), arrival(1, "a")]).await;
    store_events(&store, vec![arrival(2, "b"), arrival(3, "c")]).await;
    assert_eq!(events::stored(&store).await.unwrap(), 3);
    let mut tx = store.begin().await.unwrap();
    events::store(&mut tx, vec![arrival(4, "d")]).await.unwrap();
    drop(tx);
    let mut tx = store.begin().await.unwrap();
    events::delete_before(&mut tx, at(3), 10).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(events::stored(&store).await.unwrap(), 1);
    assert_eq!(timeline(&store).await.len(), 1);
}

/// The same events, however they arrived, make the same timeline byte for byte in every database there is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_timeline_in_every_database() {
    let name = "events::the_same_timeline_in_every_database";
    let mut databases = vec![TestDb::of(Which::Sqlite, name).await.unwrap()];
    databases.push(databases[0].another().await);
    for which in [Which::Postgres, Which::MySql] {
        databases.extend(TestDb::of(which, name).await);
    }
    let mut timelines = BTreeSet::new();
    for (db, seed) in databases.iter().zip(1..) {
        timelines.insert(timeline_of_shuffled_arrivals(&db.store().await, Dice(seed)).await);
    }
    assert_eq!(timelines.len(), 1, "the timelines differ");
    assert!(timelines.iter().all(|timeline| timeline.len() > 10_000));
}

async fn timeline_of_shuffled_arrivals(store: &Store, mut dice: Dice) -> String {
    let mut arrivals: Vec<Arrival> = (0..120)
        .map(|n| {
            // Many at the same millisecond: their order is decided by what they are, not by when they came.
            let mut it = arrival(n % 6, &n.to_string());
            it.event.account = (n % 3).to_string();
            it.event.object_id = ["é", "日本", "e\u{301}", "Z", "a "][(n % 5) as usize].to_owned();
            it.event.property = Some("p".to_owned()).filter(|_| n % 2 == 0);
            it
        })
        .collect();
    arrivals.extend(arrivals.clone());
    dice.shuffle(&mut arrivals);
    let mut tx = store.begin().await.unwrap();
    accounts::assign(&mut tx, "hubspot", "1", "acme", at(0)).await.unwrap();
    tx.commit().await.unwrap();
    while !arrivals.is_empty() {
        let rest = arrivals.split_off(arrivals.len().min(1 + dice.below(50)));
        store_events(store, std::mem::replace(&mut arrivals, rest)).await;
    }
    let acme = Scope::Organization("acme".to_owned());
    let mut text = String::new();
    for (scope, order) in
        [(&Scope::All, Order::OldestFirst), (&Scope::All, Order::NewestFirst), (&acme, Order::OldestFirst)]
    {
        let page = events::page(store, scope, &Filter::default(), order, None, 1_000).await.unwrap();
        for mut event in page {
            event.seq = 0;
            text.push_str(&format!("{event:?}\n"));
        }
    }
    text
}

async fn whoever_stores_sees_what_was_new_in_the_same_transaction(db: &TestDb) {
    let store = db.store().await;
    store_events(&store, vec![arrival(1, "a"), arrival(2, "b")]).await;
    let mut tx = store.begin().await.unwrap();
    let before = events::last_seq_in(&mut tx).await.unwrap();
    events::store(&mut tx, vec![arrival(2, "b"), arrival(3, "c"), arrival(4, "d")]).await.unwrap();
    let new = events::behind(&mut tx, before).await.unwrap();
    tx.commit().await.unwrap();
    let ids: Vec<EventId> = new.iter().map(|event| event.id).collect();
    assert_eq!(ids, [arrival(3, "c").event.id, arrival(4, "d").event.id]);
}
