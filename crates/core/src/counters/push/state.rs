//! What a push is made of: what is next, what was sent, what was seen.

use super::Terms;
use crate::time::Timestamp;

/// What is to be done next with a counter, when it is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Nothing. `due` says before when no other value may be sent.
    Quiet,
    /// The trigger is to be called.
    Trigger,
    /// The property is to be written.
    Write,
    /// The property is to be read.
    Look,
    /// A person is to decide.
    Parked,
}

/// How a value is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// By calling the trigger.
    Trigger,
    /// By writing the property.
    Write,
}

impl Way {
    pub(super) fn stage(self) -> Stage {
        match self {
            Self::Trigger => Stage::Trigger,
            Self::Write => Stage::Write,
        }
    }
}

/// What a property shows.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case", tag = "is", content = "what")]
pub enum Property {
    /// A whole number.
    Number(i64),
    /// Nothing: null, or an empty text.
    Empty,
    /// Something that is no whole number.
    Other(String),
    /// The record is not there.
    NoRecord,
}

impl Property {
    /// What HubSpot's text for a property's value says; none is null (HubSpot facts 3.2).
    #[must_use]
    pub fn of_text(text: Option<&str>) -> Self {
        let text = text.unwrap_or_default().trim();
        if text.is_empty() {
            return Self::Empty;
        }
        // A number may come with decimals that say nothing.
        let whole = text
            .split_once('.')
            .map_or(text, |(whole, rest)| if rest.bytes().all(|c| c == b'0') { whole } else { text });
        whole.parse().map_or_else(|_| Self::Other(text.chars().take(100).collect()), Self::Number)
    }

    /// The number, where it is one.
    #[must_use]
    pub fn number(&self) -> Option<i64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Empty | Self::Other(_) | Self::NoRecord => None,
        }
    }
}

/// What the property showed when it was last read.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Seen {
    /// What.
    pub property: Property,
    /// When the reading was sent.
    pub at: Timestamp,
}

/// A value that was sent and may still take effect.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Call {
    /// The value.
    pub value: i64,
    /// How it was sent.
    pub way: Way,
    /// When it was last sent.
    pub sent_at: Timestamp,
    /// When its answer came, or was given up; none: under way.
    pub answered_at: Option<Timestamp>,
    /// Of earlier sendings of the same value that may still take effect: when the last answer of those came, or was given up. Later than
    /// that of this one where somebody who is not heard any more may be waiting for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earlier: Option<Timestamp>,
    /// Whether nobody knows if it arrived.
    pub doubtful: bool,
    /// Whether seeing the value is seeing this call's effect: the property was known to show something else, and the value was sent once.
    pub telling: bool,
}

impl Call {
    /// From when on it cannot take effect any more; none while it is under way.
    #[must_use]
    pub fn over_at(&self, terms: &Terms) -> Option<Timestamp> {
        self.last_answer().map(|at| at.plus(terms.settle))
    }

    /// When the last of all sendings of the value was answered or given up; none while it is under way.
    pub(super) fn last_answer(&self) -> Option<Timestamp> {
        self.answered_at.map(|at| self.earlier.map_or(at, |earlier| earlier.max(at)))
    }

    pub(super) fn may_act(&self, terms: &Terms, now: Timestamp) -> bool {
        self.over_at(terms).is_none_or(|over| over > now)
    }
}
