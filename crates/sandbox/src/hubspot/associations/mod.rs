//! Associations between records (HubSpot facts 5).

use super::Hubspot;
use super::change::Change;
use super::error::ApiError;
use super::objects::By;
use super::state::Portal;
use super::types::TypeId;
use axum::Router;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What is only guessed about associations.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {}

/// An account's associations.
#[derive(Debug, Default)]
pub(crate) struct Associations {}

/// One record.
pub(crate) type End = (TypeId, u64);

/// One kind of association.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kind {
    /// `HUBSPOT_DEFINED`, …
    pub(crate) category: String,
    /// 279, …
    pub(crate) type_id: u64,
}

/// The endpoints of associations, v3, v4 and dated.
pub(crate) fn router() -> Router<Arc<Hubspot>> {
    Router::new()
}

/// Associates two records, both ways; without kinds, with the default one. What was there already is no change.
///
/// # Errors
/// When a kind does not fit the two types, or a record is not there.
pub(crate) fn link(
    _portal: &mut Portal,
    _from: End,
    _to: End,
    _kinds: &[Kind],
    _by: &By,
) -> Result<Vec<Change>, ApiError> {
    Ok(Vec::new())
}

/// What `from` is associated with of one type: ids ascending, each with its kinds as the API names them
/// (`contact_to_company`, and `contact_to_company_unlabeled` where there is more than one).
pub(crate) fn listed(_portal: &Portal, _from: End, _to_type: TypeId) -> Vec<(u64, Vec<String>)> {
    Vec::new()
}

/// How many records of a type `from` is associated with.
pub(crate) fn count(_portal: &Portal, _from: End, _to_type: TypeId) -> usize {
    0
}

/// A record was merged into `new`: it gets what `primary` had, then what `other` had; surplus primary labels are dropped.
pub(crate) fn merged(
    _portal: &mut Portal,
    _object_type: TypeId,
    _primary: u64,
    _other: u64,
    _new: u64,
    _by: &By,
) -> Vec<Change> {
    Vec::new()
}

/// A record is gone (archived or erased): so are its associations.
pub(crate) fn gone(_portal: &mut Portal, _end: End, _by: &By) -> Vec<Change> {
    Vec::new()
}
