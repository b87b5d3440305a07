//! One property of many records, read and written.

use crate::hubspot::read::segment;
use crate::hubspot::record::text_or_number;
use crate::hubspot::{VERSION, errors};
use crate::load::At;
use crate::wire::{Call, Fault, Reply, words};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Records in one call (facts 3.1).
pub const BATCH: usize = 100;

/// The other ids of a record that was merged.
const MERGED: &str = "hs_merged_object_ids";

/// Where a counter shows.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The type of the records.
    pub object_type: &'a str,
    /// The property.
    pub property: &'a str,
    /// The unique property that keys are values of; none: keys are ids.
    pub key: Option<&'a str>,
}

/// What a record shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The record's id.
    pub id: String,
    /// The property's value as text; none: empty.
    pub text: Option<String>,
}

fn url(at: &At<'_>, place: Place<'_>, action: &str) -> String {
    format!("{}/crm/objects/{VERSION}/{}/batch/{action}", at.hosts.api, segment(place.object_type))
}

/// Asks what records show, at most [`BATCH`].
#[must_use]
pub fn read(at: &At<'_>, place: Place<'_>, keys: &[&str]) -> Call {
    let keys: BTreeSet<&&str> = keys.iter().collect();
    let inputs: Vec<Value> = keys.into_iter().map(|key| json!({ "id": key })).collect();
    let mut body = json!({ "properties": [place.property, MERGED], "inputs": inputs });
    if let Some(key) = place.key {
        body["properties"] = json!([place.property, key]);
        body["idProperty"] = key.into();
    }
    Call::json(Method::POST, url(at, place, "read"), &body).authorized("Bearer", at.token).repeatable()
}

/// What the answer says of each key, in their order; none: there is no such record.
///
/// # Errors
/// [`Fault`]; where the answer leaves open what became of one, nothing is said of any.
pub fn shown(place: Place<'_>, keys: &[&str], reply: &Reply<'_>) -> Result<Vec<Option<Shown>>, Fault> {
    let body = batch(reply)?;
    let rows = body["results"].as_array().ok_or(Fault::Unreadable("a batch without results"))?;
    let mut by_key: BTreeMap<String, Shown> = BTreeMap::new();
    let mut merged: BTreeMap<String, Shown> = BTreeMap::new();
    for row in rows {
        let id = text_or_number(&row["id"]).ok_or(Fault::Unreadable("a record without an id"))?;
        let text = row["properties"][place.property].as_str().map(str::to_owned);
        let shown = Shown { id: id.clone(), text };
        let ids = row["properties"][MERGED].as_str().unwrap_or_default();
        for before in ids.split(';').map(str::trim).filter(|id| !id.is_empty()) {
            merged.insert(before.to_owned(), shown.clone());
        }
        let key = match place.key {
            None => Some(id),
            Some(name) => row["properties"][name].as_str().map(str::to_lowercase),
        };
        if let Some(key) = key {
            by_key.insert(key, shown);
        }
    }
    let other = errors_of(&body).find(|error| error["category"] != "OBJECT_NOT_FOUND");
    let one = |key: &&str| {
        // Matching a unique property does not tell capitals apart (facts 3.4).
        let found = by_key.get(*key).or_else(|| by_key.get(&key.to_lowercase())).or_else(|| merged.get(*key));
        match (found, other) {
            (Some(shown), _) => Ok(Some(shown.clone())),
            (None, Some(error)) => Err(Fault::Transient { message: said(error), wait: None }),
            (None, None) => Ok(None),
        }
    };
    keys.iter().map(one).collect()
}

/// Writes values, at most [`BATCH`]. Writing one twice is writing it once.
#[must_use]
pub fn write(at: &At<'_>, place: Place<'_>, values: &[(&str, i64)]) -> Call {
    let input = |(key, value): &(&str, i64)| {
        let mut input = json!({ "id": key, "properties": { place.property: value.to_string() } });
        if let Some(name) = place.key {
            input["idProperty"] = name.into();
        }
        input
    };
    let inputs: Vec<Value> = values.iter().map(input).collect();
    let body = json!({ "inputs": inputs });
    // Not repeated by whoever sends it: a value may be overtaken meanwhile.
    Call::json(Method::POST, url(at, place, "update"), &body).authorized("Bearer", at.token)
}

/// What became of a value that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// The record shows it.
    Done,
    /// There is no such record.
    NoRecord,
    /// It was refused; HubSpot's words.
    Refused(String),
    /// The answer does not say.
    Unknown,
}

/// What the answer says of each, in their order. A record is told apart by what it shows: with keys that are no ids, a value that stands in the
/// answer as often as it was written is that of all that were.
///
/// # Errors
/// [`Fault`]; [`Fault::Rejected`] when the batch was refused as a whole, be it for one of them: nothing was written then.
pub fn written(place: Place<'_>, values: &[(&str, i64)], reply: &Reply<'_>) -> Result<Vec<Written>, Fault> {
    let body = batch(reply)?;
    let rows = body["results"].as_array().ok_or(Fault::Unreadable("a batch without results"))?;
    let name = |row: &Value| match place.key {
        None => text_or_number(&row["id"]),
        Some(name) => row["properties"][name].as_str().map(str::to_lowercase),
    };
    let done: BTreeSet<String> = rows.iter().filter_map(name).collect();
    let mut failed: BTreeMap<String, Written> = BTreeMap::new();
    let mut unplaced = Vec::new();
    for error in errors_of(&body) {
        let became = match error["category"].as_str() {
            Some("OBJECT_NOT_FOUND") => Written::NoRecord,
            Some(category) if passes(category) => Written::Unknown,
            _ => Written::Refused(said(error)),
        };
        let context = &error["context"];
        let named: Vec<String> = [&context["ids"], &context["id"]].into_iter().flat_map(texts).collect();
        if named.is_empty() {
            unplaced.push(became.clone());
        }
        failed.extend(named.into_iter().map(|key| (key.to_lowercase(), became.clone())));
    }
    let missing = rows.len() + failed.len() < values.len();
    let one = |(key, _): &(&str, i64)| {
        let key = key.to_lowercase();
        match failed.get(&key) {
            Some(became) => became.clone(),
            None if done.contains(&key) || !missing && unplaced.is_empty() => Written::Done,
            None => match (&unplaced[..], values.len()) {
                ([became], 1) => became.clone(),
                _ => Written::Unknown,
            },
        }
    };
    Ok(values.iter().map(one).collect())
}

pub(super) fn batch(reply: &Reply<'_>) -> Result<Value, Fault> {
    if ![StatusCode::OK, StatusCode::CREATED, StatusCode::MULTI_STATUS].contains(&reply.status) {
        return Err(errors::fault(reply));
    }
    reply.json().ok_or(Fault::Unreadable("not a batch"))
}

pub(super) fn errors_of(body: &Value) -> impl Iterator<Item = &Value> {
    body["errors"].as_array().into_iter().flatten()
}

pub(super) fn said(error: &Value) -> String {
    error["message"].as_str().map_or_else(|| "part of a batch failed".to_owned(), words)
}

/// Whether an error of this category is one of the server's, and no word on the values.
fn passes(category: &str) -> bool {
    ["RATE_LIMIT", "INTERNAL", "TIMEOUT", "UNAVAILABLE", "LOCK"].iter().any(|word| category.contains(word))
}

/// One text or number, or a list of them.
pub(super) fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(values) => values.iter().filter_map(text_or_number).collect(),
        one => text_or_number(one).into_iter().collect(),
    }
}
