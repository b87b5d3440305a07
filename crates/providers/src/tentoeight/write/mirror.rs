//! What writes say of customers beyond what was asked (10to8 facts 5). Its webhooks tell no more than that there is something: it is
//! read again, and shows what is known already.

use super::fields::{CUSTOM, custom};
use crate::load::Found;
use crate::tentoeight::record;
use crate::wire::Reply;
use serde_json::Value as Json;
use syncline_core::record::Record;
use syncline_core::sync::{Fields, Value};

/// A new customer, where the answer shows it.
pub fn made(reply: &Reply<'_>) -> Option<Record> {
    here(&reply.json()?)
}

/// The customer with these values in the place of those it had. What is emptied is `""` or no list entry, as customers show it.
pub fn written(body: &str, fields: &Fields) -> Option<Record> {
    let mut customer: Json = serde_json::from_str(body).ok()?;
    for (name, value) in fields {
        match custom(name) {
            Some(own) => customer.get_mut(CUSTOM)?.as_object_mut()?.insert(own.to_owned(), text(value)),
            None if name == "emails" || name == "numbers" => {
                customer.as_object_mut()?.insert(name.clone(), Json::from(value.texts()))
            }
            None => customer.as_object_mut()?.insert(name.clone(), text(value)),
        };
    }
    here(&customer)
}

fn here(customer: &Json) -> Option<Record> {
    match record::read(customer).ok()? {
        Found::Here(record) => Some(*record),
        Found::Gone(_) => None,
    }
}

fn text(value: &Value) -> Json {
    Json::from(value.texts().join(", "))
}
