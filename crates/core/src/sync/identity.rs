//! Which record of the other side is the same thing as this one.
//!
//! In this order:
//! 1. *External ids.* A record that names another as its counterpart claims it. Where both claim each other, nothing else counts.
//!    One claim alone is enough: the answer that would have set the other was lost.
//! 2. *Keys*, in the agreement's order: the first that finds somebody decides. A later key does not find those whom an earlier one
//!    tells apart: people with other e-mail addresses are other people, whose phone they may share.
//!
//! Who is linked already, or names somebody else that is there, is nobody's counterpart any more: copied records carry the ids of what
//! they were copied from, and a record that was just created for one is not for another that looks alike. By a claim or the first
//! key that is worth telling (there are two of one thing); by a later key it means nothing.

use super::agreement::Agreement;
use super::mapping::match_values;
use super::side::Side;
use super::value::Fields;
use std::collections::{BTreeMap, BTreeSet};

#[cfg(test)]
mod tests;

/// Another record that could be the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Its id.
    pub id: String,
    /// Its [`keys`], without claims of records that are not there (any more): those are of no account.
    pub keys: BTreeSet<String>,
    /// Whether it is linked to another record already, and to which.
    pub linked_to: Option<String>,
}

/// Who a record is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// The same as this one.
    Is(String),
    /// Nobody: it may be created.
    Nobody,
    /// One of these; a person has to say which.
    Ambiguous(Vec<String>),
    /// The same as one that is linked to another already.
    Taken {
        /// That one.
        id: String,
        /// The one it is linked to.
        by: String,
    },
}

/// What a record of `side` is found by: `x:` and an id for every record of the other side that its external id names (10to8 facts 8:
/// after a merge there are several with commas between), and for every value of a matching key its number, a colon and the value in
/// normal form.
#[must_use]
pub fn keys(agreement: &Agreement, side: Side, fields: &Fields) -> BTreeSet<String> {
    let external = agreement.sides[side].external.as_ref().and_then(|field| fields.get(field));
    let named = external.into_iter().flat_map(|value| value.texts()).flat_map(|text| text.split(','));
    let mut keys: BTreeSet<String> = named.map(str::trim).filter(|id| !id.is_empty()).map(claim).collect();
    for number in 0..agreement.matching.len() {
        let values = match_values(agreement, number, side, fields);
        keys.extend(values.into_iter().map(|value| format!("{number}:{value}")));
    }
    keys
}

/// The key that a record has which names the record `id` of the other side as its own.
#[must_use]
pub fn claim(id: &str) -> String {
    format!("{CLAIM}{id}")
}

const CLAIM: &str = "x:";

/// The keys of a record by how they are looked up: the first are what [`identify`] goes by before any other, each later one
/// concerns only those whom no earlier one of the record's tells apart from it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lookups {
    /// Values of the first matching key.
    pub first: BTreeSet<String>,
    /// Values of later ones, by the numbers of those before them of which the record has values: who has any of those too is not
    /// found by these.
    pub later: BTreeMap<Vec<usize>, BTreeSet<String>>,
    /// The records of the other side that this one claims.
    pub claimed: BTreeSet<String>,
}

/// How a record with these [`keys`] is looked up.
#[must_use]
pub fn lookups(keys: &BTreeSet<String>) -> Lookups {
    let mut found = Lookups::default();
    let mut numbers: Vec<usize> = keys.iter().filter_map(|key| number(key)).collect();
    numbers.sort_unstable();
    numbers.dedup();
    for key in keys {
        match number(key) {
            None => found.claimed.extend(key.strip_prefix(CLAIM).map(str::to_owned)),
            Some(0) => drop(found.first.insert(key.clone())),
            Some(later) => {
                let before = numbers.iter().copied().take_while(|number| *number < later).collect();
                found.later.entry(before).or_default().insert(key.clone());
            }
        }
    }
    found
}

/// Who the record `id` with these keys is among these candidates of the other side. More candidates than have a key in common
/// do no harm.
#[must_use]
pub fn identify(id: &str, keys: &BTreeSet<String>, candidates: &[Candidate]) -> Identity {
    let me = Me { id, keys };
    me.by_claim(candidates).or_else(|| me.by_keys(candidates)).unwrap_or(Identity::Nobody)
}

struct Me<'a> {
    id: &'a str,
    keys: &'a BTreeSet<String>,
}

impl Me<'_> {
    fn claims(&self, other: &Candidate) -> bool {
        self.keys.contains(&claim(&other.id))
    }

    fn is_claimed_by(&self, other: &Candidate) -> bool {
        other.keys.contains(&claim(self.id))
    }

    /// Whose it is already: who is linked to it, or whom it names and not this one.
    fn owner(&self, other: &Candidate) -> Option<String> {
        if let Some(linked) = &other.linked_to {
            return (linked != self.id).then(|| linked.clone());
        }
        let named = || other.keys.iter().find_map(|key| key.strip_prefix(CLAIM));
        if self.is_claimed_by(other) { None } else { named().map(str::to_owned) }
    }

    fn by_claim(&self, candidates: &[Candidate]) -> Option<Identity> {
        let claimed = |other: &&Candidate| self.claims(other) || self.is_claimed_by(other);
        let all: Vec<&Candidate> = candidates.iter().filter(claimed).collect();
        let mutual: Vec<&Candidate> =
            all.iter().copied().filter(|other| self.claims(other) && self.is_claimed_by(other)).collect();
        self.decide(if mutual.is_empty() { &all } else { &mutual })
    }

    /// One that is free is the one; several leave it to a person.
    fn decide(&self, among: &[&Candidate]) -> Option<Identity> {
        let free: Vec<&Candidate> =
            among.iter().copied().filter(|other| self.owner(other).is_none()).collect();
        match free.as_slice() {
            [one] => Some(Identity::Is(one.id.clone())),
            [] => among
                .iter()
                .find_map(|other| Some(Identity::Taken { id: other.id.clone(), by: self.owner(other)? })),
            several => Some(Identity::Ambiguous(several.iter().map(|other| other.id.clone()).collect())),
        }
    }

    fn by_keys(&self, candidates: &[Candidate]) -> Option<Identity> {
        let found: Vec<(usize, &Candidate)> =
            candidates.iter().filter_map(|other| Some((self.first_common(other)?, other))).collect();
        let mut numbers: Vec<usize> = found.iter().map(|(number, _)| *number).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers.into_iter().find_map(|number| {
            let among: Vec<&Candidate> =
                found.iter().filter(|(common, _)| *common == number).map(|(_, other)| *other).collect();
            self.decide(&among).filter(|found| number == 0 || !matches!(found, Identity::Taken { .. }))
        })
    }

    /// The number of the first key that both have values of, if they have one in common: a key that tells them apart ends the search.
    fn first_common(&self, other: &Candidate) -> Option<usize> {
        let mut numbers: Vec<usize> = self.keys.iter().filter_map(|key| number(key)).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let has = |number: usize| other.keys.iter().any(|key| self::number(key) == Some(number));
        let first = numbers.into_iter().find(|number| has(*number))?;
        let common = self.keys.intersection(&other.keys).any(|key| number(key) == Some(first));
        common.then_some(first)
    }
}

/// Which matching key it is of; none for a claim.
fn number(key: &str) -> Option<usize> {
    key.split_once(':')?.0.parse().ok()
}
