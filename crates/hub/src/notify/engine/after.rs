//! What the engine learns, and what it makes of it.

use super::{Engine, Event, Flown, release};
use crate::notify::claim::{self, Claimed, Wish};
use crate::notify::desk::Handed;
use crate::notify::exchange::Exchange;
use crate::notify::lanes::Task;
use crate::notify::settle::{Done, Ended};
use crate::notify::terms::Terms;
use crate::telemetry::metrics;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;
use syncline_core::notify::answer::Answer;
use syncline_core::notify::verdict::{self, Decision, Verdict};
use syncline_core::time::Timestamp;
use syncline_store::notify::attempts::Attempt;
use syncline_store::notify::deliveries::{Claim, LaneDue, Outcome, Settlement};
use syncline_store::notify::endpoints::Health;

/// How soon to ask again after the database refused.
pub(super) const AGAIN: Duration = Duration::from_millis(100);

impl Engine {
    pub(super) fn happened(&mut self, event: Event) {
        match event {
            Event::Claimed(asks, Ok(claimed)) => self.claimed(&asks, claimed),
            Event::Claimed(asks, Err(error)) => {
                tracing::warn!(%error, "no messages can be claimed; trying again");
                self.not_claimed(&asks);
            }
            Event::Looked(Ok(lanes)) => self.looked(&lanes),
            Event::Looked(Err(error)) => {
                self.looking = false;
                tracing::warn!(%error, "the lanes cannot be looked at; trying again");
            }
            Event::Read(ids, Ok(found)) => self.read(ids, found),
            Event::Read(ids, Err(error)) => {
                self.reading = false;
                // Those that were known are known no better now, and nothing else would ask for them again.
                self.unread.extend(ids);
                tracing::warn!(%error, "endpoints cannot be read; trying again");
            }
            Event::Renewed(claims, until, Ok(())) => self.renewed(claims, until),
            Event::Renewed(_, _, Err(error)) => tracing::warn!(%error, "leases not renewed; trying again"),
            Event::Dispatched(outcome) => {
                self.dispatching = false;
                if let Err(error) = outcome {
                    tracing::warn!(%error, "news cannot be handed on; trying again");
                }
            }
            Event::Flown(flown) => self.flown(*flown),
        }
    }

    fn not_claimed(&mut self, asks: &[Wish]) {
        self.claiming = false;
        let soon = self.cx.now().plus(AGAIN);
        for Wish { ask, .. } in asks {
            let Some(lane) = self.lanes.get_mut(&ask.endpoint_id) else { continue };
            lane.claim_ends(Some(soon));
            self.touched.insert(ask.endpoint_id.clone());
        }
    }

    fn renewed(&mut self, claims: Vec<Claim>, until: Timestamp) {
        for claim in claims {
            if let Some(end) = self.held.get_mut(&(claim.endpoint_id, claim.message_id)) {
                *end = until;
            }
        }
    }

    pub(super) fn handed(&mut self, new: Handed) {
        self.cx.notify.desk.taken(&new);
        let messages: HashMap<String, _> =
            new.messages.into_iter().map(|message| (message.id.clone(), Arc::new(message))).collect();
        for routed in new.routed {
            let Some(lane) = self.lanes.get_mut(&routed.endpoint_id) else {
                // An endpoint that was made a moment ago.
                self.look = true;
                continue;
            };
            self.touched.insert(routed.endpoint_id.clone());
            match messages.get(&routed.message_id) {
                Some(message) if routed.leased => {
                    let claim =
                        Claim { due_at: new.at, ..claim::named(&routed.endpoint_id, &routed.message_id) };
                    lane.push(Task { claim, message: Arc::clone(message) });
                    let closed = lane.closed;
                    self.hold(
                        routed.endpoint_id.clone(),
                        routed.message_id,
                        message.payload.len(),
                        new.until,
                    );
                    if closed {
                        self.close(&routed.endpoint_id);
                    }
                }
                _ => lane.note_due(new.at),
            }
        }
    }

    /// Remembers what is claimed; false when it was before: then it is under way.
    pub(super) fn hold(
        &mut self,
        endpoint_id: String,
        message_id: String,
        bytes: usize,
        until: Timestamp,
    ) -> bool {
        let new = self.held.insert((endpoint_id, message_id), until).is_none();
        if new {
            self.held_bytes += bytes;
        }
        new
    }

    pub(super) fn claimed(&mut self, asks: &[Wish], claimed: Claimed) {
        self.claiming = false;
        for task in claimed.tasks {
            let (endpoint, message) = (task.claim.endpoint_id.clone(), task.claim.message_id.clone());
            if self.hold(endpoint.clone(), message, task.message.payload.len(), claimed.until)
                && let Some(lane) = self.lanes.get_mut(&endpoint)
            {
                lane.push(task);
            }
        }
        for Wish { ask, .. } in asks {
            let Some(lane) = self.lanes.get_mut(&ask.endpoint_id) else { continue };
            lane.claim_ends(claimed.next.get(&ask.endpoint_id).copied().flatten());
            if lane.closed {
                self.close(&ask.endpoint_id);
            }
            self.touched.insert(ask.endpoint_id.clone());
        }
    }

    pub(super) fn looked(&mut self, found: &[LaneDue]) {
        self.looking = false;
        let mut open: HashSet<&str> = HashSet::with_capacity(found.len());
        for lane in found {
            open.insert(&lane.endpoint_id);
            let known = self.lanes.entry(lane.endpoint_id.clone()).or_default();
            // Another process may have changed it: nobody tells this one.
            if known.closed || known.terms.as_ref().is_none_or(|terms| terms.version != lane.version) {
                self.unread.insert(lane.endpoint_id.clone());
            }
            (known.closed, known.ordered) = (false, lane.ordered);
            if let Some(at) = lane.due_at {
                known.note_due(at);
            }
            self.touched.insert(lane.endpoint_id.clone());
        }
        let gone: Vec<String> = self.lanes.keys().filter(|id| !open.contains(id.as_str())).cloned().collect();
        for id in gone {
            self.close(&id);
        }
    }

    /// Nothing more is sent to this endpoint; what waits is given back.
    pub(super) fn close(&mut self, id: &str) {
        let Some(lane) = self.lanes.get_mut(id) else { return };
        lane.closed = true;
        lane.has_room = false;
        // Read again before anything is sent there again.
        lane.terms = None;
        self.cx.notify.desk.set_room(id, false);
        self.hungry.remove(id);
        let tasks = lane.give_up();
        if lane.is_idle() {
            self.lanes.remove(id);
        }
        for task in &tasks {
            self.let_go(&task.claim.endpoint_id, &task.claim.message_id, task.message.payload.len());
        }
        let cx = self.cx.clone();
        tokio::spawn(async move { release(&cx, tasks.into_iter().map(|task| task.claim).collect()).await });
    }

    pub(super) fn let_go(&mut self, endpoint_id: &str, message_id: &str, bytes: usize) {
        if self.held.remove(&(endpoint_id.to_owned(), message_id.to_owned())).is_some() {
            self.held_bytes = self.held_bytes.saturating_sub(bytes);
        }
    }

    pub(super) fn read(&mut self, ids: Vec<String>, mut found: HashMap<String, Terms>) {
        self.reading = false;
        for id in ids {
            match (found.remove(&id), self.lanes.get_mut(&id)) {
                (Some(terms), Some(lane)) if terms.enabled => {
                    lane.set_terms(terms);
                    self.touched.insert(id);
                }
                (_, Some(_)) => self.close(&id),
                (_, None) => {}
            }
        }
    }

    pub(super) fn flown(&mut self, flown: Flown) {
        let Flown { task, terms, at, exchange } = flown;
        let now = self.cx.now();
        let id = task.claim.endpoint_id.clone();
        self.flying -= 1;
        let lane = self.lanes.get(&id);
        let streak = lane.and_then(|lane| lane.streak);
        // The endpoint was changed meanwhile: what it was says nothing about what it is.
        let late = lane.and_then(|lane| lane.terms.as_ref()).is_some_and(|now| now.version != terms.version);
        let answer = match &exchange.answer {
            Answer::Status { status: 410, .. } if late => &Answer::Failed,
            answer => answer,
        };
        let rules = verdict::Terms { schedule: &terms.schedule, disable_after: terms.disable_after };
        let attempts = task.claim.attempts.saturating_add(1);
        let decision = self.cx.dice.with(|rng| verdict::decide(rules, attempts, streak, answer, now, rng));
        let delivered = exchange.answer.is_delivered();
        let follows = (!late).then_some(&decision);
        let health = self.landed(&id, delivered, follows, now);
        let disable = decision.disable.filter(|_| !late);
        let outcome = match decision.verdict {
            Verdict::Delivered => Outcome::Delivered,
            Verdict::Retry(at) => Outcome::Retry(at),
            Verdict::Failed(_) => Outcome::Failed,
        };
        metrics::notify_attempt(outcome_name(outcome), exchange.latency);
        let bytes = task.message.payload.len();
        self.held_bytes = self.held_bytes.saturating_sub(bytes);
        let settlement = settlement(task, at, exchange, outcome);
        // The settler lives as long as the engine.
        let _ = self.to_settle.send(Ended { settlement, health, disable, terms });
        if disable.is_some() {
            self.close(&id);
        }
        self.touched.insert(id);
    }

    fn landed(
        &mut self,
        id: &str,
        delivered: bool,
        follows: Option<&Decision>,
        now: Timestamp,
    ) -> Option<Health> {
        let lane = self.lanes.get_mut(id)?;
        let was_behind = lane.is_behind();
        let health = lane.landed(delivered, follows, now);
        if lane.is_behind() && !was_behind {
            self.behind += 1;
            self.cx.notify.desk.set_behind(true);
        }
        health
    }

    pub(super) fn settled(&mut self, done: Vec<Done>) {
        let now = self.cx.now();
        for one in done {
            let Some(lane) = self.lanes.get_mut(&one.endpoint_id) else {
                self.held.remove(&(one.endpoint_id, one.message_id));
                continue;
            };
            let was_behind = lane.is_behind();
            lane.unsettled = lane.unsettled.saturating_sub(1);
            self.behind -= usize::from(was_behind && !lane.is_behind());
            if let Some(at) = one.retry {
                lane.note_due(at);
            }
            if one.keyed {
                // What it held back may leave.
                lane.note_due(now);
            }
            if lane.closed && lane.is_idle() {
                self.lanes.remove(&one.endpoint_id);
            }
            self.touched.insert(one.endpoint_id.clone());
            self.held.remove(&(one.endpoint_id, one.message_id));
        }
        self.cx.notify.desk.set_behind(self.behind > 0);
    }
}

fn outcome_name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Delivered => "delivered",
        Outcome::Retry(_) => "retried",
        Outcome::Failed => "failed",
    }
}

fn settlement(task: Task, at: Timestamp, exchange: Exchange, outcome: Outcome) -> Settlement {
    let status = match exchange.answer {
        Answer::Status { status, .. } => Some(status),
        _ => None,
    };
    Settlement {
        attempt: Attempt {
            message_id: task.claim.message_id,
            endpoint_id: task.claim.endpoint_id,
            at,
            latency: exchange.latency,
            status,
            headers: exchange.headers,
            body: exchange.body,
            error: exchange.error,
        },
        outcome,
        order_key: task.claim.order_key,
    }
}
