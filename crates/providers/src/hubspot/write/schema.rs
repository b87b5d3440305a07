//! What properties a type has and what they take (HubSpot facts 3.2 and 4).

use crate::hubspot::kind::Kind as Type;
use crate::hubspot::{errors, properties};
use crate::load::At;
use crate::objects::{list, text};
use crate::wire::{Call, Fault, Reply};
use http::StatusCode;
use serde_json::Value;
use std::collections::BTreeMap;
use syncline_core::sync::{Field, Kind, Schema};

/// The most characters of a text (facts 4).
const LONGEST: usize = 65_536;

/// Properties that HubSpot sets itself, whatever their definition says of that (facts 3.2 and 3.6).
const SYSTEM: [&str; 4] = ["hs_object_id", "hs_lastmodifieddate", "lastmodifieddate", "hs_merged_object_ids"];

/// Texts that are lists, with `;` between the parts (facts 3.2 and 3.6).
const LISTS: [&str; 2] = ["hs_additional_emails", "hs_merged_object_ids"];

/// Asks for all properties.
pub fn call(at: &At<'_>, kind: &Type) -> Call {
    properties::list(at, &kind.object_type)
}

/// Reads them.
///
/// # Errors
/// [`Fault`]; [`Fault::Gone`] when the account has no such type.
pub fn read(at: &At<'_>, kind: &Type, reply: &Reply<'_>) -> Result<Schema, Fault> {
    let body = reply.json();
    if reply.status != StatusCode::OK {
        let said = body.as_ref().and_then(|body| body["message"].as_str());
        // Facts 3.4: the status of this is not known, the words are.
        let unknown = said.is_some_and(|said| said.starts_with("Unable to infer object type"));
        return Err(if unknown { Fault::Gone } else { errors::fault(reply).without(at.token) });
    }
    let body = body.ok_or(Fault::Unreadable("not JSON"))?;
    let mut fields = BTreeMap::new();
    for property in list(&body, "results")? {
        let name = text(property, "name").ok_or(Fault::Unreadable("a property without a name"))?;
        if property["archived"] != true {
            fields.insert(name.to_owned(), field(kind, name, property));
        }
    }
    Ok(Schema { fields, ..Schema::default() })
}

fn field(object: &Type, name: &str, property: &Value) -> Field {
    let kind = kind(object, name, property);
    let is_read_only = property["modificationMetadata"]["readOnlyValue"] == true
        || property["calculated"] == true
        || SYSTEM.contains(&name);
    Field {
        title: text(property, "label").unwrap_or(name).to_owned(),
        writable: !is_read_only && kind != Kind::Other,
        longest: (property["type"] == "string").then_some(LONGEST),
        kind,
    }
}

fn kind(object: &Type, name: &str, property: &Value) -> Kind {
    let field_type = property["fieldType"].as_str().unwrap_or_default();
    match property["type"].as_str().unwrap_or_default() {
        _ if LISTS.contains(&name) => Kind::List,
        "string" if name == "email" && object.object_type == "contacts" => Kind::Email,
        "string" => match field_type {
            "phonenumber" => Kind::Phone,
            // Ids of files.
            "file" => Kind::Other,
            _ => Kind::Text,
        },
        "phone_number" => Kind::Phone,
        "number" => Kind::Number,
        "bool" => Kind::Bool,
        "date" => Kind::Date,
        "datetime" => Kind::DateTime,
        "enumeration" => enumeration(field_type, property),
        _ => Kind::Other,
    }
}

/// Options that are kept elsewhere (owners, users) are not, or not all, in the definition: then any is taken.
fn enumeration(field_type: &str, property: &Value) -> Kind {
    let listed = property["options"].as_array().map(Vec::as_slice).unwrap_or_default();
    let options: Vec<String> = match property["externalOptions"] {
        Value::Bool(true) => Vec::new(),
        _ => listed.iter().filter_map(|option| text(option, "value")).map(str::to_owned).collect(),
    };
    match field_type {
        "checkbox" => Kind::Choices(options),
        "booleancheckbox" if options.iter().all(|option| option == "true" || option == "false") => Kind::Bool,
        _ => Kind::Choice(options),
    }
}
