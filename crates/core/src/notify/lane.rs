//! How fast one endpoint is talked to: its own rate, and slower when it asks for that.
//!
//! The rate is a bucket of permissions, kept as one instant (the generic cell rate algorithm): in any span of time at most
//! `burst + span × calls / per` messages leave. An endpoint that answers 429 or 503 is left alone for a moment and then sent one
//! message at a time with a gap in between; the gap doubles with every such answer and halves with every message that arrives.

use crate::time::Timestamp;
use std::time::Duration;

/// How many messages an endpoint wants in a span of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many; at least one.
    calls: u32,
    /// In which span.
    per: Duration,
}

impl Rate {
    /// A rate. None when it has no calls, no span, a span of more than a day, or more than a thousand calls a millisecond.
    #[must_use]
    pub fn new(calls: u32, per: Duration) -> Option<Self> {
        let fine = calls > 0 && !per.is_zero() && per <= Duration::from_secs(24 * 3_600);
        (fine && per.as_micros() >= u128::from(calls)).then_some(Self { calls, per })
    }

    /// How many, and in which span.
    #[must_use]
    pub fn parts(self) -> (u32, Duration) {
        (self.calls, self.per)
    }

    /// How many may leave at once: what comes together in a tenth of a second, and always one.
    #[must_use]
    pub fn burst(self) -> u32 {
        let tenth = u128::from(self.calls) * 100_000 / self.per.as_micros();
        u32::try_from(tenth).unwrap_or(u32::MAX).clamp(1, self.calls)
    }

    /// How long after a burst a whole one may leave again: whoever knows nothing of what left before may begin then.
    #[must_use]
    pub fn rest(self) -> Duration {
        let micros = self.interval().saturating_mul(i64::from(self.burst()));
        Duration::from_millis(micros.unsigned_abs().div_ceil(1_000))
    }

    /// Microseconds from one message to the next, rounded up so that the rate is never exceeded.
    fn interval(self) -> i64 {
        i64::try_from(self.per.as_micros().div_ceil(u128::from(self.calls))).unwrap_or(i64::MAX)
    }
}

/// Whether a message may leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Now; its permission is taken.
    Now,
    /// Not before this instant; nothing is taken.
    At(Timestamp),
}

/// The first gap after "slower".
pub const FIRST_GAP: Duration = Duration::from_secs(1);
/// The longest gap.
pub const LONGEST_GAP: Duration = Duration::from_secs(5 * 60);
/// Below this a gap is none.
const LEAST_GAP: Duration = Duration::from_millis(100);

/// An endpoint's pace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lane {
    /// When the bucket will be full again, in microseconds since 1970.
    full_at: i64,
    paused_until: Option<Timestamp>,
    gap: Duration,
    sent_at: Option<Timestamp>,
}

impl Lane {
    /// What the endpoint asked for is forgotten; how much has left is not.
    pub fn forgive(&mut self) {
        *self = Self { full_at: self.full_at, ..Self::default() };
    }

    /// Until when nothing leaves because the endpoint asked for that.
    #[must_use]
    pub fn paused_until(&self) -> Option<Timestamp> {
        self.paused_until
    }

    /// Nothing leaves before `until`, as another process heard.
    pub fn pause(&mut self, until: Option<Timestamp>) {
        self.paused_until = self.paused_until.max(until);
    }

    /// How many messages may leave now, `most` at most, without taking their permissions; none: not before this instant.
    ///
    /// # Errors
    /// The instant at which the first may leave.
    pub fn allowance(&self, rate: Option<Rate>, most: u32, now: Timestamp) -> Result<u32, Timestamp> {
        let mut trial = *self;
        let mut count = 0;
        while count < most {
            match trial.admit(rate, now) {
                Admission::Now => count += 1,
                Admission::At(at) if count == 0 => return Err(at),
                Admission::At(_) => break,
            }
            if rate.is_none() && self.gap.is_zero() {
                return Ok(most);
            }
        }
        Ok(count)
    }

    /// How far apart messages are, because the endpoint asked for "slower"; zero when it did not.
    #[must_use]
    pub fn gap(&self) -> Duration {
        self.gap
    }

    /// Whether a message may leave at `now`; takes its permission if it may.
    pub fn admit(&mut self, rate: Option<Rate>, now: Timestamp) -> Admission {
        let mut earliest = self.paused_until.unwrap_or(now);
        // A clock that was put back must not stop the lane for as long as it was put back.
        if let Some(sent_at) = self.sent_at.filter(|at| *at <= now) {
            earliest = earliest.max(sent_at.plus(self.gap));
        }
        if let Some(rate) = rate {
            earliest = earliest.max(self.bucket_allows_at(rate, now));
        }
        if earliest > now {
            return Admission::At(earliest);
        }
        if let Some(rate) = rate {
            self.full_at = self.full_at.max(micros(now)).saturating_add(rate.interval());
        }
        self.sent_at = Some(now);
        Admission::Now
    }

    fn bucket_allows_at(&mut self, rate: Rate, now: Timestamp) -> Timestamp {
        let (now, interval) = (micros(now), rate.interval());
        let deepest = interval.saturating_mul(i64::from(rate.burst()));
        if self.full_at > now.saturating_add(deepest) {
            // No bucket is ever that empty: the clock was put back, or the rate was raised.
            self.full_at = now.saturating_add(deepest);
        }
        let allowed = self.full_at.saturating_sub(deepest - interval);
        Timestamp::from_millis(allowed.div_euclid(1_000) + i64::from(allowed.rem_euclid(1_000) > 0))
    }

    /// The endpoint asked for "slower", and not to be asked before a moment, if it named one. Several messages that were under way
    /// together are answered so together; that slows down once.
    pub fn slow_down(&mut self, not_before: Option<Timestamp>, now: Timestamp) {
        if self.paused_until.is_none_or(|until| until <= now) {
            self.gap = (self.gap * 2).clamp(FIRST_GAP, LONGEST_GAP);
            self.paused_until = Some(now.plus(self.gap));
        }
        self.paused_until = self.paused_until.max(not_before);
    }

    /// A message arrived.
    pub fn delivered(&mut self) {
        self.gap = if self.gap / 2 < LEAST_GAP { Duration::ZERO } else { self.gap / 2 };
    }
}

fn micros(at: Timestamp) -> i64 {
    at.as_millis().saturating_mul(1_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const START: Timestamp = Timestamp::from_millis(1_767_225_600_000);

    fn after(millis: u64) -> Timestamp {
        START.plus(Duration::from_millis(millis))
    }

    fn rate(calls: u32, millis: u64) -> Rate {
        Rate::new(calls, Duration::from_millis(millis)).unwrap()
    }

    /// Sends as fast as it may; the milliseconds after the start at which messages leave.
    fn departures(rate: Option<Rate>, until: u64) -> Vec<u64> {
        let (mut lane, mut now, mut left) = (Lane::default(), START, Vec::new());
        while now < after(until) {
            match lane.admit(rate, now) {
                Admission::Now => left.push(u64::try_from(now.as_millis() - START.as_millis()).unwrap()),
                Admission::At(then) => {
                    assert!(then > now);
                    now = then;
                }
            }
        }
        left
    }

    #[test]
    fn a_slow_rate_is_kept_evenly() {
        assert_eq!(departures(Some(rate(3, 1_000)), 1_100), [0, 334, 668, 1_002]);
        assert_eq!(departures(Some(rate(1, 60_000)), 180_000), [0, 60_000, 120_000]);
    }

    #[test]
    fn a_fast_rate_is_reached_and_not_exceeded() {
        for calls in [10, 100, 333, 1_000, 5_000] {
            let rate = rate(calls, 1_000);
            let left = departures(Some(rate), 10_000).len();
            let (least, most) = (calls as usize * 10, calls as usize * 10 + rate.burst() as usize);
            assert!((least * 99 / 100..=most).contains(&left), "{calls}: {left}");
        }
    }

    #[test]
    fn without_a_rate_everything_leaves_at_once() {
        let mut lane = Lane::default();
        assert!((0..10_000).all(|_| lane.admit(None, START) == Admission::Now));
    }

    #[test]
    fn what_is_no_rate_is_none() {
        assert_eq!(Rate::new(0, Duration::from_secs(1)), None);
        assert_eq!(Rate::new(1, Duration::ZERO), None);
        assert_eq!(Rate::new(1, Duration::from_secs(24 * 3_600 + 1)), None);
        assert_eq!(Rate::new(2_000_000, Duration::from_secs(1)), None);
        assert_eq!(rate(5, 7_000).parts(), (5, Duration::from_secs(7)));
    }

    #[test]
    fn slower_means_a_pause_and_then_a_gap_that_doubles_and_heals() {
        let mut lane = Lane::default();
        assert_eq!(lane.admit(None, START), Admission::Now);
        lane.slow_down(None, START);
        // The others that were under way say the same.
        lane.slow_down(None, after(10));
        assert_eq!(lane.gap(), FIRST_GAP);
        assert_eq!(lane.admit(None, after(20)), Admission::At(after(1_000)));
        assert_eq!(lane.admit(None, after(1_000)), Admission::Now);
        assert_eq!(lane.admit(None, after(1_000)), Admission::At(after(2_000)));
        lane.slow_down(None, after(1_100));
        assert_eq!((lane.gap(), lane.paused_until()), (2 * FIRST_GAP, Some(after(3_100))));
        for _ in 0..20 {
            lane.slow_down(None, lane.paused_until().unwrap());
        }
        assert_eq!(lane.gap(), LONGEST_GAP);
        for _ in 0..12 {
            lane.delivered();
        }
        assert_eq!(lane.gap(), Duration::ZERO);
    }

    #[test]
    fn what_the_endpoint_asked_for_is_waited_for_even_when_it_slowed_down_before() {
        let mut lane = Lane::default();
        lane.slow_down(None, START);
        lane.slow_down(Some(after(90_000)), after(1));
        lane.slow_down(Some(after(50_000)), after(2));
        assert_eq!(lane.admit(None, after(3)), Admission::At(after(90_000)));
    }

    #[test]
    fn what_was_asked_is_forgiven_and_what_has_left_is_not() {
        let two = Some(rate(20, 1_000));
        let mut lane = Lane::default();
        assert_eq!((lane.admit(two, START), lane.admit(two, START)), (Admission::Now, Admission::Now));
        lane.slow_down(Some(after(90_000)), START);
        lane.forgive();
        assert_eq!((lane.gap(), lane.paused_until()), (Duration::ZERO, None));
        assert_eq!(lane.admit(two, START), Admission::At(after(50)));
    }

    #[test]
    fn what_another_process_heard_is_waited_for_too() {
        let mut lane = Lane::default();
        lane.pause(Some(after(90)));
        lane.pause(Some(after(50)));
        lane.pause(None);
        assert_eq!(lane.admit(None, START), Admission::At(after(90)));
    }

    #[test]
    fn an_allowance_says_what_may_leave_and_takes_nothing() {
        let two = Some(rate(20, 1_000));
        let mut lane = Lane::default();
        for _ in 0..3 {
            assert_eq!(lane.allowance(two, 9, START), Ok(2));
        }
        assert_eq!((lane.allowance(two, 1, START), lane.allowance(None, 900, START)), (Ok(1), Ok(900)));
        assert_eq!((lane.admit(two, START), lane.admit(two, START)), (Admission::Now, Admission::Now));
        assert_eq!(lane.allowance(two, 9, START), Err(after(50)));
        lane.slow_down(None, START);
        assert_eq!(lane.allowance(None, 9, START), Err(after(1_000)));
        // One at a time, with a gap.
        assert_eq!(lane.allowance(None, 9, after(1_000)), Ok(1));
    }

    #[test]
    fn a_clock_put_back_stops_nothing() {
        let rate = Some(rate(2, 1_000));
        let mut lane = Lane::default();
        assert_eq!(lane.admit(rate, after(3_600_000)), Admission::Now);
        assert!(matches!(lane.admit(rate, START), Admission::At(at) if at <= after(1_000)));
    }

    proptest! {
        /// Two who know nothing of each other keep to the rate together when one begins where the other has rested.
        #[test]
        fn after_its_rest_a_rate_is_kept_to_by_somebody_else(calls in 1u32..5_000, per in 5u64..100_000) {
            let rate = rate(calls, per);
            let (mut one, mut other) = (Lane::default(), Lane::default());
            let burst = one.allowance(Some(rate), u32::MAX, START).unwrap();
            prop_assert_eq!(burst, rate.burst());
            for _ in 0..burst {
                prop_assert_eq!(one.admit(Some(rate), START), Admission::Now);
            }
            let rested = START.plus(rate.rest());
            prop_assert_eq!(one.allowance(Some(rate), u32::MAX, rested), other.allowance(Some(rate), u32::MAX, rested));
            prop_assert_eq!(other.admit(Some(rate), rested), Admission::Now);
        }

        /// However the sender wakes, no window of the departures holds more than the bound says.
        #[test]
        fn no_window_exceeds_the_bound(
            calls in 1u32..200, per in 200u64..5_000, naps in prop::collection::vec(0u64..400, 1..200),
        ) {
            let rate = rate(calls, per);
            let (mut lane, mut now, mut left) = (Lane::default(), START, Vec::new());
            for nap in naps {
                now = now.plus(Duration::from_millis(nap));
                while left.len() < 2_000 && lane.admit(Some(rate), now) == Admission::Now {
                    left.push(now);
                }
            }
            for (first, from) in left.iter().enumerate() {
                for (last, to) in left.iter().enumerate().skip(first) {
                    let span = u64::try_from(to.since(*from).as_millis()).unwrap();
                    let bound = u64::from(rate.burst()) + span * u64::from(calls) / per;
                    prop_assert!((last - first + 1) as u64 <= bound, "{} in {span} ms", last - first + 1);
                }
            }
        }
    }
}
