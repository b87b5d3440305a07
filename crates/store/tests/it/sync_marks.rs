//! Marks: a record waits once, until it is dealt with as it was when it was read; what is put off waits on.

use crate::support::at;
use crate::support::jobs::in_tx;
use crate::support::syncs::{owned, with_sync};
use std::time::Duration;
use syncline_core::sync::Side;
use syncline_core::time::Timestamp;
use syncline_store::Store;
use syncline_store::syncs::marks::{self, Mark};
use syncline_store::testing::TestDb;

for_each_database!(
    a_record_waits_once_however_often_it_is_marked,
    every_mark_changes_the_moment,
    a_mark_is_due_at_the_earlier_of_both_moments,
    what_has_been_due_longest_comes_first,
    what_is_marked_meanwhile_is_not_settled,
    what_is_put_off_waits_and_is_counted,
    what_is_marked_meanwhile_is_not_put_off,
    the_next_moment_is_known,
    sides_and_syncs_do_not_share_marks,
    thousands_are_marked_and_settled_at_once,
);

async fn mark(store: &Store, side: Side, ids: &[&str], asked: i64, due: i64) {
    let ids = owned(ids);
    in_tx(store, async |tx| marks::mark(tx, "syn_1", side, &ids, at(asked), at(due)).await).await;
}

async fn batch(store: &Store, now: i64, limit: u32) -> Vec<Mark> {
    marks::batch(store, "syn_1", at(now), limit).await.unwrap()
}

async fn settled(store: &Store, some: &[Mark]) -> u64 {
    in_tx(store, async |tx| marks::settled(tx, "syn_1", some).await).await
}

async fn put_off(store: &Store, some: &[Mark], due: i64) -> u64 {
    in_tx(store, async |tx| marks::put_off(tx, "syn_1", some, at(due)).await).await
}

fn mark_of(id: &str, asked: i64, due: i64) -> Mark {
    Mark { side: Side::Left, record_id: id.to_owned(), asked_at: at(asked), due_at: at(due), attempts: 0 }
}

fn ids(marks: &[Mark]) -> Vec<&str> {
    marks.iter().map(|mark| mark.record_id.as_str()).collect()
}

async fn a_record_waits_once_however_often_it_is_marked(db: &TestDb) {
    let store = with_sync(db).await;
    mark(&store, Side::Left, &["1", "1", "2"], 1, 1).await;
    mark(&store, Side::Left, &["2", "3"], 5, 5).await;
    mark(&store, Side::Left, &[], 5, 5).await;
    assert_eq!(batch(&store, 9, 9).await, [mark_of("1", 1, 1), mark_of("2", 5, 1), mark_of("3", 5, 5)]);
    assert_eq!(marks::count(&store, "syn_1").await.unwrap(), 3);
}

async fn every_mark_changes_the_moment(db: &TestDb) {
    let store = with_sync(db).await;
    let mut before: Option<Timestamp> = None;
    // Of the same moment, and of an earlier one.
    for asked in [5, 5, 3, 9] {
        mark(&store, Side::Left, &["1"], asked, 0).await;
        let now = batch(&store, 9, 9).await[0].asked_at;
        assert!(before.is_none_or(|before| now > before) && now >= at(asked), "{now}");
        before = Some(now);
    }
    assert_eq!(before, Some(at(9)));
}

async fn a_mark_is_due_at_the_earlier_of_both_moments(db: &TestDb) {
    let store = with_sync(db).await;
    for (due, earliest) in [(20, 20), (30, 20), (10, 10), (15, 10)] {
        mark(&store, Side::Left, &["1"], 1, due).await;
        assert!(batch(&store, earliest - 1, 9).await.is_empty());
        assert_eq!(batch(&store, earliest, 9).await[0].due_at, at(earliest));
    }
}

async fn what_has_been_due_longest_comes_first(db: &TestDb) {
    let store = with_sync(db).await;
    mark(&store, Side::Left, &["c"], 9, 3).await;
    mark(&store, Side::Right, &["a", "b"], 9, 2).await;
    mark(&store, Side::Left, &["b"], 9, 2).await;
    mark(&store, Side::Left, &["d"], 1, 8).await;
    let all = batch(&store, 7, 9).await;
    let short: Vec<_> = all.iter().map(|mark| (mark.side, mark.record_id.as_str())).collect();
    assert_eq!(short, [(Side::Left, "b"), (Side::Right, "a"), (Side::Right, "b"), (Side::Left, "c")]);
    assert_eq!(batch(&store, 7, 2).await, all[..2]);
    assert_eq!(ids(&batch(&store, 8, 9).await), ["b", "a", "b", "c", "d"]);
}

async fn what_is_marked_meanwhile_is_not_settled(db: &TestDb) {
    let store = with_sync(db).await;
    mark(&store, Side::Left, &["1", "2"], 1, 1).await;
    let read = batch(&store, 9, 9).await;
    mark(&store, Side::Left, &["2"], 1, 1).await;
    assert_eq!(settled(&store, &read).await, 1);
    let left = batch(&store, 9, 9).await;
    assert_eq!(ids(&left), ["2"]);
    assert_eq!(settled(&store, &read).await, 0);
    assert_eq!(settled(&store, &left).await, 1);
    assert!(batch(&store, 9, 9).await.is_empty());
    assert_eq!(settled(&store, &[]).await, 0);
}

async fn what_is_put_off_waits_and_is_counted(db: &TestDb) {
    let store = with_sync(db).await;
    mark(&store, Side::Left, &["1", "2"], 1, 1).await;
    mark(&store, Side::Right, &["1"], 1, 1).await;
    let read = batch(&store, 9, 9).await;
    assert_eq!(put_off(&store, &[read[0].clone(), read[2].clone()], 20).await, 2);
    assert_eq!(ids(&batch(&store, 19, 9).await), ["2"]);
    let again = batch(&store, 20, 9).await;
    assert_eq!(again.iter().map(|mark| mark.attempts).collect::<Vec<_>>(), [0, 1, 1]);
    assert_eq!(put_off(&store, &again[1..2], 30).await, 1);
    assert_eq!(batch(&store, 30, 9).await.last().unwrap().attempts, 2);
    // Who marks it again gets it looked at, and the attempts are counted on.
    mark(&store, Side::Left, &["1"], 22, 22).await;
    let hurried = batch(&store, 22, 9).await;
    let left: Vec<_> =
        hurried.iter().filter(|mark| mark.record_id == "1" && mark.side == Side::Left).collect();
    assert_eq!((left[0].attempts, left[0].asked_at, left[0].due_at), (2, at(22), at(22)));
    // Once it is settled it begins anew.
    assert_eq!(settled(&store, &hurried).await, 3);
    mark(&store, Side::Left, &["1"], 40, 40).await;
    assert_eq!(batch(&store, 40, 9).await, [mark_of("1", 40, 40)]);
}

async fn what_is_marked_meanwhile_is_not_put_off(db: &TestDb) {
    let store = with_sync(db).await;
    mark(&store, Side::Left, &["1"], 1, 1).await;
    let read = batch(&store, 9, 9).await;
    mark(&store, Side::Left, &["1"], 2, 2).await;
    assert_eq!(put_off(&store, &read, 60).await, 0);
    assert_eq!(batch(&store, 9, 9).await, [mark_of("1", 2, 1)]);
}

async fn the_next_moment_is_known(db: &TestDb) {
    let store = with_sync(db).await;
    assert_eq!(marks::next_due(&store, "syn_1").await.unwrap(), None);
    mark(&store, Side::Left, &["1"], 1, 7).await;
    mark(&store, Side::Right, &["1"], 1, 5).await;
    assert_eq!(marks::next_due(&store, "syn_1").await.unwrap(), Some(at(5)));
    assert_eq!(in_tx(&store, async |tx| marks::next_due_in(tx, "syn_1").await).await, Some(at(5)));
    put_off(&store, &batch(&store, 5, 9).await, 8).await;
    assert_eq!(marks::next_due(&store, "syn_1").await.unwrap(), Some(at(7)));
}

async fn sides_and_syncs_do_not_share_marks(db: &TestDb) {
    let store = with_sync(db).await;
    mark(&store, Side::Left, &["1"], 1, 1).await;
    mark(&store, Side::Right, &["1"], 1, 1).await;
    in_tx(&store, async |tx| marks::mark(tx, "syn_2", Side::Left, &owned(&["1"]), at(1), at(1)).await).await;
    let read = batch(&store, 9, 9).await;
    assert_eq!(settled(&store, &read[..1]).await, 1);
    assert_eq!(batch(&store, 9, 9).await, read[1..]);
    assert_eq!(marks::count(&store, "syn_2").await.unwrap(), 1);
}

async fn thousands_are_marked_and_settled_at_once(db: &TestDb) {
    let store = with_sync(db).await;
    let all: Vec<String> = (0..3_000).map(|id| id.to_string()).collect();
    for round in 0..2_u64 {
        let asked = at(1).plus(Duration::from_millis(round));
        in_tx(&store, async |tx| marks::mark(tx, "syn_1", Side::Right, &all, asked, at(1)).await).await;
    }
    let read = batch(&store, 1, 5_000).await;
    assert!(
        read.len() == 3_000 && read.iter().all(|mark| mark.asked_at == at(1).plus(Duration::from_millis(1)))
    );
    assert_eq!(put_off(&store, &read[2_000..], 9).await, 1_000);
    assert_eq!(settled(&store, &read[..2_000]).await, 2_000);
    assert_eq!(marks::count(&store, "syn_1").await.unwrap(), 1_000);
}
