//! Changes to definitions: made, changed, archived, and restored by being made again (HubSpot facts 4).

use super::definition::{Definition, Format, Sensitivity, Type};
use super::input::{self, Input};
use super::table::{Table, is_purged};
use crate::hubspot::change::Source;
use crate::hubspot::error::ApiError;
use crate::hubspot::state::Portal;
use crate::hubspot::types::TypeId;
use http::StatusCode;
use serde_json::{Value, json};

/// Who changes a definition, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Author {
    pub(crate) user: u64,
    pub(crate) at: i64,
}

/// 404 for a definition that is not there, or is archived.
pub(crate) fn not_found(name: &str) -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "OBJECT_NOT_FOUND", format!("Property '{name}' does not exist"))
        .context(json!({"name": [name]}))
}

/// Makes a definition, or restores the archived one with this name: that keeps when it was first made, and takes
/// everything else from the caller.
///
/// # Errors
/// 400 when it makes no sense or there are too many, 409 when the name is in use.
pub(crate) fn create(
    portal: &mut Portal,
    object_type: TypeId,
    input: &Input,
    author: Author,
) -> Result<Definition, ApiError> {
    input.complete()?;
    let rules = std::sync::Arc::clone(&portal.properties.rules);
    let name = input::name(&rules, input.name.as_deref().unwrap_or_default())?;
    let table = portal.properties.of_mut(object_type);
    if table.live.contains_key(&name) {
        return Err(in_use(&name));
    }
    let mut made = begun(&name, input, author, rules.readable_after_ms)?;
    complete(table, &made)?;
    if table.custom() >= rules.max_custom {
        return Err(ApiError::validation(format!(
            "The maximum number of custom properties ({}) has been reached",
            rules.max_custom
        )));
    }
    if made.unique && table.unique() >= rules.max_unique {
        return Err(ApiError::validation(format!(
            "The maximum number of unique properties ({}) has been reached",
            rules.max_unique
        )));
    }
    let archived = table.archived.remove(&name);
    let restored = archived.as_ref().filter(|old| !is_purged(old, author.at));
    if let Some(old) = restored {
        (made.created_at, made.created_by) = (old.created_at, old.created_by);
    }
    let keeps_values = archived.is_none() || (restored.is_some() && rules.values_return);
    table.live.insert(name.clone(), made.clone());
    if !keeps_values {
        forget_values(portal, object_type, &name, author.at);
    }
    Ok(made)
}

/// 409 for a name that is in use.
fn in_use(name: &str) -> ApiError {
    ApiError::new(
        StatusCode::CONFLICT,
        "OBJECT_ALREADY_EXISTS",
        format!("A property named '{name}' already exists."),
    )
    .sub("Properties.PROPERTY_WITH_NAME_EXISTS")
    .context(json!({"name": [name]}))
}

fn begun(name: &str, input: &Input, author: Author, readable_after: i64) -> Result<Definition, ApiError> {
    let kind = input.kind.unwrap_or(Type::Text);
    let field_type = input.field_type.clone().unwrap_or_default();
    fits(kind, &field_type)?;
    Ok(Definition {
        name: name.to_owned(),
        label: input.label.clone().unwrap_or_default(),
        description: input.description.clone().unwrap_or_default(),
        group: input.group.clone().unwrap_or_default(),
        kind,
        field_type,
        options: input.options.clone().unwrap_or_default(),
        format: format_of(input.referenced_type.as_deref()),
        display_order: input.display_order.unwrap_or(-1),
        unique: input.unique.unwrap_or(false),
        hidden: input.hidden.unwrap_or(false),
        form_field: input.form_field.unwrap_or(false),
        external_options: input.external_options.unwrap_or(false),
        formula: input.formula.clone(),
        referenced_type: input.referenced_type.clone(),
        sensitivity: input.sensitivity.unwrap_or(Sensitivity::NonSensitive),
        hubspot_defined: false,
        read_only_value: false,
        created_at: author.at,
        updated_at: author.at,
        archived_at: None,
        readable_at: author.at + readable_after,
        created_by: author.user,
        updated_by: author.user,
    })
}

fn format_of(referenced_type: Option<&str>) -> Format {
    if referenced_type == Some("OWNER") { Format::Owner } else { Format::Plain }
}

fn fits(kind: Type, field_type: &str) -> Result<(), ApiError> {
    if kind.field_types().contains(&field_type) {
        return Ok(());
    }
    Err(ApiError::validation(format!(
        "The field type '{field_type}' is not valid for properties of type '{}': it must be one of [{}]",
        kind.name(),
        kind.field_types().join(", ")
    )))
}

/// What must hold of any definition.
fn complete(table: &Table, definition: &Definition) -> Result<(), ApiError> {
    if !table.groups.contains_key(&definition.group) {
        let message = format!("Property group '{}' does not exist", definition.group);
        return Err(ApiError::validation(message).context(json!({"groupName": [definition.group]})));
    }
    if definition.label.trim().is_empty() {
        return Err(ApiError::validation("The property label must not be empty"));
    }
    let needs_options = definition.kind == Type::Enumeration
        && !definition.calculated()
        && !definition.external_options
        && definition.field_type != "booleancheckbox";
    if needs_options && definition.options.is_empty() {
        return Err(ApiError::validation("An enumeration property must have options"));
    }
    if definition.field_type == "calculation_equation" && definition.formula.is_none() {
        return Err(ApiError::validation("A calculation property must have a calculationFormula"));
    }
    Ok(())
}

/// Overwrites what the caller names. `options` replaces the whole list: an option left out is gone.
///
/// # Errors
/// 404 when there is no such definition, 400 when the change makes no sense or is not the account's to make.
pub(crate) fn patch(
    portal: &mut Portal,
    object_type: TypeId,
    name: &str,
    input: Input,
    author: Author,
) -> Result<Definition, ApiError> {
    let refuses_immutable = portal.properties.rules.refuse_immutable;
    let table = portal.properties.of_mut(object_type);
    let old = table.live.get(name).ok_or_else(|| not_found(name))?;
    if refuses_immutable {
        immutable(old, &input)?;
    }
    if old.hubspot_defined && input != (Input { options: input.options.clone(), ..Input::default() }) {
        let message = format!("The definition of property '{name}' is read only");
        return Err(ApiError::validation(message).context(json!({"name": [name]})));
    }
    let kind = input.kind.unwrap_or(old.kind);
    let field_type = input.field_type.unwrap_or_else(|| old.field_type.clone());
    if !old.hubspot_defined {
        fits(kind, &field_type)?;
    }
    let changed = Definition {
        label: input.label.unwrap_or_else(|| old.label.clone()),
        description: input.description.unwrap_or_else(|| old.description.clone()),
        group: input.group.unwrap_or_else(|| old.group.clone()),
        kind,
        field_type,
        options: input.options.unwrap_or_else(|| old.options.clone()),
        display_order: input.display_order.unwrap_or(old.display_order),
        hidden: input.hidden.unwrap_or(old.hidden),
        form_field: input.form_field.unwrap_or(old.form_field),
        formula: input.formula.or_else(|| old.formula.clone()),
        updated_at: author.at,
        updated_by: author.user,
        ..old.clone()
    };
    complete(table, &changed)?;
    table.live.insert(name.to_owned(), changed.clone());
    Ok(changed)
}

fn immutable(old: &Definition, input: &Input) -> Result<(), ApiError> {
    let changed = [
        ("name", input.name.as_ref().is_some_and(|name| *name != old.name)),
        ("hasUniqueValue", input.unique.is_some_and(|unique| unique != old.unique)),
        ("dataSensitivity", input.sensitivity.is_some_and(|level| level != old.sensitivity)),
    ];
    match changed.iter().find(|(_, changed)| *changed) {
        Some((field, _)) => Err(ApiError::validation(format!("The {field} of a property cannot be changed"))),
        None => Ok(()),
    }
}

/// Archives a definition.
///
/// # Errors
/// 404 when there is none, 400 when it is HubSpot's own or another one is calculated from it.
pub(crate) fn archive(
    portal: &mut Portal,
    object_type: TypeId,
    name: &str,
    author: Author,
) -> Result<(), ApiError> {
    let table = portal.properties.of_mut(object_type);
    let definition = table.live.get(name).ok_or_else(|| not_found(name))?;
    if definition.hubspot_defined {
        let message = format!("Property '{name}' is defined by HubSpot and cannot be deleted");
        return Err(ApiError::validation(message).context(json!({"name": [name]})));
    }
    let users: Vec<&str> = table.users_of(name).map(|user| user.name.as_str()).collect();
    if !users.is_empty() {
        return Err(used(object_type, name, &users));
    }
    if let Some(mut definition) = table.live.remove(name) {
        (definition.archived_at, definition.updated_at) = (Some(author.at), author.at);
        table.archived.insert(name.to_owned(), definition);
    }
    Ok(())
}

fn used(object_type: TypeId, name: &str, users: &[&str]) -> ApiError {
    let count = users.len();
    let message = format!(
        "Property: {name} of object type {object_type} is currently used in {count} places and cannot be deleted"
    );
    let usage = |user: &&str| -> Value {
        json!({
            "subCategory": "PropertyValidationError.PROPERTY_USAGE",
            "context": {"parentType": ["CALCULATED_PROPERTY"], "parentName": [format!("{object_type}/{user}")]},
        })
    };
    let mut refusal = ApiError::validation(message)
        .sub("PropertyValidationError.CANNOT_DELETE_PROPERTY_IN_USE")
        .context(json!({"usageCount": [count.to_string()]}));
    refusal.errors = users.iter().map(usage).collect();
    refusal
}

/// Takes every record's value of a property away. Nobody is told: no record changed, its definition did.
fn forget_values(portal: &mut Portal, object_type: TypeId, name: &str, at: i64) {
    let Some(records) = portal.objects.of(object_type) else { return };
    let column = records.column(name);
    let holders: Vec<u64> =
        records.from(0).filter(|view| view.value(column).is_some()).map(|view| view.id).collect();
    if holders.is_empty() {
        return;
    }
    let records = portal.objects.of_mut(object_type);
    let source = Source { kind: "CRM", id: String::new(), user: None, app: None };
    let write = records.note_write(at, &source);
    for id in holders {
        records.set(id, name, "", write);
    }
}
