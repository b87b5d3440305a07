//! Looking for pages by a value (Notion facts 4 to 6).

use super::property;
use crate::load::At;
use crate::notion::record::{PAGE, is_id};
use crate::notion::{call, errors};
use crate::objects::{self, segment, text};
use crate::wire::{Call, Fault, Reply};
use serde_json::{Value as Json, json};
use syncline_core::sync::Schema;

/// How many values one query looks for. How many conditions a filter may have is not known.
pub const BATCH: usize = 10;

/// Asks for the pages with one of these values; none for a property that cannot be compared with a text.
pub fn call(at: &At<'_>, source: &str, schema: &Schema, field: &str, values: &[String]) -> Option<Call> {
    let of = schema.types.get(field)?.as_str();
    let test = match of {
        "title" | "rich_text" | "url" | "email" | "phone_number" | "select" | "status" => "equals",
        "multi_select" => "contains",
        "number" => "equals",
        _ => return None,
    };
    let condition = |value: &String| {
        let number = property::number(value).filter(|_| of == "number");
        json!({ "property": field, of: { test: number.map_or_else(|| json!(value), Json::Number) } })
    };
    let filter = match values {
        [value] => condition(value),
        several => json!({ "or": several.iter().map(condition).collect::<Vec<Json>>() }),
    };
    let path = format!("data_sources/{}/query", segment(source));
    Some(call::listing(at, &path, json!({ "filter": filter }), None))
}

/// Who has which of the values.
///
/// # Errors
/// [`Fault`]; [`Fault::Rejected`] when the answer does not tell for each of several values who has it, because not all pages are in it
/// or some are by their ids alone: then each value has to be looked for by itself.
pub fn found(
    at: &At<'_>,
    field: &str,
    values: &[String],
    reply: &Reply<'_>,
) -> Result<Vec<(String, String)>, Fault> {
    let body = objects::success(reply, errors::fault, at.token)?;
    let listing = call::read(&body, None)?;
    let mut unclear = listing.next.is_some() || listing.cut;
    let mut found = Vec::new();
    for page in listing.results.iter().filter(|result| result["object"] == PAGE) {
        let id = text(page, "id").filter(|id| is_id(id)).ok_or(Fault::Unreadable("a page without an id"))?;
        let held = match (&page["properties"][field], values) {
            (Json::Null, [value]) => vec![value.clone()],
            (Json::Null, _) => {
                unclear = true;
                continue;
            }
            (property, _) => property::read(property).texts().to_vec(),
        };
        let held: Vec<String> = held.iter().map(|text| text.to_lowercase()).collect();
        let same = values.iter().filter(|value| held.contains(&value.to_lowercase()));
        found.extend(same.map(|value| (value.clone(), id.to_owned())));
    }
    if unclear && values.len() > 1 {
        return Err(Fault::Rejected("the answer does not tell for each value who has it".to_owned()));
    }
    Ok(found)
}
