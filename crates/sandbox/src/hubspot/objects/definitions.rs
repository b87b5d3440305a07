//! What records need to know of definitions.

use super::super::properties;
use super::super::state::Portal;
use super::super::types::TypeId;

/// Those of `names` that are no properties of the type (HubSpot facts 3.2: reads ignore them).
pub(super) fn undefined<'a>(
    portal: &Portal,
    object_type: TypeId,
    names: impl Iterator<Item = &'a str>,
) -> Vec<String> {
    names.filter(|name| !properties::is_known(portal, object_type, name)).map(str::to_owned).collect()
}

/// Whether a value with a leading `;` is added to what is there: only several options can be (HubSpot facts 4).
pub(super) fn appends(portal: &Portal, object_type: TypeId, name: &str) -> bool {
    properties::is_multiple(portal, object_type, name)
}
