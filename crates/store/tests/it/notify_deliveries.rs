//! Deliveries: claimed lane by lane, settled many at once, taken up again after whoever held them died.

use crate::support::at;
use crate::support::jobs::in_tx;
use crate::support::notify::{
    acme, attempt, claim, delivery, endpoint, make, message, numbers, publish, publish_many, settle,
    settlement,
};
use std::collections::BTreeSet;
use std::time::Duration;
use syncline_store::notify::deliveries::{self, Ask, Claim, Filter, LaneDue, Outcome, Settlement, State};
use syncline_store::notify::messages::Message;
use syncline_store::notify::{attempts, endpoints};
use syncline_store::testing::TestDb;
use syncline_store::{Scope, Store};
use tokio::task::JoinSet;

for_each_database!(
    a_claim_takes_no_more_bytes_than_were_asked_for_and_always_one_message,
    what_is_due_is_claimed_in_the_order_in_which_it_became_due,
    a_lane_is_claimed_by_itself_and_a_disabled_one_is_no_lane,
    a_poll_says_when_every_lane_is_due,
    a_poll_passes_over_what_whoever_asks_has_in_hand,
    what_was_claimed_says_what_it_is,
    many_who_claim_at_once_get_each_delivery_once,
    what_a_dead_worker_held_is_due_again_when_its_lease_ends,
    a_lease_is_kept_alive_by_who_holds_it_and_by_nobody_else,
    what_is_given_back_is_due_at_once,
    what_became_of_attempts_is_written_down,
    many_outcomes_are_settled_in_one_go,
    who_lost_the_lease_settles_nothing_but_an_arrival,
    settling_twice_equals_settling_once,
    attempts_are_kept_whole_and_listed_latest_first,
    listed_in_pages_by_message_and_by_state,
    organizations_see_deliveries_to_their_own_endpoints_alone,
);

async fn what_is_due_is_claimed_in_the_order_in_which_it_became_due(db: &TestDb) {
    let store = db.store().await;
    make(&store, &endpoint("ep_1", "acme", &[])).await;
    publish_many(&store, 5..8, at(10)).await;
    publish_many(&store, 1..3, at(11)).await;
    publish_many(&store, 8..9, at(30)).await;
    assert_eq!(numbers(&claim(&store, "ep_1", "a", at(9), 99).await), Vec::<u32>::new());
    assert_eq!(numbers(&claim(&store, "ep_1", "a", at(10), 2).await), [5, 6]);
    assert_eq!(numbers(&claim(&store, "ep_1", "b", at(29), 99).await), [7, 1, 2]);
    assert_eq!(numbers(&claim(&store, "ep_1", "b", at(30), 99).await), [8]);
    let none = [Ask { endpoint_id: "ep_1".to_owned(), limit: 0, bytes: u64::MAX }];
    let mut tx = store.begin().await.unwrap();
    assert_eq!(deliveries::claim(&mut tx, &none, "a", at(900), at(999)).await.unwrap(), []);
}

/// However much waits for one endpoint, the others' is found.
async fn a_lane_is_claimed_by_itself_and_a_disabled_one_is_no_lane(db: &TestDb) {
    let store = db.store().await;
    for id in ["ep_1", "ep_2", "ep_3"] {
        make(&store, &endpoint(id, "acme", &[])).await;
    }
    publish_many(&store, 0..300, at(10)).await;
    in_tx(&store, async |tx| endpoints::disable(tx, &Scope::All, "ep_3", "x", at(11)).await).await;
    let lanes = deliveries::lanes(&store, ("nobody", at(0)), None, 99).await.unwrap();
    assert_eq!(lanes.iter().map(|lane| lane.endpoint_id.as_str()).collect::<Vec<_>>(), ["ep_1", "ep_2"]);
    let ask = |id: &str, limit: u32| Ask { endpoint_id: id.to_owned(), limit, bytes: u64::MAX };
    let asks = [ask("ep_2", 3), ask("ep_1", 2), ask("ep_9", 5)];
    let claims = in_tx(&store, async |tx| deliveries::claim(tx, &asks, "a", at(20), at(80)).await).await;
    let of = |id: &str| claims.iter().filter(|it| it.endpoint_id == id).cloned().collect::<Vec<Claim>>();
    assert_eq!((numbers(&of("ep_1")), numbers(&of("ep_2"))), (vec![0, 1], vec![0, 1, 2]));
    // What waited for the third goes on when it is enabled.
    in_tx(&store, async |tx| endpoints::enable(tx, &Scope::All, "ep_3", at(30)).await).await;
    assert_eq!(
        deliveries::lanes(&store, ("nobody", at(0)), Some("ep_2"), 99).await.unwrap()[0].endpoint_id,
        "ep_3"
    );
    assert_eq!(deliveries::waiting(&store, "ep_3").await.unwrap(), (300, Some(at(10))));
}

async fn a_poll_says_when_every_lane_is_due(db: &TestDb) {
    let store = db.store().await;
    for id in ["ep_1", "ep_2", "ep_3"] {
        make(&store, &endpoint(id, "acme", &["*"])).await;
    }
    make(&store, &endpoint("ep_4", "acme", &["invoice.paid"])).await;
    publish_many(&store, 1..4, at(10)).await;
    let first = claim(&store, "ep_1", "a", at(10), 99).await;
    settle(&store, &first[..2], "a", Outcome::Retry(at(500)), at(11)).await;
    settle(&store, &first[2..], "a", Outcome::Delivered, at(11)).await;
    let second = claim(&store, "ep_2", "a", at(10), 99).await;
    settle(&store, &second, "a", Outcome::Delivered, at(11)).await;
    let lane = |id: &str, due: Option<i64>| LaneDue {
        endpoint_id: id.to_owned(),
        ordered: false,
        version: 1,
        due_at: due.map(at),
    };
    let all = deliveries::lanes(&store, ("nobody", at(0)), None, 99).await.unwrap();
    assert_eq!(
        all,
        [lane("ep_1", Some(500)), lane("ep_2", None), lane("ep_3", Some(10)), lane("ep_4", None)]
    );
    assert_eq!(deliveries::lanes(&store, ("nobody", at(0)), Some("ep_1"), 2).await.unwrap(), all[1..3]);
}

/// What it holds itself is under way, so a process is told of it only when its own lease ended, and others when that ends.
async fn a_poll_passes_over_what_whoever_asks_has_in_hand(db: &TestDb) {
    let store = db.store().await;
    make(&store, &endpoint("ep_1", "acme", &["*"])).await;
    publish_many(&store, 1..4, at(10)).await;
    claim(&store, "ep_1", "a", at(10), 2).await;
    let due = async |owner: &str, now: i64| {
        let found = deliveries::next_due(&store, (owner, at(now)), &["ep_1", "ep_9"]).await.unwrap();
        assert_eq!(found, deliveries::lanes(&store, (owner, at(now)), None, 9).await.unwrap());
        found[0].due_at
    };
    assert_eq!(due("a", 11).await, Some(at(10)));
    claim(&store, "ep_1", "a", at(10), 1).await;
    assert_eq!((due("a", 11).await, due("b", 11).await), (None, Some(at(70))));
    assert_eq!(due("a", 70).await, Some(at(70)));
    assert_eq!(deliveries::waiting_in_all(&store).await.unwrap(), 3);
    in_tx(&store, async |tx| endpoints::disable(tx, &Scope::All, "ep_1", "x", at(11)).await).await;
    assert_eq!(deliveries::waiting_in_all(&store).await.unwrap(), 0);
    assert_eq!(deliveries::next_due(&store, ("b", at(11)), &["ep_1"]).await.unwrap()[0].due_at, Some(at(70)));
}

async fn what_was_claimed_says_what_it_is(db: &TestDb) {
    let store = db.store().await;
    make(&store, &endpoint("ep_1", "acme", &[])).await;
    publish(&store, &[message(1, "sync.complete"), message(2, "invoice.paid")], at(10)).await;
    let claims = claim(&store, "ep_1", "a", at(10), 99).await;
    let first = Claim {
        endpoint_id: "ep_1".to_owned(),
        message_id: "msg_00001".to_owned(),
        order_key: None,
        attempts: 0,
        tried: 0,
        due_at: at(10),
    };
    assert_eq!(claims[0], first);
    let contents = deliveries::contents(&store, &["msg_00001", "msg_00002", "msg_9"]).await.unwrap();
    assert_eq!(contents.len(), 2);
    assert_eq!(contents["msg_00002"], message(2, "invoice.paid"));
    settle(&store, &claims[..1], "a", Outcome::Retry(at(20)), at(11)).await;
    let again = claim(&store, "ep_1", "a", at(20), 99).await;
    assert_eq!(again, [Claim { attempts: 1, tried: 1, due_at: at(20), ..first }]);
}

async fn many_who_claim_at_once_get_each_delivery_once(db: &TestDb) {
    let store = db.store().await;
    make(&store, &endpoint("ep_1", "acme", &[])).await;
    publish_many(&store, 0..400, at(10)).await;
    let mut claiming = JoinSet::new();
    for worker in 0..6 {
        let store = store.clone();
        claiming.spawn(async move {
            let (owner, mut got) = (format!("w{worker}"), Vec::new());
            loop {
                let some = claim(&store, "ep_1", &owner, at(20), 9).await;
                if some.is_empty() {
                    return got;
                }
                got.extend(numbers(&some));
                assert_eq!(
                    settle(&store, &some, &owner, Outcome::Delivered, at(21)).await,
                    some.len() as u64
                );
            }
        });
    }
    let mut all: Vec<u32> = claiming.join_all().await.into_iter().flatten().collect();
    all.sort_unstable();
    assert_eq!(all, (0..400).collect::<Vec<_>>());
    assert_eq!(deliveries::waiting(&store, "ep_1").await.unwrap(), (0, None));
}

async fn what_a_dead_worker_held_is_due_again_when_its_lease_ends(db: &TestDb) {
    let store = db.store().await;
    make(&store, &endpoint("ep_1", "acme", &[])).await;
    publish_many(&store, 1..4, at(10)).await;
    assert_eq!(claim(&store, "ep_1", "dead", at(10), 2).await.len(), 2);
    assert_eq!(deliveries::lanes(&store, ("nobody", at(0)), None, 9).await.unwrap()[0].due_at, Some(at(10)));
    assert_eq!(numbers(&claim(&store, "ep_1", "b", at(69), 9).await), [3]);
    assert_eq!(deliveries::lanes(&store, ("nobody", at(0)), None, 9).await.unwrap()[0].due_at, Some(at(70)));
    let taken_up = claim(&store, "ep_1", "b", at(70), 9).await;
    assert_eq!(numbers(&taken_up), [1, 2]);
    assert!(taken_up.iter().all(|it| it.attempts == 0), "nobody knows whether they were sent");
}

async fn a_lease_is_kept_alive_by_who_holds_it_and_by_nobody_else(db: &TestDb) {
    let store = db.store().await;
    make(&store, &endpoint("ep_1", "acme", &[])).await;
    publish_many(&store, 1..4, at(10)).await;
    let mine = claim(&store, "ep_1", "a", at(10), 9).await;
    let renew = async |owner: &str, until: i64| {
        in_tx(&store, async |tx| deliveries::renew(tx, &mine, owner, at(until)).await).await
    };
    assert_eq!(renew("b", 900).await, 0);
    assert_eq!(renew("a", 100).await, 3);
    assert_eq!(claim(&store, "ep_1", "b", at(99), 9).await, []);
    let theirs = claim(&store, "ep_1", "b", at(100), 2).await;
    assert_eq!(theirs.len(), 2);
    assert_eq!(renew("a", 200).await, 1, "one is left");
    settle(&store, &theirs, "b", Outcome::Delivered, at(101)).await;
    assert_eq!(in_tx(&store, async |tx| deliveries::renew(tx, &theirs, "b", at(300)).await).await, 0);
}

async fn what_is_given_back_is_due_at_once(db: &TestDb) {
    let store = db.store().await;
    make(&store, &endpoint("ep_1", "acme", &[])).await;
    publish_many(&store, 1..4, at(10)).await;
    let mine = claim(&store, "ep_1", "a", at(10), 9).await;
    let release = async |owner: &str| {
        in_tx(&store, async |tx| deliveries::release(tx, &mine, owner, at(12)).await).await
    };
    assert_eq!((release("b").await, release("a").await, release("a").await), (0, 3, 0));
    let again = claim(&store, "ep_1", "b", at(12), 9).await;
    assert_eq!((numbers(&again), again[0].attempts), (vec![1, 2, 3], 0));
}

async fn what_became_of_attempts_is_written_down(db: &TestDb) {
    let store = db.store().await;
    make(&store, &endpoint("ep_1", "acme", &[])).await;
    publish_many(&store, 1..4, at(10)).await;
    let claims = claim(&store, "ep_1", "a", at(10), 9).await;
    let outcomes = [Outcome::Delivered, Outcome::Retry(at(99)), Outcome::Failed];
    let all: Vec<Settlement> =
        claims.iter().zip(outcomes).map(|(claim, outcome)| settlement(claim, at(11), outcome)).collect();
    assert_eq!(in_tx(&store, async |tx| deliveries::settle(tx, "a", &all, at(12)).await).await, 3);
    let seen = async |number: u32| {
        let it = delivery(&store, number, "ep_1").await;
        (it.state, it.at, it.status, it.attempts, it.tried, it.under_way)
    };
    assert_eq!(seen(1).await, (State::Delivered, at(12), Some(200), 1, 1, false));
    assert_eq!(seen(2).await, (State::Waiting, at(99), Some(500), 1, 1, false));
    assert_eq!(seen(3).await, (State::Failed, at(12), Some(500), 1, 1, false));
    let again = claim(&store, "ep_1", "a", at(99), 9).await;
    settle(&store, &again, "a", Outcome::Delivered, at(100)).await;
    assert_eq!(seen(2).await, (State::Delivered, at(100), Some(200), 2, 2, false));
}

/// With statements that are cut into pieces, and every row its own moment.
async fn many_outcomes_are_settled_in_one_go(db: &TestDb) {
    let store = db.store().await;
    for id in ["ep_1", "ep_2"] {
        make(&store, &endpoint(id, "acme", &[])).await;
    }
    publish_many(&store, 0..700, at(10)).await;
    let mut claims = claim(&store, "ep_1", "a", at(10), 999).await;
    claims.extend(claim(&store, "ep_2", "a", at(10), 999).await);
    assert_eq!(claims.len(), 1_400);
    let retry =
        |claim: &Claim| Outcome::Retry(at(1_000 + i64::from(numbers(std::slice::from_ref(claim))[0])));
    let mut all = Vec::new();
    for (place, claim) in claims.iter().enumerate() {
        let outcome = if place % 7 == 0 { Outcome::Delivered } else { retry(claim) };
        let mut one = settlement(claim, at(11), outcome);
        if place % 3 == 0 && outcome != Outcome::Delivered {
            one.attempt.status = None;
        }
        all.push(one);
    }
    assert_eq!(in_tx(&store, async |tx| deliveries::settle(tx, "a", &all, at(12)).await).await, 1_400);
    for one in &all {
        let number: u32 = one.attempt.message_id["msg_".len()..].parse().unwrap();
        let found = delivery(&store, number, &one.attempt.endpoint_id).await;
        let expected = match one.outcome {
            Outcome::Retry(then) => (State::Waiting, then),
            Outcome::Delivered | Outcome::Failed => (State::Delivered, at(12)),
        };
        assert_eq!(((found.state, found.at), found.status), (expected, one.attempt.status), "{number}");
    }
}

async fn who_lost_the_lease_settles_nothing_but_an_arrival(db: &TestDb) {
    let store = db.store().await;
    make(&store, &endpoint("ep_1", "acme", &[])).await;
    publish_many(&store, 1..4, at(10)).await;
    let late = claim(&store, "ep_1", "late", at(10), 9).await;
    let now_held = claim(&store, "ep_1", "b", at(70), 9).await;
    assert_eq!(now_held.len(), 3);
    assert_eq!(settle(&store, &late[..1], "late", Outcome::Retry(at(999)), at(71)).await, 0);
    assert_eq!(settle(&store, &late[1..2], "late", Outcome::Failed, at(71)).await, 0);
    assert_eq!(settle(&store, &late[2..], "late", Outcome::Delivered, at(71)).await, 1);
    for number in [1, 2] {
        let found = delivery(&store, number, "ep_1").await;
        assert_eq!((found.state, found.at, found.under_way, found.tried), (State::Waiting, at(130), true, 0));
    }
    assert_eq!(delivery(&store, 3, "ep_1").await.state, State::Delivered);
    // The other's answer comes too late for that one.
    assert_eq!(settle(&store, &now_held, "b", Outcome::Failed, at(72)).await, 2);
    assert_eq!(delivery(&store, 3, "ep_1").await.state, State::Delivered);
    // But everybody's attempts are seen.
    let kept = attempts::list(&store, &acme(), "msg_00003", "ep_1", 9).await.unwrap();
    assert_eq!(kept.iter().map(|it| it.status).collect::<Vec<_>>(), [Some(500), Some(200)]);
}

async fn settling_twice_equals_settling_once(db: &TestDb) {
    let store = db.store().await;
    make(&store, &endpoint("ep_1", "acme", &[])).await;
    publish_many(&store, 1..3, at(10)).await;
    let claims = claim(&store, "ep_1", "a", at(10), 9).await;
    for (place, expected) in [(0, 1), (1, 0)] {
        let arrived = settlement(&claims[0], at(11), Outcome::Delivered);
        let failed = settlement(&claims[1], at(11), Outcome::Retry(at(50)));
        for one in [arrived, failed] {
            let changed = in_tx(&store, async |tx| {
                deliveries::settle(tx, "a", std::slice::from_ref(&one), at(12)).await
            })
            .await;
            assert_eq!(changed, expected, "round {place}");
        }
    }
    for number in [1, 2] {
        assert_eq!(delivery(&store, number, "ep_1").await.tried, 1);
        let id = format!("msg_{number:05}");
        assert_eq!(attempts::list(&store, &acme(), &id, "ep_1", 9).await.unwrap().len(), 1);
    }
}

async fn attempts_are_kept_whole_and_listed_latest_first(db: &TestDb) {
    let store = db.store().await;
    make(&store, &endpoint("ep_1", "acme", &[])).await;
    publish_many(&store, 1..2, at(10)).await;
    let mut expected = Vec::new();
    for (round, status) in [(0, None), (1, Some(503)), (2, Some(200))] {
        let now = at(10 + 100 * round);
        let claims = claim(&store, "ep_1", "a", now, 9).await;
        let mut one = settlement(&claims[0], now, Outcome::Retry(at(10 + 100 * (round + 1))));
        one.attempt = attempt(&claims[0], now, status);
        one.attempt.latency = Duration::from_millis(15_000);
        one.attempt.body = status.map(|_| "a\0ü".to_owned());
        in_tx(&store, async |tx| deliveries::settle(tx, "a", std::slice::from_ref(&one), now).await).await;
        one.attempt.body = status.map(|_| "a\u{fffd}ü".to_owned());
        expected.insert(0, one.attempt);
    }
    let list = async |scope: &Scope, limit: u32| {
        attempts::list(&store, scope, "msg_00001", "ep_1", limit).await.unwrap()
    };
    assert_eq!(list(&acme(), 9).await, expected);
    assert_eq!(list(&acme(), 2).await, expected[..2]);
    assert_eq!(list(&Scope::Organization("globex".to_owned()), 9).await, []);
}

async fn ids_of(store: &Store, filter: impl Fn(Option<&deliveries::Delivery>) -> Filter) -> Vec<String> {
    let (mut ids, mut last) = (Vec::new(), None);
    loop {
        let page = deliveries::of_endpoint(store, &acme(), "ep_1", &filter(last.as_ref()), 2).await.unwrap();
        let Some(end) = page.last() else { return ids };
        last = Some(end.clone());
        ids.extend(page.into_iter().map(|it| it.message_id));
    }
}

async fn listed_in_pages_by_message_and_by_state(db: &TestDb) {
    let store = db.store().await;
    for id in ["ep_1", "ep_2"] {
        make(&store, &endpoint(id, "acme", &[])).await;
    }
    publish_many(&store, 1..8, at(10)).await;
    let claims = claim(&store, "ep_1", "a", at(10), 5).await;
    // Three fail in one moment, one after them, one before.
    settle(&store, &claims[1..4], "a", Outcome::Failed, at(12)).await;
    settle(&store, &claims[..1], "a", Outcome::Failed, at(13)).await;
    settle(&store, &claims[4..], "a", Outcome::Failed, at(11)).await;
    let id = |number: u32| format!("msg_{number:05}");
    let all = ids_of(&store, |last| Filter::All(last.map(|it| it.message_id.clone()))).await;
    assert_eq!(all, (1..8).rev().map(id).collect::<Vec<_>>());
    let cursor = |last: Option<&deliveries::Delivery>| last.map(|it| (it.at, it.message_id.clone()));
    let failed = ids_of(&store, |last| Filter::In(State::Failed, cursor(last))).await;
    assert_eq!(failed, [1, 4, 3, 2, 5].map(id));
    let waiting = ids_of(&store, |last| Filter::In(State::Waiting, cursor(last))).await;
    assert_eq!(waiting, [7, 6].map(id));
    let of_one = deliveries::of_message(&store, &acme(), "msg_00003").await.unwrap();
    let of_one: Vec<(&str, State)> = of_one.iter().map(|it| (it.endpoint_id.as_str(), it.state)).collect();
    assert_eq!(of_one, [("ep_1", State::Failed), ("ep_2", State::Waiting)]);
}

async fn organizations_see_deliveries_to_their_own_endpoints_alone(db: &TestDb) {
    let store = db.store().await;
    for (id, org_id) in [("ep_1", "acme"), ("ep_2", "globex"), ("ep_3", "")] {
        make(&store, &endpoint(id, org_id, &[])).await;
    }
    let theirs = Message { org_id: "globex".to_owned(), ..message(2, "sync.complete") };
    publish(&store, &[message(1, "sync.complete"), theirs], at(10)).await;
    let seen = async |scope: &Scope| {
        let mut seen = BTreeSet::new();
        for number in [1, 2] {
            let id = format!("msg_{number:05}");
            for one in deliveries::of_message(&store, scope, &id).await.unwrap() {
                seen.insert((one.endpoint_id, one.message_id));
            }
            for endpoint_id in ["ep_1", "ep_2", "ep_3"] {
                let one = deliveries::get(&store, scope, &id, endpoint_id).await.unwrap();
                assert_eq!(one.is_some(), seen.contains(&(endpoint_id.to_owned(), id.clone())));
                let listed = deliveries::of_endpoint(&store, scope, endpoint_id, &Filter::All(None), 9).await;
                assert!(listed.unwrap().iter().all(|it| *scope == Scope::All || it.endpoint_id == "ep_1"));
            }
        }
        seen.into_iter().map(|(endpoint, message)| format!("{endpoint} {message}")).collect::<Vec<_>>()
    };
    // Not even the one to the operator's endpoint, though the message is theirs.
    assert_eq!(seen(&acme()).await, ["ep_1 msg_00001"]);
    assert_eq!(seen(&Scope::All).await.len(), 4);
}

async fn a_claim_takes_no_more_bytes_than_were_asked_for_and_always_one_message(db: &TestDb) {
    let store = db.store().await;
    make(&store, &endpoint("ep_1", "acme", &[])).await;
    // Characters of two bytes: what counts is what is in memory.
    let large = |number| Message {
        payload: format!("{{\"x\":\"{}\"}}", "é".repeat(46)),
        ..message(number, "sync.complete")
    };
    publish(&store, &(0..9).map(large).collect::<Vec<_>>(), at(10)).await;
    for (bytes, expected) in
        [(0, vec![0]), (99, vec![1]), (250, vec![2, 3]), (300, vec![4, 5, 6]), (u64::MAX, vec![7, 8])]
    {
        let ask = [Ask { endpoint_id: "ep_1".to_owned(), limit: 9, bytes }];
        let claimed = in_tx(&store, async |tx| deliveries::claim(tx, &ask, "w", at(10), at(70)).await).await;
        assert_eq!(numbers(&claimed), expected, "{bytes} bytes");
    }
}
