//! Counters against the sandbox's trigger, workflow and records.

mod budget;
pub mod compare;
mod keep;
mod killed;
mod looked_at;
mod order;
mod push;
mod redis;
pub mod scene;
mod truths;
