//! Asking for comparisons, cancelling them, and having counters pushed that a person has looked at.

use crate::audit::{self, Action, To};
use crate::cx::Cx;
use crate::jobs::{Payload, enqueue};
use std::time::Duration;
use syncline_core::counters::push::Terms;
use syncline_core::schedule::RetryPolicy;
use syncline_store::counters::definitions::{self, Stored};
use syncline_store::counters::pushes;
use syncline_store::counters::runs::{self, Cause, Created, NewRun, Run};
use syncline_store::{Scope, StoreError, Tx};

/// What came of asking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// A new run.
    New(Run),
    /// One is under way, and there is only ever one.
    UnderWay(Run),
}

impl Asked {
    /// The run, whichever it is.
    #[must_use]
    pub fn run(&self) -> &Run {
        match self {
            Self::New(run) | Self::UnderWay(run) => run,
        }
    }
}

/// Asks for a comparison of all of a definition's counters now. With `dry_run` it reports, whatever the definition's policy says. Also for
/// a definition that is paused: then, too, it only reports.
///
/// # Errors
/// [`StoreError`] as the database says; [`StoreError::Rejected`] when the definition was deleted meanwhile.
pub async fn request(cx: &Cx, of: &Stored, cause: Cause, dry_run: bool) -> Result<Asked, StoreError> {
    let id = cx.dice.id("crn", cx.now());
    let mut tx = cx.store.begin().await?;
    let created = request_in(cx, &mut tx, (of, &id), cause, dry_run).await?;
    if matches!(created, Created::New) && cx.by.is_somebody() {
        let what = if dry_run { "dry run" } else { "" };
        audit::note(cx, &mut tx, Action::CounterReconciled, To { org_id: &of.org_id, id: &of.id }, what)
            .await?;
    }
    tx.commit().await?;
    cx.wake.jobs.notify_one();
    let gone = || StoreError::Rejected("the counter was deleted meanwhile".into());
    let (created, id) = match created {
        Created::New => (true, id),
        Created::Already { id, .. } => (false, id),
    };
    let run = runs::get(&cx.store, &Scope::All, &id).await?.ok_or_else(gone)?;
    Ok(if created { Asked::New(run) } else { Asked::UnderWay(run) })
}

/// The same within a transaction, as a run of this id.
pub(super) async fn request_in(
    cx: &Cx,
    tx: &mut Tx,
    (of, id): (&Stored, &str),
    cause: Cause,
    dry_run: bool,
) -> Result<Created, StoreError> {
    let now = cx.now();
    if definitions::get_in(tx, &Scope::All, &of.id).await?.is_none() {
        return Err(StoreError::Rejected("the counter was deleted meanwhile".into()));
    }
    let new =
        NewRun { id: id.to_owned(), org_id: of.org_id.clone(), definition_id: of.id.clone(), cause, dry_run };
    let created = runs::create(tx, &new, now).await?;
    let payload = Payload::CompareCounters { definition_id: of.id.clone(), org_id: of.org_id.clone() };
    enqueue(cx, tx, &payload, now).await?;
    Ok(created)
}

/// Asks a run to stop; false when it is over, or not of this scope. One that waits ends at once, others at the end of their page.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn cancel(cx: &Cx, scope: &Scope, run_id: &str) -> Result<bool, StoreError> {
    let Some(run) = runs::get(&cx.store, scope, run_id).await? else { return Ok(false) };
    let mut tx = cx.store.begin().await?;
    let asked = runs::request_cancel(&mut tx, scope, run_id, cx.now()).await?;
    if asked {
        let to = To { org_id: &run.org_id, id: run_id };
        audit::note(cx, &mut tx, Action::CounterRunCancelled, to, format!("of {}", run.definition_id))
            .await?;
    }
    tx.commit().await?;
    Ok(asked)
}

/// Has these counters of a definition pushed whatever was seen before, such as parked ones that a person has looked at; answers how many
/// there are. At most a thousand at a time.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn push_again(cx: &Cx, of: &Stored, keys: &[&str]) -> Result<u64, StoreError> {
    let keys: Vec<_> = keys.iter().take(1_000).map(|key| (*key, None)).collect();
    let mut tx = cx.store.begin().await?;
    let found = pushes::nudge(&mut tx, &of.id, &keys, &terms(cx, of), cx.now()).await?;
    tx.commit().await?;
    cx.wake.counters();
    Ok(found)
}

/// Forgets a counter of a definition, such as one whose Redis key is never coming back. Its property and its Redis key stay as they are: a key
/// that is still there is seen again as new. False when there is none.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn forget(cx: &Cx, of: &Stored, key: &str) -> Result<bool, StoreError> {
    let mut tx = cx.store.begin().await?;
    let there = syncline_store::counters::forget(&mut tx, &of.id, key).await?;
    if there {
        // A key may be what a record holds, so it is not named.
        let to = To { org_id: &of.org_id, id: &of.id };
        audit::note(cx, &mut tx, Action::CounterForgotten, to, "one key").await?;
    }
    tx.commit().await?;
    Ok(there)
}

/// The first wait after a call that was not taken.
const FIRST_WAIT: Duration = Duration::from_secs(1);

/// The rules by which a definition's counters are pushed.
#[must_use]
pub fn terms(cx: &Cx, of: &Stored) -> Terms {
    let settings = &cx.config.counters;
    let cap = settings.longest_wait.get();
    let retries = RetryPolicy { base: FIRST_WAIT.min(cap), factor: 2, cap, max_attempts: u32::MAX };
    Terms::of(&of.definition, retries, settings.rounds)
}
