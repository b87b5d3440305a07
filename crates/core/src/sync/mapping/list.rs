//! A primary and the rest as one list, and back.

use super::super::value::{Face, Value};
use super::Rule;
use super::same::respelt;

/// The values of a list; a text is read as one that people typed: with commas or line ends between them.
pub(super) fn elements(value: &Value) -> Vec<String> {
    let texts: Vec<&str> = match value {
        Value::Empty => Vec::new(),
        Value::Text(text) => text.split([',', '\n']).collect(),
        Value::List(texts) => texts.iter().map(String::as_str).collect(),
    };
    texts.into_iter().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned).collect()
}

/// The rest, of a face with a primary.
pub(super) fn rest(face: &Face) -> Vec<String> {
    face.0.get(1).map(elements).unwrap_or_default()
}

/// Primary and rest as one list.
pub(super) fn gathered(face: &Face) -> Value {
    let primary = face.0.first().map(|value| value.texts().join(", ")).unwrap_or_default();
    let primary = Some(primary.trim().to_owned()).filter(|text| !text.is_empty());
    Value::list(primary.into_iter().chain(rest(face)))
}

/// The list as a primary and the rest, which are spelt as they are `present`.
pub(super) fn spread(rule: &Rule, separator: &str, value: &Value, present: Option<&Face>) -> Vec<Value> {
    let style = rule.style();
    let texts = super::same::written(style, &Value::list(elements(value)));
    let texts = match present {
        Some(present) => respelt(style, texts, &gathered(present)),
        None => texts,
    };
    match texts.texts() {
        [] => vec![Value::Empty, Value::Empty],
        [primary, rest @ ..] => vec![Value::text(primary), Value::text(rest.join(separator))],
    }
}
