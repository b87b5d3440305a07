//! Records: kept compactly in [`store`], changed by [`write`], shown by [`show`] (HubSpot facts 3).

pub(crate) mod show;
pub(crate) mod store;
pub(crate) mod write;

pub(crate) use store::{Column, Objects, View};
pub(crate) use write::By;

use super::Hubspot;
use crate::house::{EditError, Page, Table};
use crate::world::Cast;
use axum::Router;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;

/// What is only guessed about records.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {}

/// The endpoints of records.
pub(crate) fn router() -> Router<Arc<Hubspot>> {
    Router::new()
}

/// Adds the people, companies and deals of `cast` to the first account; says how many.
pub(crate) fn seed(_hubspot: &Hubspot, _cast: &Cast) -> Value {
    Value::Null
}

/// A user's edit of a record.
///
/// # Errors
/// When the account or the record is unknown, or HubSpot would refuse the values.
pub(crate) fn edit(_hubspot: &Hubspot, _edit: &Value) -> Result<Value, EditError> {
    Err(EditError::Invalid("not yet".to_owned()))
}

/// A table for each object type of each account.
pub(crate) fn tables(_hubspot: &Hubspot) -> Vec<Table> {
    Vec::new()
}

/// Some rows of a table.
pub(crate) fn page(_hubspot: &Hubspot, _table: &str, _after: Option<&str>, _limit: usize) -> Option<Page> {
    None
}
