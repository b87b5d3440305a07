//! What is only guessed about Airtable is a setting.

use serde::{Deserialize, Serialize};

/// Settings of the simulated Airtable.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {}
