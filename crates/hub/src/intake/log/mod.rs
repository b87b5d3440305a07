//! The intake log: where a delivery is durable before it is acknowledged. In the database by default, in Kafka by configuration.

pub mod database;
pub mod embedded;
pub mod kafka;
mod queue;

pub use queue::{Append, Waiting};

use std::time::Duration;
use syncline_core::segment::LoggedDelivery;

/// Why a delivery is not durable. The provider is told to come again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppendError {
    /// Too many wait already.
    Full,
    /// It did not commit in time. It may still commit; the retry is then a duplicate, which does no harm.
    Slow,
    /// The log refused: no database, no disk space, no broker.
    Refused,
}

/// The writing end of the log.
#[derive(Debug)]
pub struct IntakeLog {
    kind: Kind,
    patience: Duration,
}

#[derive(Debug)]
enum Kind {
    /// A writer that commits whatever waits as one row.
    Grouped(Append),
    Kafka(kafka::Producer),
    /// Accepts and forgets. For the benchmark's ceiling.
    Nowhere,
}

impl IntakeLog {
    /// A log whose writer takes deliveries from a queue and commits them in groups.
    #[must_use]
    pub fn grouped(append: Append, patience: Duration) -> Self {
        Self { kind: Kind::Grouped(append), patience }
    }

    /// A log in a Kafka topic.
    #[must_use]
    pub fn kafka(producer: kafka::Producer, patience: Duration) -> Self {
        Self { kind: Kind::Kafka(producer), patience }
    }

    /// A log that keeps nothing: what the intake would do if durability were free. Only the benchmark builds it.
    #[must_use]
    pub fn nowhere() -> Self {
        Self { kind: Kind::Nowhere, patience: Duration::ZERO }
    }

    /// Returns when `delivery` would survive a power cut.
    ///
    /// # Errors
    /// [`AppendError`]; the caller answers 503.
    pub async fn append(&self, delivery: LoggedDelivery) -> Result<(), AppendError> {
        match &self.kind {
            Kind::Grouped(append) => append.append(delivery, self.patience).await,
            Kind::Kafka(producer) => producer.append(&delivery, self.patience).await,
            Kind::Nowhere => Ok(()),
        }
    }
}
