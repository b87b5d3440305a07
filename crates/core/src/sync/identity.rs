//! Which record of the other side is the same thing as this one.

use super::agreement::Agreement;
use super::side::Side;
use super::value::Fields;
use std::collections::BTreeSet;

/// Another record that could be the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Its id.
    pub id: String,
    /// Its [`keys`].
    pub keys: BTreeSet<String>,
    /// Whether it is linked to another record already, and to which.
    pub linked_to: Option<String>,
}

/// Who a record is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// The same as this one.
    Is(String),
    /// Nobody: it may be created.
    Nobody,
    /// One of these; a person has to say which.
    Ambiguous(Vec<String>),
    /// The same as one that is linked to another already.
    Taken {
        /// That one.
        id: String,
        /// The one it is linked to.
        by: String,
    },
}

/// What a record of `side` is found by: `x:` and an id for every record of the other side that its external id names, and for
/// every value of a matching key its number, a colon and the value in normal form.
#[must_use]
pub fn keys(agreement: &Agreement, side: Side, fields: &Fields) -> BTreeSet<String> {
    let _ = (agreement, side, fields);
    BTreeSet::new()
}

/// The key that a record has which names the record `id` of the other side as its own.
#[must_use]
pub fn claim(id: &str) -> String {
    format!("x:{id}")
}

/// Who the record `id` with these keys is among these candidates of the other side.
#[must_use]
pub fn identify(id: &str, keys: &BTreeSet<String>, candidates: &[Candidate]) -> Identity {
    let _ = (id, keys, candidates);
    Identity::Nobody
}
