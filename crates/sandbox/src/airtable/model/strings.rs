//! `cellFormat=string`: cells as people see them, in their time zone and locale (Airtable facts 5).

use super::cell::Cell;
use super::compute::At;
use super::field::{Format, Kind};
use super::read::Reader;
use super::zone;
use crate::airtable::formula::Val;
use jiff::civil::{Date, DateTime};
use jiff::fmt::strtime;
use jiff::tz::TimeZone;

/// For whom cells are written.
#[derive(Debug, Clone)]
pub(in crate::airtable) struct Audience {
    pub(in crate::airtable) zone: TimeZone,
    pub(in crate::airtable) locale: String,
}

impl Reader<'_> {
    /// A cell as people see it; nothing for an empty one.
    pub(in crate::airtable) fn string(&self, at: At<'_>, field: u16, audience: &Audience) -> Option<String> {
        let kind = self.base.tables[at.table].kind(field);
        let text = match (kind, at.row.cell(field)) {
            (Kind::Number { precision }, Some(Cell::Number(number))) => fixed(*number, *precision),
            (Kind::Currency { precision, symbol }, Some(Cell::Number(number))) => {
                money(*number, *precision, symbol)
            }
            (Kind::Percent { precision }, Some(Cell::Number(number))) => {
                fixed(number * 100.0, *precision) + "%"
            }
            (Kind::Duration { .. }, Some(Cell::Number(seconds))) => duration(*seconds),
            (Kind::Checkbox { .. }, Some(Cell::Checked)) => "checked".to_owned(),
            (Kind::Date { format }, Some(Cell::Date(days))) => date(zone::date(*days), format, audience),
            (Kind::DateTime { date: format, time, .. }, Some(Cell::Time(ms))) => {
                moment(*ms, format, time, audience)
            }
            (Kind::Attachments, Some(Cell::Files(files))) => {
                let shown = files.iter().map(|file| {
                    let url = self.attachment(file)["url"].as_str().unwrap_or_default().to_owned();
                    format!("{} ({url})", file.filename)
                });
                shown.collect::<Vec<_>>().join(",")
            }
            (Kind::CreatedTime | Kind::LastModifiedTime, _) => {
                let ms = if matches!(kind, Kind::CreatedTime) { at.row.created } else { at.row.modified };
                moment(ms, &local_format(), &twelve_hours(), audience)
            }
            _ => match self.val(at, field, 0) {
                Val::Time(ms, true) => zone::local(ms, &TimeZone::UTC).date().to_string(),
                value => value.to_text(),
            },
        };
        (!text.is_empty()).then_some(text)
    }
}

fn local_format() -> Format {
    Format { name: "local".to_owned(), format: "l".to_owned() }
}

fn twelve_hours() -> Format {
    Format { name: "12hour".to_owned(), format: "h:mma".to_owned() }
}

/// So many digits after the point.
fn fixed(number: f64, precision: u8) -> String {
    format!("{number:.precision$}", precision = usize::from(precision))
}

/// `$1,234.50`
fn money(number: f64, precision: u8, symbol: &str) -> String {
    let digits = fixed(number.abs(), precision);
    let (whole, rest) = digits.split_at(digits.find('.').unwrap_or(digits.len()));
    let mut grouped = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let sign = if number < 0.0 { "-" } else { "" };
    format!("{sign}{symbol}{grouped}{rest}")
}

/// `1:05`
fn duration(seconds: f64) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "a float cast saturates")]
    let minutes = (seconds.abs() / 60.0) as i64;
    let sign = if seconds < 0.0 { "-" } else { "" };
    format!("{sign}{}:{:02}", minutes / 60, minutes % 60)
}

fn date(date: Date, format: &Format, audience: &Audience) -> String {
    let pattern = match (format.name.as_str(), audience.locale.split(['-', '_']).next()) {
        ("iso", _) => "%Y-%m-%d",
        ("us", _) | ("local", Some("en")) => "%-m/%-d/%Y",
        ("friendly", _) => "%B %-d, %Y",
        ("local", Some("de")) => "%-d.%-m.%Y",
        ("european" | "local", _) => "%-d/%-m/%Y",
        _ => "%Y-%m-%d",
    };
    strtime::format(pattern, date).unwrap_or_default()
}

fn moment(ms: i64, format: &Format, time: &Format, audience: &Audience) -> String {
    let local: DateTime = zone::local(ms, &audience.zone);
    let hours = if time.name == "24hour" { "%H:%M" } else { "%-I:%M%P" };
    let clock = strtime::format(hours, local).unwrap_or_default();
    format!("{} {clock}", date(local.date(), format, audience))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_look_as_people_see_them() {
        assert_eq!(money(1_234_567.5, 2, "$"), "$1,234,567.50");
        assert_eq!(money(-999.0, 0, "€"), "-€999");
        assert_eq!((fixed(2.0, 1), duration(3_900.0)), ("2.0".to_owned(), "1:05".to_owned()));
        let audience = |locale: &str| Audience {
            zone: zone::zone("America/New_York").expect("known"),
            locale: locale.to_owned(),
        };
        let day = zone::parse_date("2026-02-03").expect("a date");
        assert_eq!(date(day, &local_format(), &audience("en-us")), "2/3/2026");
        assert_eq!(date(day, &local_format(), &audience("de")), "3.2.2026");
        let ms = 1_767_225_600_000;
        assert_eq!(moment(ms, &local_format(), &twelve_hours(), &audience("en")), "12/31/2025 7:00pm");
    }
}
