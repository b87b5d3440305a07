//! Values as a field of a certain kind holds them.

use super::super::schema::Kind;
use super::super::value::Value;
use super::date;
use super::join::whole;

/// What makes a list of a text, and a text of a list.
const BETWEEN: &str = ", ";

/// The value as a field of this kind holds it; what cannot be made fit is as it is.
pub(super) fn fit(value: Value, kind: Option<&Kind>) -> Value {
    match (kind, value) {
        (_, Value::Empty) => Value::Empty,
        (Some(Kind::List | Kind::Choices(_)), Value::Text(text)) => parted(&text),
        (Some(Kind::List | Kind::Choices(_)), list) => list,
        (Some(Kind::Number), value) => made(&value, number),
        (Some(Kind::Bool), value) => made(&value, truth),
        (Some(Kind::Date), value) => made(&value, date::day),
        (Some(Kind::DateTime), value) => {
            made(&value, |text| date::moment(text).map(|moment| moment.to_string()))
        }
        (_, Value::List(texts)) => Value::text(texts.join(BETWEEN)),
        (_, text) => text,
    }
}

fn parted(text: &str) -> Value {
    Value::list(text.split(BETWEEN).map(str::trim))
}

/// Whether a list that is there is this text already, or a text this list: a value that has a comma in it is not parted anew.
pub(super) fn shows(there: &Value, given: &Value, kind: Option<&Kind>) -> bool {
    let is_list = matches!(kind, Some(Kind::List | Kind::Choices(_)));
    match (there, given) {
        (Value::List(texts), Value::Text(text)) if is_list => texts.join(BETWEEN).trim() == text,
        (Value::Text(text), Value::List(_)) if !is_list => parted(text) == *given,
        _ => false,
    }
}

fn made(value: &Value, make: impl Fn(&str) -> Option<String>) -> Value {
    let text = whole(value);
    Value::text(make(text.trim()).unwrap_or(text))
}

/// Whether a field of this kind that holds one of them shows the same as with the other.
pub(super) fn is_same(a: &Value, b: &Value, kind: Option<&Kind>) -> bool {
    let by = |make: fn(&str) -> Option<String>| {
        let (a, b) = (make(a.first()), make(b.first()));
        a.is_some() && a == b
    };
    match kind {
        Some(Kind::Number) => by(number),
        // An empty box is one that is not ticked.
        Some(Kind::Bool) => by(|text| if text.is_empty() { truth("false") } else { truth(text) }),
        Some(Kind::DateTime) => by(|text| date::moment(text).map(|moment| moment.to_string())),
        _ => false,
    }
}

/// A number in its shortest form: `12.5` for `+012.50`.
pub(super) fn number(text: &str) -> Option<String> {
    let text = text.trim();
    let spelt = text.bytes().any(|b| b.is_ascii_digit())
        && text.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
    let value = text.parse::<f64>().ok().filter(|value| spelt && value.is_finite())?;
    if text.contains(['e', 'E']) {
        return Some(if value == 0.0 { "0".to_owned() } else { value.to_string() });
    }
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    let whole = if whole.is_empty() { "0" } else { whole };
    Some(match (whole, fraction) {
        ("0", "") => "0".to_owned(),
        (whole, "") => format!("{sign}{whole}"),
        (whole, fraction) => format!("{sign}{whole}.{fraction}"),
    })
}

/// `true` or `false` for the words that people have for it.
pub(super) fn truth(text: &str) -> Option<String> {
    let word = match text.trim().to_lowercase().as_str() {
        "true" | "yes" | "y" | "on" | "1" => "true",
        "false" | "no" | "n" | "off" | "0" => "false",
        _ => return None,
    };
    Some(word.to_owned())
}
