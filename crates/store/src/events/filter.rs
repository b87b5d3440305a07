//! Which events to read, and by which index.

use super::search::Search;
use crate::value::Value;
use crate::{Dialect, Scope};
use syncline_core::cursor::Order;
use syncline_core::event::EventId;
use syncline_core::time::Timestamp;

/// Which events to read. Empty fields do not filter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only this organization's. Ignored where the [`Scope`] already says one.
    pub org_id: Option<String>,
    /// Only this provider's.
    pub provider: Option<String>,
    /// Only this account's.
    pub account: Option<String>,
    /// Only records of this type.
    pub object_type: Option<String>,
    /// Only this record's.
    pub object_id: Option<String>,
    /// Only this kind.
    pub kind: Option<String>,
    /// Only changes of this property.
    pub property: Option<String>,
    /// Occurred at this instant or later.
    pub from: Option<Timestamp>,
    /// Occurred before this instant.
    pub to: Option<Timestamp>,
    /// Only those that a search means.
    pub search: Option<Search>,
}

impl Filter {
    /// The filters with an index of their own, from the one that finds least to the one that finds most. An organization pays for its own
    /// history only; a kind may be most of everybody's.
    fn indexed<'a>(&'a self, scope: &'a Scope) -> [(&'static str, Option<&'a str>); 4] {
        let org_id = match scope {
            Scope::All => self.org_id.as_deref(),
            Scope::Organization(own) => Some(own.as_str()),
        };
        [
            ("object_id", self.object_id.as_deref()),
            ("account", self.account.as_deref()),
            ("org_id", org_id),
            ("kind", self.kind.as_deref()),
        ]
    }

    /// The filters that have none.
    fn others(&self) -> [(&'static str, Option<&str>); 3] {
        [
            ("provider", self.provider.as_deref()),
            ("object_type", self.object_type.as_deref()),
            ("property", self.property.as_deref()),
        ]
    }

    /// Whether an index leads to nothing but events that fit, so that a page reads no more than it shows.
    pub(super) fn is_led_to(&self, scope: &Scope) -> bool {
        let indexed = self.indexed(scope).iter().filter(|(_, value)| value.is_some()).count();
        let ways = indexed + usize::from(self.search.is_some());
        ways <= 1 && self.others().iter().all(|(_, value)| value.is_none())
    }

    /// Only the filter whose index is followed.
    pub(super) fn leading(&self, scope: &Scope) -> Self {
        let mut leading = Self::default();
        let first = self.indexed(scope).into_iter().find_map(|(column, value)| Some((column, value?)));
        if let Some((column, value)) = first {
            let place = match column {
                "object_id" => &mut leading.object_id,
                "account" => &mut leading.account,
                "org_id" => &mut leading.org_id,
                _ => &mut leading.kind,
            };
            *place = Some(value.to_owned());
        }
        leading
    }
}

/// A part of the timeline: from the one id on, and before the other. One bound for each side, because SQLite follows only one, and not the
/// narrower.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Span {
    from: Option<EventId>,
    to: Option<EventId>,
}

impl Span {
    /// What a filter asks for.
    pub(super) fn of(filter: &Filter) -> Self {
        Self { from: filter.from.map(EventId::first_at), to: filter.to.map(EventId::first_at) }
    }

    /// What of it is strictly beyond an event.
    pub(super) fn beyond(self, order: Order, after: Option<EventId>) -> Self {
        match (order, after) {
            (_, None) => self,
            (Order::OldestFirst, Some(id)) => self.starting(id.after()),
            (Order::NewestFirst, Some(id)) => self.ending(id),
        }
    }

    /// What of it is not beyond an event.
    pub(super) fn until(self, order: Order, end: EventId) -> Self {
        match order {
            Order::OldestFirst => self.ending(end.after()),
            Order::NewestFirst => self.starting(end),
        }
    }

    fn starting(self, from: EventId) -> Self {
        Self { from: self.from.max(Some(from)), ..self }
    }

    fn ending(self, to: EventId) -> Self {
        Self { to: Some(self.to.map_or(to, |before| before.min(to))), ..self }
    }
}

/// In which order events are read, which decides what leads to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// By time of occurrence.
    ByTime,
    /// In the order of storing.
    ByStoring,
    /// One, by its id.
    One,
}

/// A growing `WHERE`.
pub(super) struct Clause {
    pub(super) text: String,
    pub(super) values: Vec<Value>,
}

impl Clause {
    pub(super) fn of(dialect: Dialect, scope: &Scope, filter: &Filter, reading: Reading) -> Self {
        Self::within(dialect, scope, filter, reading, Span::of(filter))
    }

    /// The same for another part of the timeline than the filter's.
    pub(super) fn within(
        dialect: Dialect,
        scope: &Scope,
        filter: &Filter,
        reading: Reading,
        span: Span,
    ) -> Self {
        let mut clause = Self { text: String::new(), values: Vec::new() };
        // PostgreSQL and MySQL know from their statistics which index to take. SQLite has none and takes any, so the others are
        // hidden from it: a `+` does nothing but that.
        let hide = if dialect == Dialect::Sqlite { "+" } else { "" };
        let mut led = reading != Reading::ByTime;
        for (column, value) in filter.indexed(scope) {
            if let Some(value) = value {
                let hide = if led { hide } else { "" };
                clause.and(&format!("{hide}{column} = ?"), value);
                led = true;
            }
        }
        for (column, value) in filter.others() {
            if let Some(value) = value {
                clause.and(&format!("{column} = ?"), value);
            }
        }
        let hide = if reading == Reading::ByStoring { hide } else { "" };
        if let Some(from) = span.from {
            clause.and(&format!("{hide}id >= ?"), from);
        }
        if let Some(to) = span.to {
            clause.and(&format!("{hide}id < ?"), to);
        }
        if let Some(search) = &filter.search {
            let (test, values) = search.test(dialect);
            clause.test(&test, values);
        }
        clause
    }

    pub(super) fn and(&mut self, test: &str, value: impl Into<Value>) {
        self.test(test, [value.into()]);
    }

    fn test(&mut self, test: &str, values: impl IntoIterator<Item = Value>) {
        self.text.push_str(if self.text.is_empty() { " WHERE " } else { " AND " });
        self.text.push_str(test);
        self.values.extend(values);
    }
}
