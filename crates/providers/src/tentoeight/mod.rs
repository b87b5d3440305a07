//! 10to8. What this folder knows and where from: its README.

mod account;
mod errors;
mod load;
mod record;
mod setup;
#[cfg(test)]
mod tests;
mod webhook;
mod write;

use crate::{DoorKeys, Provider, Reading, Unreadable, address, json};
use bytes::Bytes;
use syncline_core::door::{Door, RawHook, Refusal};
use syncline_core::time::Timestamp;

/// 10to8's enterprise API.
#[derive(Clone, Copy, Debug)]
pub struct TenToEight;

impl Provider for TenToEight {
    fn id(&self) -> &'static str {
        ID
    }

    fn knock(&self, hook: &RawHook<'_>, keys: &DoorKeys<'_>, _now: Timestamp) -> Result<usize, Refusal> {
        keys.address.ok_or(address::CLOSED)?.check(ID, hook.url).map(|_| usize::MAX)
    }

    fn door(&self, hook: &RawHook<'_>, keys: &DoorKeys<'_>, now: Timestamp) -> Door {
        webhook::door(hook, keys, now)
    }

    fn events(&self, body: &Bytes) -> Result<Vec<Reading>, Unreadable> {
        json::events(body, webhook::event)
    }

    fn split(&self, body: &Bytes, partitions: u32) -> Vec<(u32, Bytes)> {
        json::split_events(body, partitions, webhook::event)
    }
}

/// The provider's id.
pub(crate) const ID: &str = "tentoeight";
