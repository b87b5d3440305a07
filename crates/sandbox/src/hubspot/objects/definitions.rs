//! What records need to know of definitions, asked of the room that has them in the words of a write: it alone knows what
//! a property is and what it takes.

use super::super::properties;
use super::super::state::Portal;
use super::super::types::TypeId;
use super::refusals::has_code;
use serde_json::{Map, Value, json};

/// Those of `names` that are no properties of the type (HubSpot facts 3.2: reads ignore them).
pub(super) fn undefined<'a>(
    portal: &Portal,
    object_type: TypeId,
    names: impl Iterator<Item = &'a str>,
) -> Vec<String> {
    let cleared: Map<String, Value> = names.map(|name| (name.to_owned(), Value::Null)).collect();
    if cleared.is_empty() {
        return Vec::new();
    }
    let Err(refusal) = properties::check(portal, object_type, &cleared, 0) else { return Vec::new() };
    let unknown = refusal.errors.iter().filter(|error| error["code"] == "PROPERTY_DOESNT_EXIST");
    unknown
        .filter_map(|error| error.pointer("/context/propertyName/0").and_then(Value::as_str))
        .map(str::to_owned)
        .collect()
}

/// Whether a value with a leading `;` is added to what is there: only several options can be (HubSpot facts 4). Another
/// enumeration has no such option, and any other property takes whatever text it is given.
pub(super) fn appends(portal: &Portal, object_type: TypeId, name: &str) -> bool {
    let no_option = Map::from_iter([(name.to_owned(), json!(";\u{1}"))]);
    properties::check(portal, object_type, &no_option, 0)
        .is_err_and(|error| has_code(&error, "INVALID_OPTION"))
}
