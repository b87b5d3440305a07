//! Why changes of counters are not carried out.

use std::sync::Arc;
use syncline_store::StoreError;

/// Why a request was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// There is no such definition, or not for this caller; its id.
    #[error("there is no counter {0}")]
    NoDefinition(String),
    /// The definitions are of several organizations.
    #[error("the counters belong to different organizations")]
    Mixed,
    /// More at once than [`MOST_ITEMS`].
    #[error("a request has {0} changes; at most {MOST_ITEMS} are taken at once")]
    TooMany(usize),
    /// Its idempotency key was used with another request.
    #[error("this idempotency key was used with another request: use a new key for a new change")]
    AnotherRequest,
    /// More wait already than can be kept soon.
    #[error("too many changes wait to be kept; try again in a moment")]
    Busy,
    /// The Redis server that the counters live in is away, or does not do what it is asked. With an idempotency key it can be tried again.
    #[error("the Redis server {server:?} cannot be used: {why}")]
    Redis {
        /// Its name in the configuration.
        server: String,
        /// What is wrong, for people.
        why: String,
    },
    /// The database. Nobody knows whether it was carried out: with an idempotency key it can be tried again.
    #[error(transparent)]
    Store(Arc<StoreError>),
}

impl From<StoreError> for ChangeError {
    fn from(error: StoreError) -> Self {
        Self::Store(Arc::new(error))
    }
}

/// Changes in one request, at most.
pub const MOST_ITEMS: usize = 1_000;
