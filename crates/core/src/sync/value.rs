//! What fields hold, whichever provider they are at.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A field's value. Providers' rooms make it from what is on the wire and back: numbers are decimal digits as the provider writes
/// them, truth is `true` or `false`, a day is `2026-01-31`, a moment is RFC 3339 in UTC with milliseconds, a choice is its name.
///
/// **Invariant:** nothing is [`Value::Empty`], whatever the provider says for it (null, `""`, no key at all, an empty list): texts and
/// lists made by [`Value::text`] and [`Value::list`] are never empty, and no text in a list is.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// Nothing.
    #[default]
    Empty,
    /// One text.
    Text(String),
    /// Several, in their order.
    List(Vec<String>),
}

impl Value {
    /// This text, or nothing.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        if text.is_empty() { Self::Empty } else { Self::Text(text) }
    }

    /// These texts without the empty ones, or nothing.
    #[must_use]
    pub fn list(texts: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let texts: Vec<String> = texts.into_iter().map(Into::into).filter(|text| !text.is_empty()).collect();
        if texts.is_empty() { Self::Empty } else { Self::List(texts) }
    }

    /// Whether it is nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::Empty
    }

    /// Its texts: none, one or several.
    #[must_use]
    pub fn texts(&self) -> &[String] {
        match self {
            Self::Empty => &[],
            Self::Text(text) => std::slice::from_ref(text),
            Self::List(texts) => texts,
        }
    }

    /// Its first text, empty where there is none.
    #[must_use]
    pub fn first(&self) -> &str {
        self.texts().first().map_or("", String::as_str)
    }
}

/// A record's fields by name. What is empty has no entry.
pub type Fields = BTreeMap<String, Value>;

/// What a side shows in the fields of one rule, in the rule's order of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Face(pub Vec<Value>);

impl Face {
    /// Whether nothing is in any of its fields.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(Value::is_empty)
    }
}
