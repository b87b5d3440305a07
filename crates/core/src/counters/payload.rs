//! What a trigger is sent: a JSON object with places for the key and the value.
//!
//! A string that is a placeholder and nothing else becomes what the placeholder stands for, with its type: `"{{value}}"` a number,
//! `"{{key}}"` a string. So ids stay strings and numbers stay numbers, as the workflow's mapping wants them (HubSpot facts 8.1). Within a
//! longer text a placeholder is written out.

use serde_json::{Map, Value};

/// The longest template, in bytes of JSON.
pub const MAX_LENGTH: usize = 8_192;

/// How deep it may be nested.
pub const MAX_DEPTH: usize = 16;

/// Where the counter's key goes.
pub const KEY: &str = "{{key}}";

/// Where its value goes.
pub const VALUE: &str = "{{value}}";

/// A template, as it was written.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Template(Value);

/// What is wrong with a template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadTemplate {
    /// A list, a text, a number.
    #[error(
        "the payload is a JSON object, like {{\"mock_exam_id\": \"{{{{key}}}}\", \"total_bookings\": \"{{{{value}}}}\"}}"
    )]
    NotAnObject,
    /// Longer than [`MAX_LENGTH`].
    #[error("the payload is longer than {MAX_LENGTH} bytes")]
    TooLong,
    /// Deeper than [`MAX_DEPTH`].
    #[error("the payload is nested more than {MAX_DEPTH} levels deep")]
    TooDeep,
    /// No place for the key.
    #[error("the payload says nowhere which record it is about: put {KEY} into it")]
    NoKey,
    /// No place for the value.
    #[error("the payload says nowhere what the value is: put {VALUE} into it")]
    NoValue,
    /// Something else in double braces.
    #[error("the payload has `{0}` in it; there are {KEY} and {VALUE}")]
    Unknown(String),
    /// A placeholder in the name of a field.
    #[error(
        "the payload has a placeholder in the name of a field (`{0}`): a workflow maps fields by their names"
    )]
    InName(String),
}

impl Template {
    /// A template of this JSON, which [`Self::check`] then looks at.
    #[must_use]
    pub fn new(json: Value) -> Self {
        Self(json)
    }

    /// The shape of the seed's payload: the key under the name `key_field`, the value under the property's.
    #[must_use]
    pub fn usual(key_field: &str, property: &str) -> Self {
        let mut fields = Map::new();
        fields.insert(key_field.to_owned(), KEY.into());
        fields.insert(property.to_owned(), VALUE.into());
        Self(Value::Object(fields))
    }

    /// The payload for this key and value.
    #[must_use]
    pub fn render(&self, key: &str, value: i64) -> Value {
        fill(&self.0, key, value)
    }

    /// Says what is wrong with it, if anything is.
    ///
    /// # Errors
    /// The first [`BadTemplate`] found.
    pub fn check(&self) -> Result<(), BadTemplate> {
        if !self.0.is_object() {
            return Err(BadTemplate::NotAnObject);
        }
        let mut found = Found::default();
        look(&self.0, 1, &mut found)?;
        if self.0.to_string().len() > MAX_LENGTH {
            return Err(BadTemplate::TooLong);
        }
        match found {
            Found { key: false, .. } => Err(BadTemplate::NoKey),
            Found { value: false, .. } => Err(BadTemplate::NoValue),
            Found { key: true, value: true } => Ok(()),
        }
    }
}

#[derive(Default)]
struct Found {
    key: bool,
    value: bool,
}

fn look(json: &Value, depth: usize, found: &mut Found) -> Result<(), BadTemplate> {
    if depth > MAX_DEPTH {
        return Err(BadTemplate::TooDeep);
    }
    match json {
        Value::String(text) => look_at_text(text, found),
        Value::Array(items) => items.iter().try_for_each(|item| look(item, depth + 1, found)),
        Value::Object(fields) => fields.iter().try_for_each(|(name, inner)| {
            if name.contains("{{") {
                return Err(BadTemplate::InName(name.chars().take(40).collect()));
            }
            look(inner, depth + 1, found)
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
    }
}

fn look_at_text(text: &str, found: &mut Found) -> Result<(), BadTemplate> {
    for piece in pieces(text) {
        match piece {
            Piece::Text(_) => {}
            Piece::Key => found.key = true,
            Piece::Value => found.value = true,
            Piece::Unknown(what) => return Err(BadTemplate::Unknown(what.chars().take(40).collect())),
        }
    }
    Ok(())
}

fn fill(json: &Value, key: &str, value: i64) -> Value {
    match json {
        Value::String(text) if text == KEY => key.into(),
        Value::String(text) if text == VALUE => value.into(),
        Value::String(text) => text_of(text, key, &value.to_string()).into(),
        Value::Array(items) => items.iter().map(|item| fill(item, key, value)).collect(),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, inner)| (name.clone(), fill(inner, key, value)));
            Value::Object(fields.collect())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => json.clone(),
    }
}

/// `text` with its placeholders written out. What is put in is not looked at again: a key that reads like a placeholder stays a key.
#[must_use]
pub fn text_of(text: &str, key: &str, value: &str) -> String {
    let put = |piece| match piece {
        Piece::Key => key,
        Piece::Value => value,
        Piece::Text(text) | Piece::Unknown(text) => text,
    };
    pieces(text).map(put).collect()
}

/// A part of a text with placeholders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    Text(&'a str),
    Key,
    Value,
    /// In double braces, or an end that is missing.
    Unknown(&'a str),
}

/// `text`, part by part.
pub(super) fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (piece, length) = match rest.find("{{") {
            None => (Piece::Text(rest), rest.len()),
            Some(0) => {
                let end = rest.find("}}").map_or(rest.len(), |at| at + 2);
                let piece = match &rest[..end] {
                    KEY => Piece::Key,
                    VALUE => Piece::Value,
                    other => Piece::Unknown(other),
                };
                (piece, end)
            }
            Some(at) => (Piece::Text(&rest[..at]), at),
        };
        rest = &rest[length..];
        Some(piece)
    })
}

#[cfg(test)]
mod tests {
    use super::{BadTemplate, Template};
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn refusal(json: Value) -> BadTemplate {
        Template::new(json).check().unwrap_err()
    }

    #[test]
    fn the_seeds_payload_is_the_usual_one() {
        let usual = Template::usual("mock_exam_id", "total_bookings");
        usual.check().unwrap();
        assert_eq!(
            usual.render("40577087837", 8),
            json!({"mock_exam_id": "40577087837", "total_bookings": 8})
        );
    }

    #[test]
    fn a_placeholder_alone_keeps_its_type_and_one_in_a_text_is_written_out() {
        let template = Template::new(json!({
            "id": "{{key}}", "n": "{{value}}", "deep": [{"say": "exam {{key}} has {{value}} ({{value}})"}],
            "fixed": [1, true, null, "}} {x}"],
        }));
        template.check().unwrap();
        let filled = json!({
            "id": "7", "n": -3, "deep": [{"say": "exam 7 has -3 (-3)"}], "fixed": [1, true, null, "}} {x}"],
        });
        assert_eq!(template.render("7", -3), filled);
        assert_eq!(serde_json::from_str::<Template>(&json!(template).to_string()).unwrap(), template);
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        assert_eq!(refusal(json!(["{{key}}", "{{value}}"])), BadTemplate::NotAnObject);
        assert_eq!(refusal(json!({"n": "{{value}}"})), BadTemplate::NoKey);
        assert_eq!(refusal(json!({"id": "{{key}}"})), BadTemplate::NoValue);
        assert_eq!(refusal(json!({"{{key}}": "{{value}}"})), BadTemplate::InName("{{key}}".to_owned()));
        for wrong in ["{{keys}}", "{{ key }}", "{{", "{{key}"] {
            assert_eq!(refusal(json!({ "id": wrong })), BadTemplate::Unknown(wrong.to_owned()));
        }
        let deep = (0..20).fold(json!("{{key}}"), |inner, _| json!({ "x": inner }));
        assert_eq!(refusal(deep), BadTemplate::TooDeep);
        assert_eq!(
            refusal(json!({"k": "{{key}}", "v": "{{value}}", "x": "x".repeat(9_000)})),
            BadTemplate::TooLong
        );
        assert!(BadTemplate::NotAnObject.to_string().contains("\"{{key}}\""));
    }

    proptest! {
        #[test]
        fn a_key_is_a_string_however_it_reads(key in ".{0,40}|\\{\\{(key|value)\\}\\}|[0-9]{1,20}", value: i64) {
            let filled = Template::new(json!({"k": "{{key}}", "t": "<{{key}}|{{value}}>", "v": "{{value}}"})).render(&key, value);
            prop_assert_eq!(&filled["k"], &json!(key));
            prop_assert_eq!(&filled["v"], &json!(value));
            prop_assert_eq!(&filled["t"], &json!(format!("<{key}|{value}>")));
        }
    }
}
