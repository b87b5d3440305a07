//! What behaviours of jobs are written with.

use super::job;
use std::time::Duration;
use syncline_core::time::Timestamp;
use syncline_store::jobs::{self, Filter, Job, NewJob, Outcome};
use syncline_store::{Result, Scope, Store, Tx};

/// A job of the one key there is.
pub fn keyed(id: &str, run_at: Timestamp, payload: &str) -> NewJob {
    NewJob { coalesce_key: Some("key".to_owned()), payload: payload.to_owned(), run_at, ..job(id) }
}

/// Their ids, in their order.
pub fn ids(jobs: &[Job]) -> Vec<String> {
    jobs.iter().map(|job| job.id.clone()).collect()
}

/// What `work` answers, once it is committed.
pub async fn in_tx<T>(store: &Store, work: impl AsyncFnOnce(&mut Tx) -> Result<T>) -> T {
    let mut tx = store.begin().await.unwrap();
    let answer = work(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    answer
}

/// Claims for a minute.
pub async fn claim(store: &Store, org: &str, owner: &str, now: Timestamp, limit: u32) -> Vec<Job> {
    let until = now.plus(Duration::from_secs(60));
    in_tx(store, async |tx| jobs::claim(tx, org, owner, now, until, limit).await).await
}

/// Gives the jobs of the dead back.
pub async fn reclaim(store: &Store, now: Timestamp) -> u64 {
    in_tx(store, async |tx| jobs::reclaim_expired(tx, now).await).await
}

/// Answers whether `owner` still held it.
pub async fn settle(store: &Store, id: &str, owner: &str, outcome: Outcome, now: Timestamp) -> bool {
    in_tx(store, async |tx| jobs::settle(tx, id, owner, &outcome, now).await).await
}

/// The job of this id.
pub async fn get(store: &Store, id: &str) -> Job {
    jobs::get(store, &Scope::All, id).await.unwrap().expect("the job is there")
}

/// [`jobs::retry_parked`], committed.
pub async fn retry_parked(store: &Store, scope: &Scope, id: &str, now: Timestamp) -> bool {
    in_tx(store, async |tx| jobs::retry_parked(tx, scope, id, now).await).await
}

/// [`jobs::retry_all_parked`], committed.
pub async fn retry_all_parked(store: &Store, scope: &Scope, filter: &Filter<'_>, now: Timestamp) -> u64 {
    in_tx(store, async |tx| jobs::retry_all_parked(tx, scope, filter, now).await).await
}

/// [`jobs::discard_parked`], committed.
pub async fn discard_parked(store: &Store, scope: &Scope, id: &str) -> bool {
    in_tx(store, async |tx| jobs::discard_parked(tx, scope, id).await).await
}
