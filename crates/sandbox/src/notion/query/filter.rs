//! Filters: one condition, or several joined by `and` and `or`, two levels deep (Notion facts 6).

use super::condition::{Condition, Reading, shape_of};
use crate::notion::check::{Fields, short_list, text};
use crate::notion::content::model::Source;
use crate::notion::content::schema::Kind;
use crate::notion::error::Failure;
use serde_json::Value;

/// Which rows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Property(u16, Condition),
    Created(Condition),
    Edited(Condition),
}

/// Reads a filter of rows of `source`.
///
/// # Errors
/// What is wrong, with its path.
pub(crate) fn parse(
    reading: &Reading,
    source: &Source,
    value: &Value,
    path: &str,
) -> Result<Filter, Failure> {
    level(reading, source, value, path, 2)
}

fn level(
    reading: &Reading,
    source: &Source,
    value: &Value,
    path: &str,
    deeper: u8,
) -> Result<Filter, Failure> {
    let fields = Fields::of(value, path)?;
    for joint in ["and", "or"] {
        let Some(parts) = fields.get(joint) else { continue };
        let path = fields.at(joint);
        if deeper == 0 {
            return Err(Failure::unexpected(&path, parts));
        }
        let mut filters = Vec::new();
        for (index, part) in short_list(parts, &path, 100)?.iter().enumerate() {
            filters.push(level(reading, source, part, &format!("{path}[{index}]"), deeper - 1)?);
        }
        return Ok(if joint == "and" { Filter::All(filters) } else { Filter::Any(filters) });
    }
    if fields.get("timestamp").is_some() {
        return timestamp(reading, fields);
    }
    property(reading, source, fields, (value, path))
}

fn timestamp(reading: &Reading, fields: Fields<'_>) -> Result<Filter, Failure> {
    let which = fields.text("timestamp")?.unwrap_or_default();
    if !matches!(which, "created_time" | "last_edited_time") {
        let what = "`\"created_time\"` or `\"last_edited_time\"`";
        return Err(Failure::expected(&fields.at("timestamp"), what, fields.get("timestamp")));
    }
    let path = fields.at(which);
    let Some(condition) = fields.get(which) else { return Err(Failure::expected(&path, "defined", None)) };
    let condition = reading.parse(super::condition::Shape::Date, condition, &path)?;
    Ok(if which == "created_time" { Filter::Created(condition) } else { Filter::Edited(condition) })
}

fn property(
    reading: &Reading,
    source: &Source,
    fields: Fields<'_>,
    (value, path): (&Value, &str),
) -> Result<Filter, Failure> {
    let Some(key) = fields.get("property") else {
        return Err(Failure::expected(&fields.at("property"), "defined", None));
    };
    let key = text(key, &fields.at("property"))?;
    // Whether the shape is right is said before whether the property is there.
    let condition =
        fields.map.iter().find_map(|(name, inner)| shape_of(name).map(|shape| (name, shape, inner)));
    let Some((name, shape, inner)) = condition else {
        return Err(Failure::expected(path, "a filter with a condition", Some(value)));
    };
    let condition = reading.parse(shape, inner, &fields.at(name))?;
    let Some(property) = source.property(key) else {
        return Err(Failure::validation(format!("Could not find property with name or id: {key}")));
    };
    if !fits(&property.kind, name) {
        return Err(Failure::validation(format!(
            "database property {} does not match filter {name}",
            property.kind.name()
        )));
    }
    Ok(Filter::Property(property.slot, condition))
}

/// Whether a property of this kind is filtered under this key.
fn fits(kind: &Kind, key: &str) -> bool {
    match kind {
        Kind::CreatedTime | Kind::LastEditedTime => key == kind.name() || key == "date",
        Kind::CreatedBy | Kind::LastEditedBy => key == kind.name() || key == "people",
        kind => key == kind.name(),
    }
}
