//! The portal's style sheet, scripts and icons: built in, addressed by what is in them, cached for ever.

use super::views::Assets;
use axum::extract::Path;
use axum::response::{IntoResponse as _, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use http::{HeaderMap, StatusCode, header};
use sha2::{Digest as _, Sha256};
use std::io::Write as _;
use std::sync::LazyLock;

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
    "operate.css" "text/css; charset=utf-8";
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

/// The files as most browsers want them, a quarter of the size: in the order of the list, packed when the first is asked for.
static PACKED: LazyLock<Vec<Vec<u8>>> =
    LazyLock::new(|| FILES.iter().map(|(.., bytes)| packed(bytes)).collect());

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::with_capacity(bytes.len() / 2), Compression::best());
    packer.write_all(bytes).and_then(|()| packer.finish()).expect("a Vec takes every write")
}

/// `GET /portal/assets/{name}`.
pub(super) async fn serve(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let Some(place) = FILES.iter().position(|(file, ..)| *file == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let (_, kind, bytes) = FILES[place];
    let about = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::VARY, "accept-encoding"),
    ];
    if !takes_gzip(&headers) {
        return (about, bytes).into_response();
    }
    (about, [(header::CONTENT_ENCODING, "gzip")], PACKED[place].as_slice()).into_response()
}

/// Whether whoever asks can unpack.
fn takes_gzip(headers: &HeaderMap) -> bool {
    let named = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    named.flat_map(|line| line.split(',')).any(|one| {
        let (name, weight) = one.split_once(';').unwrap_or((one, ""));
        name.trim() == "gzip" && !matches!(weight.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn only_who_can_unpack_gets_it_packed() {
        let asks = |value: &'static str| {
            takes_gzip(&HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(value))]))
        };
        assert!(asks("gzip") && asks("deflate, gzip;q=0.5, br") && asks("br,gzip"));
        assert!(!asks("br") && !asks("gzip;q=0") && !asks("x-gzip2") && !takes_gzip(&HeaderMap::new()));
    }

    #[test]
    fn a_page_with_everything_it_may_use_stays_small() {
        let all: usize = PACKED.iter().map(Vec::len).sum();
        assert!(all < 40_000, "{all} bytes beside the page itself, which is below 60,000");
    }
}
