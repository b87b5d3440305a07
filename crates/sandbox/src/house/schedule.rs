//! Work that falls due in simulated time: deliveries, retries, expiries. While the clock runs, due work runs side by side;
//! while it stands still, one piece after the other in the order of the moments they were due, so that the same script
//! tells the same story.

use super::House;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What is due when.
pub(crate) struct Schedule {
    queue: Mutex<Queue>,
    changed: Notify,
    idle: Notify,
    running: AtomicU64,
}

#[derive(Default)]
struct Queue {
    /// By due time, then by the order of asking.
    due: BTreeMap<(i64, u64), Work>,
    next: u64,
}

impl Schedule {
    pub(crate) fn new() -> Self {
        Self {
            queue: Mutex::default(),
            changed: Notify::new(),
            idle: Notify::new(),
            running: AtomicU64::new(0),
        }
    }

    /// Runs `work` when simulated time reaches `due` (milliseconds since 1970).
    pub(crate) fn at(&self, due: i64, work: impl Future<Output = ()> + Send + 'static) {
        let mut queue = self.queue.lock();
        let order = queue.next;
        queue.next += 1;
        queue.due.insert((due, order), Box::pin(work));
        drop(queue);
        self.changed.notify_one();
    }

    /// When the next piece of work is due.
    pub(crate) fn next_due(&self) -> Option<i64> {
        self.queue.lock().due.keys().next().map(|(due, _)| *due)
    }

    /// How many pieces of work wait.
    pub(crate) fn waiting(&self) -> usize {
        self.queue.lock().due.len()
    }

    /// Forgets everything that waits.
    pub(crate) fn clear(&self) {
        self.queue.lock().due.clear();
        self.wake();
    }

    /// The clock was moved, or runs at another speed.
    pub(crate) fn wake(&self) {
        self.changed.notify_one();
    }

    fn take_due(&self, now: i64) -> Option<Work> {
        let mut queue = self.queue.lock();
        let entry = queue.due.first_entry()?;
        if entry.key().0 > now {
            return None;
        }
        let work = entry.remove();
        // Counted before the lock is let go: whoever sees an empty queue sees this running.
        self.running.fetch_add(1, Ordering::SeqCst);
        Some(work)
    }

    fn done(&self) {
        self.running.fetch_sub(1, Ordering::SeqCst);
        self.idle.notify_waiters();
    }

    /// Whether nothing is due at `now` and nothing runs.
    fn is_settled(&self, now: i64) -> bool {
        let queue = self.queue.lock();
        let due = queue.due.keys().next().is_some_and(|(due, _)| *due <= now);
        !due && self.running.load(Ordering::SeqCst) == 0
    }
}

/// Runs due work until `stop`.
pub(crate) async fn run(house: Arc<House>, stop: CancellationToken) {
    loop {
        while let Some(work) = house.schedule.take_due(house.now()) {
            if house.clock.is_frozen() {
                work.await;
                house.schedule.done();
            } else {
                let house = Arc::clone(&house);
                tokio::spawn(async move {
                    work.await;
                    house.schedule.done();
                });
            }
        }
        house.schedule.idle.notify_waiters();
        let wait = house.schedule.next_due().and_then(|due| house.clock.wait(due));
        tokio::select! {
            () = stop.cancelled() => return,
            () = house.schedule.changed.notified() => {}
            () = sleep(wait) => {}
        }
    }
}

async fn sleep(wait: Option<std::time::Duration>) {
    match wait {
        Some(wait) => tokio::time::sleep(wait).await,
        None => std::future::pending().await,
    }
}

/// Waits until everything due by now has run.
pub(crate) async fn settle(house: &House) {
    loop {
        // Listened for before looked at, so that the last one to finish cannot be missed.
        let idle = house.schedule.idle.notified();
        tokio::pin!(idle);
        idle.as_mut().enable();
        if house.schedule.is_settled(house.now()) {
            return;
        }
        house.schedule.wake();
        idle.await;
    }
}

/// Moves the clock forward by `ms`, stopping at every moment at which something is due until that has run.
pub(crate) async fn advance(house: &House, ms: i64) {
    let target = house.now().saturating_add(ms.max(0));
    settle(house).await;
    while let Some(due) = house.schedule.next_due().filter(|due| *due <= target) {
        if due > house.now() {
            house.clock.set(due);
        }
        house.schedule.wake();
        settle(house).await;
    }
    if house.now() < target {
        house.clock.set(target);
    }
    house.schedule.wake();
    settle(house).await;
}
