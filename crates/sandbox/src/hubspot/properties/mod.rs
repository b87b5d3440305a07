//! Property definitions and groups, and what values they let in (HubSpot facts 4, 3.5).

mod addresses;
mod check;
mod definition;
mod rules;
mod standard;
mod table;
#[cfg(test)]
pub(crate) mod testing;

pub(crate) use check::{appended, check, check_all, moment};
pub(crate) use definition::{Definition, Sensitivity, Type};
pub(crate) use rules::Settings;
pub(crate) use table::Properties;

use super::Hubspot;
use super::state::Portal;
use super::types::TypeId;
use axum::Router;
use std::sync::Arc;

/// The endpoints of definitions and groups, and of custom object schemas.
pub(crate) fn router() -> Router<Arc<Hubspot>> {
    Router::new()
}

/// A kept value as webhooks tell it: datetimes as epoch milliseconds, sensitive ones redacted (HubSpot facts 6.3).
/// Also whether the property is sensitive.
pub(crate) fn as_told(portal: &Portal, object_type: TypeId, name: &str, value: &str) -> (String, bool) {
    let Some(definition) = portal.properties.get(object_type, name) else { return (value.to_owned(), false) };
    if definition.sensitivity != Sensitivity::NonSensitive {
        return ("REDACTED".to_owned(), true);
    }
    (check::told(definition, &portal.properties.rules, value), false)
}

/// The unique property with this name, other than `email`, if the type has one.
pub(crate) fn is_unique(portal: &Portal, object_type: TypeId, name: &str) -> bool {
    // A record's id is unique, but it is no value.
    portal
        .properties
        .get(object_type, name)
        .is_some_and(|definition| definition.unique && !definition.hubspot_defined)
}

/// Whether the type has a property with this name: values of archived ones are not shown.
pub(crate) fn is_known(portal: &Portal, object_type: TypeId, name: &str) -> bool {
    portal.properties.get(object_type, name).is_some()
}
