//! The hub as a whole: real HTTP, real databases, real Kafka, a clock the test owns.

mod api;
mod bad_input;
mod cli;
mod config;
mod crash;
mod delivery;
mod filters;
mod intake;
mod jobs;
mod kafka;
mod outage;
mod parked;
mod portal;
mod portal_events;
mod portal_views;
mod retention;
mod secrets;
mod stream;
mod support;
mod telemetry;
mod timeline;
