//! Authorizing and tokens (Airtable facts 2): PKCE is mandatory, a code works once, every refresh kills the tokens before it.

pub(super) mod authorize;
pub(super) mod client;
pub(super) mod consent;
pub(super) mod grants;
pub(super) mod pkce;
pub(super) mod redirect;
pub(super) mod scopes;
pub(super) mod token;

use super::settings::{Errors, Words};
use crate::house::{Refusal, json};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::json;

/// The token endpoint's errors: `invalid_client` is 401, nearly everything else 400.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) status: u16,
    pub(super) error: String,
    pub(super) description: String,
}

impl Refused {
    fn with(status: u16, error: &str, description: impl Into<String>) -> Self {
        Self { status, error: error.to_owned(), description: description.into() }
    }

    pub(super) fn invalid_client(description: impl Into<String>) -> Self {
        Self::with(401, "invalid_client", description)
    }

    pub(super) fn invalid_request(description: impl Into<String>) -> Self {
        Self::with(400, "invalid_request", description)
    }

    pub(super) fn invalid_grant(description: impl Into<String>) -> Self {
        Self::with(400, "invalid_grant", description)
    }

    pub(super) fn unsupported_grant_type() -> Self {
        Self::with(400, "unsupported_grant_type", "grant_type is authorization_code or refresh_token")
    }

    /// A fault on demand at the token endpoint.
    pub(super) fn on_demand(refusal: &Refusal, errors: &Errors) -> Self {
        match refusal {
            Refusal::RateLimited { .. } => {
                Self::worded(&errors.refreshes_too_fast, "Too many refresh requests")
            }
            Refusal::ServerError { status } => Self::with(*status, "server_error", "Please try again"),
            Refusal::ExpiredToken | Refusal::RevokedToken => {
                Self::invalid_grant("The refresh token is invalid, expired or used")
            }
        }
    }

    pub(super) fn worded(words: &Words, description: impl Into<String>) -> Self {
        Self::with(words.status, &words.kind, description)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_REQUEST);
        json::answer(status, &json!({ "error": self.error, "error_description": self.description }))
    }
}
