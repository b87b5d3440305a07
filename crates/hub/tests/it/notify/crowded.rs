//! One endpoint that takes ten seconds for an answer, with thousands of messages before it: the others do not notice.

use super::receiver::{FINE, Receiver, Reply};
use super::scene::{Scene, draft};
use crate::support::START;
use crate::support::wait::until;
use std::sync::Arc;
use std::time::Duration;
use syncline_core::time::{ManualClock, SystemClock};
use syncline_hub::endpoints::Change;
use syncline_store::Scope;
use syncline_store::notify::deliveries::{self, Filter, State};

/// Messages for the slow one.
const QUEUED: usize = 2_000;
/// Messages for each healthy one.
const HEALTHY: usize = 200;

fn only(kind: &str) -> Change {
    Change { event_types: Some(vec![kind.to_owned()]), ..Change::default() }
}

/// On the machine's own clock, with the settings as they come: what is compared is who is done when, and no duration.
#[tokio::test(flavor = "multi_thread")]
async fn two_thousand_messages_for_an_endpoint_that_takes_ten_seconds_delay_nobody_else() {
    let clock = Arc::new(ManualClock::at(START));
    let scene = Scene::with(Arc::new(SystemClock), clock, &[]).await;
    let slow = Receiver::always(Reply::After(Duration::from_secs(10))).await;
    let healthy = Receiver::always(FINE).await;
    let stuck = scene.endpoint_at(&slow.url("/"), only("slow.one")).await;
    let mut well = Vec::new();
    for path in ["/1", "/2", "/3"] {
        well.push(scene.endpoint_at(&healthy.url(path), only("quick.one")).await);
    }
    let mut queued = Vec::with_capacity(QUEUED);
    for _ in 0..QUEUED {
        queued.push(scene.try_publish(draft("slow.one")));
    }
    for receipt in futures_util::future::join_all(queued).await {
        receipt.unwrap();
    }
    // It has all the places that one endpoint gets.
    slow.receives(scene.cx.config.notify.per_endpoint).await;
    for _ in 0..HEALTHY {
        scene.publish("quick.one").await;
    }
    for made in &well {
        until("a healthy endpoint has everything", async || {
            let delivered = Filter::In(State::Delivered, None);
            let all = deliveries::of_endpoint(&scene.cx.store, &Scope::All, &made.id, &delivered, 1_000);
            (all.await.unwrap().len() == HEALTHY).then_some(())
        })
        .await;
    }
    let (waiting, _) = deliveries::waiting(&scene.cx.store, &stuck.id).await.unwrap();
    assert!(waiting > QUEUED as u64 / 2, "the healthy ones waited for the slow one: it has {waiting} left");
    // Every message of theirs left once, and none of them for a second time because it waited.
    assert_eq!(healthy.count(), HEALTHY * well.len());
}
