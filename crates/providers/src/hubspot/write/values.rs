//! Values as HubSpot writes them, all of them texts, and as they are (HubSpot facts 3.2, 4 and 9).

use crate::write::moment::{day, moment};
use crate::write::project;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeSet;
use syncline_core::sync::{Fields, Kind, Schema, Value};

/// What a record is known by, which its body has whether it was wished for or not.
const ID: &str = "hs_object_id";

/// As [`crate::hubspot::record`] writes it.
#[derive(Deserialize)]
struct Body<'b> {
    #[serde(borrow, default)]
    id: Option<&'b RawValue>,
    #[serde(borrow, default)]
    properties: Option<&'b RawValue>,
}

/// The named properties in a body of the mirror.
pub fn fields(schema: &Schema, body: &str, names: &BTreeSet<String>) -> Fields {
    let Ok(body) = serde_json::from_str::<Body<'_>>(body) else { return Fields::new() };
    let properties = body.properties.map_or("", RawValue::get);
    let mut fields = Fields::new();
    let id = body.id.and_then(|id| project::text(id.get())).filter(|_| names.contains(ID));
    fields.extend(id.map(|id| (ID.to_owned(), Value::text(id))));
    for (name, raw) in project::members(properties, names) {
        if let Some(text) = project::text(raw) {
            fields.insert(name.to_owned(), read(kind(schema, name), &text));
        }
    }
    fields
}

/// What a property holds.
pub fn kind<'s>(schema: &'s Schema, name: &str) -> Option<&'s Kind> {
    schema.fields.get(name).map(|field| &field.kind)
}

/// From the wire. What cannot be read as its kind is its text.
pub fn read(kind: Option<&Kind>, text: &str) -> Value {
    match kind {
        Some(Kind::List | Kind::Choices(_)) => Value::list(text.split(';').map(str::trim)),
        Some(Kind::Date) => Value::text(day(text).unwrap_or_else(|| text.to_owned())),
        Some(Kind::DateTime) => Value::text(moment(text).unwrap_or_else(|| text.to_owned())),
        _ => Value::text(text),
    }
}

/// To the wire. Empty clears (facts 3.2). A list never begins with `;`, which would add to what is there (facts 4).
pub fn written(kind: Option<&Kind>, value: &Value) -> String {
    match (kind, value) {
        (Some(Kind::List | Kind::Choices(_)), value) => {
            let parts = value.texts().iter().flat_map(|text| text.split(';')).map(str::trim);
            parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join(";")
        }
        (_, Value::List(texts)) => texts.join(", "),
        (_, value) => value.first().to_owned(),
    }
}
