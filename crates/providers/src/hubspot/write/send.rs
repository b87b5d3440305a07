//! The calls that write (HubSpot facts 3.1 and 3.3).

use super::values;
use crate::hubspot::kind::Kind;
use crate::hubspot::read;
use crate::load::At;
use crate::wire::Call;
use crate::write::Sent;
use http::Method;
use serde_json::{Map, Value, json};
use syncline_core::sync::{Fields, Schema};

/// One batch. New records have a name for this call, with which HubSpot lets each succeed or fail alone and tells which did what;
/// without, one that is there already would stop all others (facts 3.3).
pub fn call(at: &At<'_>, kind: &Kind, schema: &Schema, sent: &Sent<'_>) -> Call {
    let (action, inputs): (&str, Vec<Value>) = match sent {
        Sent::Create(records) => {
            let input = |(place, fields): (usize, &Fields)| {
                let properties = properties(schema, fields, false);
                json!({ "objectWriteTraceId": place.to_string(), "properties": properties })
            };
            ("create", records.iter().enumerate().map(input).collect())
        }
        Sent::Update(records) => {
            let input = |(id, fields): &(String, Fields)| json!({ "id": id, "properties": properties(schema, fields, true) });
            ("update", records.iter().map(input).collect())
        }
        Sent::Delete(records) => ("archive", records.iter().map(|(id, _)| json!({ "id": id })).collect()),
    };
    let url = format!("{}/batch/{action}", read::objects(at, kind));
    let call = Call::json(Method::POST, url, &json!({ "inputs": inputs })).authorized("Bearer", at.token);
    if matches!(sent, Sent::Create(_)) { call } else { call.repeatable() }
}

/// A new record has nothing that could be cleared.
fn properties(schema: &Schema, fields: &Fields, clear: bool) -> Map<String, Value> {
    let sent = fields.iter().filter(|(_, value)| clear || !value.is_empty());
    sent.map(|(name, value)| {
        let kind = values::kind(schema, name);
        (name.clone(), Value::from(values::written(kind, value)))
    })
    .collect()
}
