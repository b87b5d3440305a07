//! The webhooks journal: the same changes, to be pulled (HubSpot facts 6.7).

use super::Hubspot;
use super::change::Change;
use super::state::State;
use crate::house::House;
use axum::Router;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What is only guessed here.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {}

/// Journal.
#[derive(Debug, Default)]
pub(crate) struct Journal {}

impl Journal {
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

/// Told of every change, under the lock of the records: `state` is as it is after them.
pub(crate) fn publish(_hubspot: &Hubspot, _state: &State, _portal: u64, _changes: &[Change]) {}
