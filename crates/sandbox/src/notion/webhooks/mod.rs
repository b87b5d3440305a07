//! Webhooks: subscriptions with their handshake, events that are gathered per entity, deliveries that are repeated
//! (Notion facts 8).

pub(crate) mod aggregate;
pub(crate) mod control;
pub(crate) mod deliver;
pub(crate) mod event;
pub(crate) mod office;
pub(crate) mod signature;
