//! HubSpot over real HTTP.

mod access;
mod account;
mod associations;
mod journal;
mod objects;
mod properties;
mod search;
mod webhooks;
mod workflows;
