//! Counters: numbers that live with the application, and a property at HubSpot that follows them.
//!
//! Definitions are kept with everything about them checked and what is secret sealed ([`keep`], [`seal`]). A change ([`change`]) shares a
//! transaction with others that came at the same time; nothing remote is in its way. The engine ([`engine`]) has three lanes for every
//! definition: trigger, write, look. It claims what is due, sends it ([`send`]) and settles what came of it as `core::counters::push`
//! decides. Counters that live in Redis are followed there ([`observe`]). Runs ([`reconcile`]) compare the truth ([`truth`]), the counter and
//! the property, page by page.
//!
//! **Invariant:** what may be sent is in the counter's row before it is sent, under a lease; a process that dies leaves a call of which
//! nobody knows what became of it.
//! **Invariant:** nothing that a lost bell would lose: whoever is woken also looks by itself.

mod ask;
pub mod change;
mod desk;
pub mod engine;
pub mod keep;
pub(crate) mod observe;
pub mod probe;
pub(crate) mod reconcile;
mod redis;
mod refusal;
pub mod request;
pub mod seal;
mod truth;
pub(crate) mod work;

pub use desk::Counters;
pub use keep::Refused;
