//! Publishing: messages of several callers share a transaction, and its flush to disk.
//!
//! Who waits, and who leads, is [`crate::gather`]'s business.

use super::caught::caught;
use super::desk::{Answer, Handed, Item, Waiting};
use crate::cx::Cx;
use crate::gather::Full;
use crate::telemetry::Stopwatch;
use std::sync::Arc;
use std::time::Duration;
use syncline_store::StoreError;
use syncline_store::notify::messages::{self, Idempotency, Message, Publication, Published};
use tokio::sync::oneshot;

/// A message that is to be published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Whose it is.
    pub org_id: String,
    /// What happened; `core::notify::kinds::check_own` says what applications may send.
    pub kind: String,
    /// What it keeps order with, at endpoints that want that.
    pub order_key: Option<String>,
    /// The body as it is sent: JSON, byte by byte.
    pub payload: String,
    /// What makes publishing twice equal publishing once.
    pub idempotency: Option<Idempotency>,
}

/// A message that was published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Its id: `webhook-id` at every attempt.
    pub id: String,
    /// Whether the same request had published it before.
    pub before: bool,
}

/// Why a message was not published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// It is larger than `notify.max_payload`.
    #[error("the payload has {bytes} bytes; at most {limit} are taken (notify.max_payload)")]
    TooLarge {
        /// How large it is.
        bytes: usize,
        /// How large it may be.
        limit: usize,
    },
    /// Its idempotency key was used with another request.
    #[error("this idempotency key was used with another request: use a new key for a new message")]
    AnotherRequest,
    /// More wait already than can be kept soon.
    #[error("too many messages wait to be kept; try again in a moment")]
    Busy,
    /// The database cannot keep it.
    #[error(transparent)]
    Store(Arc<StoreError>),
}

/// Messages in one transaction.
const GROUP: usize = 256;
/// Their bytes in one transaction, about.
const GROUP_BYTES: usize = 4 << 20;

/// How long a caller waits. A database that says nothing is given up later than that, and what it was asked for may be kept even then.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// Keeps a message and queues it for every endpoint that wants it; whoever is answered has published. Unless the answer is
/// [`PublishError::Store`], where nobody knows: with an idempotency key it can be tried again.
///
/// # Errors
/// [`PublishError`]; then nothing was published, but for what is said there.
pub async fn publish(cx: &Cx, draft: Draft) -> Result<Receipt, PublishError> {
    let (bytes, limit) = (draft.payload.len(), cx.config.notify.max_payload.bytes());
    if bytes > limit {
        return Err(PublishError::TooLarge { bytes, limit });
    }
    let id = super::mint(cx, "msg");
    let message = Message {
        id: id.clone(),
        org_id: draft.org_id,
        kind: draft.kind,
        order_key: draft.order_key,
        payload: draft.payload,
        created_at: cx.now(),
    };
    let (reply, answer) = oneshot::channel();
    let waiting = Waiting { item: (message, draft.idempotency), reply };
    if cx.notify.publishers.join(waiting).map_err(|Full| PublishError::Busy)? {
        // A task of its own: a caller that goes away takes nobody's message with it.
        tokio::spawn(lead(cx.clone()));
    }
    let gone = || Err(Arc::new(StoreError::unavailable("publishing was cut off")));
    let late = || Ok(Err(Arc::new(StoreError::unavailable("the database has not answered for long"))));
    let answer = tokio::time::timeout(ANSWER_WITHIN, answer).await.unwrap_or_else(|_| late());
    match answer.unwrap_or_else(|_| gone()).map_err(PublishError::Store)? {
        Published::New => Ok(Receipt { id, before: false }),
        Published::Before(id) => Ok(Receipt { id, before: true }),
        Published::AnotherRequest => Err(PublishError::AnotherRequest),
    }
}

/// Its bytes, or its part of a group of small ones.
fn weight(waiting: &Waiting) -> usize {
    waiting.item.0.payload.len().max(GROUP_BYTES / GROUP)
}

async fn lead(cx: Cx) {
    loop {
        cx.notify.desk.caught_up().await;
        let group = cx.notify.publishers.group(GROUP_BYTES, weight);
        if group.is_empty() {
            return;
        }
        let (items, replies): (Vec<Item>, Vec<_>) =
            group.into_iter().map(|one| (one.item, one.reply)).unzip();
        // After a panic the callers hear that nobody knows, and the others are led on.
        let Some(answers) = caught(keep(&cx, items)).await else { continue };
        for (reply, answer) in replies.into_iter().zip(answers) {
            // A caller that went away has nobody to tell.
            let _ = reply.send(answer);
        }
    }
}

/// How often a group is tried, as when two transactions were in each other's way. Trying again publishes nothing twice, since the ids stay.
const TRIES: usize = 3;
/// Not for longer than this: then the database is away.
const PATIENCE: Duration = Duration::from_secs(1);

/// Keeps a group; where the database refuses it (not: is away), one by one, so that only the culprit is refused.
async fn keep(cx: &Cx, mut items: Vec<Item>) -> Vec<Answer> {
    let watch = Stopwatch::start();
    let mut tries = 1;
    let error = loop {
        match try_keep(cx, &mut items).await {
            Ok(outcomes) => return outcomes.into_iter().map(Ok).collect(),
            Err(error) if error.is_transient() && tries < TRIES && watch.elapsed() < PATIENCE => tries += 1,
            Err(error) => break Arc::new(error),
        }
    };
    if error.is_transient() || items.len() == 1 {
        return items.iter().map(|_| Err(Arc::clone(&error))).collect();
    }
    let mut answers = Vec::with_capacity(items.len());
    for item in items {
        let one = try_keep(cx, &mut vec![item]).await;
        answers.push(one.map_err(Arc::new).map(|mut outcomes| outcomes.remove(0)));
    }
    answers
}

async fn try_keep(cx: &Cx, items: &mut Vec<Item>) -> Result<Vec<Published>, StoreError> {
    let now = cx.now();
    let handover = cx.notify.desk.handover(&cx.me, now, cx.config.notify.lease.get());
    let mut tx = cx.store.begin().await?;
    let Publication { outcomes, routed } = messages::publish(&mut tx, items, handover.as_ref(), now).await?;
    tx.commit().await?;
    let kept = std::mem::take(items).into_iter().map(|(message, _)| message).collect();
    hand_on(cx, Handed { messages: kept, routed, until: handover.map_or(now, |it| it.until), at: now });
    Ok(outcomes)
}

/// To the engine of this process; what that does not take, others are told of.
pub(super) fn hand_on(cx: &Cx, handed: Handed) {
    if !handed.routed.is_empty() && !cx.notify.desk.hand(handed) {
        cx.wake.outside.notify_one();
    }
}
