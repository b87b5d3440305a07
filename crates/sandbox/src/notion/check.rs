//! Reading JSON bodies: what is wrong is said with its path, as Notion does (Notion facts 9).

use super::error::Failure;
use super::id::Id;
use serde_json::{Map, Value};

/// A JSON object with the path it was found at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fields<'a> {
    pub(crate) map: &'a Map<String, Value>,
    path: &'a str,
}

impl<'a> Fields<'a> {
    /// `value` as an object.
    pub(crate) fn of(value: &'a Value, path: &'a str) -> Result<Self, Failure> {
        Ok(Self { map: object(value, path)?, path })
    }

    /// The value under `key`.
    pub(crate) fn get(&self, key: &str) -> Option<&'a Value> {
        self.map.get(key)
    }

    /// Where `key` is.
    pub(crate) fn at(&self, key: &str) -> String {
        format!("{}.{key}", self.path)
    }

    /// A text, if there is one.
    pub(crate) fn text(&self, key: &str) -> Result<Option<&'a str>, Failure> {
        self.get(key).map(|value| text(value, &self.at(key))).transpose()
    }

    /// A boolean, if there is one.
    pub(crate) fn flag(&self, key: &str) -> Result<Option<bool>, Failure> {
        let Some(value) = self.get(key) else { return Ok(None) };
        value.as_bool().map(Some).ok_or_else(|| Failure::expected(&self.at(key), "a boolean", Some(value)))
    }

    /// An id, if there is one.
    pub(crate) fn id(&self, key: &str) -> Result<Option<Id>, Failure> {
        self.get(key).map(|value| id(value, &self.at(key))).transpose()
    }

    /// Refuses a key this version does not know.
    pub(crate) fn refuse(&self, key: &str) -> Result<(), Failure> {
        match self.get(key) {
            Some(value) => Err(Failure::unexpected(&self.at(key), value)),
            None => Ok(()),
        }
    }
}

/// `value` as an object.
pub(crate) fn object<'a>(value: &'a Value, path: &str) -> Result<&'a Map<String, Value>, Failure> {
    value.as_object().ok_or_else(|| Failure::expected(path, "an object", Some(value)))
}

/// `value` as a list.
pub(crate) fn list<'a>(value: &'a Value, path: &str) -> Result<&'a [Value], Failure> {
    match value {
        Value::Array(items) => Ok(items),
        other => Err(Failure::expected(path, "an array", Some(other))),
    }
}

/// `value` as a list of at most `most` (Notion facts 10).
pub(crate) fn short_list<'a>(value: &'a Value, path: &str, most: usize) -> Result<&'a [Value], Failure> {
    let items = list(value, path)?;
    if items.len() > most {
        return Err(Failure::validation(format!(
            "body failed validation: {path}.length should be ≤ `{most}`, instead was `{}`.",
            items.len()
        )));
    }
    Ok(items)
}

/// `value` as a text.
pub(crate) fn text<'a>(value: &'a Value, path: &str) -> Result<&'a str, Failure> {
    value.as_str().ok_or_else(|| Failure::expected(path, "a string", Some(value)))
}

/// `value` as a text of at most `most` characters (Notion facts 10).
pub(crate) fn short_text<'a>(value: &'a Value, path: &str, most: usize) -> Result<&'a str, Failure> {
    let text = text(value, path)?;
    // Notion counts what JavaScript counts: UTF-16 units.
    let length = if text.len() <= most { 0 } else { text.encode_utf16().count() };
    if length > most {
        return Err(Failure::validation(format!(
            "body failed validation: {path}.length should be ≤ `{most}`, instead was `{length}`."
        )));
    }
    Ok(text)
}

/// `value` as an id.
pub(crate) fn id(value: &Value, path: &str) -> Result<Id, Failure> {
    Id::parse(text(value, path)?).ok_or_else(|| Failure::expected(path, "a valid uuid", Some(value)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_wrong_is_said_with_its_path() {
        let body = json!({"a": 1, "b": "x"});
        let fields = Fields::of(&body, "body").expect("an object");
        let message = fields.text("a").expect_err("a number").message;
        assert_eq!(message, "body failed validation: body.a should be a string, instead was `1`.");
        assert_eq!(
            fields.id("b").expect_err("no id").message,
            "body failed validation: body.b should be a valid uuid, instead was `\"x\"`."
        );
        assert_eq!(fields.flag("c").expect("not there"), None);
        assert!(fields.refuse("b").expect_err("there").message.contains("body.b should be not present"));
    }

    #[test]
    fn lengths_are_counted_in_utf_16() {
        let value = json!("😀😀");
        assert!(short_text(&value, "body.x", 4).is_ok());
        assert!(short_text(&value, "body.x", 3).expect_err("too long").message.contains("instead was `4`"));
    }
}
