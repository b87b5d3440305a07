//! When a message that did not arrive is sent again.

use crate::time::Timestamp;
use rand::{Rng, RngExt as _};
use std::time::Duration;

/// The waits between attempts, and how much chance is added to each.
///
/// Chance is only ever added, never taken away: a wait is a lower bound, and so is what a receiver asked for with `Retry-After`.
/// There is chance at all so that what failed in one outage does not come back in one instant.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Schedule {
    waits: Vec<Duration>,
    jitter_percent: u8,
}

/// A schedule as JSON has it: `{"waits":[5,300],"jitter_percent":10}`, waits in seconds.
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    waits: Vec<u64>,
    #[serde(default = "usual_jitter")]
    jitter_percent: u8,
}

/// How many waits a schedule may have.
pub const MAX_WAITS: usize = 50;

/// The longest wait.
pub const LONGEST_WAIT: Duration = Duration::from_secs(7 * 24 * 3_600);

fn usual_jitter() -> u8 {
    10
}

/// What is wrong with a schedule, for whoever wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadSchedule {
    /// More than [`MAX_WAITS`].
    #[error("a retry schedule has at most {MAX_WAITS} waits")]
    TooMany,
    /// Shorter than a second or longer than [`LONGEST_WAIT`].
    #[error("a wait is between 1 second and 7 days (604800)")]
    Wait,
    /// More than all of it.
    #[error("jitter_percent is between 0 and 100")]
    Jitter,
}

impl Schedule {
    /// A schedule of these waits. Chance adds up to `jitter_percent` of a wait to it.
    ///
    /// # Errors
    /// [`BadSchedule`] when a number is out of bounds.
    pub fn new(waits: Vec<Duration>, jitter_percent: u8) -> Result<Self, BadSchedule> {
        if waits.len() > MAX_WAITS {
            return Err(BadSchedule::TooMany);
        }
        if waits.iter().any(|wait| *wait < Duration::from_secs(1) || *wait > LONGEST_WAIT) {
            return Err(BadSchedule::Wait);
        }
        if jitter_percent > 100 {
            return Err(BadSchedule::Jitter);
        }
        Ok(Self { waits, jitter_percent })
    }

    /// How many attempts there are in all, the first included.
    #[must_use]
    pub fn attempts(&self) -> usize {
        self.waits.len() + 1
    }

    /// The shortest time from the first attempt to the last.
    #[must_use]
    pub fn span(&self) -> Duration {
        self.waits.iter().sum()
    }

    /// The longest wait, without chance; none at all in a schedule of one attempt.
    #[must_use]
    pub fn longest_wait(&self) -> Duration {
        self.waits.iter().max().copied().unwrap_or_default()
    }

    /// The wait after so many attempts, without chance; none when that was the last.
    #[must_use]
    pub fn wait(&self, attempts_so_far: u32) -> Option<Duration> {
        let at = usize::try_from(attempts_so_far).ok()?.checked_sub(1)?;
        self.waits.get(at).copied()
    }

    /// When to try again after `attempts_so_far` attempts, the last of which ended at `now`: not before the wait is over and not before
    /// `not_before`. None when that was the last attempt.
    #[must_use]
    pub fn next(
        &self,
        attempts_so_far: u32,
        not_before: Option<Timestamp>,
        now: Timestamp,
        rng: &mut dyn Rng,
    ) -> Option<Timestamp> {
        let wait = self.wait(attempts_so_far)?;
        let earliest = now.plus(wait).max(not_before.unwrap_or(now));
        let most = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX) / 100 * u64::from(self.jitter_percent);
        Some(earliest.plus(Duration::from_millis(rng.random_range(0..=most))))
    }
}

/// The Standard Webhooks specification's own example: ten attempts over three days, three and a half hours.
impl Default for Schedule {
    fn default() -> Self {
        const MINUTE: u64 = 60;
        const HOUR: u64 = 60 * MINUTE;
        let waits =
            [5, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR];
        Self { waits: waits.map(Duration::from_secs).to_vec(), jitter_percent: usual_jitter() }
    }
}

impl TryFrom<Written> for Schedule {
    type Error = BadSchedule;

    fn try_from(written: Written) -> Result<Self, BadSchedule> {
        let waits = written.waits.into_iter().map(Duration::from_secs).collect();
        Self::new(waits, written.jitter_percent)
    }
}

impl From<Schedule> for Written {
    fn from(schedule: Schedule) -> Self {
        let waits = schedule.waits.iter().map(Duration::as_secs).collect();
        Self { waits, jitter_percent: schedule.jitter_percent }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;

    fn any_schedule() -> impl Strategy<Value = Schedule> {
        let waits = prop::collection::vec((1u64..=604_800).prop_map(Duration::from_secs), 0..12);
        (waits, 0u8..=100).prop_map(|(waits, jitter)| Schedule::new(waits, jitter).unwrap())
    }

    #[test]
    fn the_default_is_the_one_of_the_specification() {
        let schedule = Schedule::default();
        assert_eq!(schedule.attempts(), 10);
        assert_eq!(schedule.span(), Duration::from_secs(((3 * 24 + 3) * 60 + 35) * 60 + 5));
        assert_eq!((schedule.wait(0), schedule.wait(10)), (None, None));
    }

    #[test]
    fn it_is_written_and_read_as_json() {
        let text = serde_json::to_string(&Schedule::default()).unwrap();
        assert_eq!(text, "{\"waits\":[5,300,1800,7200,18000,36000,50400,72000,86400],\"jitter_percent\":10}");
        assert_eq!(serde_json::from_str::<Schedule>(&text).unwrap(), Schedule::default());
        let short: Schedule = serde_json::from_str("{\"waits\":[]}").unwrap();
        assert_eq!((short.attempts(), short.jitter_percent), (1, 10));
    }

    #[test]
    fn what_is_out_of_bounds_is_refused() {
        let refusal = |text: &str| serde_json::from_str::<Schedule>(text).unwrap_err().to_string();
        assert!(refusal("{\"waits\":[0]}").starts_with("a wait is between 1 second"));
        assert!(refusal("{\"waits\":[604801]}").starts_with("a wait is between 1 second"));
        assert!(refusal("{\"waits\":[1],\"jitter_percent\":101}").starts_with("jitter_percent is between"));
        assert!(refusal("{\"waits\":[1],\"jiter\":1}").contains("unknown field"));
        let many = Schedule::new(vec![Duration::from_secs(1); MAX_WAITS + 1], 0);
        assert_eq!(many, Err(BadSchedule::TooMany));
    }

    #[test]
    fn all_of_the_jitter_is_used() {
        let schedule = Schedule::new(vec![Duration::from_secs(100)], 20).unwrap();
        let mut rng = StdRng::seed_from_u64(7);
        let mut waits: Vec<i64> = (0..1_000)
            .map(|_| schedule.next(1, None, Timestamp::default(), &mut rng).unwrap().as_millis())
            .collect();
        waits.sort_unstable();
        assert!(waits[0] < 100_200 && waits[999] > 119_800, "{waits:?}");
    }

    proptest! {
        #[test]
        fn a_lower_bound_is_never_undercut_and_what_is_added_is_bounded(
            schedule in any_schedule(), attempts in 0u32..14, now in 0i64..4_000_000_000_000,
            asked in prop::option::of(-1_000_000i64..1_000_000_000), seed: u64,
        ) {
            let now = Timestamp::from_millis(now);
            let not_before = asked.map(|more| Timestamp::from_millis(now.as_millis() + more));
            let next = schedule.next(attempts, not_before, now, &mut StdRng::seed_from_u64(seed));
            prop_assert_eq!(next.is_some(), attempts > 0 && attempts < u32::try_from(schedule.attempts()).unwrap());
            if let (Some(next), Some(wait)) = (next, schedule.wait(attempts)) {
                let earliest = now.plus(wait).max(not_before.unwrap_or(now));
                prop_assert!(next >= earliest);
                prop_assert!(next <= earliest.plus(wait.mul_f64(f64::from(schedule.jitter_percent) / 100.0)));
            }
        }
    }
}
