//! The calls that write rows (Airtable facts 5). Nothing is cast: a choice that is not there would come to be.

use super::values;
use crate::airtable::call::rows_url;
use crate::airtable::record::Table;
use crate::load::At;
use crate::objects::segment;
use crate::wire::Call;
use crate::write::Sent;
use http::Method;
use serde_json::{Map, Value as Json, json};
use syncline_core::sync::{Fields, Schema};

/// Writes rows. One alone goes by its own path, where 404 says that it is gone; what a batch says of an unknown row is not known.
pub fn call(at: &At<'_>, table: &Table, schema: &Schema, sent: &Sent<'_>) -> Call {
    let url = rows_url(at, &table.base.id, &table.id);
    let one = |id: &str| format!("{url}/{}", segment(id));
    let row = |fields: &Fields, clear: bool| cells(schema, fields, clear);
    let call = match sent {
        Sent::Create(records) => {
            let rows: Vec<Json> =
                records.iter().map(|fields| json!({ "fields": row(fields, false) })).collect();
            Call::json(Method::POST, url, &json!({ "records": rows, "typecast": false }))
        }
        Sent::Update([(id, fields)]) => {
            let body = json!({ "fields": row(fields, true), "typecast": false });
            Call::json(Method::PATCH, one(id), &body).repeatable()
        }
        Sent::Update(records) => {
            let change = |(id, fields): &(String, Fields)| json!({ "id": id, "fields": row(fields, true) });
            let rows: Vec<Json> = records.iter().map(change).collect();
            Call::json(Method::PATCH, url, &json!({ "records": rows, "typecast": false })).repeatable()
        }
        Sent::Delete([(id, _)]) => delete(one(id)),
        Sent::Delete(records) => {
            let mut query = url::form_urlencoded::Serializer::new(String::new());
            query.extend_pairs(records.iter().map(|(id, _)| ("records[]", id)));
            delete(format!("{url}?{}", query.finish()))
        }
    };
    call.authorized("Bearer", at.token).within(&table.base.id)
}

fn delete(url: String) -> Call {
    Call { method: Method::DELETE, ..Call::get(url) }
}

/// A new row has nothing that could be cleared.
fn cells(schema: &Schema, fields: &Fields, clear: bool) -> Map<String, Json> {
    let sent = fields.iter().filter(|(_, value)| clear || !value.is_empty());
    sent.map(|(name, value)| (name.clone(), values::written(schema, name, value))).collect()
}
