//! How authorize pages answer, for all vendors alike.

use serde::{Deserialize, Serialize};

/// What an authorize URL does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Consent {
    /// Show the page and wait for a person.
    #[default]
    Page,
    /// Send the browser back with a code at once.
    Approve,
    /// Send the browser back with `access_denied` at once.
    Deny,
}
