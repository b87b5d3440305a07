//! The log beside SQLite: what waits is gathered into a group, and a thread that owns the file flushes it to disk once
//! for all of them.

use super::queue::{Append, Group, Queue, queue};
use crate::telemetry::metrics;
use crate::wake::Wake;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::mpsc::{self, Receiver, SyncSender};
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
    failed_at: Arc<AtomicI64>,
) -> Result<Append, StoreError> {
    let writer = LogWriter::open(path, read.load(Ordering::Acquire))?;
    let (append, deliveries) = queue(capacity);
    let trimmed = read.load(Ordering::Acquire);
    let thread = Thread { writer, read, trimmed, clock, wake, failed_at };
    // One ready group may wait, so that the next is encoded while this one is flushed to disk.
    let (ready, groups) = mpsc::sync_channel(1);
    spawn("intake-encode", move || encode(deliveries, &ready))?;
    spawn("intake-log", move || thread.run(&groups))?;
    Ok(append)
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<(), StoreError> {
    let thread = std::thread::Builder::new().name(name.to_owned()).spawn(work);
    thread.map(|_| ()).map_err(|error| StoreError::Setup(format!("cannot start the log's thread: {error}")))
}

/// A group and its row.
type Ready = (Group, Vec<u8>);

/// Gathers and encodes, one group ahead of the disk.
fn encode(mut deliveries: Queue, ready: &SyncSender<Ready>) {
    while let Some(first) = deliveries.blocking_recv() {
        let group = Group::gather(first, &mut deliveries);
        let row = group.encode();
        if ready.send((group, row)).is_err() {
            return;
        }
    }
}

struct Thread {
    writer: LogWriter,
    read: ReadPosition,
    trimmed: i64,
    clock: Arc<dyn Clock>,
    wake: Wake,
    failed_at: Arc<AtomicI64>,
}

impl Thread {
    fn run(mut self, groups: &Receiver<Ready>) {
        while let Ok((group, row)) = groups.recv() {
            let outcome = self.writer.append(group.len(), &row, self.clock.now());
            if let Err(error) = &outcome {
                self.failed_at.store(self.clock.now().as_millis(), Ordering::Relaxed);
                metrics::log_failed();
                tracing::error!(%error, "the intake log cannot write; webhooks are answered 503");
            }
            group.settle(outcome.is_ok());
            if outcome.is_ok() {
                self.failed_at.store(0, Ordering::Relaxed);
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
