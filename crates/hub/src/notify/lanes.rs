//! The lanes, one for every endpoint: what is claimed and waits for its turn, how much is under way, when the database has more.
//!
//! Nothing here waits or asks; [`super::engine`] does, and tells the lanes what came of it.

use super::terms::Terms;
use std::collections::VecDeque;
use std::sync::Arc;
use syncline_core::notify::lane::{Admission, Lane as Pace};
use syncline_core::notify::verdict::{Decision, Streak};
use syncline_core::time::Timestamp;
use syncline_store::notify::deliveries::Claim;
use syncline_store::notify::endpoints::Health;
use syncline_store::notify::messages::Message;

/// Claimed messages of one lane that are not settled.
pub(super) const WINDOW: usize = 256;
/// Their bytes, about: a lane that has more than half of them asks for no more.
pub(super) const WINDOW_BYTES: usize = 8 << 20;
/// With so many a lane takes no more from publishers at once; a group of theirs still fits behind it.
const ROOM: usize = 160;

/// With so many that were answered and are not settled, publishers give way.
const BEHIND: usize = 96;

/// A claimed message.
#[derive(Clone, Debug)]
pub(super) struct Task {
    pub claim: Claim,
    pub message: Arc<Message>,
}

/// An endpoint's lane.
#[derive(Debug, Default)]
pub(super) struct Lane {
    /// Whether it wants strict order; then publishers do not hand over to it.
    pub ordered: bool,
    /// What is known of the endpoint; none until it was read.
    pub terms: Option<Arc<Terms>>,
    pub pace: Pace,
    pub streak: Option<Streak>,
    /// Disabled or deleted, as far as is known.
    pub closed: bool,
    /// Whether something was sent since the terms were read.
    pub used: bool,
    /// Whether publishers hand over to it.
    pub has_room: bool,
    ready: VecDeque<Task>,
    /// The bytes of what is claimed and was not sent.
    bytes: usize,
    pub flying: usize,
    pub unsettled: usize,
    /// When the database has something for it; none: not as far as is known.
    due_at: Option<Timestamp>,
    /// What came to be due while a claim is under way, whose answer does not know of it.
    meanwhile: Option<Timestamp>,
    claiming: bool,
}

/// What a lane does next.
#[derive(Debug)]
pub(super) enum Next {
    /// Sends this.
    Send(Task),
    /// Nothing before this moment.
    At(Timestamp),
    /// Nothing until something else happens.
    Nothing,
}

impl Lane {
    /// Something will be due.
    pub(super) fn note_due(&mut self, at: Timestamp) {
        let sooner = |known: Option<Timestamp>| Some(known.map_or(at, |known| known.min(at)));
        self.due_at = sooner(self.due_at);
        if self.claiming {
            self.meanwhile = sooner(self.meanwhile);
        }
    }

    /// When something is due next.
    pub(super) fn due_at(&self) -> Option<Timestamp> {
        self.due_at
    }

    /// How much is claimed and not settled.
    pub(super) fn load(&self) -> usize {
        self.ready.len() + self.flying + self.unsettled
    }

    /// Puts a claimed message behind the others.
    pub(super) fn push(&mut self, task: Task) {
        self.bytes += task.message.payload.len();
        self.ready.push_back(task);
    }

    /// Takes out what was claimed and not sent.
    pub(super) fn give_up(&mut self) -> Vec<Task> {
        self.bytes = 0;
        std::mem::take(&mut self.ready).into()
    }

    /// How many bytes what is asked for may have: what fits.
    pub(super) fn room(&self) -> usize {
        WINDOW_BYTES.saturating_sub(self.bytes)
    }

    /// How many to ask the database for; none when nothing is due, nothing may leave or there is no room. The second says when to ask again
    /// where that is known.
    pub(super) fn wants(&self, now: Timestamp) -> Result<u32, Option<Timestamp>> {
        let Some(terms) = &self.terms else { return Err(None) };
        if self.closed || self.claiming {
            return Err(None);
        }
        match self.due_at {
            None => return Err(None),
            Some(at) if at > now => return Err(Some(at)),
            Some(_) => {}
        }
        let room = u32::try_from(WINDOW.saturating_sub(self.load())).unwrap_or(0);
        // Half a window at a time: one row at a time would cost a transaction each.
        if (room as usize) < WINDOW / 2 || (self.pace.gap() > std::time::Duration::ZERO && self.load() > 0) {
            return Err(None);
        }
        if self.bytes > WINDOW_BYTES / 2 {
            return Err(None);
        }
        if terms.rate.is_some() && !self.ready.is_empty() {
            return Err(None);
        }
        self.pace.allowance(terms.rate, room, now).map_err(Some)
    }

    /// A claim is under way.
    pub(super) fn claim_begins(&mut self) {
        self.claiming = true;
        self.meanwhile = None;
    }

    /// A claim ended. `next` is when the database has more, as it was looked up after the claim.
    pub(super) fn claim_ends(&mut self, next: Option<Timestamp>) {
        self.claiming = false;
        self.due_at = match (next, self.meanwhile.take()) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
    }

    /// Whether publishers may hand over to it: it is well, and nothing older waits.
    pub(super) fn takes_handovers(&self, now: Timestamp) -> bool {
        let free = self.terms.as_ref().is_some_and(|terms| terms.rate.is_none());
        let calm =
            self.streak.is_none() && self.pace.allowance(None, 1, now).is_ok() && self.pace.gap().is_zero();
        let drained = !self.claiming && self.due_at.is_none_or(|at| at > now);
        let fits = self.load() < ROOM && self.bytes < WINDOW_BYTES / 2;
        free && calm && drained && fits && !self.ordered && !self.closed
    }

    /// What to send now, if anything may leave: `each` messages at a time at most, one where the endpoint asked for "slower".
    pub(super) fn next(&mut self, each: usize, now: Timestamp) -> Next {
        let Some(terms) = &self.terms else { return Next::Nothing };
        let each = if self.pace.gap().is_zero() { each } else { 1 };
        if self.closed || self.ready.is_empty() || self.flying >= each {
            return Next::Nothing;
        }
        match self.pace.admit(terms.rate, now) {
            Admission::At(at) => Next::At(at),
            Admission::Now => match self.ready.pop_front() {
                Some(task) => {
                    self.bytes = self.bytes.saturating_sub(task.message.payload.len());
                    self.flying += 1;
                    self.used = true;
                    Next::Send(task)
                }
                None => Next::Nothing,
            },
        }
    }

    /// An attempt ended, with what follows from its answer, if anything does for the endpoint. Answers how that does, when it changed.
    pub(super) fn landed(
        &mut self,
        delivered: bool,
        follows: Option<&Decision>,
        now: Timestamp,
    ) -> Option<Health> {
        self.flying -= 1;
        self.unsettled += 1;
        let decision = follows?;
        if delivered {
            self.pace.delivered();
        }
        if let Some(not_before) = decision.slow_down {
            self.pace.slow_down(not_before, now);
        }
        if decision.streak == self.streak && decision.slow_down.is_none() {
            return None;
        }
        self.streak = decision.streak;
        Some(Health { streak: self.streak, paused_until: self.pace.paused_until() })
    }

    /// Whether the database is behind with what became of its messages.
    pub(super) fn is_behind(&self) -> bool {
        self.unsettled >= BEHIND
    }

    /// Whether a message waits here that could be sent as soon as there is a place for it.
    pub(super) fn is_waiting(&self) -> bool {
        !self.ready.is_empty() && !self.closed && self.terms.is_some()
    }

    /// What was read of the endpoint anew. How it does is known better here, unless somebody changed the endpoint since. How much has left
    /// lately stays true whatever changed.
    pub(super) fn set_terms(&mut self, terms: Terms) {
        let changed = self.terms.as_ref().is_none_or(|before| before.version != terms.version);
        if changed {
            self.streak = terms.health.streak;
            if terms.health.paused_until.is_none() {
                // It was enabled, which forgets what it asked for; or it never asked.
                self.pace.forgive();
            }
        }
        self.pace.pause(terms.health.paused_until);
        self.used = false;
        self.terms = Some(Arc::new(terms));
    }

    /// Whether nothing is known of it that the database would not say again.
    pub(super) fn is_idle(&self) -> bool {
        self.load() == 0 && !self.claiming
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use syncline_core::notify::lane::Rate;
    use syncline_core::notify::schedule::Schedule;

    const START: Timestamp = Timestamp::from_millis(1_767_225_600_000);

    /// Two at a time and twenty a second.
    fn terms(version: i64, paused_until: Option<Timestamp>) -> Terms {
        Terms {
            version,
            enabled: true,
            org_id: "acme".to_owned(),
            place: Err("nowhere".to_owned()),
            rate: Rate::new(20, Duration::from_secs(1)),
            schedule: Schedule::default(),
            disable_after: None,
            health: Health { streak: None, paused_until },
            url: "https://example.com/".to_owned(),
        }
    }

    fn lane(ready: usize) -> Lane {
        let mut lane = Lane::default();
        lane.set_terms(terms(1, None));
        let message = Arc::new(Message {
            id: "msg_1".to_owned(),
            org_id: "acme".to_owned(),
            kind: "invoice.paid".to_owned(),
            order_key: None,
            payload: "{}".to_owned(),
            created_at: START,
        });
        for number in 0..ready {
            let claim = crate::notify::claim::named("ep_1", &format!("msg_{number}"));
            lane.push(Task { claim, message: Arc::clone(&message) });
        }
        lane
    }

    #[test]
    fn a_change_of_the_endpoint_gives_no_leave_to_exceed_its_rate() {
        let mut lane = lane(9);
        let soon = START.plus(Duration::from_millis(50));
        for version in 1..4 {
            lane.set_terms(terms(version, None));
            let left = (0..9).take_while(|_| matches!(lane.next(9, START), Next::Send(_))).count();
            assert_eq!(left, if version == 1 { 2 } else { 0 }, "version {version}");
            assert!(matches!(lane.next(9, START), Next::At(at) if at == soon), "version {version}");
        }
        assert!(matches!(lane.next(9, soon), Next::Send(_)));
    }

    #[test]
    fn what_an_endpoint_asked_for_outlasts_a_change_of_it_until_it_is_enabled() {
        let mut lane = lane(9);
        let asked = START.plus(Duration::from_secs(90));
        lane.pace.slow_down(Some(asked), START);
        let gap = lane.pace.gap();
        lane.set_terms(terms(2, Some(asked)));
        assert!(matches!(lane.next(9, START), Next::At(at) if at == asked));
        assert_eq!(lane.pace.gap(), gap, "one at a time");
        lane.set_terms(terms(3, None));
        assert!(matches!(lane.next(9, START), Next::Send(_)));
    }
}
