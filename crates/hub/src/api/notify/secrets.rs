//! An endpoint's secrets over the API: what is known of them, and new ones.

use super::bodies::RotateBody;
use crate::api::Api;
use crate::api::access::Caller;
use crate::api::connections::body_of;
use crate::endpoints::{self, Made, SecretView};
use crate::http::strict::Json;
use crate::http::{Problem, json};
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use serde::Serialize;
use syncline_core::notify::secret::Scheme;

/// A secret that was just made. Of a key pair the receiver needs the public half, and the other one leaves us never.
#[derive(Debug, Serialize)]
pub struct MadeView {
    #[serde(flatten)]
    view: SecretView,
    /// What the receiver verifies with, this once; none for a key pair.
    secret: Option<String>,
}

impl From<Made> for MadeView {
    fn from(made: Made) -> Self {
        let shared = made.view.scheme == Some(Scheme::Hmac);
        Self { secret: shared.then(|| made.secret.expose().to_owned()), view: made.view }
    }
}

/// `GET /v1/endpoints/{id}/secrets`: those that are used, the latest first, without what they are.
///
/// # Errors
/// 404 when there is no such endpoint for this caller.
pub async fn list(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let found = endpoints::list_secrets(&api.cx, &caller.scope, &id).await?;
    Ok(json(&serde_json::json!({ "data": found })))
}

/// `POST /v1/endpoints/{id}/secrets`: puts a new secret in the place of the others, which are used beside it for a while, and answers it,
/// this once.
///
/// # Errors
/// 400 and 422 for what cannot be, 404 when there is no such endpoint for this caller.
pub async fn rotate(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    body: Result<Option<Json<RotateBody>>, JsonRejection>,
) -> Result<Response, Problem> {
    let (new, overlap) = body_of(body.map(|body| body.unwrap_or_default()))?.wanted()?;
    let made = endpoints::rotate(&caller.cx(&api), &caller.scope, &id, new, overlap).await?;
    Ok((StatusCode::CREATED, json(&MadeView::from(made))).into_response())
}
