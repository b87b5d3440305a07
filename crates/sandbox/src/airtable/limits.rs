//! 5 requests per second and base, 50 per second and user, 30 seconds of penalty, and the monthly quota (Airtable facts 3).

use super::problem::Problem;
use super::settings;
use std::collections::HashMap;

/// A token bucket with a penalty.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    tokens: f64,
    at: i64,
    refused_until: i64,
}

impl Bucket {
    fn full(size: f64, now: i64) -> Self {
        Self { tokens: size, at: now, refused_until: i64::MIN }
    }

    /// Takes one; or says until when everything is refused.
    fn take(&mut self, per_second: f64, now: i64, rules: &settings::Limits) -> Result<(), i64> {
        let penalty = rules.penalty_secs.saturating_mul(1_000);
        if now < self.refused_until {
            if rules.penalty_extends {
                self.refused_until = now.saturating_add(penalty);
            }
            return Err(self.refused_until);
        }
        #[expect(clippy::cast_precision_loss, reason = "a bucket is full long before 2^53 ms")]
        let passed = now.saturating_sub(self.at).max(0) as f64;
        self.tokens = (self.tokens + passed * per_second / 1_000.0).min(per_second);
        self.at = now;
        if self.tokens < 1.0 {
            self.refused_until = now.saturating_add(penalty);
            // The penalty over, the bucket is as good as new.
            self.tokens = per_second;
            return Err(self.refused_until);
        }
        self.tokens -= 1.0;
        Ok(())
    }
}

/// Who asks for what.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    /// The base it is about.
    pub(super) base: Option<&'a str>,
    /// The user, when a personal access token is used.
    pub(super) pat_user: Option<usize>,
    /// Whether it is an upsert.
    pub(super) upsert: bool,
    /// Whether it is below `/v0/meta/`.
    pub(super) meta: bool,
}

/// What has been used up.
#[derive(Debug, Default)]
pub(super) struct Limits {
    bases: HashMap<String, Bucket>,
    upserts: HashMap<String, Bucket>,
    users: HashMap<usize, Bucket>,
    /// The month (counted from year 0) and its calls.
    month: (i64, u64),
}

impl Limits {
    /// Lets a request through, or not.
    ///
    /// # Errors
    /// The 429 that answers it.
    pub(super) fn admit(
        &mut self,
        asked: Asked<'_>,
        now: i64,
        rules: &settings::Limits,
    ) -> Result<(), Problem> {
        if rules.enabled {
            self.rates(asked, now, rules).map_err(|until| {
                let seconds = u64::try_from((until - now + 999) / 1_000).unwrap_or(0);
                Problem::rate_limited(rules.retry_after.then_some(seconds))
            })?;
        }
        if asked.meta {
            return Ok(());
        }
        let month = month(now);
        if self.month.0 != month {
            self.month = (month, 0);
        }
        if rules.monthly_calls.is_some_and(|quota| self.month.1 >= quota) {
            return Err(Problem::quota_exceeded());
        }
        self.month.1 += 1;
        Ok(())
    }

    fn rates(&mut self, asked: Asked<'_>, now: i64, rules: &settings::Limits) -> Result<(), i64> {
        if let Some(user) = asked.pat_user {
            let bucket = self.users.entry(user).or_insert_with(|| Bucket::full(rules.per_user, now));
            bucket.take(rules.per_user, now, rules)?;
        }
        let Some(base) = asked.base else { return Ok(()) };
        take_named(&mut self.bases, base, rules.per_base, now, rules)?;
        match rules.upserts_per_base.filter(|_| asked.upsert) {
            Some(rate) => take_named(&mut self.upserts, base, rate, now, rules),
            None => Ok(()),
        }
    }
}

fn take_named(
    buckets: &mut HashMap<String, Bucket>,
    name: &str,
    per_second: f64,
    now: i64,
    rules: &settings::Limits,
) -> Result<(), i64> {
    if let Some(bucket) = buckets.get_mut(name) {
        return bucket.take(per_second, now, rules);
    }
    let mut bucket = Bucket::full(per_second, now);
    let taken = bucket.take(per_second, now, rules);
    buckets.insert(name.to_owned(), bucket);
    taken
}

/// The number of the month, counted from year 0.
fn month(now: i64) -> i64 {
    let Ok(at) = jiff::Timestamp::from_millisecond(now) else { return 0 };
    let date = at.to_zoned(jiff::tz::TimeZone::UTC).date();
    i64::from(date.year()) * 12 + i64::from(date.month())
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: Asked<'_> = Asked { base: Some("app1"), pat_user: None, upsert: false, meta: false };

    #[test]
    fn the_sixth_request_of_a_second_starts_a_penalty_of_thirty() {
        let (mut limits, rules) = (Limits::default(), settings::Limits::default());
        for _ in 0..5 {
            assert_eq!(limits.admit(BASE, 0, &rules), Ok(()));
        }
        assert_eq!(limits.admit(BASE, 0, &rules), Err(Problem::rate_limited(None)));
        assert!(limits.admit(BASE, 29_999, &rules).is_err());
        assert_eq!(limits.admit(BASE, 30_000, &rules), Ok(()));
        assert_eq!(limits.admit(Asked { base: Some("app2"), ..BASE }, 0, &rules), Ok(()));
    }

    #[test]
    fn one_request_every_fifth_of_a_second_never_hits_the_limit() {
        let (mut limits, rules) = (Limits::default(), settings::Limits::default());
        assert!((0..100).all(|turn| limits.admit(BASE, turn * 200, &rules).is_ok()));
    }

    #[test]
    fn calls_during_the_penalty_extend_it_only_when_told_so() {
        let rules = settings::Limits { penalty_extends: true, retry_after: true, ..Default::default() };
        let mut limits = Limits::default();
        for _ in 0..6 {
            let _ = limits.admit(BASE, 0, &rules);
        }
        assert_eq!(limits.admit(BASE, 20_000, &rules), Err(Problem::rate_limited(Some(30))));
        assert!(limits.admit(BASE, 40_000, &rules).is_err());
        assert!(limits.admit(BASE, 70_000, &rules).is_ok());
    }

    #[test]
    fn all_tokens_of_a_user_share_fifty_a_second() {
        let (mut limits, rules) = (Limits::default(), settings::Limits::default());
        let asked = Asked { base: None, pat_user: Some(0), ..BASE };
        assert!((0..50).all(|_| limits.admit(asked, 0, &rules).is_ok()));
        assert!(limits.admit(asked, 0, &rules).is_err());
        assert!(limits.admit(Asked { pat_user: Some(1), ..asked }, 0, &rules).is_ok());
    }

    #[test]
    fn the_quota_spares_meta_and_ends_with_the_month() {
        let rules = settings::Limits { monthly_calls: Some(1), ..Default::default() };
        let mut limits = Limits::default();
        assert!(limits.admit(BASE, 0, &rules).is_ok());
        assert_eq!(limits.admit(BASE, 10_000, &rules), Err(Problem::quota_exceeded()));
        assert!(limits.admit(Asked { meta: true, ..BASE }, 20_000, &rules).is_ok());
        assert!(limits.admit(BASE, 31 * 86_400_000, &rules).is_ok());
    }
}
