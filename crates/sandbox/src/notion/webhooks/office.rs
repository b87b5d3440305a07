//! Subscriptions, and changes that wait to be told.

use super::aggregate::aggregate;
use super::event::Event;
use crate::house::Dice;
use crate::notion::content::hand::Change;
use crate::notion::id::Id;
use crate::notion::settings::Webhooks;
use std::collections::{BTreeMap, BTreeSet};

/// Where an integration wants to be told.
#[derive(Debug, Clone)]
pub(crate) struct Subscription {
    pub(crate) id: Id,
    pub(crate) integration: Id,
    /// The workspace of an internal integration; none: the public one, wherever it was let in.
    pub(crate) workspace: Option<usize>,
    pub(crate) url: String,
    /// The secret of the signatures.
    pub(crate) token: String,
    pub(crate) status: Status,
    /// None: all types.
    pub(crate) types: Option<BTreeSet<String>>,
    pub(crate) api_version: String,
}

/// How far a subscription is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// Nobody has shown the token yet.
    Pending,
    Active,
    /// Switched off by hand.
    Paused,
}

impl Status {
    /// For people.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending_verification",
            Self::Active => "active",
            Self::Paused => "paused",
        }
    }
}

impl Subscription {
    /// Whether its version tells of data sources.
    pub(crate) fn with_sources(&self) -> bool {
        self.api_version.as_str() >= "2025-09-03"
    }

    /// Whether it wants events of this type.
    pub(crate) fn wants(&self, kind: &str) -> bool {
        let Some(types) = &self.types else { return true };
        let thing = kind.split('.').next().unwrap_or_default();
        types.contains(kind) || types.contains(&format!("{thing}.*"))
    }
}

/// All subscriptions, and what waits.
#[derive(Debug)]
pub(crate) struct Office {
    pub(crate) subscriptions: Vec<Subscription>,
    /// By entity, in the order of their ids so that the same script tells the same story.
    waiting: BTreeMap<Id, Waiting>,
    pub(crate) dice: Dice,
}

#[derive(Debug)]
struct Waiting {
    due: i64,
    changes: Vec<Change>,
}

impl Office {
    /// Without subscriptions.
    pub(crate) fn new(dice: Dice) -> Self {
        Self { subscriptions: Vec::new(), waiting: BTreeMap::new(), dice }
    }

    /// Notes a change; says when what waits for it is due, if that is new.
    pub(crate) fn add(&mut self, change: Change, settings: &Webhooks) -> Option<i64> {
        if let Some(waiting) = self.waiting.get_mut(&change.entity.id) {
            waiting.changes.push(change);
            return None;
        }
        let due = change.at.saturating_add(settings.aggregation_ms.max(0));
        self.waiting.insert(change.entity.id, Waiting { due, changes: vec![change] });
        Some(due)
    }

    /// What is due by now, joined, in the order in which it goes out.
    pub(crate) fn take_due(&mut self, now: i64, settings: &Webhooks) -> Vec<Event> {
        let due: Vec<Id> =
            self.waiting.iter().filter(|(_, waiting)| waiting.due <= now).map(|(id, _)| *id).collect();
        let mut events: Vec<Event> = due
            .into_iter()
            .filter_map(|id| self.waiting.remove(&id))
            .flat_map(|waiting| aggregate(&waiting.changes, settings))
            .collect();
        events.sort_by_key(|event| event.at);
        if settings.shuffle {
            self.dice.shuffle(&mut events);
        }
        events
    }

    /// A subscription.
    pub(crate) fn find(&self, id: Id) -> Option<&Subscription> {
        self.subscriptions.iter().find(|subscription| subscription.id == id)
    }

    /// The same, to change.
    pub(crate) fn find_mut(&mut self, id: Id) -> Option<&mut Subscription> {
        self.subscriptions.iter_mut().find(|subscription| subscription.id == id)
    }
}
