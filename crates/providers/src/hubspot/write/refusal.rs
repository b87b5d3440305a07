//! Which values HubSpot would not take, and why, in words that fit a sync status (HubSpot facts 3.5).

use crate::wire::words;
use crate::write::failure::{reason, refused};
use serde_json::Value as Json;
use syncline_core::sync::{Fields, Outcome, Refusal, Value};

/// What stands before a list in JSON, within the text of the message.
const NESTED: &str = "Property values were not valid: ";

/// The outcome of a record of which an error says that its values are not valid.
pub fn invalid(error: &Json, sent: &Fields) -> Outcome {
    let mut refusals: Vec<Refusal> = Vec::new();
    for Said { field, code, message } in said(error) {
        if !refusals.iter().any(|known| known.field == field) {
            let value = sent.get(&field).cloned().unwrap_or_default();
            let reason = why(&code, &message, &value);
            refusals.push(Refusal { field, value, reason });
        }
    }
    if refusals.is_empty() {
        let message = error["message"].as_str().unwrap_or("HubSpot refuses the values");
        return refused(words(message));
    }
    Outcome::Refused(refusals)
}

/// The outcome of a change to a value that only one record may have and another has: of a contact that is its address.
pub fn taken(error: &Json, sent: &Fields, by: Option<&str>) -> Outcome {
    let message = error["message"].as_str().unwrap_or("another record has this value");
    let named = said(error).into_iter().map(|said| said.field).find(|field| sent.contains_key(field));
    let address = || sent.contains_key("email").then(|| "email".to_owned());
    let Some(field) = named.or_else(address) else { return refused(words(message)) };
    let value = sent.get(&field).cloned().unwrap_or_default();
    let what = if field == "email" { "Email" } else { "Value" };
    let reason = match by {
        Some(id) => format!("{} belongs to {id}", reason(what, &value)),
        None => format!("{} belongs to another record", reason(what, &value)),
    };
    Outcome::Refused(vec![Refusal { field, value, reason }])
}

/// What an error says of one property.
#[derive(Debug)]
struct Said {
    field: String,
    code: String,
    message: String,
}

/// Everything it says of properties, in each of the places where that may stand. In a batch the list within the message may be
/// longer than `errors`.
fn said(error: &Json) -> Vec<Said> {
    let nested = nested(error["message"].as_str().unwrap_or_default());
    let list = |list: &Json| list.as_array().cloned().unwrap_or_default();
    let older = list(&error["validationResults"]);
    let results = nested.iter().chain(&older).filter(|one| one["isValid"] != true);
    let mut all: Vec<Said> = results.flat_map(|one| each(&one["name"], &one["error"], one)).collect();
    for one in &list(&error["errors"]) {
        let context = &one["context"];
        for names in [&context["propertyName"], &context["properties"], &one["in"]] {
            all.extend(each(names, &one["code"], one));
        }
    }
    all.extend(each(&error["context"]["propertyName"], &error["subCategory"], error));
    all
}

/// One name or several.
fn each(names: &Json, code: &Json, one: &Json) -> Vec<Said> {
    let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
    let names = names.as_array().map_or_else(|| vec![names.clone()], Clone::clone);
    let names = names.iter().filter_map(Json::as_str).filter(|name| !name.is_empty());
    names
        .map(|name| Said { field: name.to_owned(), code: text(code), message: text(&one["message"]) })
        .collect()
}

fn nested(message: &str) -> Vec<Json> {
    let Some((_, list)) = message.split_once(NESTED) else { return Vec::new() };
    let mut values = serde_json::Deserializer::from_str(list).into_iter::<Vec<Json>>();
    values.next().and_then(Result::ok).unwrap_or_default()
}

/// In words of our own where the code is known, so that one mistake is one reason whatever else HubSpot says with it.
fn why(code: &str, message: &str, value: &Value) -> String {
    let what = match code {
        "INVALID_EMAIL" => "Invalid email",
        "INVALID_OPTION" => "Invalid option",
        "INVALID_DATE" => "Invalid date",
        "INVALID_LONG" | "INVALID_INTEGER" => "Invalid number",
        "INVALID_DOMAIN" => "Invalid domain",
        "INVALID_ALPHA" => "Invalid characters",
        "CONTAINS_URL" => "No web address allowed",
        "PROPERTY_DOESNT_EXIST" => return "No such property".to_owned(),
        "READ_ONLY_VALUE" => return "Read-only property".to_owned(),
        _ if message.trim().is_empty() => "Not valid",
        _ => return words(message),
    };
    reason(what, value)
}
