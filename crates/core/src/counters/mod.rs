//! Counters: numbers that live with the application, and a provider's property that follows them; decided without clock, dice or wire.
//!
//! What a counter is ([`definition`], with its [`payload`], its [`trigger`], its [`redis_key`] and its [`truth`]), what a change does to
//! it ([`change`]), how its latest value gets to the property through a call whose answer says nothing ([`push`]), and whether three
//! places agree ([`reconcile`], told in [`news`]). Sources: HubSpot facts 3.3, 3.5 and 8.1.
//!
//! **Invariant:** a counter is an integer that a JSON number holds exactly ([`change::MOST`]).
//! **Invariant:** a value is sent only when no call with another value can take effect any more.
//! **Invariant:** what is not known is never taken for zero: not a vanished key, not a source without an answer, not an empty property.

pub mod change;
pub mod definition;
pub mod news;
pub mod payload;
pub mod push;
pub mod reconcile;
pub mod redis_key;
pub mod trigger;
pub mod truth;
