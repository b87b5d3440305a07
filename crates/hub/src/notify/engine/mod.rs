//! The engine: one task that knows all lanes of this process, and others that ask the database, send and settle for it.
//!
//! It is woken by what publishers hand over, by answers, by the moment when something is due, and by a bell; from time to time it looks by
//! itself at every lane, for what other processes published, changed or left behind. A lane without anything under way may always send one
//! message; beyond that, places go to the lane that has the fewest, so endpoints that are slow or dead are in nobody's way.

mod after;
mod begin;

use super::claim::{self, Claimed, Wish};
use super::desk::Handed;
use super::exchange::{Courier, Exchange};
use super::keep::policy;
use super::lanes::{Lane, Next, Task};
use super::settle::{self, Done, Ended};
use super::terms::Terms;
use crate::cx::Cx;
use crate::telemetry::metrics;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;
use syncline_core::time::Timestamp;
use syncline_store::StoreError;
use syncline_store::notify::deliveries::{Claim, LaneDue};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Lanes in one claim.
const ASKS: usize = 64;
/// Bytes of messages in memory, claimed or handed over; beyond that a lane claims one at a time, and only when it has nothing, and publishers
/// hand nothing over.
const BYTES: usize = 128 << 20;

/// What comes back from the tasks.
enum Event {
    Claimed(Vec<Wish>, Result<Claimed, StoreError>),
    Looked(Result<Vec<LaneDue>, StoreError>),
    Read(Vec<String>, Result<HashMap<String, Terms>, StoreError>),
    Renewed(Vec<Claim>, Timestamp, Result<(), StoreError>),
    Dispatched(Result<(), StoreError>),
    Flown(Box<Flown>),
}

/// An attempt that ended.
struct Flown {
    task: Task,
    terms: Arc<Terms>,
    at: Timestamp,
    exchange: Exchange,
}

/// Sends until `soft` is cancelled; what is under way then is finished, and cut off and given back at `hard`.
///
/// # Panics
/// When the machine has no usable TLS set-up, which the start has made sure of.
pub async fn run(cx: Cx, soft: CancellationToken, hard: CancellationToken) {
    let settings = &cx.config.notify;
    let (timeout, kept) = (settings.timeout.get(), settings.kept_answer.bytes());
    let names = Arc::clone(&cx.notify.names);
    let courier = Courier::new(names, policy(&cx), timeout, kept, Arc::clone(&cx.clock))
        .expect("the client of the providers was made in the same way");
    let (events, mut inbox) = unbounded_channel();
    let (to_settle, ended) = unbounded_channel();
    let (told, mut settled) = unbounded_channel();
    let settling = tokio::spawn(settle::run(cx.clone(), ended, told));
    let mut handed = cx.notify.desk.open();
    let mut engine = Engine::new(cx.clone(), courier, events, to_settle);
    engine.work(&mut handed, &mut inbox, &mut settled, &soft).await;
    cx.notify.desk.close();
    engine.finish(&mut handed, &mut inbox, &mut settled, &hard).await;
    drop(engine);
    // Nobody sends any more: it settles what is left and ends. At the hard stop what is not settled is sent again by whoever finds it.
    tokio::select! {
        _ = settling => {}
        () = hard.cancelled() => {}
    }
    // Whoever still publishes has nobody to give way to.
    cx.notify.desk.set_behind(false);
}

struct Engine {
    cx: Cx,
    courier: Arc<Courier>,
    lanes: HashMap<String, Lane>,
    /// What this process has claimed and not settled, by endpoint and message, with when its lease ends.
    held: HashMap<(String, String), Timestamp>,
    held_bytes: usize,
    flying: usize,
    /// How many lanes are behind with settling.
    behind: usize,
    /// Lanes that wait for a place.
    hungry: BTreeSet<String>,
    /// Lanes to look at, and when.
    timers: BTreeSet<(Timestamp, String)>,
    /// Lanes to look at now.
    touched: HashSet<String>,
    /// Lanes whose turn it is to ask the database.
    asking: BTreeSet<String>,
    /// Endpoints to read.
    unread: BTreeSet<String>,
    claiming: bool,
    looking: bool,
    reading: bool,
    dispatching: bool,
    look: bool,
    dispatch: bool,
    sends: JoinSet<()>,
    events: UnboundedSender<Event>,
    to_settle: UnboundedSender<Ended>,
}

impl Engine {
    fn new(
        cx: Cx,
        courier: Courier,
        events: UnboundedSender<Event>,
        to_settle: UnboundedSender<Ended>,
    ) -> Self {
        Self {
            cx,
            courier: Arc::new(courier),
            lanes: HashMap::new(),
            held: HashMap::new(),
            held_bytes: 0,
            flying: 0,
            behind: 0,
            hungry: BTreeSet::new(),
            timers: BTreeSet::new(),
            touched: HashSet::new(),
            asking: BTreeSet::new(),
            unread: BTreeSet::new(),
            claiming: false,
            looking: false,
            reading: false,
            dispatching: false,
            look: true,
            dispatch: true,
            sends: JoinSet::new(),
            events,
            to_settle,
        }
    }

    async fn work(
        &mut self,
        handed: &mut UnboundedReceiver<Handed>,
        inbox: &mut UnboundedReceiver<Event>,
        settled: &mut UnboundedReceiver<Vec<Done>>,
        soft: &CancellationToken,
    ) {
        let mut poll = tokio::time::interval(self.cx.config.jobs.poll.get());
        poll.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut renewal = tokio::time::interval(self.cx.config.notify.lease.get() / 3);
        renewal.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let bell = Arc::clone(&self.cx.wake.news);
        while !soft.is_cancelled() {
            self.turn();
            let wait = self.until_next();
            tokio::select! {
                Some(new) = handed.recv() => self.handed(new),
                Some(event) = inbox.recv() => self.happened(event),
                Some(done) = settled.recv() => self.settled(done),
                () = bell.notified() => self.rung(),
                _ = poll.tick() => self.polled(),
                _ = renewal.tick() => self.renew(),
                () = tokio::time::sleep(wait) => {}
                () = soft.cancelled() => {}
            }
            // Whatever else came meanwhile is looked at in the same turn.
            while let Ok(new) = handed.try_recv() {
                self.handed(new);
            }
            while let Ok(event) = inbox.try_recv() {
                self.happened(event);
            }
            while let Ok(done) = settled.try_recv() {
                self.settled(done);
            }
            while self.sends.try_join_next().is_some() {}
        }
    }

    /// Gives back what was not sent, waits for what was, and settles that; at `hard`, gives that back too.
    async fn finish(
        &mut self,
        handed: &mut UnboundedReceiver<Handed>,
        inbox: &mut UnboundedReceiver<Event>,
        settled: &mut UnboundedReceiver<Vec<Done>>,
        hard: &CancellationToken,
    ) {
        while let Ok(new) = handed.try_recv() {
            self.handed(new);
        }
        let unsent: Vec<Task> = self.lanes.values_mut().flat_map(Lane::give_up).collect();
        self.give_back(unsent).await;
        let mut renewal = tokio::time::interval(self.cx.config.notify.lease.get() / 3);
        while self.flying > 0 || self.claiming {
            tokio::select! {
                Some(event) = inbox.recv() => match event {
                    Event::Claimed(_, Ok(late)) => {
                        self.claiming = false;
                        self.give_back(late.tasks).await;
                    }
                    Event::Claimed(_, Err(_)) => self.claiming = false,
                    Event::Flown(flown) => self.flown(*flown),
                    _ => {}
                },
                Some(done) = settled.recv() => self.settled(done),
                _ = renewal.tick() => self.renew(),
                () = hard.cancelled() => break,
            }
        }
        self.sends.abort_all();
        if hard.is_cancelled() {
            let claims =
                self.held.keys().map(|(endpoint, message)| claim::named(endpoint, message)).collect();
            release(&self.cx, claims).await;
        }
    }

    async fn give_back(&mut self, tasks: Vec<Task>) {
        for task in &tasks {
            self.let_go(&task.claim.endpoint_id, &task.claim.message_id, task.message.payload.len());
        }
        release(&self.cx, tasks.into_iter().map(|task| task.claim).collect()).await;
    }

    fn until_next(&self) -> Duration {
        let poll = self.cx.config.jobs.poll.get();
        self.timers.first().map_or(poll, |(at, _)| at.since(self.cx.now()).min(poll))
    }

    fn rung(&mut self) {
        self.look = true;
        self.dispatch = true;
    }

    fn polled(&mut self) {
        self.look = true;
        self.dispatch = true;
        self.unread.extend(self.lanes.iter().filter(|(_, lane)| lane.used).map(|(id, _)| id.clone()));
        metrics::notify_engine(self.lanes.len(), self.flying, self.held.len());
    }

    /// One turn: whatever can be done now is begun.
    fn turn(&mut self) {
        let now = self.cx.now();
        while self.timers.first().is_some_and(|(at, _)| *at <= now) {
            if let Some((_, id)) = self.timers.pop_first() {
                self.touched.insert(id);
            }
        }
        for id in std::mem::take(&mut self.touched) {
            self.consider(&id, now);
        }
        self.cx.notify.desk.set_full(self.held_bytes >= BYTES / 2);
        self.feed(now);
        self.begin_claim(now);
        self.begin_look();
        self.begin_reading();
        self.begin_dispatch();
    }

    /// Looks at one lane: sends what may leave, says whether there is room, asks for more.
    fn consider(&mut self, id: &str, now: Timestamp) {
        let each = self.cx.config.notify.per_endpoint;
        loop {
            let places = self.flying < self.cx.config.notify.concurrency;
            let Some(lane) = self.lanes.get_mut(id) else { return };
            if lane.terms.is_none() && (lane.load() > 0 || lane.due_at().is_some()) {
                self.unread.insert(id.to_owned());
                return;
            }
            if lane.flying > 0 && !places {
                if lane.is_waiting() {
                    self.hungry.insert(id.to_owned());
                }
                break;
            }
            match lane.next(each, now) {
                Next::Send(task) => self.send(task, now),
                Next::At(at) => {
                    self.timers.insert((at, id.to_owned()));
                    break;
                }
                Next::Nothing => break,
            }
        }
        let Some(lane) = self.lanes.get_mut(id) else { return };
        let room = lane.takes_handovers(now);
        if room != lane.has_room {
            lane.has_room = room;
            self.cx.notify.desk.set_room(id, room);
        }
        match lane.wants(now) {
            Ok(_) => {
                self.asking.insert(id.to_owned());
            }
            Err(Some(at)) => {
                self.timers.insert((at, id.to_owned()));
            }
            Err(None) => {}
        }
    }

    /// Gives free places to the lanes that have the fewest.
    fn feed(&mut self, now: Timestamp) {
        while self.flying < self.cx.config.notify.concurrency && !self.hungry.is_empty() {
            let of = |id: &&String| self.lanes.get(*id).map_or(usize::MAX, |lane| lane.flying);
            let Some(id) = self.hungry.iter().min_by_key(of).cloned() else { return };
            self.hungry.remove(&id);
            let each = self.cx.config.notify.per_endpoint;
            let Some(lane) = self.lanes.get_mut(&id) else { continue };
            match lane.next(each, now) {
                Next::Send(task) => {
                    self.send(task, now);
                    self.hungry.insert(id);
                }
                Next::At(at) => {
                    self.timers.insert((at, id));
                }
                Next::Nothing => {}
            }
        }
    }
}

async fn release(cx: &Cx, claims: Vec<Claim>) {
    if claims.is_empty() {
        return;
    }
    if let Err(error) = claim::release(cx, &claims).await {
        tracing::warn!(%error, messages = claims.len(), "messages were not given back; their leases end by themselves");
    }
}
