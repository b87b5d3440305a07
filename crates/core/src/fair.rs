//! Fairness between organizations: who gets the free workers.
//!
//! Without it one organization's backlog of a million would keep everybody else waiting behind it. Slots go round by
//! round, one to each organization that can use it, from the organization after the one served last.

/// What one organization has waiting and at work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate<O> {
    /// The organization. Each may be named once.
    pub org: O,
    /// How many pieces of its work are due now.
    pub due: usize,
    /// How many pieces of its work are leased at this moment.
    pub in_flight: usize,
}

/// How many pieces to claim from whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shares<O> {
    /// Organizations that get something, in the order in which the round reached them, and how much.
    pub claims: Vec<(O, usize)>,
    /// Who got the last slot; hand it back at the next call. Who it was before, when nobody got anything.
    pub last_served: Option<O>,
}

/// Shares out `free_slots` among the candidates, at most `cap` pieces in flight for each.
///
/// Nothing is left idle that could be used, and while an organization could still take a slot nobody gets two more
/// than it. `last_served` is the organization at which the previous call ended; it need not be among the candidates.
pub fn share<O: Ord + Clone>(
    candidates: &[Candidate<O>],
    last_served: Option<&O>,
    free_slots: usize,
    cap: usize,
) -> Shares<O> {
    let mut turns: Vec<Turn<'_, O>> = candidates
        .iter()
        .map(|c| Turn { org: &c.org, room: c.due.min(cap.saturating_sub(c.in_flight)), claimed: 0 })
        .filter(|turn| turn.room > 0)
        .collect();
    turns.sort_unstable_by_key(|turn| turn.org);
    let first = last_served.map_or(0, |last| turns.partition_point(|turn| turn.org <= last));
    turns.rotate_left(first);

    let last_served = deal(&mut turns, free_slots).or(last_served).cloned();
    let claims =
        turns.into_iter().filter(|turn| turn.claimed > 0).map(|turn| (turn.org.clone(), turn.claimed));
    Shares { claims: claims.collect(), last_served }
}

/// One organization's place in the round.
struct Turn<'a, O> {
    org: &'a O,
    /// How many pieces it could take; never 0.
    room: usize,
    claimed: usize,
}

/// Deals the slots out one by one, round after round; answers who got the last one.
fn deal<'a, O>(turns: &mut [Turn<'a, O>], mut free_slots: usize) -> Option<&'a O> {
    let mut last_served = None;
    let mut someone_took = true;
    while someone_took {
        someone_took = false;
        for turn in turns.iter_mut().filter(|turn| turn.claimed < turn.room) {
            if free_slots == 0 {
                return last_served;
            }
            free_slots -= 1;
            turn.claimed += 1;
            last_served = Some(turn.org);
            someone_took = true;
        }
    }
    last_served
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn candidate(org: &str, due: usize, in_flight: usize) -> Candidate<String> {
        Candidate { org: org.to_owned(), due, in_flight }
    }

    fn candidates() -> impl Strategy<Value = Vec<Candidate<String>>> {
        prop::collection::btree_map("[a-f]", (0usize..20, 0usize..12), 0..6)
            .prop_map(|orgs| orgs.into_iter().map(|(org, (due, busy))| candidate(&org, due, busy)).collect())
            .prop_shuffle()
    }

    #[test]
    fn a_large_backlog_does_not_hold_up_a_small_one() {
        let waiting = [candidate("big", 1_000_000, 0), candidate("small", 2, 0)];
        let shares = share(&waiting, None, 10, 8);
        assert_eq!(shares.claims, [("big".to_owned(), 8), ("small".to_owned(), 2)]);
        let shares = share(&waiting, Some(&"big".to_owned()), 3, 8);
        assert_eq!(shares.claims, [("small".to_owned(), 2), ("big".to_owned(), 1)]);
        assert_eq!(shares.last_served.as_deref(), Some("small"));
    }

    #[test]
    fn where_the_round_stopped_is_remembered_through_an_idle_call() {
        let shares = share(&[candidate("a", 0, 0), candidate("b", 5, 9)], Some(&"a".to_owned()), 4, 9);
        assert_eq!(shares, Shares { claims: vec![], last_served: Some("a".to_owned()) });
    }

    proptest! {
        #[test]
        fn shares_are_bounded_fair_and_leave_nothing_idle(
            waiting in candidates(), last in prop::option::of("[a-f]"), slots in 0usize..60, cap in 0usize..15,
        ) {
            let shares = share(&waiting, last.as_ref(), slots, cap);
            let got: BTreeMap<&str, usize> = shares.claims.iter().map(|(org, n)| (org.as_str(), *n)).collect();
            prop_assert_eq!(got.len(), shares.claims.len(), "an organization is named twice");
            let total: usize = got.values().sum();
            let room = |c: &Candidate<String>| c.due.min(cap.saturating_sub(c.in_flight));
            prop_assert_eq!(total, slots.min(waiting.iter().map(room).sum()));
            for c in &waiting {
                let mine = got.get(c.org.as_str()).copied().unwrap_or(0);
                prop_assert!(mine <= room(c));
                let most = got.values().copied().max().unwrap_or(0);
                prop_assert!(mine == room(c) || most <= mine + 1, "{} waits while another has {most}", c.org);
            }
        }

        #[test]
        fn one_slot_at_a_time_serves_everybody_before_anybody_twice(
            waiting in candidates(), last in prop::option::of("[a-f]"),
        ) {
            let mut left: Vec<&str> = waiting.iter().filter(|c| c.due > 0).map(|c| c.org.as_str()).collect();
            let mut last = last;
            while !left.is_empty() {
                let shares = share(&waiting, last.as_ref(), 1, usize::MAX);
                let (org, n) = shares.claims[0].clone();
                prop_assert_eq!(n, 1);
                let place = left.iter().position(|o| *o == org);
                prop_assert!(place.is_some(), "{org} was served twice in one round");
                left.remove(place.unwrap());
                last = shares.last_served;
                prop_assert_eq!(last.as_ref(), Some(&org));
            }
        }
    }
}
