//! When what is broken in a check.

use crate::cli::demo::breaking::{Breakage, Spans};
use std::time::Duration;

/// The order in which things are broken, again and again.
const ORDER: [Breakage; 6] =
    [Breakage::Plug, Breakage::Revoke, Breakage::Down, Breakage::Plug, Breakage::Duplicate, Breakage::Plug];
/// At least so far apart.
const APART: Duration = Duration::from_secs(9);
/// Of a hundred parts of the time, what is broken lies before this one: what follows is for the memory to show itself flat.
const UNTIL: u32 = 60;
/// The most.
const MOST: u32 = 30;

/// When what is broken, as time from the beginning.
pub(super) fn breakages(duration: Duration) -> Vec<(Duration, Breakage)> {
    let span = duration * UNTIL / 100;
    let fit = u32::try_from(span.as_millis() / APART.as_millis()).unwrap_or(MOST);
    let count = fit.clamp(2, MOST);
    let each = span / count;
    (0..count).zip(ORDER.into_iter().cycle()).map(|(number, what)| (each * number + each / 2, what)).collect()
}

/// How long each lasts: as long as one looks at it, or a sixth of the whole.
pub(super) fn spans(duration: Duration) -> Spans {
    let Spans { revoked, down, duplicate } = Spans::TO_WATCH;
    let most = duration / 6;
    Spans { revoked: revoked.min(most), down: down.min(most), duplicate: duplicate.min(most) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_breaks_everything_several_times_and_leaves_the_end_alone() {
        let hour = Duration::from_secs(3_600);
        let plan = breakages(hour);
        for (what, least) in
            [(Breakage::Plug, 10), (Breakage::Revoke, 4), (Breakage::Down, 4), (Breakage::Duplicate, 4)]
        {
            assert!(plan.iter().filter(|(_, one)| *one == what).count() >= least, "{what:?}: {plan:?}");
        }
        assert!(plan.iter().all(|(at, _)| *at < hour * 6 / 10), "{plan:?}");
        assert!(plan.is_sorted_by_key(|(at, _)| *at));
    }

    #[test]
    fn a_minute_kills_and_revokes_at_least() {
        let plan = breakages(Duration::from_secs(60));
        assert!(plan.iter().any(|(_, what)| *what == Breakage::Plug), "{plan:?}");
        assert!(plan.iter().any(|(_, what)| *what == Breakage::Revoke), "{plan:?}");
        assert!(spans(Duration::from_secs(60)).down <= Duration::from_secs(10));
    }
}
