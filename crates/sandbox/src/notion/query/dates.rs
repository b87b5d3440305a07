//! Conditions on dates: by day or by moment, fixed or relative to the simulated clock (Notion facts 6).

use crate::notion::check::{object, text};
use crate::notion::content::date::{DAY, Moment};
use crate::notion::error::Failure;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde_json::Value;

/// A condition on a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DateTest {
    Equals(Moment),
    Before(Moment),
    After(Moment),
    OnOrBefore(Moment),
    OnOrAfter(Moment),
    /// From the first to the last millisecond.
    Within(i64, i64),
}

/// When "now" is, and when a week begins.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Calendar {
    pub(crate) now: i64,
    /// 0 is Sunday.
    pub(crate) week_starts_on: i8,
}

/// The operators, in the order in which messages list them.
pub(crate) const OPERATORS: [&str; 12] = [
    "equals",
    "before",
    "after",
    "on_or_before",
    "on_or_after",
    "past_week",
    "past_month",
    "past_year",
    "this_week",
    "next_week",
    "next_month",
    "next_year",
];

impl Calendar {
    /// Reads an operator with its operand.
    ///
    /// # Errors
    /// When the operand does not fit.
    pub(crate) fn parse(&self, operator: &str, operand: &Value, path: &str) -> Result<DateTest, Failure> {
        if matches!(operator, "equals" | "before" | "after" | "on_or_before" | "on_or_after") {
            let written = text(operand, path)?;
            let Some(moment) = self.relative(written).or_else(|| Moment::parse(written, None)) else {
                return Err(Failure::expected(path, "a valid ISO 8601 date string", Some(operand)));
            };
            return Ok(match operator {
                "equals" => DateTest::Equals(moment),
                "before" => DateTest::Before(moment),
                "after" => DateTest::After(moment),
                "on_or_before" => DateTest::OnOrBefore(moment),
                _ => DateTest::OnOrAfter(moment),
            });
        }
        if !object(operand, path)?.is_empty() {
            return Err(Failure::expected(path, "an empty object", Some(operand)));
        }
        let window = self.window(operator);
        window.ok_or_else(|| Failure::expected(path, "a known date condition", Some(operand)))
    }

    /// Today, in UTC.
    fn today(&self) -> Date {
        let now = Timestamp::from_millisecond(self.now).unwrap_or(Timestamp::UNIX_EPOCH);
        now.to_zoned(TimeZone::UTC).date()
    }

    fn relative(&self, word: &str) -> Option<Moment> {
        let today = self.today();
        let day = match word {
            "today" => Some(today),
            "tomorrow" => today.tomorrow().ok(),
            "yesterday" => today.yesterday().ok(),
            "one_week_ago" => today.checked_sub(1.week()).ok(),
            "one_week_from_now" => today.checked_add(1.week()).ok(),
            "one_month_ago" => today.checked_sub(1.month()).ok(),
            "one_month_from_now" => today.checked_add(1.month()).ok(),
            _ => None,
        }?;
        Some(Moment { at: start_of(day)?, day: true })
    }

    fn window(&self, word: &str) -> Option<DateTest> {
        let today = self.today();
        let (from, to) = match word {
            "past_week" => (today.checked_sub(1.week()).ok()?, today),
            "past_month" => (today.checked_sub(1.month()).ok()?, today),
            "past_year" => (today.checked_sub(1.year()).ok()?, today),
            "next_week" => (today, today.checked_add(1.week()).ok()?),
            "next_month" => (today, today.checked_add(1.month()).ok()?),
            "next_year" => (today, today.checked_add(1.year()).ok()?),
            "this_week" => {
                let today_is = i64::from(today.weekday().to_sunday_zero_offset());
                let since = (today_is - i64::from(self.week_starts_on)).rem_euclid(7);
                let first = today.checked_sub(since.days()).ok()?;
                (first, first.checked_add(6.days()).ok()?)
            }
            _ => return None,
        };
        Some(DateTest::Within(start_of(from)?, start_of(to)? + DAY - 1))
    }
}

fn start_of(day: Date) -> Option<i64> {
    Some(day.to_zoned(TimeZone::UTC).ok()?.timestamp().as_millisecond())
}

impl DateTest {
    /// Whether a date fulfils it.
    pub(crate) fn lets_through(self, date: Moment) -> bool {
        match self {
            // A day equals whatever is on it; a moment only itself.
            Self::Equals(wanted) if wanted.day => (wanted.at..=wanted.last()).contains(&date.at),
            Self::Equals(wanted) => date.at == wanted.at,
            Self::Before(wanted) => date.at < wanted.at,
            Self::After(wanted) => date.at > wanted.last(),
            Self::OnOrBefore(wanted) => date.at <= wanted.last(),
            Self::OnOrAfter(wanted) => date.at >= wanted.at,
            Self::Within(from, to) => (from..=to).contains(&date.at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Thursday, 2026-01-01, 12:00.
    const CALENDAR: Calendar = Calendar { now: 1_767_268_800_000, week_starts_on: 0 };

    fn lets(operator: &str, operand: &Value, date: &str) -> bool {
        let test = CALENDAR.parse(operator, operand, "body.filter.date").expect("a condition");
        test.lets_through(Moment::parse(date, None).expect("a date"))
    }

    #[test]
    fn days_are_compared_as_days_and_moments_as_moments() {
        let day = json!("2026-01-01");
        let cases = [
            ("equals", "2026-01-01T23:59:00Z", true),
            ("equals", "2026-01-02", false),
            ("before", "2025-12-31T23:59:59Z", true),
            ("before", "2026-01-01", false),
            ("after", "2026-01-01T23:59:00Z", false),
            ("after", "2026-01-02", true),
            ("on_or_before", "2026-01-01T23:59:00Z", true),
            ("on_or_before", "2026-01-02", false),
            ("on_or_after", "2026-01-01", true),
            ("on_or_after", "2025-12-31T23:59:59Z", false),
        ];
        for (operator, date, expected) in cases {
            assert_eq!(lets(operator, &day, date), expected, "{operator} {date}");
        }
        let moment = json!("2026-01-01T10:00:00Z");
        assert!(lets("on_or_after", &moment, "2026-01-01T10:00:00Z"));
        assert!(!lets("after", &moment, "2026-01-01T11:00:00+01:00"));
        assert!(lets("after", &moment, "2026-01-01T10:00:01Z"));
    }

    #[test]
    fn relative_words_follow_the_clock() {
        let cases = [
            ("equals", "today", "2026-01-01"),
            ("equals", "tomorrow", "2026-01-02"),
            ("equals", "yesterday", "2025-12-31"),
            ("equals", "one_week_ago", "2025-12-25"),
            ("equals", "one_week_from_now", "2026-01-08"),
            ("equals", "one_month_ago", "2025-12-01"),
            ("equals", "one_month_from_now", "2026-02-01"),
        ];
        for (operator, word, date) in cases {
            assert!(lets(operator, &json!(word), date), "{word}");
        }
    }

    #[test]
    fn windows_reach_as_far_as_they_say() {
        let cases = [
            ("past_week", ["2025-12-25", "2026-01-01"], ["2025-12-24", "2026-01-02"]),
            ("past_month", ["2025-12-01", "2026-01-01"], ["2025-11-30", "2026-01-02"]),
            ("past_year", ["2025-01-01", "2026-01-01"], ["2024-12-31", "2026-01-02"]),
            ("this_week", ["2025-12-28", "2026-01-03"], ["2025-12-27", "2026-01-04"]),
            ("next_week", ["2026-01-01", "2026-01-08"], ["2025-12-31", "2026-01-09"]),
            ("next_month", ["2026-01-01", "2026-02-01"], ["2025-12-31", "2026-02-02"]),
            ("next_year", ["2026-01-01", "2027-01-01"], ["2025-12-31", "2027-01-02"]),
        ];
        for (window, inside, outside) in cases {
            assert!(inside.iter().all(|date| lets(window, &json!({}), date)), "{window}");
            assert!(outside.iter().all(|date| !lets(window, &json!({}), date)), "{window}");
        }
    }

    #[test]
    fn operands_that_do_not_fit_are_refused() {
        for (operator, operand) in [
            ("equals", json!("soon")),
            ("equals", json!(5)),
            ("past_week", json!(true)),
            ("past_week", json!({"a": 1})),
        ] {
            assert!(CALENDAR.parse(operator, &operand, "body.filter.date").is_err(), "{operator} {operand}");
        }
    }
}
