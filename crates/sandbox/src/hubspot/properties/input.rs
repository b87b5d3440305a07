//! Definitions as callers write them.

use super::definition::{Choice, Sensitivity, Type};
use super::requests::{mistyped, not_set};
use super::rules::{Names, Settings};
use crate::hubspot::error::ApiError;
use serde_json::{Map, Value};

/// What a caller says of a definition; what is not said is none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Input {
    pub(crate) name: Option<String>,
    pub(crate) label: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) group: Option<String>,
    pub(crate) kind: Option<Type>,
    pub(crate) field_type: Option<String>,
    pub(crate) options: Option<Vec<Choice>>,
    pub(crate) display_order: Option<i64>,
    pub(crate) unique: Option<bool>,
    pub(crate) hidden: Option<bool>,
    pub(crate) form_field: Option<bool>,
    pub(crate) external_options: Option<bool>,
    pub(crate) formula: Option<String>,
    pub(crate) referenced_type: Option<String>,
    pub(crate) sensitivity: Option<Sensitivity>,
}

impl Input {
    /// Reads it.
    ///
    /// # Errors
    /// 400 when a field is of a wrong type or has a value nobody knows.
    pub(crate) fn read(fields: &Map<String, Value>) -> Result<Self, ApiError> {
        let kind = text(fields, "type")?
            .map(|name| Type::named(&name).ok_or_else(|| not_one_of("type", &name, &Type::all_names())));
        let sensitivity = text(fields, "dataSensitivity")?.map(|name| {
            let known = ["non_sensitive", "sensitive", "highly_sensitive"];
            Sensitivity::named(&name).ok_or_else(|| not_one_of("dataSensitivity", &name, &known))
        });
        Ok(Self {
            name: text(fields, "name")?,
            label: text(fields, "label")?,
            description: text(fields, "description")?,
            group: text(fields, "groupName")?,
            kind: kind.transpose()?,
            field_type: text(fields, "fieldType")?,
            options: choices(fields)?,
            display_order: whole(fields, "displayOrder")?,
            unique: flag(fields, "hasUniqueValue")?,
            hidden: flag(fields, "hidden")?,
            form_field: flag(fields, "formField")?,
            external_options: flag(fields, "externalOptions")?,
            formula: text(fields, "calculationFormula")?,
            referenced_type: text(fields, "referencedObjectType")?,
            sensitivity: sensitivity.transpose()?,
        })
    }

    /// What a new definition lacks.
    ///
    /// # Errors
    /// 400 naming everything required that is not there.
    pub(crate) fn complete(&self) -> Result<(), ApiError> {
        let is_there = [
            ("name", self.name.is_some()),
            ("label", self.label.is_some()),
            ("type", self.kind.is_some()),
            ("fieldType", self.field_type.is_some()),
            ("groupName", self.group.is_some()),
        ];
        let missing: Vec<&str> = is_there.iter().filter(|(_, there)| !there).map(|(name, _)| *name).collect();
        if missing.is_empty() { Ok(()) } else { Err(not_set(&missing)) }
    }
}

/// The name a new definition gets.
///
/// # Errors
/// 400 when it cannot be one.
pub(crate) fn name(rules: &Settings, given: &str) -> Result<String, ApiError> {
    let refuse =
        |why: &str| Err(ApiError::validation(format!("The property name '{given}' is not valid: {why}")));
    let strict = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if given.trim().is_empty() {
        return refuse("it must not be empty");
    }
    if given.chars().count() > rules.longest_name {
        return refuse("it is too long");
    }
    match rules.names {
        Names::AsGiven => Ok(given.to_owned()),
        Names::LowerCased => Ok(given.to_lowercase()),
        Names::Strict if given.starts_with(|c: char| c.is_ascii_lowercase()) && given.chars().all(strict) => {
            Ok(given.to_owned())
        }
        Names::Strict => refuse("it must be lower-case letters, digits and underscores, a letter first"),
    }
}

/// A text field.
///
/// # Errors
/// 400 when it is no text.
pub(crate) fn text(fields: &Map<String, Value>, name: &str) -> Result<Option<String>, ApiError> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(value @ (Value::Number(_) | Value::Bool(_))) => Ok(Some(value.to_string())),
        Some(other) => Err(mistyped("java.lang.String", other)),
    }
}

/// A field that is true or false.
///
/// # Errors
/// 400 when it is neither.
pub(crate) fn flag(fields: &Map<String, Value>, name: &str) -> Result<Option<bool>, ApiError> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Bool(flag)) => Ok(Some(*flag)),
        Some(Value::String(text)) if text == "true" || text == "false" => Ok(Some(text == "true")),
        Some(other) => Err(mistyped("boolean", other)),
    }
}

/// A whole number.
///
/// # Errors
/// 400 when it is none.
pub(crate) fn whole(fields: &Map<String, Value>, name: &str) -> Result<Option<i64>, ApiError> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.parse::<i64>().is_ok() => Ok(text.parse().ok()),
        Some(value) => value.as_i64().map(Some).ok_or_else(|| mistyped("int", value)),
    }
}

fn choices(fields: &Map<String, Value>) -> Result<Option<Vec<Choice>>, ApiError> {
    let list = match fields.get("options") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Array(list)) => list,
        Some(other) => return Err(mistyped("java.util.ArrayList", other)),
    };
    let mut choices: Vec<Choice> = Vec::with_capacity(list.len());
    for (order, option) in (0..).zip(list) {
        let option = option.as_object().ok_or_else(|| mistyped("OptionInput", option))?;
        let choice = choice(option, order)?;
        if let Some(twin) =
            choices.iter().find(|other| other.value == choice.value || other.label == choice.label)
        {
            let message = format!("Property option values and labels must be unique: '{}'", twin.value);
            return Err(ApiError::validation(message));
        }
        choices.push(choice);
    }
    Ok(Some(choices))
}

fn choice(option: &Map<String, Value>, order: i64) -> Result<Choice, ApiError> {
    let (Some(label), Some(value)) = (text(option, "label")?, text(option, "value")?) else {
        return Err(not_set(&["label", "value"]));
    };
    Ok(Choice {
        label,
        value,
        description: text(option, "description")?.unwrap_or_default(),
        display_order: whole(option, "displayOrder")?.unwrap_or(order),
        hidden: flag(option, "hidden")?.unwrap_or(false),
    })
}

/// 400 for a word that is none of those known.
pub(crate) fn not_one_of(field: &str, given: &str, known: &[&str]) -> ApiError {
    ApiError::validation(format!(
        "Invalid input JSON on line 1, column 1: Cannot deserialize value of type `{field}` from String \"{given}\": \
         not one of the values accepted for Enum class: [{}]",
        known.join(", ")
    ))
}
