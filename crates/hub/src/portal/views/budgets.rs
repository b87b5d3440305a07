//! An account's limits, and how much of each is in use.

use super::text;

/// One of an account's limits as it stands now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BudgetRow {
    /// The limit's name (`burst`).
    pub limit: String,
    /// The part of the account it is for; empty for the whole.
    pub part: String,
    /// Places taken.
    pub used: u64,
    /// Places there are.
    pub calls: u64,
    /// In how many milliseconds.
    pub span_ms: u64,
    /// Calls that wait for a place.
    pub waiting: u64,
    /// For how many milliseconds the provider wants to hear nothing.
    pub closed_ms: u64,
}

impl BudgetRow {
    /// `110 calls in 10.0 s`.
    pub(super) fn rule(&self) -> String {
        let span = match self.span_ms {
            86_400_000 => "a day".to_owned(),
            ms if ms % 60_000 == 0 || ms >= 60_000 => text::span(ms),
            1_000 => "1 s".to_owned(),
            ms if ms % 1_000 == 0 => format!("{} s", ms / 1_000),
            ms => text::span(ms),
        };
        format!("{} of {} in {span}", text::thousands(self.used), text::thousands(self.calls))
    }

    pub(super) fn is_full(&self) -> bool {
        self.used >= self.calls || self.closed_ms > 0
    }

    pub(super) fn closed(&self) -> String {
        text::span(self.closed_ms)
    }
}
