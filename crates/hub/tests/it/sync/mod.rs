//! Two-way sync, against the sandbox over HTTP.

mod acts;
mod better;
mod faults;
mod first;
mod killed;
mod others;
mod parity;
pub mod scene;
