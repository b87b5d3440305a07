//! Webhooks: settings, subscriptions, deliveries.

mod deliveries;
mod desk;
mod entrance;
mod events;
mod retries;
pub(super) mod scene;
mod settings;
mod story;
mod subscriptions;
