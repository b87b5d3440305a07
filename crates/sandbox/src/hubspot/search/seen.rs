//! A record as search sees it: as it was when the index last caught up. Most records were not touched since, and are
//! looked at as they are; of the others, what was written since then is left out.

use super::super::objects::{Column, View};
use super::super::types::TypeId;
use std::borrow::Cow;

/// Where search finds the value of a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Field {
    /// What a record holds.
    Held(Column),
    /// The digits of what a record holds there: `hs_searchable_calculated_*`.
    Digits(Column),
    /// The associated records of a type.
    Associated(TypeId),
}

/// A value as search sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Seen<'a> {
    Text(Cow<'a, str>),
    Moment(i64),
    Number(u64),
}

/// Looks at records as of a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Index {
    /// What happened later is not seen yet.
    pub(crate) until: i64,
}

impl Index {
    /// Whether the record was there.
    pub(crate) fn has(self, view: View<'_>) -> bool {
        view.record.archived_at.is_none() && (self.is_current(view) || view.made_at() <= self.until)
    }

    /// Whether the record is seen as it is.
    pub(crate) fn is_current(self, view: View<'_>) -> bool {
        view.record.updated_at.max(view.record.created_at) <= self.until
    }

    /// The value it had there; none when it was empty.
    pub(crate) fn value<'a>(self, view: View<'a>, column: Column) -> Option<Seen<'a>> {
        match column {
            Column::Id => Some(Seen::Number(view.id)),
            Column::Created => Some(Seen::Moment(view.record.created_at)),
            Column::Updated => Some(Seen::Moment(self.updated_at(view))),
            _ => self.text(view, column).map(Seen::Text),
        }
    }

    /// The text it had there; none when it was empty.
    pub(crate) fn text<'a>(self, view: View<'a>, column: Column) -> Option<Cow<'a, str>> {
        if self.is_current(view) { view.value(column) } else { view.value_at(column, self.until) }
    }

    /// When it had last been written to.
    pub(crate) fn updated_at(self, view: View<'_>) -> i64 {
        if self.is_current(view) {
            return view.record.updated_at;
        }
        view.last_write_until(self.until).unwrap_or(view.record.created_at)
    }
}

/// The digits of a telephone number.
pub(crate) fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}
