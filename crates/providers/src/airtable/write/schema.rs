//! What fields a table has and what they take (Airtable facts 4 and 6).

use crate::airtable::errors;
use crate::airtable::record::Table;
use crate::load::At;
use crate::objects::{self, list, text};
use crate::wire::{Fault, Reply};
use serde_json::Value;
use syncline_core::sync::{Field, Kind, Schema};

/// The type of a field that holds one person, who is written in another form than a text.
pub const PERSON: &str = "singleCollaborator";

/// Reads them out of all tables of the base.
///
/// # Errors
/// [`Fault`]; [`Fault::Gone`] when the base has no such table.
pub fn read(at: &At<'_>, table: &Table, reply: &Reply<'_>) -> Result<Schema, Fault> {
    let body = objects::success(reply, errors::fault, at.token)?;
    let table = list(&body, "tables")?.iter().find(|known| known["id"] == *table.id).ok_or(Fault::Gone)?;
    let mut schema = Schema::default();
    for field in list(table, "fields")? {
        let name = text(field, "name").ok_or(Fault::Unreadable("a field without a name"))?;
        let field_type = field["type"].as_str().unwrap_or_default();
        let (kind, writable) = kind(field_type, &field["options"]);
        if field_type == PERSON {
            schema.types.insert(name.to_owned(), PERSON.to_owned());
        }
        let field = Field { title: name.to_owned(), kind, writable, longest: None };
        schema.fields.insert(name.to_owned(), field);
    }
    Ok(schema)
}

/// What a field of this type holds, and whether it can be written. An address is a text: Airtable takes any.
fn kind(field_type: &str, options: &Value) -> (Kind, bool) {
    match field_type {
        "singleLineText" | "multilineText" | "richText" | "email" | PERSON => (Kind::Text, true),
        "url" => (Kind::Url, true),
        "phoneNumber" => (Kind::Phone, true),
        "number" | "currency" | "percent" | "duration" | "rating" => (Kind::Number, true),
        "checkbox" => (Kind::Bool, true),
        "date" => (Kind::Date, true),
        "dateTime" => (Kind::DateTime, true),
        "singleSelect" => (Kind::Choice(choices(options)), true),
        "multipleSelects" => (Kind::Choices(choices(options)), true),
        "multipleRecordLinks" => (Kind::List, true),
        // As a text it would lose the kind of its lines.
        "barcode" | "aiText" => (Kind::Text, false),
        "multipleCollaborators" | "multipleLookupValues" => (Kind::List, false),
        "count" | "autoNumber" => (Kind::Number, false),
        "createdTime" => (Kind::DateTime, false),
        "formula" | "rollup" | "lastModifiedTime" => (computed(field_type, &options["result"]), false),
        // Attachments, buttons, and what is not known yet.
        _ => (Kind::Other, false),
    }
}

/// What is computed has the type of its result.
fn computed(field_type: &str, result: &Value) -> Kind {
    match result["type"].as_str() {
        // A result is never computed again: no endless way down.
        Some("formula" | "rollup" | "lastModifiedTime") => Kind::Other,
        Some(of) => kind(of, &result["options"]).0,
        None if field_type == "lastModifiedTime" => Kind::DateTime,
        None => Kind::Text,
    }
}

fn choices(options: &Value) -> Vec<String> {
    let choices = options["choices"].as_array().into_iter().flatten();
    choices.filter_map(|choice| text(choice, "name")).map(str::to_owned).collect()
}
