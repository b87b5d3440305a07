//! Dates and moments in a field's or a reader's time zone.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

/// A time zone by its name; Airtable also says `utc` and `client`.
pub(in crate::airtable) fn zone(name: &str) -> Option<TimeZone> {
    match name {
        "utc" | "client" | "UTC" => Some(TimeZone::UTC),
        name => TimeZone::get(name).ok(),
    }
}

fn epoch() -> Date {
    Date::constant(1970, 1, 1)
}

/// Days since 1970.
pub(in crate::airtable) fn day_number(date: Date) -> i32 {
    date.since(epoch()).map_or(0, |span| span.get_days())
}

/// The date so many days after 1970.
pub(in crate::airtable) fn date(days: i32) -> Date {
    epoch().checked_add(jiff::Span::new().days(days.clamp(-700_000, 2_900_000))).unwrap_or_else(|_| epoch())
}

/// Reads a date, or the date of a moment: `2026-01-31`, `2026-01-31T10:00:00Z`.
pub(in crate::airtable) fn parse_date(text: &str) -> Option<Date> {
    let text = text.trim();
    let day = text.get(..10).unwrap_or(text);
    let rest = text.get(10..).unwrap_or_default();
    let fits = rest.is_empty() || rest.starts_with('T') || rest.starts_with(' ');
    if !fits || day.len() != 10 {
        return None;
    }
    day.parse().ok()
}

/// Reads a moment; without an offset it is one in `zone`.
pub(in crate::airtable) fn parse_moment(text: &str, zone: &TimeZone) -> Option<i64> {
    let text = text.trim();
    if let Ok(at) = text.parse::<jiff::Timestamp>() {
        return Some(at.as_millisecond());
    }
    let local = match text.parse::<DateTime>() {
        Ok(local) => local,
        Err(_) => text.parse::<Date>().ok()?.to_datetime(jiff::civil::Time::midnight()),
    };
    Some(local.to_zoned(zone.clone()).ok()?.timestamp().as_millisecond())
}

/// Reads what people write, for `typecast`: `1/31/2026`, `31.1.2026`, `Jan 31, 2026`, besides the ISO forms.
pub(in crate::airtable) fn guess_date(text: &str) -> Option<Date> {
    let text = text.trim();
    ["%m/%d/%Y", "%d.%m.%Y", "%b %d, %Y", "%B %d, %Y", "%d %b %Y", "%d %B %Y"]
        .iter()
        .find_map(|format| Date::strptime(format, text).ok())
}

/// The local date and time of a moment.
pub(in crate::airtable) fn local(ms: i64, zone: &TimeZone) -> DateTime {
    match jiff::Timestamp::from_millisecond(ms) {
        Ok(at) => at.to_zoned(zone.clone()).datetime(),
        Err(_) => epoch().to_datetime(jiff::civil::Time::midnight()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_moments_are_read() {
        assert_eq!(parse_date("2026-01-31").map(day_number), Some(20_484));
        assert_eq!(parse_date("2026-01-31T10:00:00Z").map(day_number), Some(20_484));
        assert_eq!(date(20_484).to_string(), "2026-01-31");
        assert_eq!(parse_date("2026-02-31"), None);
        assert_eq!(parse_date("2026-01-31x"), None);
        let berlin = zone("Europe/Berlin").expect("known");
        assert_eq!(
            parse_moment("2026-01-31T10:00:00", &berlin),
            parse_moment("2026-01-31T09:00:00Z", &berlin)
        );
        assert_eq!(
            parse_moment("2026-07-31T10:00:00", &berlin),
            parse_moment("2026-07-31T08:00:00Z", &berlin)
        );
        assert_eq!(parse_moment("tomorrow", &berlin), None);
        assert_eq!(guess_date("1/31/2026"), parse_date("2026-01-31"));
        assert_eq!(guess_date("Jan 31, 2026"), parse_date("2026-01-31"));
    }
}
