//! What rows hold, in little memory.

use super::date::Span;
use super::rich::Rich;
use crate::notion::id::Id;
use serde_json::Value;

/// A value. Which kinds a property holds follows from its type; empty values are not kept.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Val {
    /// title, rich_text
    Rich(Rich),
    /// number
    Number(f64),
    /// select, status: the option's number
    Choice(u32),
    /// multi_select
    Choices(Box<[u32]>),
    /// date
    Date(Box<Span>),
    /// people, relation
    Ids(Vec<Id>),
    /// files
    Files(Box<[File]>),
    /// checkbox; false is empty
    Checked,
    /// url, email, phone_number
    Text(Box<str>),
    /// place, verification: as answered
    Json(Box<Value>),
}

/// A file on a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum File {
    /// Somewhere else.
    External { name: String, url: String },
    /// At Notion: its address is signed anew at every read.
    Hosted { name: String, id: Id },
}
