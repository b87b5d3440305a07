//! What is only guessed about search.

use serde::{Deserialize, Serialize};

/// What is only guessed about search.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    /// How long after a write search sees it. Documented as "a few moments"; 7 s and more were observed.
    pub(crate) index_lag_ms: i64,
    /// Records changed within this time may come in any order. 0: order always holds.
    pub(crate) out_of_order_ms: i64,
    /// How far outside an exclusive bound on a moment a result may lie.
    pub(crate) bound_slack_ms: i64,
    /// Whether `NEQ`, `NOT_IN` and `NOT_CONTAINS_TOKEN` let records pass that have no value.
    pub(crate) negations_match_empty: bool,
    /// Whether `EQ` and `IN` on a property with several options look at each of them, not at the whole value.
    pub(crate) options_match_one_by_one: bool,
    /// Whether a word of `query` finds what begins with it, not only whole words.
    pub(crate) query_finds_beginnings: bool,
    /// What is said beyond the 10,000th result.
    pub(crate) window_message: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            index_lag_ms: 2_000,
            out_of_order_ms: 0,
            bound_slack_ms: 1,
            negations_match_empty: false,
            options_match_one_by_one: true,
            query_finds_beginnings: true,
            window_message: "There was a problem with the request. You cannot page beyond 10000 results."
                .to_owned(),
        }
    }
}
