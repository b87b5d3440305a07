//! Stale records: each waits once, the one that waited longest comes first, and what is asked while one is being read again is not
//! forgotten.

use crate::support::at;
use crate::support::jobs::in_tx;
use syncline_core::time::Timestamp;
use syncline_store::Store;
use syncline_store::stale::{self, Mark, Turn};
use syncline_store::testing::TestDb;
use tokio::task::JoinSet;

for_each_database!(
    a_record_waits_once_however_often_it_is_asked_for,
    every_mark_changes_the_moment,
    what_waited_longest_comes_first_with_its_like,
    echoes_come_after_news,
    what_is_an_echo_is_learnt_later_too,
    what_is_asked_for_while_it_is_read_waits_on,
    connections_do_not_share_what_waits,
    a_thousand_are_marked_at_once,
    marking_and_settling_side_by_side_lose_nothing,
);

fn mark_of(id: &str, asked: i64) -> Mark {
    Mark {
        object_type: "contacts".to_owned(),
        collection: String::new(),
        record_id: id.to_owned(),
        asked_at: at(asked),
        echo: false,
    }
}

fn echo_of(id: &str, asked: i64) -> Mark {
    Mark { echo: true, ..mark_of(id, asked) }
}

fn later(of: &Mark, millis: i64) -> Mark {
    Mark { asked_at: Timestamp::from_millis(of.asked_at.as_millis() + millis), ..of.clone() }
}

async fn mark(store: &Store, marks: &[Mark]) {
    in_tx(store, async |tx| stale::mark(tx, "con_1", marks).await).await;
}

/// As whoever stores events does: MySQL may end one of two transactions that block each other, and then everything is done again.
async fn mark_as_callers_do(store: &Store, marks: &[Mark]) {
    loop {
        let mut tx = store.begin().await.unwrap();
        let outcome = match stale::mark(&mut tx, "con_1", marks).await {
            Ok(()) => tx.commit().await,
            Err(error) => Err(error),
        };
        match outcome {
            Ok(()) => return,
            Err(error) if error.is_transient() => {}
            Err(error) => panic!("{error}"),
        }
    }
}

/// The same for whoever has read them again.
async fn settle_as_callers_do(store: &Store, marks: &[Mark]) -> u64 {
    loop {
        let mut tx = store.begin().await.unwrap();
        let outcome = match stale::settled(&mut tx, "con_1", marks).await {
            Ok(settled) => tx.commit().await.map(|()| settled),
            Err(error) => Err(error),
        };
        match outcome {
            Ok(settled) => return settled,
            Err(error) if error.is_transient() => {}
            Err(error) => panic!("{error}"),
        }
    }
}

async fn settled(store: &Store, marks: &[Mark]) -> u64 {
    in_tx(store, async |tx| stale::settled(tx, "con_1", marks).await).await
}

async fn batch(store: &Store, limit: u32) -> Vec<Mark> {
    stale::batch(store, "con_1", Turn::News, limit).await.unwrap()
}

async fn a_record_waits_once_however_often_it_is_asked_for(db: &TestDb) {
    let store = db.store().await;
    assert_eq!(batch(&store, 10).await, []);
    mark(&store, &[mark_of("1", 5), mark_of("1", 9), mark_of("1", 7)]).await;
    assert_eq!(batch(&store, 10).await, [mark_of("1", 9)]);
    mark(&store, &[mark_of("1", 20)]).await;
    assert_eq!(batch(&store, 10).await, [mark_of("1", 20)]);
    assert_eq!(stale::count(&store, "con_1").await.unwrap(), 1);
    mark(&store, &[]).await;
    assert_eq!(stale::count(&store, "con_1").await.unwrap(), 1);
}

async fn every_mark_changes_the_moment(db: &TestDb) {
    let store = db.store().await;
    mark(&store, &[mark_of("1", 9)]).await;
    for (asked, millis) in [(9, 1), (5, 2)] {
        mark(&store, &[mark_of("1", asked)]).await;
        assert_eq!(batch(&store, 10).await, [later(&mark_of("1", 9), millis)]);
    }
}

async fn what_waited_longest_comes_first_with_its_like(db: &TestDb) {
    let store = db.store().await;
    let deal = |id: &str, asked| Mark { object_type: "deals".to_owned(), ..mark_of(id, asked) };
    let row = |table: &str, id: &str, asked| Mark { collection: table.to_owned(), ..deal(id, asked) };
    let all = [
        mark_of("1", 8),
        deal("1", 5),
        mark_of("2", 3),
        row("t1", "7", 4),
        row("t2", "8", 6),
        row("t1", "9", 9),
    ];
    mark(&store, &all).await;
    let expected = [
        vec![mark_of("2", 3), mark_of("1", 8)],
        vec![row("t1", "7", 4), row("t1", "9", 9)],
        vec![deal("1", 5)],
        vec![row("t2", "8", 6)],
    ];
    for expected in expected {
        assert_eq!(batch(&store, 1).await, expected[..1]);
        assert_eq!(batch(&store, 10).await, expected);
        assert_eq!(settled(&store, &expected).await, expected.len() as u64);
    }
    assert_eq!(batch(&store, 10).await, []);
}

async fn echoes_come_after_news(db: &TestDb) {
    let store = db.store().await;
    mark(&store, &[echo_of("1", 1), mark_of("2", 9), echo_of("3", 2)]).await;
    let turn = async |turn| stale::batch(&store, "con_1", turn, 10).await.unwrap();
    assert_eq!(turn(Turn::News).await, [mark_of("2", 9)]);
    assert_eq!(turn(Turn::Echoes).await, [echo_of("1", 1), echo_of("3", 2)]);
    // News about what waits as an echo is news; an echo of what waits as news changes that no more.
    mark(&store, &[mark_of("1", 20), echo_of("2", 30)]).await;
    assert_eq!(turn(Turn::News).await, [mark_of("1", 20), mark_of("2", 30)]);
    assert_eq!(settled(&store, &[mark_of("1", 20), mark_of("2", 30)]).await, 2);
    assert_eq!(turn(Turn::News).await, [echo_of("3", 2)]);
    assert_eq!(settled(&store, &[echo_of("3", 2)]).await, 1);
    mark(&store, &[mark_of("4", 1)]).await;
    assert_eq!(turn(Turn::Echoes).await, [mark_of("4", 1)]);
}

async fn what_is_an_echo_is_learnt_later_too(db: &TestDb) {
    let store = db.store().await;
    mark(&store, &[mark_of("1", 4), mark_of("2", 5), mark_of("3", 6)]).await;
    let written = ["1", "2", "9"].map(str::to_owned).into();
    in_tx(&store, async |tx| stale::are_echoes(tx, "con_1", "contacts", &written, at(5)).await).await;
    // What was asked about the first before it was written is news.
    assert_eq!(batch(&store, 10).await, [mark_of("1", 4), mark_of("3", 6)]);
    assert_eq!(stale::batch(&store, "con_1", Turn::Echoes, 10).await.unwrap(), [echo_of("2", 5)]);
}

async fn what_is_asked_for_while_it_is_read_waits_on(db: &TestDb) {
    let store = db.store().await;
    mark(&store, &[mark_of("1", 5), mark_of("2", 5), mark_of("3", 6)]).await;
    let read = batch(&store, 10).await;
    // By the same clock in the same millisecond, and by one that is late.
    mark(&store, &[mark_of("1", 5), mark_of("3", 1)]).await;
    assert_eq!(settled(&store, &read).await, 1);
    assert_eq!(batch(&store, 10).await, [later(&mark_of("1", 5), 1), later(&mark_of("3", 6), 1)]);
    assert_eq!(settled(&store, &read).await, 0);
    assert_eq!(settled(&store, &[]).await, 0);
}

async fn connections_do_not_share_what_waits(db: &TestDb) {
    let store = db.store().await;
    mark(&store, &[mark_of("1", 5)]).await;
    in_tx(&store, async |tx| stale::mark(tx, "con_2", &[mark_of("1", 7), mark_of("2", 7)]).await).await;
    assert_eq!(batch(&store, 10).await, [mark_of("1", 5)]);
    assert_eq!(settled(&store, &[mark_of("2", 7)]).await, 0);
    assert_eq!(in_tx(&store, async |tx| stale::erase(tx, "con_2").await).await, 2);
    assert_eq!(stale::count(&store, "con_2").await.unwrap(), 0);
    assert_eq!(stale::count(&store, "con_1").await.unwrap(), 1);
}

async fn a_thousand_are_marked_at_once(db: &TestDb) {
    let store = db.store().await;
    let many = |asked: i64| (0..1_000).map(|id| mark_of(&id.to_string(), asked)).collect::<Vec<_>>();
    mark(&store, &many(5)).await;
    mark(&store, &many(6)[500..]).await;
    assert_eq!(stale::count(&store, "con_1").await.unwrap(), 1_000);
    let first = batch(&store, 600).await;
    assert_eq!(first.iter().filter(|mark| mark.asked_at == at(5)).count(), 500);
    assert!(first.is_sorted_by_key(|mark| mark.asked_at));
    assert_eq!(settled(&store, &first).await, 600);
    assert_eq!(batch(&store, 600).await.len(), 400);
}

/// Who marks says which edition there is now; who settles has read the edition that was there. In the end none may be unread.
async fn marking_and_settling_side_by_side_lose_nothing(db: &TestDb) {
    use std::sync::atomic::{AtomicU64, Ordering};
    const IDS: usize = 20;
    const EDITIONS: u64 = 25;
    let store = db.store().await;
    let truth: std::sync::Arc<Vec<AtomicU64>> =
        std::sync::Arc::new((0..IDS).map(|_| AtomicU64::new(0)).collect());
    let mut marking = JoinSet::new();
    for writer in 0..3 {
        let (store, truth) = (store.clone(), std::sync::Arc::clone(&truth));
        marking.spawn(async move {
            for round in 0..EDITIONS {
                let mut marks: Vec<Mark> = (0..IDS).map(|id| mark_of(&id.to_string(), 5)).collect();
                crate::support::Dice(round * 3 + writer).shuffle(&mut marks);
                marks.truncate(IDS / 2);
                for mark in &marks {
                    truth[mark.record_id.parse::<usize>().unwrap()].fetch_add(1, Ordering::SeqCst);
                }
                mark_as_callers_do(&store, &marks).await;
            }
        });
    }
    let mut read = vec![0; IDS];
    let mut over = false;
    while !over {
        // Looked at before the batch: what was marked until then is in it.
        over = marking.is_empty();
        while let Some(ended) = marking.try_join_next() {
            ended.unwrap();
        }
        let some = batch(&store, 7).await;
        over = over && some.is_empty();
        for mark in &some {
            let id: usize = mark.record_id.parse().unwrap();
            read[id] = truth[id].load(Ordering::SeqCst);
        }
        settle_as_callers_do(&store, &some).await;
    }
    let truth: Vec<u64> = truth.iter().map(|edition| edition.load(Ordering::SeqCst)).collect();
    assert!(truth.iter().sum::<u64>() == 3 * EDITIONS * (IDS as u64) / 2);
    assert_eq!(read, truth);
}
