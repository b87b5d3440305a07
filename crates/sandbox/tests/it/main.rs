//! The sandbox over real HTTP.

mod airtable;
mod control;
mod fidelity;
mod garbage;
mod hubspot;
mod notion;
mod story;
mod support;
mod tentoeight;
mod webhook_faults;
mod world;
