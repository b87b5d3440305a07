//! The hub as a whole: real HTTP, real databases, real Kafka, a clock the test owns.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod api;
mod bad_input;
mod cli;
mod config;
mod connections_api;
mod crash;
mod delivery;
mod filters;
mod intake;
mod integrations;
mod jobs;
mod kafka;
mod outage;
mod parked;
mod popup;
mod portal;
mod portal_events;
mod portal_views;
mod retention;
mod sandbox;
mod secrets;
mod simulated;
mod stream;
mod support;
mod telemetry;
mod timeline;
mod wake;
