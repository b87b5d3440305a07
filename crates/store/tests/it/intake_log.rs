//! The intake log as a table, and how far logs that live elsewhere were read.

use crate::support::{arrival, as_far_as_it_gets, at, timeline};
use bytes::Bytes;
use std::collections::BTreeSet;
use syncline_store::intake_log::{self, Lag};
use syncline_store::testing::TestDb;
use syncline_store::{Store, events};
use tokio::task::JoinSet;

for_each_database!(
    read_in_the_order_of_writing,
    rows_leave_with_the_transaction_that_stores_their_events,
    the_lag_is_what_waits,
    a_slow_writer_is_not_overtaken,
    positions_move_with_their_transaction,
    two_first_readers_do_not_refuse_each_other,
);

async fn read_in_the_order_of_writing(db: &TestDb) {
    let store = db.store().await;
    let every_byte: Vec<u8> = (0..=255).collect();
    let large = vec![7; 3_000_000];
    for body in [&every_byte, &vec![], &large] {
        intake_log::append(&store, 1, body.clone().into(), at(0)).await.unwrap();
    }
    let rows = intake_log::oldest(&store, 10, usize::MAX).await.unwrap();
    assert!(rows.windows(2).all(|pair| pair[0].seq < pair[1].seq));
    assert!(rows.iter().map(|row| &row.body[..]).eq([&every_byte[..], &[], &large]));
    assert_eq!(intake_log::oldest(&store, 2, usize::MAX).await.unwrap().len(), 2);
}

async fn rows_leave_with_the_transaction_that_stores_their_events(db: &TestDb) {
    let store = db.store().await;
    for number in 0..3 {
        intake_log::append(&store, 1, Bytes::from(vec![number]), at(0)).await.unwrap();
    }
    let first_two: Vec<i64> =
        intake_log::oldest(&store, 2, usize::MAX).await.unwrap().iter().map(|row| row.seq).collect();
    let mut tx = store.begin().await.unwrap();
    events::store(&mut tx, vec![arrival(1, "a")]).await.unwrap();
    intake_log::remove(&mut tx, &first_two).await.unwrap();
    drop(tx);
    assert_eq!(bodies(&store).await, [0, 1, 2]);
    assert_eq!(timeline(&store).await, []);
    let mut tx = store.begin().await.unwrap();
    events::store(&mut tx, vec![arrival(1, "a")]).await.unwrap();
    intake_log::remove(&mut tx, &first_two).await.unwrap();
    intake_log::remove(&mut tx, &[]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(bodies(&store).await, [2]);
    assert_eq!(timeline(&store).await.len(), 1);
}

async fn the_lag_is_what_waits(db: &TestDb) {
    let store = db.store().await;
    assert_eq!(intake_log::lag(&store).await.unwrap(), Lag { deliveries: 0, oldest: None });
    for (deliveries, second) in [(3, 7), (40, 5), (1, 9)] {
        intake_log::append(&store, deliveries, Bytes::from_static(b"x"), at(second)).await.unwrap();
    }
    assert_eq!(intake_log::lag(&store).await.unwrap(), Lag { deliveries: 44, oldest: Some(at(5)) });
    let all: Vec<i64> =
        intake_log::oldest(&store, 9, usize::MAX).await.unwrap().iter().map(|row| row.seq).collect();
    let mut tx = store.begin().await.unwrap();
    intake_log::remove(&mut tx, &all[..2]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(intake_log::lag(&store).await.unwrap(), Lag { deliveries: 1, oldest: Some(at(9)) });
}

/// A reader that takes what is there and removes what it took gets everything, whichever writer commits last.
async fn a_slow_writer_is_not_overtaken(db: &TestDb) {
    let store = db.store().await;
    let mut writers = JoinSet::new();
    for writer in 0..5_u8 {
        let store = store.clone();
        writers.spawn(async move {
            for number in 0..20 {
                intake_log::append(&store, 1, Bytes::from(vec![writer, number]), at(0)).await.unwrap();
            }
        });
    }
    let mut read = Vec::new();
    loop {
        let over = writers.is_empty();
        let rows = intake_log::oldest(&store, 7, usize::MAX).await.unwrap();
        if over && rows.is_empty() {
            break;
        }
        let mut tx = store.begin().await.unwrap();
        intake_log::remove(&mut tx, &rows.iter().map(|row| row.seq).collect::<Vec<_>>()).await.unwrap();
        tx.commit().await.unwrap();
        read.extend(rows.into_iter().map(|row| row.body));
        while let Some(ended) = writers.try_join_next() {
            ended.unwrap();
        }
    }
    assert_eq!(read.len(), 100);
    assert_eq!(read.into_iter().collect::<BTreeSet<_>>().len(), 100);
}

async fn positions_move_with_their_transaction(db: &TestDb) {
    let store = db.store().await;
    assert_eq!(intake_log::position(&store, "embedded").await.unwrap(), 0);
    for (position, commits, expected) in [(5, true, 5), (9, false, 5), (7, true, 7), (7, true, 7)] {
        let mut tx = store.begin().await.unwrap();
        intake_log::advance(&mut tx, "embedded", position).await.unwrap();
        if commits {
            tx.commit().await.unwrap()
        } else {
            drop(tx)
        }
        assert_eq!(intake_log::position(&store, "embedded").await.unwrap(), expected);
    }
    assert_eq!(intake_log::position(&store, "another").await.unwrap(), 0);
}

async fn two_first_readers_do_not_refuse_each_other(db: &TestDb) {
    let store = db.store().await;
    let mut first = store.begin().await.unwrap();
    intake_log::advance(&mut first, "embedded", 3).await.unwrap();
    let second = tokio::spawn({
        let store = store.clone();
        async move {
            let mut tx = store.begin().await.unwrap();
            intake_log::advance(&mut tx, "embedded", 5).await.unwrap();
            tx.commit().await.unwrap();
        }
    });
    as_far_as_it_gets(&store).await;
    first.commit().await.unwrap();
    second.await.unwrap();
    assert_eq!(intake_log::position(&store, "embedded").await.unwrap(), 5);
}

async fn bodies(store: &Store) -> Vec<u8> {
    intake_log::oldest(store, 100, usize::MAX).await.unwrap().iter().map(|row| row.body[0]).collect()
}
