//! Values as Airtable's cells have them, and as they are (Airtable facts 5 and 6).

use super::schema::PERSON;
use crate::write::moment::moment;
use crate::write::project;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Number, Value as Json, json};
use std::collections::BTreeSet;
use syncline_core::sync::{Fields, Kind, Schema, Value};

/// As [`crate::airtable::record`] writes it.
#[derive(Deserialize)]
struct Body<'b> {
    #[serde(borrow)]
    fields: Option<&'b RawValue>,
}

/// The named cells in a row, in the mirror or on the wire. An empty cell is not there (facts 5): of a checkbox that is `false`.
pub fn fields(schema: &Schema, body: &str, names: &BTreeSet<String>) -> Fields {
    let mut fields = Fields::new();
    let Ok(Body { fields: Some(cells) }) = serde_json::from_str(body) else { return fields };
    let unchecked = |name: &&String| schema.fields.get(*name).is_some_and(|field| field.kind == Kind::Bool);
    fields.extend(names.iter().filter(unchecked).map(|name| (name.clone(), Value::text("false"))));
    for (name, raw) in project::members(cells.get(), names) {
        let value = read(schema.fields.get(name).map(|field| &field.kind), raw);
        if !value.is_empty() {
            fields.insert(name.to_owned(), value);
        }
    }
    fields
}

fn read(kind: Option<&Kind>, raw: &str) -> Value {
    match raw.as_bytes().first() {
        Some(b'[') => Value::list(elements(raw)),
        Some(b'{') => serde_json::from_str(raw).map_or(Value::Empty, |cell| Value::text(plain(&cell))),
        _ => {
            let text = project::text(raw).unwrap_or_default();
            let moment = moment(&text).filter(|_| kind == Some(&Kind::DateTime));
            Value::text(moment.unwrap_or_else(|| text.into_owned()))
        }
    }
}

fn elements(raw: &str) -> Vec<String> {
    let elements: Vec<Json> = serde_json::from_str(raw).unwrap_or_default();
    elements.iter().map(plain).collect()
}

/// What an element or an object is known by: people by their address, the others by what they say. Cells that hold an error hold
/// nothing (facts 6).
fn plain(cell: &Json) -> String {
    match cell {
        Json::String(text) => text.clone(),
        Json::Number(number) => number.to_string(),
        Json::Bool(flag) => flag.to_string(),
        Json::Object(cell) if cell.contains_key("error") || cell.contains_key("specialValue") => {
            String::new()
        }
        Json::Object(cell) => {
            let said = ["email", "text", "value", "label", "filename", "name", "id"].into_iter();
            said.filter_map(|key| cell.get(key)?.as_str()).next().unwrap_or_default().to_owned()
        }
        Json::Array(_) | Json::Null => String::new(),
    }
}

/// A cell to be written. What cannot be written as its kind is sent as the text it is, and refused by Airtable: it knows best.
pub fn written(schema: &Schema, name: &str, value: &Value) -> Json {
    let kind = schema.fields.get(name).map(|field| &field.kind);
    let text = || value.texts().join(", ");
    match kind {
        Some(Kind::Bool) if value.is_empty() => json!(false),
        _ if value.is_empty() => Json::Null,
        Some(Kind::List | Kind::Choices(_)) => json!(value.texts()),
        Some(Kind::Number) => number(&text()).map_or_else(|| json!(text()), Json::Number),
        Some(Kind::Bool) => text().parse::<bool>().map_or_else(|_| json!(text()), Json::Bool),
        _ if schema.types.get(name).is_some_and(|of| of == PERSON) => person(&text()),
        _ => json!(text()),
    }
}

/// Facts 6: by the id or by the address.
fn person(text: &str) -> Json {
    if text.contains('@') { json!({ "email": text }) } else { json!({ "id": text }) }
}

fn number(text: &str) -> Option<Number> {
    let text = text.trim();
    text.parse::<i64>().ok().map(Number::from).or_else(|| Number::from_f64(text.parse().ok()?))
}
