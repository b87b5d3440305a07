//! Errors as these routes write them: `{"detail": "…"}`.

use crate::http::Problem;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use std::borrow::Cow;
use syncline_store::StoreError;

/// What went wrong, for whoever wrote the page.
#[derive(Clone, Debug)]
pub struct Detail(Problem);

impl Detail {
    /// With this status.
    pub fn new(status: StatusCode, detail: impl Into<Cow<'static, str>>) -> Self {
        Self(Problem::new(status, "", detail))
    }
}

impl From<Problem> for Detail {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl From<StoreError> for Detail {
    fn from(error: StoreError) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Detail {
    fn into_response(self) -> Response {
        let Self(problem) = self;
        let body = serde_json::json!({ "detail": problem.detail }).to_string();
        let mut response =
            (problem.status, [(header::CONTENT_TYPE, "application/json")], body).into_response();
        if let Some(seconds) = problem.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if problem.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

pub(super) async fn method_not_allowed() -> Detail {
    Detail::new(StatusCode::METHOD_NOT_ALLOWED, "This address takes POST.")
}

/// What the layers around the handlers, and the router, say in other forms.
pub(super) async fn instead_of_problems(response: Response) -> Response {
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let (status, kind) = (response.status(), kind.unwrap_or_default());
    if status.is_success() || kind == "application/json" {
        return response;
    }
    let retry_after = response.headers().get(header::RETRY_AFTER).cloned();
    let say = match status {
        StatusCode::SERVICE_UNAVAILABLE => "Not right now; try again in a moment.",
        StatusCode::PAYLOAD_TOO_LARGE => "The form is too large.",
        _ => "The request cannot be understood.",
    };
    let mut response = Detail::new(status, say).into_response();
    if let Some(seconds) = retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, seconds);
    }
    response
}
