//! The endpoints of definitions and groups (HubSpot facts 4).

use super::definition::{Definition, Group, Sensitivity};
use super::edit::{self, Author};
use super::groups;
use super::input::{Input, not_one_of};
use super::requests::{At, both, needs_schemas, object, object_type};
use super::table::Table;
use super::{batch, limits, schemas};
use crate::house::json;
use crate::hubspot::Hubspot;
use crate::hubspot::access::Caller;
use crate::hubspot::error::ApiError;
use crate::hubspot::state::Portal;
use crate::hubspot::types::TypeId;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use http::{HeaderValue, StatusCode, header};
use serde_json::{Value, json as value};
use std::sync::Arc;

const PATHS: [&str; 2] = ["/crm/v3/properties/{type}", "/crm/properties/{date}/{type}"];

/// The endpoints of definitions and groups, and of custom object schemas.
pub(crate) fn router() -> Router<Arc<Hubspot>> {
    let mut router = Router::new();
    router = both(router, PATHS, "", &get(list).post(create));
    router = both(router, PATHS, "/{name}", &get(read).patch(patch).delete(archive));
    router = both(router, PATHS, "/batch/create", &post(batch::create));
    router = both(router, PATHS, "/batch/read", &post(batch::read));
    router = both(router, PATHS, "/batch/archive", &post(batch::archive));
    router = both(router, PATHS, "/groups", &get(list_groups).post(create_group));
    router = both(router, PATHS, "/groups/{name}", &get(read_group).patch(patch_group).delete(archive_group));
    router.merge(schemas::router()).merge(limits::router())
}

/// The type a request means, for a caller who may `verb` its definitions.
pub(super) fn enter(
    hubspot: &Hubspot,
    portal: &Portal,
    caller: &Caller,
    at: &At,
    verb: &str,
) -> Result<TypeId, ApiError> {
    let id = object_type(hubspot, portal, at.part("type"))?;
    let objects_too = hubspot.settings.get().properties.object_scopes_suffice;
    needs_schemas(caller, id, verb, objects_too)?;
    Ok(id)
}

/// Who the caller is, on definitions: the user who installed the app, or the account's first.
pub(super) fn author(hubspot: &Hubspot, portal: &Portal, caller: &Caller) -> Author {
    let first = portal.users.first().map_or(1, |user| user.user_id);
    Author { user: caller.user.unwrap_or(first), at: hubspot.house.now() }
}

pub(super) fn table(portal: &Portal, id: TypeId) -> Result<&Table, ApiError> {
    portal.properties.of(id).ok_or_else(ApiError::resource_not_found)
}

/// The sensitivity asked for; only what is not sensitive when none is.
pub(super) fn sensitivity(asked: Option<&str>) -> Result<Sensitivity, ApiError> {
    let Some(asked) = asked else { return Ok(Sensitivity::NonSensitive) };
    let known = ["non_sensitive", "sensitive", "highly_sensitive"];
    Sensitivity::named(asked).ok_or_else(|| not_one_of("dataSensitivity", asked, &known))
}

/// The definition a read finds: of the sensitivity asked for, and not too new.
pub(super) fn found<'a>(
    table: &'a Table,
    name: &str,
    archived: bool,
    level: Sensitivity,
    now: i64,
) -> Option<&'a Definition> {
    let found = if archived { table.archived(name, now) } else { table.live.get(name) };
    found.filter(|definition| definition.sensitivity == level && definition.readable_at <= now)
}

async fn list(State(hubspot): State<Arc<Hubspot>>, caller: Caller, at: At) -> Result<Response, ApiError> {
    let (now, level) = (hubspot.house.now(), sensitivity(at.asked("dataSensitivity"))?);
    let (archived, only) = (at.flag("archived"), at.listed("properties"));
    hubspot.read(caller.portal, |portal| {
        let table = table(portal, enter(&hubspot, portal, &caller, &at, "read")?)?;
        let names = if archived { table.archived.keys() } else { table.live.keys() };
        let results: Vec<Value> = names
            .filter(|name| only.is_empty() || only.contains(&name.as_str()))
            .filter_map(|name| found(table, name, archived, level, now))
            .map(|definition| definition.show(true))
            .collect();
        Ok(json::answer(StatusCode::OK, &value!({ "results": results })))
    })
}

async fn create(
    State(hubspot): State<Arc<Hubspot>>,
    caller: Caller,
    at: At,
    body: Bytes,
) -> Result<Response, ApiError> {
    let made = hubspot.write(caller.portal, |portal| {
        let id = enter(&hubspot, portal, &caller, &at, "write")?;
        let input = Input::read(&object(&body)?)?;
        let author = author(&hubspot, portal, &caller);
        Ok((edit::create(portal, id, &input, author)?, Vec::new()))
    })?;
    let mut response = json::answer(StatusCode::CREATED, &made.show(true));
    let name = percent_encoding::utf8_percent_encode(&made.name, percent_encoding::NON_ALPHANUMERIC);
    // What needs no escape in a path is not escaped.
    let name = name.to_string().replace("%5F", "_").replace("%2D", "-").replace("%2E", ".");
    let base =
        at.date().map_or_else(|| "/crm/v3/properties".to_owned(), |date| format!("/crm/properties/{date}"));
    let location = format!("{}{base}/{}/{name}", hubspot.house.url_of("hubspot"), at.part("type"));
    if let Ok(location) = HeaderValue::from_str(&location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

async fn read(State(hubspot): State<Arc<Hubspot>>, caller: Caller, at: At) -> Result<Response, ApiError> {
    let (now, level) = (hubspot.house.now(), sensitivity(at.asked("dataSensitivity"))?);
    hubspot.read(caller.portal, |portal| {
        let table = table(portal, enter(&hubspot, portal, &caller, &at, "read")?)?;
        let name = at.part("name");
        let found =
            found(table, name, at.flag("archived"), level, now).ok_or_else(|| edit::not_found(name))?;
        Ok(json::answer(StatusCode::OK, &found.show(true)))
    })
}

async fn patch(
    State(hubspot): State<Arc<Hubspot>>,
    caller: Caller,
    at: At,
    body: Bytes,
) -> Result<Response, ApiError> {
    hubspot.write(caller.portal, |portal| {
        let id = enter(&hubspot, portal, &caller, &at, "write")?;
        let input = Input::read(&object(&body)?)?;
        let author = author(&hubspot, portal, &caller);
        let changed = edit::patch(portal, id, at.part("name"), input, author)?;
        Ok((json::answer(StatusCode::OK, &changed.show(true)), Vec::new()))
    })
}

async fn archive(State(hubspot): State<Arc<Hubspot>>, caller: Caller, at: At) -> Result<Response, ApiError> {
    hubspot.write(caller.portal, |portal| {
        let id = enter(&hubspot, portal, &caller, &at, "write")?;
        let author = author(&hubspot, portal, &caller);
        edit::archive(portal, id, at.part("name"), author)?;
        Ok((json::empty(StatusCode::NO_CONTENT), Vec::new()))
    })
}

async fn list_groups(
    State(hubspot): State<Arc<Hubspot>>,
    caller: Caller,
    at: At,
) -> Result<Response, ApiError> {
    hubspot.read(caller.portal, |portal| {
        let table = table(portal, enter(&hubspot, portal, &caller, &at, "read")?)?;
        let results: Vec<Value> = table.groups.values().map(Group::show).collect();
        Ok(json::answer(StatusCode::OK, &value!({ "results": results })))
    })
}

async fn create_group(
    State(hubspot): State<Arc<Hubspot>>,
    caller: Caller,
    at: At,
    body: Bytes,
) -> Result<Response, ApiError> {
    hubspot.write(caller.portal, |portal| {
        let id = enter(&hubspot, portal, &caller, &at, "write")?;
        let made = groups::create(portal.properties.of_mut(id), &object(&body)?)?;
        Ok((json::answer(StatusCode::CREATED, &made.show()), Vec::new()))
    })
}

async fn read_group(
    State(hubspot): State<Arc<Hubspot>>,
    caller: Caller,
    at: At,
) -> Result<Response, ApiError> {
    hubspot.read(caller.portal, |portal| {
        let table = table(portal, enter(&hubspot, portal, &caller, &at, "read")?)?;
        let name = at.part("name");
        let group = table.groups.get(name).ok_or_else(|| groups::not_found(name))?;
        Ok(json::answer(StatusCode::OK, &group.show()))
    })
}

async fn patch_group(
    State(hubspot): State<Arc<Hubspot>>,
    caller: Caller,
    at: At,
    body: Bytes,
) -> Result<Response, ApiError> {
    hubspot.write(caller.portal, |portal| {
        let id = enter(&hubspot, portal, &caller, &at, "write")?;
        let changed = groups::patch(portal.properties.of_mut(id), at.part("name"), &object(&body)?)?;
        Ok((json::answer(StatusCode::OK, &changed.show()), Vec::new()))
    })
}

async fn archive_group(
    State(hubspot): State<Arc<Hubspot>>,
    caller: Caller,
    at: At,
) -> Result<Response, ApiError> {
    let now = hubspot.house.now();
    hubspot.write(caller.portal, |portal| {
        let id = enter(&hubspot, portal, &caller, &at, "write")?;
        let purpose = format!("hubspot.group.{}.{id}.{}", portal.id, at.part("name"));
        let correlation_id = hubspot.house.dice(&purpose).uuid_v7(now);
        groups::archive(portal.properties.of_mut(id), at.part("name"), &correlation_id)?;
        Ok((json::empty(StatusCode::NO_CONTENT), Vec::new()))
    })
}
