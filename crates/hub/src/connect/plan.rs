//! When credentials are renewed: decisions, without doing any of it.

use rand::{Rng, RngExt as _};
use std::time::Duration;
use syncline_core::time::Timestamp;

/// The longest a job waits before it looks again.
const LOOK_AGAIN: Duration = Duration::from_secs(24 * 60 * 60);
/// How soon to try again when a provider does not say.
const SOON: Duration = Duration::from_secs(10);
/// The soonest to try again, whatever a provider says.
const SOONEST: Duration = Duration::from_secs(1);

/// From when on a token that ends at `expires_at` is to be renewed: `before` its end, but not in the first half of its life, or a token
/// that lives shorter than `before` would be renewed at every use. None for one without an end.
pub(super) fn refresh_at(
    expires_at: Option<Timestamp>,
    before: Duration,
    now: Timestamp,
) -> Option<Timestamp> {
    let end = expires_at?;
    Some(end.minus(before.min(end.since(now) / 2)))
}

/// Whether it is time.
pub(super) fn is_due(refresh_at: Option<Timestamp>, now: Timestamp) -> bool {
    refresh_at.is_some_and(|at| at <= now)
}

/// Whether the token is good for a moment yet, as far as its end is known.
pub(super) fn is_alive(expires_at: Option<Timestamp>, now: Timestamp) -> bool {
    expires_at.is_none_or(|end| end > now.plus(SOONEST))
}

/// When the job of an idle connection runs: within the first quarter after it is time, by chance, so that accounts which were connected
/// together are not renewed together; at the latest in a day, to look again.
pub(super) fn job_at(
    refresh_at: Timestamp,
    before: Duration,
    now: Timestamp,
    rng: &mut dyn Rng,
) -> Timestamp {
    let spread = u64::try_from(before.as_millis() / 4).unwrap_or(0);
    let at = refresh_at.plus(Duration::from_millis(rng.random_range(0..=spread)));
    at.min(now.plus(LOOK_AGAIN)).max(now)
}

/// How long to leave the token endpoint alone.
pub(super) fn pause(wait: Option<Duration>) -> Duration {
    wait.unwrap_or(SOON).max(SOONEST)
}
