//! `POST /{type}/search` (HubSpot facts 3.4).

use super::Hubspot;
use axum::Router;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What is only guessed about search.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {}

/// The endpoint of search.
pub(crate) fn router() -> Router<Arc<Hubspot>> {
    Router::new()
}
