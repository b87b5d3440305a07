//! Loading: an account's records read page by page under its budgets into the mirror, from checkpoint to checkpoint.

pub mod announced;
pub mod by_id;
pub mod engine;
mod finish;
pub mod hydrate;
mod lane;
mod reader;
pub mod request;
pub mod schedule;

pub use finish::named;
pub use request::{Asked, Wanted, cancel, ended, request, request_in, resumed};
