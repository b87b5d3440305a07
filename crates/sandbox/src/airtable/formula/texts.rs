//! Functions of texts.

use super::functions::{Function, MANY, function};
use super::value::Val;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

pub(super) static ALL: [Function; 17] = [
    function("LOWER", 1, 1, |values, _| Val::Text(values[0].to_text().to_lowercase())),
    function("UPPER", 1, 1, |values, _| Val::Text(values[0].to_text().to_uppercase())),
    function("TRIM", 1, 1, |values, _| Val::text(values[0].to_text().trim())),
    function("LEN", 1, 1, |values, _| count(values[0].to_text().chars().count())),
    function("FIND", 2, 3, |values, _| {
        count(find(&values[0].to_text(), &values[1].to_text(), values.get(2)))
    }),
    function("SEARCH", 2, 3, |values, _| {
        let found = find(&values[0].to_text(), &values[1].to_text(), values.get(2));
        if found == 0 { Val::Blank } else { count(found) }
    }),
    function("LEFT", 1, 2, |values, _| {
        let many = size(values.get(1)).unwrap_or(1);
        Val::Text(values[0].to_text().chars().take(many).collect())
    }),
    function("RIGHT", 1, 2, |values, _| {
        let (text, many) = (values[0].to_text(), size(values.get(1)).unwrap_or(1));
        let skipped = text.chars().count().saturating_sub(many);
        Val::Text(text.chars().skip(skipped).collect())
    }),
    function("MID", 3, 3, |values, _| {
        let (from, many) = (size(values.get(1)).unwrap_or(1), size(values.get(2)).unwrap_or(0));
        Val::Text(values[0].to_text().chars().skip(from.saturating_sub(1)).take(many).collect())
    }),
    function("CONCATENATE", 0, MANY, |values, _| Val::Text(values.iter().map(Val::to_text).collect())),
    function("SUBSTITUTE", 3, 4, |values, _| substitute(values)),
    function("REPT", 2, 2, |values, _| {
        let (text, many) = (values[0].to_text(), size(values.get(1)).unwrap_or(0));
        // A cell holds 100,000 characters.
        if text.len().saturating_mul(many) > 100_000 { Val::Error } else { Val::Text(text.repeat(many)) }
    }),
    function("EXACT", 2, 2, |values, _| Val::Bool(values[0].to_text() == values[1].to_text())),
    function("T", 1, 1, |values, _| match &values[0] {
        Val::Text(text) => Val::Text(text.clone()),
        _ => Val::Blank,
    }),
    function("VALUE", 1, 1, |values, _| value(&values[0])),
    function("ENCODE_URL_COMPONENT", 1, 1, |values, _| {
        Val::Text(utf8_percent_encode(&values[0].to_text(), NON_ALPHANUMERIC).to_string())
    }),
    function("ARRAYJOIN", 1, 2, |values, _| {
        let separator = values.get(1).map_or(", ".to_owned(), Val::to_text);
        Val::Text(flat(&values[0]).iter().map(Val::to_text).collect::<Vec<_>>().join(&separator))
    }),
];

#[expect(clippy::cast_precision_loss, reason = "texts are shorter than 2^53")]
fn count(number: usize) -> Val {
    Val::Number(number as f64)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float cast saturates, and negative is none"
)]
fn size(value: Option<&Val>) -> Option<usize> {
    value.and_then(Val::number).map(|number| number.max(0.0) as usize)
}

/// Where `needle` begins, counted from 1; 0 when it does not.
fn find(needle: &str, haystack: &str, from: Option<&Val>) -> usize {
    let skipped = size(from).unwrap_or(1).saturating_sub(1);
    let start = haystack.char_indices().nth(skipped).map_or(haystack.len(), |(at, _)| at);
    match haystack[start..].find(needle) {
        Some(at) => haystack[..start + at].chars().count() + 1,
        None => 0,
    }
}

fn substitute(values: &[Val]) -> Val {
    let (text, old, new) = (values[0].to_text(), values[1].to_text(), values[2].to_text());
    if old.is_empty() {
        return Val::Text(text);
    }
    let Some(which) = size(values.get(3)) else { return Val::Text(text.replace(&old, &new)) };
    match text.match_indices(&old).nth(which.saturating_sub(1)) {
        Some((at, _)) => Val::Text(format!("{}{new}{}", &text[..at], &text[at + old.len()..])),
        None => Val::Text(text),
    }
}

fn value(value: &Val) -> Val {
    let Val::Text(text) = value else { return value.number().map_or(Val::Error, Val::Number) };
    let digits: String =
        text.chars().filter(|char| char.is_ascii_digit() || matches!(char, '.' | '-')).collect();
    digits.parse().map_or(Val::Error, Val::Number)
}

/// The elements of a list, or the value itself.
pub(super) fn flat(value: &Val) -> Vec<Val> {
    match value {
        Val::List(list) => list.iter().flat_map(flat).collect(),
        Val::Blank => Vec::new(),
        other => vec![other.clone()],
    }
}
