//! The engine: looks which lanes have something due and has each worked on, one task a lane.
//!
//! A definition has three lanes: values to be sent to its trigger, values to be written, properties to be read. A lane whose calls are turned
//! away rests, and then tries with one counter until that is taken; so a trigger that was deleted or a full hour costs next to
//! nothing, and the lanes of others go on. What rests is only in memory: after a start each lane is tried once.

mod lane;
mod post;
mod settle;
mod written;

pub(super) use post::{budget, post};

use super::{seal, work};
use crate::cx::Cx;
use crate::notify::caught;
use crate::telemetry::metrics;
use lane::Ended;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use syncline_core::counters::definition::Definition;
use syncline_core::counters::push::{Stage, Terms};
use syncline_core::time::Timestamp;
use syncline_store::counters::definitions::{self, Stored};
use syncline_store::counters::{self as rows, pushes};
use syncline_store::{Scope, StoreError};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Looks are at least so far apart: many changes make one.
const BREATH: Duration = Duration::from_millis(20);
/// What is written or read waits so long for others that go in the same call.
const GATHER: Duration = Duration::from_millis(200);
/// Definitions asked for at a time.
const PAGE: u32 = 500;
/// How often it is counted what waits.
const COUNT: Duration = Duration::from_secs(15);

/// A definition as the engine knows it.
#[derive(Debug)]
struct Known {
    stored: Stored,
    /// With its secrets; none when those cannot be opened.
    definition: Option<Definition>,
    terms: Terms,
    /// Whether its row says that something is wrong though it is active.
    remarked: AtomicBool,
}

impl Known {
    fn of(cx: &Cx, stored: Stored) -> Self {
        let definition = seal::open(cx, &stored);
        if let Err(error) = &definition {
            tracing::error!(counter = stored.id, %error, "a counter cannot be pushed: run `syncline doctor`");
        }
        let (terms, definition) = (super::request::terms(cx, &stored), definition.ok());
        let remarked = AtomicBool::new(stored.reason.is_some());
        Self { stored, definition, terms, remarked }
    }
}

type LaneKey = (String, Stage);

/// How a lane does.
#[derive(Clone, Copy, Debug, Default)]
struct Pace {
    failures: u32,
    until: Option<Timestamp>,
}

/// Pushes until `soft` is cancelled; what is under way then is finished, and cut off at `hard`.
pub async fn run(cx: Cx, soft: CancellationToken, hard: CancellationToken) {
    let bell = Arc::clone(&cx.wake.counters);
    let mut engine = Engine::new(cx);
    let mut lanes = JoinSet::new();
    while !soft.is_cancelled() {
        let woken = bell.notified();
        let wait = match engine.turn(&mut lanes, &soft).await {
            Ok(wait) => wait,
            Err(error) => {
                tracing::warn!(%error, "counters cannot be pushed now; trying again");
                engine.cx.config.jobs.poll.get()
            }
        };
        tokio::select! {
            () = woken => {}
            Some(ended) = lanes.join_next() => engine.ended(ended.ok()),
            () = tokio::time::sleep(wait) => {}
            () = soft.cancelled() => {}
        }
        while let Some(ended) = lanes.try_join_next() {
            engine.ended(ended.ok());
        }
        tokio::time::sleep(BREATH).await;
    }
    loop {
        tokio::select! {
            ended = lanes.join_next() => if ended.is_none() { break },
            // What is cut off was written down: whoever finds its lease ended looks what became of it.
            () = hard.cancelled() => break,
        }
    }
}

struct Engine {
    cx: Cx,
    known: HashMap<String, Arc<Known>>,
    running: HashSet<LaneKey>,
    paces: HashMap<LaneKey, Pace>,
    /// Calls of triggers under way, of all definitions.
    places: Arc<Semaphore>,
    ask_at: Timestamp,
    count_at: Timestamp,
}

impl Engine {
    fn new(cx: Cx) -> Self {
        let now = cx.now();
        Self {
            places: Arc::new(Semaphore::new(cx.config.counters.concurrency)),
            cx,
            known: HashMap::new(),
            running: HashSet::new(),
            paces: HashMap::new(),
            ask_at: now,
            count_at: now,
        }
    }

    /// Begins what is due; answers how long nothing else is, as far as is known.
    async fn turn(
        &mut self,
        lanes: &mut JoinSet<(LaneKey, Option<Ended>)>,
        soft: &CancellationToken,
    ) -> Result<Duration, StoreError> {
        let poll = self.cx.config.jobs.poll.get();
        if self.cx.now() >= self.ask_at {
            self.ask_at = self.cx.now().plus(poll);
            work::ask_for_due(&self.cx).await?;
        }
        let due = self.look().await?;
        self.read(&due).await?;
        let now = self.cx.now();
        let mut next = now.plus(poll);
        for lane in &due {
            let moments =
                [(Stage::Trigger, lane.trigger), (Stage::Write, lane.write), (Stage::Look, lane.look)];
            for (stage, at) in moments {
                let Some(at) = at else { continue };
                let key = (lane.definition_id.clone(), stage);
                let at = self.at(&key, at);
                if self.running.contains(&key) {
                    continue;
                } else if at > now {
                    next = next.min(at);
                } else if let Some(known) = self.known.get(&lane.definition_id) {
                    self.running.insert(key.clone());
                    let known = Arc::clone(known);
                    self.spawn(lanes, key, known, soft.clone());
                }
            }
        }
        if now >= self.count_at {
            self.count_at = now.plus(COUNT);
            self.count(&due).await?;
        }
        Ok(next.since(now))
    }

    /// When a lane is worked on of which something is due at `due`.
    fn at(&self, key: &LaneKey, due: Timestamp) -> Timestamp {
        let gather = if key.1 == Stage::Trigger { Duration::ZERO } else { GATHER };
        let rests = self.paces.get(key).and_then(|pace| pace.until);
        due.plus(gather).max(rests.unwrap_or(due))
    }

    fn spawn(
        &self,
        lanes: &mut JoinSet<(LaneKey, Option<Ended>)>,
        key: LaneKey,
        known: Arc<Known>,
        soft: CancellationToken,
    ) {
        let tries = self.paces.get(&key).is_some_and(|pace| pace.failures > 0);
        let (cx, places) = (self.cx.clone(), Arc::clone(&self.places));
        lanes.spawn(async move {
            let lane = lane::Lane { cx, known, one: tries, soft };
            let ended = match key.1 {
                Stage::Look => caught(lane.look()).await,
                stage => caught(lane.send(stage, &places)).await,
            };
            (key, ended)
        });
    }

    fn ended(&mut self, ended: Option<(LaneKey, Option<Ended>)>) {
        let Some((key, ended)) = ended else { return };
        self.running.remove(&key);
        let now = self.cx.now();
        // After a panic, which is a defect of ours, it is not tried at once again.
        match ended.unwrap_or(Ended { rest: Some(None), went: false }) {
            Ended { rest: None, went } => {
                if went {
                    self.paces.remove(&key);
                }
            }
            Ended { rest: Some(asked), .. } => {
                let pace = self.paces.entry(key).or_default();
                pace.failures = pace.failures.saturating_add(1);
                let longest = self.cx.config.counters.longest_wait.get();
                let wait = asked.unwrap_or(Duration::from_secs(1 << pace.failures.min(16)));
                pace.until = Some(now.plus(wait.min(longest)));
            }
        }
    }

    async fn look(&self) -> Result<Vec<pushes::LaneDue>, StoreError> {
        let (mut all, mut after) = (Vec::new(), None::<String>);
        loop {
            let page = pushes::lanes(&self.cx.store, after.as_deref(), PAGE).await?;
            let whole = page.len() == PAGE as usize;
            after = page.last().map(|lane| lane.definition_id.clone());
            all.extend(page);
            if !whole {
                return Ok(all);
            }
        }
    }

    /// Reads definitions that are new or have changed.
    async fn read(&mut self, due: &[pushes::LaneDue]) -> Result<(), StoreError> {
        let there: HashSet<&str> = due.iter().map(|lane| lane.definition_id.as_str()).collect();
        self.known.retain(|id, _| there.contains(id.as_str()));
        let old = |lane: &&pushes::LaneDue| {
            let known = self.known.get(&lane.definition_id);
            known.is_none_or(|known| known.stored.version != lane.version)
        };
        let changed: Vec<&str> = due.iter().filter(old).map(|lane| lane.definition_id.as_str()).collect();
        for stored in definitions::get_many(&self.cx.store, &changed).await? {
            // What it was refused for may have been mended.
            self.paces.retain(|(id, _), _| *id != stored.id);
            self.known.insert(stored.id.clone(), Arc::new(Known::of(&self.cx, stored)));
        }
        Ok(())
    }

    async fn count(&self, due: &[pushes::LaneDue]) -> Result<(), StoreError> {
        let mut all = rows::Waiting::default();
        for lane in due {
            let of = rows::waiting(&self.cx.store, &Scope::All, &lane.definition_id).await?;
            all.to_send += of.to_send;
            all.to_look_at += of.to_look_at;
            all.parked += of.parked;
        }
        metrics::counters_waiting(all.to_send, all.to_look_at, all.parked);
        Ok(())
    }
}
