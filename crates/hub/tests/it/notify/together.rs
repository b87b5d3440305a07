//! Several processes on one database, and keys that change under them.

use super::delivered::genuine;
use super::receiver::{FINE, Receiver, Reply};
use super::scene::Scene;
use crate::support::START;
use crate::support::wait::until;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use syncline_core::notify::lane::Rate;
use syncline_core::notify::secret::{Scheme, VerifyingKey};
use syncline_hub::endpoints::{self as rows, Change, NewSecret};
use syncline_hub::handlers;
use syncline_hub::jobs::{Payload, enqueue, worker};
use syncline_hub::keys::Pruned;
use syncline_hub::keys::sealing::SETTLES;
use syncline_hub::sealing;
use syncline_store::Scope;
use syncline_store::notify::deliveries::State;
use syncline_store::notify::messages;
use tokio::sync::Semaphore;

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_send_everything_once() {
    let scene = Scene::new(&[]).await;
    let receiver = Receiver::always(FINE).await;
    let (second, _engine) = scene.another("second");
    scene.endpoint(&receiver).await;
    syncline_hub::notify::changed(&second);
    let mut ids = BTreeSet::new();
    for number in 0..200 {
        let cx = if number % 2 == 0 { &scene.cx } else { &second };
        let receipt = syncline_hub::notify::publish(cx, super::scene::draft("invoice.paid")).await.unwrap();
        ids.insert(receipt.id);
    }
    let got = receiver.receives(200).await;
    assert_eq!((got.len(), got.iter().map(|got| got.id()).collect::<BTreeSet<_>>()), (200, ids));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_dead_process_had_in_hand_is_taken_up_when_its_lease_ends() {
    let mut scene = Scene::new(&[]).await;
    let gate = Arc::new(Semaphore::new(0));
    let receiver = Receiver::always(Reply::Held(Arc::clone(&gate))).await;
    let made = scene.endpoint(&receiver).await;
    let id = scene.publish("invoice.paid").await;
    receiver.receives(1).await;
    scene.kill();
    receiver.behave(|_, _| FINE);
    let (_second, _engine) = scene.another("second");
    let lease = scene.delivery(&id, &made.id).await.at;
    assert!(lease <= START.plus(Duration::from_secs(6)), "within seconds: {lease}");
    scene.at(lease);
    scene.becomes(&id, &made.id, State::Delivered).await;
    let ids: BTreeSet<String> = receiver.got().iter().map(|got| got.id()).collect();
    assert_eq!(ids, BTreeSet::from([id]), "a duplicate has the same id");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rate_is_kept_to_by_all_processes_together() {
    let scene = Scene::new(&[]).await;
    let receiver = Receiver::always(FINE).await;
    let rate = Rate::new(20, Duration::from_secs(1)).unwrap();
    let change = Change { rate: Some(Some(rate)), ..Change::default() };
    let (second, _engine) = scene.another("second");
    let made = scene.endpoint_at(&receiver.url("/"), change).await;
    let plain = scene.endpoint_at(&receiver.url("/plain"), Change::default()).await;
    syncline_hub::notify::changed(&second);
    let mut last = String::new();
    for number in 0..10 {
        let cx = if number % 2 == 0 { &scene.cx } else { &second };
        last = syncline_hub::notify::publish(cx, super::scene::draft("invoice.paid")).await.unwrap().id;
    }
    scene.becomes(&last, &plain.id, State::Delivered).await;
    let rated = || receiver.got().iter().filter(|got| got.path == "/").count();
    until("the burst", async || (rated() == 2).then_some(())).await;
    for step in 0..4 {
        scene.later(Duration::from_millis(50));
        second.wake.news.notify_one();
        until("one more", async || (rated() >= 3 + step).then_some(())).await;
        assert_eq!(rated(), 3 + step);
    }
    drop(made);
}

/// Rarer than leases end: who takes the lane over must not begin anew.
#[tokio::test(flavor = "multi_thread")]
async fn a_slow_rate_is_kept_to_by_all_processes_together() {
    let scene = Scene::new(&[]).await;
    let receiver = Receiver::always(FINE).await;
    let (second, _engine) = scene.another("second");
    let rate = Rate::new(1, Duration::from_secs(60)).unwrap();
    let only = |kind: &str| Change { event_types: Some(vec![kind.to_owned()]), ..Change::default() };
    let rare = Change { rate: Some(Some(rate)), ..only("invoice.paid") };
    scene.endpoint_at(&receiver.url("/rare"), rare).await;
    let plain = scene.endpoint_at(&receiver.url("/plain"), only("order.made")).await;
    let rare = || receiver.got().iter().filter(|got| got.path == "/rare").count();
    for _ in 0..4 {
        scene.publish("invoice.paid").await;
    }
    until("the first", async || (rare() == 1).then_some(())).await;
    for minute in 1..=2 {
        for _ in 0..5 {
            scene.later(Duration::from_secs(10));
            // Both have had their chance: something else went through each of them.
            for cx in [&scene.cx, &second] {
                cx.wake.news.notify_one();
                let draft = super::scene::draft("order.made");
                let id = syncline_hub::notify::publish(cx, draft).await.unwrap().id;
                scene.becomes(&id, &plain.id, State::Delivered).await;
            }
            assert_eq!(rare(), minute, "one a minute");
        }
        scene.later(Duration::from_secs(10));
        until("one more", async || (rare() == minute + 1).then_some(())).await;
    }
}

/// The second hears no bell of the first: it polls.
#[tokio::test(flavor = "multi_thread")]
async fn what_one_process_changes_the_others_keep_to() {
    let mut scene = Scene::new(&[]).await;
    let (old, new, fence) =
        (Receiver::always(FINE).await, Receiver::always(FINE).await, Receiver::always(FINE).await);
    let only = |kind: &str| Change { event_types: Some(vec![kind.to_owned()]), ..Change::default() };
    let made = scene.endpoint_at(&old.url("/"), only("invoice.paid")).await;
    // From here on the first process changes and the second sends.
    scene.kill();
    let (second, _engine) = scene.another("second");
    let publish = async |kind: &str| {
        syncline_hub::notify::publish(&second, super::scene::draft(kind)).await.unwrap().id
    };
    // What is younger than the change is known to the second: so is the change.
    let noticed = async |kind: &str| {
        let before = fence.count();
        scene.endpoint_at(&fence.url("/"), only(kind)).await;
        publish(kind).await;
        fence.receives(before + 1).await;
    };
    let first = publish("invoice.paid").await;
    scene.becomes(&first, &made.id, State::Delivered).await;
    // The lane has nothing to do, and knows its endpoint.
    noticed("fence.one").await;
    let moved = Change { url: Some(new.url("/")), ..Change::default() };
    rows::update(&scene.cx, &Scope::All, &made.id, moved).await.unwrap();
    noticed("fence.two").await;
    publish("invoice.paid").await;
    new.receives(1).await;
    assert_eq!(old.count(), 1, "nothing went to the address before");
    noticed("fence.three").await;
    let other = NewSecret::Generated(Scheme::Hmac);
    let secret = rows::rotate(&scene.cx, &Scope::All, &made.id, other, Duration::ZERO).await.unwrap().secret;
    noticed("fence.four").await;
    publish("invoice.paid").await;
    let got = new.receives(2).await.pop().unwrap();
    assert!(genuine(&got, &VerifyingKey::parse(&secret).unwrap(), START));
    assert!(!genuine(&got, &made.key, START), "signed with the secret before");
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_and_headers_are_sealed_anew_and_go_on_working() {
    let scene = Scene::new(&[]).await;
    let receiver = Receiver::always(FINE).await;
    let headers = BTreeMap::from([("x-token".to_owned(), "t0ken".to_owned())]);
    let change = Change { headers: Some(headers), ..Change::default() };
    let made = scene.endpoint_at(&receiver.url("/"), change).await;
    let before = scene.cx.keys.current().unwrap().to_string();
    let after = sealing::rotate(&scene.cx).await.unwrap();
    let needed = sealing::prune(&scene.cx).await.unwrap();
    assert_eq!(needed, Pruned::default(), "the endpoint still needs the key before");
    assert_eq!(syncline_hub::notify::reseal(&scene.cx, &after).await.unwrap(), (2, 0));
    let keys = syncline_hub::notify::sealing_keys(&scene.cx.store).await.unwrap();
    assert!(keys.iter().all(|(key, _)| *key == after && *key != before), "{keys:?}");
    scene.clock.advance(SETTLES);
    assert_eq!(sealing::prune(&scene.cx).await.unwrap().gone, 1);
    syncline_hub::notify::changed(&scene.cx);
    let id = scene.publish("invoice.paid").await;
    scene.becomes(&id, &made.id, State::Delivered).await;
    assert_eq!(receiver.got()[0].header("x-token"), "t0ken");
}

#[tokio::test(flavor = "multi_thread")]
async fn old_messages_are_forgotten_by_the_housekeeping() {
    let scene = Scene::new(&[("retention.messages", "2d")]).await;
    let receiver = Receiver::always(FINE).await;
    let made = scene.endpoint(&receiver).await;
    let old = scene.publish("invoice.paid").await;
    scene.becomes(&old, &made.id, State::Delivered).await;
    scene.later(Duration::from_secs(3 * 24 * 3_600));
    let new = scene.publish("invoice.paid").await;
    scene.becomes(&new, &made.id, State::Delivered).await;
    let mut tx = scene.cx.store.begin().await.unwrap();
    enqueue(&scene.cx, &mut tx, &Payload::Retention, scene.cx.now()).await.unwrap();
    tx.commit().await.unwrap();
    let working =
        tokio::spawn(worker::work(scene.cx.clone(), handlers::run, scene.soft.clone(), scene.hard.clone()));
    until("the old one is gone", async || {
        let found = messages::get(&scene.cx.store, &Scope::All, &old).await.unwrap();
        found.is_none().then_some(())
    })
    .await;
    assert!(messages::get(&scene.cx.store, &Scope::All, &new).await.unwrap().is_some());
    assert_eq!(scene.attempts(&old, &made.id).await, []);
    scene.soft.cancel();
    working.await.unwrap();
}
