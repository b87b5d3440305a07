//! Hydration: webhooks say which records changed; what they are now is read in batches, each record once however often it was
//! named, and the latest state wins.

use super::by_id::wish;
use super::reader::{Next, Reader};
use crate::connect::Trouble;
use crate::cx::Cx;
use crate::jobs::Failure;
use rand::RngExt as _;
use std::time::Duration;
use syncline_providers::load;
use syncline_store::connections;
use syncline_store::jobs::{Job, Outcome};
use syncline_store::stale::{self, Mark};
use syncline_store::{Scope, StoreError};
use tokio_util::sync::CancellationToken;

/// How long what cannot be read now waits, where the provider names no time.
const COME_BACK: Duration = Duration::from_secs(30);
/// Every so many batches echoes come first: they must not wait for ever where there are always news.
const ECHOES_TURN: u32 = 8;

/// Reads what webhooks announced for a connection, until nothing is left.
///
/// # Errors
/// [`Failure`] as the database or the provider says.
pub async fn run(
    cx: &Cx,
    job: &Job,
    connection_id: &str,
    stop: &CancellationToken,
) -> Result<Outcome, Failure> {
    let connection = connections::get(&cx.store, &Scope::All, connection_id).await?;
    let Some(connection) = connection else { return Ok(Outcome::Done) };
    let Some(loader) = load::load(&connection.provider) else { return Ok(Outcome::Done) };
    let wish = wish(cx, &connection).await?;
    let reader = Reader { cx, connection: &connection, wish: &wish, batch: loader.read_batch() };
    let mut any = false;
    // Not from the first on: runs that end early would never come to the echoes.
    let first = cx.dice.with(|rng| rng.random_range(0..ECHOES_TURN));
    for turn in (0..ECHOES_TURN).cycle().skip(first as usize) {
        if stop.is_cancelled() {
            return Ok(Outcome::Release);
        }
        let marks = match reader.next(turn == 0).await? {
            Next::Read(marks) => marks,
            Next::Later(at) => return Ok(Outcome::Continue(at)),
            Next::Nothing => return Ok(Outcome::Done),
        };
        let come = tokio::select! {
            come = reader.read(&marks) => come,
            () = stop.cancelled() => return Ok(Outcome::Release),
        };
        reader.store(&come).await?;
        any |= come.iter().any(|came| came.found.is_ok());
        for came in come {
            let Err(trouble) = came.found else { continue };
            match trouble {
                // What waits stays written down: connecting again queues this job again.
                Trouble::Paused(_) => return Ok(Outcome::Done),
                Trouble::Ended => return drop_all(cx, connection_id).await,
                Trouble::Later { .. } | Trouble::Keys(_) => {
                    let at = cx.now().plus(trouble.wait().unwrap_or(COME_BACK));
                    return Ok(match any || job.attempts >= cx.config.jobs.max_attempts {
                        true => Outcome::Continue(at),
                        false => Outcome::Retry(at, trouble.to_string()),
                    });
                }
                Trouble::Store(error) => return Err(error.into()),
                Trouble::Refused(fault) => {
                    // Reading them will not become possible by waiting; the next full run tells what they are.
                    tracing::warn!(connection_id, %fault, "changed records cannot be read");
                    forget(cx, connection_id, &came.marks).await?;
                    any = true;
                }
            }
        }
    }
    Ok(Outcome::Done)
}

async fn forget(cx: &Cx, connection_id: &str, marks: &[Mark]) -> Result<(), StoreError> {
    let mut tx = cx.store.begin().await?;
    stale::settled(&mut tx, connection_id, marks).await?;
    tx.commit().await
}

async fn drop_all(cx: &Cx, connection_id: &str) -> Result<Outcome, Failure> {
    let mut tx = cx.store.begin().await?;
    stale::erase(&mut tx, connection_id).await?;
    tx.commit().await?;
    Ok(Outcome::Done)
}
