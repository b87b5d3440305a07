//! Values on their way into the database, and rows on their way out.

use crate::{Result, StoreError};
use bytes::Bytes;
use std::borrow::Cow;

/// The three kinds of column this schema has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A 64-bit integer.
    Int,
    /// UTF-8 text.
    Text,
    /// Bytes.
    Bytes,
}

/// One value to bind or one cell read. The kind is known even when the value is NULL, because PostgreSQL asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// An integer or NULL.
    Int(Option<i64>),
    /// A text or NULL.
    Text(Option<Cow<'static, str>>),
    /// Bytes or NULL.
    Bytes(Option<Bytes>),
}

impl Value {
    /// About how many bytes it takes on the way to a server.
    pub(crate) fn size(&self) -> usize {
        8 + match self {
            Self::Int(_) => 0,
            Self::Text(text) => text.as_ref().map_or(0, |text| text.len()),
            Self::Bytes(bytes) => bytes.as_ref().map_or(0, Bytes::len),
        }
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(self, Self::Int(None) | Self::Text(None) | Self::Bytes(None))
    }
}

macro_rules! value_from {
    ($($type:ty => |$v:ident| $make:expr;)*) => {$(
        impl From<$type> for Value {
            fn from($v: $type) -> Self { $make }
        }
    )*};
}

value_from! {
    i64 => |v| Self::Int(Some(v));
    i32 => |v| Self::Int(Some(v.into()));
    u32 => |v| Self::Int(Some(v.into()));
    bool => |v| Self::Int(Some(v.into()));
    Option<i64> => |v| Self::Int(v);
    String => |v| Self::Text(Some(v.into()));
    Option<String> => |v| Self::Text(v.map(Into::into));
    &str => |v| Self::Text(Some(v.to_owned().into()));
    Option<&str> => |v| Self::Text(v.map(|text| text.to_owned().into()));
    Cow<'static, str> => |v| Self::Text(Some(v));
    Bytes => |v| Self::Bytes(Some(v));
    Vec<u8> => |v| Self::Bytes(Some(v.into()));
    &[u8] => |v| Self::Bytes(Some(Bytes::copy_from_slice(v)));
    syncline_core::time::Timestamp => |v| Self::Int(Some(v.as_millis()));
    Option<syncline_core::time::Timestamp> => |v| Self::Int(v.map(|at| at.as_millis()));
    syncline_core::event::EventId => |v| Self::Bytes(Some(Bytes::copy_from_slice(v.as_bytes())));
}

/// The values of one statement, in the order of its placeholders.
macro_rules! args {
    ($($value:expr),* $(,)?) => { vec![$($crate::value::Value::from($value)),*] };
}
pub(crate) use args;

/// `text` as every database can hold it: PostgreSQL knows no NUL in a text, so none of them gets one.
pub(crate) fn storable(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

/// Placeholders and values for `IN (…)`. The last value is repeated up to a power of two, so that lists of all lengths make a few
/// different statements, and those stay prepared.
pub(crate) fn in_list(mut values: Vec<Value>) -> (String, Vec<Value>) {
    let length = values.len().next_power_of_two();
    if let Some(last) = values.last().cloned() {
        values.resize(length, last);
    }
    (vec!["?"; length].join(", "), values)
}

/// One row, its cells in the order of the `SELECT`.
#[derive(Debug)]
pub struct Row {
    pub(crate) cells: Vec<Value>,
}

impl Row {
    /// The integer in column `at`.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when there is none.
    pub fn int(&self, at: usize) -> Result<i64> {
        self.maybe_int(at)?.ok_or_else(|| wrong(at, "an integer, found NULL"))
    }

    /// The integer in column `at`, or `None` for NULL.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when the cell is of another kind.
    pub fn maybe_int(&self, at: usize) -> Result<Option<i64>> {
        match self.cells.get(at) {
            Some(Value::Int(value)) => Ok(*value),
            Some(null) if null.is_null() => Ok(None),
            other => Err(wrong(at, &format!("an integer, found {}", kind_name(other)))),
        }
    }

    /// The text in column `at`.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when there is none.
    pub fn text(&self, at: usize) -> Result<String> {
        self.maybe_text(at)?.ok_or_else(|| wrong(at, "text, found NULL"))
    }

    /// The text in column `at`, or `None` for NULL.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when the cell is of another kind.
    pub fn maybe_text(&self, at: usize) -> Result<Option<String>> {
        match self.cells.get(at) {
            Some(Value::Text(value)) => Ok(value.as_ref().map(|text| text.clone().into_owned())),
            Some(null) if null.is_null() => Ok(None),
            other => Err(wrong(at, &format!("text, found {}", kind_name(other)))),
        }
    }

    /// The bytes in column `at`.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when there are none.
    pub fn bytes(&self, at: usize) -> Result<Bytes> {
        self.maybe_bytes(at)?.ok_or_else(|| wrong(at, "bytes, found NULL"))
    }

    /// The bytes in column `at`, or `None` for NULL.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when the cell is of another kind.
    pub fn maybe_bytes(&self, at: usize) -> Result<Option<Bytes>> {
        match self.cells.get(at) {
            Some(Value::Bytes(value)) => Ok(value.clone()),
            Some(null) if null.is_null() => Ok(None),
            other => Err(wrong(at, &format!("bytes, found {}", kind_name(other)))),
        }
    }

    /// The instant in column `at`.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when there is none.
    pub fn time(&self, at: usize) -> Result<syncline_core::time::Timestamp> {
        self.int(at).map(syncline_core::time::Timestamp::from_millis)
    }
}

fn kind_name(cell: Option<&Value>) -> &'static str {
    match cell {
        None => "no such column",
        Some(Value::Int(_)) => "an integer",
        Some(Value::Text(_)) => "text",
        Some(Value::Bytes(_)) => "bytes",
    }
}

fn wrong(at: usize, expected: &str) -> StoreError {
    StoreError::Corrupt(format!("column {at}: expected {expected}"))
}
