//! `GET /connect.js`: the script that other people's pages load.

use axum::response::{IntoResponse as _, Response};
use http::{HeaderName, header};

/// The script. Pages on any origin may load it; what it may then do, the token and `connect.allowed_origins` say.
pub(super) async fn script() -> Response {
    (
        [
            (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
            // Its address never changes, so it is asked for again after an hour.
            (header::CACHE_CONTROL, "public, max-age=3600"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"),
        ],
        include_str!("assets/connect.js"),
    )
        .into_response()
}
