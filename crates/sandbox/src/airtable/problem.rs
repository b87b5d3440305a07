//! Airtable's errors. Their shapes differ: `{"error":"NOT_FOUND"}`, `{"error":{"type":…}}`, `{"error":{"type":…,"message":…}}`
//! (Airtable facts 8).

use super::settings::Words;
use crate::house::json;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde_json::{Value, json};

/// Why Airtable refuses.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Problem {
    /// The status.
    pub(super) status: u16,
    /// The body.
    pub(super) body: Value,
    /// Seconds to wait, where they are told.
    pub(super) retry_after: Option<u64>,
}

impl Problem {
    fn new(status: u16, body: Value) -> Self {
        Self { status, body, retry_after: None }
    }

    /// With type and message.
    pub(super) fn typed(status: u16, kind: &str, message: impl Into<String>) -> Self {
        Self::new(status, json!({ "error": { "type": kind, "message": message.into() } }))
    }

    /// As the settings word it.
    pub(super) fn worded(words: &Words, message: impl Into<String>) -> Self {
        Self::typed(words.status, &words.kind, message)
    }

    /// 422 `INVALID_REQUEST_UNKNOWN`: the request makes no sense.
    pub(super) fn invalid_request(message: impl Into<String>) -> Self {
        Self::typed(422, "INVALID_REQUEST_UNKNOWN", message)
    }

    /// Something the body must have is missing.
    pub(super) fn missing(key: &str) -> Self {
        let message = format!("Could not find field \"{key}\" in the request body");
        Self::typed(422, "INVALID_REQUEST_MISSING_FIELDS", message)
    }

    /// A bad path, or a record that is not there.
    pub(super) fn not_found() -> Self {
        Self::new(404, json!({ "error": "NOT_FOUND" }))
    }

    /// No token.
    pub(super) fn unauthenticated() -> Self {
        Self::typed(401, "AUTHENTICATION_REQUIRED", "Authentication required")
    }

    /// The scope or the access is missing, or the base, table or other model does not exist: nobody is told which.
    pub(super) fn forbidden_or_missing() -> Self {
        Self::typed(
            403,
            "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND",
            "Invalid permissions, or the requested model was not found. Check that both your user and your token have \
             the required permissions, and that the model names and/or ids are correct.",
        )
    }

    /// The user may see it and not do this.
    pub(super) fn forbidden() -> Self {
        Self::typed(403, "INVALID_PERMISSIONS", "You are not permitted to perform this operation")
    }

    /// The server-side iterator is gone. This one has no message.
    pub(super) fn iterator_gone() -> Self {
        Self::new(422, json!({ "error": { "type": "LIST_RECORDS_ITERATOR_NOT_AVAILABLE" } }))
    }

    /// An offset nobody gave out.
    pub(super) fn invalid_offset(offset: &str) -> Self {
        Self::typed(422, "INVALID_OFFSET_VALUE", format!("The value of offset {offset} is invalid"))
    }

    /// Too many requests.
    pub(super) fn rate_limited(retry_after: Option<u64>) -> Self {
        let problem = Self::typed(429, "RATE_LIMIT_REACHED", "Rate limit exceeded. Please try again later");
        Self { retry_after, ..problem }
    }

    /// The month's calls are used up.
    pub(super) fn quota_exceeded() -> Self {
        Self::typed(
            429,
            "PUBLIC_API_BILLING_LIMIT_EXCEEDED",
            "The monthly API call limit of this workspace has been exceeded",
        )
    }

    /// Airtable's own trouble.
    pub(super) fn server(status: u16) -> Self {
        match status {
            503 => Self::typed(
                503,
                "RETRIABLE_ERROR",
                "The service is temporarily unavailable. Please retry shortly.",
            ),
            502 => Self::new(502, json!({ "error": "BAD_GATEWAY" })),
            status => {
                Self::typed(status, "SERVER_ERROR", "Try again. If the problem persists, contact support.")
            }
        }
    }

    /// The message, for people.
    pub(super) fn reason(&self) -> String {
        let error = &self.body["error"];
        let text = error["message"].as_str().or(error["type"].as_str()).or(error.as_str());
        text.unwrap_or_default().to_owned()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = json::answer(status, &self.body);
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
