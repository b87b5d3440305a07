//! What browsers want to know before they show a page our answers.

use super::access::{allowed_origin, origin};
use super::detail::Detail;
use crate::api::Api;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, Method, StatusCode, header};

/// What a page may read besides the body.
pub const EXPOSED: &str = "Retry-After, Syncline-Partial, Syncline-Run";

/// Answers preflights, and says on every answer whom it is for: the one origin that asked, if it is one that may.
pub async fn cors(State(api): State<Api>, request: Request, next: Next) -> Response {
    let allowed =
        allowed_origin(&api, request.headers()).and_then(|origin| HeaderValue::from_str(origin).ok());
    let preflight = request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let known = origin(request.headers()).is_some();
    let mut response = match (preflight, &allowed) {
        (true, Some(_)) => preflight_answer(),
        (true, None) if known => {
            Detail::new(StatusCode::FORBIDDEN, "This origin is not in connect.allowed_origins.")
                .into_response()
        }
        _ => next.run(request).await,
    };
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Some(origin) = allowed {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
    }
    response
}

fn preflight_answer() -> Response {
    let headers = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "POST"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "Authorization, Content-Type"),
        (header::ACCESS_CONTROL_MAX_AGE, "600"),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}
