//! What came of an attempt, as far as it decides what happens next.

use crate::time::Timestamp;
use jiff::fmt::{rfc2822, strtime};

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The receiver answered.
    Status {
        /// The status.
        status: u16,
        /// The moment it does not want to be asked again before ([`retry_after`]); none when it did not say.
        not_before: Option<Timestamp>,
    },
    /// It did not within the time limit over the whole exchange.
    TimedOut,
    /// There was no exchange: no address, no connection, no TLS, an address that is not called, or an answer that is no HTTP.
    Failed,
}

impl Answer {
    /// Whether the message arrived: any status from 200 to 299.
    #[must_use]
    pub fn is_delivered(&self) -> bool {
        matches!(self, Self::Status { status: 200..=299, .. })
    }
}

/// The moment that a `Retry-After` header names, which is seconds from `now` or a date in any of HTTP's three forms (RFC 9110,
/// 10.2.3 and 5.6.7). None for anything else: then nothing was asked.
#[must_use]
pub fn retry_after(header: &str, now: Timestamp) -> Option<Timestamp> {
    let text = header.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // More seconds than fit are as many as fit.
        let seconds = text.parse::<i64>().unwrap_or(i64::MAX);
        return Some(Timestamp::from_millis(now.as_millis().saturating_add(seconds.saturating_mul(1_000))));
    }
    let instant = preferred_form(text).or_else(|| obsolete_form(text, now))?;
    Some(Timestamp::from_millis(instant.as_millisecond()))
}

/// `Sun, 06 Nov 1994 08:49:37 GMT`.
fn preferred_form(text: &str) -> Option<jiff::Timestamp> {
    text.ends_with("GMT").then(|| rfc2822::DateTimeParser::new().parse_timestamp(text).ok())?
}

/// `Sunday, 06-Nov-94 08:49:37 GMT` and `Sun Nov  6 08:49:37 1994`. Of a year's two digits those are meant that are not more than 50
/// years ahead.
fn obsolete_form(text: &str, now: Timestamp) -> Option<jiff::Timestamp> {
    let utc =
        |parsed: strtime::BrokenDownTime| parsed.to_datetime().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok();
    if let Ok(parsed) = strtime::parse("%a %b %e %H:%M:%S %Y", text) {
        return Some(utc(parsed)?.timestamp());
    }
    // The day's name says nothing new, and the parser would hold it against the century that it guesses.
    let (_, date) = text.split_once(", ").filter(|(day, _)| day.ends_with("day"))?;
    let zoned = utc(strtime::parse("%d-%b-%y %H:%M:%S GMT", date).ok()?)?;
    let this_year =
        jiff::Timestamp::from_millisecond(now.as_millis()).ok()?.to_zoned(jiff::tz::TimeZone::UTC).year();
    let two_digits = i32::from(zoned.year()).rem_euclid(100);
    let century = i32::from(this_year) - i32::from(this_year).rem_euclid(100);
    let near = [century + 100, century, century - 100].map(|start| start + two_digits);
    let year = near.into_iter().find(|year| *year <= i32::from(this_year) + 50)?;
    let dated = zoned.date().with().year(i16::try_from(year).ok()?).build().ok()?;
    dated.to_datetime(zoned.time()).to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_767_225_600_500);

    #[test]
    fn seconds_count_from_now() {
        for (text, millis) in [("0", 0), ("120", 120_000), (" 7 ", 7_000), ("0000000000000000000012", 12_000)]
        {
            assert_eq!(
                retry_after(text, NOW),
                Some(Timestamp::from_millis(NOW.as_millis() + millis)),
                "{text}"
            );
        }
        let far = retry_after("99999999999999999999999", NOW).unwrap();
        assert_eq!(far.as_millis(), i64::MAX);
    }

    #[test]
    fn dates_are_read_in_all_three_forms() {
        let expected = Timestamp::parse("1994-11-06T08:49:37Z").unwrap();
        let forms =
            ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"];
        for text in forms {
            assert_eq!(retry_after(text, NOW), Some(expected), "{text}");
        }
        let soon = retry_after("Thu, 01 Jan 2026 00:02:00 GMT", NOW).unwrap();
        assert_eq!(soon.to_string(), "2026-01-01T00:02:00.000Z");
        let year = |text: &str| retry_after(text, NOW).map(|at| at.to_string()[..4].to_owned());
        assert_eq!(year("Wednesday, 01-Jan-76 00:00:00 GMT").as_deref(), Some("2076"));
        assert_eq!(year("Saturday, 01-Jan-77 00:00:00 GMT").as_deref(), Some("1977"), "not 51 years ahead");
    }

    #[test]
    fn anything_else_asks_for_nothing() {
        for text in [
            "",
            "-5",
            "+5",
            "1.5",
            "soon",
            "5s",
            "Sun, 06 Nov 1994 08:49:37",
            "Sun, 31 Feb 2026 08:49:37 GMT",
            "2026-01-01T00:00:00Z",
            "Sun, 06 Nov 1994 08:49:37 +0200",
        ] {
            assert_eq!(retry_after(text, NOW), None, "{text}");
        }
    }

    #[test]
    fn every_status_of_the_two_hundreds_is_delivered_and_no_other() {
        let delivered: Vec<u16> = (100..600)
            .filter(|status| Answer::Status { status: *status, not_before: None }.is_delivered())
            .collect();
        assert_eq!(delivered, (200..300).collect::<Vec<u16>>());
        assert!(!Answer::TimedOut.is_delivered() && !Answer::Failed.is_delivered());
    }
}
