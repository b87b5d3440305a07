//! Mending: resend one, recover what failed, replay a span of time, skip what waits.

use crate::support::at;
use crate::support::jobs::in_tx;
use crate::support::notify::{
    acme, all_deliveries, claim, delivery, endpoint, make, message, numbers, publish, publish_many, settle,
};
use syncline_core::time::Timestamp;
use syncline_store::notify::deliveries::{self, Outcome, Replay, Span, State};
use syncline_store::notify::messages::{self, Message};
use syncline_store::testing::TestDb;
use syncline_store::{Scope, Store};
use tokio::task::JoinSet;

for_each_database!(
    one_is_sent_again_whatever_became_of_it,
    one_is_sent_to_an_endpoint_that_never_got_it,
    what_is_under_way_is_left_to_who_sends_it,
    nobody_sends_what_is_not_theirs,
    what_failed_since_then_is_recovered_in_pages_and_once,
    a_span_of_time_is_replayed_to_a_new_endpoint,
    a_replay_sends_what_arrived_only_when_asked_to,
    what_waits_is_skipped_and_can_be_replayed,
    of_many_who_skip_at_once_each_answers_what_it_dropped,
    a_message_for_one_endpoint_is_sent_to_no_other,
);

fn span(from: i64, to: i64) -> Span {
    Span { from: at(from), to: at(to) }
}

async fn resend(store: &Store, scope: &Scope, number: u32, endpoint_id: &str, now: i64) -> bool {
    let id = format!("msg_{number:05}");
    in_tx(store, async |tx| deliveries::resend(tx, scope, &id, endpoint_id, at(now)).await).await
}

async fn state(store: &Store, number: u32, endpoint_id: &str) -> (State, Timestamp, u32, u32) {
    let it = delivery(store, number, endpoint_id).await;
    (it.state, it.at, it.attempts, it.tried)
}

async fn one_is_sent_again_whatever_became_of_it(db: &TestDb) {
    let store = db.store().await;
    make(&store, &endpoint("ep_1", "acme", &[])).await;
    publish_many(&store, 1..4, at(10)).await;
    let claims = claim(&store, "ep_1", "a", at(10), 9).await;
    settle(&store, &claims[..1], "a", Outcome::Delivered, at(11)).await;
    settle(&store, &claims[1..2], "a", Outcome::Failed, at(11)).await;
    settle(&store, &claims[2..], "a", Outcome::Retry(at(999)), at(11)).await;
    for number in 1..4 {
        assert!(resend(&store, &acme(), number, "ep_1", 20).await);
        assert_eq!(state(&store, number, "ep_1").await, (State::Waiting, at(20), 0, 1), "{number}");
    }
    let again = claim(&store, "ep_1", "a", at(20), 9).await;
    assert_eq!((numbers(&again), again[0].attempts, again[0].tried), (vec![1, 2, 3], 0, 1));
}

async fn one_is_sent_to_an_endpoint_that_never_got_it(db: &TestDb) {
    let store = db.store().await;
    publish_many(&store, 1..2, at(10)).await;
    make(&store, &endpoint("ep_1", "acme", &["invoice.paid"])).await;
    make(&store, &endpoint("ep_2", "", &["invoice.paid"])).await;
    assert!(resend(&store, &acme(), 1, "ep_1", 20).await);
    assert!(resend(&store, &Scope::All, 1, "ep_2", 20).await);
    assert_eq!(state(&store, 1, "ep_1").await, (State::Waiting, at(20), 0, 0));
    assert_eq!(numbers(&claim(&store, "ep_2", "a", at(20), 9).await), [1]);
}

async fn what_is_under_way_is_left_to_who_sends_it(db: &TestDb) {
    let store = db.store().await;
    make(&store, &endpoint("ep_1", "acme", &[])).await;
    publish_many(&store, 1..2, at(10)).await;
    let claims = claim(&store, "ep_1", "a", at(10), 9).await;
    assert!(resend(&store, &acme(), 1, "ep_1", 20).await);
    assert_eq!(claim(&store, "ep_1", "b", at(69), 9).await, []);
    assert_eq!(settle(&store, &claims, "a", Outcome::Delivered, at(30)).await, 1);
    // But nobody sends it any more when the lease has ended.
    assert!(resend(&store, &acme(), 1, "ep_1", 40).await);
    assert_eq!(claim(&store, "ep_1", "a", at(40), 9).await.len(), 1);
    assert!(resend(&store, &acme(), 1, "ep_1", 100).await);
    assert_eq!(state(&store, 1, "ep_1").await, (State::Waiting, at(100), 0, 1));
}

async fn nobody_sends_what_is_not_theirs(db: &TestDb) {
    let store = db.store().await;
    for (id, org_id) in [("ep_1", "acme"), ("ep_2", "globex"), ("ep_3", "")] {
        make(&store, &endpoint(id, org_id, &["invoice.paid"])).await;
    }
    let theirs = Message { org_id: "globex".to_owned(), ..message(2, "sync.complete") };
    publish(&store, &[message(1, "sync.complete"), theirs], at(10)).await;
    for (scope, number, endpoint_id) in [
        (acme(), 1, "ep_2"),
        (acme(), 1, "ep_3"),
        (acme(), 2, "ep_1"),
        (Scope::All, 2, "ep_1"),
        (Scope::All, 1, "ep_9"),
        (Scope::All, 9, "ep_1"),
    ] {
        assert!(!resend(&store, &scope, number, endpoint_id, 20).await, "{scope:?} {number} {endpoint_id}");
    }
    let mut tx = store.begin().await.unwrap();
    let whole = span(0, 99);
    assert_eq!(deliveries::recover(&mut tx, &acme(), "ep_2", whole, 9, at(20)).await.unwrap(), 0);
    assert_eq!(deliveries::skip(&mut tx, &acme(), "ep_2", at(99), 9, at(20)).await.unwrap(), 0);
    let replayed = deliveries::replay(&mut tx, &acme(), "ep_2", (whole, None), true, 9, at(20)).await;
    assert_eq!(replayed.unwrap(), None);
    tx.commit().await.unwrap();
    assert_eq!(all_deliveries(&store, &["ep_1", "ep_2", "ep_3"]).await, []);
}

async fn what_failed_since_then_is_recovered_in_pages_and_once(db: &TestDb) {
    let store = db.store().await;
    for id in ["ep_1", "ep_2"] {
        make(&store, &endpoint(id, "acme", &[])).await;
    }
    publish_many(&store, 0..10, at(10)).await;
    for id in ["ep_1", "ep_2"] {
        let claims = claim(&store, id, "a", at(10), 99).await;
        settle(&store, &claims[..2], "a", Outcome::Failed, at(19)).await;
        settle(&store, &claims[2..8], "a", Outcome::Failed, at(20)).await;
        settle(&store, &claims[8..9], "a", Outcome::Delivered, at(20)).await;
        settle(&store, &claims[9..], "a", Outcome::Failed, at(30)).await;
    }
    let recover = async || {
        let failed = span(20, 30);
        in_tx(&store, async |tx| deliveries::recover(tx, &acme(), "ep_1", failed, 4, at(40)).await).await
    };
    assert_eq!([recover().await, recover().await, recover().await], [4, 2, 0]);
    let claims = claim(&store, "ep_1", "a", at(40), 99).await;
    assert_eq!(numbers(&claims), [2, 3, 4, 5, 6, 7]);
    assert!(claims.iter().all(|it| (it.attempts, it.tried) == (0, 1)));
    // What fails again is not in the span the recovery began with.
    settle(&store, &claims, "a", Outcome::Failed, at(41)).await;
    assert_eq!(recover().await, 0);
    assert_eq!(claim(&store, "ep_2", "a", at(99), 99).await, [], "another endpoint's");
}

async fn a_span_of_time_is_replayed_to_a_new_endpoint(db: &TestDb) {
    let store = db.store().await;
    publish_many(&store, 0..10, at(50)).await;
    let theirs = Message { org_id: "globex".to_owned(), ..message(100, "sync.complete") };
    let theirs = Message { created_at: at(4), ..theirs };
    let unwanted = Message { created_at: at(5), ..message(101, "record.created") };
    publish(&store, &[theirs, unwanted], at(50)).await;
    make(&store, &endpoint("ep_1", "acme", &[])).await;
    make(&store, &endpoint("ep_2", "", &[])).await;
    for (endpoint_id, expected) in [("ep_1", &[2, 3, 4, 5, 6, 7][..]), ("ep_2", &[2, 3, 4, 5, 6, 7, 100])] {
        let (mut read, mut sent, mut after) = (0, 0, None);
        loop {
            let made = (span(2, 8), after.as_ref());
            let some = in_tx(&store, async |tx| {
                deliveries::replay(tx, &Scope::All, endpoint_id, made, false, 3, at(60)).await
            });
            let Replay { read: more, sent: some, last } = some.await.expect("there is such an endpoint");
            (read, sent) = (read + more, sent + some);
            if more < 3 {
                break;
            }
            after = last;
        }
        assert_eq!((read, sent), (expected.len() as u64 + 1, expected.len() as u64), "{endpoint_id}");
        assert_eq!(numbers(&claim(&store, endpoint_id, "a", at(60), 99).await), expected);
    }
}

async fn a_replay_sends_what_arrived_only_when_asked_to(db: &TestDb) {
    let store = db.store().await;
    make(&store, &endpoint("ep_1", "acme", &[])).await;
    publish_many(&store, 1..5, at(10)).await;
    let claims = claim(&store, "ep_1", "a", at(10), 9).await;
    settle(&store, &claims[..1], "a", Outcome::Delivered, at(11)).await;
    settle(&store, &claims[1..2], "a", Outcome::Failed, at(11)).await;
    settle(&store, &claims[2..3], "a", Outcome::Retry(at(900)), at(11)).await;
    let replay = async |delivered: bool, now: i64| {
        let made = (span(0, 99), None);
        in_tx(&store, async |tx| deliveries::replay(tx, &acme(), "ep_1", made, delivered, 99, at(now)).await)
            .await
    };
    assert_eq!(replay(false, 20).await.map(|it| it.sent), Some(4));
    assert_eq!(state(&store, 1, "ep_1").await, (State::Delivered, at(11), 1, 1));
    assert_eq!(state(&store, 2, "ep_1").await, (State::Waiting, at(20), 0, 1));
    assert_eq!(state(&store, 3, "ep_1").await, (State::Waiting, at(900), 1, 1), "it waits already");
    assert_eq!(state(&store, 4, "ep_1").await, (State::Waiting, at(70), 0, 0), "it is under way");
    replay(true, 30).await;
    assert_eq!(state(&store, 1, "ep_1").await, (State::Waiting, at(30), 0, 1));
}

async fn what_waits_is_skipped_and_can_be_replayed(db: &TestDb) {
    let store = db.store().await;
    make(&store, &endpoint("ep_1", "acme", &[])).await;
    publish_many(&store, 0..10, at(10)).await;
    publish_many(&store, 10..12, at(20)).await;
    assert_eq!(claim(&store, "ep_1", "a", at(10), 2).await.len(), 2);
    let skip = async || {
        in_tx(&store, async |tx| deliveries::skip(tx, &acme(), "ep_1", at(20), 5, at(30)).await).await
    };
    assert_eq!([skip().await, skip().await, skip().await], [5, 3, 0]);
    let all = all_deliveries(&store, &["ep_1"]).await;
    let skipped: Vec<&str> = all.iter().filter(|it| it.2 == State::Skipped).map(|it| it.1.as_str()).collect();
    assert_eq!(skipped, (2..10).map(|number| format!("msg_{number:05}")).collect::<Vec<_>>());
    assert_eq!(numbers(&claim(&store, "ep_1", "a", at(40), 99).await), [10, 11]);
    // The first two were claimed by somebody who died, and nobody claims for an endpoint that is disabled.
    let dead = async |now: i64| {
        in_tx(&store, async |tx| deliveries::skip(tx, &acme(), "ep_1", at(71), 99, at(now)).await).await
    };
    assert_eq!([dead(69).await, dead(70).await], [0, 2]);
    assert_eq!(state(&store, 0, "ep_1").await, (State::Skipped, at(70), 0, 0));
    let made = (span(0, 99), None);
    in_tx(&store, async |tx| deliveries::replay(tx, &acme(), "ep_1", made, false, 99, at(71)).await).await;
    assert_eq!(numbers(&claim(&store, "ep_1", "a", at(71), 99).await), (0..10).collect::<Vec<_>>());
}

async fn of_many_who_skip_at_once_each_answers_what_it_dropped(db: &TestDb) {
    let store = db.store().await;
    make(&store, &endpoint("ep_1", "acme", &[])).await;
    publish_many(&store, 0..200, at(10)).await;
    let mut skipping = JoinSet::new();
    for _ in 0..4 {
        let store = store.clone();
        skipping.spawn(async move {
            let mut dropped = 0;
            loop {
                let some =
                    in_tx(&store, async |tx| deliveries::skip(tx, &acme(), "ep_1", at(20), 7, at(30)).await);
                match some.await {
                    0 => return dropped,
                    some => dropped += some,
                }
            }
        });
    }
    assert_eq!(skipping.join_all().await.into_iter().sum::<u64>(), 200);
    let all = all_deliveries(&store, &["ep_1"]).await;
    assert!(all.len() == 200 && all.iter().all(|it| it.2 == State::Skipped), "{all:?}");
}

async fn a_message_for_one_endpoint_is_sent_to_no_other(db: &TestDb) {
    let store = db.store().await;
    for (id, org_id) in [("ep_1", "acme"), ("ep_2", "acme"), ("ep_3", "")] {
        make(&store, &endpoint(id, org_id, &[])).await;
    }
    let test = message(1, "sync.complete");
    in_tx(&store, async |tx| messages::keep_for(tx, &test, "ep_1").await).await;
    assert!(resend(&store, &acme(), 1, "ep_1", 20).await);
    for other in ["ep_2", "ep_3"] {
        assert!(!resend(&store, &Scope::All, 1, other, 20).await, "{other}");
    }
    for id in ["ep_1", "ep_2", "ep_3"] {
        let made = (span(0, 99), None);
        let replayed =
            in_tx(&store, async |tx| deliveries::replay(tx, &Scope::All, id, made, true, 99, at(30)).await);
        assert_eq!(replayed.await.map(|it| it.read), Some(0), "{id}");
    }
    assert_eq!(numbers(&claim(&store, "ep_1", "a", at(40), 9).await), [1]);
    // Nor does it come by itself.
    assert_eq!(all_deliveries(&store, &["ep_2", "ep_3"]).await, []);
    assert!(resend(&store, &acme(), 1, "ep_1", 200).await, "to its own as often as anybody likes");
}
