//! Webhooks (Airtable facts 7): a ping without data, then payloads fetched by cursor.

pub(super) mod calls;
pub(super) mod hook;
pub(super) mod mac;
pub(super) mod observe;
pub(super) mod payload;
pub(super) mod ping;
pub(super) mod spec;
pub(super) mod transaction;
