//! Definitions and counters as the API shows them: never with what is secret in them.

use super::keys::stage_word;
use crate::counters::change::Reading;
use serde::Serialize;
use syncline_core::counters::definition::Definition;
use syncline_core::counters::push::{Call, Property, Seen, Way};
use syncline_core::time::Timestamp;
use syncline_store::counters::Counter;
use syncline_store::counters::definitions::{State, Stored};

/// A definition as the API shows it.
#[derive(Debug, Serialize)]
pub struct DefinitionView {
    id: String,
    org_id: String,
    #[serde(flatten)]
    definition: Definition,
    /// Where the trigger is, without what makes its address a secret.
    trigger: Option<String>,
    state: State,
    /// Why its counters are not pushed and compared, or what is wrong though they are.
    reason: Option<String>,
    /// When its counters are compared next; none: when somebody asks.
    reconcile_at: Option<Timestamp>,
    created_at: Timestamp,
    updated_at: Timestamp,
    version: i64,
}

impl From<Stored> for DefinitionView {
    fn from(stored: Stored) -> Self {
        Self {
            id: stored.id,
            org_id: stored.org_id,
            definition: stored.definition,
            trigger: stored.trigger_shown,
            state: stored.state,
            reason: stored.reason,
            reconcile_at: stored.reconcile_at,
            created_at: stored.created_at,
            updated_at: stored.updated_at,
            version: stored.version,
        }
    }
}

/// A counter as the API shows it.
#[derive(Debug, Serialize)]
pub struct CounterView {
    /// Its key.
    pub key: String,
    /// What it is; none: its Redis key is not there.
    pub value: Option<i64>,
    /// How often it changed, as far as is known here.
    pub version: i64,
    /// When it last did; none: it never changed.
    pub changed_at: Option<Timestamp>,
    /// Since when its Redis key is gone.
    pub vanished_at: Option<Timestamp>,
    /// What HubSpot showed last; none: nobody has looked yet.
    pub property: Option<SeenView>,
    /// Whether HubSpot is known to have shown the value that it has now.
    pub shown: bool,
    /// Since when HubSpot lacks a change.
    pub waiting_since: Option<Timestamp>,
    /// When the property was last known to be right.
    pub agreed_at: Option<Timestamp>,
    /// The run that found it wrong, until it is right.
    pub repairing: Option<String>,
    /// How its value gets to the property; none: it never changed, so there is nothing to push.
    pub push: Option<PushView>,
}

/// What a property showed.
#[derive(Debug, Serialize)]
pub struct SeenView {
    /// The number, where it was one.
    pub value: Option<i64>,
    /// `number`, `empty`, `other` (no whole number) or `no_record`.
    pub is: &'static str,
    /// When it was read.
    pub at: Timestamp,
}

impl From<&Seen> for SeenView {
    fn from(seen: &Seen) -> Self {
        let (value, is) = property(&seen.property);
        Self { value, is, at: seen.at }
    }
}

/// What a property shows, and the word for its kind.
pub(super) fn property(property: &Property) -> (Option<i64>, &'static str) {
    let is = match property {
        Property::Number(_) => "number",
        Property::Empty => "empty",
        Property::Other(_) => "other",
        Property::NoRecord => "no_record",
    };
    (property.number(), is)
}

/// How a value gets to the property.
#[derive(Debug, Serialize)]
pub struct PushView {
    /// What is next: `quiet` (nothing), `trigger`, `write`, `look` or `parked`.
    pub stage: &'static str,
    /// When; of what is quiet, before when no other value may be sent.
    pub due_at: Timestamp,
    /// What was sent last, while it may still take effect.
    pub sent: Option<SentView>,
    /// Calls in a row that were not taken, or had no answer.
    pub failures: u32,
    /// Calls in a row that were accepted and never shown.
    pub rounds: u32,
    /// Why it is parked.
    pub reason: Option<String>,
}

/// What was sent.
#[derive(Debug, Serialize)]
pub struct SentView {
    /// The value.
    pub value: i64,
    /// `trigger` or `write`.
    pub way: Way,
    /// When.
    pub at: Timestamp,
    /// When its answer came, or was given up.
    pub answered_at: Option<Timestamp>,
    /// Whether nobody knows if it arrived.
    pub doubtful: bool,
}

impl From<Call> for SentView {
    fn from(call: Call) -> Self {
        let Call { value, way, sent_at, answered_at, doubtful, .. } = call;
        Self { value, way, at: sent_at, answered_at, doubtful }
    }
}

impl From<Counter> for CounterView {
    fn from(counter: Counter) -> Self {
        let push = counter.push;
        Self {
            shown: counter.version > 0 && counter.shown_version == counter.version,
            key: counter.key,
            value: counter.vanished_at.is_none().then_some(counter.value),
            version: counter.version,
            changed_at: Some(counter.changed_at),
            vanished_at: counter.vanished_at,
            property: push.seen.as_ref().map(SeenView::from),
            waiting_since: counter.waiting_since,
            agreed_at: counter.agreed_at,
            repairing: counter.repairing,
            push: Some(PushView {
                stage: stage_word(push.stage),
                due_at: push.due,
                sent: push.call.map(SentView::from),
                failures: push.failures,
                rounds: push.rounds,
                reason: push.parked.map(|parked| parked.to_string()),
            }),
        }
    }
}

impl From<Reading> for CounterView {
    fn from(reading: Reading) -> Self {
        let Reading { key, value, row } = reading;
        let never = Self {
            key,
            value,
            version: 0,
            changed_at: None,
            vanished_at: None,
            property: None,
            shown: false,
            waiting_since: None,
            agreed_at: None,
            repairing: None,
            push: None,
        };
        match row {
            Some(row) => Self { value, ..Self::from(row) },
            None => never,
        }
    }
}
