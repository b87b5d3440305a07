//! A job's lease as its worker knows it: what must not be done twice asks it first.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use syncline_core::time::{Clock, Timestamp};

/// Until when a job is its worker's, for certain.
#[derive(Clone, Debug)]
pub struct Hold {
    clock: Arc<dyn Clock>,
    until: Arc<AtomicI64>,
}

impl Hold {
    /// Of a job that was claimed until then.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, until: Timestamp) -> Self {
        Self { clock, until: Arc::new(AtomicI64::new(until.as_millis())) }
    }

    /// Whether nobody else can have claimed the job yet. A process that slept through its lease finds that out here.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.clock.now().as_millis() < self.until.load(Ordering::Acquire)
    }

    /// The lease was renewed.
    pub(crate) fn renewed(&self, until: Timestamp) {
        self.until.fetch_max(until.as_millis(), Ordering::AcqRel);
    }
}
