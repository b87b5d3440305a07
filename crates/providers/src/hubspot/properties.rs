//! Properties that have to be there: what is missing, what is there in another form, and the calls that make them
//! (HubSpot facts 4).

use super::read::segment;
use super::setup::{Todo, refused};
use super::{VERSION, errors};
use crate::load::At;
use crate::setup::{Form, Kind, Planned, Property, Step};
use crate::wire::{Call, Fault, Reply};
use http::{Method, StatusCode};
use serde_json::{Value, json};

fn url(at: &At<'_>, object_type: &str, rest: &str) -> String {
    format!("{}/crm/properties/{VERSION}/{}{rest}", at.hosts.api, segment(object_type))
}

/// Asks for all properties of a type.
pub fn list(at: &At<'_>, object_type: &str) -> Call {
    Call::get(url(at, object_type, "")).authorized("Bearer", at.token)
}

/// Asks for its groups.
pub fn groups(at: &At<'_>, object_type: &str) -> Call {
    Call::get(url(at, object_type, "/groups")).authorized("Bearer", at.token)
}

/// Makes a property. One that was archived comes back by this, with what is said here.
pub fn make(at: &At<'_>, property: &Property) -> Step {
    let body = json!({
        "name": property.name, "label": property.label, "description": property.description,
        "groupName": property.group, "type": "string", "fieldType": field_type(property.form),
    });
    let call = Call::json(Method::POST, url(at, &property.object_type, ""), &body);
    let what = format!("Create the property {} of {}", property.name, property.object_type);
    Step::Change { call: call.authorized("Bearer", at.token), what: Planned { kind: Kind::Create, what } }
}

/// Makes the group of a property.
pub fn make_group(at: &At<'_>, property: &Property) -> Step {
    let body = json!({ "name": property.group, "label": property.group_label });
    let call = Call::json(Method::POST, url(at, &property.object_type, "/groups"), &body);
    let what = format!("Create the group {} for properties of {}", property.group, property.object_type);
    Step::Change { call: call.authorized("Bearer", at.token), what: Planned { kind: Kind::Create, what } }
}

fn field_type(form: Form) -> &'static str {
    match form {
        Form::Text => "text",
        Form::Lines => "textarea",
    }
}

/// What has to be done for these properties to be there.
///
/// # Errors
/// [`Fault`].
pub fn plan(object_type: &str, wanted: &[Property], reply: &Reply<'_>) -> Result<Vec<Todo>, Fault> {
    let existing = results(reply)?;
    let mut todo: Vec<Todo> = wanted.iter().map(|property| plan_one(property, &existing)).collect();
    if let Some(first) = todo.iter().position(|todo| matches!(todo, Todo::Make(_))) {
        todo.insert(first, Todo::Groups(object_type.to_owned()));
    }
    Ok(todo)
}

fn plan_one(property: &Property, existing: &[Value]) -> Todo {
    let Property { name, object_type, .. } = property;
    if !is_name(name) {
        return Todo::Say(refused(format!("`{name}` cannot be the name of a property.")));
    }
    let named = |one: &&Value| one["name"] == **name && one["archived"] != true;
    let Some(found) = existing.iter().find(named) else { return Todo::Make(property.clone()) };
    let kind = found["type"].as_str().unwrap_or_default();
    if kind != "string" {
        return Todo::Say(refused(format!(
            "The property {name} of {object_type} is there with the type `{kind}`, and has to be a text: rename or archive \
             it at HubSpot."
        )));
    }
    if found["modificationMetadata"]["readOnlyValue"] == true || found["calculated"] == true {
        return Todo::Say(refused(format!(
            "The property {name} of {object_type} is there, and nobody may write it: rename or archive it at HubSpot."
        )));
    }
    let what = format!("The property {name} of {object_type} is there");
    Todo::Say(Planned { kind: Kind::Unchanged, what })
}

/// Names that are known to be good; the server's own rule is not (facts 4).
fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// What has to be done for these properties to have their groups, each once.
///
/// # Errors
/// [`Fault`].
pub fn plan_groups(missing: &[Property], reply: &Reply<'_>) -> Result<Vec<Todo>, Fault> {
    let existing = results(reply)?;
    let mut make: Vec<&Property> = Vec::new();
    for property in missing {
        let is_there =
            existing.iter().any(|group| group["name"] == *property.group && group["archived"] != true);
        if !is_there && !make.iter().any(|known| known.group == property.group) {
            make.push(property);
        }
    }
    Ok(make.into_iter().map(|property| Todo::MakeGroup(property.clone())).collect())
}

/// # Errors
/// [`Fault`].
fn results(reply: &Reply<'_>) -> Result<Vec<Value>, Fault> {
    if reply.status != StatusCode::OK {
        return Err(errors::fault(reply));
    }
    let body = reply.json().ok_or(Fault::Unreadable("not JSON"))?;
    body["results"].as_array().cloned().ok_or(Fault::Unreadable("a list without results"))
}

/// Reads the answer to making a property.
///
/// # Errors
/// [`Fault`].
pub fn made(reply: &Reply<'_>) -> Result<(), Fault> {
    if reply.status == StatusCode::CREATED { Ok(()) } else { Err(errors::fault(reply)) }
}

/// Reads the answer to making a group; if it is there by now, so much the better.
///
/// # Errors
/// [`Fault`].
pub fn group_made(reply: &Reply<'_>) -> Result<(), Fault> {
    if reply.status == StatusCode::CONFLICT { Ok(()) } else { made(reply) }
}
