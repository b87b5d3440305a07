//! Strict order per key: of the messages of one key that an endpoint has not had yet, only the first may leave.
//!
//! A message that did not arrive therefore holds back those of its own key until it arrives or is given up, and nobody else's.
//! Messages without a key hold back nothing and are held back by nothing.

use std::collections::BTreeSet;

/// Of an endpoint's messages that are not settled, in the order in which they were published, those that may leave: the places of the
/// first of every key, and of all without one. A message that is under way is not settled either.
pub fn ready<'a>(keys: impl IntoIterator<Item = Option<&'a str>>) -> Vec<usize> {
    let mut seen = BTreeSet::new();
    let first = |(at, key): (usize, Option<&'a str>)| key.is_none_or(|key| seen.insert(key)).then_some(at);
    keys.into_iter().enumerate().filter_map(first).collect()
}

#[cfg(test)]
mod tests {
    use super::ready;
    use proptest::prelude::*;

    #[test]
    fn only_the_first_of_every_key_leaves() {
        assert_eq!(
            ready([Some("a"), Some("b"), Some("a"), None, Some("c"), Some("b"), None]),
            [0, 1, 3, 4, 6]
        );
        assert_eq!(ready([]), Vec::<usize>::new());
    }

    proptest! {
        /// Whatever is settled first of what may leave, every key's messages are settled in their order, and nothing gets stuck.
        #[test]
        fn settling_in_any_order_keeps_every_keys_order(
            keys in prop::collection::vec(prop::option::of("[abc]"), 0..30), choices in prop::collection::vec(any::<prop::sample::Index>(), 30),
        ) {
            let mut waiting: Vec<(usize, Option<String>)> = keys.iter().cloned().enumerate().collect();
            let mut settled: Vec<(usize, Option<String>)> = Vec::new();
            for choice in choices.iter().take(keys.len()) {
                let may = ready(waiting.iter().map(|(_, key)| key.as_deref()));
                prop_assert!(!may.is_empty());
                settled.push(waiting.remove(may[choice.index(may.len())]));
            }
            for key in ["a", "b", "c"] {
                let of_key: Vec<usize> = settled.iter().filter(|(_, own)| own.as_deref() == Some(key)).map(|(at, _)| *at).collect();
                prop_assert!(of_key.is_sorted());
            }
        }
    }
}
