//! The hub: everything that waits or talks. Rooms meet through rows in the database and types of `syncline-core`, never by
//! calling each other's insides; [`app`] puts them together.

pub mod api;
pub mod app;
pub mod audit;
pub mod call;
pub mod cli;
pub mod config;
pub mod connect;
pub mod counters;
pub mod cx;
pub mod dice;
pub mod endpoints;
pub mod gather;
pub mod gauges;
pub mod handlers;
pub mod hold;
pub mod http;
pub mod intake;
pub mod item;
pub mod jobs;
pub mod keys;
pub mod lifecycle;
pub mod load;
pub mod news;
pub mod notify;
pub mod openapi;
pub mod popup;
pub mod portal;
pub mod program;
pub mod roles;
pub mod sealing;
pub mod setup;
pub mod sync;
pub mod telemetry;
pub mod wake;
