//! Counts that take a while: how many records connections have, and how many links syncs. Nobody waits for them: a page shows what
//! was counted last, and the next count goes on behind it.

use super::Portal;
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use syncline_core::time::Timestamp;
use syncline_store::records::{self, TypeCount};
use syncline_store::syncs::links;
use syncline_store::{Scope, StoreError};

/// How long a page waits for a count before it goes without.
const PATIENCE: Duration = Duration::from_millis(250);
/// How long a count is good.
const FRESH: Duration = Duration::from_secs(5);

/// What was counted last.
#[derive(Clone, Debug, Default)]
pub(super) struct Counts {
    /// By connection.
    records: Counted<Vec<TypeCount>>,
    /// By sync.
    links: Counted<links::Counts>,
}

impl Counts {
    /// The records of a connection; none while they are counted for the first time.
    pub(super) async fn of(&self, portal: &Portal, connection_id: &str) -> Option<Arc<Vec<TypeCount>>> {
        let (store, id) = (portal.api.cx.store.clone(), connection_id.to_owned());
        let counting = async move { records::count(&store, &Scope::All, &id).await };
        self.records.of(portal, connection_id, counting).await
    }

    /// The sum of what is there, archived records included.
    pub(super) async fn total(&self, portal: &Portal, connection_id: &str) -> Option<u64> {
        let counts = self.of(portal, connection_id).await?;
        Some(counts.iter().map(|count| count.live + count.archived).sum())
    }

    /// The links of a sync; none while they are counted for the first time.
    pub(super) async fn links(&self, portal: &Portal, sync_id: &str) -> Option<links::Counts> {
        let (store, id) = (portal.api.cx.store.clone(), sync_id.to_owned());
        let counting = async move { links::count(&store, &id).await };
        self.links.of(portal, sync_id, counting).await.map(|counts| *counts)
    }
}

/// What was counted last, by whose it is.
#[derive(Debug)]
struct Counted<T>(Arc<Mutex<BTreeMap<String, Entry<T>>>>);

#[derive(Debug)]
struct Entry<T> {
    counted: Option<(Timestamp, Arc<T>)>,
    busy: bool,
}

impl<T> Clone for Counted<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Default for Counted<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T> Default for Entry<T> {
    fn default() -> Self {
        Self { counted: None, busy: false }
    }
}

impl<T: Send + Sync + 'static> Counted<T> {
    /// The count for `key`, which `counting` makes anew where it is not fresh.
    async fn of(
        &self,
        portal: &Portal,
        key: &str,
        counting: impl Future<Output = Result<T, StoreError>> + Send + 'static,
    ) -> Option<Arc<T>> {
        let now = portal.api.cx.now();
        let last = {
            let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let entry = all.entry(key.to_owned()).or_default();
            let is_fresh = entry.counted.as_ref().is_some_and(|(at, _)| now.since(*at) < FRESH);
            if is_fresh || entry.busy {
                return entry.counted.as_ref().map(|(_, counts)| Arc::clone(counts));
            }
            entry.busy = true;
            entry.counted.as_ref().map(|(_, counts)| Arc::clone(counts))
        };
        let (counts, portal, key) = (self.clone(), portal.clone(), key.to_owned());
        // A task of its own: it goes on when the page has stopped waiting.
        let counting = tokio::spawn(async move { counts.count(&portal, key, counting).await });
        match tokio::time::timeout(PATIENCE, counting).await {
            Ok(Ok(Ok(counted))) => Some(counted),
            _ => last,
        }
    }

    async fn count(
        &self,
        portal: &Portal,
        key: String,
        counting: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<Arc<T>, StoreError> {
        let found = counting.await.map(Arc::new);
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = all.entry(key).or_default();
        entry.busy = false;
        match &found {
            Ok(counts) => entry.counted = Some((portal.api.cx.now(), Arc::clone(counts))),
            Err(error) => tracing::debug!(%error, "something could not be counted"),
        }
        found
    }
}
