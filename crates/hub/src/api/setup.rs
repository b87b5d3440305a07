//! `POST /v1/connections/{id}/setup`: brings about what has to be there at the provider.

use super::Api;
use super::access::Caller;
use super::connections::{body_of, find};
use super::refusals::sentence;
use crate::http::strict::Json;
use crate::http::{Problem, json};
use crate::setup::{self, How, SetupError};
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use syncline_store::Scope;

/// How to set up.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Ask {
    /// Only say what would change.
    pub dry_run: bool,
    /// Go on where that changes what others have set up.
    pub take_over: bool,
}

/// Sets up, and answers what was done. This takes as long as the provider takes, so it is not bounded as other requests are; and
/// it comes to its end although the caller may have gone, because a webhook whose secret nobody kept is worth nothing.
///
/// # Errors
/// 400 for a body that cannot be, 403 when only an operator may ask so, 404 for no such connection, 409 when it cannot be used or is
/// being set up, 502 when the provider is away, 503 when the database is.
pub async fn create(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    body: Result<Option<Json<Ask>>, JsonRejection>,
) -> Result<Response, Problem> {
    let asked = body_of(body.map(|body| body.unwrap_or_default()))?;
    let by_operator = caller.scope == Scope::All;
    if asked.take_over && !by_operator {
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "key_of_one_organization",
            "To take over what others share needs an API key for all organizations.",
        ));
    }
    let connection = find(&api, &caller, &id).await?;
    let how = How { dry_run: asked.dry_run, by_operator, take_over: asked.take_over };
    let cx = caller.cx(&api);
    let work = tokio::spawn(async move { setup::prepare(&cx, &connection, how).await });
    let report = work.await.map_err(|_| Problem::unavailable("stopping", "The hub is stopping.", 5))??;
    Ok(json(&report))
}

impl From<SetupError> for Problem {
    fn from(error: SetupError) -> Self {
        let say = sentence(&error.to_string());
        match error {
            SetupError::Busy => Self::new(StatusCode::CONFLICT, "setup_under_way", say),
            SetupError::NeedsReauthorization(_) => {
                Self::new(StatusCode::CONFLICT, "needs_reauthorization", say)
            }
            SetupError::Disconnected => Self::new(StatusCode::CONFLICT, "disconnected", say),
            SetupError::Later(_) => {
                Self { retry_after: Some(30), ..Self::new(StatusCode::BAD_GATEWAY, "provider_down", say) }
            }
            SetupError::Keys(error) => error.into(),
            SetupError::Store(error) => error.into(),
        }
    }
}
