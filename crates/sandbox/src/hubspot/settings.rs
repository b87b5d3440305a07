//! What is only guessed about HubSpot is a setting, in the room it concerns.

use super::{access, associations, journal, objects, properties, search, webhooks, workflows};
use serde::{Deserialize, Serialize};

/// Settings of the simulated HubSpot.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    /// Codes and tokens.
    pub(crate) oauth: access::OauthSettings,
    /// Rate limits.
    pub(crate) limits: access::LimitSettings,
    /// Records.
    pub(crate) objects: objects::Settings,
    /// Search.
    pub(crate) search: search::Settings,
    /// Definitions.
    pub(crate) properties: properties::Settings,
    /// Associations.
    pub(crate) associations: associations::Settings,
    /// Webhook subscriptions and deliveries.
    pub(crate) webhooks: webhooks::Settings,
    /// The webhooks journal.
    pub(crate) journal: journal::Settings,
    /// Webhook triggers of workflows.
    pub(crate) workflows: workflows::Settings,
}
