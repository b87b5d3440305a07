//! The sandbox over real HTTP.

mod airtable;
mod control;
mod fidelity;
mod hubspot;
mod notion;
mod support;
mod tentoeight;
mod world;
