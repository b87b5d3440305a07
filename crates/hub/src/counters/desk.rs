//! What the room shares within a process.

use super::redis::Servers;
use crate::gather::Gather;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use syncline_store::StoreError;
use syncline_store::counters::changes::{Outcome, Request};
use syncline_store::outside::Outside;
use tokio::sync::{Mutex, Notify, oneshot};

/// Cheap to clone.
#[derive(Clone, Default)]
pub struct Counters {
    pub(super) changers: Arc<Gather<Waiting>>,
    pub(super) servers: Arc<Servers>,
    /// The databases of the configuration that were asked so far, by name.
    pub(super) databases: Arc<Mutex<HashMap<String, Outside>>>,
    /// Something was changed in Redis through this process.
    pub(super) seen: Arc<Notify>,
}

/// What a caller is told of its request.
pub(super) type Told = Result<Outcome, Arc<StoreError>>;

/// A caller who waits for a request to be carried out.
pub(super) struct Waiting {
    /// What is to be carried out.
    pub request: Request,
    /// Where the answer goes.
    pub reply: oneshot::Sender<Told>,
}

impl fmt::Debug for Counters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Counters")
    }
}
