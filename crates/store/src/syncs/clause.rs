//! A growing `WHERE`.

use crate::Dialect;
use crate::value::Value;

/// Tests that all have to hold, and their values.
pub(super) struct Clause {
    dialect: Dialect,
    tests: Vec<String>,
    values: Vec<Value>,
}

impl Clause {
    pub(super) fn new(dialect: Dialect) -> Self {
        Self { dialect, tests: Vec::new(), values: Vec::new() }
    }

    /// Whether nothing leads to an index yet.
    pub(super) fn is_empty(&self) -> bool {
        self.tests.is_empty()
    }

    /// `column` is `value`, and its index leads there.
    pub(super) fn lead(&mut self, column: &str, value: impl Into<Value>) {
        self.and(&format!("{column} = ?"), [value.into()]);
    }

    /// `column` is `value`; for rows that are found otherwise. SQLite has no statistics to choose an index by: a `+` hides this one.
    pub(super) fn also(&mut self, column: &str, value: impl Into<Value>) {
        let hide = if self.dialect == Dialect::Sqlite { "+" } else { "" };
        self.and(&format!("{hide}{column} = ?"), [value.into()]);
    }

    /// `column` is `value`: by its index when nothing led before.
    pub(super) fn equals(&mut self, column: &str, value: impl Into<Value>) {
        if self.is_empty() { self.lead(column, value) } else { self.also(column, value) }
    }

    pub(super) fn and(&mut self, test: &str, values: impl IntoIterator<Item = Value>) {
        self.tests.push(test.to_owned());
        self.values.extend(values);
    }

    /// The tests, and their values with `more` behind them.
    pub(super) fn end(self, more: impl IntoIterator<Item = Value>) -> (String, Vec<Value>) {
        let tests = if self.tests.is_empty() { "1 = 1".to_owned() } else { self.tests.join(" AND ") };
        let mut values = self.values;
        values.extend(more);
        (tests, values)
    }
}
