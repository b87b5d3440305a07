//! Airtable. What this folder knows and where from: its README.

mod account;
mod call;
mod errors;
mod hooks;
mod load;
mod oauth;
pub mod payloads;
mod read;
mod record;
mod setup;
#[cfg(test)]
mod tests;
mod walk;
mod webhook;
mod write;

use crate::{DoorKeys, Provider, Reading, Unreadable, address, json};
use bytes::Bytes;
use syncline_core::door::{Door, RawHook, Refusal};
use syncline_core::time::Timestamp;

/// Airtable's web API.
#[derive(Clone, Copy, Debug)]
pub struct Airtable;

impl Provider for Airtable {
    fn id(&self) -> &'static str {
        ID
    }

    fn knock(&self, hook: &RawHook<'_>, keys: &DoorKeys<'_>, _now: Timestamp) -> Result<usize, Refusal> {
        keys.address.ok_or(address::CLOSED)?.check(ID, hook.url).map(|_| usize::MAX)
    }

    fn door(&self, hook: &RawHook<'_>, keys: &DoorKeys<'_>, _now: Timestamp) -> Door {
        webhook::door(hook, keys)
    }

    fn events(&self, body: &Bytes) -> Result<Vec<Reading>, Unreadable> {
        json::events(body, webhook::event)
    }

    fn split(&self, body: &Bytes, partitions: u32) -> Vec<(u32, Bytes)> {
        json::split_events(body, partitions, webhook::event)
    }
}

/// The provider's id.
pub(crate) const ID: &str = "airtable";
