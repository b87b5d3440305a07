//! Counters that live in a Redis server, where the application itself may count.
//!
//! A change through Syncline is one script there: bounds, idempotency and the key's remaining life are looked at where the number is, so it
//! stands beside the application's own `INCR` as another client would. What the keys hold then is seen by whoever follows them
//! ([`super::observe`]); nothing else writes them into the database.

mod changes;
mod servers;

pub(super) use changes::{Repaired, apply, read, repair};
pub(super) use servers::{Servers, client};

use super::refusal::ChangeError;
use syncline_core::counters::definition::Keep;
use syncline_core::counters::redis_key::RedisKey;
use syncline_store::counters::definitions::Stored;

/// Where a definition's counters are: the server's name, what their keys are, how long they live in seconds.
pub(super) fn place(of: &Stored) -> Option<(&str, &RedisKey, u64)> {
    match &of.definition.store {
        Keep::Database => None,
        Keep::Redis { server, key, ttl_days } => Some((server, key, u64::from(*ttl_days) * 86_400)),
    }
}

pub(super) fn trouble(server: &str, why: &::redis::RedisError) -> ChangeError {
    // An error's text may have the address in it, with its password.
    let why = why.detail().filter(|_| !why.is_io_error()).unwrap_or(why.category()).to_owned();
    ChangeError::Redis { server: server.to_owned(), why }
}
