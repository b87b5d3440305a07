//! Redis, where it is configured, carries wake-ups between processes.

use crate::support::{REDIS, TestHub};
use futures_util::StreamExt as _;
use std::time::Duration;
use syncline_store::testing::service;

/// The channel the processes of one installation share.
const CHANNEL: &str = "syncline:events";

/// A hub hears at once that another process stored something, and tells others when it did.
#[tokio::test(flavor = "multi_thread")]
async fn wake_ups_come_and_go_through_redis() {
    let Some(url) = service("SYNCLINE_TEST_REDIS_URL", "wake::wake_ups_come_and_go_through_redis") else {
        return;
    };
    let _alone = REDIS.lock().await;
    let client = redis::Client::open(url.as_str()).unwrap();
    let mut other = client.get_multiplexed_async_connection().await.unwrap();
    let mut subscription = client.get_async_pubsub().await.unwrap();
    subscription.subscribe(CHANNEL).await.unwrap();
    let mut told = subscription.on_message();
    let hub = TestHub::start(&[("redis.url", &url)]).await;
    let mut woken = hub.cx.wake.events.subscribe();
    let listening = async {
        // Until the hub's own subscription stands nobody hears anything: a wake-up is a hint, not a message.
        loop {
            redis::cmd("PUBLISH").arg(CHANNEL).arg("another process").exec_async(&mut other).await.unwrap();
            if tokio::time::timeout(Duration::from_millis(100), woken.changed()).await.is_ok() {
                break;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), listening).await.expect("the hub hears of others");
    hub.cx.wake.events_stored();
    let telling = async {
        while let Some(message) = told.next().await {
            if message.get_payload::<String>().unwrap() == *hub.cx.me {
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), telling).await.expect("the hub tells others");
}
