//! Telling applications over HTTP: against receivers over real sockets, with a clock the test owns.

mod bad_days;
mod delivered;
mod guard;
mod killed;
mod panics;
pub mod receiver;
mod scene;
mod times;
mod together;
