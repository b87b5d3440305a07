//! When to try again, and when to stop trying.

use crate::time::Timestamp;
use rand::{Rng, RngExt};
use std::time::Duration;

/// How a failing piece of work is tried again: waits that grow by a factor up to a cap, then an end.
///
/// Delays have *equal jitter*: half of the wait is fixed, the other half is chance. Chance is needed so that
/// everything which failed in one outage does not come back in one instant; the fixed half is needed because what we
/// retry talks to somebody else's server, and full jitter would now and then knock again at once, which the first
/// wait exists to prevent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// The longest wait after the first failure.
    pub base: Duration,
    /// By how much the wait grows with every further failure; 0 and 1 both mean that it does not grow.
    pub factor: u32,
    /// The longest wait of all.
    pub cap: Duration,
    /// How many attempts there are in all, the first included.
    pub max_attempts: u32,
}

impl RetryPolicy {
    /// When to try again after `attempts_so_far` failed attempts; `None` when that was the last one and the work is
    /// to be parked for a human.
    ///
    /// The instant lies between half of [`RetryPolicy::longest_wait`] and the whole of it after `now`.
    #[must_use]
    pub fn next_attempt(&self, attempts_so_far: u32, now: Timestamp, rng: &mut dyn Rng) -> Option<Timestamp> {
        if attempts_so_far >= self.max_attempts {
            return None;
        }
        let longest = millis(self.longest_wait(attempts_so_far));
        let shortest = longest / 2;
        let wait = shortest + rng.random_range(0..=longest - shortest);
        Some(now.plus(Duration::from_millis(wait)))
    }

    /// The longest wait after `attempts_so_far` failed attempts: `base × factor^(attempts − 1)`, at most the cap. It
    /// never shrinks as attempts go by and never overflows.
    #[must_use]
    pub fn longest_wait(&self, attempts_so_far: u32) -> Duration {
        let growth = self.factor.max(1).saturating_pow(attempts_so_far.saturating_sub(1));
        self.base.saturating_mul(growth).min(self.cap)
    }
}

/// How long a worker may wait before it renews a lease it still needs: a third of it, so that one renewal may fail or
/// come late and the next is still in time.
#[must_use]
pub fn lease_renewal(lease: Duration) -> Duration {
    lease / 3
}

/// Whole milliseconds; more than fit are as many as fit.
fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    const SECOND: Duration = Duration::from_secs(1);

    fn any_policy() -> impl Strategy<Value = RetryPolicy> {
        let span = prop_oneof![(0u64..100_000).prop_map(Duration::from_millis), any::<Duration>()];
        (span.clone(), any::<u32>(), span, 0u32..50)
            .prop_map(|(base, factor, cap, max_attempts)| RetryPolicy { base, factor, cap, max_attempts })
    }

    #[test]
    fn waits_double_up_to_the_cap() {
        let policy = RetryPolicy { base: SECOND, factor: 2, cap: 10 * SECOND, max_attempts: 6 };
        let waits: Vec<u64> = (1..=6).map(|attempts| policy.longest_wait(attempts).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 10, 10]);
    }

    #[test]
    fn both_halves_of_the_jitter_are_used() {
        let policy = RetryPolicy { base: SECOND, factor: 2, cap: 10 * SECOND, max_attempts: 2 };
        let mut rng = StdRng::seed_from_u64(7);
        let mut waits: Vec<i64> = (0..1000)
            .map(|_| policy.next_attempt(1, Timestamp::default(), &mut rng).unwrap().as_millis())
            .collect();
        waits.sort_unstable();
        assert!(waits[0] < 510 && waits[999] > 990 && (700..800).contains(&waits[500]), "{waits:?}");
    }

    proptest! {
        #[test]
        fn the_next_attempt_lies_within_its_bounds(
            policy in any_policy(), attempts in 0u32..60, now in 0..=Timestamp::MAX_MILLIS, seed: u64,
        ) {
            let now = Timestamp::from_millis(now);
            let next = policy.next_attempt(attempts, now, &mut StdRng::seed_from_u64(seed));
            prop_assert_eq!(next.is_none(), attempts >= policy.max_attempts);
            if let Some(next) = next {
                let longest = policy.longest_wait(attempts);
                prop_assert!(next >= now && next <= now.plus(longest));
                prop_assert!(next.plus(Duration::from_millis(1)) >= now.plus(longest / 2));
                prop_assert!(longest <= policy.cap && policy.longest_wait(attempts + 1) >= longest);
                let again = policy.next_attempt(attempts, now, &mut StdRng::seed_from_u64(seed));
                prop_assert_eq!(again, Some(next));
            }
        }

        #[test]
        fn two_renewals_fit_into_a_lease(lease: Duration) {
            prop_assert!(lease_renewal(lease) * 2 <= lease);
        }
    }
}
