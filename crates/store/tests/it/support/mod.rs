//! What the behaviours are written with.

pub mod counters;
pub mod jobs;
pub mod notify;
pub mod raw;
pub mod records;
pub mod runs;
pub mod syncs;

use std::task::Poll;
use std::time::Duration;
use syncline_core::event::{Event, EventId};
use syncline_core::time::Timestamp;
use syncline_store::events::{self, Arrival, Filter, Order, StoredEvent};
use syncline_store::jobs::{Filter as JobFilter, NewJob, State, enqueue as enqueue_job, list};
use syncline_store::testing::{TestDb, Which};
use syncline_store::{Scope, Store};

/// Far more than any behaviour needs; what hangs is reported instead of waited for.
const TOO_SLOW: Duration = Duration::from_secs(90);

/// Gives `behaviour` a database without rows, or notes that there is no server to make one on.
pub async fn run(which: Which, module: &str, behaviour: impl AsyncFnOnce(&TestDb)) {
    if let Some(db) = TestDb::of(which, &test_name(which, module)).await {
        in_time(behaviour(&db)).await;
    }
}

/// The same, but with nothing in it, not even the schema.
pub async fn run_on_empty(which: Which, module: &str, behaviour: impl AsyncFnOnce(&TestDb)) {
    if let Some(db) = TestDb::empty(which, &test_name(which, module)).await {
        in_time(behaviour(&db)).await;
    }
}

fn test_name(which: Which, module: &str) -> String {
    let behaviour = module.strip_prefix("it::").unwrap_or(module);
    format!("{behaviour}::{}", format!("{which:?}").to_lowercase())
}

async fn in_time(behaviour: impl Future<Output = ()>) {
    tokio::time::timeout(TOO_SLOW, behaviour).await.expect("the behaviour comes to an end");
}

/// `seconds` after the beginning of 2026.
pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(1_767_225_600_000 + seconds * 1_000)
}

/// An event of `key` that happened `seconds` into 2026, about contact 1 of HubSpot's account 62515.
pub fn arrival(seconds: i64, key: &str) -> Arrival {
    Arrival {
        event: Event {
            id: EventId::of(at(seconds), &[b"hubspot", key.as_bytes()]),
            account: "62515".to_owned(),
            object_type: "contact".to_owned(),
            object_id: "1".to_owned(),
            kind: "contact.propertyChange".to_owned(),
            property: Some("email".to_owned()),
            raw: format!("{{\"eventId\":\"{key}\"}}").into_bytes().into(),
        },
        provider: "hubspot".to_owned(),
        app: "main".to_owned(),
        received_at: at(seconds + 1),
    }
}

/// Stores them in a transaction of their own; answers how many were new.
pub async fn store_events(store: &Store, arrivals: Vec<Arrival>) -> u64 {
    let mut tx = store.begin().await.unwrap();
    let new = events::store(&mut tx, arrivals).await.unwrap();
    tx.commit().await.unwrap();
    new
}

/// The whole timeline, oldest first.
pub async fn timeline(store: &Store) -> Vec<StoredEvent> {
    events::page(store, &Scope::All, &Filter::default(), Order::OldestFirst, None, 100_000).await.unwrap()
}

/// What a question finds, oldest first.
pub async fn page_of(store: &Store, scope: &Scope, filter: &Filter) -> Vec<StoredEvent> {
    events::page(store, scope, filter, Order::OldestFirst, None, 1_000).await.unwrap()
}

/// A job of the installation itself that is due at the beginning of 2026.
pub fn job(id: &str) -> NewJob {
    NewJob {
        id: id.to_owned(),
        kind: "test".to_owned(),
        org_id: String::new(),
        coalesce_key: None,
        payload: "{}".to_owned(),
        run_at: at(0),
    }
}

/// Queues it in a transaction of its own.
pub async fn enqueue(store: &Store, job: &NewJob, now: Timestamp) {
    let mut tx = store.begin().await.unwrap();
    enqueue_job(&mut tx, job, now).await.unwrap();
    tx.commit().await.unwrap();
}

/// The ids of all jobs there are, in order.
pub async fn job_ids(store: &Store) -> Vec<String> {
    let mut ids = Vec::new();
    for state in [State::Waiting, State::Running, State::Parked] {
        let some = list(store, &Scope::All, state, &JobFilter::default(), None, 100_000).await.unwrap();
        ids.extend(some.into_iter().map(|job| job.id));
    }
    ids.sort();
    ids
}

/// Takes `work` a number of steps further and drops it there, wherever that is; its answer, if it came to one.
pub async fn abandon_after<T>(steps: usize, work: impl Future<Output = T>) -> Option<T> {
    let mut work = std::pin::pin!(work);
    for _ in 0..steps {
        let step = std::future::poll_fn(|context| Poll::Ready(work.as_mut().poll(context))).await;
        if let Poll::Ready(answer) = step {
            return Some(answer);
        }
        tokio::task::yield_now().await;
    }
    None
}

/// Lets another task run until it waits for something. A machine too slow for that makes a test easier to pass, not harder.
pub async fn as_far_as_it_gets(store: &Store) {
    for _ in 0..50 {
        store.ping(Duration::from_secs(5)).await.unwrap();
    }
}

/// Dice that fall the same way every time (SplitMix64).
pub struct Dice(pub u64);

impl Dice {
    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % end as u64).expect("below a usize")
    }

    /// Puts `items` into an order of its own.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for at in (1..items.len()).rev() {
            items.swap(at, self.below(at + 1));
        }
    }
}
