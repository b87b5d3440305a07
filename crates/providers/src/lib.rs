//! What each provider says on the wire: requests built, responses and webhooks read, nothing ever sent.
//!
//! **Invariant:** no sockets, no SQL, no files, no clock and no dice; the manifest lists no I/O crate and a test keeps
//! it so. **Invariant:** no provider's folder mentions another's. A new provider is one folder, one line in
//! [`connect::CONNECTORS`], one each in [`load::LOADERS`], [`write::WRITERS`] and [`setup::SETUPS`] and, if it sends
//! webhooks, one in [`PROVIDERS`]; the folders have the same file names for the same things.

pub mod address;
pub mod airtable;
pub mod connect;
pub mod hubspot;
mod json;
#[cfg(test)]
mod knocking;
pub mod load;
pub mod notion;
mod oauth;
mod objects;
#[cfg(test)]
mod preparing;
pub mod setup;
pub mod tentoeight;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod walking;
pub mod wire;
pub mod write;
#[cfg(test)]
mod writing;

use bytes::Bytes;
use std::fmt::Debug;
use syncline_core::door::{Door, RawHook, Refusal};
use syncline_core::event::Event;
use syncline_core::secret::Secret;
use syncline_core::time::Timestamp;

/// Every provider whose webhooks are understood.
pub static PROVIDERS: &[&dyn Provider] =
    &[&hubspot::HubSpot, &notion::Notion, &airtable::Airtable, &tentoeight::TenToEight];

/// The provider that goes by `id` in URLs, rows and configuration.
#[must_use]
pub fn by_id(id: &str) -> Option<&'static dyn Provider> {
    PROVIDERS.iter().copied().find(|provider| provider.id() == id)
}

/// What the engine needs to know of a provider. Plain synchronous functions of their inputs.
pub trait Provider: Debug + Sync {
    /// Its name in URLs, rows and configuration: lower case, for ever the same.
    fn id(&self) -> &'static str;

    /// What a webhook's head tells alone, before any of its body is read (`hook.body` is empty): how many bytes of body are worth reading,
    /// at most. What it refuses, [`Provider::door`] would refuse alike.
    ///
    /// # Errors
    /// The refusal to answer: nothing this provider could have sent.
    fn knock(&self, hook: &RawHook<'_>, keys: &DoorKeys<'_>, now: Timestamp) -> Result<usize, Refusal>;

    /// Whether to take a webhook in, decided before anything of it is stored: first whether it comes from the provider (a
    /// signature over the raw bytes, or where there is none, our own address), then a look at whether the body is something
    /// that can be taken apart. What it accepts goes to the log as an array of events, whatever shape the provider sends.
    fn door(&self, hook: &RawHook<'_>, keys: &DoorKeys<'_>, now: Timestamp) -> Door;

    /// Takes a body from the log apart, later and apart from the request. What cannot be read comes back as such, to be
    /// parked: one bad event must not hold up the others. The raw forms are slices of `body`.
    ///
    /// # Errors
    /// The whole body as [`Unreadable`] when not even its events can be told apart. A body that passed the door never
    /// gives this.
    fn events(&self, body: &Bytes) -> Result<Vec<Reading>, Unreadable>;

    /// Divides an accepted body by account and object over `partitions` (at least 1), so that everything about one
    /// object goes the same way and stays in order. Each part is a body that [`Provider::events`] can read; together
    /// they hold every event once, byte for byte. The choice of partition is the same in every version.
    fn split(&self, body: &Bytes, partitions: u32) -> Vec<(u32, Bytes)>;
}

/// What a door may check a webhook with.
#[derive(Clone, Copy, Debug, Default)]
pub struct DoorKeys<'a> {
    /// The app's secrets: the current one first, then the one before while it is being rotated. Empty secrets match
    /// nothing. Notion's are verification tokens.
    pub secrets: &'a [&'a Secret],
    /// How our own address is made, for providers that sign nothing that could be checked here. Without it their doors are
    /// closed.
    pub address: Option<address::Address<'a>>,
}

/// What became of one element of a webhook's body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    /// An event, ready to be stored.
    Event(Event),
    /// Something that is not an event as we know them; kept for a human to look at.
    Unreadable(Unreadable),
}

/// Bytes that could not be read, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// Stable words for what is wrong, without anything from the bytes.
    pub reason: &'static str,
    /// The bytes exactly as they came.
    pub raw: Bytes,
}
