//! Notion. What this folder knows and where from: its README.

mod account;
mod call;
mod errors;
mod event;
mod load;
mod oauth;
mod partial;
mod query;
mod record;
mod search;
mod setup;
mod signature;
mod single;
#[cfg(test)]
mod tests;
mod webhook;
mod write;

use crate::wire::Call;
use crate::{DoorKeys, Provider, Reading, Unreadable, json};
use bytes::Bytes;
use http::HeaderValue;
use std::time::Duration;
use syncline_core::door::{Door, RawHook, Refusal};
use syncline_core::time::Timestamp;

/// Notion's public API.
#[derive(Clone, Copy, Debug)]
pub struct Notion;

impl Provider for Notion {
    fn id(&self) -> &'static str {
        ID
    }

    fn knock(&self, hook: &RawHook<'_>, _keys: &DoorKeys<'_>, _now: Timestamp) -> Result<usize, Refusal> {
        Ok(webhook::worth_reading(hook))
    }

    fn door(&self, hook: &RawHook<'_>, keys: &DoorKeys<'_>, _now: Timestamp) -> Door {
        webhook::door(hook, keys)
    }

    fn events(&self, body: &Bytes) -> Result<Vec<Reading>, Unreadable> {
        json::events(body, event::event)
    }

    fn split(&self, body: &Bytes, partitions: u32) -> Vec<(u32, Bytes)> {
        json::split_events(body, partitions, event::event)
    }
}

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
