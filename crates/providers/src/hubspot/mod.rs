//! HubSpot. What this folder knows and where from: its README.

mod account;
mod app_api;
mod change;
pub mod counters;
mod errors;
mod event;
mod fields;
mod kind;
mod load;
mod oauth;
mod properties;
mod read;
mod record;
mod search;
mod setup;
mod signature;
mod subscriptions;
#[cfg(test)]
mod tests;
mod walk;
mod webhook;
mod write;

use crate::{DoorKeys, Provider, Reading, Unreadable};
use bytes::Bytes;
use syncline_core::door::{Door, RawHook, Refusal};
use syncline_core::time::Timestamp;

/// HubSpot's public API and webhooks.
#[derive(Clone, Copy, Debug)]
pub struct HubSpot;

impl Provider for HubSpot {
    fn id(&self) -> &'static str {
        ID
    }

    fn knock(&self, hook: &RawHook<'_>, _keys: &DoorKeys<'_>, now: Timestamp) -> Result<usize, Refusal> {
        signature::knock(hook, now).map(|()| usize::MAX)
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
pub(crate) const ID: &str = "hubspot";

/// The version in the paths of HubSpot's API. The newest that is current (HubSpot facts 10): out since 2026-09-08 and good
/// for 18 months, half a year longer than the one before it; the one recorded run of all calls was made against it.
const VERSION: &str = "2026-09";
