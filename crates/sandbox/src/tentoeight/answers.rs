//! The shapes of answers and errors (10to8 facts 7). Every error is JSON: the demo program parses before it looks at the
//! status.

use super::settings::{Limits, Settings};
use axum::body::Body;
use axum::response::Response;
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// Field, or `non_field_errors`, to what is wrong with it.
pub(super) type Errors = Map<String, Value>;

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Refused {
    /// Nothing there, or not for this key.
    NotFound,
    /// `next` was not made here.
    WrongCursor,
    /// The input is wrong.
    Fields(Errors),
    /// The body is no JSON; why.
    Unparsable(String),
    /// The body is said to be of this type.
    UnsupportedType(String),
    /// Not this method; which ones.
    Method(String, &'static str),
    /// No key, or none that can be used; how it is worded.
    NoKey(&'static str),
    /// Too many requests; seconds until there may be another.
    Throttled(u64),
    /// There are bookings ahead.
    Booked,
}

/// JSON with this status.
pub(super) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    let text = serde_json::to_vec(body).unwrap_or_else(|_| b"{}".to_vec());
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    with(response, header::CONTENT_TYPE, "application/json")
}

/// An answer without a body.
pub(super) fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// `response` with a header more.
pub(super) fn with(mut response: Response, name: HeaderName, value: &str) -> Response {
    if let Ok(value) = HeaderValue::try_from(value) {
        response.headers_mut().insert(name, value);
    }
    response
}

fn detail(status: StatusCode, text: &str) -> Response {
    json(status, &json!({ "detail": text }))
}

/// 401, worded so.
pub(super) fn unauthorized(text: &str) -> Response {
    with(detail(StatusCode::UNAUTHORIZED, text), header::WWW_AUTHENTICATE, "Token")
}

/// 429: the wait in the header, the body, or wherever it is told.
pub(super) fn throttled(seconds: u64, limits: &Limits) -> Response {
    let unit = if seconds == 1 { "second" } else { "seconds" };
    let text = if limits.wait_in_body {
        format!("Request was throttled. Expected available in {seconds} {unit}.")
    } else {
        "Request was throttled.".to_owned()
    };
    let response = detail(StatusCode::TOO_MANY_REQUESTS, &text);
    if limits.wait_in_header { with(response, header::RETRY_AFTER, &seconds.to_string()) } else { response }
}

/// A server error.
pub(super) fn broken(status: StatusCode) -> Response {
    detail(status, "A server error occurred.")
}

/// One message about one field.
pub(super) fn wrong(field: &str, message: impl Into<String>) -> Refused {
    Refused::Fields(Map::from_iter([(field.to_owned(), json!([message.into()]))]))
}

impl Refused {
    /// As the client gets it.
    pub(super) fn answer(&self, settings: &Settings) -> Response {
        match self {
            Self::NotFound => detail(StatusCode::NOT_FOUND, "Not found."),
            Self::WrongCursor => detail(StatusCode::NOT_FOUND, "Invalid cursor"),
            Self::Fields(errors) => json(StatusCode::BAD_REQUEST, errors),
            Self::Unparsable(why) => detail(StatusCode::BAD_REQUEST, &format!("JSON parse error - {why}")),
            Self::UnsupportedType(media) => detail(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                &format!("Unsupported media type \"{media}\" in request."),
            ),
            Self::Method(method, allow) => with(
                detail(StatusCode::METHOD_NOT_ALLOWED, &format!("Method \"{method}\" not allowed.")),
                header::ALLOW,
                allow,
            ),
            Self::NoKey(text) => unauthorized(text),
            Self::Throttled(seconds) => throttled(*seconds, &settings.limits),
            Self::Booked => json(StatusCode::CONFLICT, &settings.deletion.conflict),
        }
    }
}
