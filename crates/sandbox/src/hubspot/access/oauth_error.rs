//! How the token endpoints refuse (HubSpot facts 1.4): HubSpot's own keys, and RFC 6749's next to them.

use super::settings::{ErrorShape, OauthSettings};
use crate::house::json;
use crate::hubspot::error::ApiError;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use serde::Serialize;

/// A `status` of the token endpoints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bad {
    AuthCode,
    RefreshToken,
    ClientId,
    ClientSecret,
    GrantType,
    RedirectUri,
    CodeVerifier,
    Scopes,
    Hub,
}

impl Bad {
    /// `status`, RFC 6749's `error`, and the text.
    fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::AuthCode => ("BAD_AUTH_CODE", "invalid_grant", "missing or unknown auth code"),
            Self::RefreshToken => {
                ("BAD_REFRESH_TOKEN", "invalid_grant", "refresh token is invalid, expired or revoked")
            }
            Self::ClientId => ("BAD_CLIENT_ID", "invalid_client", "missing or unknown client id"),
            Self::ClientSecret => ("BAD_CLIENT_SECRET", "invalid_client", "missing or invalid client secret"),
            Self::GrantType => ("BAD_GRANT_TYPE", "unsupported_grant_type", "missing or unknown grant type"),
            Self::RedirectUri => ("BAD_REDIRECT_URI", "invalid_grant", "redirect URI mismatch"),
            Self::CodeVerifier => ("BAD_CODE_VERIFIER", "invalid_grant", "missing or invalid code verifier"),
            Self::Scopes => ("BAD_SCOPES", "invalid_scope", "missing or unknown scopes"),
            Self::Hub => ("BAD_HUB", "access_denied", "missing or unknown hub id"),
        }
    }

    /// The answer.
    pub(crate) fn answer(self, settings: &OauthSettings) -> Response {
        let (status, error, message) = self.words();
        let changed = settings.errors.get(status);
        let older = settings.error_shape == ErrorShape::Older;
        let message = match changed.and_then(|words| words.message.as_deref()) {
            Some(message) => message,
            // This one was worded otherwise before.
            None if older && self == Self::RefreshToken => "missing or invalid refresh token",
            None => message,
        };
        let http_status = changed.and_then(|words| words.http_status).unwrap_or(if self == Self::Hub {
            settings.bad_hub_status
        } else {
            400
        });
        let http_status = StatusCode::from_u16(http_status).unwrap_or(StatusCode::BAD_REQUEST);
        if older {
            let mut error = ApiError::bare(http_status, message);
            error.more.insert("status".to_owned(), status.into());
            return error.into_response();
        }
        let error = changed.and_then(|words| words.error.as_deref()).unwrap_or(error);
        json::answer(http_status, &Body { error, error_description: message, status, message })
    }
}

#[derive(Serialize)]
struct Body<'a> {
    error: &'a str,
    error_description: &'a str,
    status: &'a str,
    message: &'a str,
}
