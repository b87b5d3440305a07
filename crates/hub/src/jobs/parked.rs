//! What a person decides about parked jobs.

use crate::audit::{self, Action, To};
use crate::cx::Cx;
use syncline_store::jobs;
use syncline_store::{Scope, StoreError};

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

/// Lets all parked jobs of one kind (or of all kinds) run again; answers how many.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn retry_all(cx: &Cx, scope: &Scope, kind: Option<&str>) -> Result<u64, StoreError> {
    let mut tx = cx.store.begin().await?;
    let retried = jobs::retry_all_parked(&mut tx, scope, kind, cx.now()).await?;
    if retried > 0 {
        let org_id = match scope {
            Scope::All => "",
            Scope::Organization(own) => own,
        };
        let what = format!("{retried} jobs of {}", kind.unwrap_or("all kinds"));
        audit::note(cx, &mut tx, Action::JobRetried, To { org_id, id: "" }, what).await?;
    }
    tx.commit().await?;
    cx.wake.jobs.notify_one();
    Ok(retried)
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
