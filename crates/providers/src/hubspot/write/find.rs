//! Looking for records by a value (HubSpot facts 2 and 3.4).

use super::values;
use crate::hubspot::errors;
use crate::hubspot::kind::Kind;
use crate::hubspot::read;
use crate::hubspot::record::text_or_number;
use crate::hubspot::search::PAGE;
use crate::load::At;
use crate::objects::list;
use crate::wire::{Call, Cost, Fault, Reply};
use http::{Method, StatusCode};
use serde_json::{Value as Json, json};
use syncline_core::sync::{Kind as Holds, Schema};

/// How many values one search looks for. The body may have 3,000 characters (facts 2): so many addresses of the longest kind, of
/// 254 characters, fit into it whatever they are.
pub const BATCH: usize = 10;

/// Searches for records with one of these values. `IN` wants them in lower case, except for choices (facts 3.4).
pub fn call(at: &At<'_>, kind: &Kind, schema: &Schema, field: &str, values: &[String]) -> Call {
    let is_choice = matches!(values::kind(schema, field), Some(Holds::Choice(_) | Holds::Choices(_)));
    let value = |value: &String| if is_choice { value.clone() } else { value.to_lowercase() };
    let values: Vec<String> = values.iter().map(value).collect();
    let body = json!({
        "filterGroups": [{ "filters": [{ "propertyName": field, "operator": "IN", "values": values }] }],
        "properties": [field],
        "limit": PAGE,
    });
    Call::json(Method::POST, format!("{}/search", read::objects(at, kind)), &body)
        .authorized("Bearer", at.token)
        .costing(Cost::Search)
        .repeatable()
}

/// Who has which of the values.
///
/// # Errors
/// [`Fault`]; [`Fault::Rejected`] when so many have several values that not all of them are on the page: then each value has to be
/// looked for by itself.
pub fn found(
    at: &At<'_>,
    field: &str,
    values: &[String],
    reply: &Reply<'_>,
) -> Result<Vec<(String, String)>, Fault> {
    if reply.status != StatusCode::OK {
        return Err(errors::fault(reply).without(at.token));
    }
    let body = reply.json().ok_or(Fault::Unreadable("not JSON"))?;
    let lower: Vec<String> = values.iter().map(|value| value.to_lowercase()).collect();
    let mut found = Vec::new();
    for record in list(&body, "results")? {
        let id = text_or_number(&record["id"]).ok_or(Fault::Unreadable("a record without an id"))?;
        let held = record["properties"][field].as_str().unwrap_or_default().to_lowercase();
        let same = values.iter().zip(&lower).filter(|(_, lower)| **lower == held);
        found.extend(same.map(|(value, _)| (value.clone(), id.clone())));
    }
    if has_more(&body) && values.len() > 1 {
        return Err(Fault::Rejected("more records have these values than one page shows".to_owned()));
    }
    Ok(found)
}

fn has_more(body: &Json) -> bool {
    text_or_number(&body["paging"]["next"]["after"]).is_some()
}
