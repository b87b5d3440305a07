//! Dates and times as values: a day, a moment, or a span of either (Notion facts 7).

use crate::house::clock::iso;
use crate::notion::check::Fields;
use crate::notion::error::Failure;
use jiff::Timestamp;
use jiff::civil;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

/// A day in milliseconds.
pub(crate) const DAY: i64 = 86_400_000;

/// A date value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: Box<str>,
    pub(crate) end: Option<Box<str>>,
    pub(crate) time_zone: Option<Box<str>>,
}

/// A day or a moment on the line of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment {
    /// Milliseconds since 1970; of a day its beginning in UTC.
    pub(crate) at: i64,
    /// Whether it is a whole day.
    pub(crate) day: bool,
}

impl Moment {
    /// Reads `2026-01-01`, `2026-01-01T10:00:00+01:00`, or a time without offset in `zone` (none: UTC).
    pub(crate) fn parse(text: &str, zone: Option<&str>) -> Option<Self> {
        if let Ok(at) = text.parse::<Timestamp>() {
            return Some(Self { at: at.as_millisecond(), day: false });
        }
        if text.len() == 10 {
            let at = utc(text.parse::<civil::Date>().ok()?.to_datetime(civil::Time::midnight()))?;
            return Some(Self { at, day: true });
        }
        if !text.contains(['T', ' ']) {
            return None;
        }
        let civil = text.parse::<civil::DateTime>().ok()?;
        let zone = match zone {
            Some(zone) => TimeZone::get(zone).ok()?,
            None => TimeZone::UTC,
        };
        Some(Self { at: civil.to_zoned(zone).ok()?.timestamp().as_millisecond(), day: false })
    }

    /// The last millisecond it covers.
    pub(crate) fn last(self) -> i64 {
        if self.day { self.at + DAY - 1 } else { self.at }
    }
}

fn utc(civil: civil::DateTime) -> Option<i64> {
    Some(civil.to_zoned(TimeZone::UTC).ok()?.timestamp().as_millisecond())
}

impl Span {
    /// A day.
    pub(crate) fn day(ms: i64) -> Self {
        Self { start: iso(ms)[..10].into(), end: None, time_zone: None }
    }

    /// A moment.
    pub(crate) fn moment(ms: i64) -> Self {
        Self { start: iso(ms).into(), end: None, time_zone: None }
    }

    /// When it begins.
    pub(crate) fn begins(&self) -> Option<Moment> {
        Moment::parse(&self.start, self.time_zone.as_deref())
    }

    /// As it is answered.
    pub(crate) fn render(&self) -> Value {
        json!({ "start": self.start, "end": self.end, "time_zone": self.time_zone })
    }

    /// Reads what a client wrote.
    ///
    /// # Errors
    /// What is wrong, with its path.
    pub(crate) fn parse(value: &Value, path: &str) -> Result<Self, Failure> {
        let fields = Fields::of(value, path)?;
        let zone = match fields.get("time_zone") {
            None | Some(Value::Null) => None,
            Some(_) => fields.text("time_zone")?,
        };
        if zone.is_some_and(|zone| TimeZone::get(zone).is_err()) {
            return Err(Failure::expected(
                &fields.at("time_zone"),
                "a valid IANA time zone",
                fields.get("time_zone"),
            ));
        }
        if fields.get("start").is_none() {
            return Err(Failure::expected(&fields.at("start"), "defined", None));
        }
        let start = end_of(fields, "start", zone)?.ok_or_else(|| {
            Failure::expected(&fields.at("start"), "a valid ISO 8601 date string", fields.get("start"))
        })?;
        let end = end_of(fields, "end", zone)?;
        if let Some((_, end)) = &end
            && end.at < start.1.at
        {
            return Err(Failure::validation(format!(
                "{path}: the end date must not be before the start date."
            )));
        }
        Ok(Self { start: start.0, end: end.map(|(text, _)| text), time_zone: zone.map(Into::into) })
    }
}

/// One end of a span, in the form in which it is answered, and when it is.
fn end_of(fields: Fields<'_>, key: &str, zone: Option<&str>) -> Result<Option<(Box<str>, Moment)>, Failure> {
    if matches!(fields.get(key), None | Some(Value::Null)) {
        return Ok(None);
    }
    let text = fields.text(key)?.unwrap_or_default();
    let Some(moment) = Moment::parse(text, zone) else {
        return Err(Failure::expected(&fields.at(key), "a valid ISO 8601 date string", fields.get(key)));
    };
    let written: Box<str> = if moment.day { text.into() } else { with_offset(text, moment.at, zone).into() };
    Ok(Some((written, moment)))
}

/// `2026-01-01T10:00:00.000+01:00`: the offset as it was written, or the zone's.
fn with_offset(text: &str, at: i64, zone: Option<&str>) -> String {
    let Ok(timestamp) = Timestamp::from_millisecond(at) else { return text.to_owned() };
    let zone =
        zone.and_then(|zone| TimeZone::get(zone).ok()).or_else(|| offset_in(text)).unwrap_or(TimeZone::UTC);
    timestamp.to_zoned(zone).strftime("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string()
}

/// The offset at the end of `text`.
fn offset_in(text: &str) -> Option<TimeZone> {
    let tail = text.get(text.len().checked_sub(6)?..)?;
    let sign = match tail.as_bytes()[0] {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = tail.get(1..)?.split_once(':')?;
    let seconds = hours.parse::<i32>().ok()? * 3600 + minutes.parse::<i32>().ok()? * 60;
    Some(TimeZone::fixed(jiff::tz::Offset::from_seconds(sign * seconds).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_moments_are_told_apart() {
        let day = Moment::parse("2026-01-02", None).expect("a day");
        assert!(day.day && day.last() - day.at == DAY - 1);
        let moment = Moment::parse("2026-01-02T01:00:00+01:00", None).expect("a moment");
        assert_eq!((moment.at, moment.day), (day.at, false));
        assert_eq!(Moment::parse("2026-01-02T01:00:00", Some("Europe/Berlin")), Some(moment));
        for wrong in ["", "soon", "2026-13-01", "20260102", "2026-01-02T", "12:00"] {
            assert_eq!(Moment::parse(wrong, None), None, "{wrong}");
        }
    }

    #[test]
    fn spans_are_read_and_answered() {
        let parse = |value: Value| Span::parse(&value, "body.d");
        let day = parse(json!({"start": "2026-01-02"})).expect("a day");
        assert_eq!(day.render(), json!({"start": "2026-01-02", "end": null, "time_zone": null}));
        let span = parse(json!({"start": "2026-01-02T10:00:00Z", "end": "2026-01-02T12:30:00+01:00"}))
            .expect("a span");
        assert_eq!(
            span.render(),
            json!({"start": "2026-01-02T10:00:00.000+00:00", "end": "2026-01-02T12:30:00.000+01:00", "time_zone": null})
        );
        let zoned =
            parse(json!({"start": "2026-07-02T10:00:00", "time_zone": "Europe/Berlin"})).expect("zoned");
        assert_eq!(zoned.render()["start"], "2026-07-02T10:00:00.000+02:00");
        assert_eq!(parse(span.render()).expect("what was answered can be written"), span);
        for wrong in [
            json!("2026-01-01"),
            json!({}),
            json!({"start": 5}),
            json!({"start": null}),
            json!({"start": "soon"}),
            json!({"start": "2026-01-02", "end": "2026-01-01"}),
            json!({"start": "2026-01-02", "time_zone": "Moon/Base"}),
        ] {
            assert!(parse(wrong.clone()).is_err(), "{wrong}");
        }
    }
}
