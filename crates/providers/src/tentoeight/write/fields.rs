//! A customer's fields, by the names that mappings use for them (10to8 facts 4 and 5).

use crate::write::project;
use serde_json::value::RawValue;
use std::collections::{BTreeMap, BTreeSet};
use syncline_core::sync::{Field, Fields, Kind, Schema, Value};

/// What a customer has a URI in.
const URI: &str = "resource_uri";

/// Where custom fields are in a customer.
pub const CUSTOM: &str = "custom_fields";

/// What the name of a custom field begins with; then comes its own, with blanks and capitals as they are.
const PREFIX: &str = "custom_fields.";

/// The own name of a custom field.
pub fn custom(name: &str) -> Option<&str> {
    name.strip_prefix(PREFIX).filter(|own| !own.is_empty())
}

/// What a custom field is called here.
pub fn named(own: &str) -> String {
    format!("{PREFIX}{own}")
}

/// What is known of every customer. Custom fields come to be by being written, as far as the demonstration program shows.
pub fn schema() -> Schema {
    let field =
        |title: &str, kind, writable| Field { title: title.to_owned(), kind, writable, longest: None };
    let fields = [
        ("name", field("Name", Kind::Text, true)),
        // Texts, not addresses: 10to8 takes what is no address (facts 4).
        ("emails", field("E-mail addresses", Kind::List, true)),
        ("numbers", field("Phone numbers", Kind::List, true)),
        (URI, field("Address of the customer in the API", Kind::Text, false)),
    ];
    let fields: BTreeMap<String, Field> =
        fields.into_iter().map(|(name, field)| (name.to_owned(), field)).collect();
    Schema { fields, open: true, ..Schema::default() }
}

/// The named fields in a customer.
pub fn read(body: &str, names: &BTreeSet<String>) -> Fields {
    let own: BTreeSet<String> = names.iter().filter_map(|name| custom(name)).map(str::to_owned).collect();
    let mut outer = names.clone();
    outer.insert(CUSTOM.to_owned());
    let mut fields = Fields::new();
    for (name, raw) in project::members(body, &outer) {
        match name {
            CUSTOM => {
                let found = project::members(raw, &own).into_iter();
                let values = found.map(|(own, raw)| (named(own), text(raw)));
                fields.extend(values.filter(|(_, value)| !value.is_empty()));
            }
            _ => {
                let value =
                    if name == "emails" || name == "numbers" { project::texts(raw) } else { text(raw) };
                if !value.is_empty() {
                    fields.insert(name.to_owned(), value);
                }
            }
        }
    }
    fields
}

/// Which of these fields a customer names, with what it says of them: what it names and has nothing in is empty.
pub fn told(body: &str, sent: &Fields) -> Fields {
    let names: BTreeSet<String> = sent.keys().cloned().collect();
    let mut told = read(body, &names);
    let mut empty = |name: &str| _ = told.entry(name.to_owned()).or_insert(Value::Empty);
    project::members(body, &names).into_iter().for_each(|(name, _)| empty(name));
    let customs = [CUSTOM.to_owned()].into();
    let customs = project::members(body, &customs).pop().map_or("", |(_, raw)| raw);
    let own: BTreeSet<String> = names.iter().filter_map(|name| custom(name)).map(str::to_owned).collect();
    project::members(customs, &own).into_iter().for_each(|(own, _)| empty(&named(own)));
    told
}

fn text(raw: &str) -> Value {
    project::text(raw).map_or(Value::Empty, Value::text)
}

/// Whether a body is that of a customer: an object with a URI, which is given back.
pub fn uri(body: &[u8]) -> Option<String> {
    let body: BTreeMap<String, &RawValue> = serde_json::from_slice(body).ok()?;
    project::text(body.get(URI)?.get()).map(std::borrow::Cow::into_owned)
}
