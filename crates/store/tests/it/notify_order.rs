//! Strict order per key: who waits for whom, against the pure statement of it, with everything that may happen in between.

use crate::support::Dice;
use crate::support::at;
use crate::support::jobs::in_tx;
use crate::support::notify::{
    acme, claim, delivery, keyed, make, message, numbers, ordered, publish, settle, settlement,
};
use crate::support::raw::Raw;
use std::collections::BTreeMap;
use syncline_core::notify::order::ready;
use syncline_store::notify::deliveries::{self, Ask, Claim, Outcome};
use syncline_store::notify::endpoints::{self, Endpoint};
use syncline_store::testing::TestDb;
use syncline_store::{Dialect, Store};
use tokio::task::JoinSet;

for_each_database!(
    a_message_waits_for_those_of_its_key_alone,
    what_was_queued_before_the_order_was_wanted_has_no_place_in_it,
    what_is_given_up_holds_back_nobody,
    who_lost_the_lease_lets_nobody_pass,
    what_is_held_back_is_looked_at_rarely_and_called_up_at_once,
    what_is_settled_while_somebody_claims_leaves_nobody_behind,
    a_long_backlog_is_looked_through_once,
    what_has_no_message_any_more_is_forgotten,
    what_is_in_the_order_and_settled_or_gone_holds_back_nobody,
    whatever_happens_every_keys_messages_arrive_in_their_order,
    many_workers_keep_every_keys_order,
);

async fn a_message_waits_for_those_of_its_key_alone(db: &TestDb) {
    let store = db.store().await;
    make(&store, &ordered("ep_1", "acme")).await;
    let new = [keyed(1, "a"), keyed(2, "b"), keyed(3, "a"), message(4, "sync.complete"), keyed(5, "b")];
    publish(&store, &new, at(10)).await;
    let first = claim(&store, "ep_1", "w", at(10), 99).await;
    assert_eq!(numbers(&first), [1, 2, 4]);
    assert_eq!(claim(&store, "ep_1", "w", at(10), 99).await, []);
    // The first of `a` fails and is tried again later; `b` goes on.
    settle(&store, &first[..1], "w", Outcome::Retry(at(500)), at(11)).await;
    settle(&store, &first[1..], "w", Outcome::Delivered, at(11)).await;
    let second = claim(&store, "ep_1", "w", at(12), 99).await;
    assert_eq!(numbers(&second), [5]);
    settle(&store, &second, "w", Outcome::Delivered, at(13)).await;
    assert_eq!(claim(&store, "ep_1", "w", at(499), 99).await, []);
    let third = claim(&store, "ep_1", "w", at(500), 99).await;
    assert_eq!(numbers(&third), [1]);
    settle(&store, &third, "w", Outcome::Delivered, at(501)).await;
    assert_eq!(numbers(&claim(&store, "ep_1", "w", at(502), 99).await), [3]);
}

/// Whoever claims need not know that it is wanted since a moment ago.
async fn what_was_queued_before_the_order_was_wanted_has_no_place_in_it(db: &TestDb) {
    let store = db.store().await;
    make(&store, &Endpoint { ordered: false, ..ordered("ep_1", "acme") }).await;
    publish(&store, &[keyed(1, "a"), keyed(2, "a")], at(10)).await;
    let switch = async |wanted: bool, version: i64| {
        let terms = Endpoint { ordered: wanted, version, ..ordered("ep_1", "acme") };
        assert!(in_tx(&store, async |tx| endpoints::update(tx, &terms).await).await);
    };
    switch(true, 1).await;
    publish(&store, &[keyed(3, "a"), keyed(4, "a"), keyed(5, "b")], at(11)).await;
    let first = claim(&store, "ep_1", "w", at(12), 99).await;
    assert_eq!(numbers(&first), [1, 2, 3, 5]);
    // What is in it keeps to it when it is wanted no more.
    switch(false, 2).await;
    publish(&store, &[keyed(6, "a")], at(13)).await;
    assert_eq!(numbers(&claim(&store, "ep_1", "w", at(13), 99).await), [6]);
    settle(&store, &first, "w", Outcome::Delivered, at(14)).await;
    assert_eq!(numbers(&claim(&store, "ep_1", "w", at(14), 99).await), [4]);
}

async fn what_is_given_up_holds_back_nobody(db: &TestDb) {
    let store = db.store().await;
    make(&store, &ordered("ep_1", "acme")).await;
    publish(&store, &[keyed(1, "a"), keyed(2, "a"), keyed(3, "a")], at(10)).await;
    let first = claim(&store, "ep_1", "w", at(10), 99).await;
    settle(&store, &first, "w", Outcome::Failed, at(11)).await;
    assert_eq!(numbers(&claim(&store, "ep_1", "w", at(11), 99).await), [2]);
    // Nor does what is dropped.
    let again = async |before| {
        in_tx(&store, async |tx| deliveries::skip(tx, &acme(), "ep_1", at(before), 99, at(12)).await).await
    };
    assert_eq!(again(60).await, 1, "one is under way");
    let second = claim(&store, "ep_1", "w", at(71), 99).await;
    assert_eq!(numbers(&second), [2]);
    settle(&store, &second, "w", Outcome::Delivered, at(72)).await;
    assert_eq!(claim(&store, "ep_1", "w", at(999), 99).await, []);
    // Sent again they line up once more.
    for number in [3, 1] {
        let id = format!("msg_{number:05}");
        assert!(in_tx(&store, async |tx| deliveries::resend(tx, &acme(), &id, "ep_1", at(80)).await).await);
    }
    publish(&store, &[keyed(4, "a")], at(81)).await;
    let mut seen = Vec::new();
    for _ in 0..3 {
        let some = claim(&store, "ep_1", "w", at(90), 99).await;
        seen.extend(numbers(&some));
        settle(&store, &some, "w", Outcome::Delivered, at(90)).await;
    }
    assert_eq!(seen, [1, 3, 4]);
}

async fn who_lost_the_lease_lets_nobody_pass(db: &TestDb) {
    let store = db.store().await;
    make(&store, &ordered("ep_1", "acme")).await;
    publish(&store, &[keyed(1, "a"), keyed(2, "a")], at(10)).await;
    let late = claim(&store, "ep_1", "late", at(10), 99).await;
    let held = claim(&store, "ep_1", "b", at(70), 99).await;
    assert_eq!((numbers(&late), numbers(&held)), (vec![1], vec![1]));
    assert_eq!(settle(&store, &late, "late", Outcome::Failed, at(71)).await, 0);
    assert_eq!(claim(&store, "ep_1", "b", at(72), 99).await, []);
    settle(&store, &held, "b", Outcome::Delivered, at(73)).await;
    assert_eq!(numbers(&claim(&store, "ep_1", "b", at(73), 99).await), [2]);
}

async fn what_is_held_back_is_looked_at_rarely_and_called_up_at_once(db: &TestDb) {
    let store = db.store().await;
    make(&store, &ordered("ep_1", "acme")).await;
    publish(&store, &[keyed(1, "a"), keyed(2, "a")], at(10)).await;
    let due = async || deliveries::lanes(&store, ("w", at(0)), None, 9).await.unwrap()[0].due_at;
    let first = claim(&store, "ep_1", "w", at(10), 99).await;
    // In a minute, and then whenever it is twice as old: it was made at 2.
    assert_eq!(due().await, Some(at(70)));
    settle(&store, &first, "w", Outcome::Retry(at(5_000)), at(11)).await;
    for (now, later) in [(70, 138), (138, 274), (274, 546), (546, 1_090)] {
        assert_eq!(claim(&store, "ep_1", "w", at(now), 99).await, []);
        assert_eq!(due().await, Some(at(later)), "at {now}");
        assert_eq!(claim(&store, "ep_1", "w", at(now + 1), 99).await, []);
    }
    assert_eq!(claim(&store, "ep_1", "w", at(4_999), 99).await, []);
    let first = claim(&store, "ep_1", "w", at(5_000), 99).await;
    assert_eq!(numbers(&first), [1]);
    // However old: within the hour.
    assert_eq!(due().await, Some(at(4_999 + 3_600)));
    settle(&store, &first, "w", Outcome::Delivered, at(5_001)).await;
    assert_eq!(due().await, Some(at(5_001)));
    let second = claim(&store, "ep_1", "w", at(5_001), 99).await;
    assert_eq!((numbers(&second), second[0].attempts), (vec![2], 0));
    // One that failed waits for its own time, whoever goes before it.
    settle(&store, &second, "w", Outcome::Retry(at(5_500)), at(5_002)).await;
    let again =
        in_tx(&store, async |tx| deliveries::resend(tx, &acme(), "msg_00001", "ep_1", at(5_003)).await);
    assert!(again.await);
    let first = claim(&store, "ep_1", "w", at(5_003), 99).await;
    assert_eq!(numbers(&first), [1]);
    settle(&store, &first, "w", Outcome::Delivered, at(5_004)).await;
    assert_eq!((due().await, claim(&store, "ep_1", "w", at(5_499), 99).await), (Some(at(5_500)), vec![]));
    assert_eq!(numbers(&claim(&store, "ep_1", "w", at(5_500), 99).await), [2]);
}

/// Whoever settles what holds it back comes before or after, never in between: here in the middle of a claim.
async fn what_is_settled_while_somebody_claims_leaves_nobody_behind(db: &TestDb) {
    let store = db.store().await;
    if store.dialect() == Dialect::Sqlite {
        return;
    }
    make(&store, &ordered("ep_1", "acme")).await;
    publish(&store, &[keyed(1, "a"), keyed(2, "a")], at(10)).await;
    let ask = [Ask { endpoint_id: "ep_1".to_owned(), limit: 1, bytes: 0 }];
    let first = in_tx(&store, async |tx| deliveries::claim(tx, &ask, "w", at(10), at(70)).await).await;
    assert_eq!(numbers(&first), [1]);
    let all = [settlement(&first[0], at(10), Outcome::Delivered)];
    // Settled and not committed: the second is neither claimed nor put off.
    let mut settling = store.begin().await.unwrap();
    deliveries::settle(&mut settling, "w", &all, at(11)).await.unwrap();
    assert_eq!(claim(&store, "ep_1", "w", at(11), 99).await, []);
    assert_eq!(delivery(&store, 2, "ep_1").await.at, at(10));
    settling.commit().await.unwrap();
    assert_eq!(numbers(&claim(&store, "ep_1", "w", at(11), 99).await), [2]);
}

/// A dead endpoint's backlog is gone through once, a few pages a claim, and then costs nothing.
async fn a_long_backlog_is_looked_through_once(db: &TestDb) {
    let store = db.store().await;
    make(&store, &ordered("ep_1", "acme")).await;
    for thousand in 0..3 {
        let new: Vec<_> = (0..1_000).map(|number| keyed(thousand * 1_000 + number, "a")).collect();
        publish(&store, &new, at(10_000)).await;
    }
    publish(&store, &[keyed(9_000, "b")], at(10_000)).await;
    let due = async || deliveries::lanes(&store, ("w", at(0)), None, 9).await.unwrap()[0].due_at;
    let first = claim(&store, "ep_1", "w", at(10_000), 2).await;
    settle(&store, &first, "w", Outcome::Retry(at(90_000)), at(10_000)).await;
    let (mut claims, mut others) = (1, Vec::new());
    while due().await == Some(at(10_000)) {
        let some = claim(&store, "ep_1", "w", at(10_000), 2).await;
        claims += 1;
        others.extend(numbers(&some));
    }
    assert_eq!((numbers(&first), others), (vec![0], vec![9_000]), "who is behind them all comes to his turn");
    assert!(claims <= 5, "{claims} claims of a thousand rows");
    assert!(due().await.is_some_and(|next| next > at(11_000)));
}

/// As after a table was restored without another: nobody would settle it, and its key would wait for ever.
async fn what_is_in_the_order_and_settled_or_gone_holds_back_nobody(db: &TestDb) {
    let (store, mut raw) = (db.store().await, Raw::to(db).await);
    make(&store, &ordered("ep_1", "acme")).await;
    publish(&store, &[keyed(1, "a"), keyed(2, "b"), keyed(3, "a"), keyed(4, "b")], at(10)).await;
    raw.run("UPDATE deliveries SET state = 1 WHERE message_id = 'msg_00001'").await;
    raw.run("DELETE FROM deliveries WHERE message_id = 'msg_00002'").await;
    let mut left = numbers(&claim(&store, "ep_1", "w", at(11), 99).await);
    left.extend(numbers(&claim(&store, "ep_1", "w", at(11), 99).await));
    assert_eq!(left, [3, 4]);
}

/// As after a table was restored without another: it would be due for ever, and hold back its key.
async fn what_has_no_message_any_more_is_forgotten(db: &TestDb) {
    let (store, mut raw) = (db.store().await, Raw::to(db).await);
    make(&store, &ordered("ep_1", "acme")).await;
    publish(&store, &[keyed(1, "a"), keyed(2, "a"), message(3, "sync.complete")], at(10)).await;
    raw.run("DELETE FROM messages WHERE id IN ('msg_00001', 'msg_00003')").await;
    let mut left = claim(&store, "ep_1", "w", at(11), 99).await;
    left.extend(claim(&store, "ep_1", "w", at(9_000), 99).await);
    assert_eq!(numbers(&left), [2]);
    assert_eq!(raw.lines("SELECT message_id FROM deliveries").await, ["msg_00002"]);
    assert_eq!(raw.lines("SELECT message_id FROM delivery_order").await, ["msg_00002"]);
}

/// What a receiver had, by key.
type Had = BTreeMap<Option<String>, Vec<u32>>;

/// Publishes, claims, settles in every way and lets leases run out, in an order the dice choose; at every claim the pure function says
/// what may leave.
async fn whatever_happens_every_keys_messages_arrive_in_their_order(db: &TestDb) {
    let store = db.store().await;
    make(&store, &ordered("ep_1", "acme")).await;
    let mut dice = Dice(20_261_122);
    // Not settled yet, in the order of publishing: number, key, when it is due or its lease ends.
    let mut unsettled: Vec<(u32, Option<String>, i64)> = Vec::new();
    let (mut had, mut number, mut held) = (Had::new(), 0, Vec::<Claim>::new());
    let mut now = 10;
    for _ in 0..120 {
        now += 1;
        match dice.below(5) {
            0 | 1 => {
                number += 1;
                let key = ["a", "b", "c", ""][dice.below(4)];
                let new = if key.is_empty() { message(number, "sync.complete") } else { keyed(number, key) };
                unsettled.push((number, new.order_key.clone(), now));
                publish(&store, &[new], at(now)).await;
            }
            2 => {
                let claims = claim(&store, "ep_1", "w", at(now), 99).await;
                let may = ready(unsettled.iter().map(|(_, key, _)| key.as_deref()));
                let mut expected: Vec<u32> =
                    may.into_iter().filter(|at| unsettled[*at].2 <= now).map(|at| unsettled[at].0).collect();
                let mut got = numbers(&claims);
                got.sort_unstable();
                expected.sort_unstable();
                assert_eq!(got, expected, "at {now}: {unsettled:?}");
                for one in unsettled.iter_mut().filter(|it| got.contains(&it.0)) {
                    one.2 = now + 60;
                }
                held.retain(|it| !numbers(std::slice::from_ref(it)).iter().any(|n| got.contains(n)));
                held.extend(claims);
            }
            3 if !held.is_empty() => {
                let one = held.swap_remove(dice.below(held.len()));
                settle_one(&store, &one, dice.below(4), now, &mut unsettled, &mut had).await;
            }
            _ => now += i64::try_from(dice.below(40)).unwrap(),
        }
    }
    assert!(number > 30 && had.values().map(Vec::len).sum::<usize>() > 5, "{had:?}");
    for (key, numbers) in had {
        assert!(key.is_none() || numbers.is_sorted(), "{key:?}: {numbers:?}");
    }
}

async fn settle_one(
    store: &Store,
    one: &Claim,
    face: usize,
    now: i64,
    unsettled: &mut Vec<(u32, Option<String>, i64)>,
    had: &mut Had,
) {
    let number = numbers(std::slice::from_ref(one))[0];
    let outcome = match face {
        0 | 1 => Outcome::Delivered,
        2 => Outcome::Retry(at(now + 30)),
        _ => Outcome::Failed,
    };
    let all = [settlement(one, at(now), outcome)];
    assert_eq!(in_tx(store, async |tx| deliveries::settle(tx, "w", &all, at(now)).await).await, 1);
    let place = unsettled.iter().position(|it| it.0 == number).expect("it was not settled");
    match outcome {
        Outcome::Retry(_) => unsettled[place].2 = now + 30,
        Outcome::Delivered | Outcome::Failed => {
            let (number, key, _) = unsettled.remove(place);
            had.entry(key).or_default().push(number);
        }
    }
}

async fn many_workers_keep_every_keys_order(db: &TestDb) {
    let store = db.store().await;
    make(&store, &ordered("ep_1", "acme")).await;
    let new: Vec<_> = (0..60).map(|number| keyed(number, ["a", "b", "c"][number as usize % 3])).collect();
    publish(&store, &new, at(10)).await;
    let had = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let mut working = JoinSet::new();
    for worker in 0..4 {
        let (store, had) = (store.clone(), std::sync::Arc::clone(&had));
        working.spawn(async move {
            let owner = format!("w{worker}");
            while deliveries::waiting(&store, "ep_1").await.unwrap().0 > 0 {
                let some = claim(&store, "ep_1", &owner, at(20), 2).await;
                // Received before it is settled, as on the wire.
                had.lock().unwrap().extend(numbers(&some));
                settle(&store, &some, &owner, Outcome::Delivered, at(20)).await;
            }
        });
    }
    working.join_all().await;
    let had = had.lock().unwrap();
    assert_eq!(had.len(), 60);
    for key in 0..3 {
        assert!(had.iter().filter(|number| **number % 3 == key).is_sorted(), "{had:?}");
    }
}
