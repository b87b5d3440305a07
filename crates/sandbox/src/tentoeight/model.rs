//! What 10to8 keeps: organizations, their keys, customers and subscriptions (10to8 facts 4 and 6).

use crate::house::Dice;
use std::collections::{HashMap, HashSet};

/// The organizations every sandbox has.
pub(super) const ORGANIZATIONS: [&str; 2] = ["Lakeside Clinic", "Northgate Studio"];

/// Everything kept.
pub(super) struct State {
    pub(super) organizations: Vec<Organization>,
    /// Whose each API key is.
    pub(super) keys: HashMap<String, usize>,
    pub(super) last_subscription: u64,
    /// Counts the resets, so that what was on its way before one does not arrive after it.
    pub(super) era: u64,
    dice: Dice,
}

/// One organization.
#[derive(Default)]
pub(super) struct Organization {
    pub(super) name: &'static str,
    /// In the order of their making.
    pub(super) keys: Vec<String>,
    /// In the order of their making; nobody ever leaves this list.
    pub(super) customers: Vec<Customer>,
    /// Likewise.
    pub(super) subscriptions: Vec<Subscription>,
}

/// Whether a customer can be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Standing {
    #[default]
    Live,
    /// Listed with `include_deleted` only.
    Deleted,
    /// Never listed.
    Vanished,
}

/// A custom field's name and value.
pub(super) type Field = (Box<str>, Option<Box<str>>);

/// One customer, small enough for a million of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Customer {
    pub(super) name: Box<str>,
    pub(super) emails: Box<[Box<str>]>,
    pub(super) numbers: Box<[Box<str>]>,
    pub(super) custom_fields: Vec<Field>,
    /// When bookings begin, milliseconds since 1970.
    pub(super) bookings: Vec<i64>,
    pub(super) standing: Standing,
}

impl Customer {
    /// Whether a booking lies ahead.
    pub(super) fn is_booked_after(&self, now: i64) -> bool {
        self.bookings.iter().any(|begins| *begins > now)
    }

    /// Gone, with the bookings that lay ahead.
    pub(super) fn delete(&mut self, now: i64) {
        self.standing = Standing::Deleted;
        self.bookings.retain(|begins| *begins <= now);
    }
}

/// Somebody who wants to be notified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Subscription {
    pub(super) id: u64,
    pub(super) callback_url: String,
    pub(super) scope: String,
    /// When it ends, if ever. One that was removed ended before all time, and keeps its place, so that pages of the list
    /// do not shift.
    pub(super) ends: Option<i64>,
    pub(super) waiting: Waiting,
}

impl Subscription {
    /// Whether it is in force.
    pub(super) fn is_live(&self, now: i64) -> bool {
        self.ends.is_none_or(|ends| ends > now)
    }

    /// Takes it out of force for good.
    pub(super) fn remove(&mut self) {
        self.ends = Some(i64::MIN);
    }
}

/// Numbers of customers to be notified about together, each once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Waiting {
    order: Vec<u64>,
    seen: HashSet<u64>,
}

impl Waiting {
    /// Adds one; true when it is the first.
    pub(super) fn add(&mut self, number: u64) -> bool {
        let is_first = self.order.is_empty();
        if self.seen.insert(number) {
            self.order.push(number);
        }
        is_first
    }

    /// All of them, in the order of their first change; none wait any longer.
    pub(super) fn take(&mut self) -> Vec<u64> {
        self.seen.clear();
        std::mem::take(&mut self.order)
    }
}

impl State {
    /// The two organizations with a key each and nobody in them.
    pub(super) fn new(dice: Dice, era: u64) -> Self {
        let organization = |name| Organization { name, ..Organization::default() };
        let organizations = ORGANIZATIONS.into_iter().map(organization).collect();
        let mut state = Self { organizations, keys: HashMap::new(), last_subscription: 10, era, dice };
        for index in 0..ORGANIZATIONS.len() {
            state.new_key(index);
        }
        state
    }

    /// Makes another key.
    pub(super) fn new_key(&mut self, organization: usize) -> String {
        let key = self.dice.hex(40);
        self.keys.insert(key.clone(), organization);
        self.organizations[organization].keys.push(key.clone());
        key
    }

    /// Whether there was such a key to take away.
    pub(super) fn revoke_key(&mut self, key: &str) -> bool {
        let Some(organization) = self.keys.remove(key) else { return false };
        self.organizations[organization].keys.retain(|other| other != key);
        true
    }

    /// A number from 0 to `most`.
    pub(super) fn up_to(&mut self, most: i64) -> i64 {
        self.dice.between(0, most)
    }

    /// True with this probability.
    pub(super) fn chance(&mut self, probability: f64) -> bool {
        probability > 0.0 && self.dice.chance(probability)
    }
}

impl Organization {
    /// The customer with this number, whatever the standing.
    pub(super) fn any_customer(&self, index: usize) -> Option<&Customer> {
        self.customers.get(index).filter(|customer| customer.standing != Standing::Vanished)
    }

    /// The customer with this number, unless deleted.
    pub(super) fn live(&self, index: usize) -> Option<&Customer> {
        self.customers.get(index).filter(|customer| customer.standing == Standing::Live)
    }

    /// The same, to be changed.
    pub(super) fn live_mut(&mut self, index: usize) -> Option<&mut Customer> {
        self.customers.get_mut(index).filter(|customer| customer.standing == Standing::Live)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_booking_in_the_past_no_longer_counts() {
        let customer = Customer { bookings: vec![100], ..Customer::default() };
        assert!(customer.is_booked_after(99));
        assert!(!customer.is_booked_after(100));
    }

    #[test]
    fn a_customer_waits_once_and_the_first_one_is_told() {
        let mut waiting = Waiting::default();
        assert!(waiting.add(5));
        assert!(!waiting.add(7) && !waiting.add(7));
        assert_eq!(waiting.take(), [5, 7]);
        assert!(waiting.add(7));
    }

    #[test]
    fn a_revoked_key_is_nobodys() {
        let mut state = State::new(Dice::new(1, "test"), 0);
        let key = state.new_key(1);
        assert_eq!(state.keys.get(&key), Some(&1));
        assert!(state.revoke_key(&key) && !state.revoke_key(&key));
        assert_eq!((state.keys.len(), state.organizations[1].keys.len()), (2, 1));
    }
}
