//! The log in PostgreSQL or MySQL: a task that gathers what waits and commits it as one row.

use super::queue::{Append, Group, queue};
use crate::cx::Cx;
use crate::telemetry::metrics;
use std::sync::atomic::Ordering;
use std::time::Duration;
use syncline_store::intake_log;

/// How long one commit may take before the waiting are told that it failed.
const COMMIT_LIMIT: Duration = Duration::from_secs(10);

/// Starts the writer; it ends when the last [`Append`] is dropped.
#[must_use]
pub fn start(cx: Cx, capacity: usize) -> Append {
    let (append, mut deliveries) = queue(capacity);
    tokio::spawn(async move {
        while let Some(first) = deliveries.recv().await {
            let group = Group::gather(first, &mut deliveries);
            let count = u32::try_from(group.len()).unwrap_or(u32::MAX);
            let row = group.encode().into();
            let write = intake_log::append(&cx.store, count, row, cx.now());
            let committed = match tokio::time::timeout(COMMIT_LIMIT, write).await {
                Ok(Ok(())) => true,
                Ok(Err(error)) => failed(&cx, &error.to_string()),
                Err(_) => failed(&cx, "no answer in time"),
            };
            group.settle(committed);
            if committed {
                cx.log_failed_at.store(0, Ordering::Relaxed);
                cx.wake.log.notify_one();
            }
        }
    });
    append
}

fn failed(cx: &Cx, error: &str) -> bool {
    cx.log_failed_at.store(cx.now().as_millis(), Ordering::Relaxed);
    metrics::log_failed();
    tracing::error!(error, "the intake log cannot write; webhooks are answered 503");
    false
}
