//! Which organization an account at a provider belongs to.

use super::Api;
use super::access::Operator;
use crate::audit::{self, Action, To};
use crate::http::strict::Json;
use crate::http::{Problem, json};
use crate::jobs::{Payload, enqueue};
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use syncline_core::event::MAX_COLUMN_CHARS;
use syncline_store::accounts;

/// `PUT /v1/accounts/{provider}/{account}`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assignment {
    /// The organization it is to belong to.
    pub org_id: String,
}

/// `GET /v1/accounts`.
///
/// # Errors
/// 503 when the database is away.
pub async fn list(State(api): State<Api>, _: Operator) -> Result<Response, Problem> {
    let accounts = accounts::list(&api.cx.store).await?;
    Ok(json(&serde_json::json!({ "data": accounts })))
}

/// `PUT /v1/accounts/{provider}/{account}`: gives the account, and the events it has already, to an organization.
///
/// # Errors
/// 400 for names that cannot be, 503 when the database is away.
pub async fn assign(
    State(api): State<Api>,
    operator: Operator,
    Path((provider, account)): Path<(String, String)>,
    body: Result<Json<Assignment>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    let Json(Assignment { org_id }) =
        body.map_err(|error| Problem::bad_request("bad_body", error.body_text()))?;
    check_name("org_id", &org_id)?;
    check_name("account", &account)?;
    if syncline_providers::by_id(&provider).is_none() {
        return Err(Problem::bad_request("unknown_provider", "There is no provider of that name."));
    }
    let cx = &operator.cx(&api);
    let mut tx = cx.store.begin().await?;
    accounts::assign(&mut tx, &provider, &account, &org_id, cx.now()).await?;
    let to = To { org_id: &org_id, id: &account };
    audit::note(cx, &mut tx, Action::AccountAssigned, to, provider.as_str()).await?;
    enqueue(cx, &mut tx, &Payload::AdoptEvents { provider, account, org_id }, cx.now()).await?;
    tx.commit().await?;
    cx.wake.jobs.notify_one();
    Ok(StatusCode::NO_CONTENT)
}

/// Names that go into columns: something, and not too much of it.
///
/// # Errors
/// 400 that says which one and why.
pub fn check_name(what: &'static str, name: &str) -> Result<(), Problem> {
    let length = name.chars().count();
    if length == 0 || length > MAX_COLUMN_CHARS || name.chars().any(char::is_control) {
        let say = format!("`{what}` is 1 to {MAX_COLUMN_CHARS} characters without control characters.");
        return Err(Problem::bad_request("bad_name", say));
    }
    Ok(())
}
