//! Agreements over the API: the ready-made one, one that is tried without keeping anything, and what fields there are.

use super::change::NewSyncBody;
use super::{find, limits};
use crate::api::Api;
use crate::api::access::Caller;
use crate::api::connections::body_of;
use crate::api::events::checked;
use crate::http::strict::Json;
use crate::http::{Problem, json};
use crate::sync;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use syncline_core::sync::mapping::Mistake;
use syncline_core::sync::{Agreement, Schema, Sides};

/// Between which two connections.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Between {
    /// The left one's id.
    pub left: String,
    /// The right one's id.
    pub right: String,
}

/// `GET /v1/syncs/template`: the agreement that is ready-made for the two providers.
///
/// # Errors
/// 404, 409 and 422 as [`sync::Refused`] says.
pub async fn template(
    State(api): State<Api>,
    caller: Caller,
    query: Result<Query<Between>, QueryRejection>,
) -> Result<Response, Problem> {
    let Between { left, right } = checked(query)?;
    let agreement = sync::template(&api.cx, &caller.scope, &Sides { left, right }).await?;
    Ok(json(&agreement))
}

#[derive(Debug, Serialize)]
struct CheckedView<'a> {
    agreement: &'a Agreement,
    mistakes: &'a [Mistake],
    schemas: &'a Sides<Schema>,
}

/// `POST /v1/syncs/check`: what would be wrong with a sync, and what fields both sides have. Nothing is kept.
///
/// # Errors
/// As [`super::change::create`], but for the agreement's mistakes, which are in the answer.
pub async fn check(
    State(api): State<Api>,
    caller: Caller,
    body: Result<Json<NewSyncBody>, JsonRejection>,
) -> Result<Response, Problem> {
    let new = body_of(body)?.wanted()?;
    let scope = &caller.scope;
    let agreement = match new.agreement {
        Some(agreement) => agreement,
        None => sync::template(&api.cx, scope, &new.connections).await?,
    };
    let found = sync::check(&api.cx, scope, &new.connections, &agreement).await?;
    Ok(json(&CheckedView { agreement: &agreement, mistakes: &found.mistakes, schemas: &found.schemas }))
}

/// `GET /v1/syncs/{id}/schema`: what fields each side had when they were last asked for, at the beginning of the latest run or when the
/// agreement was checked.
///
/// # Errors
/// 404 when there is no such sync for this caller.
pub async fn schema(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    Ok(json(&find(&api, &caller, &id).await?.schemas))
}

/// An agreement as it came, if one did.
///
/// # Errors
/// 422 for one that is too large.
pub(super) fn sized(agreement: Option<Agreement>) -> Result<Option<Agreement>, Problem> {
    agreement.as_ref().map_or(Ok(()), limits::check)?;
    Ok(agreement)
}
