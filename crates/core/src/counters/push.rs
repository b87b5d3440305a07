//! How the latest value of one counter gets to its property.
//!
//! HubSpot answers a trigger with 202 whether or not anything comes of it, and runs the workflow at a moment of its own (HubSpot facts 8.1);
//! a call without an answer may have arrived. So an answer proves nothing, and two calls that are under way at once may take effect in
//! either order. Therefore:
//!
//! - There is one call at a time. Changes meanwhile change only the number that is sent next, so the latest value wins and many changes
//!   make one call.
//! - After a call the property is read back, sooner first and then ever later, until it shows the value or the call is *over*:
//!   [`Terms::settle`] after its answer, or after nobody knows what came of it any more. That bound is the one thing that is assumed.
//! - Another value is sent only when no call can take effect any more: the last one is over, or its effect was seen. Seeing the value is
//!   seeing the effect only where the property was known to show something else before, and where the value was sent once.
//! - The same value may be sent again at any time: it cannot overtake itself.
//! - What was accepted and never shown is sent again, or written directly where the target has that, and in the end is a matter for a person.
//!
//! The functions are what happened; each leaves the push in a [`Stage`] with a moment at which it is due. Who keeps it knows nothing else.

use super::definition::{Definition, Target};
use crate::schedule::RetryPolicy;
use crate::time::Timestamp;
use rand::Rng;
use std::time::Duration;

mod answer;
mod state;

pub use answer::{Answer, Parked};
pub use state::{Call, Property, Seen, Stage, Way};

/// The push of one counter.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Push {
    /// What is next.
    pub stage: Stage,
    /// When; while somebody is at it, the end of their lease.
    pub due: Timestamp,
    /// The value that was sent last, while it may still take effect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<Call>,
    /// What the property showed last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<Seen>,
    /// Calls in a row that were not taken or had no answer.
    #[serde(default)]
    pub failures: u32,
    /// Calls in a row that were over without having shown.
    #[serde(default)]
    pub rounds: u32,
    /// Why it is parked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parked: Option<Parked>,
}

/// The rules of pushing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// How a value is sent first.
    pub first: Way,
    /// How it is sent where that shows nothing.
    pub second: Option<Way>,
    /// How long changes are gathered.
    pub window: Duration,
    /// How long after its answer a call may still take effect.
    pub settle: Duration,
    /// The waits after calls that were not taken, of which the longest also bounds what somebody asks for. The end it has is not used: what
    /// is true is pushed however long it takes.
    pub retries: RetryPolicy,
    /// After so many calls in a row that nothing came of, a person is asked.
    pub rounds: u32,
}

/// Readings after one call, at most, when they come in time.
pub const LOOKS: u32 = 6;

impl Terms {
    /// Those of a definition.
    #[must_use]
    pub fn of(definition: &Definition, retries: RetryPolicy, rounds: u32) -> Self {
        let (first, second) = match definition.target {
            Target::Trigger { .. } => (Way::Trigger, None),
            Target::Property => (Way::Write, None),
            Target::TriggerThenProperty { .. } => (Way::Trigger, Some(Way::Write)),
        };
        Self { first, second, window: definition.window(), settle: definition.settle(), retries, rounds }
    }

    /// When to look after an answer of `answered`, if `now` was not the last time. Each wait is twice as long as the one before, and the
    /// last look is when the call is over.
    fn next_look(&self, answered: Timestamp, now: Timestamp) -> Option<Timestamp> {
        let looks = (0..LOOKS).rev().map(|halves| answered.plus(self.settle / (1 << halves)));
        looks.into_iter().find(|look| *look > now)
    }

    /// The moment that somebody asked to be left alone until, at most the longest wait from now: a year in a header is no reason to keep
    /// what is true from a property for a year.
    fn until(&self, asked: Option<Timestamp>, now: Timestamp) -> Timestamp {
        asked.unwrap_or(now).min(now.plus(self.retries.cap))
    }

    fn after(&self, failures: u32, now: Timestamp, rng: &mut dyn Rng) -> Timestamp {
        let endless = RetryPolicy { max_attempts: u32::MAX, ..self.retries };
        endless.next_attempt(failures.min(u32::MAX - 1), now, rng).unwrap_or(now)
    }
}

/// What whoever claimed a counter is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begin {
    /// Send this value.
    Send(i64, Way),
    /// Nothing, or not now: the push says when, and what.
    Nothing,
}

/// What whoever claimed a counter has to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// What was answered to what was sent.
    Answer(Answer),
    /// That nothing was sent, for want of room, and when there may be some.
    Unsent(Timestamp),
    /// What the property shows.
    Look(Seen),
    /// That it could not be read, and before when it should not be tried again.
    LookFailed(Option<Timestamp>),
}

/// What came of what happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// The property shows this value, which was sent.
    Shown(i64),
    /// It goes on.
    On,
    /// A person is to decide.
    Parked,
    /// It goes on, but the trigger cannot be called as it is: its owner is to be told why.
    Attention(String),
}

impl Push {
    /// Of a counter that nothing is to be done with yet.
    #[must_use]
    pub fn idle(now: Timestamp) -> Self {
        let (call, seen, parked) = (None, None, None);
        Self { stage: Stage::Quiet, due: now, call, seen, failures: 0, rounds: 0, parked }
    }

    /// Of a counter that changes now for the first time.
    #[must_use]
    pub fn new(terms: &Terms, now: Timestamp) -> Self {
        let mut push = Self::idle(now);
        push.changed(terms, now);
        push
    }

    /// The counter changed. What is under way stays so and finds the new value when it is done; what is parked stays parked.
    pub fn changed(&mut self, terms: &Terms, now: Timestamp) {
        (self.stage, self.due) = changed(self.stage, self.due, terms, now);
    }

    /// Somebody claimed it to send; `value` is what the counter is. Before anything is sent, what this leaves is made durable.
    pub fn begin(&mut self, value: i64, terms: &Terms, now: Timestamp) -> Begin {
        if let Some(call) = &mut self.call {
            if call.answered_at.is_none() {
                // Who sent it never said what came of it.
                self.lost(terms, now);
                return Begin::Nothing;
            }
            if call.may_act(terms, now) && call.value != value {
                self.due = call.over_at(terms).unwrap_or(now);
                return Begin::Nothing;
            }
        }
        let call = self.call.take();
        if call.as_ref().is_some_and(|call| self.is_stale_after(call, terms, now)) {
            self.seen = None;
        }
        let live = call.filter(|call| call.may_act(terms, now));
        if live.is_none() && self.shows(value) {
            self.rest(now);
            return Begin::Nothing;
        }
        let way = if self.stage == Stage::Write { Way::Write } else { Way::Trigger };
        let telling = live.is_none() && self.seen.is_some();
        let earlier = live.and_then(|call| call.last_answer());
        let (sent_at, answered_at, doubtful) = (now, None, false);
        self.call = Some(Call { value, way, sent_at, answered_at, earlier, doubtful, telling });
        Begin::Send(value, way)
    }

    /// What was told of it; `value` is what the counter is by now.
    pub fn told(&mut self, value: i64, told: Told, terms: &Terms, now: Timestamp, rng: &mut dyn Rng) -> Next {
        match told {
            Told::Answer(answer) => self.answered(value, answer, terms, now, rng),
            Told::Unsent(until) => {
                self.not_sent();
                self.due = until;
                Next::On
            }
            Told::Look(seen) => self.looked(value, &seen, terms, now, rng),
            Told::LookFailed(not_before) => {
                self.look_failed(not_before, terms, now, rng);
                Next::On
            }
        }
    }

    /// Nobody knows what came of the call under way: as when its sender died, or its answer did not come.
    pub fn lost(&mut self, terms: &Terms, now: Timestamp) {
        if let Some(call) = &mut self.call {
            call.answered_at = Some(now);
            call.doubtful = true;
        }
        self.failures = self.failures.saturating_add(1);
        self.look_after(terms, now);
    }

    fn look_after(&mut self, terms: &Terms, now: Timestamp) {
        self.stage = Stage::Look;
        self.due = terms.next_look(now, now).unwrap_or(now);
    }

    /// Whether a call that is over may have taken effect since the property was last read, and have changed what it showed.
    fn is_stale_after(&self, call: &Call, terms: &Terms, now: Timestamp) -> bool {
        let over = call.over_at(terms).filter(|over| *over <= now);
        let read_before = |over| self.seen.as_ref().is_some_and(|seen| seen.at < over);
        over.is_some_and(read_before) && !self.shows(call.value)
    }

    fn shows(&self, value: i64) -> bool {
        self.seen.as_ref().is_some_and(|seen| seen.property == Property::Number(value))
    }

    /// Nothing more is to be done, and no other value may be sent before `until`.
    fn rest(&mut self, until: Timestamp) {
        self.stage = Stage::Quiet;
        self.due = until;
        (self.failures, self.rounds) = (0, 0);
    }

    /// The property was read, and the reading was sent at `look.at`; `value` is what the counter is by now.
    pub fn looked(
        &mut self,
        value: i64,
        look: &Seen,
        terms: &Terms,
        now: Timestamp,
        rng: &mut dyn Rng,
    ) -> Next {
        if self.seen.as_ref().is_none_or(|seen| seen.at <= look.at) {
            self.seen = Some(look.clone());
        }
        if look.property == Property::NoRecord {
            return self.park(Parked::NoRecord);
        }
        let Some(call) = self.call.clone() else {
            return self.settled(value, None, terms, now);
        };
        let answered = call.answered_at.unwrap_or(now);
        let over = call.over_at(terms).unwrap_or(now.plus(terms.settle));
        if look.property == Property::Number(call.value) && look.at >= call.sent_at {
            let until = if call.telling { now } else { over.max(now) };
            return self.settled(value, Some((call.value, until)), terms, now);
        }
        if look.at >= over {
            return self.over(&call, terms, now, rng);
        }
        if call.doubtful && call.value == value {
            // It can be sent again at once: the same value cannot overtake itself.
            self.stage = call.way.stage();
            self.due = terms.after(self.failures, now, rng);
            return Next::On;
        }
        self.stage = Stage::Look;
        self.due = terms.next_look(answered, now).unwrap_or(over.max(now));
        Next::On
    }

    /// The property shows what was sent, and nothing else may be sent before the moment with it; or there was no call.
    fn settled(
        &mut self,
        value: i64,
        shown: Option<(i64, Timestamp)>,
        terms: &Terms,
        now: Timestamp,
    ) -> Next {
        let until = shown.map_or(now, |(_, until)| until);
        if until <= now {
            self.call = None;
        }
        self.rest(until);
        if !self.shows(value) {
            self.stage = terms.first.stage();
        }
        shown.map_or(Next::On, |(shown, _)| Next::Shown(shown))
    }

    /// The call is over and nothing came of it.
    fn over(&mut self, call: &Call, terms: &Terms, now: Timestamp, rng: &mut dyn Rng) -> Next {
        self.call = None;
        self.rounds = self.rounds.saturating_add(1);
        let second = terms.second.filter(|second| *second != call.way);
        if let Some(second) = second {
            (self.stage, self.due) = (second.stage(), now);
        } else if self.rounds >= terms.rounds {
            return self.park(Parked::NeverShown);
        } else {
            self.stage = terms.first.stage();
            self.due = terms.after(self.rounds, now, rng);
        }
        Next::On
    }

    fn park(&mut self, why: Parked) -> Next {
        self.stage = Stage::Parked;
        self.parked = Some(why);
        Next::Parked
    }

    /// The property could not be read: it is tried again, not before `not_before` as far as that is no longer away than the longest wait.
    pub fn look_failed(
        &mut self,
        not_before: Option<Timestamp>,
        terms: &Terms,
        now: Timestamp,
        rng: &mut dyn Rng,
    ) {
        self.failures = self.failures.saturating_add(1);
        self.stage = Stage::Look;
        self.due = terms.after(self.failures, now, rng).max(terms.until(not_before, now));
    }

    /// Somebody wants it to be sent: a person, whatever was seen before, or a reconciliation, which has read the property. What is under way
    /// stays so.
    pub fn nudge(&mut self, seen: Option<Seen>, terms: &Terms, now: Timestamp) {
        let under_way = !matches!(self.stage, Stage::Quiet | Stage::Parked);
        if under_way {
            return;
        }
        match seen {
            Some(seen) => self.learn(seen),
            None => self.seen = None,
        }
        self.parked = None;
        let over = self.call.as_ref().map(|call| call.over_at(terms).unwrap_or(now.plus(terms.settle)));
        self.rest(now.max(over.unwrap_or(now)));
        self.stage = terms.first.stage();
    }

    /// It goes to another place from now on, or by another way. What was seen says nothing of that, and what is under way there is given up:
    /// whoever is at it may have sent it until `leased_until`, the end of their lease. It may still take effect, and in the same property
    /// (another trigger of the same workflow), so another value waits for it all the same.
    pub fn redirect(&mut self, leased_until: Option<Timestamp>, terms: &Terms, now: Timestamp) {
        if let Some(call) = &mut self.call {
            call.answered_at = call.answered_at.or(Some(leased_until.unwrap_or(now).max(now)));
            (call.doubtful, call.telling) = (true, false);
        }
        (self.seen, self.parked) = (None, None);
        self.rest(now);
        self.stage = terms.first.stage();
    }

    /// A reading that was sent some time ago: what is known from later counts, and of two of one moment that differ neither does.
    fn learn(&mut self, look: Seen) {
        self.seen = match self.seen.take() {
            Some(seen) if seen.at > look.at => Some(seen),
            Some(seen) if seen.at == look.at && seen != look => None,
            _ => Some(look),
        };
    }

    /// Whether a call may still take effect, or something is to be done: then the property may be anything.
    #[must_use]
    pub fn is_in_flight(&self, terms: &Terms, now: Timestamp) -> bool {
        match self.stage {
            Stage::Trigger | Stage::Write | Stage::Look => true,
            Stage::Quiet | Stage::Parked => self.call.as_ref().is_some_and(|call| call.may_act(terms, now)),
        }
    }
}

/// What a change makes of a stage and its moment, for who keeps no more than these two at hand.
#[must_use]
pub fn changed(stage: Stage, due: Timestamp, terms: &Terms, now: Timestamp) -> (Stage, Timestamp) {
    match stage {
        Stage::Quiet => (terms.first.stage(), now.plus(terms.window).max(due)),
        Stage::Trigger | Stage::Write | Stage::Look | Stage::Parked => (stage, due),
    }
}

#[cfg(test)]
mod tests;
