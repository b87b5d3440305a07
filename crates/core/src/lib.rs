//! The pure heart of Syncline: decisions as functions of their inputs.
//!
//! **Invariant:** no sockets, no SQL, no files, no clock and no dice. Whoever needs the time takes a
//! [`time::Timestamp`]; whoever needs chance takes a `&mut dyn Rng`. The manifest lists no I/O crate and a test
//! keeps it so.

pub mod budget;
pub mod counters;
pub mod cursor;
pub mod door;
pub mod event;
pub mod fair;
pub mod notify;
pub mod oauth;
pub mod record;
pub mod renewal;
pub mod schedule;
pub mod seal;
pub mod secret;
pub mod segment;
pub mod signature;
pub mod sync;
pub mod time;
