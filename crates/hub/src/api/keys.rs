//! Sealing keys over the API, by their ids: what there is, a new one in front, those that are done with out. For operators.

use super::Api;
use super::access::Operator;
use crate::connect::ConnectError;
use crate::http::{Problem, json};
use crate::keys::KeysError;
use crate::sealing;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;

/// `GET /v1/keys`.
///
/// # Errors
/// 503 when the database is away or the keys cannot be used.
pub async fn list(State(api): State<Api>, _: Operator) -> Result<Response, Problem> {
    let keys = sealing::list(&api.cx).await?;
    Ok(json(&serde_json::json!({ "data": keys })))
}

/// `POST /v1/keys/rotate`: a new key seals from now on; what others sealed is sealed anew in the background.
///
/// # Errors
/// 409 when the keys are a setting, 503 when they cannot be used or the database is away.
pub async fn rotate(State(api): State<Api>, operator: Operator) -> Result<Response, Problem> {
    let id = sealing::rotate(&operator.cx(&api)).await?;
    Ok(json(&serde_json::json!({ "id": id })))
}

/// `POST /v1/keys/prune`: keys that nothing is sealed with are taken out, or it says when they can be.
///
/// # Errors
/// As [`rotate`].
pub async fn prune(State(api): State<Api>, operator: Operator) -> Result<Response, Problem> {
    let pruned = sealing::prune(&operator.cx(&api)).await?;
    Ok(json(&serde_json::json!({ "pruned": pruned.gone, "again_at": pruned.again_at })))
}

impl From<KeysError> for Problem {
    fn from(error: KeysError) -> Self {
        match &error {
            KeysError::Configured => Self::new(StatusCode::CONFLICT, "keys_configured", error.to_string()),
            KeysError::Busy => Self::unavailable("keys_busy", error.to_string(), 1),
            KeysError::Seal(_) | KeysError::File { .. } => {
                tracing::error!(%error, "answered 503: the sealing keys cannot be used");
                Self::unavailable(
                    "keys_unusable",
                    "The sealing keys cannot be used; `syncline doctor` says why.",
                    60,
                )
            }
        }
    }
}

impl From<ConnectError> for Problem {
    fn from(error: ConnectError) -> Self {
        match error {
            ConnectError::Store(error) => error.into(),
            ConnectError::Keys(error) => error.into(),
        }
    }
}
