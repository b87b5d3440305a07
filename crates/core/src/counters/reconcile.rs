//! Whether the truth, the counter and the property agree, and what is to be done where they do not.
//!
//! The three are read one after the other while the application goes on counting, so a difference is not drift yet. The property differs
//! from the counter while a push is in flight. The counter differs from the truth while the application has told the one and not yet the
//! other: only a difference that is found twice, the same and at least [`Terms::lag`] apart, with a counter that did not move in between, is
//! drift; and it is repaired only if the counter still has not moved then. An application that tells both within that time is never
//! "repaired" into a wrong number.

use super::definition::Policy;
use super::push::Property;
use super::truth::Truth;
use crate::time::Timestamp;
use std::time::Duration;

/// What is known of the truth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    /// What the counter says is the truth.
    Counter,
    /// This is it.
    Is(i64),
    /// Its source did not say, and why: it is never repaired from that.
    Missing(String),
}

/// The three numbers of one key, and how its push is. The counter's row was read before the property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbers {
    /// What it should be.
    pub truth: Known,
    /// What it is; none: its Redis key vanished.
    pub counter: Option<i64>,
    /// Which state of the counter this is.
    pub version: i64,
    /// What HubSpot shows.
    pub property: Property,
    /// Whether a push is in flight.
    pub in_flight: bool,
    /// When all three were last found alike, or the property was last seen to show what was sent.
    pub agreed_at: Option<Timestamp>,
}

/// A difference between counter and truth that was found once.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Suspicion {
    /// The truth.
    pub truth: i64,
    /// The counter.
    pub counter: Option<i64>,
    /// The state of the counter.
    pub version: i64,
    /// When it was found first.
    pub at: Timestamp,
}

/// The rules of comparing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// How long the truth and the counter may differ while both are being told.
    pub lag: Duration,
}

impl Terms {
    /// Those for a source: a search's index lags behind by minutes (HubSpot facts 3.4).
    #[must_use]
    pub fn of(truth: &Truth) -> Self {
        let seconds = match truth {
            Truth::Counter => 0,
            Truth::Search { .. } => 300,
            Truth::Associations { .. } | Truth::Sql { .. } | Truth::Http { .. } => 10,
        };
        Self { lag: Duration::from_secs(seconds) }
    }
}

/// What a comparison found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// All agree.
    Equal,
    /// A push is in flight, or was a moment ago: the property may be anything.
    InFlight,
    /// Counter and truth differ for the first time; to be looked at again after [`Terms::lag`].
    Suspect(Suspicion),
    /// The truth's source did not say; its words. Nothing is concluded.
    NoTruth(String),
    /// They differ.
    Drift(Drift),
}

/// A difference that is no matter of time.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Drift {
    /// What it should be; none: the counter vanished, and nothing else says what it was.
    pub truth: Option<i64>,
    /// What the counter is; none: it vanished.
    pub counter: Option<i64>,
    /// What HubSpot shows.
    pub property: Property,
    /// Whether the counter is wrong.
    pub counter_wrong: bool,
    /// Whether the property is wrong.
    pub property_wrong: bool,
    /// Since when at most: the last moment at which it was known to be right. None: it never was.
    pub since: Option<Timestamp>,
}

/// What is to be done about drift, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case", tag = "do", content = "to")]
pub enum Repair {
    /// Set the counter, unless it moved since it was read.
    SetCounter(i64),
    /// Push the counter, whatever was seen before.
    Push,
}

/// The largest drift that is added up, a billion: whoever typed more into a property said nothing about how wrong it was, and sums stay
/// within what columns hold.
pub const LARGEST: u64 = 1_000_000_000;

impl Drift {
    /// By how much the counter is too high; none when it vanished, or nobody knows.
    #[must_use]
    pub fn counter_off(&self) -> Option<i64> {
        Some(self.counter?.saturating_sub(self.truth?))
    }

    /// By how much the property is too high; none when it shows no number, or nobody knows.
    #[must_use]
    pub fn property_off(&self) -> Option<i64> {
        Some(self.property.number()?.saturating_sub(self.truth?))
    }

    /// The larger of the two, without its sign, and at most [`LARGEST`]; none when neither is a number.
    #[must_use]
    pub fn size(&self) -> Option<u64> {
        let off = self.counter_off().into_iter().chain(self.property_off());
        off.map(|off| off.unsigned_abs().min(LARGEST)).max()
    }

    /// What to do about it: nothing where the policy is to report, where nobody knows the truth, or where the record is not there.
    #[must_use]
    pub fn repairs(&self, policy: Policy) -> Vec<Repair> {
        let (Policy::Repair, Some(truth)) = (policy, self.truth) else { return Vec::new() };
        let set = self.counter_wrong.then_some(Repair::SetCounter(truth));
        let push = (self.property_wrong && self.property != Property::NoRecord).then_some(Repair::Push);
        set.into_iter().chain(push).collect()
    }
}

/// Compares. `before` is what was suspected of the key last, as it is kept.
#[must_use]
pub fn compare(numbers: &Numbers, before: Option<&Suspicion>, terms: Terms, now: Timestamp) -> Verdict {
    let truth = match &numbers.truth {
        Known::Missing(words) => return Verdict::NoTruth(words.clone()),
        Known::Counter => numbers.counter,
        Known::Is(truth) => Some(*truth),
    };
    let counter_wrong = numbers.counter.is_none() || numbers.counter != truth;
    let property_wrong = truth.is_none_or(|truth| numbers.property != Property::Number(truth));
    if counter_wrong && let Some(truth) = truth {
        let seen = suspicion(numbers, truth, before, now);
        if seen.at.plus(terms.lag) > now || before != Some(&seen) {
            return Verdict::Suspect(seen);
        }
    }
    if numbers.in_flight && property_wrong && !counter_wrong {
        return Verdict::InFlight;
    }
    if !counter_wrong && !property_wrong {
        return Verdict::Equal;
    }
    Verdict::Drift(Drift {
        truth,
        counter: numbers.counter,
        property: numbers.property.clone(),
        counter_wrong,
        property_wrong: property_wrong && truth.is_some(),
        since: numbers.agreed_at,
    })
}

/// The same as before, if nothing moved; else a new one.
fn suspicion(numbers: &Numbers, truth: i64, before: Option<&Suspicion>, now: Timestamp) -> Suspicion {
    let new = Suspicion { truth, counter: numbers.counter, version: numbers.version, at: now };
    match before {
        Some(before) if (Suspicion { at: now, ..before.clone() }) == new => before.clone(),
        _ => new,
    }
}

#[cfg(test)]
mod tests;
