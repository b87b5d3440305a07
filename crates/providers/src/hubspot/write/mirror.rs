//! What answers to writes say of records beyond what was asked (HubSpot facts 3.2 and 3.3): the mirror need not read them again.

use super::values;
use crate::hubspot::kind::Kind;
use crate::hubspot::record::Raw;
use crate::wire::Reply;
use serde::Deserialize;
use serde_json::Value as Json;
use syncline_core::record::Record;
use syncline_core::sync::{Fields, Schema};

/// Answers to creations.
#[derive(Deserialize)]
struct Batch {
    #[serde(default)]
    results: Vec<Raw>,
}

/// New records, with the properties that they were given and those that HubSpot gave them: others hold nothing.
pub fn made(kind: &Kind, reply: &Reply<'_>) -> Vec<Record> {
    let batch = serde_json::from_slice::<Batch>(reply.body);
    let rows = batch.map(|batch| batch.results).unwrap_or_default();
    rows.into_iter().filter_map(|row| row.into_record(kind).ok()).collect()
}

/// The record with these properties in the place of those it had.
pub fn written(kind: &Kind, schema: &Schema, body: &str, fields: &Fields) -> Option<Record> {
    let mut body: Json = serde_json::from_str(body).ok()?;
    let properties = body.get_mut("properties")?.as_object_mut()?;
    for (name, value) in fields {
        let text = values::written(values::kind(schema, name), value);
        let held = if text.is_empty() { Json::Null } else { Json::String(text) };
        properties.insert(name.clone(), held);
    }
    serde_json::from_value::<Raw>(body).ok()?.into_record(kind).ok()
}
