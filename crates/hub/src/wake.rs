//! Wake-ups: hints that there is something new. A hint may be lost; whoever waits also looks by itself from time to time.

use std::sync::Arc;
use syncline_core::secret::Secret;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

/// Bells that rooms ring for one another. With Redis configured they also ring in other processes.
#[derive(Clone, Debug)]
pub struct Wake {
    /// The intake log has new deliveries.
    pub log: Arc<Notify>,
    /// There is new work, or work that is due sooner.
    pub jobs: Arc<Notify>,
    /// There is news for the outbox to hand on, or something to be sent that was not handed to this process.
    pub news: Arc<Notify>,
    /// There is something to be pushed, or definitions of counters changed.
    pub counters: Arc<Notify>,
    /// New events were stored; the value only ever changes.
    pub events: watch::Sender<u64>,
    /// Rung for other processes, where there is a way to.
    pub outside: Arc<Notify>,
}

impl Default for Wake {
    fn default() -> Self {
        Self {
            log: Arc::default(),
            jobs: Arc::default(),
            news: Arc::default(),
            counters: Arc::default(),
            events: watch::Sender::new(0),
            outside: Arc::default(),
        }
    }
}

impl Wake {
    /// New events were stored, maybe new jobs with them.
    pub fn events_stored(&self) {
        self.heard_of_events();
        self.outside.notify_one();
    }

    /// The same, heard from another process.
    pub fn heard_of_events(&self) {
        self.events.send_modify(|times| *times = times.wrapping_add(1));
        self.jobs.notify_one();
        self.news.notify_one();
        self.counters.notify_one();
    }

    /// Counters were changed, or definitions of them, maybe for another process to push.
    pub fn counters(&self) {
        self.counters.notify_one();
        self.outside.notify_one();
    }

    /// There is news, or something to be sent, maybe for another process to send.
    pub fn news(&self) {
        self.news.notify_one();
        self.outside.notify_one();
    }
}

/// The channel on which processes wake one another.
const CHANNEL: &str = "syncline:events";

/// Carries wake-ups to and from other processes through Redis, where it is configured. Losing Redis costs latency, nothing else:
/// everybody also looks by itself. `me` tells our own voice from others'.
pub async fn run(wake: Wake, redis: Option<Secret>, me: Arc<str>, stop: CancellationToken) {
    let Some(url) = redis else {
        stop.cancelled().await;
        return;
    };
    loop {
        tokio::select! {
            ended = carry(&wake, url.expose(), &me) => {
                if let Err(error) = ended {
                    tracing::warn!(%error, "Redis is away; other processes are noticed by looking");
                }
            }
            () = stop.cancelled() => return,
        }
        tokio::select! {
            () = tokio::time::sleep(std::time::Duration::from_secs(2)) => {}
            () = stop.cancelled() => return,
        }
    }
}

async fn carry(wake: &Wake, url: &str, me: &str) -> redis::RedisResult<()> {
    use futures_util::StreamExt as _;
    let client = redis::Client::open(url)?;
    let mut publish = client.get_multiplexed_async_connection().await?;
    let mut subscription = client.get_async_pubsub().await?;
    subscription.subscribe(CHANNEL).await?;
    let mut heard = subscription.on_message();
    loop {
        tokio::select! {
            message = heard.next() => match message {
                // Our own voice comes back as well.
                Some(message) if message.get_payload::<String>()? != me => wake.heard_of_events(),
                Some(_) => {}
                None => return Ok(()),
            },
            () = wake.outside.notified() => {
                redis::cmd("PUBLISH").arg(CHANNEL).arg(me).exec_async(&mut publish).await?;
            }
        }
    }
}
