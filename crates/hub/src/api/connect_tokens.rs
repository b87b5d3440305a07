//! Connect tokens over the API: what an application hands to its own page.

use super::Api;
use super::access::Caller;
use super::connections::{body_of, organization};
use crate::connect::AppError;
use crate::http::strict::Json;
use crate::http::{Problem, json};
use crate::popup::sealed::{self, Token};
use crate::popup::ticket::check_name;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use serde::Deserialize;
use std::time::Duration;

/// The longest and the shortest a token may be good for, and how long one is when nobody says, in seconds.
const TTL: (u64, u64, u64) = (60, 3_600, 1_800);

/// `POST /v1/connect-tokens`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewToken {
    /// For which organization; left out: the key's own.
    pub org_id: Option<String>,
    /// By which of its users.
    #[serde(default)]
    pub user_id: String,
    /// At which providers; empty: any.
    #[serde(default)]
    pub providers: Vec<String>,
    /// For how many seconds, 60 to 3600; 1800 when left out.
    pub ttl: Option<u64>,
}

/// Makes a token. It is stored nowhere: it ends by itself, and cannot be taken back before.
///
/// # Errors
/// 400 for what cannot be, 403 for another organization.
pub async fn create(
    State(api): State<Api>,
    caller: Caller,
    body: Result<Json<NewToken>, JsonRejection>,
) -> Result<Response, Problem> {
    let NewToken { org_id, user_id, providers, ttl } = body_of(body)?;
    let org_id = organization(&caller, org_id.as_deref())?;
    check_name("org_id", &org_id, 1)?;
    check_name("user_id", &user_id, 0)?;
    for provider in &providers {
        syncline_providers::connect::connect(provider).ok_or(AppError::UnknownProvider)?;
    }
    let (shortest, longest, usual) = TTL;
    let ttl = ttl.unwrap_or(usual);
    if !(shortest..=longest).contains(&ttl) {
        let say = format!("`ttl` is a number of seconds from {shortest} to {longest}.");
        return Err(Problem::bad_request("bad_ttl", say));
    }
    let token = Token { org_id, user_id, providers };
    let (token, expires_at) = sealed::seal(&api.cx, &token, Duration::from_secs(ttl))?;
    let view = serde_json::json!({ "token": token, "expires_at": expires_at });
    Ok((StatusCode::CREATED, json(&view)).into_response())
}
