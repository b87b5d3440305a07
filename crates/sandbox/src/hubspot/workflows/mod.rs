//! Workflows with a webhook trigger (HubSpot facts 8.1).

use super::Hubspot;
use crate::house::House;
use axum::Router;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What is only guessed here.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {}

/// Workflows.
#[derive(Debug, Default)]
pub(crate) struct Workflows {}

impl Workflows {
    /// With nothing in it.
    pub(crate) fn new(_house: &House) -> Self {
        Self::default()
    }

    /// With nothing in it again.
    pub(crate) fn reset(&self, _house: &House) {}
}

/// The endpoints.
pub(crate) fn router() -> Router<Arc<Hubspot>> {
    Router::new()
}

/// What people do in HubSpot's own pages.
pub(crate) fn control() -> Router<Arc<Hubspot>> {
    Router::new()
}
