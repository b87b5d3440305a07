//! Turning pages while events keep arriving at random places: what was there is neither skipped nor shown twice.

use crate::support::{Dice, arrival, at, store_events};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use syncline_core::event::EventId;
use syncline_store::events::{self, Arrival, Filter, Order};
use syncline_store::testing::TestDb;
use syncline_store::{Scope, Store, accounts};

for_each_database!(
    a_walk_sees_all_that_was_there_once,
    a_walk_beside_a_busy_writer_sees_all_that_was_there_once
);

async fn a_walk_sees_all_that_was_there_once(db: &TestDb) {
    let store = db.store().await;
    own_account_one(&store).await;
    let mut stored = BTreeSet::new();
    for seed in 0..8 {
        let mut dice = Dice(seed);
        stored.extend(add(&store, &mut dice, 15, seed).await);
        let question = Question::any(&mut dice);
        let expected = question.all(&store).await;
        let mut walk = Walk::default();
        while let Some(some) = walk.next(&store, &question, 1 + dice.below(12)).await {
            assert!(!some.is_empty());
            // In front of the walk, behind it and right where it stands.
            stored.extend(add(&store, &mut dice, 3, seed).await);
        }
        walk.check(&question, &expected);
    }
    assert!(stored.len() > 150, "{}", stored.len());
}

async fn a_walk_beside_a_busy_writer_sees_all_that_was_there_once(db: &TestDb) {
    let store = db.store().await;
    own_account_one(&store).await;
    add(&store, &mut Dice(99), 300, 0).await;
    let stop = Arc::new(AtomicBool::new(false));
    let writer = {
        let (store, stop) = (store.clone(), Arc::clone(&stop));
        tokio::spawn(async move {
            let mut dice = Dice(100);
            let mut written = 0;
            while !stop.load(Ordering::Relaxed) {
                written += add(&store, &mut dice, 2, 1_000 + written).await.len() as u64;
            }
            written
        })
    };
    let mut dice = Dice(101);
    for _ in 0..8 {
        let question = Question::any(&mut dice);
        let expected = question.all(&store).await;
        let mut walk = Walk::default();
        while walk.next(&store, &question, 20 + dice.below(30)).await.is_some() {}
        walk.check(&question, &expected);
    }
    stop.store(true, Ordering::Relaxed);
    assert!(writer.await.unwrap() > 0, "the writer wrote meanwhile");
}

async fn own_account_one(store: &Store) {
    let mut tx = store.begin().await.unwrap();
    accounts::assign(&mut tx, "hubspot", "1", "acme", at(0)).await.unwrap();
    tx.commit().await.unwrap();
}

/// Stores `count` events at random places of a crowded minute; answers their ids.
async fn add(store: &Store, dice: &mut Dice, count: usize, salt: u64) -> Vec<EventId> {
    let arrivals: Vec<Arrival> = (0..count)
        .map(|number| {
            let mut it =
                arrival(dice.below(60) as i64, &format!("{salt} {number} {}", dice.below(1_000_000)));
            it.event.account = dice.below(3).to_string();
            it.event.kind = ["create", "update"][dice.below(2)].to_owned();
            it
        })
        .collect();
    let ids = arrivals.iter().map(|arrival| arrival.event.id).collect();
    store_events(store, arrivals).await;
    ids
}

struct Question {
    scope: Scope,
    filter: Filter,
    order: Order,
}

impl Question {
    fn any(dice: &mut Dice) -> Self {
        let acme = Scope::Organization("acme".to_owned());
        let kind = [None, Some("update".to_owned())][dice.below(2)].clone();
        Self {
            scope: [Scope::All, acme][dice.below(2)].clone(),
            filter: Filter { kind, ..Filter::default() },
            order: [Order::OldestFirst, Order::NewestFirst][dice.below(2)],
        }
    }

    async fn page(&self, store: &Store, after: Option<EventId>, limit: u32) -> Vec<EventId> {
        let page = events::page(store, &self.scope, &self.filter, self.order, after, limit).await.unwrap();
        page.iter().map(|event| event.id).collect()
    }

    async fn all(&self, store: &Store) -> Vec<EventId> {
        self.page(store, None, 100_000).await
    }
}

#[derive(Default)]
struct Walk {
    seen: Vec<EventId>,
}

impl Walk {
    /// The next page, or `None` at the end.
    async fn next(&mut self, store: &Store, question: &Question, limit: usize) -> Option<Vec<EventId>> {
        let page = question.page(store, self.seen.last().copied(), limit as u32).await;
        assert!(page.len() <= limit);
        self.seen.extend(&page);
        Some(page).filter(|page| !page.is_empty())
    }

    /// Nothing of `expected` was skipped, and nothing at all came twice or out of order.
    fn check(&self, question: &Question, expected: &[EventId]) {
        let ordered = |pair: &[EventId]| match question.order {
            Order::OldestFirst => pair[0] < pair[1],
            Order::NewestFirst => pair[0] > pair[1],
        };
        assert!(self.seen.windows(2).all(ordered));
        let seen: BTreeSet<_> = self.seen.iter().collect();
        let skipped: Vec<_> = expected.iter().filter(|id| !seen.contains(id)).collect();
        assert!(skipped.is_empty(), "{skipped:?}");
    }
}
