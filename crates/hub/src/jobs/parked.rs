//! What a person decides about parked jobs.

use crate::audit::{self, Action, To};
use crate::cx::Cx;
use syncline_store::jobs::{self, Filter};
use syncline_store::{Scope, StoreError, Tx};

/// Lets a parked job run again; false when there is none of this id in `scope`.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn retry(cx: &Cx, scope: &Scope, id: &str) -> Result<bool, StoreError> {
    let Some(job) = jobs::get(&cx.store, scope, id).await? else { return Ok(false) };
    let mut tx = cx.store.begin().await?;
    if !jobs::retry_parked(&mut tx, scope, id, cx.now()).await? {
        return Ok(false);
    }
    audit::note(cx, &mut tx, Action::JobRetried, To { org_id: &job.org_id, id }, job.kind).await?;
    tx.commit().await?;
    cx.wake.jobs.notify_one();
    Ok(true)
}

/// Lets all parked jobs that fit run again; answers how many.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn retry_all(cx: &Cx, scope: &Scope, filter: &Filter<'_>) -> Result<u64, StoreError> {
    let mut tx = cx.store.begin().await?;
    let retried = jobs::retry_all_parked(&mut tx, scope, filter, cx.now()).await?;
    note_all(cx, &mut tx, scope, Action::JobRetried, filter, retried).await?;
    tx.commit().await?;
    cx.wake.jobs.notify_one();
    Ok(retried)
}

/// Throws all parked jobs away that fit; answers how many.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn discard_all(cx: &Cx, scope: &Scope, filter: &Filter<'_>) -> Result<u64, StoreError> {
    let mut tx = cx.store.begin().await?;
    let gone = jobs::discard_all_parked(&mut tx, scope, filter).await?;
    note_all(cx, &mut tx, scope, Action::JobDiscarded, filter, gone).await?;
    tx.commit().await?;
    Ok(gone)
}

/// One entry for many jobs. What was searched for is not written down: it may be a value of a record.
async fn note_all(
    cx: &Cx,
    tx: &mut Tx,
    scope: &Scope,
    action: Action,
    filter: &Filter<'_>,
    count: u64,
) -> Result<(), StoreError> {
    if count == 0 {
        return Ok(());
    }
    let org_id = match scope {
        Scope::All => "",
        Scope::Organization(own) => own,
    };
    let jobs = if count == 1 { "job" } else { "jobs" };
    let found = if filter.search.is_some() { ", found by a search" } else { "" };
    let what = format!("{count} {jobs} of {}{found}", filter.kind.unwrap_or("all kinds"));
    audit::note(cx, tx, action, To { org_id, id: "" }, what).await
}

/// Throws a parked job away; false when there is none of this id in `scope`.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn discard(cx: &Cx, scope: &Scope, id: &str) -> Result<bool, StoreError> {
    let Some(job) = jobs::get(&cx.store, scope, id).await? else { return Ok(false) };
    let mut tx = cx.store.begin().await?;
    if !jobs::discard_parked(&mut tx, scope, id).await? {
        return Ok(false);
    }
    audit::note(cx, &mut tx, Action::JobDiscarded, To { org_id: &job.org_id, id }, job.kind).await?;
    tx.commit().await?;
    Ok(true)
}
