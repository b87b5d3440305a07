//! HTTP as all rooms speak it: one server, one shape of error.

mod busy;
pub mod client;
pub mod problem;
pub mod server;
pub mod strict;

pub use problem::Problem;

use axum::response::{IntoResponse as _, Response};
use http::{StatusCode, header};

/// A JSON answer written straight from `value`: raw parts of it stay byte for byte what they were.
pub fn json(value: &impl serde::Serialize) -> Response {
    match serde_json::to_vec(value) {
        Ok(body) => ([(header::CONTENT_TYPE, "application/json")], body).into_response(),
        Err(error) => {
            tracing::error!(%error, "an answer cannot be written as JSON");
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "The answer cannot be written.")
                .into_response()
        }
    }
}
