//! The v3 endpoints that clients still use: associations by name, `contact_to_company` (HubSpot facts 3.2, 5).

use super::api::{by, identifier, types};
use super::batch::{id_of, none_found};
use super::edit::link;
use super::{End, Kind, kinds, listed};
use crate::house::json;
use crate::hubspot::Hubspot;
use crate::hubspot::access::Caller;
use crate::hubspot::error::ApiError;
use crate::hubspot::properties::batch::answer;
use crate::hubspot::properties::input::text;
use crate::hubspot::properties::requests::{At, inputs, not_set, object};
use crate::hubspot::state::Portal;
use crate::hubspot::types::TypeId;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use http::StatusCode;
use serde_json::{Value, json as value};
use std::sync::Arc;

/// The most inputs of a batch.
const MOST: usize = 1_000;

/// `/crm/v3/associations/{from}/{to}/batch/…` and a record's list.
pub(super) fn router() -> Router<Arc<Hubspot>> {
    Router::new()
        .route("/crm/v3/objects/{from}/{id}/associations/{to}", get(list))
        .route("/crm/v3/associations/{from}/{to}/batch/create", post(create))
        .route("/crm/v3/associations/{from}/{to}/batch/read", post(read))
}

/// The kind a name means: a number, `contact_to_company` (the primary one, where there is one), or the plain one.
fn named(portal: &Portal, from: TypeId, to: TypeId, name: &str) -> Result<Kind, ApiError> {
    let all = kinds::all(portal, from, to);
    let spoken = kinds::name(portal, from, to);
    let found = match name.parse::<u64>() {
        Ok(id) => all.iter().find(|kind| kind.type_id == id),
        Err(_) if name == spoken => all.first(),
        Err(_) if name == format!("{spoken}_unlabeled") => {
            all.iter().find(|kind| kind.type_id == kinds::plain(from, to))
        }
        Err(_) => None,
    };
    let unknown =
        || ApiError::validation(format!("Association type {name} is not valid from {from} to {to}"));
    let found = found.ok_or_else(unknown)?;
    Ok(Kind { category: found.category.to_owned(), type_id: found.type_id })
}

fn rows(portal: &Portal, from: End, to: TypeId) -> Vec<Value> {
    let rows = listed(portal, from, to).into_iter().flat_map(|(id, names)| {
        names.into_iter().map(move |name| value!({"id": id.to_string(), "type": name}))
    });
    rows.collect()
}

async fn list(State(hubspot): State<Arc<Hubspot>>, caller: Caller, at: At) -> Result<Response, ApiError> {
    hubspot.read(caller.portal, |portal| {
        let (from, to) = types(&hubspot, portal, &caller, &at, "read")?;
        let rows = rows(portal, (from, identifier(at.part("id"))?), to);
        Ok(json::answer(StatusCode::OK, &value!({ "results": rows })))
    })
}

async fn create(
    State(hubspot): State<Arc<Hubspot>>,
    caller: Caller,
    at: At,
    body: Bytes,
) -> Result<Response, ApiError> {
    let by = by(&hubspot, &caller);
    let body = object(&body)?;
    hubspot.write(caller.portal, |portal| {
        let (from, to) = types(&hubspot, portal, &caller, &at, "write")?;
        let (mut results, mut errors, mut changes) = (Vec::new(), Vec::new(), Vec::new());
        for input in inputs(&body, MOST)? {
            let mut made = || -> Result<Value, ApiError> {
                let ends = (identifier(&id_of(input, "from")?)?, identifier(&id_of(input, "to")?)?);
                let name = text(input, "type")?.ok_or_else(|| not_set(&["type"]))?;
                let kind = named(portal, from, to, &name)?;
                changes.extend(link(portal, (from, ends.0), (to, ends.1), &[kind], &by)?);
                Ok(value!({
                    "from": {"id": ends.0.to_string()}, "to": {"id": ends.1.to_string()}, "type": name,
                }))
            };
            match made() {
                Ok(row) => results.push(row),
                Err(error) => errors.push(error),
            }
        }
        Ok((answer(StatusCode::CREATED, by.at, &results, &errors), changes))
    })
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
        let (from, to) = types(&hubspot, portal, &caller, &at, "read")?;
        let (mut results, mut errors) = (Vec::new(), Vec::new());
        for input in inputs(&body, MOST)? {
            let id = text(input, "id")?.ok_or_else(|| not_set(&["id"])).and_then(|id| identifier(&id));
            match id {
                Ok(id) => match rows(portal, (from, id), to) {
                    rows if rows.is_empty() => errors.push(none_found(portal, from, id, to)),
                    rows => results.push(value!({"from": {"id": id.to_string()}, "to": rows})),
                },
                Err(error) => errors.push(error),
            }
        }
        Ok(answer(StatusCode::OK, now, &results, &errors))
    })
}
