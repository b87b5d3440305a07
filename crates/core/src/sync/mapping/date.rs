//! Days and moments.

use super::super::value::Value;
use crate::time::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// Whether this is a day: `2026-01-31`.
pub(super) fn is_day(text: &str) -> bool {
    text.trim().len() == 10 && text.trim().parse::<Date>().is_ok()
}

/// The day of a day or a moment, in UTC.
pub(super) fn day(text: &str) -> Option<String> {
    let text = text.trim();
    if is_day(text) {
        return Some(text.to_owned());
    }
    date_of(moment(text)?).map(|date| date.to_string())
}

/// The moment, midnight in UTC for a day. Mere digits are none: nobody means milliseconds by them.
pub(super) fn moment(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    text.get(1..).filter(|rest| rest.contains('-'))?;
    Timestamp::parse(text).ok()
}

/// The moment with its own day and the time of day of what is there, if that is a moment.
pub(super) fn with_time_of(value: &Value, there: &Value) -> Value {
    let moved = || {
        let (to, from) = (moment(value.first())?, moment(there.first())?);
        let start = |moment| Timestamp::parse(&date_of(moment)?.to_string()).ok();
        Some(start(to)?.plus(from.since(start(from)?)).to_string())
    };
    moved().map_or_else(|| value.clone(), Value::Text)
}

fn date_of(moment: Timestamp) -> Option<Date> {
    let moment = jiff::Timestamp::from_millisecond(moment.as_millis()).ok()?;
    Some(moment.to_zoned(TimeZone::UTC).date())
}
