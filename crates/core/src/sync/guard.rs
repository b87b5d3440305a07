//! When deletions stop and ask.

use serde::{Deserialize, Serialize};

/// How many deletions are carried over before a person is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guard {
    /// So many of a hundred linked records within a day …
    pub percent: u8,
    /// … but so many are always carried over.
    pub at_least: u32,
}

impl Default for Guard {
    fn default() -> Self {
        Self { percent: 10, at_least: 20 }
    }
}

impl Guard {
    /// Whether one more deletion has to be asked about, when so many records are linked and so many deletions were carried over
    /// within a day.
    #[must_use]
    pub fn asks(&self, linked: u64, deleted: u64) -> bool {
        let most = (linked.saturating_mul(u64::from(self.percent)) / 100).max(u64::from(self.at_least));
        deleted >= most
    }
}
