//! Single records by their ids: the batch that reads them, and what its answer says of each (HubSpot facts 3.3 and 3.6).

use super::kind::Kind;
use super::record::Raw;
use super::{VERSION, errors};
use crate::load::{At, Found};
use crate::wire::{Call, Fault, Reply, words};
use http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashMap};
use syncline_core::record::Record;

/// How many records one batch may ask for (facts 3.1).
pub const BATCH: usize = 100;

/// A name as part of a path.
pub fn segment(name: &str) -> String {
    url::form_urlencoded::byte_serialize(name.as_bytes()).collect::<String>().replace('+', "%20")
}

/// Where the objects of this type are.
pub fn objects(at: &At<'_>, kind: &Kind) -> String {
    format!("{}/crm/objects/{VERSION}/{}", at.hosts.api, segment(&kind.object_type))
}

/// Asks for records, the archived ones or the others.
pub fn call(at: &At<'_>, kind: &Kind, properties: &[String], ids: &[String], archived: bool) -> Call {
    // Of ids given twice a batch update is refused (facts 3.3); a read is not made to find out.
    let ids: BTreeSet<&String> = ids.iter().collect();
    let inputs: Vec<Value> = ids.into_iter().map(|id| json!({ "id": id })).collect();
    let query = if archived { "?archived=true" } else { "" };
    let url = format!("{}/batch/read{query}", objects(at, kind));
    let body = json!({ "properties": properties, "inputs": inputs });
    Call::json(Method::POST, url, &body).authorized("Bearer", at.token).repeatable()
}

#[derive(Deserialize)]
struct Batch {
    results: Option<Vec<Raw>>,
    #[serde(default)]
    errors: Option<Vec<Value>>,
}

/// Reads the answer: what there is of every id asked for.
///
/// # Errors
/// [`Fault`]. An error that is about something else than missing records leaves open what became of those that are not
/// in the answer: then nothing is said of any.
pub fn found(kind: &Kind, ids: &[String], reply: &Reply<'_>) -> Result<Vec<Found>, Fault> {
    if ![StatusCode::OK, StatusCode::MULTI_STATUS].contains(&reply.status) {
        return Err(errors::fault(reply));
    }
    let batch: Batch = serde_json::from_slice(reply.body).map_err(|_| Fault::Unreadable("not a batch"))?;
    let results = batch.results.ok_or(Fault::Unreadable("a batch without results"))?;
    let records =
        results.into_iter().map(|raw| raw.into_record(kind)).collect::<Result<Vec<Record>, Fault>>()?;
    let mut by_id: HashMap<&str, &Record> = HashMap::new();
    for record in &records {
        for merged in &record.merged_ids {
            by_id.entry(merged).or_insert(record);
        }
    }
    by_id.extend(records.iter().map(|record| (record.id.as_str(), record)));
    let errors = Errors::of(&batch.errors.unwrap_or_default());
    ids.iter()
        .map(|id| match (by_id.get(id.as_str()), &errors.other) {
            (Some(record), _) => Ok(Found::Here(Box::new((*record).clone()))),
            (None, Some(message)) if !errors.missing.contains(id) => {
                Err(Fault::Transient { message: message.clone(), wait: None })
            }
            (None, _) => Ok(Found::Gone(id.clone())),
        })
        .collect()
}

/// What the answer says of those that are not in it.
struct Errors {
    /// Not there.
    missing: BTreeSet<String>,
    /// What else went wrong.
    other: Option<String>,
}

impl Errors {
    fn of(errors: &[Value]) -> Self {
        let (mut missing, mut other) = (BTreeSet::new(), None);
        for error in errors {
            if error["category"] == "OBJECT_NOT_FOUND" {
                let ids = error["context"]["ids"].as_array().into_iter().flatten();
                missing.extend(ids.filter_map(super::record::text_or_number));
            } else {
                let message =
                    error["message"].as_str().map_or_else(|| "part of a batch failed".to_owned(), words);
                other.get_or_insert(message);
            }
        }
        Self { missing, other }
    }
}
