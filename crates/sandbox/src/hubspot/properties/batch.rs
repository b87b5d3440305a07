//! Batches of definitions (HubSpot facts 4). There is no batch update.

use super::api::{author, enter, found, sensitivity, table};
use super::edit;
use super::input::{Input, flag, text};
use super::requests::{At, inputs, not_set, object};
use crate::house::clock::iso;
use crate::house::json;
use crate::hubspot::Hubspot;
use crate::hubspot::access::Caller;
use crate::hubspot::error::ApiError;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use serde_json::{Map, Value, json as value};
use std::sync::Arc;

/// A batch's answer: `good` when nothing failed, 207 with the errors otherwise (HubSpot facts 3.3).
pub(crate) fn answer(good: StatusCode, now: i64, results: &[Value], errors: &[ApiError]) -> Response {
    let mut body = value!({
        "status": "COMPLETE", "results": results, "startedAt": iso(now), "completedAt": iso(now),
    });
    let Some(fields) = body.as_object_mut().filter(|_| !errors.is_empty()) else {
        return json::answer(good, &body);
    };
    let rows: Vec<Map<String, Value>> = errors.iter().map(row).collect();
    fields.insert("numErrors".to_owned(), value!(rows.len()));
    fields.insert("errors".to_owned(), value!(rows));
    json::answer(StatusCode::MULTI_STATUS, &body)
}

/// An error of a 207 always has these.
fn row(error: &ApiError) -> Map<String, Value> {
    let mut row = error.body();
    row.entry("context").or_insert_with(|| value!({}));
    row.entry("errors").or_insert_with(|| value!([]));
    row.entry("links").or_insert_with(|| value!({}));
    row
}

pub(super) async fn create(
    State(hubspot): State<Arc<Hubspot>>,
    caller: Caller,
    at: At,
    body: Bytes,
) -> Result<Response, ApiError> {
    hubspot.write(caller.portal, |portal| {
        let id = enter(&hubspot, portal, &caller, &at, "write")?;
        let body = object(&body)?;
        let author = author(&hubspot, portal, &caller);
        // What cannot be read at all is refused as a whole, before anything is made.
        let inputs = inputs(&body, portal.properties.rules.max_batch)?;
        let inputs = inputs.into_iter().map(Input::read).collect::<Result<Vec<_>, _>>()?;
        let (mut results, mut errors) = (Vec::new(), Vec::new());
        for input in &inputs {
            match edit::create(portal, id, input, author) {
                Ok(made) => results.push(made.show(false)),
                Err(error) => errors.push(error),
            }
        }
        Ok((answer(StatusCode::CREATED, author.at, &results, &errors), Vec::new()))
    })
}

pub(super) async fn read(
    State(hubspot): State<Arc<Hubspot>>,
    caller: Caller,
    at: At,
    body: Bytes,
) -> Result<Response, ApiError> {
    let (now, most) = (hubspot.house.now(), hubspot.settings.get().properties.max_batch);
    hubspot.read(caller.portal, |portal| {
        let table = table(portal, enter(&hubspot, portal, &caller, &at, "read")?)?;
        let body = object(&body)?;
        let archived = flag(&body, "archived")?.unwrap_or(false);
        let level = sensitivity(text(&body, "dataSensitivity")?.as_deref())?;
        let (mut results, mut errors) = (Vec::new(), Vec::new());
        for name in names(&body, most)? {
            match found(table, &name, archived, level, now) {
                Some(definition) => results.push(definition.show(true)),
                None => errors.push(edit::not_found(&name)),
            }
        }
        Ok(answer(StatusCode::OK, now, &results, &errors))
    })
}

/// Archives what is there; what is not is no error. What may not be archived refuses the whole batch.
pub(super) async fn archive(
    State(hubspot): State<Arc<Hubspot>>,
    caller: Caller,
    at: At,
    body: Bytes,
) -> Result<Response, ApiError> {
    hubspot.write(caller.portal, |portal| {
        let id = enter(&hubspot, portal, &caller, &at, "write")?;
        let names = names(&object(&body)?, portal.properties.rules.max_batch)?;
        let author = author(&hubspot, portal, &caller);
        // Tried on a copy: a refusal leaves everything as it was.
        let before = portal.properties.of_mut(id).clone();
        for name in names {
            match edit::archive(portal, id, &name, author) {
                Ok(()) => {}
                Err(error) if error.status == StatusCode::NOT_FOUND => {}
                Err(error) => {
                    *portal.properties.of_mut(id) = before;
                    return Err(error);
                }
            }
        }
        Ok((json::empty(StatusCode::NO_CONTENT), Vec::new()))
    })
}

fn names(body: &Map<String, Value>, most: usize) -> Result<Vec<String>, ApiError> {
    inputs(body, most)?
        .into_iter()
        .map(|input| text(input, "name")?.ok_or_else(|| not_set(&["name"])))
        .collect()
}
