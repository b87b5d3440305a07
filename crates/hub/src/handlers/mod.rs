//! What each kind of background work does: the table that leads from a job to the room that does it, and the work that belongs to none.

mod adopt_events;
mod retention;
mod store_event;

use crate::connect::jobs as connect;
use crate::counters;
use crate::cx::Cx;
use crate::hold::Hold;
use crate::jobs::{Failure, Payload};
use crate::load::{engine, hydrate, schedule};
use crate::sealing;
use crate::setup::{pull, renew, watch};
use crate::sync::{schedule as sync_schedule, work};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use syncline_store::jobs::{Job, Outcome};
use tokio_util::sync::CancellationToken;

/// Runs a job once. `stop` is cancelled when long ones should come to a halt and give the rest back.
pub fn run<'a>(
    cx: &'a Cx,
    job: &'a Job,
    hold: &'a Hold,
    stop: &'a CancellationToken,
) -> BoxFuture<'a, Result<Outcome, Failure>> {
    dispatch(cx, job, hold, stop).boxed()
}

async fn dispatch(cx: &Cx, job: &Job, hold: &Hold, stop: &CancellationToken) -> Result<Outcome, Failure> {
    match Payload::read(&job.kind, &job.payload).map_err(Failure::GiveUp)? {
        Payload::StoreEvent(misfit) => store_event::run(cx, misfit).await,
        Payload::AdoptEvents { provider, account, .. } => adopt_events::run(cx, &provider, &account).await,
        Payload::LoadRun { run_id, .. } => engine::run(cx, job, &run_id, stop).await,
        Payload::LoadSchedule { connection_id, .. } => schedule::run(cx, &connection_id).await,
        Payload::Hydrate { connection_id, .. } => hydrate::run(cx, job, &connection_id, stop).await,
        Payload::PullHooks { connection_id, .. } => pull::run(cx, job, &connection_id, stop).await,
        Payload::RenewHooks { connection_id, .. } => renew::run(cx, job, &connection_id).await,
        Payload::WatchFields { connection_id, .. } => watch::run(cx, job, &connection_id).await,
        Payload::SyncWork { sync_id, .. } => work::run(cx, job, hold, &sync_id, stop).await,
        Payload::SyncSchedule { sync_id, .. } => sync_schedule::tick(cx, &sync_id).await,
        Payload::SyncErase { sync_id, .. } => work::erase(cx, &sync_id).await,
        Payload::CompareCounters { definition_id, .. } => {
            counters::reconcile::run(cx, hold, &definition_id, stop).await
        }
        Payload::NudgeCounters { definition_id, all, .. } => {
            counters::work::nudge(cx, &definition_id, all).await
        }
        Payload::FollowCounters { server } => counters::observe::run(cx, hold, &server, stop).await,
        Payload::EraseCounters { definition_id, org_id, again } => {
            counters::work::erase(cx, &definition_id, &org_id, again).await
        }
        Payload::RefreshConnection { connection_id, .. } => connect::refresh(cx, &connection_id).await,
        Payload::RevokeTokens { connection_id, sealed, .. } => {
            connect::revoke(cx, &connection_id, &sealed).await
        }
        Payload::EraseConnection { connection_id, .. } => connect::erase(cx, &connection_id).await,
        Payload::ResealCredentials => sealing::reseal(cx).await,
        Payload::Retention => retention::run(cx).await,
    }
}
