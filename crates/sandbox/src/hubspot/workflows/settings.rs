//! What is only guessed about webhook triggers (HubSpot facts 8.1, 12).

use serde::{Deserialize, Serialize};

/// What is only guessed here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    /// How a body is answered that is no JSON object. With 202 it is accepted, and nothing comes of it.
    pub(crate) bad_json_status: u16,
    /// How a trigger is answered that does not exist, or no longer.
    pub(crate) unknown_trigger_status: u16,
    /// The largest body in bytes; 0: any.
    pub(crate) max_body_bytes: usize,
    /// How a larger one is answered.
    pub(crate) too_large_status: u16,
    /// So many calls per second and trigger; 0: as many as one likes.
    pub(crate) per_second: u64,
    /// How one more is answered.
    pub(crate) rate_status: u16,
    /// With which probability an accepted call triggers nothing: an account in Europe once reported that.
    pub(crate) never_triggered_chance: f64,
    /// Whether a payload is accepted once only: the same body again triggers nothing.
    pub(crate) deduplicate: bool,
    /// How long a workflow takes until it writes, simulated milliseconds, where it does not say so itself.
    pub(crate) delay_ms: i64,
    /// How long at most: each run takes a time of its own between the two, so that runs overtake each other. Not above `delay_ms`: all take
    /// that.
    pub(crate) delay_up_to_ms: i64,
    /// What kind of source a workflow's writes have.
    pub(crate) source: WriteSource,
    /// How many calls a workflow's history keeps.
    pub(crate) history: usize,
}

/// What webhooks and history say of a workflow's writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum WriteSource {
    AutomationPlatform,
    Automation,
    Api,
}

impl WriteSource {
    /// As it is written.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::AutomationPlatform => "AUTOMATION_PLATFORM",
            Self::Automation => "AUTOMATION",
            Self::Api => "API",
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            bad_json_status: 400,
            unknown_trigger_status: 404,
            max_body_bytes: 0,
            too_large_status: 413,
            per_second: 0,
            rate_status: 429,
            never_triggered_chance: 0.0,
            deduplicate: false,
            delay_ms: 1_000,
            delay_up_to_ms: 0,
            source: WriteSource::AutomationPlatform,
            history: 1_000,
        }
    }
}
