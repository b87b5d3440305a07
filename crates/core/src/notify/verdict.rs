//! What an attempt's answer means: for the message, for the endpoint, and for how fast it is talked to.
//!
//! 2xx is delivered. 410 says that nobody is there any more: the endpoint is disabled. 429 and 503 say "slower": everything for the
//! endpoint is slowed down, not this message alone. 3xx is a failure, because a redirect is not followed: it would lead a signed
//! message to an address that nobody entered. Everything else is tried again until the schedule ends.

use super::answer::Answer;
use super::schedule::Schedule;
use crate::time::Timestamp;
use rand::Rng;
use std::fmt;
use std::time::Duration;

/// How far ahead a receiver may always ask to be left alone, and beyond the longest wait of a schedule whose waits are all shorter. What
/// is beyond both counts as the longer of them: a wrong unit, or a moment for a span, must not cost a message.
pub const RETRY_AFTER: Duration = Duration::from_secs(3_600);

/// So many failures in a row at least, before an endpoint is disabled for them.
pub const LEAST_FAILURES: u32 = 5;

/// The rules of an endpoint.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a> {
    /// When it is tried again.
    pub schedule: &'a Schedule,
    /// How long it may do nothing but fail before it is disabled; none: it never is for that.
    pub disable_after: Option<Duration>,
}

/// An endpoint's failures since its last success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Streak {
    /// The first one.
    pub since: Timestamp,
    /// The latest one.
    pub last: Timestamp,
    /// How many.
    pub failures: u32,
}

/// What becomes of the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It arrived.
    Delivered,
    /// It is sent again then.
    Retry(Timestamp),
    /// It is not sent again unless somebody asks for it.
    Failed(End),
}

/// Why a message is not sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The schedule has no attempt left.
    Exhausted,
    /// The receiver said that it is gone.
    Gone,
}

/// Why an endpoint is disabled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disabled {
    /// It answered 410.
    Gone,
    /// Nothing arrived since then.
    Failing(Timestamp),
}

impl fmt::Display for Disabled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gone => f.write_str("it answered 410 Gone"),
            Self::Failing(since) => write!(f, "every delivery has failed since {since}"),
        }
    }
}

/// What follows from an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// For the message.
    pub verdict: Verdict,
    /// The endpoint's failures now; none after a success.
    pub streak: Option<Streak>,
    /// The endpoint is to be talked to more slowly, and not before the moment it named, if it named one.
    pub slow_down: Option<Option<Timestamp>>,
    /// The endpoint is to be disabled, and its owner told.
    pub disable: Option<Disabled>,
}

/// Decides what follows from the answer to attempt number `attempts_so_far` (the first is 1), which ended at `now`.
#[must_use]
pub fn decide(
    terms: Terms<'_>,
    attempts_so_far: u32,
    streak: Option<Streak>,
    answer: &Answer,
    now: Timestamp,
    rng: &mut dyn Rng,
) -> Decision {
    if answer.is_delivered() {
        return Decision { verdict: Verdict::Delivered, streak: None, slow_down: None, disable: None };
    }
    let streak = one_more(streak, terms, now);
    let (status, asked) = match answer {
        Answer::Status { status, not_before } => (Some(*status), *not_before),
        Answer::TimedOut | Answer::Failed => (None, None),
    };
    let asked = asked.map(|until| until.min(now.plus(terms.schedule.longest_wait().max(RETRY_AFTER))));
    let verdict = if status == Some(410) {
        Verdict::Failed(End::Gone)
    } else {
        match terms.schedule.next(attempts_so_far, asked, now, rng) {
            None => Verdict::Failed(End::Exhausted),
            Some(at) => Verdict::Retry(at),
        }
    };
    let disable = if status == Some(410) { Some(Disabled::Gone) } else { failing(streak, terms, now) };
    let slow_down = matches!(status, Some(429 | 503)).then_some(asked);
    Decision { verdict, streak: Some(streak), slow_down, disable }
}

/// Counts a failure. After a long silence it starts anew: an endpoint that is sent little would else be disabled for two failures that
/// have nothing to do with each other. A wait of the schedule is no silence, with all that chance may add to it.
fn one_more(before: Option<Streak>, terms: Terms<'_>, now: Timestamp) -> Streak {
    let silence = (terms.disable_after.unwrap_or(Duration::MAX) / 2).max(terms.schedule.longest_wait() * 2);
    match before {
        Some(streak) if now.since(streak.last) <= silence => {
            Streak { last: streak.last.max(now), failures: streak.failures.saturating_add(1), ..streak }
        }
        _ => Streak { since: now, last: now, failures: 1 },
    }
}

fn failing(streak: Streak, terms: Terms<'_>, now: Timestamp) -> Option<Disabled> {
    let patience = terms.disable_after?;
    let enough = streak.failures >= LEAST_FAILURES && now.since(streak.since) >= patience;
    enough.then_some(Disabled::Failing(streak.since))
}

#[cfg(test)]
mod tests;
