//! The webhooks journal (HubSpot facts 6.7).

mod feed;
mod lifecycle;
mod reader;
mod snapshots;
mod subscriptions;
