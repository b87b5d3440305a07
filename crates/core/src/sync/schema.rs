//! What fields a side has and what it takes in them.

use super::value::Value;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The fields of one object at one account, by the name that is used in mappings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schema {
    /// By name.
    pub fields: BTreeMap<String, Field>,
    /// Whether fields that are not there come to be by being written (10to8's custom fields): then `custom_fields.X` is any
    /// text field.
    #[serde(default)]
    pub open: bool,
    /// What the provider calls a field's type, by the field's name, where its kind does not tell and its room needs it to write
    /// (Notion: `title` and `rich_text` are both texts). Of no meaning to anybody else.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub types: BTreeMap<String, String>,
}

/// Before the name of a custom field.
const CUSTOM: &str = "custom_fields.";

/// A field that comes to be by being written.
static OPEN: Field = Field { title: String::new(), kind: Kind::Text, writable: true, longest: None };

impl Schema {
    /// The field of this name: one that is there, or one that comes to be by being written.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Field> {
        let custom = || name.strip_prefix(CUSTOM).is_some_and(|name| !name.trim().is_empty());
        self.fields.get(name).or_else(|| (self.open && custom()).then_some(&OPEN))
    }
}

/// A field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// As people see it.
    pub title: String,
    /// What it holds.
    pub kind: Kind,
    /// Whether it can be written.
    pub writable: bool,
    /// The most characters that it takes, where that is known.
    #[serde(default)]
    pub longest: Option<usize>,
}

/// What a field holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Any text.
    Text,
    /// Several texts.
    List,
    /// A number.
    Number,
    /// `true` or `false`.
    Bool,
    /// A day.
    Date,
    /// A moment.
    DateTime,
    /// One of these choices; any when there are none listed.
    Choice(Vec<String>),
    /// Some of these choices; any when there are none listed.
    Choices(Vec<String>),
    /// An e-mail address, as this provider checks them.
    Email,
    /// A phone number, as people write them.
    Phone,
    /// An address of the web.
    Url,
    /// Something that mappings cannot hold.
    Other,
}

/// Why a side would not take a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The field there.
    pub field: String,
    /// What it would not take.
    pub value: Value,
    /// Why, in a few words that can stand in a sync status (`Invalid email ada@`).
    pub reason: String,
}
