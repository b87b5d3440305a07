//! One step: pairs planned, read again where that is too old, written, and settled, until nothing is left to do about them.

use super::engine::Engine;
use super::keep::{self, Entry};
use super::note::Place;
use super::pairs::{Pair, places};
use super::send::{self, Numbered};
use super::{Halt, find, guard};
use crate::load::hydrate;
use std::collections::BTreeMap;
use std::time::Duration;
use syncline_core::sync::plan::restrict;
use syncline_core::sync::{
    Action, Conflict, ConflictKind, Ending, Link, Outcome, Pending, Plan, Refusal, Seen, Side, Sides,
    Snapshot, State, Value, plan, settle,
};
use syncline_core::time::Timestamp;
use syncline_providers::load::Found;
use syncline_store::records::Reading;
use syncline_store::syncs::links;

/// How often a pair is planned before it is left for later: reading again, creating, writing, and seeing that nothing is left take
/// four.
const ROUNDS: usize = 10;
/// How long a pair that does not come to rest waits.
const RESTLESS: Duration = Duration::from_secs(30);
/// How soon what may have been created is looked for.
const LOOK: Duration = Duration::from_secs(1);

/// How a step works.
#[derive(Clone, Copy)]
pub struct Way<'a> {
    pub engine: &'a Engine,
    /// Whose turn its calls take.
    pub purpose: &'static str,
    /// Only this side is written to; none: both.
    pub only: Option<Side>,
    /// Nothing is written, neither there nor here.
    pub dry: bool,
}

/// What was done, or would be.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Tally {
    /// Pairs and single records looked at.
    pub looked_at: u64,
    /// Records of both sides found to be the same.
    pub linked: u64,
    /// Records created, by side.
    pub created: Sides<u64>,
    /// Records changed, by side.
    pub updated: Sides<u64>,
    /// Records deleted, by side.
    pub deleted: Sides<u64>,
    /// Conflicts opened, or still open.
    pub conflicts: u64,
    /// Values that a side does not take.
    pub refused: u64,
    /// Records that wait for a person to say who they are.
    pub questions: u64,
    /// Put off.
    pub later: u64,
    /// Calls that wrote, by side.
    pub calls: Sides<u64>,
}

impl Tally {
    /// With what another step did.
    pub fn add(&mut self, other: &Self) {
        let both = |a: &mut Sides<u64>, b: Sides<u64>| {
            a.left += b.left;
            a.right += b.right;
        };
        self.looked_at += other.looked_at;
        self.linked += other.linked;
        both(&mut self.created, other.created);
        both(&mut self.updated, other.updated);
        both(&mut self.deleted, other.deleted);
        self.conflicts += other.conflicts;
        self.refused += other.refused;
        self.questions += other.questions;
        self.later += other.later;
        both(&mut self.calls, other.calls);
    }
}

/// What a step came to.
#[derive(Default)]
pub struct Step {
    pub tally: Tally,
    /// Records to be looked at again, and when.
    pub later: Vec<(Place, Timestamp)>,
    /// What would be done, of a dry one.
    pub planned: Vec<(Link, Side, Action)>,
    /// What stopped it before its end.
    pub halt: Option<Halt>,
}

/// A pair under way.
struct Open {
    pair: Pair,
    plan: Option<Plan>,
    history: Vec<Entry>,
    questions: Vec<ConflictKind>,
    /// Whether something about it is not stored yet.
    dirty: bool,
}

/// Carries pairs as far as they go.
pub async fn carry(way: Way<'_>, pairs: Vec<Pair>) -> Step {
    let mut step = Stepping { way, open: Vec::new(), out: Step::default() };
    step.out.tally.looked_at = pairs.len() as u64;
    if let Err(halt) = step.begin(pairs).await {
        step.out.halt = Some(halt);
        return step.out;
    }
    let ended = step.rounds().await;
    // What was learnt is kept, whatever stopped the rest.
    let kept = if way.dry { Ok(()) } else { step.keep_dirty().await };
    step.out.halt = ended.and(kept).err();
    step.out
}

struct Stepping<'a> {
    way: Way<'a>,
    open: Vec<Open>,
    out: Step,
}

impl Stepping<'_> {
    async fn begin(&mut self, mut pairs: Vec<Pair>) -> Result<(), Halt> {
        let early = match self.way.dry {
            true => BTreeMap::new(),
            false => find::pending(self.way.engine, self.way.purpose, &mut pairs).await?,
        };
        for (number, pair) in pairs.into_iter().enumerate() {
            if let Some(at) = early.get(&number) {
                self.put_off(&pair.link, *at);
                continue;
            }
            let linked = pair.news.contains(&"linked");
            self.out.tally.linked += u64::from(linked);
            let history = pair.news.iter().map(|news| Entry::news(news)).collect();
            self.open.push(Open {
                dirty: !pair.news.is_empty(),
                pair,
                plan: None,
                history,
                questions: vec![],
            });
        }
        Ok(())
    }

    async fn rounds(&mut self) -> Result<(), Halt> {
        for _ in 0..ROUNDS {
            if self.open.is_empty() {
                return Ok(());
            }
            self.plan();
            let refreshed = self.refresh().await?;
            let created = self.create().await?;
            if !refreshed && !created {
                self.write().await?;
            }
            self.rest().await?;
        }
        let restless: Vec<Link> = self.open.iter().map(|open| open.pair.link.clone()).collect();
        let at = self.way.engine.cx.now().plus(RESTLESS);
        for link in &restless {
            tracing::warn!(sync = self.way.engine.sync.id, ?link.ids, "a pair does not come to rest");
            self.put_off(link, at);
        }
        Ok(())
    }

    fn plan(&mut self) {
        let terms = self.way.engine.terms();
        for open in &mut self.open {
            let seen = open.pair.seen.as_ref();
            let is_unread = Sides::of(|side| {
                open.pair.link.ids[side].is_some() && matches!(open.pair.seen[side], Seen::Never)
            });
            if is_unread.left || is_unread.right {
                let link = open.pair.link.clone();
                open.plan = Some(Plan {
                    refresh: is_unread,
                    actions: Sides::default(),
                    link,
                    conflicts: vec![],
                    decided: vec![],
                });
                continue;
            }
            let mut planned = plan::plan(&terms, &open.pair.link, seen);
            if let Some(side) = self.way.only {
                planned = restrict(planned, side);
            }
            open.dirty |= planned.link != open.pair.link;
            open.pair.link = planned.link.clone();
            open.plan = Some(planned);
        }
    }

    /// Reads again what is too old to decide by; answers whether anything was.
    async fn refresh(&mut self) -> Result<bool, Halt> {
        let mut any = false;
        for side in Side::BOTH {
            let wanted: Vec<(usize, String)> = { self.open.iter().enumerate() }
                .filter(|(_, open)| open.plan.as_ref().is_some_and(|plan| plan.refresh[side]))
                .filter_map(|(number, open)| Some((number, open.pair.link.ids[side].clone()?)))
                .collect();
            if wanted.is_empty() {
                continue;
            }
            any = true;
            let end = &self.way.engine.ends[side];
            for piece in wanted.chunks(end.loader.read_batch().max(1)) {
                self.read(side, piece).await?;
            }
        }
        Ok(any)
    }

    async fn read(&mut self, side: Side, wanted: &[(usize, String)]) -> Result<(), Halt> {
        let (engine, cx) = (self.way.engine, &self.way.engine.cx);
        let end = &engine.ends[side];
        let (of, ids): ((&str, &str), Vec<String>) = (
            (&end.object.object_type, &end.object.collection),
            wanted.iter().map(|(_, id)| id.clone()).collect(),
        );
        let wish = hydrate::wish(cx, &end.connection).await?;
        let read_at = cx.now();
        let found = hydrate::read(cx, &end.connection.id, &wish, of, &ids, self.way.purpose).await?;
        let reading = Reading {
            connection_id: &end.connection.id,
            org_id: &end.connection.org_id,
            read_at,
            now: cx.now(),
        };
        for ((number, asked), found) in wanted.iter().zip(&found) {
            let open = &mut self.open[*number];
            let link = &mut open.pair.link;
            open.pair.seen[side] = match found {
                Found::Here(record) if record.archived || record.collection != end.object.collection => {
                    Seen::Gone { id: asked.clone(), at: read_at, merged_into: None }
                }
                Found::Here(record) => {
                    if record.id != *asked {
                        link.moved(side, record.id.clone());
                        open.history.push(Entry::news("relinked"));
                        open.dirty = true;
                    }
                    // It was sent after every answer that the link knows of, whatever the clock's steps are.
                    let known = link.bases.values().map(|base| base.known_at[side]).max();
                    let after = known.max(link.written_at[side]).unwrap_or(read_at);
                    Seen::Here(Snapshot {
                        id: record.id.clone(),
                        fields: engine.fields(side, &record.body),
                        read_at: read_at.max(after),
                        changed_at: record.modified_at.unwrap_or(read_at),
                    })
                }
                Found::Gone(_) => Seen::Gone { id: asked.clone(), at: read_at, merged_into: None },
            };
        }
        hydrate::keep(cx, &reading, &end.object.object_type, &found, Some(&engine.sync.id)).await?;
        Ok(())
    }

    /// Creates what is missing; answers whether anything was to be created.
    async fn create(&mut self) -> Result<bool, Halt> {
        let mut wanted: Sides<Vec<Numbered>> = Sides::default();
        for (number, open) in self.open.iter().enumerate() {
            let Some(plan) = &open.plan else { continue };
            for side in Side::BOTH {
                if let Some(action @ Action::Create(_)) = &plan.actions[side] {
                    wanted[side].push((number, action.clone()));
                }
            }
        }
        if wanted.left.is_empty() && wanted.right.is_empty() || self.way.dry {
            return Ok(false);
        }
        let sent_at = self.way.engine.cx.now();
        for side in Side::BOTH {
            for (number, _) in &wanted[side] {
                let open = &mut self.open[*number];
                open.pair.link.ids[side] = None;
                open.pair.link.state = State::Creating(Pending { side, sent_at });
                open.dirty = true;
            }
        }
        // Written down before it is sent: whatever happens now, nothing is created twice.
        self.keep_dirty().await?;
        self.send(wanted).await?;
        Ok(true)
    }

    /// Sends changes and deletions, to both sides at once.
    async fn write(&mut self) -> Result<(), Halt> {
        let mut wanted: Sides<Vec<Numbered>> = Sides::default();
        let mut deletions: Sides<Vec<Numbered>> = Sides::default();
        for (number, open) in self.open.iter().enumerate() {
            let Some(plan) = &open.plan else { continue };
            for side in Side::BOTH {
                match &plan.actions[side] {
                    Some(action @ Action::Delete { .. }) => deletions[side].push((number, action.clone())),
                    Some(action) if self.way.dry || !matches!(action, Action::Create(_)) => {
                        wanted[side].push((number, action.clone()));
                    }
                    _ => {}
                }
            }
        }
        for side in Side::BOTH {
            let waiting = std::mem::take(&mut deletions[side]);
            wanted[side].extend(self.allowed(side, waiting).await?);
        }
        if self.way.dry {
            self.write_down(&wanted);
            return Ok(());
        }
        self.send(wanted).await
    }

    /// Of deletions at `side` those that may be carried out now: not before their delay is over, nor beyond the guard.
    async fn allowed(&mut self, side: Side, deletions: Vec<Numbered>) -> Result<Vec<Numbered>, Halt> {
        let engine = self.way.engine;
        let delay = engine.cx.config.sync.deletion_delay.get();
        let now = engine.cx.now();
        let mut due = Vec::new();
        for (number, action) in deletions {
            let open = &self.open[number];
            let since = match &open.pair.seen[side.other()] {
                Seen::Gone { at, merged_into: None, .. } => at.plus(delay),
                _ => now,
            };
            if now < since {
                self.lay_aside(number, since);
            } else {
                due.push((number, action));
            }
        }
        if due.is_empty() {
            return Ok(due);
        }
        let verdict = guard::verdict(engine, side.other(), due.len() as u64, self.way.dry).await?;
        let (pass, held) = due.split_at(verdict.pass.min(due.len()));
        for (number, _) in held {
            if verdict.keep {
                self.spare(*number, side);
            } else {
                self.lay_aside(*number, now.plus(guard::ASK_AGAIN));
            }
        }
        Ok(pass.to_vec())
    }

    /// The record at `side` stays although the other one was deleted: a person said so for all of them.
    fn spare(&mut self, number: usize, side: Side) {
        let open = &mut self.open[number];
        open.pair.link.state = State::Ended(Ending::Unlinked { side: side.other() });
        open.plan = None;
        open.dirty = true;
    }

    /// Takes an action out of its plan, and looks at the pair again later.
    fn lay_aside(&mut self, number: usize, at: Timestamp) {
        let open = &mut self.open[number];
        open.plan = None;
        let link = open.pair.link.clone();
        self.put_off(&link, at);
    }

    fn put_off(&mut self, link: &Link, at: Timestamp) {
        self.out.tally.later += 1;
        self.out.later.extend(places(link).map(|place| (place, at)));
    }

    async fn send(&mut self, mut wanted: Sides<Vec<Numbered>>) -> Result<(), Halt> {
        let (left, right) = (std::mem::take(&mut wanted.left), std::mem::take(&mut wanted.right));
        if left.is_empty() && right.is_empty() {
            return Ok(());
        }
        let (engine, purpose) = (self.way.engine, self.way.purpose);
        let actions: Sides<BTreeMap<usize, Action>> =
            Sides { left: left.iter().cloned().collect(), right: right.iter().cloned().collect() };
        let (sent_left, sent_right) = tokio::join!(
            send::send(engine, Side::Left, purpose, left),
            send::send(engine, Side::Right, purpose, right),
        );
        let mut halt = None;
        for (side, sent) in [(Side::Left, sent_left), (Side::Right, sent_right)] {
            self.out.tally.calls[side] += sent.calls;
            for (number, outcome) in sent.outcomes {
                if let Some(action) = actions[side].get(&number) {
                    self.settle(number, side, action, outcome).await?;
                }
            }
            halt = halt.or(sent.halt);
        }
        self.keep_dirty().await?;
        halt.map_or(Ok(()), Err)
    }

    async fn settle(
        &mut self,
        number: usize,
        side: Side,
        action: &Action,
        outcome: Outcome,
    ) -> Result<(), Halt> {
        let outcome = match outcome {
            Outcome::Exists { id: Some(id), .. } => return self.exists(number, side, id).await,
            Outcome::Exists { id: None, message } => Outcome::Refused(vec![Refusal {
                field: "*".to_owned(),
                value: Value::Empty,
                reason: message,
            }]),
            Outcome::Unknown if matches!(action, Action::Create(_)) => return self.unknown(number, side),
            other => other,
        };
        let engine = self.way.engine;
        let open = &mut self.open[number];
        open.dirty = true;
        open.history.extend(Entry::of(side, action, &outcome));
        count(&mut self.out.tally, side, action, &outcome);
        let link = std::mem::replace(&mut open.pair.link, Link::lone(side, ""));
        open.pair.link = settle::settle(&engine.terms(), link, side, action, &outcome);
        match (&outcome, action) {
            (Outcome::Done { id, fields, at }, Action::Create(write) | Action::Update { write, .. }) => {
                let mut shown = match &open.pair.seen[side] {
                    Seen::Here(snapshot) => snapshot.clone(),
                    _ => {
                        Snapshot { id: id.clone(), fields: Default::default(), read_at: *at, changed_at: *at }
                    }
                };
                for (name, value) in write.fields.iter().chain(fields) {
                    if engine.ends[side].names.contains(name) {
                        match value.is_empty() {
                            true => shown.fields.remove(name),
                            false => shown.fields.insert(name.clone(), value.clone()),
                        };
                    }
                }
                open.pair.seen[side] = Seen::Here(shown);
            }
            (Outcome::Done { at, .. }, Action::Delete { id, .. }) => {
                open.pair.seen[side] = Seen::Gone { id: id.clone(), at: *at, merged_into: None };
            }
            (Outcome::Gone, Action::Update { .. } | Action::Delete { .. }) => {
                // Read again: it may have become part of another.
                open.pair.seen[side] = Seen::Never;
            }
            _ => {}
        }
        Ok(())
    }

    /// Nobody knows whether it was created: it is looked for before anything else is done.
    fn unknown(&mut self, number: usize, side: Side) -> Result<(), Halt> {
        let now = self.way.engine.cx.now();
        let open = &mut self.open[number];
        open.pair.link.state = State::Creating(Pending { side, sent_at: now });
        open.dirty = true;
        open.history.push(Entry::news("unanswered"));
        self.lay_aside(number, now.plus(LOOK));
        Ok(())
    }

    /// What was to be created is there already: it is linked, unless it is linked to another.
    async fn exists(&mut self, number: usize, side: Side, id: String) -> Result<(), Halt> {
        let engine = self.way.engine;
        let (store, sync_id) = (&engine.cx.store, &engine.sync.id);
        let linked = links::by_records(store, sync_id, side, std::slice::from_ref(&id)).await?;
        let open = &mut self.open[number];
        open.dirty = true;
        let living = linked.iter().find(|row| !matches!(row.link.state, State::Ended(_)));
        let theirs = living.and_then(|row| row.link.ids[side.other()].clone());
        match (theirs, open.pair.link.ids[side.other()].clone()) {
            (Some(of), Some(own)) if of != own => {
                open.questions.push(ConflictKind::Duplicate { side: side.other(), id: own, of });
                open.pair.link.state = State::Linked;
                open.plan = None;
            }
            _ => {
                open.pair.link.ids[side] = Some(id);
                open.pair.link.state = State::Linked;
                open.pair.seen[side] = Seen::Never;
                open.history.push(Entry::news("linked"));
                self.out.tally.linked += 1;
            }
        }
        Ok(())
    }

    /// Pairs about which nothing is left to do leave.
    async fn rest(&mut self) -> Result<(), Halt> {
        let is_done = |open: &Open| match &open.plan {
            None => true,
            Some(plan) => {
                let idle = plan.actions.left.is_none() && plan.actions.right.is_none();
                !plan.refresh.left && !plan.refresh.right && (idle || self.way.dry)
            }
        };
        let (done, open): (Vec<Open>, Vec<Open>) = self.open.drain(..).partition(is_done);
        self.open = open;
        let mut done = done;
        for open in &done {
            if let Some(plan) = &open.plan {
                self.out.tally.conflicts += plan.conflicts.len() as u64;
            }
            self.out.tally.questions += open.questions.len() as u64;
        }
        if !self.way.dry {
            keep_all(self.way.engine, &mut done, true).await?;
        }
        Ok(())
    }

    async fn keep_dirty(&mut self) -> Result<(), Halt> {
        keep_all(self.way.engine, &mut self.open, false).await
    }

    fn write_down(&mut self, wanted: &Sides<Vec<Numbered>>) {
        for (side, actions) in wanted.iter() {
            for (number, action) in actions {
                let open = &self.open[*number];
                let done = Outcome::Done {
                    id: String::new(),
                    fields: Default::default(),
                    at: self.way.engine.cx.now(),
                };
                count(&mut self.out.tally, side, action, &done);
                self.out.planned.push((open.pair.link.clone(), side, action.clone()));
            }
        }
    }
}

async fn keep_all(engine: &Engine, open: &mut [Open], settled: bool) -> Result<(), Halt> {
    let mut kept = Vec::new();
    for open in open.iter_mut().filter(|open| open.dirty || settled) {
        // At rest the plan says all there is to say about conflicts; before that, only what the policy decided is to be told.
        let (conflicts, decided): (Option<Vec<Conflict>>, Vec<Conflict>) = match &mut open.plan {
            Some(plan) => (settled.then(|| plan.conflicts.clone()), std::mem::take(&mut plan.decided)),
            None => (None, Vec::new()),
        };
        kept.push(keep::Kept {
            conflicts,
            decided,
            history: std::mem::take(&mut open.history),
            questions: std::mem::take(&mut open.questions),
            dirty: open.dirty,
            pair: &mut open.pair,
        });
        open.dirty = false;
    }
    keep::keep(engine, kept).await
}

fn count(tally: &mut Tally, side: Side, action: &Action, outcome: &Outcome) {
    match (action, outcome) {
        (Action::Create(write), Outcome::Done { .. }) => {
            tally.created[side] += 1;
            tally.refused += write.refusals.len() as u64;
        }
        (Action::Update { write, .. }, Outcome::Done { .. }) => {
            tally.updated[side] += 1;
            tally.refused += write.refusals.len() as u64;
        }
        (Action::Delete { .. }, Outcome::Done { .. }) => tally.deleted[side] += 1,
        (_, Outcome::Refused(refusals)) => tally.refused += refusals.len() as u64,
        _ => {}
    }
}
