//! Runs by the clock: what changed, every so often; everything, more rarely, which also finds what was deleted unnoticed.

use super::request::{Wanted, request};
use crate::cx::Cx;
use crate::jobs::{Failure, Payload, enqueue};
use crate::setup::pull;
use rand::RngExt as _;
use std::time::Duration;
use syncline_core::time::Timestamp;
use syncline_store::connections::{self, Connection, Status};
use syncline_store::jobs::Outcome;
use syncline_store::runs::{Mode, Trigger};
use syncline_store::{Scope, StoreError, Tx, positions};

/// Queues the connection's schedule, where the settings want one.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn begin(cx: &Cx, tx: &mut Tx, connection: &Connection, now: Timestamp) -> Result<(), StoreError> {
    let Some(every) = cx.config.load.every.span() else { return Ok(()) };
    let payload =
        Payload::LoadSchedule { connection_id: connection.id.clone(), org_id: connection.org_id.clone() };
    enqueue(cx, tx, &payload, now.plus(jittered(cx, every))).await
}

/// One tick: asks for a run and comes back.
///
/// # Errors
/// [`Failure`] as the database says.
pub async fn run(cx: &Cx, connection_id: &str) -> Result<Outcome, Failure> {
    let connection = connections::get(&cx.store, &Scope::All, connection_id).await?;
    let Some(connection) = connection.filter(|connection| connection.status != Status::Disconnected) else {
        return Ok(Outcome::Done);
    };
    let Some(every) = cx.config.load.every.span() else { return Ok(Outcome::Done) };
    if connection.status == Status::Active {
        let mode = due(cx, connection_id).await?;
        request(cx, &connection, mode, Trigger::Schedule, &Wanted::default()).await?;
        pull::unasked(cx, &connection).await?;
    }
    Ok(Outcome::Continue(cx.now().plus(jittered(cx, every))))
}

/// Everything, when that was long enough ago for one of its lanes; else what changed.
async fn due(cx: &Cx, connection_id: &str) -> Result<Mode, StoreError> {
    let Some(full_every) = cx.config.load.full_every.span() else { return Ok(Mode::Incremental) };
    let positions = positions::get_all(&cx.store, connection_id).await?;
    let now = cx.now();
    let old = |full_at: Option<Timestamp>| full_at.is_none_or(|at| now.since(at) >= full_every);
    let full = positions.is_empty() || positions.values().any(|position| old(position.full_at));
    Ok(if full { Mode::Full } else { Mode::Incremental })
}

/// A tenth more or less, so that a thousand connections made in one hour do not run in one minute for ever.
fn jittered(cx: &Cx, span: Duration) -> Duration {
    span.mul_f64(cx.dice.with(|rng| rng.random_range(0.9..1.1)))
}
