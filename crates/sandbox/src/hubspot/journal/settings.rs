//! What is only guessed about the journal (HubSpot facts 6.7).

use serde::{Deserialize, Serialize};

/// What is only guessed here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    /// A file is cut so long after its first event, simulated milliseconds.
    pub(crate) cut_after_ms: i64,
    /// A file is cut at so many events.
    pub(crate) file_events: usize,
    /// A file is cut at so many bytes.
    pub(crate) file_bytes: usize,
    /// How long files are kept, simulated milliseconds.
    pub(crate) kept_ms: i64,
    /// How long a file's address is good, simulated milliseconds.
    pub(crate) url_ttl_ms: i64,
    /// How an offset is refused that is not, or no longer, known.
    pub(crate) unknown_offset_status: u16,
    /// Whether only apps that are installed in an account hear of it.
    pub(crate) needs_install: bool,
    /// How long a snapshot takes, simulated milliseconds.
    pub(crate) snapshot_ms: i64,
    /// How long a snapshot's status is kept, simulated milliseconds.
    pub(crate) snapshot_kept_ms: i64,
    /// Reads per second and app; 0: as many as one likes.
    pub(crate) reads_per_second: u64,
    /// Calls about subscriptions per second and app; 0: as many as one likes.
    pub(crate) subscriptions_per_second: u64,
    /// Calls about snapshots per second and app; 0: as many as one likes.
    pub(crate) snapshots_per_second: u64,
    /// Whether a 429 tells how many seconds to wait.
    pub(crate) retry_after: bool,
}

impl Default for Settings {
    fn default() -> Self {
        const DAY: i64 = 86_400_000;
        Self {
            cut_after_ms: 5_000,
            file_events: 10_000,
            file_bytes: 5 << 20,
            kept_ms: 3 * DAY,
            url_ttl_ms: 15 * 60 * 1000,
            unknown_offset_status: 404,
            needs_install: true,
            snapshot_ms: 2_000,
            snapshot_kept_ms: 3 * DAY,
            reads_per_second: 100,
            subscriptions_per_second: 50,
            snapshots_per_second: 10,
            retry_after: true,
        }
    }
}
