//! 503 after the change was saved (Notion facts 3): asked for by number, or by chance.

use super::Notion;
use super::api::Commit;
use super::error::Failure;
use super::id::Id;
use super::settings::Writes;
use serde_json::Value;
use std::sync::atomic::Ordering;

impl Notion {
    /// So many of the next writes are done and answered 503.
    pub(crate) fn arm_late_failures(&self, times: u64) {
        self.late_failures.store(times, Ordering::SeqCst);
    }

    /// Whether this write, which was done, is answered 503.
    pub(crate) fn fails_late(&self, settings: &Writes) -> bool {
        let armed = self
            .late_failures
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |times| times.checked_sub(1))
            .is_ok();
        armed || self.by_chance(settings.late_failure_share)
    }

    /// True with this probability; no dice are thrown when it is none.
    pub(crate) fn by_chance(&self, share: f64) -> bool {
        share > 0.0 && self.dice.lock().chance(share)
    }
}

/// The answer after all was done.
pub(crate) fn failure(commit: &Commit, settings: &Writes) -> Failure {
    let mut failure = Failure::server(503)
        .with("from", settings.from.clone())
        .with("elapsed_ms", settings.elapsed_ms.to_string())
        .with("deadline_ms", settings.deadline_ms.to_string());
    if !settings.retry_guidance.is_empty() {
        failure = failure.with("retry_guidance", settings.retry_guidance.clone());
    }
    match commit {
        Commit::Changed => failure,
        Commit::Created(id) => failure.with("committed_resource_id", id.to_string()),
        Commit::Appended(parent, children) => {
            let children: Vec<Value> = children.iter().map(|id: &Id| Value::String(id.to_string())).collect();
            failure.with("committed_resource_id", parent.to_string()).with("committed_child_ids", children)
        }
    }
}
