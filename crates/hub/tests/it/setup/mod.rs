//! Setting up simulated accounts, and what comes of it: webhooks that arrive where the hub really listens.

mod airtable;
mod cli;
mod hubspot;
mod notion;
mod portal;
pub mod scene;
mod tentoeight;
