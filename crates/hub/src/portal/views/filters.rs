//! Filters of the templates: `{{ row.account|visible }}`.

use super::room::room;
use super::text;
use askama::{Result, Values};
use std::fmt::Display;

/// [`text::visible`].
#[askama::filter_fn]
pub fn visible(value: impl Display, _: &dyn Values) -> Result<String> {
    Ok(text::visible(&value.to_string()).into_owned())
}

/// [`text::preview`], of fewer characters where the page has too little [`room`].
#[askama::filter_fn]
pub fn preview(value: impl Display, values: &dyn Values, max: usize) -> Result<String> {
    Ok(text::preview(&value.to_string(), room(values, max)).into_owned())
}

/// The same of a text whose lines stay lines.
#[askama::filter_fn]
pub fn lines(value: impl Display, values: &dyn Values, max: usize) -> Result<String> {
    let (value, max) = (value.to_string(), room(values, max));
    let shown = value.char_indices().nth(max).map_or(value.as_str(), |(end, _)| &value[..end]);
    let mut lines: Vec<_> = shown.lines().map(text::visible).collect();
    if shown.len() < value.len() {
        lines.push("…".into());
    }
    Ok(lines.join("\n"))
}

/// [`text::id`].
#[askama::filter_fn]
pub fn short_id(value: impl Display, values: &dyn Values, max: usize) -> Result<String> {
    Ok(text::id(&value.to_string(), room(values, max)).into_owned())
}

/// [`text::date_and_time`].
#[askama::filter_fn]
pub fn moment(value: impl Display, _: &dyn Values) -> Result<String> {
    Ok(text::date_and_time(&value.to_string()))
}

/// [`text::clock`].
#[askama::filter_fn]
pub fn clock(value: impl Display, _: &dyn Values) -> Result<String> {
    Ok(text::clock(&value.to_string()).to_owned())
}

/// [`text::thousands`].
#[askama::filter_fn]
pub fn thousands(value: impl Display, _: &dyn Values) -> Result<String> {
    Ok(text::thousands(value.to_string().parse().unwrap_or(0)))
}

/// [`text::span`].
#[askama::filter_fn]
pub fn span(value: &u64, _: &dyn Values) -> Result<String> {
    Ok(text::span(*value))
}

/// [`text::plural`].
#[askama::filter_fn]
pub fn plural(value: impl Display, _: &dyn Values, one: &str, many: &str) -> Result<String> {
    Ok(text::plural(value.to_string().parse().unwrap_or(0), one, many))
}
