//! How many records connections have. Counting a million takes a while, so nobody waits for it: a page shows what was counted
//! last, and the next count goes on behind it.

use super::Portal;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use syncline_core::time::Timestamp;
use syncline_store::records::{self, TypeCount};
use syncline_store::{Scope, StoreError};

/// How long a page waits for a count before it goes without.
const PATIENCE: Duration = Duration::from_millis(250);
/// How long a count is good.
const FRESH: Duration = Duration::from_secs(5);

/// What was counted last, by connection.
#[derive(Clone, Debug, Default)]
pub(super) struct Counts(Arc<Mutex<BTreeMap<String, Entry>>>);

#[derive(Clone, Debug, Default)]
struct Entry {
    counted: Option<(Timestamp, Arc<Vec<TypeCount>>)>,
    busy: bool,
}

impl Counts {
    /// The counts of a connection; none while it is counted for the first time.
    pub(super) async fn of(&self, portal: &Portal, connection_id: &str) -> Option<Arc<Vec<TypeCount>>> {
        let now = portal.api.cx.now();
        let last = {
            let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let entry = all.entry(connection_id.to_owned()).or_default();
            let is_fresh = entry.counted.as_ref().is_some_and(|(at, _)| now.since(*at) < FRESH);
            if is_fresh || entry.busy {
                return entry.counted.as_ref().map(|(_, counts)| Arc::clone(counts));
            }
            entry.busy = true;
            entry.counted.as_ref().map(|(_, counts)| Arc::clone(counts))
        };
        let (counts, portal, id) = (self.clone(), portal.clone(), connection_id.to_owned());
        // A task of its own: it goes on when the page has stopped waiting.
        let counting = tokio::spawn(async move { counts.count(&portal, &id).await });
        match tokio::time::timeout(PATIENCE, counting).await {
            Ok(Ok(Ok(counted))) => Some(counted),
            _ => last,
        }
    }

    /// The sum of what is there, archived records included.
    pub(super) async fn total(&self, portal: &Portal, connection_id: &str) -> Option<u64> {
        let counts = self.of(portal, connection_id).await?;
        Some(counts.iter().map(|count| count.live + count.archived).sum())
    }

    async fn count(&self, portal: &Portal, id: &str) -> Result<Arc<Vec<TypeCount>>, StoreError> {
        let found = records::count(&portal.api.cx.store, &Scope::All, id).await.map(Arc::new);
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = all.entry(id.to_owned()).or_default();
        entry.busy = false;
        match &found {
            Ok(counts) => entry.counted = Some((portal.api.cx.now(), Arc::clone(counts))),
            Err(error) => tracing::debug!(%error, "records could not be counted"),
        }
        found
    }
}
