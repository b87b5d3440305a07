//! The hub as a whole: real HTTP, real databases, real Kafka, a clock the test owns.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod api;
mod bad_input;
mod canaries;
mod cli;
mod config;
mod connect;
mod connections_api;
mod crash;
mod delivery;
mod export;
mod filters;
mod intake;
mod integrations;
mod jobs;
mod kafka;
mod load;
mod notify;
mod outage;
mod parked;
mod popup;
mod portal;
mod portal_connections;
mod portal_events;
mod portal_records;
mod portal_records_views;
mod portal_syncs;
mod portal_views;
mod records_api;
mod retention;
mod sandbox;
mod secrets;
mod setup;
mod simulated;
mod stream;
mod support;
mod sync;
mod syncs_api;
mod syncs_api_rows;
mod syncs_api_scene;
mod syncs_api_walk;
mod syncs_cli;
mod telemetry;
mod timeline;
mod wake;
