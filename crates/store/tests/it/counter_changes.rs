//! Changes of counters: each is made whole and once, or refused.

use crate::support::at;
use crate::support::counters::{apply, change, counter, definition, item, keyed, make, request, rules};
use crate::support::jobs::in_tx;
use crate::support::notify::acme;
use std::collections::BTreeMap;
use syncline_core::counters::change::{Change, Refusal};
use syncline_core::counters::push::{Stage, Way};
use syncline_store::counters::changes::{self, Answer, Idempotency, Item, Moved, Outcome, Request};
use syncline_store::counters::{self, Filter};
use syncline_store::testing::TestDb;
use syncline_store::{Scope, Store};

for_each_database!(
    a_change_moves_the_counter_its_history_and_its_push,
    every_item_is_made_or_refused_by_itself,
    what_is_refused_leaves_nothing_behind,
    a_request_that_is_repeated_counts_once,
    a_key_with_another_request_is_refused,
    the_same_key_twice_in_one_transaction_counts_once,
    an_organizations_keys_are_its_own,
    what_is_not_committed_is_not_counted,
    history_is_read_in_pages_latest_first,
    what_redis_holds_is_followed,
    what_is_old_is_forgotten_and_no_counter,
    what_is_not_there_is_refused_and_not_changed,
);

async fn open(db: &TestDb) -> Store {
    let store = db.store().await;
    make(&store, &definition("ctr_1", "acme", "bookings")).await;
    make(&store, &definition("ctr_2", "acme", "orders")).await;
    store
}

fn made(value: i64, version: i64) -> Answer {
    Answer::Made { value, version }
}

async fn a_change_moves_the_counter_its_history_and_its_push(db: &TestDb) {
    let store = open(db).await;
    let items = [item("7", Change::Increment(3)), item("7", Change::Decrement(1)), item("7", Change::Set(9))];
    let done = apply(&store, &[request("req_1", &items)], at(1)).await;
    assert_eq!(done, [Outcome::Done(vec![made(3, 1), made(2, 2), made(9, 3)])]);
    let now = counter(&store, "7").await;
    assert_eq!((now.value, now.version, now.changed_at, now.waiting_since), (9, 3, at(1), Some(at(1))));
    assert_eq!((now.push.stage, now.push.due), (Stage::Trigger, at(2)));
    let past = changes::history(&store, &acme(), ("ctr_1", "7"), None, 9).await.unwrap();
    let told: Vec<(&str, i64, i64, i64)> =
        past.iter().map(|one| (one.op.as_str(), one.amount, one.before, one.value)).collect();
    assert_eq!(told, [("set", 9, 2, 9), ("decrement", 1, 3, 2), ("increment", 3, 0, 3)]);
    assert!(past.iter().all(|one| one.source == "api" && one.at == at(1)));
    // What is gathered is gathered from the first change on.
    change(&store, "7", Change::Increment(1), at(2)).await;
    assert_eq!(counter(&store, "7").await.push.due, at(2));
}

async fn every_item_is_made_or_refused_by_itself(db: &TestDb) {
    let store = open(db).await;
    let key = Refusal::Key { message: "digits".to_owned() };
    let wrong = Item { definition_id: "ctr_1".to_owned(), key: "x".to_owned(), change: Err(key.clone()) };
    let other = Item { definition_id: "ctr_2".to_owned(), ..item("7", Change::Set(5)) };
    let items = [
        item("7", Change::Increment(2)),
        item("7", Change::Decrement(3)),
        wrong,
        other,
        item("8", Change::Increment(1)),
    ];
    let done = apply(
        &store,
        &[request("req_1", &items), request("req_2", &[item("7", Change::Increment(1))])],
        at(1),
    )
    .await;
    let below = Answer::Refused(Refusal::BelowMinimum { value: 2, minimum: 0 });
    let first = vec![made(2, 1), below, Answer::Refused(key), made(5, 1), made(1, 1)];
    assert_eq!(done, [Outcome::Done(first), Outcome::Done(vec![made(3, 2)])]);
    assert_eq!(counters::get(&store, &acme(), "ctr_2", "7").await.unwrap().unwrap().value, 5);
}

async fn what_is_refused_leaves_nothing_behind(db: &TestDb) {
    let store = open(db).await;
    apply(
        &store,
        &[request("req_1", &[item("7", Change::Decrement(1)), item("8", Change::Increment(0))])],
        at(1),
    )
    .await;
    assert_eq!(counters::page(&store, &acme(), "ctr_1", &Filter::All(None), 9).await.unwrap(), []);
    change(&store, "7", Change::Set(4), at(2)).await;
    let before = counter(&store, "7").await;
    change(&store, "7", Change::Decrement(5), at(3)).await;
    assert_eq!(counter(&store, "7").await, before);
}

async fn a_request_that_is_repeated_counts_once(db: &TestDb) {
    let store = open(db).await;
    let items = [item("7", Change::Increment(2)), item("8", Change::Decrement(1))];
    let first = apply(&store, &[keyed("req_1", "booking-1", &items)], at(1)).await;
    let [Outcome::Done(answers)] = first.as_slice() else { panic!("{first:?}") };
    change(&store, "7", Change::Increment(5), at(2)).await;
    let again = apply(&store, &[keyed("req_2", "booking-1", &items)], at(3)).await;
    assert_eq!(again, [Outcome::Before(answers.clone())]);
    assert_eq!(counter(&store, "7").await.value, 7);
}

async fn a_key_with_another_request_is_refused(db: &TestDb) {
    let store = open(db).await;
    apply(&store, &[keyed("req_1", "booking-1", &[item("7", Change::Increment(2))])], at(1)).await;
    let other =
        apply(&store, &[keyed("req_2", "booking-1", &[item("7", Change::Increment(3))])], at(2)).await;
    assert_eq!(other, [Outcome::AnotherRequest]);
    assert_eq!(counter(&store, "7").await.value, 2);
}

async fn the_same_key_twice_in_one_transaction_counts_once(db: &TestDb) {
    let store = open(db).await;
    let items = [item("7", Change::Increment(2))];
    let three = [
        keyed("req_1", "booking-1", &items),
        keyed("req_2", "booking-1", &items),
        keyed("req_3", "booking-1", &[item("7", Change::Increment(9))]),
    ];
    let outcomes = apply(&store, &three, at(1)).await;
    let answer = vec![made(2, 1)];
    assert_eq!(outcomes, [Outcome::Done(answer.clone()), Outcome::Before(answer), Outcome::AnotherRequest]);
    assert_eq!(counter(&store, "7").await.value, 2);
}

async fn an_organizations_keys_are_its_own(db: &TestDb) {
    let store = open(db).await;
    let items = [item("7", Change::Increment(1))];
    let theirs = Request { org_id: "globex".to_owned(), ..keyed("req_2", "booking-1", &items) };
    let outcomes = apply(&store, &[keyed("req_1", "booking-1", &items), theirs], at(1)).await;
    assert_eq!(outcomes, [Outcome::Done(vec![made(1, 1)]), Outcome::Done(vec![made(2, 2)])]);
}

async fn what_is_not_committed_is_not_counted(db: &TestDb) {
    let store = open(db).await;
    let mut tx = store.begin().await.unwrap();
    let one = [keyed("req_1", "booking-1", &[item("7", Change::Increment(1))])];
    changes::apply(&mut tx, &one, &crate::support::counters::all_rules(), at(1)).await.unwrap();
    drop(tx);
    assert_eq!(apply(&store, &one, at(2)).await, [Outcome::Done(vec![made(1, 1)])]);
}

async fn history_is_read_in_pages_latest_first(db: &TestDb) {
    let store = open(db).await;
    for second in 1..=7 {
        change(&store, "7", Change::Increment(1), at(second)).await;
    }
    let page = async |before, limit| {
        let page = changes::history(&store, &acme(), ("ctr_1", "7"), before, limit).await.unwrap();
        page.into_iter().map(|one| one.version).collect::<Vec<_>>()
    };
    assert_eq!(page(None, 3).await, [7, 6, 5]);
    assert_eq!(page(Some(5), 3).await, [4, 3, 2]);
    assert_eq!(page(Some(2), 3).await, [1]);
}

async fn what_redis_holds_is_followed(db: &TestDb) {
    let store = open(db).await;
    let observe = async |seen: &[(&str, Option<i64>)], now| {
        in_tx(&store, async |tx| changes::observe(tx, "ctr_1", seen, &rules(Way::Trigger), now).await).await
    };
    let seen = [("7", Some(8)), ("8", Some(0)), ("9", None)];
    let moved = |value, version| Moved::Made { value, version };
    assert_eq!(observe(&seen, at(1)).await, [moved(8, 1), moved(0, 1), Moved::Same]);
    assert_eq!(observe(&seen, at(2)).await, vec![Moved::Same; 3]);
    assert_eq!(counters::get(&store, &acme(), "ctr_1", "9").await.unwrap(), None);
    // One that is gone keeps what it was, and nothing is pushed.
    assert_eq!(observe(&[("7", None)], at(3)).await, [Moved::Same]);
    assert_eq!(observe(&[("7", None)], at(4)).await, [Moved::Same]);
    let gone = counter(&store, "7").await;
    assert_eq!((gone.value, gone.version, gone.vanished_at), (8, 1, Some(at(3))));
    assert_eq!(observe(&[("7", Some(8))], at(5)).await, [moved(8, 2)]);
    assert_eq!(counter(&store, "7").await.vanished_at, None);
    let past = changes::history(&store, &acme(), ("ctr_1", "7"), None, 9).await.unwrap();
    assert_eq!((past[0].op.as_str(), past[0].source.as_str()), ("seen", "redis"));
}

async fn what_is_old_is_forgotten_and_no_counter(db: &TestDb) {
    let store = open(db).await;
    for second in [1, 2, 100] {
        let one = [keyed(&format!("req_{second}"), &second.to_string(), &[item("7", Change::Increment(1))])];
        apply(&store, &one, at(second)).await;
    }
    let forget = async || in_tx(&store, async |tx| counters::delete_before(tx, at(50), 1).await).await;
    assert_eq!((forget().await, forget().await, forget().await), (1, 1, 0));
    assert_eq!(changes::history(&store, &acme(), ("ctr_1", "7"), None, 9).await.unwrap().len(), 1);
    assert_eq!(counter(&store, "7").await.value, 3);
    // Its key is forgotten with it.
    let again = apply(&store, &[keyed("req_x", "1", &[item("7", Change::Increment(1))])], at(101)).await;
    assert_eq!(again, [Outcome::Done(vec![made(4, 4)])]);
    assert!(Idempotency::new("", b"").is_none());
}

async fn what_is_not_there_is_refused_and_not_changed(db: &TestDb) {
    let store = open(db).await;
    let mut tx = store.begin().await.unwrap();
    let one = [request("req_1", &[item("7", Change::Increment(1))])];
    let refused = changes::apply(&mut tx, &one, &BTreeMap::new(), at(1)).await.unwrap();
    assert_eq!(refused, [Outcome::Done(vec![Answer::Refused(Refusal::Deleted)])]);
    tx.commit().await.unwrap();
    assert_eq!(counters::get(&store, &Scope::All, "ctr_1", "7").await.unwrap(), None);
}
