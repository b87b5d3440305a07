//! Leases: one holder at a time, until it stops renewing.

use crate::support::raw::Raw;
use crate::support::{as_far_as_it_gets, at};
use std::time::Duration;
use syncline_store::testing::TestDb;
use syncline_store::{Store, leases};
use tokio::task::JoinSet;

for_each_database!(
    held_by_one,
    taken_over_when_it_ends,
    given_back_early,
    raced_for_by_many,
    the_second_of_two_first_takers_is_told
);

async fn held_by_one(db: &TestDb) {
    let store = db.store().await;
    assert!(hold(&store, "me", 0).await);
    assert!(!hold(&store, "other", 1).await);
    assert!(hold(&store, "me", 5).await, "its holder renews it");
    assert!(!hold(&store, "other", 14).await, "renewed at 5, it lasts until 15");
    let elsewhere = leases::hold(&store, "another lease", "other", at(1), Duration::from_secs(10)).await;
    assert!(elsewhere.unwrap(), "leases have nothing to do with each other");
}

async fn taken_over_when_it_ends(db: &TestDb) {
    let store = db.store().await;
    assert!(hold(&store, "dies", 0).await);
    assert!(!hold(&store, "next", 9).await);
    assert!(hold(&store, "next", 10).await);
    assert!(!hold(&store, "dies", 11).await, "what was lost is lost");
    assert!(hold(&store, "next", 12).await);
}

async fn given_back_early(db: &TestDb) {
    let store = db.store().await;
    assert!(hold(&store, "me", 0).await);
    leases::give_back(&store, "lease", "other").await.unwrap();
    assert!(!hold(&store, "other", 1).await, "only its holder can give it back");
    leases::give_back(&store, "lease", "me").await.unwrap();
    assert!(hold(&store, "other", 1).await);
    leases::give_back(&store, "lease", "me").await.unwrap();
    assert!(!hold(&store, "me", 2).await);
}

async fn raced_for_by_many(db: &TestDb) {
    let store = db.store().await;
    // The first time there is no lease yet, later it has run out.
    for round in 0..5 {
        let mut tasks = JoinSet::new();
        for task in 0..7 {
            let store = store.clone();
            tasks.spawn(async move { hold(&store, &format!("{round} {task}"), round * 100).await });
        }
        let mut holders = 0;
        while let Some(ended) = tasks.join_next().await {
            holders += u32::from(ended.unwrap());
        }
        assert_eq!(holders, 1, "round {round}");
    }
}

/// It finds no lease, and cannot see yet that somebody is just taking it.
async fn the_second_of_two_first_takers_is_told(db: &TestDb) {
    let store = db.store().await;
    for first_commits in [false, true] {
        let mut first = Raw::to(db).await;
        first.get_in_the_way().await;
        first.run(&format!("INSERT INTO leases VALUES ('lease', 'first', {})", at(10).as_millis())).await;
        let second = tokio::spawn({
            let store = store.clone();
            async move { hold(&store, "second", 0).await }
        });
        as_far_as_it_gets(&store).await;
        first.run(if first_commits { "COMMIT" } else { "ROLLBACK" }).await;
        assert_eq!(second.await.unwrap(), !first_commits);
        leases::give_back(&store, "lease", "second").await.unwrap();
    }
}

/// For ten seconds.
async fn hold(store: &Store, owner: &str, now: i64) -> bool {
    leases::hold(store, "lease", owner, at(now), Duration::from_secs(10)).await.unwrap()
}
