//! Who is there: the people and things that somebody at a provider may work on next.

use rand::{Rng, RngExt as _};
use std::collections::VecDeque;

/// Whoever was worked on is left alone for so many turns.
const REST: usize = 16;

/// A person whom both sides know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pair {
    /// The contact's id at HubSpot.
    pub(super) contact: String,
    /// The customer's URI at 10to8.
    pub(super) customer: String,
    pub(super) name: String,
}

/// Something with an id and a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Thing {
    pub(super) id: String,
    pub(super) name: String,
}

/// All of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Cast {
    pub(super) pairs: Vec<Pair>,
    pub(super) companies: Vec<Thing>,
    pub(super) deals: Vec<Thing>,
    /// Pages in a data source at Notion.
    pub(super) pages: Vec<Thing>,
    /// Rows of a table at Airtable.
    pub(super) rows: Vec<Thing>,
    /// Exams that are booked.
    pub(super) exams: Vec<Thing>,
    /// Customers who have an address or a name that HubSpot does not take.
    pub(super) odd: Vec<Pair>,
    pub(super) recent: VecDeque<String>,
    pub(super) made: u32,
}

impl Cast {
    /// Somebody who was left alone for a while, and is now at work.
    pub(super) fn somebody(&mut self, dice: &mut dyn Rng) -> Option<Pair> {
        let rested: Vec<&Pair> = self
            .pairs
            .iter()
            .filter(|pair| !self.recent.contains(&pair.contact))
            .filter(|pair| !self.odd.iter().any(|odd| odd.contact == pair.contact))
            .collect();
        let pair = (*pick(&rested, dice)?).clone();
        self.recent.push_back(pair.contact.clone());
        if self.recent.len() > REST {
            self.recent.pop_front();
        }
        Some(pair)
    }

    /// The same, and they are gone from here.
    pub(super) fn leaver(&mut self, dice: &mut dyn Rng) -> Option<Pair> {
        let pair = self.somebody(dice)?;
        self.pairs.retain(|other| other.contact != pair.contact);
        Some(pair)
    }

    /// A number nobody else has got here.
    pub(super) fn fresh(&mut self) -> u32 {
        self.made += 1;
        self.made
    }

    /// The pairs as the hub lists them. Who is odd stays so.
    pub(super) fn has_pairs(&mut self, pairs: Vec<Pair>) {
        self.odd.retain(|odd| pairs.iter().any(|pair| pair.contact == odd.contact));
        self.pairs = pairs;
    }
}

/// One of them, any.
pub(super) fn pick<'a, T>(all: &'a [T], dice: &mut dyn Rng) -> Option<&'a T> {
    (!all.is_empty()).then(|| &all[dice.random_range(0..all.len())])
}

/// Given names and family names that people make up.
pub(super) const GIVEN: [&str; 12] = [
    "Ada", "Grace", "Edsger", "Barbara", "Alan", "Frances", "Niklaus", "Hedy", "Claude", "Radia", "Tony",
    "Karen",
];
pub(super) const FAMILY: [&str; 12] = [
    "Lovelace", "Hopper", "Dijkstra", "Liskov", "Turing", "Allen", "Wirth", "Lamarr", "Shannon", "Perlman",
    "Hoare", "Jones",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dice::Dice;

    fn cast(people: usize) -> Cast {
        let pair =
            |n: usize| Pair { contact: format!("{n}"), customer: format!("c{n}"), name: format!("P{n}") };
        Cast { pairs: (0..people).map(pair).collect(), ..Cast::default() }
    }

    #[test]
    fn nobody_is_worked_on_twice_within_a_while_and_the_odd_are_left_alone() {
        let dice = Dice::seeded(7);
        let mut cast = cast(40);
        cast.odd = vec![cast.pairs[3].clone()];
        let mut last: Vec<String> = Vec::new();
        for _ in 0..200 {
            let one = dice.with(|dice| cast.somebody(dice)).expect("forty are enough");
            assert!(!last.iter().rev().take(REST).any(|before| *before == one.contact));
            assert_ne!(one.contact, "3");
            last.push(one.contact);
        }
    }

    #[test]
    fn who_leaves_is_not_asked_again() {
        let dice = Dice::seeded(7);
        let mut cast = cast(3);
        let gone: Vec<Option<Pair>> = (0..4).map(|_| dice.with(|dice| cast.leaver(dice))).collect();
        assert!(gone[..3].iter().all(Option::is_some) && gone[3].is_none(), "{gone:?}");
    }
}
