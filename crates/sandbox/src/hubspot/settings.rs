//! What is only guessed about HubSpot is a setting.

use serde::{Deserialize, Serialize};

/// Settings of the simulated HubSpot.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {}
