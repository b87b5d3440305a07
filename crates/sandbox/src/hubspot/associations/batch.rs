//! Batches of associations (HubSpot facts 5). Each input stands for itself: what fails is told beside what does not.

use super::api::{by, identifier, kinds_in, made, made_default, page, types};
use super::edit::{link, unlink};
use super::{End, Kind};
use crate::house::json;
use crate::hubspot::Hubspot;
use crate::hubspot::access::Caller;
use crate::hubspot::change::Change;
use crate::hubspot::error::ApiError;
use crate::hubspot::objects::By;
use crate::hubspot::properties::batch::answer;
use crate::hubspot::properties::requests::{At, inputs, mistyped, not_set, object};
use crate::hubspot::state::Portal;
use crate::hubspot::types::TypeId;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{MethodRouter, post};
use http::StatusCode;
use serde_json::{Map, Value, json as value};
use std::sync::Arc;

const MOST_WRITTEN: usize = 2_000;
const MOST_READ: usize = 1_000;
/// Of one record, as many partners as a list shows at once.
const LARGEST_PAGE: usize = 500;

/// Each path's end and what it does.
pub(super) fn routes() -> [(&'static str, MethodRouter<Arc<Hubspot>>); 5] {
    [
        ("/batch/create", post(create)),
        ("/batch/associate/default", post(associate)),
        ("/batch/read", post(read)),
        ("/batch/archive", post(archive)),
        ("/batch/labels/archive", post(archive_labels)),
    ]
}

type Input = Map<String, Value>;

/// `{id}` under this name, as it was written.
pub(super) fn id_of(input: &Input, name: &str) -> Result<String, ApiError> {
    let end = input.get(name).ok_or_else(|| not_set(&[name]))?;
    written_id(end)
}

fn written_id(end: &Value) -> Result<String, ApiError> {
    match end.get("id") {
        Some(Value::String(id)) => Ok(id.clone()),
        Some(Value::Number(id)) => Ok(id.to_string()),
        None | Some(Value::Null) => Err(not_set(&["id"])),
        Some(other) => Err(mistyped("java.lang.String", other)),
    }
}

fn ends(input: &Input, (from, to): (TypeId, TypeId)) -> Result<(End, End), ApiError> {
    let (one, other) = (id_of(input, "from")?, id_of(input, "to")?);
    let named = |error: ApiError, id: &str| {
        error.context(value!({
            "id": [id], "fromObjectType": [from.to_string()], "toObjectType": [to.to_string()],
        }))
    };
    let one = identifier(&one).map_err(|error| named(error, &one))?;
    let other = identifier(&other).map_err(|error| named(error, &other))?;
    Ok(((from, one), (to, other)))
}

fn kinds(input: &Input) -> Result<Vec<Kind>, ApiError> {
    kinds_in(input.get("types").ok_or_else(|| not_set(&["types"]))?)
}

/// What one input comes to: rows for the answer, and what changed.
type Done = (Vec<Value>, Vec<Change>);

/// Does what each input asks for. An input that cannot even be read refuses the batch before anything is done.
async fn each(
    (hubspot, caller, at, body): (Arc<Hubspot>, Caller, At, Bytes),
    good: StatusCode,
    act: impl Fn(&mut Portal, (TypeId, TypeId), &Input, &By) -> Result<Done, ApiError>,
) -> Result<Response, ApiError> {
    let by = by(&hubspot, &caller);
    let body = object(&body)?;
    hubspot.write(caller.portal, |portal| {
        let types = types(&hubspot, portal, &caller, &at, "write")?;
        let (mut results, mut errors, mut changes) = (Vec::new(), Vec::new(), Vec::new());
        for input in inputs(&body, MOST_WRITTEN)? {
            match act(portal, types, input, &by) {
                Ok((rows, changed)) => {
                    results.extend(rows);
                    changes.extend(changed);
                }
                Err(error) => errors.push(error),
            }
        }
        let answer = if good == StatusCode::NO_CONTENT && errors.is_empty() {
            json::empty(good)
        } else {
            answer(good, by.at, &results, &errors)
        };
        Ok((answer, changes))
    })
}

async fn create(
    State(hubspot): State<Arc<Hubspot>>,
    caller: Caller,
    at: At,
    body: Bytes,
) -> Result<Response, ApiError> {
    each((hubspot, caller, at, body), StatusCode::CREATED, |portal, types, input, by| {
        let (from, to) = ends(input, types)?;
        let changes = link(portal, from, to, &kinds(input)?, by)?;
        Ok((vec![made(portal, from, to)], changes))
    })
    .await
}

async fn associate(
    State(hubspot): State<Arc<Hubspot>>,
    caller: Caller,
    at: At,
    body: Bytes,
) -> Result<Response, ApiError> {
    each((hubspot, caller, at, body), StatusCode::OK, |portal, types, input, by| {
        let (from, to) = ends(input, types)?;
        let changes = link(portal, from, to, &[], by)?;
        Ok((made_default(from, to).to_vec(), changes))
    })
    .await
}

async fn archive(
    State(hubspot): State<Arc<Hubspot>>,
    caller: Caller,
    at: At,
    body: Bytes,
) -> Result<Response, ApiError> {
    each((hubspot, caller, at, body), StatusCode::NO_CONTENT, |portal, types, input, by| {
        let from = (types.0, identifier(&id_of(input, "from")?)?);
        // One record, or several.
        let partners = match input.get("to") {
            Some(Value::Array(list)) => list.iter().collect(),
            Some(one) => vec![one],
            None => return Err(not_set(&["to"])),
        };
        let partners = partners.into_iter().map(|partner| identifier(&written_id(partner)?));
        let mut changes = Vec::new();
        for id in partners.collect::<Result<Vec<_>, _>>()? {
            changes.extend(unlink(portal, from, (types.1, id), None, by)?);
        }
        Ok((Vec::new(), changes))
    })
    .await
}

async fn archive_labels(
    State(hubspot): State<Arc<Hubspot>>,
    caller: Caller,
    at: At,
    body: Bytes,
) -> Result<Response, ApiError> {
    each((hubspot, caller, at, body), StatusCode::NO_CONTENT, |portal, types, input, by| {
        let (from, to) = ends(input, types)?;
        let changes = unlink(portal, from, to, Some(&kinds(input)?), by)?;
        Ok((Vec::new(), changes))
    })
    .await
}

async fn read(
    State(hubspot): State<Arc<Hubspot>>,
    caller: Caller,
    at: At,
    body: Bytes,
) -> Result<Response, ApiError> {
    let now = hubspot.house.now();
    let body = object(&body)?;
    hubspot.read(caller.portal, |portal| {
        let types = types(&hubspot, portal, &caller, &at, "read")?;
        let (mut results, mut errors) = (Vec::new(), Vec::new());
        for input in inputs(&body, MOST_READ)? {
            match read_one(portal, types, input) {
                Ok(row) => results.push(row),
                Err(error) => errors.push(error),
            }
        }
        Ok(answer(StatusCode::OK, now, &results, &errors))
    })
}

fn read_one(portal: &Portal, (from, to): (TypeId, TypeId), input: &Input) -> Result<Value, ApiError> {
    let id = identifier(&written_id(&Value::Object(input.clone()))?)?;
    let first = input.get("after").and_then(Value::as_str).map_or(Ok(0), identifier)?;
    let (rows, next) = page(portal, (from, id), to, first, LARGEST_PAGE);
    if rows.is_empty() {
        return Err(none_found(portal, from, id, to));
    }
    let mut row = value!({ "from": {"id": id.to_string()}, "to": rows });
    if let (Some(next), Some(row)) = (next, row.as_object_mut()) {
        row.insert("paging".to_owned(), value!({"next": {"after": next.to_string()}}));
    }
    Ok(row)
}

/// What a 207 says of a record without associations.
pub(super) fn none_found(portal: &Portal, from: TypeId, id: u64, to: TypeId) -> ApiError {
    let (one, other) = (portal.type_label(from).to_lowercase(), portal.type_label(to).to_lowercase());
    let message = format!("No {other} is associated with {one} {id}.");
    ApiError::new(StatusCode::NOT_FOUND, "OBJECT_NOT_FOUND", message)
        .sub("crm.associations.NO_ASSOCIATIONS_FOUND")
        .context(value!({
            "fromObjectId": [id.to_string()], "fromObjectType": [one], "toObjectType": [other],
        }))
}
