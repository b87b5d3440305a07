//! Values of formulas.

use crate::house::clock::iso;
use serde_json::{Value, json};

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::airtable) enum Val {
    /// An empty cell, or `BLANK()`.
    Blank,
    Text(String),
    Number(f64),
    Bool(bool),
    /// Milliseconds since 1970, and whether it is a date without a time.
    Time(i64, bool),
    List(Vec<Val>),
    /// `#ERROR!`
    Error,
}

impl Val {
    pub(in crate::airtable) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// As a number; an error where there is none.
    pub(super) fn number(&self) -> Option<f64> {
        match self {
            Self::Blank => Some(0.0),
            Self::Number(number) => Some(*number),
            Self::Bool(bool) => Some(f64::from(u8::from(*bool))),
            Self::List(list) if list.len() == 1 => list[0].number(),
            Self::List(list) if list.is_empty() => Some(0.0),
            Self::Text(_) | Self::Time(..) | Self::List(_) | Self::Error => None,
        }
    }

    /// As text.
    pub(in crate::airtable) fn to_text(&self) -> String {
        match self {
            Self::Blank => String::new(),
            Self::Text(text) => text.clone(),
            Self::Number(number) => number_text(*number),
            Self::Bool(bool) => u8::from(*bool).to_string(),
            Self::Time(ms, true) => iso(*ms).get(..10).unwrap_or_default().to_owned(),
            Self::Time(ms, false) => iso(*ms),
            Self::List(list) => list.iter().map(Self::to_text).collect::<Vec<_>>().join(", "),
            Self::Error => "#ERROR!".to_owned(),
        }
    }

    /// Whether a record with this result is kept: not for `0, false, "", NaN, []` and `#Error!` (Airtable facts 5).
    pub(in crate::airtable) fn is_true(&self) -> bool {
        match self {
            Self::Blank | Self::Error => false,
            Self::Text(text) => !text.is_empty(),
            Self::Number(number) => *number != 0.0 && !number.is_nan(),
            Self::Bool(bool) => *bool,
            Self::Time(..) => true,
            Self::List(list) => !list.is_empty(),
        }
    }

    /// In a cell of a formula field: nothing for an empty one, an object for an error (Airtable facts 6).
    pub(in crate::airtable) fn json(&self) -> Option<Value> {
        match self {
            Self::Blank => None,
            Self::Text(text) if text.is_empty() => None,
            Self::Text(text) => Some(json!(text)),
            Self::Number(number) if number.is_nan() => Some(json!({ "specialValue": "NaN" })),
            Self::Number(number) if number.is_infinite() => {
                Some(json!({ "specialValue": if *number > 0.0 { "Infinity" } else { "-Infinity" } }))
            }
            Self::Number(number) => Some(number_json(*number)),
            Self::Bool(bool) => Some(json!(u8::from(*bool))),
            Self::Time(..) => Some(json!(self.to_text())),
            Self::List(list) if list.is_empty() => None,
            Self::List(list) => Some(list.iter().map(|val| val.json().unwrap_or(Value::Null)).collect()),
            Self::Error => Some(json!({ "error": "#ERROR!" })),
        }
    }
}

/// Whole numbers without a point.
pub(in crate::airtable) fn number_json(number: f64) -> Value {
    #[expect(clippy::cast_possible_truncation, reason = "checked to be whole and to fit")]
    if number.fract() == 0.0 && number.abs() < 9.0e15 { json!(number as i64) } else { json!(number) }
}

fn number_text(number: f64) -> String {
    if number.is_nan() { "NaN".to_owned() } else { number_json(number).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_hold_error_objects_and_special_values() {
        assert_eq!(Val::Error.json(), Some(json!({ "error": "#ERROR!" })));
        assert_eq!(Val::Number(f64::NAN).json(), Some(json!({ "specialValue": "NaN" })));
        assert_eq!(Val::Number(f64::NEG_INFINITY).json(), Some(json!({ "specialValue": "-Infinity" })));
        assert_eq!((Val::Number(2.0).json(), Val::text("").json()), (Some(json!(2)), None));
    }
}
