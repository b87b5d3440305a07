//! Property definitions and groups, and what values they let in (HubSpot facts 4, 3.5).

use super::Hubspot;
use super::error::ApiError;
use super::state::{CustomType, Portal};
use super::types::TypeId;
use axum::Router;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::sync::Arc;

/// What is only guessed about definitions.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {}

/// An account's definitions.
#[derive(Debug, Default)]
pub(crate) struct Properties {}

impl Properties {
    /// The standard definitions, and those of the account's own types.
    pub(crate) fn at_start(_now: i64, _custom: &[(TypeId, &CustomType)]) -> Self {
        Self::default()
    }
}

/// The endpoints of definitions and groups, and of custom object schemas.
pub(crate) fn router() -> Router<Arc<Hubspot>> {
    Router::new()
}

/// The values as they will be kept (empty: cleared), in the caller's order.
///
/// # Errors
/// 400 `VALIDATION_ERROR` with every value that is not valid, nothing less.
pub(crate) fn check(
    _portal: &Portal,
    _object_type: TypeId,
    properties: &Map<String, Value>,
    _now: i64,
) -> Result<Vec<(String, String)>, ApiError> {
    let text = |value: &Value| match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    Ok(properties.iter().map(|(name, value)| (name.clone(), text(value))).collect())
}

/// A kept value as webhooks tell it: datetimes as epoch milliseconds, sensitive ones redacted (HubSpot facts 6.3).
/// Also whether the property is sensitive.
pub(crate) fn as_told(_portal: &Portal, _object_type: TypeId, _name: &str, value: &str) -> (String, bool) {
    (value.to_owned(), false)
}

/// The unique property with this name, other than `email`, if the type has one.
pub(crate) fn is_unique(_portal: &Portal, _object_type: TypeId, _name: &str) -> bool {
    false
}
