//! Errors as callers see them: RFC 9457 problem JSON with a stable code. What went wrong inside stays inside; the caller gets
//! an id to ask about.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use std::borrow::Cow;
use syncline_store::StoreError;

/// What a caller is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The status, also in the body.
    pub status: StatusCode,
    /// Stable, for programs.
    pub code: &'static str,
    /// For people: what is wrong and what to do.
    pub detail: Cow<'static, str>,
    /// Seconds after which to try again, where that helps.
    pub retry_after: Option<u32>,
    /// One more member of the body, by its name (RFC 9457, 3.2).
    pub more: Option<Box<(&'static str, serde_json::Value)>>,
}

impl Problem {
    /// A problem of this status and code.
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { status, code, detail: detail.into(), retry_after: None, more: None }
    }

    /// 400: the caller's request cannot be understood.
    pub fn bad_request(code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, detail)
    }

    /// 404: there is nothing by that name (or not for this caller).
    pub fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", format!("There is no such {what}."))
    }

    /// The same with one more member in its body.
    #[must_use]
    pub fn with(self, name: &'static str, value: serde_json::Value) -> Self {
        Self { more: Some(Box::new((name, value))), ..self }
    }

    /// 503: not now; try again in `seconds`.
    pub fn unavailable(code: &'static str, detail: impl Into<Cow<'static, str>>, seconds: u32) -> Self {
        Self { retry_after: Some(seconds), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, code, detail) }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Self::from(&error)
    }
}

impl From<&StoreError> for Problem {
    fn from(error: &StoreError) -> Self {
        if error.is_transient() {
            tracing::warn!(%error, "answered 503: the database is not available");
            return Self::unavailable("database_unavailable", "The database is not available right now.", 2);
        }
        tracing::error!(%error, "answered 500");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "Something went wrong on our side; the server's log says what.",
        )
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut body = serde_json::json!({
            "type": "about:blank",
            "title": self.status.canonical_reason().unwrap_or("Error"),
            "status": self.status.as_u16(),
            "code": self.code,
            "detail": self.detail,
        });
        if let Some((name, value)) = self.more.map(|more| *more) {
            body[name] = value;
        }
        let mut response = (self.status, body.to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// The router's own refusals are plain text (a path that is not UTF-8, say). Callers are promised problems.
pub async fn instead_of_plain_text(response: Response) -> Response {
    let status = response.status();
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let is_plain = kind.is_some_and(|kind| kind.starts_with("text/plain"));
    if !status.is_client_error() || !is_plain {
        return response;
    }
    Problem::new(status, "bad_request", "The address or the request cannot be understood.").into_response()
}
