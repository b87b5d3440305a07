//! Reading bases, tables and rows again by their ids (Airtable facts 4 and 5).

use super::record::{self, BASE, Base, ROW, TABLE, Table, is_id};
use super::{call, errors};
use crate::load::{At, Found};
use crate::objects::{self, list};
use crate::wire::{Call, Fault, Reply};
use serde_json::Value;
use syncline_core::record::Record;

/// So many rows come in one page, and a formula that names them all stays far below the longest URL.
pub const BATCH: usize = 100;

/// One row is asked for by its path; several by a formula, which takes one call instead of as many; tables and bases are only
/// to be had in lists.
pub fn call(at: &At<'_>, object_type: &str, collection: &str, ids: &[String]) -> Call {
    match object_type {
        ROW => {
            let Table { base, id: table, .. } = Table::at(collection);
            match ids {
                [one] => call::row(at, &base.id, &table, one),
                several => {
                    let query = [("pageSize", "100"), ("filterByFormula", &formula(several))];
                    call::rows(at, &base.id, &table, &query)
                }
            }
        }
        TABLE => call::tables(at, collection),
        _ => call::bases(at, &[]),
    }
}

/// True of the rows with these ids. What is no id stays out of it, and so is found nowhere.
fn formula(ids: &[String]) -> String {
    let ids = ids.iter().filter(|id| is_id(id));
    let tests: Vec<String> = ids.map(|id| format!("RECORD_ID()='{id}'")).collect();
    if tests.is_empty() { "FALSE()".to_owned() } else { format!("OR({})", tests.join(",")) }
}

/// What became of each.
pub fn found(
    at: &At<'_>,
    object_type: &str,
    collection: &str,
    ids: &[String],
    reply: &Reply<'_>,
) -> Result<Vec<Found>, Fault> {
    let answer = objects::success(reply, errors::fault, at.token);
    if let (ROW, [id]) = (object_type, ids) {
        return match answer {
            Ok(row) => Ok(vec![here(record::row(&Table::at(collection), &row)?)]),
            Err(Fault::Gone) => Ok(vec![Found::Gone(id.clone())]),
            Err(fault) => Err(fault),
        };
    }
    let body = answer?;
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        found.push(match one(object_type, collection, id, &body)? {
            Some(record) => here(record),
            None if body["offset"].is_null() => Found::Gone(id.clone()),
            // To be missing on the first of several pages is not to be gone.
            None => return Err(Fault::Unreadable("fewer records on the page than were asked for")),
        });
    }
    Ok(found)
}

fn here(record: Record) -> Found {
    Found::Here(Box::new(record))
}

fn one(object_type: &str, collection: &str, id: &str, body: &Value) -> Result<Option<Record>, Fault> {
    let with_id = |objects: &'_ [Value]| objects.iter().position(|object| object["id"] == id);
    match object_type {
        ROW => {
            let rows = list(body, "records")?;
            with_id(rows).map(|place| record::row(&Table::at(collection), &rows[place])).transpose()
        }
        TABLE => record::table_in(&Base { id: collection.to_owned(), name: String::new() }, body, id),
        BASE => {
            let bases = list(body, "bases")?;
            with_id(bases).map(|place| record::base(&bases[place]).map(|(record, _)| record)).transpose()
        }
        _ => Err(Fault::Unreadable("a type of object that Airtable does not have")),
    }
}
