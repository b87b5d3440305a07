//! Owners (HubSpot facts 9): every user of an account is one, under a number of its own.

use super::query::{Query, not_valid};
use crate::house::clock::iso;
use crate::house::json;
use crate::hubspot::Hubspot;
use crate::hubspot::access::Caller;
use crate::hubspot::error::ApiError;
use crate::hubspot::state::{Portal, User};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use http::{StatusCode, Uri};
use serde_json::{Value, json};
use std::sync::Arc;

const SCOPE: &str = "crm.objects.owners.read";

/// The largest page, and the one nobody asked for.
const LARGEST: u64 = 500;
const USUAL: u64 = 100;

/// `GET /crm/v3/owners`
pub(super) async fn list(
    State(hubspot): State<Arc<Hubspot>>,
    caller: Caller,
    uri: Uri,
) -> Result<Response, ApiError> {
    caller.needs_one_of(&[SCOPE])?;
    let query = Query::of(&uri);
    let limit = query.number("limit")?.unwrap_or(USUAL);
    if !(1..=LARGEST).contains(&limit) {
        return Err(not_valid("limit", &limit.to_string(), "between 1 and 500"));
    }
    let (after, archived) = (query.number("after")?.unwrap_or(0), query.flag("archived")?);
    let email = query.get("email");
    let base = hubspot.house.url_of("hubspot");
    let page = hubspot.read(caller.portal, |portal| {
        let mut found: Vec<&User> = portal
            .users
            .iter()
            .filter(|user| user.archived == archived && user.owner_id > after)
            .filter(|user| email.is_none_or(|email| user.email.eq_ignore_ascii_case(email)))
            .collect();
        found.sort_by_key(|user| user.owner_id);
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let results: Vec<Value> = found.iter().take(limit).map(|user| show(portal, user)).collect();
        let mut page = json!({ "results": results });
        if let (true, Some(last)) = (found.len() > limit, found.get(limit - 1)) {
            let after = last.owner_id.to_string();
            let link = format!("{base}{}?limit={limit}&archived={archived}&after={after}", uri.path());
            page["paging"] = json!({ "next": { "after": after, "link": link } });
        }
        Ok(page)
    })?;
    Ok(json::answer(StatusCode::OK, &page))
}

/// `GET /crm/v3/owners/{id}`
pub(super) async fn one(
    State(hubspot): State<Arc<Hubspot>>,
    caller: Caller,
    id: Result<Path<String>, PathRejection>,
    uri: Uri,
) -> Result<Response, ApiError> {
    caller.needs_one_of(&[SCOPE])?;
    let Path(id) = id.map_err(|_| ApiError::resource_not_found())?;
    let query = Query::of(&uri);
    let by_user = match query.get("idProperty") {
        None | Some("id") => false,
        Some("userId") => true,
        Some(other) => return Err(not_valid("idProperty", other, "id or userId")),
    };
    let archived = query.flag("archived")?;
    let id: u64 = id.parse().map_err(|_| not_valid("ownerId", &id, "a number"))?;
    let owner = hubspot.read(caller.portal, |portal| {
        let matches = |user: &&User| {
            user.archived == archived && (if by_user { user.user_id } else { user.owner_id }) == id
        };
        let user = portal.users.iter().find(matches).ok_or_else(ApiError::resource_not_found)?;
        Ok(show(portal, user))
    })?;
    Ok(json::answer(StatusCode::OK, &owner))
}

fn show(portal: &Portal, user: &User) -> Value {
    let since = iso(portal.pipelines.since());
    let mut owner = json!({
        "id": user.owner_id.to_string(), "email": user.email, "type": "PERSON",
        "firstName": user.first_name, "lastName": user.last_name,
        "userIdIncludingInactive": user.user_id, "createdAt": since, "updatedAt": since,
        "archived": user.archived, "teams": [],
    });
    if !user.archived {
        owner["userId"] = json!(user.user_id);
    }
    owner
}
