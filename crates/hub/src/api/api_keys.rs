//! API keys over the API: made, listed, revoked, by operators.

use super::Api;
use super::access::{Operator, create_key, revoke_key};
use super::accounts::check_name;
use crate::http::strict::Json;
use crate::http::{Problem, json};
use crate::portal::setup;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use serde::Deserialize;
use syncline_store::api_keys;

/// `POST /v1/api-keys`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewKey {
    /// What to call it.
    pub name: String,
    /// The one organization it may see; left out: all.
    pub org_id: Option<String>,
}

/// `GET /v1/api-keys`.
///
/// # Errors
/// 503 when the database is away.
pub async fn list(State(api): State<Api>, _: Operator) -> Result<Response, Problem> {
    let keys = api_keys::list(&api.cx.store).await?;
    Ok(json(&serde_json::json!({ "data": keys })))
}

/// `POST /v1/api-keys`: answers the key's secret, this once.
///
/// # Errors
/// 400 for names that cannot be, 503 when the database is away.
pub async fn create(
    State(api): State<Api>,
    operator: Operator,
    body: Result<Json<NewKey>, JsonRejection>,
) -> Result<Response, Problem> {
    let Json(NewKey { name, org_id }) =
        body.map_err(|error| Problem::bad_request("bad_body", error.body_text()))?;
    check_name("name", &name)?;
    if let Some(org_id) = &org_id {
        check_name("org_id", org_id)?;
    }
    let (key, secret) = create_key(&operator.cx(&api), &name, org_id).await?;
    let view = serde_json::json!({ "id": key.id, "name": key.name, "org_id": key.org_id, "secret": secret });
    Ok((StatusCode::CREATED, json(&view)).into_response())
}

/// `DELETE /v1/api-keys/{id}`.
///
/// # Errors
/// 404 when there is none to revoke.
pub async fn revoke(
    State(api): State<Api>,
    operator: Operator,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    if revoke_key(&operator.cx(&api), &id).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::not_found("API key"))
    }
}

/// `POST /v1/portal/setup-link`: a link that sets the portal's password, for an operator who lost it.
///
/// # Errors
/// 503 when the database is away.
pub async fn setup_link(State(api): State<Api>, operator: Operator) -> Result<Response, Problem> {
    let url = setup::new_link(&operator.cx(&api)).await?;
    Ok((StatusCode::CREATED, json(&serde_json::json!({ "url": url }))).into_response())
}
