//! What the engine has others do: each in a task of its own that comes back with an event, also when it panics.

use super::after::AGAIN;
use super::{ASKS, BYTES, Engine, Event, Flown};
use crate::notify::caught::{caught, failing};
use crate::notify::claim::{self, Wish};
use crate::notify::exchange::{Courier, Exchange};
use crate::notify::lanes::Task;
use crate::notify::outbox;
use crate::notify::terms::{self, Terms};
use crate::telemetry::metrics;
use bytes::Bytes;
use std::sync::Arc;
use syncline_core::time::Timestamp;
use syncline_store::notify::deliveries::{Ask, Claim};
use syncline_store::notify::messages::Message;

/// What an attempt says whose task panicked.
const PANICKED: &str =
    "broken off by a defect of Syncline: whether it was sent is not known; the log says more";

impl Engine {
    pub(super) fn send(&mut self, task: Task, now: Timestamp) {
        let Some(terms) = self.lanes.get(&task.claim.endpoint_id).and_then(|lane| lane.terms.clone()) else {
            return;
        };
        self.flying += 1;
        let (courier, events) = (Arc::clone(&self.courier), self.events.clone());
        metrics::notify_lag(now.since(task.claim.due_at));
        self.sends.spawn(async move {
            let exchange = caught(attempt(&courier, &terms, &task, now)).await;
            let exchange = exchange.unwrap_or_else(|| Exchange::impossible(PANICKED));
            // Nobody listens only when the process was stopped hard.
            let _ = events.send(Event::Flown(Box::new(Flown { task, terms, at: now, exchange })));
        });
    }

    pub(super) fn begin_claim(&mut self, now: Timestamp) {
        if self.claiming {
            return;
        }
        let mut asks = Vec::new();
        // Each lane gets its part of what is left, so that a claim cannot take more; one message is always possible.
        let lanes = self.asking.len().clamp(1, ASKS);
        let share = BYTES.saturating_sub(self.held_bytes) / lanes;
        while asks.len() < ASKS {
            let Some(id) = self.asking.pop_first() else { break };
            let full = self.held_bytes >= BYTES;
            let Some(lane) = self.lanes.get_mut(&id) else { continue };
            let Ok(limit) = lane.wants(now) else { continue };
            if full && lane.load() > 0 {
                continue;
            }
            lane.claim_begins();
            let limit = if full { 1 } else { limit };
            let rate = lane.terms.as_ref().and_then(|terms| terms.rate);
            let bytes = share.min(lane.room()) as u64;
            asks.push(Wish { ask: Ask { endpoint_id: id, limit, bytes }, rate });
        }
        if asks.is_empty() {
            return;
        }
        self.claiming = true;
        let (cx, events) = (self.cx.clone(), self.events.clone());
        tokio::spawn(async move {
            let claimed = failing(claim::claim(&cx, &asks)).await;
            let _ = events.send(Event::Claimed(asks, claimed));
        });
    }

    pub(super) fn begin_look(&mut self) {
        if !self.look || self.looking {
            return;
        }
        (self.look, self.looking) = (false, true);
        let (cx, events) = (self.cx.clone(), self.events.clone());
        tokio::spawn(async move {
            let looked = failing(claim::look(&cx)).await;
            let _ = events.send(Event::Looked(looked));
        });
    }

    pub(super) fn begin_reading(&mut self) {
        if self.unread.is_empty() || self.reading {
            return;
        }
        self.reading = true;
        let ids: Vec<String> = std::mem::take(&mut self.unread).into_iter().collect();
        let (cx, events) = (self.cx.clone(), self.events.clone());
        tokio::spawn(async move {
            let names: Vec<&str> = ids.iter().map(String::as_str).collect();
            let read = failing(terms::read(&cx, &names)).await;
            if read.is_err() {
                // They are asked for again as soon as this is known.
                tokio::time::sleep(AGAIN).await;
            }
            let _ = events.send(Event::Read(ids, read));
        });
    }

    pub(super) fn begin_dispatch(&mut self) {
        if !self.dispatch || self.dispatching {
            return;
        }
        (self.dispatch, self.dispatching) = (false, true);
        let (cx, events) = (self.cx.clone(), self.events.clone());
        tokio::spawn(async move {
            let dispatched = failing(outbox::dispatch(&cx)).await;
            let _ = events.send(Event::Dispatched(dispatched));
        });
    }

    /// Renews leases that have less than two thirds of their time left.
    pub(super) fn renew(&mut self) {
        let (now, lease) = (self.cx.now(), self.cx.config.notify.lease.get());
        let soon = now.plus(lease * 2 / 3);
        let old = self.held.iter().filter(|(_, until)| **until < soon);
        let claims: Vec<Claim> =
            old.map(|((endpoint, message), _)| claim::named(endpoint, message)).collect();
        if claims.is_empty() {
            return;
        }
        let until = now.plus(lease);
        let (cx, events) = (self.cx.clone(), self.events.clone());
        tokio::spawn(async move {
            let renewed = failing(claim::renew(&cx, &claims, until)).await;
            let _ = events.send(Event::Renewed(claims, until, renewed));
        });
    }
}

/// Sends one message once.
async fn attempt(courier: &Courier, terms: &Terms, task: &Task, now: Timestamp) -> Exchange {
    let place = match &terms.place {
        Ok(place) => place,
        Err(why) => return Exchange::impossible(why.clone()),
    };
    match place.headers(&task.message.id, &task.message.payload, now) {
        Some(headers) => courier.send(&place.url, headers, body_of(&task.message)).await,
        None => Exchange::impossible("not sent: the endpoint has no signing secret that is good any more"),
    }
}

/// What a message says, as it is: for as long as it is sent it is in memory once.
fn body_of(message: &Arc<Message>) -> Bytes {
    struct Payload(Arc<Message>);

    impl AsRef<[u8]> for Payload {
        fn as_ref(&self) -> &[u8] {
            self.0.payload.as_bytes()
        }
    }

    Bytes::from_owner(Payload(Arc::clone(message)))
}
