//! Counters as pages: what is counted where, the three numbers of one counter, what comparisons found.

pub(in crate::portal::views) mod charts;
mod counter;
pub mod form;
mod list;
mod lists;
mod run;
mod value;

pub use charts::{Charts, DriftBar, PushBar};
pub use counter::{CounterPage, ValueRow};
pub use list::{CountersPage, DefinitionRow};
pub use lists::{CounterPushesPage, CounterRunsPage, CounterValuesPage};
pub use run::{CounterRunPage, FindingRow, RunRow};
pub use value::{ChangeRow, PushRow, Truth, ValuePage};

use super::text;

/// The class of a state's mark.
fn class(state: &str) -> &'static str {
    match state {
        "active" | "shown" | "succeeded" | "repaired" | "accepted" => "k-create",
        "attention" | "parked" | "failed" | "refused" | "drift" => "k-delete",
        "paused" | "cancelled" | "not_taken" | "lost" | "suspect" | "no_truth" => "k-warn",
        "running" | "to be sent" | "sent" | "repairing" => "k-message",
        _ => "",
    }
}

/// A number with its thousands apart and its sign: `-1,284`.
#[must_use]
pub fn number(value: i64) -> String {
    let digits = text::thousands(value.unsigned_abs());
    if value < 0 { format!("−{digits}") } else { digits }
}

/// The same with a plus where it is more than nothing.
#[must_use]
pub fn off(value: i64) -> String {
    if value > 0 { format!("+{}", number(value)) } else { number(value) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_says_its_sign_and_its_thousands() {
        assert_eq!((number(1_284), number(-1_284), number(0)), ("1,284".into(), "−1,284".into(), "0".into()));
        assert_eq!((off(3), off(-3), off(0)), ("+3".into(), "−3".into(), "0".into()));
    }
}
