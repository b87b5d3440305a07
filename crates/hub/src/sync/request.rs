//! Asking for runs, and cancelling them.

use crate::audit::{self, Action, To};
use crate::cx::Cx;
use crate::jobs::{Payload, enqueue};
use serde::{Deserialize, Serialize};
use syncline_core::sync::Side;
use syncline_store::runs::Trigger;
use syncline_store::syncs::runs::{self, Created, NewRun, SyncRun};
use syncline_store::syncs::{Reading, Sync};
use syncline_store::{Scope, StoreError, Tx};

/// What a run is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Wanted {
    /// Only this side is written to; none: both, as far as the sync's direction allows.
    pub towards: Option<Side>,
    /// Nothing is written: it says what would be.
    pub dry_run: bool,
    /// What is read from the providers first.
    pub reading: WantedReading,
}

/// What a run reads first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WantedReading {
    /// Everything, which also finds what was deleted without a word.
    #[default]
    Full,
    /// What changed, where the provider can tell.
    Changes,
    /// Nothing: the mirror is taken for true.
    None,
}

impl Default for Wanted {
    fn default() -> Self {
        Self { towards: None, dry_run: false, reading: WantedReading::Full }
    }
}

/// What came of asking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// A new run.
    New(SyncRun),
    /// One is under way, and there is only ever one.
    UnderWay(SyncRun),
}

impl Asked {
    /// The run, whichever it is.
    #[must_use]
    pub fn run(&self) -> &SyncRun {
        match self {
            Self::New(run) | Self::UnderWay(run) => run,
        }
    }
}

/// Asks for a run.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn request(cx: &Cx, sync: &Sync, trigger: Trigger, wanted: &Wanted) -> Result<Asked, StoreError> {
    let mut tx = cx.store.begin().await?;
    let asked = request_in(cx, &mut tx, sync, trigger, wanted).await?;
    if let (Asked::New(run), true) = (&asked, cx.by.is_somebody()) {
        let what = format!("{}of {}", if wanted.dry_run { "dry run " } else { "" }, sync.id);
        audit::note(cx, &mut tx, Action::SyncRunStarted, To { org_id: &run.org_id, id: &run.id }, what)
            .await?;
    }
    tx.commit().await?;
    cx.wake.jobs.notify_one();
    Ok(asked)
}

/// The same within a transaction.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn request_in(
    cx: &Cx,
    tx: &mut Tx,
    sync: &Sync,
    trigger: Trigger,
    wanted: &Wanted,
) -> Result<Asked, StoreError> {
    let now = cx.now();
    let new = NewRun {
        id: cx.dice.id("srn", now),
        org_id: sync.org_id.clone(),
        sync_id: sync.id.clone(),
        towards: wanted.towards,
        dry_run: wanted.dry_run,
        reading: match wanted.reading {
            WantedReading::Full => Reading::Full,
            WantedReading::Changes => Reading::Changes,
            WantedReading::None => Reading::None,
        },
        trigger,
        created_at: now,
    };
    let asked = match runs::create(tx, &new).await? {
        Created::New => {
            let run = runs::unfinished_in(tx, &sync.id).await?;
            let gone = || StoreError::Corrupt("a run that was just made is not there".to_owned());
            Asked::New(run.ok_or_else(gone)?)
        }
        Created::Existing(run) => Asked::UnderWay(*run),
    };
    let work = Payload::SyncWork { sync_id: sync.id.clone(), org_id: sync.org_id.clone() };
    enqueue(cx, tx, &work, now).await?;
    Ok(asked)
}

/// Asks a run to stop; false when it is over, or not of this scope. It stops at the end of the page it is at.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn cancel(cx: &Cx, scope: &Scope, run_id: &str) -> Result<bool, StoreError> {
    let Some(run) = runs::get(&cx.store, scope, run_id).await? else { return Ok(false) };
    let mut tx = cx.store.begin().await?;
    let asked = runs::request_cancel(&mut tx, scope, run_id, cx.now()).await?;
    if asked {
        let to = To { org_id: &run.org_id, id: run_id };
        audit::note(cx, &mut tx, Action::SyncRunCancelled, to, format!("of {}", run.sync_id)).await?;
    }
    tx.commit().await?;
    Ok(asked)
}
