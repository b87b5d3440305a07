//! Full runs by the clock: the safety net beneath what webhooks tell.

use super::run::{self, Wanted};
use crate::cx::Cx;
use crate::jobs::{Failure, Payload, enqueue};
use rand::RngExt as _;
use std::time::Duration;
use syncline_store::jobs::Outcome;
use syncline_store::runs::Trigger;
use syncline_store::syncs::{self, State};
use syncline_store::{Scope, StoreError, Tx};

/// Queues a sync's schedule, where it has one.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn begin(cx: &Cx, tx: &mut Tx, sync_id: &str, org_id: &str) -> Result<(), StoreError> {
    let Some(sync) = syncs::get_in(tx, sync_id).await? else { return Ok(()) };
    let Some(every) = span(cx, &sync) else { return Ok(()) };
    let payload = Payload::SyncSchedule { sync_id: sync_id.to_owned(), org_id: org_id.to_owned() };
    enqueue(cx, tx, &payload, cx.now().plus(jittered(cx, every))).await
}

/// How often a sync runs by itself; a sync without a word of its own as the settings say, and never where its own is zero.
fn span(cx: &Cx, sync: &syncs::Sync) -> Option<Duration> {
    match sync.every {
        Some(Duration::ZERO) => None,
        Some(every) => Some(every),
        None => cx.config.sync.every.span(),
    }
}

/// One tick: asks for a run and comes back.
///
/// # Errors
/// [`Failure`] as the database says.
pub async fn tick(cx: &Cx, sync_id: &str) -> Result<Outcome, Failure> {
    let Some(sync) = syncs::get(&cx.store, &Scope::All, sync_id).await? else { return Ok(Outcome::Done) };
    let Some(every) = span(cx, &sync) else { return Ok(Outcome::Done) };
    if sync.state == State::Active {
        run::request(cx, &sync, Trigger::Schedule, &Wanted::default()).await?;
    }
    Ok(Outcome::Continue(cx.now().plus(jittered(cx, every))))
}

/// A tenth more or less, so that syncs made in one hour do not run in one minute for ever.
fn jittered(cx: &Cx, span: Duration) -> Duration {
    span.mul_f64(cx.dice.with(|rng| rng.random_range(0.9..1.1)))
}
