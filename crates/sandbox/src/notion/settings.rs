//! What is only guessed about Notion is a setting.

use serde::{Deserialize, Serialize};

/// Settings of the simulated Notion.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {}
