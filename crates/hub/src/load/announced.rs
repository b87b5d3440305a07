//! What events are about: which records of which connections have to be read again because of them, and which of these are most likely
//! our own writes coming back.

use crate::cx::Cx;
use crate::jobs::{Payload, enqueue};
use crate::sync::wishes;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use syncline_core::time::Timestamp;
use syncline_providers::load::{self, Load};
use syncline_store::connections::{self, Holder};
use syncline_store::events::Arrival;
use syncline_store::records;
use syncline_store::stale::{self, Mark};
use syncline_store::{StoreError, Tx};

/// For how long after the mirror learnt of a write its echo is expected. What somebody else changes within this time after a change that
/// was read is taken for one too, and waits for what is surely news, if there is any.
const ECHO: Duration = Duration::from_secs(10);

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
            let mut marks = marks(loader, theirs.into_iter().filter(is_news), &known);
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

/// What the mirror knows of a record.
struct Known {
    body: String,
    changed_at: Timestamp,
}

/// What the mirror knows of the records that these are about.
async fn mirrored(
    tx: &mut Tx,
    held: &Holder,
    loader: &dyn Load,
    arrivals: &[&Arrival],
) -> Result<BTreeMap<Key, Known>, StoreError> {
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
                let now = Known { body: stored.body, changed_at: stored.changed_at };
                known.insert((object_type.clone(), stored.record_id), now);
            }
        }
    }
    Ok(known)
}

/// Whether the mirror knows all that this tells.
fn is_known(loader: &dyn Load, arrival: &Arrival, known: &BTreeMap<Key, Known>) -> bool {
    changes(loader, arrival).into_iter().all(|change| {
        let now = known.get(&(change.object_type, change.id));
        now.is_some_and(|now| loader.is_known(&arrival.event.kind, &arrival.event.raw, &now.body))
    })
}

fn changes(loader: &dyn Load, arrival: &Arrival) -> Vec<load::Change> {
    let event = &arrival.event;
    loader.change(&event.kind, &event.object_type, &event.object_id, &event.raw)
}

/// What is to be read again, each record once. Of one that the mirror has only just learnt, which is how it knows what we wrote, an
/// event that does not say what changed is most likely the echo.
fn marks<'a>(
    loader: &dyn Load,
    arrivals: impl Iterator<Item = &'a Arrival>,
    known: &BTreeMap<Key, Known>,
) -> Vec<Mark> {
    let mut marks: BTreeMap<Key, Mark> = BTreeMap::new();
    for arrival in arrivals {
        for change in changes(loader, arrival) {
            let key = (change.object_type.clone(), change.id.clone());
            let now = known.get(&key).map(|now| now.changed_at);
            let mark = marks.entry(key).or_insert(Mark {
                object_type: change.object_type,
                collection: change.collection,
                record_id: change.id,
                asked_at: arrival.received_at,
                echo: true,
            });
            mark.asked_at = mark.asked_at.max(arrival.received_at);
            mark.echo &=
                !loader.tells_values() && now.is_some_and(|now| arrival.received_at <= now.plus(ECHO));
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
