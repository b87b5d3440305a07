//! How many requests are let through (Notion facts 3).

use super::error::Failure;
use super::settings::{LimitMode, Limits};
use serde_json::Value;
use std::collections::HashMap;

/// The length of a connection's window.
const MINUTE: i64 = 60_000;

/// What a fault on demand tells to wait, in seconds, when it does not say.
pub(crate) const DEFAULT_WAIT: u64 = 12;

/// What has been counted so far.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    windows: HashMap<String, Window>,
    buckets: HashMap<String, Bucket>,
}

#[derive(Debug, Clone, Copy)]
struct Window {
    from: i64,
    count: u64,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    tokens: f64,
    at: i64,
}

/// Who asks for what.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asker<'a> {
    pub(crate) connection: &'a str,
    pub(crate) workspace: &'a str,
    pub(crate) business: bool,
    /// `POST /v1/data_sources/{id}/query`
    pub(crate) endpoint: &'a str,
}

impl Counters {
    /// Lets a request through, or says why not. What is refused is not counted.
    ///
    /// # Errors
    /// 429, with the reason and how long to wait.
    pub(crate) fn take(&mut self, limits: &Limits, asker: Asker<'_>, now: i64) -> Result<(), Failure> {
        if limits.blocked {
            return Err(refusal(limits, "public_api_request_blocked", None));
        }
        if !limits.enabled {
            return Ok(());
        }
        let connection = asker.connection;
        match limits.mode {
            LimitMode::Window => {
                let most = if asker.business { limits.business_per_minute } else { limits.per_minute };
                let reason = "public_api_request_rate_limit";
                self.window(limits, connection, most, MINUTE, now)
                    .map_err(|wait| refusal(limits, reason, Some(wait)))?;
            }
            LimitMode::Bucket => self.bucket(limits, connection, now)?,
        }
        if let Some(most) = limits.per_workspace {
            let length =
                i64::try_from(limits.workspace_window_s.max(1)).unwrap_or(i64::MAX).saturating_mul(1000);
            let reason = "public_api_space_request_rate_limit";
            let key = format!("space {}", asker.workspace);
            self.window(limits, &key, most, length, now)
                .map_err(|wait| refusal(limits, reason, Some(wait)))?;
        }
        if let Some(most) = limits.per_endpoint.get(asker.endpoint) {
            let reason = "public_api_endpoint_rate_limit";
            let key = format!("{connection} {}", asker.endpoint);
            self.window(limits, &key, *most, MINUTE, now)
                .map_err(|wait| refusal(limits, reason, Some(wait)))?;
        }
        Ok(())
    }

    /// Counts one more in a fixed window, or says how many seconds it still lasts.
    fn window(&mut self, limits: &Limits, key: &str, most: u64, length: i64, now: i64) -> Result<(), u64> {
        let begin = if limits.aligned_to_clock { now - now.rem_euclid(length) } else { now };
        let fresh = Window { from: begin, count: 0 };
        if !self.windows.contains_key(key) {
            self.windows.insert(key.to_owned(), fresh);
        }
        let Some(window) = self.windows.get_mut(key) else { return Ok(()) };
        // A clock set far back begins a new window too. A little back is no such thing: of two requests at once, the one
        // that is counted last may have come first.
        if now >= window.from.saturating_add(length) || now < window.from.saturating_sub(length) {
            *window = fresh;
        }
        if window.count >= most {
            let left = (window.from.saturating_add(length) - now).min(length);
            return Err(u64::try_from(left.saturating_add(999) / 1000).unwrap_or(1).max(1));
        }
        window.count += 1;
        Ok(())
    }

    fn bucket(&mut self, limits: &Limits, key: &str, now: i64) -> Result<(), Failure> {
        let full = Bucket { tokens: limits.bucket_burst, at: now };
        let bucket = self.buckets.entry(key.to_owned()).or_insert(full);
        #[expect(clippy::cast_precision_loss, reason = "milliseconds since the last request")]
        let passed = (now - bucket.at).max(0) as f64 / 1000.0;
        bucket.tokens = (bucket.tokens + passed * limits.bucket_per_second).min(limits.bucket_burst);
        // The same here: time does not go back for two requests at once.
        if now > bucket.at || now < bucket.at - MINUTE {
            bucket.at = now;
        }
        if bucket.tokens >= 1.0 {
            bucket.tokens -= 1.0;
            return Ok(());
        }
        let wait = ((1.0 - bucket.tokens) / limits.bucket_per_second.max(0.001)).ceil();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small and positive")]
        let wait = (wait as u64).max(1);
        Err(refusal(limits, "public_api_request_rate_limit", Some(wait)))
    }

    /// As at the start.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }
}

/// 429 in Notion's words.
pub(crate) fn refusal(limits: &Limits, reason: &str, wait: Option<u64>) -> Failure {
    let mut failure = Failure::new(429, "rate_limited", limits.message.clone())
        .with("rate_limit_reason", reason.to_owned());
    if let Some(wait) = wait {
        failure = failure.with("retry_after", Value::String(wait.to_string()));
        failure.retry_after = Some(wait);
    }
    failure
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKER: Asker<'_> =
        Asker { connection: "c", workspace: "w", business: false, endpoint: "POST /v1/search" };

    fn reason(failure: &Failure) -> &str {
        failure.additional[0].1.as_str().expect("a text")
    }

    #[test]
    fn a_window_lets_so_many_through_in_one_burst_and_none_more_until_it_ends() {
        let (mut counters, limits) = (Counters::default(), Limits::default());
        let now = 1_767_225_600_000 + 48_500;
        for _ in 0..180 {
            counters.take(&limits, ASKER, now).expect("within the limit");
        }
        let refused = counters.take(&limits, ASKER, now).expect_err("181");
        assert_eq!((refused.status, refused.retry_after), (429, Some(12)));
        assert_eq!(reason(&refused), "public_api_request_rate_limit");
        assert_eq!(refused.additional[1], ("retry_after", Value::String("12".to_owned())));
        assert!(
            counters.take(&limits, Asker { connection: "d", ..ASKER }, now).is_ok(),
            "another connection"
        );
        assert!(counters.take(&limits, ASKER, now + 11_499).is_err());
        assert!(counters.take(&limits, ASKER, now + 11_500).is_ok());
    }

    #[test]
    fn requests_that_overtake_each_other_do_not_empty_the_window() {
        for aligned_to_clock in [true, false] {
            let (mut counters, limits) =
                (Counters::default(), Limits { aligned_to_clock, per_minute: 10, ..Limits::default() });
            let times = (0..40).map(|number| 60_000 + (number % 2) - i64::from(number == 7));
            let passed = times.filter(|now| counters.take(&limits, ASKER, *now).is_ok()).count();
            assert_eq!(passed, 10);
        }
        let (mut counters, limits) = (Counters::default(), Limits { per_minute: 1, ..Limits::default() });
        assert!(
            counters.take(&limits, ASKER, 3_600_000).is_ok()
                && counters.take(&limits, ASKER, 3_600_000).is_err()
        );
        assert!(counters.take(&limits, ASKER, 0).is_ok(), "the clock was set back");
    }

    #[test]
    fn business_workspaces_get_more() {
        let (mut counters, limits) = (Counters::default(), Limits::default());
        let asker = Asker { business: true, ..ASKER };
        let passed = (0..700).filter(|_| counters.take(&limits, asker, 0).is_ok()).count();
        assert_eq!(passed, 600);
    }

    #[test]
    fn a_workspace_shares_a_budget_whose_wait_may_exceed_a_minute() {
        let (mut counters, limits) =
            (Counters::default(), Limits { per_workspace: Some(3), ..Limits::default() });
        for connection in ["a", "b", "c"] {
            counters.take(&limits, Asker { connection, ..ASKER }, 0).expect("within the budget");
        }
        let refused = counters.take(&limits, Asker { connection: "d", ..ASKER }, 0).expect_err("spent");
        assert_eq!(
            (reason(&refused), refused.retry_after),
            ("public_api_space_request_rate_limit", Some(300))
        );
    }

    #[test]
    fn an_endpoint_may_have_a_limit_of_its_own_and_a_connection_may_be_blocked() {
        let per_endpoint = [("POST /v1/search".to_owned(), 1)].into();
        let (mut counters, limits) = (Counters::default(), Limits { per_endpoint, ..Limits::default() });
        assert!(counters.take(&limits, ASKER, 0).is_ok());
        assert_eq!(
            reason(&counters.take(&limits, ASKER, 0).expect_err("one")),
            "public_api_endpoint_rate_limit"
        );
        assert!(counters.take(&limits, Asker { endpoint: "GET /v1/users", ..ASKER }, 0).is_ok());
        let blocked = Limits { blocked: true, ..Limits::default() };
        let refused = counters.take(&blocked, ASKER, 0).expect_err("blocked");
        assert_eq!((reason(&refused), refused.retry_after), ("public_api_request_blocked", None));
    }

    #[test]
    fn the_older_rule_is_a_bucket_that_refills() {
        let (mut counters, limits) =
            (Counters::default(), Limits { mode: LimitMode::Bucket, bucket_burst: 5.0, ..Limits::default() });
        let passed = (0..20).filter(|_| counters.take(&limits, ASKER, 0).is_ok()).count();
        assert_eq!(passed, 5);
        let passed = (0..20).filter(|_| counters.take(&limits, ASKER, 1000).is_ok()).count();
        assert_eq!(passed, 3);
        assert_eq!(counters.take(&limits, ASKER, 1000).expect_err("empty").retry_after, Some(1));
    }
}
