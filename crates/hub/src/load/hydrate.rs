//! Hydration: webhooks say which records changed; what they are now is read in batches, each record once however often it was
//! named, and the latest state wins.

use super::reader::{Next, Reader};
use crate::call::{Line, Patience, Trouble};
use crate::cx::Cx;
use crate::jobs::Failure;
use crate::news;
use crate::sync::{note as syncs, wishes};
use rand::RngExt as _;
use std::time::Duration;
use syncline_core::record::Record;
use syncline_providers::load::{self, Found, Wish};
use syncline_store::connections::{self, Connection};
use syncline_store::jobs::{Job, Outcome};
use syncline_store::records::{self, Effect, Reading};
use syncline_store::stale::{self, Mark};
use syncline_store::{Scope, StoreError, Tx};
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
                Trouble::Later { message, wait } => {
                    let at = cx.now().plus(wait.unwrap_or(COME_BACK));
                    return Ok(match any || job.attempts >= cx.config.jobs.max_attempts {
                        true => Outcome::Continue(at),
                        false => Outcome::Retry(at, message),
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

/// Reads records by their ids.
///
/// # Errors
/// [`Trouble`].
pub async fn read(
    cx: &Cx,
    connection_id: &str,
    wish: &Wish,
    (object_type, collection): (&str, &str),
    ids: &[String],
    purpose: &'static str,
) -> Result<Vec<Found>, Trouble> {
    let line = Line::new(cx, connection_id, purpose);
    let mut patience = Patience::default();
    loop {
        let ready = line.ready().await?;
        let at = ready.at();
        let Some(loader) = load::load(&ready.access.connection.provider) else { return Ok(Vec::new()) };
        let call = loader.read(&at, wish, object_type, collection, ids);
        let fault = match ready.send(&call).await {
            Ok(answer) => match loader.read_back(&at, object_type, collection, ids, &answer.reply()) {
                Ok(found) => return Ok(found),
                Err(fault) => fault,
            },
            Err(fault) => fault,
        };
        line.recover(&ready, &call, fault, &mut patience).await?;
    }
}

/// What is read of this connection's records: as the settings say, and what its syncs need.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn wish(cx: &Cx, connection: &Connection) -> Result<Wish, StoreError> {
    let mut wish = super::Wanted::default().wish(cx, &connection.provider);
    wishes::widen(cx, connection, &mut wish).await?;
    Ok(wish)
}

/// Puts what was read by its id into the mirror. `except` is the sync that it was read for, which knows of it.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn keep(
    cx: &Cx,
    reading: &Reading<'_>,
    object_type: &str,
    found: &[Found],
    except: Option<&str>,
) -> Result<(), StoreError> {
    let (here, gone) = sorted(cx, reading, found).await?;
    let mut tx = cx.store.begin().await?;
    mirror(cx, &mut tx, reading, object_type, (here, &gone), except).await?;
    tx.commit().await
}

async fn mirror(
    cx: &Cx,
    tx: &mut Tx,
    reading: &Reading<'_>,
    object_type: &str,
    (here, gone): (Vec<Record>, &[String]),
    except: Option<&str>,
) -> Result<(), StoreError> {
    let effects = write(tx, reading, object_type, (here, gone)).await?;
    follow(cx, tx, reading, &effects, except).await
}

/// Writes what was read.
///
/// # Errors
/// [`StoreError`] as the database says.
pub(super) async fn write(
    tx: &mut Tx,
    reading: &Reading<'_>,
    object_type: &str,
    (here, gone): (Vec<Record>, &[String]),
) -> Result<Vec<Effect>, StoreError> {
    let mut effects = records::write(tx, reading, here).await?.effects;
    effects.extend(records::mark_gone(tx, reading, object_type, gone).await?);
    Ok(effects)
}

/// Who hears of what changed.
///
/// # Errors
/// [`StoreError`] as the database says.
pub(super) async fn follow(
    cx: &Cx,
    tx: &mut Tx,
    reading: &Reading<'_>,
    effects: &[Effect],
    except: Option<&str>,
) -> Result<(), StoreError> {
    syncs::changed(cx, tx, reading.connection_id, effects, except).await?;
    news::records::changed(cx, tx, reading, effects).await
}

/// What is there, and the ids of what is not.
///
/// # Errors
/// [`StoreError`] as the database says.
pub(super) async fn sorted(
    cx: &Cx,
    reading: &Reading<'_>,
    found: &[Found],
) -> Result<(Vec<Record>, Vec<String>), StoreError> {
    let (mut here, mut gone) = (Vec::new(), Vec::new());
    for found in found {
        match found {
            Found::Here(record) => here.push((**record).clone()),
            Found::Gone(id) => gone.push(id.clone()),
        }
    }
    keep_what_singles_lack(cx, reading.connection_id, &mut here).await?;
    Ok((here, gone))
}

/// A record that is read alone may come without its name and without the way to it, which only its list tells (Airtable, Notion):
/// then what the mirror knows of them stays.
async fn keep_what_singles_lack(cx: &Cx, connection_id: &str, here: &mut [Record]) -> Result<(), StoreError> {
    for record in here.iter_mut().filter(|record| {
        record.item.name.is_empty()
            || record.item.parent_path_or_name.is_none() && !record.collection.is_empty()
    }) {
        let known =
            records::get(&cx.store, &Scope::All, connection_id, &record.object_type, &record.id).await?;
        let Some(known) = known else { continue };
        if record.item.name.is_empty() {
            record.item.name = known.item.name;
        }
        let way = &mut record.item.parent_path_or_name;
        *way = way.take().or(known.item.parent_path_or_name);
    }
    Ok(())
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
