//! What is only guessed about associations.

use serde::{Deserialize, Serialize};

/// What is only guessed about associations.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    /// Whether the associations of a record that is archived or erased are told to have been removed.
    pub(crate) tell_when_gone: bool,
    /// Whether the associations a merged record takes over are told to be new.
    pub(crate) tell_when_merged: bool,
    /// Labels the account has defined.
    pub(crate) labels: Vec<Label>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { tell_when_gone: true, tell_when_merged: true, labels: Vec::new() }
    }
}

/// A label the account has defined, in both directions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Label {
    /// A type: its name or its id.
    pub(crate) from: String,
    /// A type: its name or its id.
    pub(crate) to: String,
    /// The type id from `from` to `to`.
    pub(crate) type_id: u64,
    /// The type id from `to` to `from`.
    pub(crate) inverse_type_id: u64,
    /// What it is called.
    pub(crate) label: String,
    /// What it is called from the other side; the same when it is not given.
    #[serde(default)]
    pub(crate) inverse_label: Option<String>,
}
