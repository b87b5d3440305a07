//! Notifying: what applications publish and what happens in the hub, told to endpoints over HTTP.
//!
//! Publishing ([`publish`]) gathers callers into one transaction that keeps the messages and their deliveries, and hands what it wrote to
//! the engine in the same process. The engine ([`engine`]) has a lane for every endpoint ([`lanes`]): it claims what is due, sends it
//! through the guarded client ([`exchange`]), decides with `core::notify::verdict` what follows, and settles many attempts at once
//! ([`settle`]). What other rooms queued in their own transactions becomes messages there too ([`outbox`]).
//!
//! **Invariant:** what is committed is delivered: nothing depends on what is handed over in memory. A process that dies leaves leases, and
//! whoever finds them ended sends again, under the same id.
//! **Invariant:** a URL that somebody entered is called by nobody but [`exchange`].

mod caught;
mod claim;
mod desk;
pub mod engine;
pub mod exchange;
pub mod guard;
mod keep;
mod lanes;
mod outbox;
mod publish;
mod settle;
mod signals;
mod terms;
mod test;

pub(crate) use caught::caught;
pub use desk::Notify;
pub use keep::{
    Headers, HeadersRefused, UrlRefused, check_url, open_headers, open_secret, policy, reseal, seal_headers,
    seal_secret, sealing_keys,
};
pub use publish::{Draft, PublishError, Receipt, publish};
pub use signals::{changed, mint};
pub use test::{TestError, test};
