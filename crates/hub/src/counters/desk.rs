//! What the room shares within a process.

use super::change::Applier;
use super::redis::Servers;
use super::truth::Databases;
use std::fmt;
use std::sync::Arc;
use tokio::sync::Notify;

/// Cheap to clone.
#[derive(Clone, Default)]
pub struct Counters {
    pub(super) applier: Arc<Applier>,
    pub(super) servers: Arc<Servers>,
    pub(super) databases: Arc<Databases>,
    /// Something was changed in Redis through this process.
    pub(super) seen: Arc<Notify>,
}

impl fmt::Debug for Counters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Counters")
    }
}
