//! Defects: whatever panics, messages go on arriving.

use super::receiver::{FINE, Receiver, Reply};
use super::scene::{Scene, draft};
use crate::support::START;
use crate::support::wait::{PATIENCE, until};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use syncline_core::notify::schedule::Schedule;
use syncline_core::time::{Clock, ManualClock, Timestamp};
use syncline_hub::endpoints::Change;
use syncline_hub::notify::PublishError;
use syncline_store::notify::deliveries::State;
use tokio::task::Id;

/// A clock that takes down who asks it, so many times: every task but the engine itself and the test.
#[derive(Debug)]
struct Cursed {
    clock: Arc<ManualClock>,
    engine: OnceLock<Id>,
    curses: AtomicU32,
}

impl Clock for Cursed {
    fn now(&self) -> Timestamp {
        let spared = tokio::task::try_id().is_none_or(|id| self.engine.get() == Some(&id));
        let left = |curses: u32| curses.checked_sub(1);
        if !spared && self.curses.fetch_update(Ordering::SeqCst, Ordering::SeqCst, left).is_ok() {
            panic!("on purpose");
        }
        self.clock.now()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_in_a_task_stops_neither_its_lane_nor_the_engine() {
    let clock = Arc::new(ManualClock::at(START));
    let cursed =
        Arc::new(Cursed { clock: Arc::clone(&clock), engine: OnceLock::new(), curses: AtomicU32::new(0) });
    let scene = Scene::with(Arc::clone(&cursed) as Arc<dyn Clock>, clock, &[]).await;
    cursed.engine.set(scene.engine_id()).unwrap();
    // What an attempt's own task asks the time for.
    let refused = Reply::Status(500, "Retry-After: 1\r\n", "");
    let receiver =
        Receiver::start(move |_, before| if before % 2 == 0 { refused.clone() } else { FINE }).await;
    let patient = Schedule::new(vec![Duration::from_secs(1); 50], 0).unwrap();
    let own = || Change { schedule: Some(Some(patient.clone())), ..Change::default() };
    let free = scene.endpoint_at(&receiver.url("/"), own()).await;
    // What is in order is never handed over: it is claimed.
    let ordered = Change { ordered: Some(true), ..own() };
    let ordered = scene.endpoint_at(&receiver.url("/"), ordered).await;
    let mut ids = Vec::new();
    for curses in 1..=12 {
        // Half of them may fall on whoever keeps the message, too: then the caller is told that nobody knows.
        let before = curses % 2 == 0;
        if before {
            cursed.curses.store(curses, Ordering::SeqCst);
        }
        let published = tokio::time::timeout(PATIENCE, scene.try_publish(draft("invoice.paid"))).await;
        match published.expect("an answer") {
            Ok(receipt) => ids.push(receipt.id),
            Err(error) => assert!(before && matches!(error, PublishError::Store(_)), "{error}"),
        }
        if !before {
            cursed.curses.store(curses, Ordering::SeqCst);
        }
        until("all of them fell on somebody", async || {
            scene.later(Duration::from_millis(100));
            (cursed.curses.load(Ordering::SeqCst) == 0).then_some(())
        })
        .await;
    }
    until("everything arrived", async || {
        scene.later(Duration::from_secs(1));
        for id in &ids {
            for endpoint in [&free, &ordered] {
                if scene.delivery(id, &endpoint.id).await.state != State::Delivered {
                    return None;
                }
            }
        }
        Some(())
    })
    .await;
}
