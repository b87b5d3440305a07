//! Notion. What this folder knows and where from: its README.

mod account;
mod errors;
mod oauth;
#[cfg(test)]
mod tests;

use crate::wire::Call;
use http::HeaderValue;

/// Notion's public API.
#[derive(Clone, Copy, Debug)]
pub struct Notion;

/// The provider's id.
pub(crate) const ID: &str = "notion";

/// The version of every call: the newest there is (Notion facts 1). Which shapes objects have depends on it, not on the
/// path.
const VERSION: &str = "2026-03-11";

/// The same call, saying which version it is written for.
fn versioned(mut call: Call) -> Call {
    call.headers.insert("notion-version", HeaderValue::from_static(VERSION));
    call
}
