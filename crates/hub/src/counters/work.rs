//! The room's work in the background besides comparing and following: counters pushed again, definitions erased; and what other rooms tell
//! this one of connections.

use super::keep;
use super::request::{request_in, terms};
use crate::cx::Cx;
use crate::jobs::{Failure, Payload, enqueue};
use std::time::Duration;
use syncline_core::counters::push::Stage;
use syncline_store::connections::Connection;
use syncline_store::counters::definitions::{self, State, Stored};
use syncline_store::counters::runs::{Cause, Created};
use syncline_store::counters::{self as rows, Filter, pushes};
use syncline_store::jobs::Outcome;
use syncline_store::{Scope, StoreError, Tx};

/// Counters nudged in one transaction.
const PAGE: u32 = 500;
/// Rows erased in one transaction.
const ERASE: u32 = 1_000;
/// When what was under way while a definition was deleted has ended for sure.
const LATER: Duration = Duration::from_secs(60);

impl Payload {
    /// The job that has a definition's counters pushed again: all of them, since they go elsewhere now, or those that are parked.
    pub(super) fn nudge_counters(of: &Stored, all: bool) -> Self {
        Self::NudgeCounters { definition_id: of.id.clone(), org_id: of.org_id.clone(), all }
    }
}

/// `counters.nudge`: has counters pushed again, page by page. Doing it twice sends what is under way once more, which is the same value.
///
/// # Errors
/// [`Failure`] as the database says.
pub(crate) async fn nudge(cx: &Cx, definition_id: &str, all: bool) -> Result<Outcome, Failure> {
    let mut after = String::new();
    loop {
        let Some(of) = definitions::get(&cx.store, &Scope::All, definition_id).await? else { break };
        let filter = match all {
            true => Filter::All(Some(after.clone())),
            // Those that were nudged are parked no more, so the next page is the first one again.
            false => Filter::In(Stage::Parked, None),
        };
        let page = rows::page(&cx.store, &Scope::All, definition_id, &filter, PAGE).await?;
        let Some(last) = page.last() else { break };
        let keys: Vec<&str> = page.iter().map(|row| row.key.as_str()).collect();
        let (terms, now) = (terms(cx, &of), cx.now());
        let mut tx = cx.store.begin().await?;
        if all {
            pushes::redirect(&mut tx, definition_id, &keys, &terms, now).await?;
        } else {
            let keys: Vec<_> = keys.into_iter().map(|key| (key, None)).collect();
            pushes::nudge(&mut tx, definition_id, &keys, &terms, now).await?;
        }
        tx.commit().await?;
        after.clone_from(&last.key);
    }
    cx.wake.counters();
    Ok(Outcome::Done)
}

/// `counters.erase`: erases what belonged to a deleted definition, a batch a run; and comes once more for what a change that was under way
/// left behind.
///
/// # Errors
/// [`Failure`] as the database says.
pub(crate) async fn erase(
    cx: &Cx,
    definition_id: &str,
    org_id: &str,
    again: bool,
) -> Result<Outcome, Failure> {
    let mut tx = cx.store.begin().await?;
    let erased = rows::erase(&mut tx, definition_id, ERASE).await?;
    if erased > 0 {
        tx.commit().await?;
        return Ok(Outcome::Continue(cx.now()));
    }
    if again {
        let (definition_id, org_id) = (definition_id.to_owned(), org_id.to_owned());
        let payload = Payload::EraseCounters { definition_id, org_id, again: false };
        enqueue(cx, &mut tx, &payload, cx.now().plus(LATER)).await?;
    }
    tx.commit().await?;
    Ok(Outcome::Done)
}

/// Why a definition rests whose connection is over.
const DISCONNECTED: &str =
    "its connection was disconnected: connect the account again, or give the counter another connection";

/// A connection is good (again): its counters that were parked are tried again, and those that rested because it was over go on.
///
/// # Errors
/// [`StoreError`] as the database says.
pub(crate) async fn resumed(cx: &Cx, tx: &mut Tx, connection: &Connection) -> Result<(), StoreError> {
    let now = cx.now();
    for of in definitions::on_connection(tx, &connection.id).await? {
        if of.state == State::Attention && of.reason.as_deref() == Some(DISCONNECTED) {
            definitions::resume(tx, &Scope::All, &of.id, now).await?;
        }
        enqueue(cx, tx, &Payload::nudge_counters(&of, false), now).await?;
    }
    cx.wake.counters();
    Ok(())
}

/// A connection is over: its counters are counted and no longer pushed or compared, until a person does something about it.
///
/// # Errors
/// [`StoreError`] as the database says.
pub(crate) async fn ended(cx: &Cx, tx: &mut Tx, connection_id: &str) -> Result<(), StoreError> {
    let now = cx.now();
    for of in definitions::on_connection(tx, connection_id).await? {
        definitions::attention(tx, &of.id, of.version, DISCONNECTED, now).await?;
    }
    cx.wake.counters();
    Ok(())
}

/// The first jobs of a start: every Redis server of the configuration is followed.
///
/// # Errors
/// [`StoreError`] as the database says.
pub(crate) async fn begin(cx: &Cx, tx: &mut Tx) -> Result<(), StoreError> {
    for server in cx.config.counters.server_names(&Scope::All) {
        enqueue(cx, tx, &Payload::FollowCounters { server }, cx.now()).await?;
    }
    Ok(())
}

/// Asks for the comparisons that are due. Whoever moves the moment on asks; another that looked at the same time does not.
///
/// # Errors
/// [`StoreError`] as the database says.
pub(super) async fn ask_for_due(cx: &Cx) -> Result<(), StoreError> {
    loop {
        let now = cx.now();
        let due = definitions::due(&cx.store, now, 50).await?;
        for of in &due {
            let Some(before) = of.reconcile_at else { continue };
            let id = cx.dice.id("crn", now);
            let mut tx = cx.store.begin().await?;
            if definitions::reconciled(&mut tx, &of.id, before, keep::next_run(cx, &of.definition, now))
                .await?
            {
                let created = request_in(cx, &mut tx, (of, &id), Cause::Schedule, false).await?;
                if matches!(created, Created::Already { dry_run: true, .. }) {
                    // Begun this moment: the comparison stays due, and comes when the dry run has ended.
                    continue;
                }
                tx.commit().await?;
                cx.wake.jobs.notify_one();
            }
        }
        if due.len() < 50 {
            return Ok(());
        }
    }
}
