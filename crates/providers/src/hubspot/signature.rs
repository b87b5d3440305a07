//! HubSpot's request signatures, versions 1, 2 and 3, over the raw bytes.

use crate::DoorKeys;
use http::{HeaderName, StatusCode};
use std::borrow::Cow;
use std::time::Duration;
use syncline_core::door::{RawHook, Refusal};
use syncline_core::signature::{base64_matches, hex_matches, hmac_sha256, sha256};
use syncline_core::time::Timestamp;

/// Version 3: HMAC-SHA256 in base 64.
const V3: HeaderName = HeaderName::from_static("x-hubspot-signature-v3");
/// Version 3: when the request was signed, in milliseconds.
const TIMESTAMP: HeaderName = HeaderName::from_static("x-hubspot-request-timestamp");
/// Versions 1 and 2: SHA-256 in hexadecimal digits.
const OLDER: HeaderName = HeaderName::from_static("x-hubspot-signature");
/// Which of the two the older one is.
const OLDER_VERSION: HeaderName = HeaderName::from_static("x-hubspot-signature-version");

/// How far a version 3 timestamp may be from our clock, in either direction. HubSpot's own libraries only look
/// back, which would let somebody with a signature dated ahead keep it for later.
const WINDOW: Duration = Duration::from_secs(5 * 60);

/// Whether the app's secret signed this request.
///
/// When a version 3 signature is there it alone decides: HubSpot sends it beside the older one, and to fall back to
/// the weaker scheme (no timestamp, and open to appending bytes to a body) when the stronger one fails would make the
/// stronger one pointless.
pub fn verify(hook: &RawHook<'_>, keys: &DoorKeys<'_>, now: Timestamp) -> Result<(), Refusal> {
    let genuine = if let Some(signature) = hook.headers.get(V3) {
        let sent_at = timestamp(hook, now)?;
        let url = signed_url(hook.url);
        let parts = [hook.method.as_str().as_bytes(), url.as_bytes(), hook.body, sent_at];
        any_secret(keys, |secret| base64_matches(&hmac_sha256(secret, &parts), signature.as_bytes()))
    } else if let Some(signature) = hook.headers.get(OLDER) {
        let signature = signature.as_bytes();
        match hook.headers.get(OLDER_VERSION).map(|version| version.as_bytes()) {
            None | Some(b"v1") => {
                any_secret(keys, |secret| hex_matches(&sha256(&[secret, hook.body]), signature))
            }
            Some(b"v2") => any_secret(keys, |secret| {
                let parts = [secret, hook.method.as_str().as_bytes(), hook.url.as_bytes(), hook.body];
                hex_matches(&sha256(&parts), signature)
            }),
            Some(_) => return Err(UNKNOWN_VERSION),
        }
    } else {
        return Err(MISSING);
    };
    if genuine { Ok(()) } else { Err(MISMATCH) }
}

/// Whether the head alone rules it out that [`verify`] finds a signature: there is none, or one of another time.
pub fn knock(hook: &RawHook<'_>, now: Timestamp) -> Result<(), Refusal> {
    if hook.headers.contains_key(V3) {
        return timestamp(hook, now).map(|_| ());
    }
    if hook.headers.contains_key(OLDER) { Ok(()) } else { Err(MISSING) }
}

/// Whether one of the secrets fits. An empty one never does: anybody could sign with it.
fn any_secret(keys: &DoorKeys<'_>, fits: impl Fn(&[u8]) -> bool) -> bool {
    keys.secrets.iter().any(|secret| !secret.is_empty() && fits(secret.expose().as_bytes()))
}

/// The version 3 timestamp as it was sent, once it is known to be near enough to `now`.
fn timestamp<'a>(hook: &RawHook<'a>, now: Timestamp) -> Result<&'a [u8], Refusal> {
    let written = hook.headers.get(TIMESTAMP).ok_or(NO_TIMESTAMP)?.as_bytes();
    let digits = written.iter().all(u8::is_ascii_digit);
    let sent_at: i64 = std::str::from_utf8(written)
        .ok()
        .filter(|_| digits)
        .and_then(|t| t.parse().ok())
        .ok_or(NO_TIMESTAMP)?;
    let apart = Duration::from_millis(now.as_millis().abs_diff(sent_at));
    if apart <= WINDOW { Ok(written) } else { Err(STALE) }
}

/// The URL as version 3 signs it: a dozen escapes decoded, all others left as they are. Both cases of the digits are
/// understood; that HubSpot means both is our guess.
fn signed_url(url: &str) -> Cow<'_, str> {
    let Some(first) = url.find('%') else { return Cow::Borrowed(url) };
    let (head, mut rest) = url.split_at(first);
    let mut decoded = String::with_capacity(url.len());
    decoded.push_str(head);
    while let Some(c) = rest.chars().next() {
        let (c, length) = rest.get(..3).and_then(unescape).map_or((c, c.len_utf8()), |plain| (plain, 3));
        decoded.push(c);
        rest = &rest[length..];
    }
    Cow::Owned(decoded)
}

/// The character behind one of the escapes that version 3 decodes.
fn unescape(escape: &str) -> Option<char> {
    const TABLE: [(&str, char); 12] = [
        ("%3A", ':'),
        ("%2F", '/'),
        ("%3F", '?'),
        ("%40", '@'),
        ("%21", '!'),
        ("%24", '$'),
        ("%27", '\''),
        ("%28", '('),
        ("%29", ')'),
        ("%2A", '*'),
        ("%2C", ','),
        ("%3B", ';'),
    ];
    TABLE.iter().find(|(written, _)| written.eq_ignore_ascii_case(escape)).map(|(_, plain)| *plain)
}

const MISSING: Refusal =
    refusal("signature_missing", "the request has neither X-HubSpot-Signature-v3 nor X-HubSpot-Signature");
const UNKNOWN_VERSION: Refusal =
    refusal("signature_unknown_version", "X-HubSpot-Signature-Version is neither v1 nor v2");
const NO_TIMESTAMP: Refusal = refusal(
    "signature_timestamp_unreadable",
    "X-HubSpot-Request-Timestamp is missing or not a number of milliseconds",
);
const STALE: Refusal =
    refusal("signature_stale", "X-HubSpot-Request-Timestamp is more than five minutes from this clock");
const MISMATCH: Refusal = refusal(
    "signature_mismatch",
    "the signature was not made with this app's client secret over this method, URL and body",
);

const fn refusal(code: &'static str, detail: &'static str) -> Refusal {
    Refusal { status: StatusCode::UNAUTHORIZED, code, detail }
}
