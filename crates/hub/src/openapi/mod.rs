//! The API, described: an OpenAPI 3.1 document, served, printed, and turned into `docs/api.md`.
//!
//! What handlers take and answer is written down here by hand, a file for each tag in `rooms`. Tests keep it true: every answer that a test
//! gets is compared with it, every route and every parameter there is.

mod codes;
mod compose;
mod operation;
mod reference;
mod rooms;
mod sample;
mod schema;
mod told;

pub use codes::{CODES, status_of};
pub use reference::reference;

use crate::http::json;
use axum::response::Response;
use serde_json::Value;
use std::sync::LazyLock;

static DOCUMENT: LazyLock<Value> = LazyLock::new(compose::document);

/// The document.
#[must_use]
pub fn document() -> &'static Value {
    &DOCUMENT
}

/// `GET /v1/openapi.json`: for everybody, since it says nothing about this hub but its version.
pub async fn serve() -> Response {
    json(document())
}
