//! `POST /{type}/search` (HubSpot facts 3.4).

use super::Hubspot;
use axum::Router;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What is only guessed about search.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    /// The status for a type nobody knows.
    pub(crate) unknown_type_status: u16,
}

impl Default for Settings {
    fn default() -> Self {
        Self { unknown_type_status: 400 }
    }
}

/// The endpoint of search.
pub(crate) fn router() -> Router<Arc<Hubspot>> {
    Router::new()
}
