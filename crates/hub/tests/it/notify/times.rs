//! When messages leave: retries by the schedule, order, rates, and endpoints that do nothing but fail.

use super::receiver::{FINE, Receiver, Reply};
use super::scene::{Scene, draft};
use crate::support::START;
use crate::support::wait::until;
use std::sync::Arc;
use std::time::Duration;
use syncline_core::notify::lane::Rate;
use syncline_core::notify::schedule::Schedule;
use syncline_core::time::{ManualClock, SystemClock, Timestamp};
use syncline_hub::endpoints::{self as rows, Change};
use syncline_store::Scope;
use syncline_store::notify::deliveries::State;
use syncline_store::notify::endpoints::State as EndpointState;

const HOUR: u64 = 3_600;

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_schedule_is_kept_and_then_the_message_is_given_up() {
    let scene = Scene::new(&[("notify.disable_after", "never")]).await;
    let receiver = Receiver::always(Reply::Status(500, "", "")).await;
    let made = scene.endpoint(&receiver).await;
    let id = scene.publish("invoice.paid").await;
    let schedule = Schedule::default();
    let (mut last, mut due) = (START, vec![START]);
    for number in 1..=u32::try_from(schedule.attempts()).unwrap() {
        let delivery = scene.tried(&id, &made.id, number).await;
        assert_eq!(receiver.count(), number as usize);
        let Some(wait) = schedule.wait(number) else {
            assert_eq!(delivery.state, State::Failed);
            break;
        };
        let (earliest, latest) = (last.plus(wait), last.plus(wait * 11 / 10));
        assert!(delivery.at >= earliest && delivery.at <= latest, "{number}: {} after {last}", delivery.at);
        // A millisecond before it is still to come: the moment of the attempt, asserted below, says whether it waited.
        scene.at(delivery.at.minus(Duration::from_millis(1)));
        assert_eq!(scene.delivery(&id, &made.id).await.tried, number);
        scene.at(delivery.at);
        last = delivery.at;
        due.push(last);
    }
    let times: Vec<Timestamp> = scene.attempts(&id, &made.id).await.iter().rev().map(|one| one.at).collect();
    assert_eq!((times.len(), &times), (10, &due), "each attempt is made when it was due");
    assert!(last >= START.plus(schedule.span()), "three days and more");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoints_own_schedule_is_kept() {
    let scene = Scene::new(&[]).await;
    let receiver = Receiver::always(Reply::Status(500, "", "")).await;
    let own = Schedule::new(vec![Duration::from_secs(7), Duration::from_secs(70)], 0).unwrap();
    let change = Change { schedule: Some(Some(own)), ..Change::default() };
    let made = scene.endpoint_at(&receiver.url("/"), change).await;
    let id = scene.publish("invoice.paid").await;
    for (number, seconds) in [(1, 7), (2, 77)] {
        let delivery = scene.tried(&id, &made.id, number).await;
        assert_eq!(delivery.at, START.plus(Duration::from_secs(seconds)));
        scene.at(delivery.at);
    }
    assert_eq!(scene.tried(&id, &made.id, 3).await.state, State::Failed);
}

/// On the machine's own clock: not when somebody happens to look, but when it is due.
#[tokio::test(flavor = "multi_thread")]
async fn retries_leave_within_100_ms_of_their_time() {
    let time = Arc::new(SystemClock);
    let clock = Arc::new(ManualClock::at(START));
    let scene = Scene::with(time, clock, &[("jobs.poll", "20s")]).await;
    let receiver =
        Receiver::start(|_, before| if before < 3 { Reply::Status(500, "", "") } else { FINE }).await;
    let own = Schedule::new(vec![Duration::from_secs(1); 3], 0).unwrap();
    let change = Change { schedule: Some(Some(own)), ..Change::default() };
    let made = scene.endpoint_at(&receiver.url("/"), change).await;
    let id = scene.publish("invoice.paid").await;
    scene.becomes(&id, &made.id, State::Delivered).await;
    let attempts = scene.attempts(&id, &made.id).await;
    assert_eq!(attempts.len(), 4);
    let late = attempts.windows(2).map(|pair| {
        let due = pair[1].at.plus(pair[1].latency).plus(Duration::from_secs(1));
        assert!(pair[0].at.plus(Duration::from_millis(2)) >= due, "sooner than due");
        pair[0].at.since(due)
    });
    let mut late: Vec<Duration> = late.collect();
    late.sort();
    // A machine that does something else may hold one of the three up; the next look at the database would be seconds away.
    assert!(late[1] <= Duration::from_millis(100) && late[2] <= Duration::from_secs(5), "{late:?} late");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_fails_for_days_is_disabled_and_forgiven_when_it_is_enabled() {
    let scene = Scene::new(&[]).await;
    let receiver = Receiver::always(Reply::Status(500, "", "")).await;
    let day = Duration::from_secs(24 * HOUR);
    // No second attempt at an earlier message comes between.
    let change =
        Change { schedule: Some(Some(Schedule::new(vec![day * 7], 0).unwrap())), ..Change::default() };
    let made = scene.endpoint_at(&receiver.url("/"), change).await;
    let observer = Receiver::always(FINE).await;
    let notices = Change { event_types: Some(vec!["endpoint.disabled".to_owned()]), ..Change::default() };
    scene.endpoint_at(&observer.url("/"), notices).await;
    let mut last = String::new();
    for number in 0..6 {
        last = scene.publish("invoice.paid").await;
        scene.tried(&last, &made.id, 1).await;
        let row = scene.row(&made.id).await;
        let over = number == 5;
        assert_eq!(row.state == EndpointState::Disabled, over, "day {number}");
        if !over {
            assert_eq!(row.health.streak.map(|streak| streak.since), Some(START));
            scene.later(day);
        }
    }
    let reason = scene.row(&made.id).await.reason.unwrap();
    assert_eq!(reason, "every delivery has failed since 2026-01-01T00:00:00.000Z");
    let told: serde_json::Value = serde_json::from_str(&observer.receives(1).await[0].body).unwrap();
    let expected = serde_json::json!({
        "webhook_event_type": "endpoint.disabled",
        "customer_id": "acme",
        "endpoint_id": made.id,
        "url": receiver.url("/"),
        "reason": reason,
        "failing_since": "2026-01-01T00:00:00.000Z",
    });
    assert_eq!(told, expected);
    receiver.behave(|_, _| FINE);
    rows::set_state(&scene.cx, &Scope::All, &made.id, EndpointState::Enabled).await.unwrap();
    // What waited for it goes on.
    scene.later(day * 7);
    scene.becomes(&last, &made.id, State::Delivered).await;
    assert_eq!(scene.row(&made.id).await.health.streak, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_recovers_is_not_disabled() {
    let scene = Scene::new(&[]).await;
    let receiver =
        Receiver::start(|_, before| if before % 3 == 2 { FINE } else { Reply::Status(500, "", "") }).await;
    let change = Change { schedule: Some(Some(Schedule::new(vec![], 0).unwrap())), ..Change::default() };
    let made = scene.endpoint_at(&receiver.url("/"), change).await;
    for _ in 0..12 {
        let id = scene.publish("invoice.paid").await;
        scene.tried(&id, &made.id, 1).await;
        scene.later(Duration::from_secs(24 * HOUR));
    }
    assert_eq!(scene.row(&made.id).await.state, EndpointState::Enabled);
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_of_one_key_come_in_order_and_hold_back_nobody_else() {
    let scene = Scene::new(&[]).await;
    let receiver = Receiver::start(|got, before| match (got.body.as_str(), before) {
        (r#"{"key":"a","n":0}"#, 0..3) => Reply::Status(500, "", ""),
        _ => FINE,
    })
    .await;
    let change = Change { ordered: Some(true), ..Change::default() };
    let made = scene.endpoint_at(&receiver.url("/"), change).await;
    let publish = async |key: &str, n: usize| {
        let mut draft = draft("invoice.paid");
        (draft.order_key, draft.payload) = (Some(key.to_owned()), format!(r#"{{"key":"{key}","n":{n}}}"#));
        scene.try_publish(draft).await.unwrap().id
    };
    let first = publish("a", 0).await;
    scene.tried(&first, &made.id, 1).await;
    let mut last = String::new();
    for n in 1..10 {
        publish("a", n).await;
        last = publish("b", n).await;
    }
    scene.becomes(&last, &made.id, State::Delivered).await;
    let of = |key: &str| {
        let mine = format!(r#""key":"{key}""#);
        receiver.got().into_iter().map(|got| got.body).filter(|body| body.contains(&mine)).collect::<Vec<_>>()
    };
    // The first of `a` did not arrive: nothing behind it has left, and all of `b` has.
    assert_eq!((of("a").len(), of("b").len()), (1, 9));
    let delivery = scene.delivery(&first, &made.id).await;
    scene.at(delivery.at);
    let in_order = until("everything of `a`", async || {
        scene.later(Duration::from_secs(600));
        let bodies = of("a");
        bodies.last().is_some_and(|body| body.contains(r#""n":9"#)).then_some(bodies)
    })
    .await;
    let numbers: Vec<char> = in_order.iter().filter_map(|body| body.chars().rev().nth(1)).collect();
    let mut distinct = numbers.clone();
    distinct.dedup();
    assert_eq!(distinct, ('0'..='9').collect::<Vec<_>>(), "{numbers:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rate_is_kept_to() {
    let scene = Scene::new(&[]).await;
    let receiver = Receiver::always(FINE).await;
    // Two at a time: what comes together in a tenth of a second.
    let rate = Rate::new(20, Duration::from_secs(1)).unwrap();
    let change = Change { rate: Some(Some(rate)), ..Change::default() };
    let made = scene.endpoint_at(&receiver.url("/"), change).await;
    let mut ids = Vec::new();
    for _ in 0..10 {
        ids.push(scene.publish("invoice.paid").await);
    }
    for step in 0..8 {
        // Time stands still: so many have left by now, and no more.
        let due = 2 + step;
        receiver.receives(due).await;
        until("they are settled", async || {
            let mut delivered = 0;
            for id in &ids {
                delivered += usize::from(scene.delivery(id, &made.id).await.state == State::Delivered);
            }
            (delivered == due).then_some(())
        })
        .await;
        assert_eq!(receiver.count(), due);
        scene.later(Duration::from_millis(50));
    }
    receiver.receives(10).await;
}
