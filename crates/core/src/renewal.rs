//! When a connection's tokens are renewed, and how long to wait when they cannot be.

use crate::time::Timestamp;
use rand::{Rng, RngExt as _};
use std::time::Duration;

/// The longest a job waits before it looks again.
const LOOK_AGAIN: Duration = Duration::from_secs(24 * 60 * 60);
/// How soon to try again when a provider does not say.
const SOON: Duration = Duration::from_secs(10);
/// The soonest to try again, whatever a provider says.
const SOONEST: Duration = Duration::from_secs(1);

/// From when on a token that ends at `expires_at` is to be renewed: `before` its end, but not in the first half of its life, or a token
/// that lives shorter than `before` would be renewed at every use. None for one without an end.
#[must_use]
pub fn refresh_at(expires_at: Option<Timestamp>, before: Duration, now: Timestamp) -> Option<Timestamp> {
    let end = expires_at?;
    Some(end.minus(before.min(end.since(now) / 2)))
}

/// Whether it is time.
#[must_use]
pub fn is_due(refresh_at: Option<Timestamp>, now: Timestamp) -> bool {
    refresh_at.is_some_and(|at| at <= now)
}

/// Whether the token is good for a moment yet, as far as its end is known.
#[must_use]
pub fn is_alive(expires_at: Option<Timestamp>, now: Timestamp) -> bool {
    expires_at.is_none_or(|end| end > now.plus(SOONEST))
}

/// When the job of an idle connection runs: within the first quarter after it is time, by chance, so that accounts which were connected
/// together are not renewed together; at the latest in a day, to look again.
#[must_use]
pub fn job_at(refresh_at: Timestamp, before: Duration, now: Timestamp, rng: &mut dyn Rng) -> Timestamp {
    let spread = u64::try_from(before.as_millis() / 4).unwrap_or(0);
    let at = refresh_at.plus(Duration::from_millis(rng.random_range(0..=spread)));
    at.min(now.plus(LOOK_AGAIN)).max(now)
}

/// How long to leave the token endpoint alone.
#[must_use]
pub fn pause(wait: Option<Duration>) -> Duration {
    wait.unwrap_or(SOON).max(SOONEST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;

    const MINUTE: Duration = Duration::from_secs(60);
    const NOW: Timestamp = Timestamp::from_millis(1_767_225_600_000);

    fn minutes(count: u32) -> Timestamp {
        NOW.plus(MINUTE * count)
    }

    #[test]
    fn a_token_is_renewed_so_long_before_its_end() {
        assert_eq!(refresh_at(Some(minutes(30)), MINUTE * 5, NOW), Some(minutes(25)));
        assert_eq!(refresh_at(None, MINUTE * 5, NOW), None);
    }

    #[test]
    fn a_short_lived_token_is_used_for_half_its_life() {
        assert_eq!(refresh_at(Some(minutes(8)), MINUTE * 5, NOW), Some(minutes(4)));
        assert_eq!(refresh_at(Some(NOW), MINUTE * 5, NOW), Some(NOW), "over already");
        assert_eq!(refresh_at(Some(NOW.minus(MINUTE)), MINUTE * 5, NOW), Some(NOW.minus(MINUTE)));
    }

    #[test]
    fn it_is_due_from_its_moment_on_and_alive_until_just_before_its_end() {
        assert!(!is_due(Some(minutes(1)), NOW) && is_due(Some(NOW), NOW) && is_due(Some(NOW), minutes(9)));
        assert!(!is_due(None, NOW));
        assert!(is_alive(Some(minutes(1)), NOW) && is_alive(None, NOW));
        assert!(!is_alive(Some(NOW), NOW) && !is_alive(Some(NOW.plus(SOONEST)), NOW));
    }

    #[test]
    fn the_jobs_of_accounts_connected_together_run_apart_and_in_time() {
        let mut rng = StdRng::seed_from_u64(1);
        let at: Vec<Timestamp> = (0..100).map(|_| job_at(minutes(25), MINUTE * 5, NOW, &mut rng)).collect();
        assert!(at.iter().all(|at| (minutes(25)..=minutes(26).plus(MINUTE / 4)).contains(at)), "{at:?}");
        assert!(at.iter().collect::<std::collections::BTreeSet<_>>().len() > 50, "{at:?}");
    }

    #[test]
    fn a_job_never_lies_in_the_past_nor_more_than_a_day_ahead() {
        let mut rng = StdRng::seed_from_u64(1);
        assert!(job_at(NOW.minus(MINUTE * 60), MINUTE, NOW, &mut rng) == NOW);
        assert_eq!(job_at(minutes(60 * 24 * 60), MINUTE, NOW, &mut rng), minutes(60 * 24));
    }

    #[test]
    fn a_provider_says_how_long_to_wait_but_never_no_time_at_all() {
        assert_eq!(pause(None), SOON);
        assert_eq!(pause(Some(Duration::ZERO)), SOONEST);
        assert_eq!(pause(Some(MINUTE)), MINUTE);
    }
}
