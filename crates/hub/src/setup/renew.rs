//! `hooks.renew`: subscriptions that would end are renewed in time, and what vanished is made again.

use super::run::{How, SetupError, prepare, renewal};
use crate::cx::Cx;
use crate::jobs::Failure;
use std::time::Duration;
use syncline_core::time::Timestamp;
use syncline_providers::setup;
use syncline_store::connections::{self, Connection};
use syncline_store::jobs::{Job, Outcome};
use syncline_store::{Scope, StoreError, hooks};

/// How long what could not be renewed waits, after the tries of a job are used up: what ends in days need not be hurried.
const COME_BACK: Duration = Duration::from_secs(3_600);

/// Renews what is about to end; comes back when the next one is.
///
/// # Errors
/// [`Failure`] as the database or the provider says.
pub(crate) async fn run(cx: &Cx, job: &Job, connection_id: &str) -> Result<Outcome, Failure> {
    let connection = connections::get(&cx.store, &Scope::All, connection_id).await?;
    let Some(connection) = connection else { return Ok(Outcome::Done) };
    match next(cx, &connection).await? {
        None => return Ok(Outcome::Done),
        Some(at) if at > cx.now() => return Ok(Outcome::Continue(at)),
        Some(_) => {}
    }
    let failed = match prepare(cx, &connection, How::default()).await {
        // Connecting again queues this job again.
        Err(SetupError::NeedsReauthorization(_) | SetupError::Disconnected) => return Ok(Outcome::Done),
        Err(SetupError::Store(error)) => return Err(error.into()),
        Err(error) => Some(error.to_string()),
        Ok(report) => report.failed().next().map(|step| {
            let reason = step.reason.clone().unwrap_or_default();
            format!("{}: {reason}", step.what)
        }),
    };
    let Some(why) = failed else { return again(cx, &connection).await };
    tracing::warn!(connection = connection.id, why, "webhooks could not all be renewed");
    if job.attempts >= cx.config.jobs.max_attempts {
        return Ok(Outcome::Continue(cx.now().plus(COME_BACK)));
    }
    Err(Failure::Retry(why))
}

/// Later, when the next one is about to end; not at once, whatever the provider says of its end.
async fn again(cx: &Cx, connection: &Connection) -> Result<Outcome, Failure> {
    let soonest = cx.now().plus(Duration::from_secs(60));
    Ok(next(cx, connection).await?.map_or(Outcome::Done, |at| Outcome::Continue(at.max(soonest))))
}

/// When the next one is to be renewed.
async fn next(cx: &Cx, connection: &Connection) -> Result<Option<Timestamp>, StoreError> {
    let Some(setup) = setup::setup(&connection.provider) else { return Ok(None) };
    let kept = hooks::list(&cx.store, &connection.id).await?;
    let ends = kept.iter().filter_map(|hook| hook.expires_at).min();
    Ok(ends.and_then(|ends| renewal(setup, ends)))
}
