//! The bodies of writes.

use super::upsert;
use crate::airtable::call::{flag, given};
use crate::airtable::problem::Problem;
use crate::airtable::settings::Settings;
use serde_json::{Map, Value};

/// A record to write.
#[derive(Debug)]
pub(super) struct Input {
    pub(super) id: Option<String>,
    pub(super) fields: Map<String, Value>,
}

/// A body.
#[derive(Debug)]
pub(super) struct Body {
    pub(super) records: Vec<Input>,
    /// Whether it was one record without a list.
    pub(super) single: bool,
    pub(super) typecast: bool,
    pub(super) by_id: bool,
    /// The fields to merge on.
    pub(super) merge_on: Option<Vec<String>>,
}

/// Reads `{"fields":…}` or `{"records":[…]}`.
///
/// # Errors
/// What is wrong with it.
pub(super) fn read(body: &Map<String, Value>, settings: &Settings) -> Result<Body, Problem> {
    let (records, single) = match (given(body, "records"), given(body, "fields")) {
        (Some(records), _) => (several(records, settings)?, false),
        (None, Some(_)) => (vec![one(body)?], true),
        (None, None) => return Err(Problem::missing("fields")),
    };
    Ok(Body {
        records,
        single,
        typecast: flag(body, "typecast")?,
        by_id: flag(body, "returnFieldsByFieldId")?,
        merge_on: upsert::merge_on(body)?,
    })
}

fn several(records: &Value, settings: &Settings) -> Result<Vec<Input>, Problem> {
    let records = records.as_array().ok_or_else(|| Problem::invalid_request("records must be a list"))?;
    if records.is_empty() {
        return Err(Problem::invalid_request("records must not be empty"));
    }
    too_many(records.len(), settings)?;
    let object = |record: &Value| match record.as_object() {
        Some(record) => one(record),
        None => Err(Problem::invalid_request("Every record must be an object with fields")),
    };
    records.iter().map(object).collect()
}

/// Refuses more records than one request may write.
pub(super) fn too_many(many: usize, settings: &Settings) -> Result<(), Problem> {
    let most = settings.records.batch;
    if many <= most {
        return Ok(());
    }
    let message = format!("At most {most} records can be written in one request, not {many}");
    Err(Problem::worded(&settings.errors.too_many_records, message))
}

fn one(record: &Map<String, Value>) -> Result<Input, Problem> {
    let fields = given(record, "fields").ok_or_else(|| Problem::missing("fields"))?;
    let fields = fields.as_object().ok_or_else(|| Problem::invalid_request("fields must be an object"))?;
    let id = match given(record, "id") {
        None => None,
        Some(id) => {
            Some(id.as_str().ok_or_else(|| Problem::invalid_request("id must be a text"))?.to_owned())
        }
    };
    Ok(Input { id, fields: fields.clone() })
}
