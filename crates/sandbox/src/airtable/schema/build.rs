//! New tables and fields: read, checked, then added.

use crate::airtable::ids;
use crate::airtable::model::base::Base;
use crate::airtable::model::field::{Field, Kind, Link};
use crate::airtable::model::options::{self, Unfit, Wanted};
use crate::airtable::model::table::{Table, View};
use crate::airtable::problem::Problem;
use crate::house::Dice;
use serde_json::{Value, json};

/// The longest description.
const LONGEST: usize = 20_000;

/// A field to add.
#[derive(Debug, Clone)]
pub(in crate::airtable) struct NewField {
    pub(in crate::airtable) name: String,
    pub(in crate::airtable) description: Option<String>,
    pub(in crate::airtable) wanted: Wanted,
}

/// A table to add.
#[derive(Debug, Clone)]
pub(in crate::airtable) struct NewTable {
    pub(in crate::airtable) name: String,
    pub(in crate::airtable) description: Option<String>,
    pub(in crate::airtable) fields: Vec<NewField>,
}

/// A name that is there and not empty.
///
/// # Errors
/// When it is not.
pub(in crate::airtable) fn name(value: &Value, kind: &str) -> Result<String, Problem> {
    let name = value["name"].as_str().map(str::trim).filter(|name| !name.is_empty());
    name.map(str::to_owned).ok_or_else(|| Problem::typed(422, kind, "A name is missing or empty"))
}

/// A description, where there is one.
///
/// # Errors
/// When it is no text, or too long.
pub(in crate::airtable) fn description(value: &Value) -> Result<Option<String>, Problem> {
    match &value["description"] {
        Value::Null => Ok(None),
        Value::String(text) if text.chars().count() <= LONGEST => Ok(Some(text.clone())),
        _ => Err(Problem::invalid_request(format!(
            "description must be a text of at most {LONGEST} characters"
        ))),
    }
}

/// Reads a field.
///
/// # Errors
/// What Airtable answers.
pub(in crate::airtable) fn field(base: &Base, value: &Value, dice: &mut Dice) -> Result<NewField, Problem> {
    let name = name(value, "DUPLICATE_OR_EMPTY_FIELD_NAME")?;
    let kind = value["type"].as_str().ok_or_else(|| Problem::missing("type"))?;
    let wanted = options::read(base, kind, &value["options"], dice).map_err(|unfit| match unfit {
        Unfit::Options(reason) => Problem::typed(
            422,
            "INVALID_FIELD_TYPE_OPTIONS_FOR_CREATE",
            format!("Invalid options for {name}: {reason}"),
        ),
        Unfit::Unsupported => Problem::typed(
            422,
            "UNSUPPORTED_FIELD_TYPE_FOR_CREATE",
            format!("Creating {kind} fields is not supported at this time"),
        ),
    })?;
    Ok(NewField { name, description: description(value)?, wanted })
}

/// Reads a table.
///
/// # Errors
/// What Airtable answers.
pub(in crate::airtable) fn table(base: &Base, value: &Value, dice: &mut Dice) -> Result<NewTable, Problem> {
    let name = name(value, "DUPLICATE_OR_EMPTY_TABLE_NAME")?;
    if base.live_tables().any(|(_, table)| table.name == name) {
        return Err(Problem::typed(422, "DUPLICATE_TABLE_NAME", format!("There is a table {name} already")));
    }
    let values = value["fields"].as_array().filter(|fields| !fields.is_empty());
    let values = values.ok_or_else(|| Problem::missing("fields"))?;
    let mut fields: Vec<NewField> = Vec::with_capacity(values.len());
    for value in values {
        let field = field(base, value, dice)?;
        if fields.iter().any(|known| known.name == field.name) {
            return Err(duplicate_field(&field.name));
        }
        fields.push(field);
    }
    let primary = matches!(&fields[0].wanted, Wanted::Plain(kind) if kind.can_be_primary());
    if !primary {
        let message = format!("{} cannot be the primary field", fields[0].name);
        return Err(Problem::typed(422, "INVALID_PRIMARY_FIELD_TYPE", message));
    }
    Ok(NewTable { name, description: description(value)?, fields })
}

/// There is such a field already.
pub(in crate::airtable) fn duplicate_field(name: &str) -> Problem {
    Problem::typed(422, "DUPLICATE_OR_EMPTY_FIELD_NAME", format!("There is a field {name} already"))
}

/// Adds a table with its fields and a grid view. Returns its number, and the fields that other tables got for links.
pub(in crate::airtable) fn add_table(
    base: &mut Base,
    new: NewTable,
    dice: &mut Dice,
) -> (usize, Vec<(usize, u16)>) {
    let mut table = Table::new(ids::throw(dice, "tbl"), new.name, new.description);
    table.views.push(View { id: ids::throw(dice, "viw"), name: "Grid view".to_owned(), kind: "grid" });
    base.tables.push(table);
    let number = base.tables.len() - 1;
    let added = new.fields.into_iter().map(|field| add_field(base, number, field, dice).1);
    let mirrors = added.collect::<Vec<_>>().into_iter().flatten().collect();
    (number, mirrors)
}

/// Adds a field. Returns its number, and for a link the field the other table got.
pub(in crate::airtable) fn add_field(
    base: &mut Base,
    table: usize,
    new: NewField,
    dice: &mut Dice,
) -> (u16, Option<(usize, u16)>) {
    let (kind, other) = match new.wanted {
        Wanted::Plain(kind) => (kind, None),
        Wanted::Link { table: other, single } => {
            (Kind::Links(Link { table: other, inverse: None, single }), Some(other))
        }
    };
    let slot = push(base, table, new.name, new.description, kind, dice);
    // A link of a table to itself has no other side.
    let Some(other) = other.filter(|other| *other != table) else { return (slot, None) };
    let name = free_name(&base.tables[other], &base.tables[table].name);
    let back = Kind::Links(Link { table, inverse: Some(slot), single: false });
    let inverse = push(base, other, name, None, back, dice);
    if let Kind::Links(link) = &mut base.tables[table].fields[usize::from(slot)].kind {
        link.inverse = Some(inverse);
    }
    (slot, Some((other, inverse)))
}

/// Adds one field as it is.
pub(in crate::airtable) fn push(
    base: &mut Base,
    table: usize,
    name: String,
    description: Option<String>,
    kind: Kind,
    dice: &mut Dice,
) -> u16 {
    let fields = &mut base.tables[table].fields;
    fields.push(Field { id: ids::throw(dice, "fld"), name, description, kind, gone: false });
    u16::try_from(fields.len() - 1).unwrap_or(u16::MAX)
}

/// `People`, or `People 2`, …
fn free_name(table: &Table, wanted: &str) -> String {
    let mut name = wanted.to_owned();
    let mut next = 2;
    while table.live_fields().any(|(_, field)| field.name == name) {
        name = format!("{wanted} {next}");
        next += 1;
    }
    name
}

/// A table as `GET …/tables` shows it.
pub(in crate::airtable) fn table_json(base: &Base, number: usize, visible: bool) -> Value {
    let table = &base.tables[number];
    let fields: Vec<Value> =
        table.live_fields().map(|(_, field)| options::field_json(base, number, field)).collect();
    let ids: Vec<&str> = table.live_fields().map(|(_, field)| field.id.as_str()).collect();
    let views: Vec<Value> = table
        .views
        .iter()
        .map(|view| {
            let mut json = json!({ "id": view.id, "name": view.name, "type": view.kind });
            // Only grids tell which fields they show.
            if visible && view.kind == "grid" {
                json["visibleFieldIds"] = json!(ids);
            }
            json
        })
        .collect();
    let mut json = json!({
        "id": table.id, "name": table.name, "primaryFieldId": table.fields[0].id, "fields": fields, "views": views,
    });
    if let Some(description) = &table.description {
        json["description"] = json!(description);
    }
    json
}
