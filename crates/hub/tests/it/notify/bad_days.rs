//! A hostile receiver: every bad day that a sender must live through.

use super::receiver::{FINE, Receiver, Reply};
use super::scene::Scene;
use crate::support::START;
use std::sync::Arc;
use std::time::Duration;
use syncline_hub::endpoints::{self as rows, Change};
use syncline_store::Scope;
use syncline_store::notify::deliveries::State;
use syncline_store::notify::endpoints::State as EndpointState;
use syncline_store::notify::messages::{self, Filter};
use tokio::sync::Semaphore;

const SHORT: (&str, &str) = ("notify.timeout", "1s");

#[tokio::test(flavor = "multi_thread")]
async fn healthy_endpoints_do_not_notice_slow_ones() {
    let scene = Scene::new(&[("notify.concurrency", "8"), ("notify.per_endpoint", "8")]).await;
    let gate = Arc::new(Semaphore::new(0));
    let slow = Receiver::always(Reply::Held(Arc::clone(&gate))).await;
    let healthy = Receiver::always(FINE).await;
    let stuck = scene.endpoint_at(&slow.url("/1"), only("slow.one")).await;
    scene.endpoint_at(&slow.url("/2"), only("slow.two")).await;
    let well = scene.endpoint_at(&healthy.url("/"), only("quick.one")).await;
    for _ in 0..200 {
        scene.publish("slow.one").await;
        scene.publish("slow.two").await;
    }
    // All places are taken, and stay so.
    slow.receives(8).await;
    let mut last = String::new();
    for _ in 0..50 {
        last = scene.publish("quick.one").await;
    }
    healthy.receives(50).await;
    scene.becomes(&last, &well.id, State::Delivered).await;
    assert!(slow.count() <= 9, "nobody let them through: {}", slow.count());
    gate.add_permits(1_000);
    slow.receives(400).await;
    assert_eq!(scene.row(&stuck.id).await.health.streak, None);
}

fn only(kind: &str) -> Change {
    Change { event_types: Some(vec![kind.to_owned()]), ..Change::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_drips_for_ever_costs_the_time_limit_and_is_tried_again() {
    let scene = Scene::new(&[SHORT]).await;
    let receiver = Receiver::always(Reply::Drip(200, "X-Request-Id: 7\r\n")).await;
    let made = scene.endpoint(&receiver).await;
    let id = scene.publish("invoice.paid").await;
    let delivery = scene.tried(&id, &made.id, 1).await;
    assert_eq!((delivery.state, delivery.status), (State::Waiting, None));
    let attempt = &scene.attempts(&id, &made.id).await[0];
    assert_eq!(attempt.error.as_deref(), Some("no whole answer within 1 s"));
    assert!(
        attempt.latency >= Duration::from_secs(1) && attempt.latency < Duration::from_secs(3),
        "{attempt:?}"
    );
    assert!(attempt.headers.as_ref().is_some_and(|headers| headers.contains("x-request-id")), "{attempt:?}");
    assert!(attempt.body.as_ref().is_some_and(|body| body.starts_with('.')), "{attempt:?}");
    crate::support::wait::until("the connection is dropped", async || (receiver.dropped() > 0).then_some(()))
        .await;
    assert_eq!(receiver.count(), 1, "sent once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_counts_though_its_body_drips_for_ever() {
    let scene = Scene::new(&[SHORT]).await;
    let busy = Receiver::always(Reply::Drip(503, "Retry-After: 3600\r\n")).await;
    let gone = Receiver::always(Reply::Drip(410, "")).await;
    let slower = scene.endpoint(&busy).await;
    let ended = scene.endpoint(&gone).await;
    let id = scene.publish("invoice.paid").await;
    let delivery = scene.tried(&id, &slower.id, 1).await;
    let asked = START.plus(Duration::from_secs(3_600));
    assert_eq!((delivery.state, delivery.status), (State::Waiting, Some(503)));
    assert!(delivery.at >= asked, "{} is too soon", delivery.at);
    assert_eq!(scene.row(&slower.id).await.health.paused_until, Some(asked));
    assert_eq!(scene.becomes(&id, &ended.id, State::Failed).await.status, Some(410));
    assert_eq!(scene.row(&ended.id).await.state, EndpointState::Disabled);
    let attempt = &scene.attempts(&id, &ended.id).await[0];
    assert_eq!((attempt.status, attempt.error.as_deref()), (Some(410), Some("no whole answer within 1 s")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_says_nothing_costs_the_time_limit() {
    let scene = Scene::new(&[SHORT]).await;
    let receiver = Receiver::always(Reply::Silence).await;
    let made = scene.endpoint(&receiver).await;
    let id = scene.publish("invoice.paid").await;
    let delivery = scene.tried(&id, &made.id, 1).await;
    assert_eq!((delivery.state, delivery.status), (State::Waiting, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_flood_no_more_is_read_than_is_kept() {
    let scene = Scene::new(&[("notify.kept_answer", "1KiB")]).await;
    let receiver = Receiver::always(Reply::Flood(400 << 20)).await;
    let made = scene.endpoint(&receiver).await;
    let id = scene.publish("invoice.paid").await;
    scene.becomes(&id, &made.id, State::Delivered).await;
    let attempt = &scene.attempts(&id, &made.id).await[0];
    assert_eq!((attempt.status, attempt.body.as_ref().map(String::len)), (Some(200), Some(1_024)));
    crate::support::wait::until("the connection is dropped", async || (receiver.dropped() > 0).then_some(()))
        .await;
    // What the sockets' buffers hold was sent, and no more.
    assert!(receiver.flooded() < 32 << 20, "{}", receiver.flooded());
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_are_none_are_failures_that_say_why() {
    for (reply, says, status) in [
        (Reply::Short, "the answer broke off", Some(200)),
        (Reply::Hangup, "no answer", None),
        (Reply::Garbage, "no answer", None),
    ] {
        let scene = Scene::new(&[]).await;
        let receiver = Receiver::always(reply.clone()).await;
        let made = scene.endpoint(&receiver).await;
        let id = scene.publish("invoice.paid").await;
        scene.tried(&id, &made.id, 1).await;
        let attempt = &scene.attempts(&id, &made.id).await[0];
        let error = attempt.error.clone().unwrap_or_default();
        assert!(error.starts_with(says) && !error.contains("127.0.0.1"), "{reply:?}: {error}");
        assert_eq!(attempt.status, status, "{reply:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_at_home_is_a_failure_that_says_why() {
    let scene = Scene::new(&[]).await;
    let gone = Receiver::always(FINE).await;
    let url = gone.url("/");
    drop(gone);
    let made = scene.endpoint_at(&url, Change::default()).await;
    let id = scene.publish("invoice.paid").await;
    scene.tried(&id, &made.id, 1).await;
    let error = scene.attempts(&id, &made.id).await[0].error.clone().unwrap();
    assert!(error.starts_with("no connection: "), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_is_not_followed() {
    let scene = Scene::new(&[]).await;
    let elsewhere = Receiver::always(FINE).await;
    let location: &'static str = Box::leak(format!("Location: {}\r\n", elsewhere.url("/")).into_boxed_str());
    let receiver = Receiver::always(Reply::Status(307, location, "")).await;
    let made = scene.endpoint(&receiver).await;
    let id = scene.publish("invoice.paid").await;
    let delivery = scene.tried(&id, &made.id, 1).await;
    assert_eq!((delivery.state, delivery.status, elsewhere.count()), (State::Waiting, Some(307), 0));
    let error = scene.attempts(&id, &made.id).await[0].error.clone().unwrap();
    assert!(error.contains("not followed"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn gone_disables_the_endpoint_and_tells_the_others() {
    let scene = Scene::new(&[]).await;
    let receiver = Receiver::always(Reply::Status(410, "", "")).await;
    let made = scene.endpoint_at(&receiver.url("/?token=t"), only("invoice.paid")).await;
    let observer = Receiver::always(FINE).await;
    scene.endpoint_at(&observer.url("/"), only("endpoint.disabled")).await;
    let id = scene.publish("invoice.paid").await;
    let delivery = scene.becomes(&id, &made.id, State::Failed).await;
    assert_eq!((delivery.tried, delivery.status), (1, Some(410)));
    let row = scene.row(&made.id).await;
    assert_eq!((row.state, row.reason.as_deref()), (EndpointState::Disabled, Some("it answered 410 Gone")));
    let told: serde_json::Value = serde_json::from_str(&observer.receives(1).await[0].body).unwrap();
    assert_eq!(
        (&told["endpoint_id"], &told["failing_since"]),
        (&made.id.as_str().into(), &serde_json::Value::Null)
    );
    assert_eq!(told["url"], receiver.url("/"), "others are not told the token");
    // What is published now is not for it.
    let other = scene.publish("invoice.paid").await;
    let all = messages::page(&scene.cx.store, &Scope::All, &Filter::default(), None, 9).await.unwrap();
    assert!(all.iter().any(|message| message.id == other));
    assert_eq!(receiver.count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_address_before_answers_late_is_not_held_against_the_endpoint() {
    let scene = Scene::new(&[]).await;
    let gate = Arc::new(Semaphore::new(0));
    let old = Receiver::always(Reply::HeldThen(Arc::clone(&gate), 410)).await;
    let new = Receiver::always(FINE).await;
    let made = scene.endpoint_at(&old.url("/"), only("invoice.paid")).await;
    let id = scene.publish("invoice.paid").await;
    old.receives(1).await;
    let moved = Change { url: Some(new.url("/")), ..Change::default() };
    rows::update(&scene.cx, &Scope::All, &made.id, moved).await.unwrap();
    crate::support::wait::until("the new address is called", async || {
        scene.publish("invoice.paid").await;
        (new.count() > 0).then_some(())
    })
    .await;
    gate.add_permits(1_000);
    let delivery = scene.tried(&id, &made.id, 1).await;
    assert_eq!((delivery.state, delivery.status), (State::Waiting, Some(410)));
    let row = scene.row(&made.id).await;
    assert_eq!((row.state, row.health.streak), (EndpointState::Enabled, None));
    scene.at(delivery.at);
    scene.becomes(&id, &made.id, State::Delivered).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn retry_after_is_a_lower_bound() {
    let scene = Scene::new(&[]).await;
    let receiver = Receiver::start(|_, before| match before {
        0 => Reply::Status(500, "Retry-After: 120\r\n", ""),
        _ => FINE,
    })
    .await;
    let made = scene.endpoint(&receiver).await;
    let id = scene.publish("invoice.paid").await;
    let delivery = scene.tried(&id, &made.id, 1).await;
    let bound = START.plus(Duration::from_secs(120));
    assert!(delivery.at >= bound && delivery.at <= bound.plus(Duration::from_millis(500)), "{}", delivery.at);
    scene.at(bound.minus(Duration::from_millis(1)));
    // Somebody else's message goes out and comes back: the first has had its chance to leave too soon.
    scene.publish("invoice.paid").await;
    let early = receiver.receives(2).await;
    assert!(early.iter().skip(1).all(|got| got.id() != id), "it asked for 120 s");
    scene.at(delivery.at);
    scene.becomes(&id, &made.id, State::Delivered).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_and_unavailable_slow_everything_for_the_endpoint_down() {
    for status in [429, 503] {
        let scene = Scene::new(&[]).await;
        let receiver = Receiver::start(move |_, before| {
            if before == 0 { Reply::Status(status, "Retry-After: 30\r\n", "") } else { FINE }
        })
        .await;
        let other = Receiver::always(FINE).await;
        let made = scene.endpoint_at(&receiver.url("/"), only("invoice.paid")).await;
        let well = scene.endpoint_at(&other.url("/"), Change::default()).await;
        let first = scene.publish("invoice.paid").await;
        scene.tried(&first, &made.id, 1).await;
        let until = START.plus(Duration::from_secs(30));
        assert_eq!(scene.row(&made.id).await.health.paused_until, Some(until), "{status}");
        let second = scene.publish("invoice.paid").await;
        scene.becomes(&second, &well.id, State::Delivered).await;
        assert_eq!(receiver.count(), 1, "{status}: the second waits as well");
        scene.at(until);
        receiver.receives(2).await;
        // One at a time, with a gap.
        scene.later(Duration::from_secs(2));
        scene.becomes(&second, &made.id, State::Delivered).await;
    }
}
