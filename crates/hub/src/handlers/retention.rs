//! What is older than configured goes, in small batches; comes by once an hour.

use crate::cx::Cx;
use crate::jobs::Failure;
use std::time::Duration;
use syncline_store::jobs::{Outcome, discard_parked_before};
use syncline_store::syncs::{conflicts, history, runs as sync_runs};
use syncline_store::{audit, counters, events, notifications, notify, runs};

/// Rows per transaction.
const BATCH: u32 = 1_000;
/// The pause when everything is done.
const EVERY: Duration = Duration::from_secs(3_600);

pub(super) async fn run(cx: &Cx) -> Result<Outcome, Failure> {
    let now = cx.now();
    let mut gone = 0;
    if let Some(cutoff) = cx.config.retention.events.cutoff(now) {
        let mut tx = cx.store.begin().await?;
        gone = gone.max(events::delete_before(&mut tx, cutoff, BATCH).await?);
        tx.commit().await?;
    }
    if let Some(cutoff) = cx.config.retention.parked.cutoff(now) {
        let mut tx = cx.store.begin().await?;
        gone = gone.max(discard_parked_before(&mut tx, cutoff, BATCH).await?);
        tx.commit().await?;
    }
    if let Some(cutoff) = cx.config.retention.runs.cutoff(now) {
        let mut tx = cx.store.begin().await?;
        gone = gone.max(runs::delete_before(&mut tx, cutoff, BATCH).await?);
        gone = gone.max(sync_runs::delete_before(&mut tx, cutoff, BATCH).await?);
        tx.commit().await?;
    }
    if let Some(cutoff) = cx.config.retention.notifications.cutoff(now) {
        let mut tx = cx.store.begin().await?;
        gone = gone.max(notifications::delete_before(&mut tx, cutoff, BATCH).await?);
        tx.commit().await?;
    }
    if let Some(cutoff) = cx.config.retention.messages.cutoff(now) {
        let mut tx = cx.store.begin().await?;
        gone = gone.max(notify::delete_before(&mut tx, cutoff, BATCH).await?);
        tx.commit().await?;
    }
    if let Some(cutoff) = cx.config.retention.history.cutoff(now) {
        let mut tx = cx.store.begin().await?;
        gone = gone.max(history::delete_before(&mut tx, cutoff, BATCH).await?);
        gone = gone.max(conflicts::delete_before(&mut tx, cutoff, BATCH).await?);
        tx.commit().await?;
    }
    if let Some(cutoff) = cx.config.retention.counters.cutoff(now) {
        let mut tx = cx.store.begin().await?;
        gone = gone.max(counters::delete_before(&mut tx, cutoff, BATCH).await?);
        tx.commit().await?;
    }
    if let Some(cutoff) = cx.config.retention.audit.cutoff(now) {
        let mut tx = cx.store.begin().await?;
        gone = gone.max(audit::delete_before(&mut tx, cutoff, BATCH).await?);
        tx.commit().await?;
    }
    let more = gone >= u64::from(BATCH);
    Ok(Outcome::Continue(if more { now } else { now.plus(EVERY) }))
}
