//! Property definitions and groups, and what values they let in (HubSpot facts 4, 3.5).

mod addresses;
mod api;
pub(crate) mod batch;
mod check;
mod definition;
mod edit;
mod groups;
pub(crate) mod input;
mod limits;
pub(crate) mod requests;
mod rules;
mod schemas;
mod standard;
mod table;
#[cfg(test)]
pub(crate) mod testing;

pub(crate) use api::router;
pub(crate) use check::{check, moment};
pub(crate) use definition::{Choice, Definition, Sensitivity, Type};
pub(crate) use rules::Settings;
pub(crate) use table::Properties;

use super::state::Portal;
use super::types::TypeId;

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

/// Whether a value may be several options, so that one with a leading `;` is added to what is there.
pub(crate) fn is_multiple(portal: &Portal, object_type: TypeId, name: &str) -> bool {
    portal.properties.get(object_type, name).is_some_and(Definition::is_multiple)
}

/// `Contact` and `Contacts`, `Line item` and `Line items`: a type for people.
fn standard_name(portal: &Portal, object_type: TypeId) -> (String, String) {
    if let Some(custom) = portal.custom_types.get(&object_type) {
        return (custom.singular.clone(), custom.plural.clone());
    }
    let spoken = |name: Option<&str>| {
        let name = name.unwrap_or_default().replace('_', " ");
        let mut letters = name.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
    };
    (spoken(object_type.singular()), spoken(object_type.plural()))
}
