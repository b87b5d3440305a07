//! The log beside SQLite: a thread that owns the file, gathers what waits, and flushes it to disk once for all.

use super::queue::{Append, Group, Queue, queue};
use crate::telemetry::metrics;
use crate::wake::Wake;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use syncline_core::time::Clock;
use syncline_store::StoreError;
use syncline_store::embedded_log::LogWriter;

/// Rows deleted at a time, between two groups: bounds how long a webhook waits behind tidying up.
const TRIM_ROWS: u32 = 32;

/// How far the log was read, so that the writer can delete what is behind.
pub type ReadPosition = Arc<AtomicI64>;

/// Starts the writer; it ends when the last [`Append`] is dropped.
///
/// # Errors
/// [`StoreError`] when the file cannot be opened.
pub fn start(
    path: &Path,
    read: ReadPosition,
    capacity: usize,
    clock: Arc<dyn Clock>,
    wake: Wake,
) -> Result<Append, StoreError> {
    let writer = LogWriter::open(path, read.load(Ordering::Acquire))?;
    let (append, deliveries) = queue(capacity);
    let trimmed = read.load(Ordering::Acquire);
    let thread = Thread { writer, read, trimmed, clock, wake };
    std::thread::Builder::new()
        .name("intake-log".to_owned())
        .spawn(move || thread.run(deliveries))
        .map_err(|error| StoreError::Setup(format!("cannot start the log's thread: {error}")))?;
    Ok(append)
}

struct Thread {
    writer: LogWriter,
    read: ReadPosition,
    trimmed: i64,
    clock: Arc<dyn Clock>,
    wake: Wake,
}

impl Thread {
    fn run(mut self, mut deliveries: Queue) {
        while let Some(first) = deliveries.blocking_recv() {
            let group = Group::gather(first, &mut deliveries);
            let outcome = self.writer.append(group.len(), &group.encode(), self.clock.now());
            if let Err(error) = &outcome {
                metrics::log_failed();
                tracing::error!(%error, "the intake log cannot write; webhooks are answered 503");
            }
            group.settle(outcome.is_ok());
            if outcome.is_ok() {
                self.wake.log.notify_one();
            }
            self.trim();
        }
    }

    /// Deletes a few rows that were read. Also after a failure: on a full disk that is what makes room.
    fn trim(&mut self) {
        let read = self.read.load(Ordering::Acquire);
        if read <= self.trimmed {
            return;
        }
        match self.writer.trim(read, TRIM_ROWS) {
            Ok(rows) if rows < TRIM_ROWS as usize => self.trimmed = read,
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "cannot delete read rows from the intake log"),
        }
    }
}
