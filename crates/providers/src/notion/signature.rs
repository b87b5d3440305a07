//! Notion's signature (Notion facts 8): HMAC-SHA256 over the raw body, under the verification token. There is no time in it:
//! what keeps a repetition from counting twice is the id of the event.

use http::{HeaderName, StatusCode};
use syncline_core::door::{RawHook, Refusal};
use syncline_core::secret::Secret;
use syncline_core::signature::{hex_matches, hmac_sha256};

/// `sha256=` and hexadecimal digits.
const SIGNATURE: HeaderName = HeaderName::from_static("x-notion-signature");

/// Whether one of the tokens signed this request. An empty one never did: anybody could sign with it.
pub fn verify(hook: &RawHook<'_>, tokens: &[&Secret]) -> Result<(), Refusal> {
    let written = hook.headers.get(SIGNATURE).ok_or(MISSING)?.as_bytes();
    let digits = written.strip_prefix(b"sha256=").ok_or(MISMATCH)?;
    let mac = |token: &Secret| hmac_sha256(token.expose().as_bytes(), &[hook.body]);
    let genuine = tokens.iter().any(|token| !token.is_empty() && hex_matches(&mac(token), digits));
    if genuine { Ok(()) } else { Err(MISMATCH) }
}

/// Whether the request is signed at all.
pub fn is_there(hook: &RawHook<'_>) -> bool {
    hook.headers.contains_key(SIGNATURE)
}

const MISSING: Refusal = refusal("signature_missing", "the request has no X-Notion-Signature");
const MISMATCH: Refusal = refusal(
    "signature_mismatch",
    "the signature was not made with this app's verification token over this body",
);

const fn refusal(code: &'static str, detail: &'static str) -> Refusal {
    Refusal { status: StatusCode::UNAUTHORIZED, code, detail }
}
