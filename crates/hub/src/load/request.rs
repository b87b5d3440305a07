//! Asking for runs, cancelling them, and taking them up again.

use crate::audit::{self, Action, To};
use crate::cx::Cx;
use crate::jobs::{Payload, enqueue};
use std::collections::BTreeMap;
use syncline_core::time::Timestamp;
use syncline_providers::load::Wish;
use syncline_store::connections::Connection;
use syncline_store::runs::{self, Created, Mode, NewRun, Run, Trigger};
use syncline_store::{Scope, StoreError, Tx};

/// What a run is asked to do.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Wanted {
    /// Only these object types; the configured ones when empty.
    pub types: Vec<String>,
    /// Properties to read, by object type; the configured ones for types not named.
    pub properties: BTreeMap<String, Vec<String>>,
    /// The most pages to read of each lane; 0: all of them.
    pub max_pages: u32,
}

/// What came of asking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// A new run; it starts as soon as a worker is free.
    New(Run),
    /// One is under way for this connection already, and there is only ever one.
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

impl Wanted {
    /// With what the settings say where nothing was asked for.
    #[must_use]
    pub fn wish(&self, cx: &Cx, provider: &str) -> Wish {
        let set = cx.config.load.objects(provider);
        let types = if self.types.is_empty() { set.types.clone() } else { self.types.clone() };
        let mut properties = set.properties.clone();
        properties.extend(self.properties.clone());
        Wish { types, properties }
    }
}

/// Asks for a run.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn request(
    cx: &Cx,
    connection: &Connection,
    mode: Mode,
    trigger: Trigger,
    wanted: &Wanted,
) -> Result<Asked, StoreError> {
    let mut tx = cx.store.begin().await?;
    let asked = request_in(cx, &mut tx, connection, mode, trigger, wanted).await?;
    if let (Asked::New(run), true) = (&asked, cx.by.is_somebody()) {
        let (to, what) =
            (To { org_id: &run.org_id, id: &run.id }, format!("{} of {}", mode.name(), connection.id));
        audit::note(cx, &mut tx, Action::RunStarted, to, what).await?;
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
    connection: &Connection,
    mode: Mode,
    trigger: Trigger,
    wanted: &Wanted,
) -> Result<Asked, StoreError> {
    let now = cx.now();
    let new = NewRun {
        id: cx.dice.id("run", now),
        org_id: connection.org_id.clone(),
        connection_id: connection.id.clone(),
        kind: KIND.to_owned(),
        mode,
        trigger,
        wish: serde_json::to_string(wanted).unwrap_or_default(),
        created_at: now,
    };
    match runs::create(tx, &new).await? {
        Created::New => {
            enqueue(cx, tx, &job(&new.id, &new.org_id), now).await?;
            let run = runs::unfinished_in(tx, &connection.id).await?;
            let run =
                run.ok_or_else(|| StoreError::Corrupt("a run that was just made is not there".to_owned()))?;
            Ok(Asked::New(run))
        }
        Created::Existing(run) => Ok(Asked::UnderWay(*run)),
    }
}

/// The kind of run this room makes.
pub const KIND: &str = "load";

fn job(run_id: &str, org_id: &str) -> Payload {
    Payload::LoadRun { run_id: run_id.to_owned(), org_id: org_id.to_owned() }
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
        audit::note(cx, &mut tx, Action::RunCancelled, to, format!("of {}", run.connection_id)).await?;
    }
    tx.commit().await?;
    Ok(asked)
}

/// A connection is good (again): its first load is asked for, or what was paused goes on where it stopped, and so does what its
/// webhooks had announced meanwhile.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn resumed(cx: &Cx, tx: &mut Tx, connection: &Connection) -> Result<(), StoreError> {
    let now = cx.now();
    let paused = runs::resume_paused(tx, &connection.id, now).await?;
    for run_id in &paused {
        enqueue(cx, tx, &job(run_id, &connection.org_id), now).await?;
    }
    if paused.is_empty() && cx.config.load.on_connect {
        request_in(cx, tx, connection, Mode::Full, Trigger::Connect, &Wanted::default()).await?;
    }
    let hydrate =
        Payload::Hydrate { connection_id: connection.id.clone(), org_id: connection.org_id.clone() };
    enqueue(cx, tx, &hydrate, now).await?;
    super::schedule::begin(cx, tx, connection, now).await
}

/// A connection is over: its runs are, too.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn ended(tx: &mut Tx, connection_id: &str, now: Timestamp) -> Result<(), StoreError> {
    if let Some(run) = runs::unfinished_in(tx, connection_id).await? {
        runs::finish(tx, &run.id, runs::State::Cancelled, Some("the connection was disconnected"), now)
            .await?;
    }
    Ok(())
}
