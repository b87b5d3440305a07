//! The queue in front of a grouping writer: bounded, so that a log that stalls says so at once instead of filling memory.

use super::AppendError;
use std::time::Duration;
use syncline_core::segment::{self, LoggedDelivery};
use tokio::sync::{mpsc, oneshot};

/// Most bytes of deliveries in one group: one row, one commit.
const MAX_GROUP_BYTES: usize = 8 << 20;
/// Most deliveries in one group.
const MAX_GROUP: usize = 1_024;

/// A delivery and whoever waits for it.
#[derive(Debug)]
pub struct Waiting {
    delivery: LoggedDelivery,
    done: oneshot::Sender<bool>,
}

/// The sending end.
#[derive(Clone, Debug)]
pub struct Append {
    queue: mpsc::Sender<Waiting>,
}

/// The writer's end.
pub(super) type Queue = mpsc::Receiver<Waiting>;

/// A queue for at most `capacity` deliveries.
pub(super) fn queue(capacity: usize) -> (Append, Queue) {
    let (queue, deliveries) = mpsc::channel(capacity);
    (Append { queue }, deliveries)
}

impl Append {
    pub(super) async fn append(
        &self,
        delivery: LoggedDelivery,
        patience: Duration,
    ) -> Result<(), AppendError> {
        let (done, committed) = oneshot::channel();
        self.queue.try_send(Waiting { delivery, done }).map_err(|refused| match refused {
            mpsc::error::TrySendError::Full(_) => AppendError::Full,
            mpsc::error::TrySendError::Closed(_) => AppendError::Refused,
        })?;
        match tokio::time::timeout(patience, committed).await {
            Ok(Ok(true)) => Ok(()),
            Ok(Ok(false) | Err(_)) => Err(AppendError::Refused),
            Err(_) => Err(AppendError::Slow),
        }
    }
}

/// Deliveries that become durable together.
#[derive(Debug, Default)]
pub(super) struct Group {
    waiting: Vec<Waiting>,
}

impl Group {
    /// `first`, and whatever else waits already, within bounds. Deliveries nobody waits for any more are left out.
    pub(super) fn gather(first: Waiting, queue: &mut Queue) -> Self {
        let mut size = first.delivery.body.len();
        let mut waiting = vec![first];
        while waiting.len() < MAX_GROUP && size < MAX_GROUP_BYTES {
            let Ok(next) = queue.try_recv() else { break };
            if next.done.is_closed() {
                continue;
            }
            size += next.delivery.body.len();
            waiting.push(next);
        }
        Self { waiting }
    }

    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// The group as one row of the log.
    pub(super) fn encode(&self) -> Vec<u8> {
        let plain = segment::encode(self.waiting.iter().map(|waiting| &waiting.delivery));
        segment::pack(plain)
    }

    /// Tells everybody how it went.
    pub(super) fn settle(self, committed: bool) {
        for waiting in self.waiting {
            // Whoever stopped waiting has been answered 503 already.
            let _ = waiting.done.send(committed);
        }
    }
}
