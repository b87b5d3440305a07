//! Groups of definitions (HubSpot facts 4).

use super::definition::Group;
use super::input::{text, whole};
use super::requests::not_set;
use super::table::Table;
use crate::hubspot::error::ApiError;
use http::StatusCode;
use serde_json::{Map, Value, json};

/// 404 for a group that is not there, or is archived.
pub(crate) fn not_found(name: &str) -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        "OBJECT_NOT_FOUND",
        format!("Property group '{name}' does not exist"),
    )
    .context(json!({"groupName": [name]}))
}

/// Makes a group. An archived group's name is free: the new one has nothing of the old.
///
/// # Errors
/// 400 when name or label are missing, 409 when the name is in use.
pub(crate) fn create(table: &mut Table, input: &Map<String, Value>) -> Result<Group, ApiError> {
    let (name, label) = (text(input, "name")?, text(input, "label")?);
    let missing: Vec<&str> =
        [("name", &name), ("label", &label)].iter().filter(|(_, v)| v.is_none()).map(|(n, _)| *n).collect();
    let (Some(name), Some(label)) = (name, label) else { return Err(not_set(&missing)) };
    if name.trim().is_empty() || label.trim().is_empty() {
        return Err(ApiError::validation("The name and the label of a property group must not be empty"));
    }
    if table.groups.contains_key(&name) {
        let message = format!("A property group named '{name}' already exists.");
        return Err(ApiError::new(StatusCode::CONFLICT, "OBJECT_ALREADY_EXISTS", message)
            .context(json!({"groupName": [name]})));
    }
    let group = Group { name, label, display_order: whole(input, "displayOrder")?.unwrap_or(-1) };
    table.groups.insert(group.name.clone(), group.clone());
    Ok(group)
}

/// Overwrites what the caller names; a group's name stays.
///
/// # Errors
/// 404 when there is no such group, 400 when a field is of a wrong type.
pub(crate) fn patch(table: &mut Table, name: &str, input: &Map<String, Value>) -> Result<Group, ApiError> {
    let (label, order) = (text(input, "label")?, whole(input, "displayOrder")?);
    let group = table.groups.get_mut(name).ok_or_else(|| not_found(name))?;
    if let Some(label) = label {
        group.label = label;
    }
    if let Some(order) = order {
        group.display_order = order;
    }
    Ok(group.clone())
}

/// Archives a group.
///
/// # Errors
/// 404 when there is none; 400 while a definition is in it, and that body is nested as JSON text in the message of
/// another one.
pub(crate) fn archive(table: &mut Table, name: &str, correlation_id: &str) -> Result<(), ApiError> {
    if !table.groups.contains_key(name) {
        return Err(not_found(name));
    }
    if table.live.values().any(|definition| definition.group == name) {
        let inner = ApiError::validation("Can't delete or purge a group with active properties")
            .sub("PropertyGroupError.GROUP_WITH_ACTIVE_PROPERTIES");
        let mut inner = inner.body();
        inner.insert("correlationId".to_owned(), json!(correlation_id));
        return Err(ApiError::bare(StatusCode::BAD_REQUEST, Value::Object(inner).to_string()));
    }
    table.groups.remove(name);
    Ok(())
}
