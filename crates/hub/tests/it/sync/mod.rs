//! Two-way sync, against the sandbox over HTTP.

mod first;
pub mod scene;
