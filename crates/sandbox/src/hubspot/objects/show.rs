//! Records as the API shows them (HubSpot facts 3.2).

use super::super::state::Portal;
use super::store::View;
use crate::house::clock::iso;
use serde_json::{Map, Value, json};

/// What of a record to show.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// These properties; none: the type's default ones.
    pub(crate) properties: Option<Vec<String>>,
    /// These with their history.
    pub(crate) with_history: Vec<String>,
    /// Associations to these types, as the caller wrote them.
    pub(crate) associations: Vec<String>,
}

/// A record as JSON.
pub(crate) fn show(_portal: &Portal, view: View<'_>, wanted: &Wanted) -> Value {
    let mut properties = Map::new();
    for name in wanted.properties.iter().flatten() {
        properties.insert(name.clone(), view.named(name).map_or(Value::Null, |value| json!(value)));
    }
    json!({
        "id": view.id.to_string(), "properties": properties,
        "createdAt": iso(view.record.created_at), "updatedAt": iso(view.record.updated_at),
        "archived": view.record.archived_at.is_some(),
    })
}
