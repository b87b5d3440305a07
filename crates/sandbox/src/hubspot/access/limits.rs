//! Counting calls (HubSpot facts 2): so many in a short window, so many in a day of the account's time zone. In simulated
//! time; functions of what was counted, the moment and the settings.

use super::settings::{LimitSettings, SearchCountedPer, Window};
use super::throttle::Charge;
use std::collections::{HashMap, VecDeque};

/// The window of the burst limits.
pub(crate) const TEN_SECONDS: i64 = 10_000;
/// The window of search and of the token endpoints.
pub(crate) const SECOND: i64 = 1_000;

/// Whose calls are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Counted {
    Burst { app: u64, portal: u64 },
    Associations { app: u64, portal: u64 },
    SearchOfAccount { portal: u64 },
    SearchOfToken { app: u64, portal: u64 },
    Tokens { app: u64 },
}

/// The moments of the calls in the current window.
#[derive(Debug, Default)]
struct Counter(VecDeque<i64>);

impl Counter {
    /// Forgets what is not in the window any more; says how many are left.
    fn settle(&mut self, now: i64, interval: i64, window: Window) -> usize {
        // The clock can be set back: what is in the future then is no call of the past.
        if self.0.back().is_some_and(|last| *last > now) {
            self.0.clear();
        }
        match window {
            Window::Rolling => {
                while self.0.front().is_some_and(|first| now - first >= interval) {
                    self.0.pop_front();
                }
            }
            Window::Fixed => {
                if self.0.front().is_some_and(|first| now - first >= interval) {
                    self.0.clear();
                }
            }
        }
        self.0.len()
    }

    /// How many of the last second.
    fn last_second(&self, now: i64) -> usize {
        self.0.iter().rev().take_while(|at| now - **at < SECOND).count()
    }
}

/// Calls of one day, as the account's time zone has it.
#[derive(Debug, Default, Clone, Copy)]
struct Day {
    begins: i64,
    ends: i64,
    calls: u64,
}

impl Day {
    fn settle(&mut self, now: i64, time_zone: &str) -> u64 {
        if now < self.begins || now >= self.ends {
            let (begins, ends) = day(now, time_zone);
            *self = Self { begins, ends, calls: 0 };
        }
        self.calls
    }
}

/// The midnights around `now` in a time zone.
pub(crate) fn day(now: i64, time_zone: &str) -> (i64, i64) {
    let around = || {
        let here = jiff::Timestamp::from_millisecond(now).ok()?.in_tz(time_zone).ok()?;
        let midnight = here.start_of_day().ok()?;
        let next = here.tomorrow().ok()?.start_of_day().ok()?;
        Some((midnight.timestamp().as_millisecond(), next.timestamp().as_millisecond()))
    };
    let utc = now - now.rem_euclid(86_400_000);
    around().unwrap_or((utc, utc + 86_400_000))
}

/// Everything that is counted.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    windows: HashMap<Counted, Counter>,
    /// By account; those of the associations API apart.
    days: HashMap<(u64, bool), Day>,
}

/// Who calls, and when.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call<'a> {
    pub(crate) app: u64,
    pub(crate) portal: u64,
    /// Whether it is a private app's token: only those count against a day.
    pub(crate) is_static: bool,
    /// The account's time zone.
    pub(crate) time_zone: &'a str,
    pub(crate) now: i64,
}

/// Which limit is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reached {
    /// Too many in ten seconds.
    TenSecondly,
    /// Too many searches in a second.
    Search,
    /// Too many in a day.
    Daily,
}

/// What is left, for the headers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Left {
    /// The burst limit, and how much of it is left.
    pub(crate) burst: Option<(u32, u32)>,
    /// A tenth of it for each second, and how much of that is left.
    pub(crate) secondly: Option<(u32, u32)>,
    /// The daily limit, and how much of it is left.
    pub(crate) daily: Option<(u64, u64)>,
}

impl Limits {
    /// Counts a call, unless it is one too many: then nothing is counted.
    ///
    /// # Errors
    /// Which limit is reached.
    pub(crate) fn admit(
        &mut self,
        call: &Call<'_>,
        charge: Charge,
        settings: &LimitSettings,
    ) -> Result<Left, Reached> {
        let windows = windows(call, charge, settings);
        for (counted, interval, limit, reached) in windows.iter().flatten() {
            let calls =
                self.windows.entry(*counted).or_default().settle(call.now, *interval, settings.window);
            if calls >= *limit as usize {
                return Err(*reached);
            }
        }
        let days = days(call, charge, settings);
        for (is_associations, limit) in days.iter().flatten() {
            let day = self.days.entry((call.portal, *is_associations)).or_default();
            if day.settle(call.now, call.time_zone) >= *limit {
                return Err(Reached::Daily);
            }
        }
        for (counted, ..) in windows.iter().flatten() {
            self.windows.entry(*counted).or_default().0.push_back(call.now);
        }
        for (is_associations, _) in days.iter().flatten() {
            self.days.entry((call.portal, *is_associations)).or_default().calls += 1;
        }
        Ok(self.left(call, charge, settings))
    }

    /// What is left as it is now; search does not tell.
    pub(crate) fn left(&self, call: &Call<'_>, charge: Charge, settings: &LimitSettings) -> Left {
        let told = windows(call, charge, settings)
            .into_iter()
            .flatten()
            .find(|(.., reached)| *reached == Reached::TenSecondly)
            .filter(|_| !charge.search);
        let Some((counted, _, limit, _)) = told else { return Left::default() };
        let counter = self.windows.get(&counted);
        let of = |limit: u32, calls: usize| {
            (limit, limit.saturating_sub(u32::try_from(calls).unwrap_or(u32::MAX)))
        };
        let burst = of(limit, counter.map_or(0, |counter| counter.0.len()));
        let secondly = of(limit.div_ceil(10), counter.map_or(0, |counter| counter.last_second(call.now)));
        let daily = days(call, charge, settings)[0].map(|(is_associations, limit)| {
            let calls = self.days.get(&(call.portal, is_associations)).map_or(0, |day| day.calls);
            (limit, limit.saturating_sub(calls))
        });
        Left { burst: Some(burst), secondly: settings.secondly_headers.then_some(secondly), daily }
    }

    /// Counts a call of the token endpoints; false when it is one too many.
    pub(crate) fn admit_token(&mut self, app: u64, now: i64, settings: &LimitSettings) -> bool {
        let counter = self.windows.entry(Counted::Tokens { app }).or_default();
        let room = counter.settle(now, SECOND, settings.window) < settings.token_per_second as usize;
        if room {
            counter.0.push_back(now);
        }
        room
    }

    /// How many calls an account's private apps made today.
    pub(crate) fn today(&mut self, portal: u64, time_zone: &str, now: i64) -> u64 {
        self.days.entry((portal, false)).or_default().settle(now, time_zone)
    }
}

type Limited = (Counted, i64, u32, Reached);

/// The windows a call counts in, the burst limit before the associations' own.
fn windows(call: &Call<'_>, charge: Charge, settings: &LimitSettings) -> [Option<Limited>; 3] {
    let Call { app, portal, is_static, .. } = *call;
    let burst = if is_static { settings.private_app_burst(portal) } else { settings.oauth_burst };
    let search = match settings.search_counted_per {
        SearchCountedPer::Account => Counted::SearchOfAccount { portal },
        SearchCountedPer::Token => Counted::SearchOfToken { app, portal },
    };
    let associations = settings.associations_burst(portal);
    [
        charge.burst.then_some((Counted::Burst { app, portal }, TEN_SECONDS, burst, Reached::TenSecondly)),
        charge.associations.then_some((
            Counted::Associations { app, portal },
            TEN_SECONDS,
            associations,
            Reached::TenSecondly,
        )),
        charge.search.then_some((search, SECOND, settings.search_per_second, Reached::Search)),
    ]
}

/// The days a call counts in: calls with OAuth tokens count in none.
fn days(call: &Call<'_>, charge: Charge, settings: &LimitSettings) -> [Option<(bool, u64)>; 2] {
    [
        call.is_static.then(|| (false, settings.daily(call.portal))),
        (call.is_static && charge.associations).then(|| (true, settings.associations_daily())),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHARGE: Charge = Charge { burst: true, search: false, associations: false };

    fn call(is_static: bool, now: i64) -> Call<'static> {
        Call { app: 1, portal: 2, is_static, time_zone: "Europe/London", now }
    }

    #[test]
    fn a_rolling_window_frees_calls_one_by_one() {
        let (mut limits, settings) =
            (Limits::default(), LimitSettings { oauth_burst: 2, ..LimitSettings::default() });
        let mut admit = |now| limits.admit(&call(false, now), CHARGE, &settings).map(|left| left.burst);
        assert_eq!(admit(0), Ok(Some((2, 1))));
        assert_eq!(admit(4_000), Ok(Some((2, 0))));
        assert_eq!(admit(9_999), Err(Reached::TenSecondly));
        assert_eq!(admit(10_000), Ok(Some((2, 0))));
        assert_eq!(admit(13_999), Err(Reached::TenSecondly));
        assert_eq!(admit(14_000), Ok(Some((2, 0))));
    }

    #[test]
    fn a_fixed_window_frees_all_calls_at_once() {
        let window = Window::Fixed;
        let settings = LimitSettings { oauth_burst: 2, window, ..LimitSettings::default() };
        let mut limits = Limits::default();
        let mut admit = |now| limits.admit(&call(false, now), CHARGE, &settings).map(|left| left.burst);
        assert_eq!((admit(0), admit(9_000)), (Ok(Some((2, 1))), Ok(Some((2, 0)))));
        assert_eq!(admit(9_999), Err(Reached::TenSecondly));
        assert_eq!((admit(10_000), admit(10_001)), (Ok(Some((2, 1))), Ok(Some((2, 0)))));
    }

    #[test]
    fn a_day_ends_at_midnight_in_the_accounts_time_zone() {
        let settings = LimitSettings { daily: Some(1), ..LimitSettings::default() };
        let mut limits = Limits::default();
        let mut admit = |now, time_zone| {
            limits.admit(&Call { time_zone, ..call(true, now) }, CHARGE, &settings).map(|left| left.daily)
        };
        // 2026-01-01T22:30Z is half past eleven in Berlin.
        let now = 1_767_225_600_000 + 81_000_000;
        assert_eq!(admit(now, "Europe/Berlin"), Ok(Some((1, 0))));
        assert_eq!(admit(now + 1_799_999, "Europe/Berlin"), Err(Reached::Daily));
        assert_eq!(admit(now + 1_800_000, "Europe/Berlin"), Ok(Some((1, 0))));
    }

    #[test]
    fn a_day_with_a_change_of_clocks_has_other_hours() {
        // 2026-03-29, when Berlin loses an hour.
        let (begins, ends) = day(1_774_785_600_000, "Europe/Berlin");
        assert_eq!(ends - begins, 23 * 3_600_000);
        assert_eq!(day(0, "Nowhere/At All"), (0, 86_400_000));
    }

    #[test]
    fn what_is_refused_is_counted_nowhere() {
        let settings = LimitSettings { daily: Some(1), search_per_second: 9, ..LimitSettings::default() };
        let mut limits = Limits::default();
        let search = Charge { burst: false, search: true, associations: false };
        assert_eq!(limits.admit(&call(true, 0), search, &settings), Ok(Left::default()));
        for _ in 0..20 {
            assert_eq!(limits.admit(&call(true, 0), search, &settings), Err(Reached::Daily));
        }
        assert_eq!(limits.today(2, "Europe/London", 0), 1);
    }

    #[test]
    fn a_clock_set_back_frees_the_window() {
        let (mut limits, settings) =
            (Limits::default(), LimitSettings { oauth_burst: 1, ..LimitSettings::default() });
        assert!(limits.admit(&call(false, 50_000), CHARGE, &settings).is_ok());
        assert!(limits.admit(&call(false, 50_000), CHARGE, &settings).is_err());
        assert!(limits.admit(&call(false, 1_000), CHARGE, &settings).is_ok());
    }
}
