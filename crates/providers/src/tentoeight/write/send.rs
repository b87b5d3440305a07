//! The calls that write a customer (10to8 facts 3 and 5).

use super::fields::{CUSTOM, custom};
use crate::load::At;
use crate::tentoeight::load::{CUSTOMERS, address};
use crate::wire::Call;
use crate::write::Sent;
use http::Method;
use serde_json::{Map, Value as Json, json};
use syncline_core::sync::{Fields, Value};

/// Writes one customer.
pub fn call(at: &At<'_>, sent: &Sent<'_>) -> Call {
    let nothing = Fields::new();
    let call = match sent {
        Sent::Create(records) => {
            let url = format!("{}{CUSTOMERS}", at.hosts.api);
            Call::json(Method::POST, url, &created(records.first().unwrap_or(&nothing)))
        }
        Sent::Update(records) => {
            let (id, fields) = records.first().map_or(("", &nothing), |(id, fields)| (id.as_str(), fields));
            Call::json(Method::PATCH, address(at, id), &body(fields)).repeatable()
        }
        Sent::Delete(records) => {
            let (id, force) = records.first().map_or(("", false), |(id, force)| (id.as_str(), *force));
            // Capitals, as Python writes truth (facts 3).
            let force = if force { "True" } else { "False" };
            Call { method: Method::DELETE, ..Call::get(format!("{}?force={force}", address(at, id))) }
        }
    };
    call.authorized("token", at.token)
}

/// A new customer always has a name and both lists, empty or not. A custom field without anything is left out: an empty `External
/// ID` would be taken for one (facts 9).
fn created(fields: &Fields) -> Json {
    let there: Fields = fields
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let mut body = json!({ "name": "", "emails": [], "numbers": [] });
    if let (Json::Object(body), Json::Object(given)) = (&mut body, self::body(&there)) {
        body.extend(given);
    }
    body
}

/// Custom fields merge by name, lists replace lists (facts 5).
fn body(fields: &Fields) -> Json {
    let (mut body, mut customs) = (Map::new(), Map::new());
    for (name, value) in fields {
        match custom(name) {
            Some(own) => _ = customs.insert(own.to_owned(), Json::from(text(value))),
            None if name == "emails" || name == "numbers" => {
                body.insert(name.clone(), Json::from(value.texts()));
            }
            None => _ = body.insert(name.clone(), Json::from(text(value))),
        }
    }
    if !customs.is_empty() {
        body.insert(CUSTOM.to_owned(), Json::Object(customs));
    }
    Json::Object(body)
}

/// One text; nothing is `""`.
fn text(value: &Value) -> String {
    value.texts().join(", ")
}
