//! Two-way sync, against the sandbox over HTTP.

mod acts;
mod better;
mod first;
mod others;
mod parity;
pub mod scene;
