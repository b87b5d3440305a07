//! The desk between those who publish and the engine that sends, in one process. Everything on it is a hint: the database has it too.

use super::guard::{Names, SystemNames};
use crate::gather::Gather;
use data_encoding::BASE32HEX_NOPAD;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use syncline_core::time::Timestamp;
use syncline_store::StoreError;
use syncline_store::notify::Handover;
use syncline_store::notify::messages::{Idempotency, Message, Published, Routed};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{oneshot, watch};

/// What the room shares within a process. Cheap to clone.
#[derive(Clone)]
pub struct Notify {
    pub(super) publishers: Arc<Gather<Waiting>>,
    latest: Arc<Mutex<u128>>,
    pub(super) desk: Arc<Desk>,
    pub(crate) names: Arc<dyn Names>,
}

impl Notify {
    /// With these for the names of endpoints.
    #[must_use]
    pub fn with_names(names: Arc<dyn Names>) -> Self {
        Self { publishers: Arc::default(), latest: Arc::default(), desk: Arc::default(), names }
    }

    /// An id that is greater than every one before it in this process: so messages of one caller keep their order even within a
    /// millisecond.
    pub(super) fn mint(&self, chance: u128, now: Timestamp, prefix: &str) -> String {
        let millis = u128::from(now.as_millis().clamp(0, Timestamp::MAX_MILLIS).unsigned_abs());
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        *latest = (millis << 80 | chance >> 48).max(*latest + 1);
        format!("{prefix}_{}", BASE32HEX_NOPAD.encode(&latest.to_be_bytes()))
    }
}

impl Default for Notify {
    fn default() -> Self {
        Self::with_names(Arc::new(SystemNames::default()))
    }
}

impl fmt::Debug for Notify {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Notify")
    }
}

/// A message, and what makes publishing it twice equal publishing it once.
pub(super) type Item = (Message, Option<Idempotency>);
/// What a publisher is told.
pub(super) type Answer = Result<Published, Arc<StoreError>>;

/// A publisher who waits for the message to be kept.
#[derive(Debug)]
pub(super) struct Waiting {
    /// What is to be kept.
    pub item: Item,
    /// Where the answer goes.
    pub reply: oneshot::Sender<Answer>,
}

/// What was just committed.
#[derive(Debug)]
pub(super) struct Handed {
    /// The messages.
    pub messages: Vec<Message>,
    /// Where they go; those that are leased are the engine's.
    pub routed: Vec<Routed>,
    /// When those leases end.
    pub until: Timestamp,
    /// When they became due.
    pub at: Timestamp,
}

/// The desk.
#[derive(Default)]
pub(super) struct Desk {
    inner: Mutex<Inner>,
    /// Whether the database is slower with settling than with publishing.
    behind: watch::Sender<bool>,
}

#[derive(Default)]
struct Inner {
    engine: Option<UnboundedSender<Handed>>,
    /// The endpoints whose lanes have room.
    room: BTreeSet<String>,
    /// Whether the engine has as much in memory as it may.
    full: bool,
    /// The bytes of what was handed over and it has not taken yet.
    waiting: usize,
}

/// How long publishers give way to what is to be settled: long enough for several groups of that, and nobody notices if it never ends.
const GIVE_WAY: Duration = Duration::from_millis(100);

/// Bytes that may wait for the engine to take them; what is published beyond that it finds in the database.
const WAITING: usize = 32 << 20;

impl Handed {
    /// The bytes of its messages.
    fn bytes(&self) -> usize {
        self.messages.iter().map(|message| message.payload.len()).sum()
    }
}

impl Desk {
    /// The engine sits down: what is handed over from now on comes out here.
    pub(super) fn open(&self) -> UnboundedReceiver<Handed> {
        let (sender, receiver) = unbounded_channel();
        self.inner().engine = Some(sender);
        receiver
    }

    /// The engine leaves: nothing is handed over any more.
    pub(super) fn close(&self) {
        *self.inner() = Inner::default();
        self.set_behind(false);
    }

    /// Whether settling is behind.
    pub(super) fn set_behind(&self, behind: bool) {
        self.behind.send_if_modified(|before| std::mem::replace(before, behind) != behind);
    }

    /// Waits, though not for long, while settling is behind. Both need the same database: where publishers take all of it, what they publish
    /// piles up instead of arriving.
    pub(super) async fn caught_up(&self) {
        let mut behind = self.behind.subscribe();
        // The sender lives as long as the desk; and when time is up, nobody waits any longer.
        let _ = tokio::time::timeout(GIVE_WAY, behind.wait_for(|behind| !behind)).await;
    }

    /// A lane has room, or has none.
    pub(super) fn set_room(&self, endpoint_id: &str, has_room: bool) {
        let mut inner = self.inner();
        if !has_room {
            inner.room.remove(endpoint_id);
        } else if inner.engine.is_some() {
            inner.room.insert(endpoint_id.to_owned());
        }
    }

    /// What the engine of this process, `me`, takes at once from whoever publishes now, under leases of this length.
    pub(super) fn handover(&self, me: &str, now: Timestamp, lease: Duration) -> Option<Handover> {
        let inner = self.inner();
        if inner.engine.is_none() || inner.room.is_empty() || inner.full || inner.waiting >= WAITING {
            return None;
        }
        Some(Handover { owner: me.to_owned(), until: now.plus(lease), endpoints: inner.room.clone() })
    }

    /// Whether the engine has as much in memory as it may: then it looks into the database when it has less.
    pub(super) fn set_full(&self, full: bool) {
        self.inner().full = full;
    }

    /// Gives what was committed to the engine; false where there is none. Of what it does not send at once it gets no more than the names.
    pub(super) fn hand(&self, mut handed: Handed) -> bool {
        if !handed.routed.iter().any(|routed| routed.leased) {
            handed.messages = Vec::new();
        }
        let mut inner = self.inner();
        inner.waiting += handed.bytes();
        inner.engine.as_ref().is_some_and(|engine| engine.send(handed).is_ok())
    }

    /// The engine took this.
    pub(super) fn taken(&self, handed: &Handed) {
        let mut inner = self.inner();
        inner.waiting = inner.waiting.saturating_sub(handed.bytes());
    }

    fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::pin;

    /// Whether it waits, without any time passing.
    async fn waits(wait: impl Future<Output = ()>) -> bool {
        tokio::select! {
            biased;
            () = wait => false,
            () = tokio::task::yield_now() => true,
        }
    }

    #[tokio::test]
    async fn publishers_give_way_until_settling_has_caught_up() {
        let desk = Desk::default();
        assert!(!waits(desk.caught_up()).await, "nothing is behind");
        desk.set_behind(true);
        let mut wait = pin!(desk.caught_up());
        assert!(waits(&mut wait).await);
        desk.set_behind(false);
        assert!(!waits(&mut wait).await);
    }

    #[tokio::test]
    async fn publishers_do_not_give_way_for_long_and_not_to_an_engine_that_left() {
        let desk = Desk::default();
        desk.set_behind(true);
        // It ends, though nothing ever catches up.
        desk.caught_up().await;
        assert!(waits(desk.caught_up()).await, "but the next group gives way again");
        desk.close();
        assert!(!waits(desk.caught_up()).await);
    }
}
