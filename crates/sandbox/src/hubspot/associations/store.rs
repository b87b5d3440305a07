//! Associations in memory, a million of them in some sixty megabytes: pairs of ids in order, and of the kinds between two
//! records only which combination it is.

use super::settings::Settings;
use crate::hubspot::types::TypeId;
use std::collections::BTreeMap;
use std::sync::Arc;

/// An account's associations. Each is kept twice, once from either side.
#[derive(Debug, Default)]
pub(crate) struct Associations {
    /// What is only guessed, as it was set at the last write.
    pub(crate) rules: Arc<Settings>,
    sides: BTreeMap<(TypeId, TypeId), Side>,
}

/// From one type to another.
#[derive(Debug, Default)]
struct Side {
    /// From and to, and which combination of kinds.
    pairs: BTreeMap<(u64, u64), u16>,
    /// Each combination there is once, ids ascending.
    combinations: Vec<Box<[u64]>>,
}

impl Associations {
    /// The kinds there are between two records.
    pub(super) fn kinds(&self, (from_type, from): (TypeId, u64), (to_type, to): (TypeId, u64)) -> &[u64] {
        let side = self.sides.get(&(from_type, to_type));
        side.and_then(|side| Some(side.combination(*side.pairs.get(&(from, to))?))).unwrap_or_default()
    }

    /// From now on exactly these kinds, from one side; none: no association.
    pub(super) fn set(
        &mut self,
        (from_type, from): (TypeId, u64),
        (to_type, to): (TypeId, u64),
        kinds: &[u64],
    ) {
        let side = self.sides.entry((from_type, to_type)).or_default();
        if kinds.is_empty() {
            side.pairs.remove(&(from, to));
        } else {
            let combination = side.number(kinds);
            side.pairs.insert((from, to), combination);
        }
    }

    /// What a record is associated with, by ascending id from `first` on.
    pub(super) fn of(
        &self,
        (from_type, from): (TypeId, u64),
        to_type: TypeId,
        first: u64,
    ) -> impl Iterator<Item = (u64, &[u64])> {
        let side = self.sides.get(&(from_type, to_type));
        side.into_iter().flat_map(move |side| {
            let pairs = side.pairs.range((from, first)..=(from, u64::MAX));
            pairs.map(move |((_, to), combination)| (*to, side.combination(*combination)))
        })
    }

    /// The types records of this type are associated with.
    pub(super) fn types(&self, from_type: TypeId) -> Vec<TypeId> {
        self.sides.keys().filter(|(from, _)| *from == from_type).map(|(_, to)| *to).collect()
    }
}

impl Side {
    fn combination(&self, number: u16) -> &[u64] {
        self.combinations.get(usize::from(number)).map_or(&[], |kinds| kinds)
    }

    fn number(&mut self, kinds: &[u64]) -> u16 {
        let mut kinds = kinds.to_vec();
        kinds.sort_unstable();
        kinds.dedup();
        let known = self.combinations.iter().position(|other| **other == *kinds);
        let number = known.unwrap_or_else(|| {
            self.combinations.push(kinds.into_boxed_slice());
            self.combinations.len() - 1
        });
        u16::try_from(number).unwrap_or(u16::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_kept_per_pair_and_listed_in_order() {
        let mut all = Associations::default();
        let (contact, company) = (TypeId::CONTACT, TypeId::COMPANY);
        all.set((contact, 1), (company, 9), &[279]);
        all.set((contact, 1), (company, 5), &[279, 1]);
        all.set((contact, 2), (company, 5), &[279]);
        let listed: Vec<_> =
            all.of((contact, 1), company, 0).map(|(to, kinds)| (to, kinds.to_vec())).collect();
        assert_eq!(listed, [(5, vec![1, 279]), (9, vec![279])]);
        assert_eq!(all.of((contact, 1), company, 6).count(), 1);
        all.set((contact, 1), (company, 5), &[]);
        assert_eq!(all.kinds((contact, 1), (company, 5)), &[] as &[u64]);
        assert_eq!(all.kinds((contact, 2), (company, 5)), [279]);
        assert_eq!(all.types(contact), [company]);
    }
}
