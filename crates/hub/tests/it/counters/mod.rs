//! Counters against the sandbox's trigger, workflow and records.

mod compare;
mod keep;
mod killed;
mod looked_at;
