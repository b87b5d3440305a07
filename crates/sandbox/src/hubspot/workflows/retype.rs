//! A mapped field becomes what its type says (HubSpot facts 8.1).

use crate::house::clock::{iso, parse_iso};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a mapped field is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FieldType {
    #[default]
    String,
    Number,
    Bool,
    Date,
    Datetime,
    Phone,
}

/// The text a payload's value is written as; none when it is not of the type. Null clears.
pub(crate) fn retyped(value: &Value, to: FieldType) -> Option<String> {
    let text = text(value)?;
    let text = text.trim();
    if text.is_empty() {
        return Some(String::new());
    }
    match to {
        FieldType::String => Some(text.to_owned()),
        FieldType::Number => {
            text.parse::<f64>().ok().filter(|number| number.is_finite()).map(|_| text.to_owned())
        }
        FieldType::Bool => Some(text.to_ascii_lowercase()).filter(|text| text == "true" || text == "false"),
        FieldType::Date => moment(text).map(|ms| iso(ms)[..10].to_owned()),
        FieldType::Datetime => moment(text).map(iso),
        FieldType::Phone => phone(text),
    }
}

/// Lists and objects cannot be mapped.
pub(crate) fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => Some(String::new()),
        Value::Bool(yes) => Some(yes.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) => Some(text.clone()),
        Value::Array(_) | Value::Object(_) => None,
    }
}

/// Milliseconds since 1970, or ISO 8601.
fn moment(text: &str) -> Option<i64> {
    text.parse().ok().or_else(|| parse_iso(text))
}

/// Digits, with a plus in front where there was one or `00`.
fn phone(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let foreign = digits.strip_prefix("00").filter(|_| !text.starts_with('+'));
    match foreign {
        _ if digits.len() < 3 => None,
        Some(rest) => Some(format!("+{rest}")),
        None if text.starts_with('+') => Some(format!("+{digits}")),
        None => Some(digits),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_become_what_their_field_says_or_nothing() {
        use FieldType::{Bool, Date, Datetime, Number, Phone, String};
        for (value, to, expected) in [
            (json!("a"), String, Some("a")),
            (json!(8), String, Some("8")),
            (json!(8), Number, Some("8")),
            (json!("8.5"), Number, Some("8.5")),
            (json!("eight"), Number, None),
            (json!("inf"), Number, None),
            (json!(null), Number, Some("")),
            (json!(true), Bool, Some("true")),
            (json!("FALSE"), Bool, Some("false")),
            (json!("yes"), Bool, None),
            (json!("2026-03-04T05:06:07Z"), Date, Some("2026-03-04")),
            (json!(1_767_225_600_000_i64), Date, Some("2026-01-01")),
            (json!("soon"), Date, None),
            (json!("2026-03-04T05:06:07+01:00"), Datetime, Some("2026-03-04T04:06:07.000Z")),
            (json!("+44 (20) 7946-0958"), Phone, Some("+442079460958")),
            (json!("0044 20 7946 0958"), Phone, Some("+442079460958")),
            (json!("020 7946 0958"), Phone, Some("02079460958")),
            (json!("no"), Phone, None),
            (json!(["a"]), String, None),
            (json!({"a": 1}), String, None),
        ] {
            assert_eq!(retyped(&value, to).as_deref(), expected, "{value} to {to:?}");
        }
    }
}
