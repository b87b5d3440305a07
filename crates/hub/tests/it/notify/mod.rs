//! Telling applications over HTTP: against receivers over real sockets, with a clock the test owns.

mod away;
mod bad_days;
mod crowded;
mod delivered;
mod flooded;
mod guard;
mod killed;
mod outside;
mod panics;
pub mod receiver;
mod scene;
mod stopped;
mod times;
mod together;
mod unkept;
