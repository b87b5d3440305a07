//! Simulated time: it runs with the machine's clock, faster, or stands still until it is moved.

use parking_lot::Mutex;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A clock that can be set, sped up, frozen and advanced.
#[derive(Debug)]
pub(crate) struct Clock {
    started: Pace,
    pace: Mutex<Pace>,
}

/// Simulated time is `from + (real time since) * speed`.
#[derive(Debug, Clone, Copy)]
struct Pace {
    since: Instant,
    from: i64,
    speed: f64,
}

impl Pace {
    fn at(&self, instant: Instant) -> i64 {
        let real = instant.saturating_duration_since(self.since).as_secs_f64() * 1000.0;
        #[expect(clippy::cast_possible_truncation, reason = "milliseconds since 1970 fit")]
        let passed = (real * self.speed) as i64;
        self.from.saturating_add(passed)
    }
}

impl Clock {
    /// Starts at `epoch` (milliseconds since 1970; none: now), running at `speed` (1 is real time, 0 stands still).
    pub(crate) fn new(epoch: Option<i64>, speed: f64) -> Self {
        let started = Pace { since: instant(), from: epoch.unwrap_or_else(machine_time), speed };
        Self { started, pace: Mutex::new(started) }
    }

    /// Now, in simulated milliseconds since 1970.
    pub(crate) fn now(&self) -> i64 {
        let pace = *self.pace.lock();
        // A clock that stands still costs no system call, and never moves by rounding.
        if pace.speed == 0.0 { pace.from } else { pace.at(instant()) }
    }

    /// How fast it runs: 0 is frozen.
    pub(crate) fn speed(&self) -> f64 {
        self.pace.lock().speed
    }

    /// Whether time passes only when it is told to.
    pub(crate) fn is_frozen(&self) -> bool {
        self.speed() == 0.0
    }

    /// Jumps to `now`, keeping the speed.
    pub(crate) fn set(&self, now: i64) {
        let mut pace = self.pace.lock();
        *pace = Pace { since: instant(), from: now, speed: pace.speed };
    }

    /// Runs at another speed from now on.
    pub(crate) fn set_speed(&self, speed: f64) {
        let mut pace = self.pace.lock();
        let now = instant();
        *pace = Pace { since: now, from: pace.at(now), speed: speed.max(0.0) };
    }

    /// As it was at the start: same speed, and, where it stood still, the same moment.
    pub(crate) fn reset(&self) {
        let mut pace = self.pace.lock();
        *pace = self.started;
    }

    /// Real time until simulated time reaches `due`; none while frozen.
    pub(crate) fn wait(&self, due: i64) -> Option<Duration> {
        let speed = self.speed();
        if speed == 0.0 {
            return None;
        }
        #[expect(clippy::cast_precision_loss, reason = "a wait of 2^53 ms never ends anyway")]
        let ahead = (due - self.now()).max(0) as f64;
        Some(Duration::from_secs_f64((ahead / speed / 1000.0).min(3600.0)))
    }
}

#[expect(clippy::disallowed_methods, reason = "the sandbox's own clock is made of the machine's")]
fn instant() -> Instant {
    Instant::now()
}

#[expect(clippy::disallowed_methods, reason = "the sandbox's own clock is made of the machine's")]
fn machine_time() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// A stopwatch in real time, for the latencies in the record of requests.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts now.
    pub(crate) fn start() -> Self {
        Self(instant())
    }

    /// Microseconds since the start.
    pub(crate) fn micros(self) -> u64 {
        u64::try_from(instant().saturating_duration_since(self.0).as_micros()).unwrap_or(u64::MAX)
    }
}

/// `2026-01-01T00:00:00.000Z`, as all four vendors write it.
pub(crate) fn iso(ms: i64) -> String {
    match jiff::Timestamp::from_millisecond(ms) {
        Ok(at) => format!("{at:.3}"),
        Err(_) => "1970-01-01T00:00:00.000Z".to_owned(),
    }
}

/// Reads an ISO 8601 moment with an offset or `Z`; a bare date is midnight UTC.
pub(crate) fn parse_iso(text: &str) -> Option<i64> {
    if let Ok(at) = text.parse::<jiff::Timestamp>() {
        return Some(at.as_millisecond());
    }
    let date = text.parse::<jiff::civil::Date>().ok()?;
    Some(date.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frozen_clock_moves_only_when_set() {
        let clock = Clock::new(Some(1_000), 0.0);
        assert_eq!((clock.now(), clock.wait(5_000)), (1_000, None));
        clock.set(5_000);
        assert_eq!(clock.now(), 5_000);
        clock.reset();
        assert_eq!(clock.now(), 1_000);
    }

    #[test]
    fn moments_are_written_with_three_digits_and_read_back() {
        assert_eq!(iso(1_767_225_600_000), "2026-01-01T00:00:00.000Z");
        assert_eq!(iso(1_767_225_600_007), "2026-01-01T00:00:00.007Z");
        assert_eq!(parse_iso("2026-01-01T00:00:00.007Z"), Some(1_767_225_600_007));
        assert_eq!(parse_iso("2026-01-01T01:00:00+01:00"), Some(1_767_225_600_000));
        assert_eq!(parse_iso("2026-01-01"), Some(1_767_225_600_000));
        assert_eq!(parse_iso("soon"), None);
    }
}
