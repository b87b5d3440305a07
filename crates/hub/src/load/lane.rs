//! One lane of a run: page after page, the next one on its way while this one is stored, a checkpoint with each.

use super::by_id;
use super::engine::{Plan, new_lanes};
use crate::connect::{Line, Patience, Trouble};
use crate::news;
use crate::sync::note;
use crate::telemetry::metrics;
use std::collections::BTreeSet;
use std::time::Duration;
use syncline_core::record::Record;
use syncline_core::time::Timestamp;
use syncline_providers::load::{Found, From, Lane, Page, Walk};
use syncline_store::records::{self, Reading};
use syncline_store::runs::{self, LaneRow, LaneState, Progress};
use syncline_store::{StoreError, positions};

/// How many records are looked at in one statement when what was not seen is cleared away.
const SWEEP: u32 = 500;

/// How a lane's going along ended.
pub(super) enum Ended {
    /// Its row says how.
    Settled,
    /// The process stops, or the run was cancelled.
    Stopped,
    /// A person has to connect again.
    Paused(String),
    /// The connection is over.
    Over,
    /// Not now.
    Later { message: String, wait: Option<Duration> },
    /// The database.
    Store(StoreError),
}

/// A lane and its way.
pub(super) struct LaneRun {
    plan: Plan,
    row: LaneRow,
    /// When it was begun, by whichever process.
    started_at: Timestamp,
}

/// A page and where the walk was after it.
struct Fetched {
    page: Page,
    read_at: Timestamp,
    saved: String,
}

/// Why a lane leaves its loop.
enum Left {
    Stopped,
    Trouble(Trouble),
}

impl<E: Into<Trouble>> std::convert::From<E> for Left {
    fn from(trouble: E) -> Self {
        Self::Trouble(trouble.into())
    }
}

impl LaneRun {
    pub fn new(plan: Plan, row: LaneRow) -> Self {
        let started_at = row.started_at.unwrap_or_else(|| plan.cx.now());
        Self { plan, row, started_at }
    }

    /// Goes along the lane to its end, or as far as it goes now.
    pub async fn go(self) -> Ended {
        match self.along().await {
            Ok(()) => Ended::Settled,
            Err(Left::Stopped) => Ended::Stopped,
            Err(Left::Trouble(Trouble::Paused(reason))) => Ended::Paused(reason),
            Err(Left::Trouble(Trouble::Ended)) => Ended::Over,
            Err(Left::Trouble(Trouble::Later { message, wait })) => Ended::Later { message, wait },
            Err(Left::Trouble(Trouble::Keys(error))) => {
                Ended::Later { message: error.to_string(), wait: None }
            }
            Err(Left::Trouble(Trouble::Store(error))) => Ended::Store(error),
            Err(Left::Trouble(Trouble::Refused(fault))) => match self.failed(&fault.to_string()).await {
                Ok(()) => Ended::Settled,
                Err(error) => Ended::Store(error),
            },
        }
    }

    async fn along(&self) -> Result<(), Left> {
        self.begin().await?;
        let mut walk = self.walk()?;
        let mut pages = self.row.pages;
        let mut fetched = self.fetch(walk.as_mut()).await?;
        while let Some(page) = fetched {
            if self.plan.stop.is_cancelled() {
                return Err(Left::Stopped);
            }
            pages += 1;
            if self.plan.max_pages > 0 && pages >= u64::from(self.plan.max_pages) {
                self.store(page).await?;
                return Ok(self.cut().await?);
            }
            // The next page is on its way while this one is stored. What fails first is told; the checkpoint says how far it is.
            let (stored, next) = tokio::join!(self.store(page), self.fetch(walk.as_mut()));
            stored?;
            fetched = next?;
        }
        self.arrive().await
    }

    /// Writes down when the lane began, before anything is read: what is not seen after that is gone.
    async fn begin(&self) -> Result<(), Left> {
        let mut tx = self.plan.cx.store.begin().await?;
        let begun = runs::start_lane(&mut tx, &self.plan.run.id, &self.row.key, self.started_at).await?;
        if !begun {
            return Err(Left::Stopped);
        }
        tx.commit().await?;
        Ok(())
    }

    fn walk(&self) -> Result<Box<dyn Walk>, Trouble> {
        let lane = Lane {
            key: self.row.key.clone(),
            object_type: self.row.object_type.clone(),
            collection: self.row.collection.clone(),
            title: self.row.title.clone(),
            complete: self.row.complete,
            detail: serde_json::from_str(&self.row.detail).unwrap_or_default(),
        };
        let from = self.row.since.map_or(From::Start, From::ChangedSince);
        let saved = self.row.saved.as_deref().and_then(|saved| serde_json::from_str(saved).ok());
        self.plan.loader.walk(&lane, &self.plan.wish, from, saved.as_ref()).map_err(Trouble::Refused)
    }

    /// Reads the next page; none at the end. Given up as soon as the process stops or the run is cancelled, however long the wait for
    /// the provider would be: the walk moves on with a whole page only.
    async fn fetch(&self, walk: &mut dyn Walk) -> Result<Option<Fetched>, Left> {
        tokio::select! {
            fetched = self.next_page(walk) => Ok(fetched?),
            () = self.plan.stop.cancelled() => Err(Left::Stopped),
        }
    }

    async fn next_page(&self, walk: &mut dyn Walk) -> Result<Option<Fetched>, Trouble> {
        let line = Line::new(&self.plan.cx, &self.plan.connection.id, "load");
        let mut patience = Patience::default();
        loop {
            let ready = line.ready().await?;
            let at = ready.at();
            let Some(call) = walk.next(&at) else { return Ok(None) };
            // Never before the lane's start, whatever this machine's clock says: what was seen must count as seen.
            let read_at = at.now.max(self.started_at);
            let fault = match ready.send(&call).await {
                Ok(answer) => match walk.take(&at, &answer.reply()) {
                    Ok(page) => {
                        return Ok(Some(Fetched { page, read_at, saved: walk.save().to_string() }));
                    }
                    Err(fault) => fault,
                },
                Err(fault) => fault,
            };
            line.recover(&ready, &call, fault, &mut patience).await?;
        }
    }

    /// Records, checkpoint and what came to light, in one transaction.
    async fn store(&self, fetched: Fetched) -> Result<(), Left> {
        let Fetched { page, read_at, saved } = fetched;
        let (cx, run) = (&self.plan.cx, &self.plan.run);
        let lanes = match page.lanes.is_empty() {
            true => Vec::new(),
            false => new_lanes(&self.plan, page.lanes).await?,
        };
        let high_water = page.records.iter().filter_map(|record| record.modified_at).max();
        let read = page.records.len() as u64;
        let reading = self.reading(read_at);
        let mut tx = cx.store.begin().await?;
        let written = records::write(&mut tx, &reading, page.records).await?;
        let gone = records::mark_gone(&mut tx, &reading, &self.row.object_type, &page.gone).await?;
        let effects = [written.effects.as_slice(), gone.as_slice()].concat();
        note::walked(cx, &mut tx, &self.plan.connection.id, &effects).await?;
        news::records::changed(cx, &mut tx, &reading, &effects).await?;
        runs::add_lanes(&mut tx, &run.id, &lanes, cx.now()).await?;
        let progress = Progress {
            saved: Some(saved),
            pages: 1,
            read,
            created: written.created,
            changed: written.changed,
            unchanged: written.unchanged,
            stale: written.stale,
            gone: gone.len() as u64,
            total: page.total,
            high_water,
            notice: page.notice,
        };
        if !runs::checkpoint(&mut tx, &run.id, &self.row.key, &progress, cx.now()).await? {
            return Err(Left::Stopped);
        }
        tx.commit().await?;
        metrics::records_stored(&self.plan.connection.provider, &written);
        Ok(())
    }

    fn reading(&self, read_at: Timestamp) -> Reading<'_> {
        let connection = &self.plan.connection;
        Reading {
            connection_id: &connection.id,
            org_id: &connection.org_id,
            read_at,
            now: self.plan.cx.now(),
        }
    }

    /// At the end of the lane: what was not seen is gone, and the next run knows where to begin.
    async fn arrive(&self) -> Result<(), Left> {
        let cx = &self.plan.cx;
        let rows = runs::lanes(&cx.store, &self.plan.run.id).await?;
        let row = rows.into_iter().find(|row| row.key == self.row.key).unwrap_or_else(|| self.row.clone());
        let from_start = self.row.since.is_none();
        // A notice says that something was left out: what was not seen then is not known to be gone.
        if from_start && self.row.complete && row.notice.is_none() {
            self.sweep(row.saved.as_deref()).await?;
        }
        // What changed behind the reader's back, after its page was read, is later than the lane's start.
        let high_water = row.high_water.map(|seen| seen.min(self.started_at));
        let full_at = from_start.then_some(self.started_at);
        let mut tx = cx.store.begin().await?;
        positions::set(&mut tx, &self.plan.connection.id, &self.row.key, high_water, full_at, cx.now())
            .await?;
        runs::end_lane(&mut tx, &self.plan.run.id, &self.row.key, LaneState::Done, None, cx.now()).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Clears away what a complete walk did not see. Where many can be asked for at once, they are asked for once more first: a
    /// record that moved while the pages went by is not a deleted one.
    async fn sweep(&self, saved: Option<&str>) -> Result<(), Left> {
        let batch = self.plan.loader.read_batch();
        let limit = if batch > 1 { u32::try_from(batch).unwrap_or(SWEEP) } else { SWEEP };
        loop {
            if self.plan.stop.is_cancelled() {
                return Err(Left::Stopped);
            }
            let (cx, connection) = (&self.plan.cx, &self.plan.connection.id);
            let (object_type, collection) = (&self.row.object_type, &self.row.collection);
            let unseen =
                records::unseen(&cx.store, connection, object_type, collection, self.started_at, limit)
                    .await?;
            if unseen.is_empty() {
                return Ok(());
            }
            let read_at = cx.now().max(self.started_at);
            let found = if batch > 1 {
                tokio::select! {
                    found = self.look_again(&unseen) => found?,
                    () = self.plan.stop.cancelled() => return Err(Left::Stopped),
                }
            } else {
                Vec::new()
            };
            self.clear(unseen, found, read_at, saved).await?;
        }
    }

    async fn look_again(&self, ids: &[String]) -> Result<Vec<Found>, Trouble> {
        let of = (self.row.object_type.as_str(), self.row.collection.as_str());
        by_id::read(&self.plan.cx, &self.plan.connection.id, &self.plan.wish, of, ids, "load").await
    }

    async fn clear(
        &self,
        unseen: Vec<String>,
        found: Vec<Found>,
        read_at: Timestamp,
        saved: Option<&str>,
    ) -> Result<(), Left> {
        let cx = &self.plan.cx;
        let here: Vec<Record> = found
            .into_iter()
            .filter_map(|found| match found {
                Found::Here(record) => Some(*record),
                Found::Gone(_) => None,
            })
            .collect();
        let there: BTreeSet<&str> = here.iter().map(|record| record.id.as_str()).collect();
        let gone: Vec<String> = unseen.into_iter().filter(|id| !there.contains(id.as_str())).collect();
        // What is in them goes first: should this end here, they are found again and not their orphans forgotten.
        for id in &gone {
            self.empty(&self.row.object_type, id).await?;
        }
        let reading = self.reading(read_at);
        let mut tx = cx.store.begin().await?;
        let back = records::write(&mut tx, &reading, here).await?.effects;
        let effects = records::mark_gone(&mut tx, &reading, &self.row.object_type, &gone).await?;
        let all = [back.as_slice(), effects.as_slice()].concat();
        note::walked(cx, &mut tx, &self.plan.connection.id, &all).await?;
        news::records::changed(cx, &mut tx, &reading, &all).await?;
        let progress =
            Progress { saved: saved.map(str::to_owned), gone: effects.len() as u64, ..Progress::default() };
        if !runs::checkpoint(&mut tx, &self.plan.run.id, &self.row.key, &progress, cx.now()).await? {
            return Err(Left::Stopped);
        }
        tx.commit().await?;
        Ok(())
    }

    /// With a base go its tables, with a table its rows.
    async fn empty(&self, object_type: &str, id: &str) -> Result<(), Left> {
        let mut directories = vec![(object_type.to_owned(), id.to_owned())];
        while let Some((object_type, id)) = directories.pop() {
            let Some(child) = self.plan.loader.children(&object_type) else { continue };
            loop {
                let now = self.plan.cx.now().max(self.started_at);
                let reading = self.reading(now);
                let before = now.plus(Duration::from_millis(1));
                let mut tx = self.plan.cx.store.begin().await?;
                let swept = records::sweep(&mut tx, &reading, child, &id, before, SWEEP).await?;
                let (cx, connection_id) = (&self.plan.cx, &self.plan.connection.id);
                note::walked(cx, &mut tx, connection_id, &swept).await?;
                news::records::changed(cx, &mut tx, &reading, &swept).await?;
                tx.commit().await?;
                let more = swept.len() >= SWEEP as usize;
                directories.extend(swept.into_iter().map(|effect| (effect.object_type, effect.record_id)));
                if !more {
                    break;
                }
            }
        }
        Ok(())
    }

    async fn cut(&self) -> Result<(), StoreError> {
        let why =
            format!("stopped after {} pages, as `max_pages` says; there may be more", self.plan.max_pages);
        self.end(LaneState::Cut, &why).await
    }

    async fn failed(&self, why: &str) -> Result<(), StoreError> {
        self.end(LaneState::Failed, why).await
    }

    async fn end(&self, state: LaneState, why: &str) -> Result<(), StoreError> {
        let mut tx = self.plan.cx.store.begin().await?;
        runs::end_lane(&mut tx, &self.plan.run.id, &self.row.key, state, Some(why), self.plan.cx.now())
            .await?;
        tx.commit().await
    }
}
