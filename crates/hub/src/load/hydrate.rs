//! Hydration: webhooks say which records changed; what they are now is read in batches, each record once however often it was
//! named, and the latest state wins.

use crate::call::{Line, Patience, Trouble};
use crate::cx::Cx;
use crate::jobs::{Failure, Payload, enqueue};
use crate::news;
use crate::sync::{note as syncs, wishes};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use syncline_core::record::Record;
use syncline_providers::load::{self, Found, Load, Wish};
use syncline_store::connections::{self, Connection, Holder};
use syncline_store::events::Arrival;
use syncline_store::jobs::{Job, Outcome};
use syncline_store::records::{self, Reading};
use syncline_store::stale::{self, Mark};
use syncline_store::{Scope, StoreError, Tx};
use tokio_util::sync::CancellationToken;

/// How long what cannot be read now waits, where the provider names no time.
const COME_BACK: Duration = Duration::from_secs(30);

/// Records of one connection that events were about.
#[derive(Debug)]
pub struct Announced {
    held: Holder,
    marks: Vec<Mark>,
}

/// Which records of connected accounts the events are about, each once.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn announced(cx: &Cx, tx: &mut Tx, arrivals: &[Arrival]) -> Result<Vec<Announced>, StoreError> {
    let mut accounts: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for arrival in arrivals {
        accounts.entry(&arrival.provider).or_default().insert(&arrival.event.account);
    }
    let mut announced = Vec::new();
    for (provider, accounts) in accounts {
        let Some(loader) = load::load(provider) else { continue };
        let accounts: Vec<&str> = accounts.into_iter().collect();
        for held in connections::on_accounts(tx, provider, &accounts).await? {
            let theirs: Vec<&Arrival> = arrivals
                .iter()
                .filter(|arrival| arrival.provider == provider && arrival.event.account == held.account)
                .collect();
            // What nobody wishes to load is not read because it changed either.
            let wished = &cx.config.load.objects(provider).types;
            let synced = wishes::types(tx, &held.connection_id).await?;
            // What we wrote ourselves comes back as news.
            let known = match synced.is_empty() {
                true => BTreeMap::new(),
                false => mirrored(tx, &held, loader, &theirs).await?,
            };
            let is_news = |arrival: &&Arrival| !is_known(loader, arrival, &known);
            let mut marks = marks(loader, theirs.into_iter().filter(is_news));
            marks.retain(|mark| {
                wished.is_empty() || wished.contains(&mark.object_type) || synced.contains(&mark.object_type)
            });
            if !marks.is_empty() {
                announced.push(Announced { held, marks });
            }
        }
    }
    // In the order of the jobs' keys, as everybody does who queues several.
    announced.sort_by(|a, b| a.held.connection_id.cmp(&b.held.connection_id));
    Ok(announced)
}

/// Type and id.
type Key = (String, String);

/// What the mirror knows of the records that these are about.
async fn mirrored(
    tx: &mut Tx,
    held: &Holder,
    loader: &dyn Load,
    arrivals: &[&Arrival],
) -> Result<BTreeMap<Key, String>, StoreError> {
    let mut named: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for arrival in arrivals {
        for change in changes(loader, arrival) {
            named.entry(change.object_type).or_default().insert(change.id);
        }
    }
    let mut known = BTreeMap::new();
    for (object_type, ids) in named {
        let ids: Vec<String> = ids.into_iter().collect();
        for stored in records::of_in(tx, &held.connection_id, &object_type, &ids).await? {
            if stored.gone_at.is_none() && !stored.archived {
                known.insert((object_type.clone(), stored.record_id), stored.body);
            }
        }
    }
    Ok(known)
}

/// Whether the mirror knows all that this tells.
fn is_known(loader: &dyn Load, arrival: &Arrival, known: &BTreeMap<Key, String>) -> bool {
    changes(loader, arrival).into_iter().all(|change| {
        let body = known.get(&(change.object_type, change.id));
        body.is_some_and(|body| loader.is_known(&arrival.event.kind, &arrival.event.raw, body))
    })
}

fn changes(loader: &dyn Load, arrival: &Arrival) -> Vec<load::Change> {
    let event = &arrival.event;
    loader.change(&event.kind, &event.object_type, &event.object_id, &event.raw)
}

fn marks<'a>(loader: &dyn Load, arrivals: impl Iterator<Item = &'a Arrival>) -> Vec<Mark> {
    let mut marks: BTreeMap<(String, String), Mark> = BTreeMap::new();
    for arrival in arrivals {
        for change in changes(loader, arrival) {
            let mark = marks.entry((change.object_type.clone(), change.id.clone())).or_insert(Mark {
                object_type: change.object_type,
                collection: change.collection,
                record_id: change.id,
                asked_at: arrival.received_at,
            });
            mark.asked_at = mark.asked_at.max(arrival.received_at);
        }
    }
    marks.into_values().collect()
}

/// Writes down what is to be read again and queues the reading: part of the transaction that stores the events.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn note(cx: &Cx, tx: &mut Tx, announced: Vec<Announced>) -> Result<(), StoreError> {
    for Announced { held: Holder { connection_id, org_id, .. }, marks } in announced {
        stale::mark(tx, &connection_id, &marks).await?;
        enqueue(cx, tx, &Payload::Hydrate { connection_id, org_id }, cx.now()).await?;
    }
    Ok(())
}

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
    let batch = u32::try_from(loader.read_batch()).unwrap_or(1);
    let mut any = false;
    loop {
        if stop.is_cancelled() {
            return Ok(Outcome::Release);
        }
        let marks = stale::batch(&cx.store, connection_id, batch).await?;
        let Some(first) = marks.first() else { return Ok(Outcome::Done) };
        let (object_type, collection) = (first.object_type.clone(), first.collection.clone());
        let ids: Vec<String> = marks.iter().map(|mark| mark.record_id.clone()).collect();
        let read_at = cx.now();
        let found = tokio::select! {
            found = read(cx, connection_id, &wish, (&object_type, &collection), &ids, "hydrate") => found,
            () = stop.cancelled() => return Ok(Outcome::Release),
        };
        match found {
            Ok(found) => {
                let reading = Reading { connection_id, org_id: &connection.org_id, read_at, now: cx.now() };
                store(cx, &reading, &object_type, &marks, &found).await?;
                any = true;
            }
            // What waits stays written down: connecting again queues this job again.
            Err(Trouble::Paused(_)) => return Ok(Outcome::Done),
            Err(Trouble::Ended) => return drop_all(cx, connection_id).await,
            Err(Trouble::Later { message, wait }) => {
                let at = cx.now().plus(wait.unwrap_or(COME_BACK));
                return Ok(match any || job.attempts >= cx.config.jobs.max_attempts {
                    true => Outcome::Continue(at),
                    false => Outcome::Retry(at, message),
                });
            }
            Err(Trouble::Store(error)) => return Err(error.into()),
            Err(Trouble::Refused(fault)) => {
                // Reading them will not become possible by waiting; the next full run tells what they are.
                tracing::warn!(connection_id, object_type, %fault, "changed records cannot be read");
                forget(cx, connection_id, &marks).await?;
                any = true;
            }
        }
    }
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

async fn store(
    cx: &Cx,
    reading: &Reading<'_>,
    object_type: &str,
    marks: &[Mark],
    found: &[Found],
) -> Result<(), StoreError> {
    let (here, gone) = sorted(cx, reading, found).await?;
    let mut tx = cx.store.begin().await?;
    mirror(cx, &mut tx, reading, object_type, (here, &gone), None).await?;
    stale::settled(&mut tx, reading.connection_id, marks).await?;
    tx.commit().await
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
    let mut effects = records::write(tx, reading, here).await?.effects;
    effects.extend(records::mark_gone(tx, reading, object_type, gone).await?);
    syncs::changed(cx, tx, reading.connection_id, &effects, except).await?;
    news::records::changed(cx, tx, reading, &effects).await
}

/// What is there, and the ids of what is not.
async fn sorted(
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
