//! Counts: how many records one is associated with, how many a search finds.

use super::property::{batch, errors_of, said, texts};
use crate::hubspot::read::segment;
use crate::hubspot::record::text_or_number;
use crate::hubspot::{VERSION, errors};
use crate::load::At;
use crate::wire::{Call, Cost, Fault, Reply};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Records whose associations one call may ask for (facts 5).
pub const ASSOCIATIONS: usize = 1_000;

/// What one answer says of a record's associations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Associated {
    /// How many are on this page.
    pub count: i64,
    /// Where the next page begins, where there is one.
    pub after: Option<String>,
}

/// Asks whom records are associated with, at most [`ASSOCIATIONS`]; each from its beginning, or from where its last page ended.
#[must_use]
pub fn associations(at: &At<'_>, (from, to): (&str, &str), records: &[(&str, Option<&str>)]) -> Call {
    let input = |(id, after): &(&str, Option<&str>)| match after {
        None => json!({ "id": id }),
        Some(after) => json!({ "id": id, "after": after }),
    };
    let inputs: Vec<Value> = records.iter().map(input).collect();
    let url =
        format!("{}/crm/associations/{VERSION}/{}/{}/batch/read", at.hosts.api, segment(from), segment(to));
    Call::json(Method::POST, url, &json!({ "inputs": inputs })).authorized("Bearer", at.token).repeatable()
}

/// What the answer says of each record, in their order; only associations of the type `of`, where one is named. One that HubSpot says has
/// none has none; one of which it says nothing is none.
///
/// # Errors
/// [`Fault`].
pub fn associated(
    records: &[(&str, Option<&str>)],
    of: Option<u32>,
    reply: &Reply<'_>,
) -> Result<Vec<Option<Associated>>, Fault> {
    let body = batch(reply)?;
    let rows = body["results"].as_array().ok_or(Fault::Unreadable("a batch without results"))?;
    let mut known: BTreeMap<String, Associated> = BTreeMap::new();
    for error in errors_of(&body) {
        if error["subCategory"] != "crm.associations.NO_ASSOCIATIONS_FOUND" {
            return Err(Fault::Transient { message: said(error), wait: None });
        }
        for id in texts(&error["context"]["fromObjectId"]) {
            known.insert(id, Associated { count: 0, after: None });
        }
    }
    for row in rows {
        let id = text_or_number(&row["from"]["id"]).ok_or(Fault::Unreadable("a record without an id"))?;
        let partners = row["to"].as_array().ok_or(Fault::Unreadable("a record without its partners"))?;
        let partners: BTreeSet<String> =
            partners.iter().filter(|one| is_of(one, of)).flat_map(|one| texts(&one["toObjectId"])).collect();
        let after = text_or_number(&row["paging"]["next"]["after"]);
        known.insert(id, Associated { count: i64::try_from(partners.len()).unwrap_or(i64::MAX), after });
    }
    Ok(records.iter().map(|(id, _)| known.get(*id).cloned()).collect())
}

fn is_of(partner: &Value, of: Option<u32>) -> bool {
    let Some(of) = of else { return true };
    partner["associationTypes"].as_array().into_iter().flatten().any(|one| one["typeId"] == of)
}

/// Asks how many records a search finds.
#[must_use]
pub fn search(at: &At<'_>, object_type: &str, filter_groups: &Value) -> Call {
    let url = format!("{}/crm/objects/{VERSION}/{}/search", at.hosts.api, segment(object_type));
    let body = json!({ "filterGroups": filter_groups, "properties": ["hs_object_id"], "limit": 1 });
    Call::json(Method::POST, url, &body).authorized("Bearer", at.token).costing(Cost::Search).repeatable()
}

/// How many it found.
///
/// # Errors
/// [`Fault`].
pub fn total(reply: &Reply<'_>) -> Result<i64, Fault> {
    if reply.status != StatusCode::OK {
        return Err(errors::fault(reply));
    }
    let body = reply.json().ok_or(Fault::Unreadable("not JSON"))?;
    body["total"].as_i64().ok_or(Fault::Unreadable("a search without a total"))
}
