//! Record ids: long numbers that grow, with gaps, because an account shares the sequence with others.

use super::super::types::TypeId;
use crate::house::Dice;

/// One type's ids in one account.
#[derive(Debug)]
pub(super) struct Ids {
    dice: Dice,
    next: u64,
}

/// The largest gap between two ids.
const GAP: u64 = 5;

impl Ids {
    /// The ids of `object_type` in `portal`.
    pub(super) fn new(seed: u64, portal: u64, object_type: TypeId) -> Self {
        let mut dice = Dice::new(seed, &format!("hubspot.{portal}.ids.{object_type}"));
        let next = beginning(object_type) + dice.below(100_000);
        Self { dice, next }
    }

    /// The next one.
    pub(super) fn take(&mut self) -> u64 {
        let id = self.next;
        self.next += 1 + self.dice.below(GAP);
        id
    }
}

/// Every type's ids lie elsewhere, so that one taken for another's is noticed.
fn beginning(object_type: TypeId) -> u64 {
    match (object_type.space, object_type.number) {
        (0, 1) => 171_591_000_000,
        (0, 2) => 36_107_000_000,
        (0, 3) => 43_512_000_000,
        (0, number) => 50_000_000_000 + number * 100_000_000,
        (_, number) => 40_577_000_000 + number % 997,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_grow_with_gaps_and_come_again_for_the_same_seed() {
        let take = |seed| {
            let mut ids = Ids::new(seed, 62_515, TypeId::CONTACT);
            (0..100).map(|_| ids.take()).collect::<Vec<_>>()
        };
        let first = take(1);
        assert!(first[0] >= 171_591_000_000);
        assert!(first.windows(2).all(|pair| pair[0] < pair[1] && pair[1] <= pair[0] + GAP));
        assert!(first.windows(2).any(|pair| pair[1] > pair[0] + 1));
        assert_eq!((first == take(1), first == take(2)), (true, false));
    }
}
