//! Runs: every record of both sides goes the way that live changes go. Both sides are read first, then what records are matched by is
//! written down, then the left side's records are looked at page by page, and of the right side those that are nobody's yet.

mod reading;

use self::reading::Failed;
use super::Place;
use super::engine::Engine;
use super::live::Busy;
use super::pairs;
use super::step::{self, Way};
use super::{Halt, index, note, tell};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::time::Duration;
use syncline_core::sync::{Action, ConflictKind, Link, Side, Sides, State};
use syncline_store::records::{self, Filter, Stored};
use syncline_store::runs::State as RunState;
use syncline_store::syncs::runs::{self, SyncRun};
use syncline_store::syncs::{self, Phase, links, marks, plans};
use syncline_store::{Scope, StoreError, Tx};
use tokio_util::sync::CancellationToken;

pub use super::request::{Asked, Wanted, WantedReading, cancel, request, request_in};
pub use super::step::Tally;

/// Records of one step: twice as many as the largest batch that any provider takes, as about half of them are read once more before
/// they are written.
const PAGE: u32 = 200;
/// Records of one page that is indexed.
const INDEX_PAGE: u32 = 500;
/// How often who was asked about is looked at again at the end of a run, at most: it ends when a round links and creates nobody.
const ROUNDS: usize = 100;
/// How soon to look again whether the sides have been read.
const READING: Duration = Duration::from_millis(250);

/// Where a run is, kept with every page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Saved {
    /// The loads that are waited for, by side.
    loads: Sides<Option<String>>,
    /// The loads that have ended well.
    read: Sides<bool>,
    /// The side that is walked through now.
    side: Option<Side>,
    /// The last record of it that was dealt with.
    after: Option<String>,
    /// How many planned actions are kept already.
    kept: u64,
    /// One record of each pair of which something was refused: what takes its place is not written yet.
    unfinished: BTreeSet<Place>,
}

/// What became of a run for now.
pub enum Advanced {
    /// It is over.
    Over,
    /// It waits for both sides to be read.
    Waiting(Duration),
}

/// A run under way.
pub struct Running<'a> {
    engine: &'a Engine,
    run: SyncRun,
    phase: Phase,
    saved: Saved,
    tally: Tally,
    /// Records that a person was asked about.
    asked: BTreeSet<Place>,
    /// Records that waited for what another of their page became.
    again: BTreeSet<Place>,
    busy: &'a Busy,
    stop: CancellationToken,
}

impl<'a> Running<'a> {
    /// Takes a run up where it was left.
    #[must_use]
    pub fn new(engine: &'a Engine, run: SyncRun, busy: &'a Busy, stop: CancellationToken) -> Self {
        let read = |text: Option<&str>| text.and_then(|text| serde_json::from_str(text).ok());
        Self {
            phase: run.phase,
            saved: read(run.saved.as_deref()).unwrap_or_default(),
            tally: serde_json::from_value(run.counts.clone()).unwrap_or_default(),
            asked: BTreeSet::new(),
            again: BTreeSet::new(),
            engine,
            run,
            busy,
            stop,
        }
    }

    /// Goes on as far as it goes now.
    ///
    /// # Errors
    /// [`Halt`]; what was done so far is kept.
    pub async fn advance(&mut self) -> Result<Advanced, Halt> {
        if self.run.cancel_requested {
            self.finish(RunState::Cancelled, None).await?;
            return Ok(Advanced::Over);
        }
        let mut tx = self.engine.cx.store.begin().await?;
        runs::start(&mut tx, &self.run.id, self.engine.cx.now()).await?;
        tx.commit().await?;
        loop {
            match self.phase {
                Phase::Reading => match self.reading().await? {
                    Some(Failed(why)) => {
                        self.finish(RunState::Failed, Some(&why)).await?;
                        return Ok(Advanced::Over);
                    }
                    None if self.saved.read.left && self.saved.read.right => {
                        self.turn(Phase::Indexing).await?
                    }
                    None => return Ok(Advanced::Waiting(READING)),
                },
                Phase::Indexing => {
                    for side in Side::BOTH {
                        self.index(side).await?;
                    }
                    syncs::refresh_statistics(&self.engine.cx.store).await?;
                    self.prime().await?;
                    self.turn(Phase::Left).await?;
                }
                Phase::Left => {
                    self.walk(Side::Left).await?;
                    self.turn(Phase::Right).await?;
                }
                Phase::Right => {
                    self.walk(Side::Right).await?;
                    self.complete().await?;
                    self.reconsider().await?;
                    self.turn(Phase::Done).await?;
                }
                Phase::Done => {
                    self.finish(RunState::Succeeded, None).await?;
                    return Ok(Advanced::Over);
                }
            }
        }
    }

    /// The next phase begins.
    async fn turn(&mut self, phase: Phase) -> Result<(), Halt> {
        self.phase = phase;
        (self.saved.side, self.saved.after) = (None, None);
        self.checkpoint(None).await
    }

    async fn checkpoint(&mut self, total: Option<u64>) -> Result<(), Halt> {
        let mut tx = self.engine.cx.store.begin().await?;
        let goes_on = self.checkpoint_in(&mut tx, total).await?;
        tx.commit().await?;
        if goes_on { Ok(()) } else { Err(Halt::Stopped) }
    }

    async fn checkpoint_in(&self, tx: &mut Tx, total: Option<u64>) -> Result<bool, Halt> {
        let saved = serde_json::to_string(&self.saved).unwrap_or_default();
        let counts = serde_json::to_value(&self.tally).unwrap_or_default();
        let now = self.engine.cx.now();
        Ok(runs::checkpoint(tx, &self.run.id, self.phase, Some(&saved), &counts, total, now).await?)
    }

    /// Writes down what a side's records are found by.
    async fn index(&mut self, side: Side) -> Result<(), Halt> {
        if side == Side::Left && self.saved.side == Some(Side::Right) {
            return Ok(());
        }
        if self.saved.side != Some(side) {
            (self.saved.side, self.saved.after) = (Some(side), None);
        }
        loop {
            self.is_stopped()?;
            let page = self.page(side, INDEX_PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            self.saved.after = Some(last.record_id.clone());
            let mut tx = self.engine.cx.store.begin().await?;
            index::put(self.engine, &mut tx, side, &page).await?;
            if !self.checkpoint_in(&mut tx, None).await? {
                return Err(Halt::Stopped);
            }
            tx.commit().await?;
        }
    }

    /// From here on live changes are carried over: both sides are known.
    async fn prime(&self) -> Result<(), Halt> {
        if self.engine.sync.primed_at.is_none() && !self.run.dry_run {
            let mut tx = self.engine.cx.store.begin().await?;
            syncs::prime(&mut tx, &self.engine.sync.id, self.engine.cx.now()).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    async fn page(&self, side: Side, limit: u32) -> Result<Vec<Stored>, Halt> {
        let end = &self.engine.ends[side];
        let filter = Filter {
            connection_id: Some(end.connection.id.clone()),
            object_type: Some(end.object.object_type.clone()),
            ..Filter::default()
        };
        let after = self.saved.after.clone();
        let after = after.map(|id| (end.connection.id.clone(), end.object.object_type.clone(), id));
        Ok(records::page(&self.engine.cx.store, &Scope::All, &filter, after, limit).await?)
    }

    fn is_stopped(&self) -> Result<(), Halt> {
        if self.stop.is_cancelled() { Err(Halt::Stopped) } else { Ok(()) }
    }

    /// Looks at the records of a side, page by page.
    async fn walk(&mut self, side: Side) -> Result<(), Halt> {
        if self.saved.side != Some(side) {
            (self.saved.side, self.saved.after) = (Some(side), None);
        }
        loop {
            self.is_stopped()?;
            let (places, last) = self.next_places(side).await?;
            let Some(last) = last else { return Ok(()) };
            Box::pin(self.look_at(places, true)).await?;
            self.saved.after = Some(last);
            self.checkpoint(None).await?;
            if self.saved.unfinished.len() >= PAGE as usize {
                self.complete().await?;
            }
        }
    }

    /// As many as fill a batch, however many pages that takes, and the last record that was passed by; none at the end.
    async fn next_places(&mut self, side: Side) -> Result<(Vec<Place>, Option<String>), Halt> {
        let before = self.saved.after.clone();
        let (mut places, mut last) = (Vec::new(), None);
        while places.len() < PAGE as usize {
            let wanted = PAGE - u32::try_from(places.len()).unwrap_or(0);
            let page = self.page(side, wanted).await?;
            let Some(end) = page.last() else { break };
            last = Some(end.record_id.clone());
            self.saved.after.clone_from(&last);
            places.extend(self.worth_looking(side, page).await?);
        }
        // Passed by is what was looked at, not what was read.
        self.saved.after = before;
        Ok((places, last))
    }

    /// Of the left side all; of the right side those that were not looked at with the left side's.
    async fn worth_looking(&self, side: Side, page: Vec<Stored>) -> Result<Vec<Place>, Halt> {
        let ids: Vec<String> = page.into_iter().map(|stored| stored.record_id).collect();
        if side == Side::Left {
            return Ok(ids.into_iter().map(|id| (side, id)).collect());
        }
        let (store, sync_id) = (&self.engine.cx.store, &self.engine.sync.id);
        // One that was created and not told its counterpart's id, because everything stopped there, is not done.
        let sides = &self.engine.sync.agreement.sides;
        let is_told =
            |link: &Link, side: Side| sides[side].external.is_none() || link.external[side].is_some();
        let is_done = |link: &Link| {
            link.state == State::Linked
                && link.ids.left.is_some()
                && Side::BOTH.into_iter().all(|side| is_told(link, side))
        };
        let done: BTreeSet<String> = { links::by_records(store, sync_id, side, &ids).await? }
            .into_iter()
            .filter(|row| is_done(&row.link))
            .filter_map(|row| row.link.ids.right)
            .collect();
        Ok(ids.into_iter().filter(|id| !done.contains(id)).map(|id| (side, id)).collect())
    }

    /// `gathers`: what is refused waits for others of its kind.
    async fn look_at(&mut self, places: Vec<Place>, gathers: bool) -> Result<(), Halt> {
        let engine = self.engine;
        let held = self.busy.hold(&places).await;
        let asked = engine.cx.now();
        let gathered = Box::pin(pairs::gather(engine, held.places())).await?;
        let partners = gathered.pairs.iter().flat_map(|pair| pairs::places(&pair.link)).collect::<Vec<_>>();
        let (_held_too, free) = self.busy.try_hold(&partners, held.places());
        let pairs: Vec<pairs::Pair> = { gathered.pairs.into_iter() }
            .filter(|pair| pairs::places(&pair.link).all(|place| free.contains(&place)))
            .filter(|pair| !self.was_told(pair))
            .collect();
        let (only, dry) = (self.run.towards, self.run.dry_run);
        let way = Way { engine, purpose: "sync", only, dry, waits: false, gathers };
        let looked: Vec<Place> = pairs.iter().flat_map(|pair| pairs::places(&pair.link)).collect();
        let step = Box::pin(step::carry(way, pairs)).await;
        self.tally.add(&step.tally);
        self.tally.questions += gathered.questions.len() as u64;
        self.asked.extend(gathered.questions.iter().filter_map(whose));
        self.saved.unfinished.extend(step.unfinished);
        if self.run.dry_run {
            self.keep_plan(&step.planned).await?;
        } else {
            tell::question(engine, &gathered.questions, &gathered.clear).await?;
            super::live::settle(engine, &looked, &step.later, &gathered.again, asked).await?;
            self.again.extend(gathered.again);
        }
        match step.halt {
            Some(halt) => Err(halt),
            None => Ok(()),
        }
    }

    /// Where something was refused, what takes its place is written, for many at once.
    async fn complete(&mut self) -> Result<(), Halt> {
        let unfinished: Vec<Place> = self.saved.unfinished.iter().cloned().collect();
        for places in unfinished.chunks(PAGE as usize) {
            self.is_stopped()?;
            let before = (self.tally.looked_at, self.tally.questions);
            Box::pin(self.look_at(places.to_vec(), false)).await?;
            // They have been counted.
            (self.tally.looked_at, self.tally.questions) = before;
            self.saved.unfinished.retain(|place| !places.contains(place));
            self.checkpoint(None).await?;
        }
        Ok(())
    }

    /// What a run that ends early leaves unfinished is looked at with what changes.
    async fn leave(&self, tx: &mut Tx) -> Result<(), Halt> {
        if self.run.towards.is_some() {
            return Ok(());
        }
        let now = self.engine.cx.now();
        for side in Side::BOTH {
            let of_side = self.saved.unfinished.iter().filter(|place| place.0 == side);
            let ids: Vec<String> = of_side.map(|place| place.1.clone()).collect();
            marks::mark(tx, &self.engine.sync.id, side, &ids, now, now).await?;
        }
        Ok(())
    }

    /// Whom somebody could have been may be somebody else's by now: who was asked about, or waited, is looked at again, until that
    /// changes nothing. Those who waited come first, as they are few: of people who are found by the same thing, one of a page goes on at
    /// a time.
    async fn reconsider(&mut self) -> Result<(), Halt> {
        if self.run.dry_run {
            return Ok(());
        }
        for _ in 0..ROUNDS {
            let before = self.made();
            let mut waiting = std::mem::take(&mut self.again);
            while !waiting.is_empty() {
                let before = self.made();
                self.look_again(&waiting, &BTreeSet::new()).await?;
                if self.made() == before {
                    break;
                }
                waiting = std::mem::take(&mut self.again);
            }
            let asked = std::mem::take(&mut self.asked);
            self.look_again(&asked, &asked).await?;
            if self.made() == before {
                return Ok(());
            }
        }
        Ok(())
    }

    /// How many were linked and created.
    fn made(&self) -> (Sides<u64>, u64) {
        (self.tally.created, self.tally.linked)
    }

    /// Looks again at records that have been counted, those who were `asked` about among the questions, too.
    async fn look_again(&mut self, places: &BTreeSet<Place>, asked: &BTreeSet<Place>) -> Result<(), Halt> {
        let all: Vec<Place> = places.iter().cloned().collect();
        for places in all.chunks(PAGE as usize) {
            self.is_stopped()?;
            let looked_at = self.tally.looked_at;
            let counted =
                { places.iter() }.filter(|place| self.asked.remove(*place) || asked.contains(*place));
            self.tally.questions = self.tally.questions.saturating_sub(counted.count() as u64);
            Box::pin(self.look_at(places.to_vec(), false)).await?;
            self.tally.looked_at = looked_at;
            self.checkpoint(None).await?;
        }
        Ok(())
    }

    /// A dry run links nobody: whom the left side's records were found to be the same as comes again with the right side's.
    fn was_told(&self, pair: &pairs::Pair) -> bool {
        let joined = pair.link.ids.left.is_some() && pair.link.ids.right.is_some();
        self.run.dry_run && self.phase == Phase::Right && pair.row.is_none() && joined
    }

    /// Keeps what a dry run would do, as far as it is kept.
    async fn keep_plan(&mut self, planned: &[(Link, Side, Action)]) -> Result<(), Halt> {
        let most = self.engine.cx.config.sync.kept_plan.saturating_sub(self.saved.kept);
        let kept = planned.iter().take(usize::try_from(most).unwrap_or(usize::MAX));
        let rows: Vec<plans::Planned> = kept
            .zip(self.saved.kept..)
            .map(|((link, side, action), n)| plans::Planned {
                n,
                side: Some(*side),
                what: super::keep::word(action).to_owned(),
                ids: link.ids.clone(),
                detail: super::keep::detail(action),
            })
            .collect();
        let mut tx = self.engine.cx.store.begin().await?;
        plans::add(&mut tx, &self.run.id, &rows).await?;
        tx.commit().await?;
        self.saved.kept += rows.len() as u64;
        Ok(())
    }

    /// Ends the run and tells of it.
    async fn finish(&mut self, state: RunState, why: Option<&str>) -> Result<(), Halt> {
        let (cx, sync) = (&self.engine.cx, &self.engine.sync);
        let mut tx = cx.store.begin().await?;
        if !runs::finish(&mut tx, &self.run.id, state, why, cx.now()).await? {
            return Ok(());
        }
        self.leave(&mut tx).await?;
        if !self.run.dry_run && state != RunState::Cancelled {
            let ends = self.engine.ends.as_ref().map(|end| &end.connection);
            tell::completed(cx, &mut tx, sync, ends, (&self.run, &self.tally, why)).await?;
        }
        tx.commit().await?;
        // What a run that only tells has read is for the next one that does more.
        if !self.run.dry_run && state != RunState::Succeeded {
            note::unfollowed(self.engine, self.run.created_at).await?;
        }
        let tally = serde_json::to_string(&self.tally).unwrap_or_default();
        tracing::info!(sync = sync.id, run = self.run.id, state = state.name(), why, tally, "sync run ended");
        Ok(())
    }

    /// Ends the run because it cannot go on.
    ///
    /// # Errors
    /// [`Halt::Trouble`] with the database's error.
    pub async fn fail(&mut self, why: &str) -> Result<(), Halt> {
        self.finish(RunState::Failed, Some(why)).await
    }

    /// Rests until a connection is authorized again.
    ///
    /// # Errors
    /// [`StoreError`] as the database says.
    pub async fn pause(&self, why: &str) -> Result<(), StoreError> {
        let mut tx = self.engine.cx.store.begin().await?;
        runs::pause(&mut tx, &self.run.sync_id, why, self.engine.cx.now()).await?;
        tx.commit().await
    }
}

/// Whom a question is about, where it is one record.
fn whose(question: &ConflictKind) -> Option<Place> {
    match question {
        ConflictKind::Match { side, id, .. } | ConflictKind::Duplicate { side, id, .. } => {
            Some((*side, id.clone()))
        }
        _ => None,
    }
}
