//! HubSpot. What this folder knows and where from: its README.

mod event;
mod fields;
mod signature;
#[cfg(test)]
mod tests;
mod webhook;

use crate::{DoorKeys, Provider, Reading, Unreadable};
use bytes::Bytes;
use syncline_core::door::{Door, RawHook};
use syncline_core::time::Timestamp;

/// HubSpot's public API and webhooks.
#[derive(Clone, Copy, Debug)]
pub struct HubSpot;

impl Provider for HubSpot {
    fn id(&self) -> &'static str {
        ID
    }

    fn door(&self, hook: &RawHook<'_>, keys: &DoorKeys<'_>, now: Timestamp) -> Door {
        webhook::door(hook, keys, now)
    }

    fn events(&self, body: &Bytes) -> Result<Vec<Reading>, Unreadable> {
        event::events(body)
    }

    fn split(&self, body: &Bytes, partitions: u32) -> Vec<(u32, Bytes)> {
        event::split(body, partitions)
    }
}

/// The provider's id, also the first part of every dedupe key.
const ID: &str = "hubspot";
