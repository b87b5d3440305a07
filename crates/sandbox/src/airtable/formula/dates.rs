//! Functions of dates. All in UTC, as Airtable's own are unless they are told otherwise.

use super::functions::{Function, function};
use super::value::Val;
use crate::airtable::model::zone;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

pub(super) static ALL: [Function; 17] = [
    function("TODAY", 0, 0, |_, source| Val::Time(source.now().div_euclid(DAY).saturating_mul(DAY), true)),
    function("NOW", 0, 0, |_, source| Val::Time(source.now(), false)),
    function("IS_BEFORE", 2, 2, |values, _| compared(values, |a, b| a < b)),
    function("IS_AFTER", 2, 2, |values, _| compared(values, |a, b| a > b)),
    function("IS_SAME", 2, 3, |values, _| is_same(values)),
    function("DATETIME_PARSE", 1, 3, |values, _| match moment(&values[0]) {
        Some(ms) => Val::Time(ms, false),
        None => Val::Error,
    }),
    function("DATETIME_DIFF", 2, 3, |values, _| difference(values)),
    function("DATEADD", 3, 3, |values, _| added(values)),
    function("DATESTR", 1, 1, |values, _| part(values, |at| Val::text(at.date().to_string()))),
    function("YEAR", 1, 1, |values, _| part(values, |at| Val::Number(f64::from(at.year())))),
    function("MONTH", 1, 1, |values, _| part(values, |at| Val::Number(f64::from(at.month())))),
    function("DAY", 1, 1, |values, _| part(values, |at| Val::Number(f64::from(at.day())))),
    function("HOUR", 1, 1, |values, _| part(values, |at| Val::Number(f64::from(at.hour())))),
    function("MINUTE", 1, 1, |values, _| part(values, |at| Val::Number(f64::from(at.minute())))),
    function("SECOND", 1, 1, |values, _| part(values, |at| Val::Number(f64::from(at.second())))),
    function("WEEKDAY", 1, 1, |values, _| {
        part(values, |at| Val::Number(f64::from(at.weekday().to_sunday_zero_offset())))
    }),
    function("DATETIME_FORMAT", 1, 1, |values, _| part(values, |at| Val::text(at.to_string()))),
];

const DAY: i64 = 86_400_000;

/// The moment a value means.
pub(super) fn moment(value: &Val) -> Option<i64> {
    match value {
        Val::Time(ms, _) => Some(*ms),
        Val::Text(text) => zone::parse_moment(text, &TimeZone::UTC).or_else(|| {
            let date = zone::guess_date(text)?;
            Some(i64::from(zone::day_number(date)) * DAY)
        }),
        Val::List(list) if list.len() == 1 => moment(&list[0]),
        _ => None,
    }
}

fn part(values: &[Val], work: fn(DateTime) -> Val) -> Val {
    moment(&values[0]).map_or(Val::Error, |ms| work(zone::local(ms, &TimeZone::UTC)))
}

/// An empty date is neither before nor after another.
fn compared(values: &[Val], work: fn(i64, i64) -> bool) -> Val {
    match (moment(&values[0]), moment(&values[1])) {
        (Some(a), Some(b)) => Val::Bool(work(a, b)),
        _ if values.contains(&Val::Blank) => Val::Bool(false),
        _ => Val::Error,
    }
}

/// Milliseconds of a unit of fixed length.
fn unit(name: &str) -> Option<i64> {
    Some(match name {
        "milliseconds" | "ms" | "millisecond" => 1,
        "seconds" | "s" | "second" => 1_000,
        "minutes" | "m" | "minute" => 60_000,
        "hours" | "h" | "hour" => 3_600_000,
        "days" | "d" | "day" => DAY,
        "weeks" | "w" | "week" => 7 * DAY,
        _ => return None,
    })
}

/// Months of a unit that has no fixed length.
fn months(name: &str) -> Option<i64> {
    match name {
        "months" | "M" | "month" => Some(1),
        "quarters" | "Q" | "quarter" => Some(3),
        "years" | "y" | "year" => Some(12),
        _ => None,
    }
}

fn month_number(ms: i64) -> i64 {
    let at = zone::local(ms, &TimeZone::UTC);
    i64::from(at.year()) * 12 + i64::from(at.month()) - 1
}

fn is_same(values: &[Val]) -> Val {
    let (Some(a), Some(b)) = (moment(&values[0]), moment(&values[1])) else { return Val::Bool(false) };
    let Some(name) = values.get(2).map(Val::to_text) else { return Val::Bool(a == b) };
    match (unit(&name), months(&name)) {
        (Some(length), _) => Val::Bool(a.div_euclid(length) == b.div_euclid(length)),
        (_, Some(months)) => Val::Bool(month_number(a) / months == month_number(b) / months),
        _ => Val::Error,
    }
}

#[expect(clippy::cast_precision_loss, reason = "differences of dates fit")]
fn difference(values: &[Val]) -> Val {
    let (Some(a), Some(b)) = (moment(&values[0]), moment(&values[1])) else { return Val::Error };
    let name = values.get(2).map_or("seconds".to_owned(), Val::to_text);
    match (unit(&name), months(&name)) {
        (Some(length), _) => Val::Number((a.saturating_sub(b) / length) as f64),
        (_, Some(months)) => Val::Number(((month_number(a) - month_number(b)) / months) as f64),
        _ => Val::Error,
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a float cast saturates")]
fn added(values: &[Val]) -> Val {
    let (Some(from), Some(many)) = (moment(&values[0]), values[1].number()) else { return Val::Error };
    let (many, name) = (many as i64, values[2].to_text());
    let whole_day = matches!(values[0], Val::Time(_, true));
    if let Some(length) = unit(&name) {
        return Val::Time(from.saturating_add(many.saturating_mul(length)), whole_day && length % DAY == 0);
    }
    let Some(per) = months(&name) else { return Val::Error };
    let Ok(span) = jiff::Span::new().try_months(many.saturating_mul(per)) else { return Val::Error };
    let at = zone::local(from, &TimeZone::UTC);
    match at.checked_add(span).and_then(|at| at.to_zoned(TimeZone::UTC)) {
        Ok(at) => Val::Time(at.timestamp().as_millisecond(), whole_day),
        Err(_) => Val::Error,
    }
}
