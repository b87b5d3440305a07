//! The portal's style sheet, scripts and icons: built in, addressed by what is in them, cached for ever.

use super::views::Assets;
use axum::extract::Path;
use axum::response::{IntoResponse as _, Response};
use http::{StatusCode, header};
use sha2::{Digest as _, Sha256};

macro_rules! assets {
    ($($name:literal $kind:literal;)*) => {
        const FILES: &[(&str, &str, &[u8])] =
            &[$(($name, $kind, include_bytes!(concat!("assets/", $name)).as_slice())),*];
    };
}

assets! {
    "portal.css" "text/css; charset=utf-8";
    "portal.js" "text/javascript; charset=utf-8";
    "events.js" "text/javascript; charset=utf-8";
    "popup.js" "text/javascript; charset=utf-8";
    "syncs.css" "text/css; charset=utf-8";
    "endpoints.css" "text/css; charset=utf-8";
    "counters.css" "text/css; charset=utf-8";
    "demo.css" "text/css; charset=utf-8";
    "refresh.js" "text/javascript; charset=utf-8";
    "theme.js" "text/javascript; charset=utf-8";
    "icons.svg" "image/svg+xml";
    "favicon.svg" "image/svg+xml";
}

/// Where the assets of this build are.
pub(crate) fn assets() -> Assets {
    let mut hash = Sha256::new();
    for (name, _, bytes) in FILES {
        hash.update(name.as_bytes());
        hash.update(bytes);
    }
    Assets { version: data_encoding::HEXLOWER.encode(&hash.finalize()[..6]) }
}

/// `GET /portal/assets/{name}`.
pub(super) async fn serve(Path(name): Path<String>) -> Response {
    match FILES.iter().find(|(file, ..)| *file == name) {
        Some((_, kind, bytes)) => (
            [
                (header::CONTENT_TYPE, *kind),
                (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
                (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            ],
            *bytes,
        )
            .into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
