//! What changed lately: the marks of a sync, looked at until none is left that is due.

use super::Place;
use super::engine::Engine;
use super::pairs;
use super::step::{self, Way};
use super::{Halt, index, tell};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use syncline_core::sync::Side;
use syncline_core::time::Timestamp;
use syncline_store::records;
use syncline_store::syncs::marks::{self, Mark};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// Records looked at in one step.
const BATCH: u32 = 100;
/// Marks indexed in one go.
const INDEX: u32 = 500;
/// How soon what another of its batch may be is looked at again.
const AGAIN: Duration = Duration::from_millis(50);
/// How often to look for new marks while a run keeps the job.
const POLL: Duration = Duration::from_millis(50);

/// The records that are being worked on, by what is live and by the run: nobody works on one that the other holds.
#[derive(Debug, Default)]
pub struct Busy {
    held: Mutex<BTreeSet<Place>>,
    freed: Notify,
}

/// Records that are held until this goes.
pub struct Hold<'a> {
    busy: &'a Busy,
    places: Vec<Place>,
}

impl Hold<'_> {
    /// Which.
    #[must_use]
    pub fn places(&self) -> &[Place] {
        &self.places
    }
}

impl Drop for Hold<'_> {
    fn drop(&mut self) {
        let mut held = self.busy.held.lock().unwrap_or_else(PoisonError::into_inner);
        for place in &self.places {
            held.remove(place);
        }
        self.busy.freed.notify_waiters();
    }
}

impl Busy {
    /// Holds these as soon as nobody else holds any of them.
    pub async fn hold(&self, places: &[Place]) -> Hold<'_> {
        loop {
            let freed = self.freed.notified();
            {
                let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
                if places.iter().all(|place| !held.contains(place)) {
                    held.extend(places.iter().cloned());
                    return Hold { busy: self, places: places.to_vec() };
                }
            }
            freed.await;
        }
    }

    /// Holds those of `places` that nobody holds; answers them and those held already by the caller, as `own`.
    pub fn try_hold(&self, places: &[Place], own: &[Place]) -> (Hold<'_>, BTreeSet<Place>) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let own: BTreeSet<&Place> = own.iter().collect();
        let (mut new, mut free) = (Vec::new(), BTreeSet::new());
        for place in places {
            if own.contains(place) || free.contains(place) {
                free.insert(place.clone());
            } else if held.insert(place.clone()) {
                new.push(place.clone());
                free.insert(place.clone());
            }
        }
        (Hold { busy: self, places: new }, free)
    }
}

/// Looks at marks until none is due; while `beside` is not cancelled, waits for new ones. Answers when the next is due.
///
/// # Errors
/// [`Halt`]; what could not be carried over stays marked.
pub async fn drain(
    engine: &Engine,
    busy: &Busy,
    stop: &CancellationToken,
    beside: &CancellationToken,
) -> Result<Option<Timestamp>, Halt> {
    let mut indexed = None;
    loop {
        if stop.is_cancelled() {
            return Err(Halt::Stopped);
        }
        indexed = index_new(engine, indexed).await?;
        if step_of(engine, busy).await? {
            continue;
        }
        if beside.is_cancelled() {
            return Ok(marks::next_due(&engine.cx.store, &engine.sync.id).await?);
        }
        tokio::select! {
            () = tokio::time::sleep(POLL) => {}
            () = beside.cancelled() => {}
            () = stop.cancelled() => {}
        }
    }
}

/// Everything that is marked is put into the index before anything is matched: a record that is new on both sides is found then,
/// whichever of the two is looked at first. Answers how far it came.
async fn index_new(
    engine: &Engine,
    after: Option<(Timestamp, Side, String)>,
) -> Result<Option<(Timestamp, Side, String)>, Halt> {
    let (store, sync_id) = (&engine.cx.store, &engine.sync.id);
    let mut after = after;
    loop {
        let page = marks::asked(store, sync_id, after.as_ref(), INDEX).await?;
        let Some(last) = page.last() else { return Ok(after) };
        after = Some((last.asked_at, last.side, last.record_id.clone()));
        for side in Side::BOTH {
            let ids: Vec<String> =
                { page.iter() }.filter(|mark| mark.side == side).map(|mark| mark.record_id.clone()).collect();
            if !ids.is_empty() {
                let end = &engine.ends[side];
                let known = records::of(store, &end.connection.id, &end.object.object_type, &ids).await?;
                index::refresh(engine, side, &known).await?;
            }
        }
    }
}

/// One batch of what is due; false when nothing is, or the run holds all of it.
async fn step_of(engine: &Engine, busy: &Busy) -> Result<bool, Halt> {
    let asked = engine.cx.now();
    let due: Vec<Mark> = marks::batch(&engine.cx.store, &engine.sync.id, asked, BATCH).await?;
    let places: Vec<Place> = due.iter().map(|mark| (mark.side, mark.record_id.clone())).collect();
    let (held, free) = busy.try_hold(&places, &[]);
    let due: Vec<Mark> =
        due.into_iter().filter(|mark| free.contains(&(mark.side, mark.record_id.clone()))).collect();
    if due.is_empty() {
        return Ok(false);
    }
    let gathered = Box::pin(pairs::gather(engine, held.places())).await?;
    let partners: Vec<Place> = gathered.pairs.iter().flat_map(|pair| pairs::places(&pair.link)).collect();
    let (_held_too, free) = busy.try_hold(&partners, held.places());
    let (pairs, blocked): (Vec<pairs::Pair>, Vec<pairs::Pair>) = { gathered.pairs.into_iter() }
        .partition(|pair| pairs::places(&pair.link).all(|place| free.contains(&place)));
    let way = Way { engine, purpose: "live", only: None, dry: false, waits: true, gathers: false };
    let step = Box::pin(step::carry(way, pairs)).await;
    tell::question(engine, &gathered.questions, &gathered.clear).await?;
    // What was not brought to an end stays marked: put off where it is known until when, at once where not.
    let mut later: BTreeSet<Place> = step.later.iter().map(|(place, _)| place.clone()).collect();
    later.extend(blocked.iter().flat_map(|pair| pairs::places(&pair.link)));
    later.extend(gathered.again.iter().cloned());
    let (kept, settled): (Vec<Mark>, Vec<Mark>) = match step.halt {
        Some(_) => (due, Vec::new()),
        None => due.into_iter().partition(|mark| later.contains(&(mark.side, mark.record_id.clone()))),
    };
    let mut tx = engine.cx.store.begin().await?;
    marks::settled(&mut tx, &engine.sync.id, &settled).await?;
    let soon = engine.cx.now().plus(AGAIN);
    let mut until: BTreeMap<Timestamp, Vec<Mark>> = BTreeMap::new();
    if step.halt.is_none() {
        for mark in kept {
            let place = (mark.side, mark.record_id.clone());
            let at = step.later.iter().find(|(of, _)| *of == place).map_or(soon, |(_, at)| *at);
            until.entry(at).or_default().push(mark);
        }
    }
    for (at, kept) in until {
        marks::put_off(&mut tx, &engine.sync.id, &kept, at).await?;
    }
    mark_later(engine, &mut tx, &step.later).await?;
    tx.commit().await?;
    match step.halt {
        Some(halt) => Err(halt),
        None => Ok(true),
    }
}

/// Marks records that have to be looked at later, whether they are marked already or not.
async fn mark_later(
    engine: &Engine,
    tx: &mut syncline_store::Tx,
    later: &[(Place, Timestamp)],
) -> Result<(), Halt> {
    let mut all: BTreeMap<(Side, Timestamp), Vec<String>> = BTreeMap::new();
    for ((side, id), at) in later {
        all.entry((*side, *at)).or_default().push(id.clone());
    }
    for ((side, at), ids) in all {
        marks::mark(tx, &engine.sync.id, side, &ids, engine.cx.now(), at).await?;
    }
    Ok(())
}

/// A run looked at these: what was marked before that is settled, what has to wait is marked.
///
/// # Errors
/// [`Halt::Trouble`] with the database's error.
pub async fn settle(
    engine: &Engine,
    looked: &[Place],
    later: &[(Place, Timestamp)],
    again: &[Place],
    asked: Timestamp,
) -> Result<(), Halt> {
    let mut tx = engine.cx.store.begin().await?;
    for side in Side::BOTH {
        let ids: Vec<String> =
            { looked.iter() }.filter(|place| place.0 == side).map(|place| place.1.clone()).collect();
        if !ids.is_empty() {
            marks::looked_at(&mut tx, &engine.sync.id, side, &ids, asked).await?;
        }
    }
    mark_later(engine, &mut tx, later).await?;
    let soon = engine.cx.now().plus(AGAIN);
    let again: Vec<(Place, Timestamp)> = again.iter().map(|place| (place.clone(), soon)).collect();
    mark_later(engine, &mut tx, &again).await?;
    tx.commit().await?;
    Ok(())
}
