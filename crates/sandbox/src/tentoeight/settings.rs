//! What is only guessed about Tentoeight is a setting.

use serde::{Deserialize, Serialize};

/// Settings of the simulated Tentoeight.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {}
