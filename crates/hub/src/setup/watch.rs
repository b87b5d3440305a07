//! `hooks.watch`: a sync speaks of fields that webhooks do not tell of yet. Where an account's webhooks are set up, they are set up
//! again, with those fields; where they are not, nothing is: a person begins with that.

use super::run::{How, SetupError, prepare};
use super::want;
use crate::cx::Cx;
use crate::jobs::{Failure, Payload, enqueue};
use std::time::Duration;
use syncline_providers::setup;
use syncline_store::connections;
use syncline_store::jobs::{Job, Outcome};
use syncline_store::{Scope, StoreError, Tx};

/// How long somebody else who sets the account up has it alone.
const BUSY: Duration = Duration::from_secs(5);

/// Asks for it.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn ask(cx: &Cx, tx: &mut Tx, connection_id: &str, org_id: &str) -> Result<(), StoreError> {
    let payload = Payload::WatchFields { connection_id: connection_id.to_owned(), org_id: org_id.to_owned() };
    enqueue(cx, tx, &payload, cx.now()).await
}

/// Sets up what is set up already, with what syncs speak of by now.
///
/// # Errors
/// [`Failure`] as the database or the provider says.
pub(crate) async fn run(cx: &Cx, job: &Job, connection_id: &str) -> Result<Outcome, Failure> {
    let connection = connections::get(&cx.store, &Scope::All, connection_id).await?;
    let Some(connection) = connection else { return Ok(Outcome::Done) };
    let Some(setup) = setup::setup(&connection.provider) else { return Ok(Outcome::Done) };
    // It only adds to what tenants share.
    let how = How { by_operator: true, ..How::default() };
    let task = want::Task::of(cx, &connection, setup, how).await?;
    if task.want.kept.is_empty() {
        return Ok(Outcome::Done);
    }
    let why = match prepare(cx, &connection, how).await {
        Ok(report) => match report.failed().next() {
            None => return Ok(Outcome::Done),
            Some(step) => format!("{}: {}", step.what, step.reason.as_deref().unwrap_or_default()),
        },
        Err(SetupError::NeedsReauthorization(_) | SetupError::Disconnected) => return Ok(Outcome::Done),
        Err(SetupError::Busy) => return Ok(Outcome::Continue(cx.now().plus(BUSY))),
        Err(SetupError::Store(error)) => return Err(error.into()),
        Err(error) => error.to_string(),
    };
    tracing::warn!(connection = connection.id, why, "webhooks do not tell of all that is synced yet");
    // The next full run finds what they do not tell; a person can set up again and sees why it fails.
    if job.attempts >= cx.config.jobs.max_attempts {
        return Ok(Outcome::Done);
    }
    Err(Failure::Retry(why))
}
