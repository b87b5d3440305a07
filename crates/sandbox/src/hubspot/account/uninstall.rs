//! `DELETE /appinstalls/{version}/external-install` (HubSpot facts 1.7): an app takes itself out of the account.

use crate::house::json;
use crate::hubspot::Hubspot;
use crate::hubspot::access::{self, Caller};
use crate::hubspot::error::ApiError;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use std::sync::Arc;

/// Takes the calling app out of the account.
pub(super) async fn uninstall(
    State(hubspot): State<Arc<Hubspot>>,
    caller: Caller,
) -> Result<Response, ApiError> {
    // A private app is part of its account: only its makers can take it away.
    if caller.is_static {
        return Err(access::no_credentials());
    }
    if access::uninstall(&hubspot, caller.app, caller.portal) {
        return Ok(json::empty(StatusCode::NO_CONTENT));
    }
    Err(ApiError::resource_not_found())
}
