//! The calls that write a page (Notion facts 5 and 7).

use super::property;
use crate::load::At;
use crate::notion::versioned;
use crate::objects::segment;
use crate::wire::Call;
use crate::write::Sent;
use http::Method;
use serde_json::{Map, Value as Json, json};
use syncline_core::sync::{Fields, Schema};

/// Writes one page. To delete is to put into the trash, which pages come back from.
pub fn call(at: &At<'_>, source: &str, schema: &Schema, sent: &Sent<'_>) -> Call {
    let nothing = Fields::new();
    let page = |id: &str| format!("{}/v1/pages/{}", at.hosts.api, segment(id));
    let call = match sent {
        Sent::Create(records) => {
            let fields = records.first().unwrap_or(&nothing);
            let parent = json!({ "type": "data_source_id", "data_source_id": source });
            let body = json!({ "parent": parent, "properties": properties(schema, fields, false) });
            Call::json(Method::POST, format!("{}/v1/pages", at.hosts.api), &body)
        }
        Sent::Update(records) => {
            let (id, fields) = records.first().map_or(("", &nothing), |(id, fields)| (id.as_str(), fields));
            let body = json!({ "properties": properties(schema, fields, true) });
            Call::json(Method::PATCH, page(id), &body).repeatable()
        }
        Sent::Delete(records) => {
            let id = records.first().map_or("", |(id, _)| id.as_str());
            Call::json(Method::PATCH, page(id), &json!({ "in_trash": true })).repeatable()
        }
    };
    versioned(call.authorized("Bearer", at.token))
}

/// A new page has nothing that could be cleared. A property that is not known is sent as a text, and refused by its name.
fn properties(schema: &Schema, fields: &Fields, clear: bool) -> Map<String, Json> {
    let sent = fields.iter().filter(|(_, value)| clear || !value.is_empty());
    sent.map(|(name, value)| {
        let of = schema.types.get(name).map_or("rich_text", String::as_str);
        (name.clone(), property::written(of, value))
    })
    .collect()
}
