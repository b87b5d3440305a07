//! Notion. What this folder knows and where from: its README.

mod account;
mod call;
mod errors;
mod load;
mod oauth;
mod partial;
mod query;
mod record;
mod search;
mod single;
#[cfg(test)]
mod tests;

use crate::wire::Call;
use http::HeaderValue;
use std::time::Duration;

/// Notion's public API.
#[derive(Clone, Copy, Debug)]
pub struct Notion;

/// The provider's id.
pub(crate) const ID: &str = "notion";

/// The version of every call: the newest there is (Notion facts 1). Which shapes objects have depends on it, not on the
/// path.
const VERSION: &str = "2026-03-11";

/// Times of edits are told in whole minutes (Notion facts 7).
const MINUTE: Duration = Duration::from_secs(60);

/// The same call, saying which version it is written for.
fn versioned(mut call: Call) -> Call {
    call.headers.insert("notion-version", HeaderValue::from_static(VERSION));
    call
}
