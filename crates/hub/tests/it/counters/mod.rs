//! Counters against the sandbox's trigger, workflow and records.

mod compare;
mod keep;
mod killed;
mod looked_at;
mod order;
mod push;
mod redis;
mod scene;
mod truths;
