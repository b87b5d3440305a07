//! What an answer to a write means for the link.

use super::value::Fields;
use crate::time::Timestamp;

/// What became of an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was carried out.
    Done {
        /// The record's id.
        id: String,
        /// What the provider says that the fields hold now; those it does not name are as they were sent.
        fields: Fields,
        /// When the answer came.
        at: Timestamp,
    },
    /// The provider refuses these values; nothing was done.
    Refused(Vec<super::Refusal>),
    /// The provider objects to the deletion.
    Objected(String),
    /// There is no such record (any more).
    Gone,
    /// A record that may not be there twice is there already; nothing was done.
    Exists {
        /// Its id, where the provider says.
        id: Option<String>,
        /// What the provider says.
        message: String,
    },
    /// Nobody knows whether it was carried out.
    Unknown,
}

/// The link after `action` at `side` came to `outcome`.
#[must_use]
pub fn settle(
    terms: &super::Terms<'_>,
    link: super::Link,
    side: super::Side,
    action: &super::Action,
    outcome: &Outcome,
) -> super::Link {
    let _ = (terms, side, action, outcome);
    link
}
