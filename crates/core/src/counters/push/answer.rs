//! What an answer to a call says, which is little.

use super::{Call, Next, Property, Push, Seen, Terms};
use crate::time::Timestamp;
use rand::Rng;

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The trigger took it: nothing more than that.
    Accepted,
    /// The property was written; the answer shows it.
    Written,
    /// It did not arrive, or was turned away before it could do anything; to be tried again, not before this moment as far as that is no
    /// longer away than the longest wait.
    NotTaken(Option<Timestamp>),
    /// Nobody knows: no answer in time, a connection that broke, a server's error.
    Lost,
    /// It was refused for what it says; the provider's words.
    Refused(String),
    /// There is no such record.
    NoRecord,
    /// The trigger is not there, or cannot be called like this; its status.
    Unusable(u16),
}

impl Answer {
    /// What a trigger's status says; `not_before` is its `Retry-After`. What is undocumented is read so that no value is lost and none is
    /// overtaken: a server's error may have been taken (HubSpot facts 8.1, 9).
    #[must_use]
    pub fn of_trigger(status: u16, not_before: Option<Timestamp>) -> Self {
        match status {
            200..=299 => Self::Accepted,
            // Too many, locked, moving: turned away at the door.
            423 | 429 | 477 => Self::NotTaken(not_before),
            300..=399 | 401 | 403 | 404 | 405 | 410 => Self::Unusable(status),
            408 | 500.. => Self::Lost,
            _ => Self::Refused(format!("the trigger answered {status}")),
        }
    }
}

/// Why a person is to decide.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case", tag = "why", content = "words")]
pub enum Parked {
    /// There is no such record.
    #[error("HubSpot has no such record; create it, or forget the counter")]
    NoRecord,
    /// The value was refused.
    #[error("HubSpot refused the value: {0}")]
    Refused(String),
    /// It was accepted every time and never shown.
    #[error(
        "the trigger accepted it and the property never showed it: is the workflow on, does it allow re-enrollment, \
         does its rule match the record, and is the field mapped?"
    )]
    NeverShown,
}

impl Push {
    /// The answer to the call under way came; `value` is what the counter is by now.
    pub fn answered(
        &mut self,
        value: i64,
        answer: Answer,
        terms: &Terms,
        now: Timestamp,
        rng: &mut dyn Rng,
    ) -> Next {
        match answer {
            Answer::Accepted => {
                self.failures = 0;
                if let Some(call) = &mut self.call {
                    call.answered_at = Some(now);
                }
                self.look_after(terms, now);
                Next::On
            }
            Answer::Lost => {
                self.lost(terms, now);
                Next::On
            }
            Answer::Written => self.written(value, terms, now),
            Answer::NotTaken(not_before) => {
                self.failures = self.failures.saturating_add(1);
                self.not_sent();
                self.due = terms.after(self.failures, now, rng).max(terms.until(not_before, now));
                Next::On
            }
            Answer::Refused(words) => {
                self.not_sent();
                self.second_or(Parked::Refused(words), terms, now)
            }
            Answer::NoRecord => {
                self.not_sent();
                self.park(Parked::NoRecord)
            }
            Answer::Unusable(status) => self.unusable(status, terms, now, rng),
        }
    }

    fn written(&mut self, value: i64, terms: &Terms, now: Timestamp) -> Next {
        let Some(call) = &mut self.call else { return Next::On };
        let shown = call.value;
        // One that was sent before without an answer may still come, with the same value.
        let until = call.earlier.map_or(now, |at| at.plus(terms.settle).max(now));
        call.answered_at = Some(call.earlier.unwrap_or(now));
        self.seen = Some(Seen { property: Property::Number(shown), at: now });
        self.settled(value, Some((shown, until)), terms, now)
    }

    /// The call under way came to nothing. What was sent before it, with the same value, may still come.
    pub(super) fn not_sent(&mut self) {
        self.call = self.call.take().and_then(|call| {
            let answered_at = Some(call.earlier?);
            Some(Call { answered_at, earlier: None, doubtful: true, ..call })
        });
    }

    /// The other way, where there is one that was not tried; else a person.
    fn second_or(&mut self, why: Parked, terms: &Terms, now: Timestamp) -> Next {
        match terms.second {
            Some(second) if self.stage != second.stage() => {
                (self.stage, self.due) = (second.stage(), now);
                Next::On
            }
            _ => self.park(why),
        }
    }

    fn unusable(&mut self, status: u16, terms: &Terms, now: Timestamp, rng: &mut dyn Rng) -> Next {
        self.failures = self.failures.saturating_add(1);
        self.not_sent();
        self.due = terms.after(self.failures, now, rng);
        if let Some(second) = terms.second {
            (self.stage, self.due) = (second.stage(), now);
        }
        Next::Attention(match status {
            404 | 410 => format!(
                "the trigger answered {status}: it was deleted, or its workflow is; give the counter the address of another"
            ),
            _ => format!(
                "the trigger answered {status}, which HubSpot's triggers never do: look at its address"
            ),
        })
    }
}
