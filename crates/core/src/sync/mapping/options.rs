//! A choice of one side as another of the other.

use super::super::side::Side;
use super::super::value::Value;

/// Before a choice that the other side has no counterpart for: it must not be taken for one of the other side's own that happens
/// to be called the same. No provider has it, and nobody sees it.
const FOREIGN: char = '\u{2063}';

/// The choices of the other side for these of `from`. Those without a counterpart are marked as foreign; so marked, they are
/// themselves on the way back.
pub(super) fn map(pairs: &[(String, String)], from: Side, value: &Value) -> Value {
    let map = |text: &String| match text.strip_prefix(FOREIGN) {
        Some(own) => own.to_owned(),
        None => counterpart(pairs, from, text.trim()).unwrap_or_else(|| format!("{FOREIGN}{}", text.trim())),
    };
    match value {
        Value::Empty => Value::Empty,
        Value::Text(text) if text.trim().is_empty() => Value::Empty,
        Value::Text(text) => Value::text(map(text)),
        Value::List(texts) => Value::list(texts.iter().filter(|text| !text.trim().is_empty()).map(map)),
    }
}

fn counterpart(pairs: &[(String, String)], from: Side, text: &str) -> Option<String> {
    let pair = pairs.iter().find(|pair| of(pair, from) == text)?;
    Some(of(pair, from.other()).to_owned())
}

/// The choice of `side` in a pair.
pub(super) fn of(pair: &(String, String), side: Side) -> &str {
    match side {
        Side::Left => &pair.0,
        Side::Right => &pair.1,
    }
}

/// The other side's name of a choice that has no counterpart here.
pub(super) fn foreign(text: &str) -> Option<&str> {
    text.strip_prefix(FOREIGN)
}
