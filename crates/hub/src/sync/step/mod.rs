//! One step: pairs planned, read again where that is too old, written, and settled, until nothing is left to do about them.

mod deleting;
mod reading;
mod settling;
mod singly;
pub mod tally;

pub use tally::Tally;

use super::Place;
use super::engine::Engine;
use super::keep::{self, Entry};
use super::pairs::{Pair, places};
use super::send::{self, Numbered};
use super::{Halt, find};
use std::collections::BTreeMap;
use std::time::Duration;
use syncline_core::sync::plan::restrict;
use syncline_core::sync::{
    Action, Conflict, ConflictKind, Link, Outcome, Pending, Plan, Seen, Side, Sides, State, Terms, plan,
};
use syncline_core::time::Timestamp;

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
    /// Whether what is new waits a little before it is created.
    pub waits: bool,
    /// Whether what a provider refused is left to whoever asked for this step, so that what is written instead fills batches.
    pub gathers: bool,
}

/// What a step came to.
#[derive(Default)]
pub struct Step {
    pub tally: Tally,
    /// Records to be looked at again, and when.
    pub later: Vec<(Place, Timestamp)>,
    /// One record of each pair of which something was refused: they are to be looked at together.
    pub unfinished: Vec<Place>,
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
    /// Whether it leaves before its end, to be looked at with others of its kind.
    unfinished: bool,
    /// Since when what is left of its plan waits for the others of this step: it was planned together with what is written already.
    held: Option<Timestamp>,
}

impl Open {
    /// Whether what is known of this side is too old to decide by.
    fn is_to_be_read(&self, side: Side) -> bool {
        self.plan.as_ref().is_some_and(|plan| plan.refresh[side])
    }
}

/// Carries pairs as far as they go.
pub async fn carry(way: Way<'_>, pairs: Vec<Pair>) -> Step {
    let fresh_after = way.engine.terms().fresh_after;
    let mut step = Stepping { way, fresh_after, open: Vec::new(), out: Step::default() };
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
    /// What was read since then is fresh. A side that is written in batches is written right after it was read.
    fresh_after: Sides<Timestamp>,
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
            let changed = pair.row.as_ref().is_some_and(|row| row.link != pair.link);
            if let Some(at) = early.get(&number) {
                self.put_off(&pair.link, *at);
                if !changed {
                    continue;
                }
            }
            let linked = pair.news.contains(&"linked");
            self.out.tally.linked += u64::from(linked);
            let history = pair.news.iter().map(|news| Entry::news(news)).collect();
            self.open.push(Open {
                dirty: changed || !pair.news.is_empty(),
                pair,
                plan: None,
                history,
                questions: vec![],
                unfinished: false,
                held: None,
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
            let refreshed = self.singly().await? || self.refresh().await?;
            let created = self.create().await?;
            let writes = !refreshed && !created;
            if writes {
                self.write().await?;
            }
            self.rest(writes).await?;
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
        let free: Vec<usize> =
            (0..self.open.len()).filter(|number| self.open[*number].held.is_none()).collect();
        for number in free {
            self.plan_one(number);
        }
    }

    fn plan_one(&mut self, number: usize) {
        let terms = Terms { fresh_after: self.fresh_after, ..self.way.engine.terms() };
        let open = &mut self.open[number];
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
            return;
        }
        let mut planned = plan::plan(&terms, &open.pair.link, seen);
        if let Some(side) = self.way.only {
            planned = restrict(&terms, planned, side);
        }
        open.dirty |= planned.link != open.pair.link;
        open.pair.link = planned.link.clone();
        open.plan = Some(planned);
    }

    /// Creates what is missing; answers whether anything was to be created.
    async fn create(&mut self) -> Result<bool, Halt> {
        let mut wanted: Sides<Vec<Numbered>> = Sides::default();
        let mut early = Vec::new();
        for (number, open) in self.open.iter().enumerate() {
            let Some(plan) = &open.plan else { continue };
            for side in Side::BOTH {
                if let Some(action @ Action::Create(_)) = &plan.actions[side] {
                    match self.too_new(&open.pair) {
                        Some(at) => early.push((number, at)),
                        None => wanted[side].push((number, action.clone())),
                    }
                }
            }
        }
        for (number, at) in early {
            self.lay_aside(number, at);
        }
        if wanted.left.is_empty() && wanted.right.is_empty() || self.way.dry {
            return Ok(false);
        }
        let sent_at = self.way.engine.cx.now();
        for side in Side::BOTH {
            for (number, _) in &wanted[side] {
                let open = &mut self.open[*number];
                open.pair.link.ids[side] = None;
                open.pair.link.state = State::Creating(Pending { side, sent_at, open: true });
                open.dirty = true;
            }
        }
        // Written down before it is sent: whatever happens now, nothing is created twice.
        self.keep_dirty().await?;
        self.send(wanted).await?;
        Ok(true)
    }

    /// Until when a record that came to be just now waits for its like on the other side to be heard of.
    fn too_new(&self, pair: &Pair) -> Option<Timestamp> {
        let engine = self.way.engine;
        let until = pair.heard_at?.plus(engine.cx.config.sync.creation_delay.get());
        (self.way.waits && engine.cx.now() < until).then_some(until)
    }

    /// Sends changes and deletions, to both sides at once.
    async fn write(&mut self) -> Result<(), Halt> {
        self.let_go_of_old();
        let mut wanted: Sides<Vec<Numbered>> = Sides::default();
        let mut deletions: Sides<Vec<Numbered>> = Sides::default();
        for (number, open) in self.open.iter_mut().enumerate() {
            open.held = None;
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
        self.announce_deletions(&wanted).await?;
        self.send(wanted).await
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
        let mut actions: Sides<BTreeMap<usize, Action>> =
            Sides { left: left.iter().cloned().collect(), right: right.iter().cloned().collect() };
        let (sent_left, sent_right) = tokio::join!(
            Box::pin(send::send(engine, Side::Left, purpose, left)),
            Box::pin(send::send(engine, Side::Right, purpose, right)),
        );
        let mut halt = None;
        for (side, sent) in [(Side::Left, sent_left), (Side::Right, sent_right)] {
            self.out.tally.calls[side] += sent.calls;
            for (number, outcome) in sent.outcomes {
                if let Some(action) = actions[side].remove(&number) {
                    self.settle(number, side, &action, outcome).await?;
                }
            }
            halt = halt.or(sent.halt);
        }
        for (side, unsent) in actions.iter() {
            self.unsent(side, unsent);
        }
        self.keep_dirty().await?;
        for open in self.open.iter_mut().filter(|open| open.unfinished) {
            open.plan = None;
            self.out.unfinished.extend(places(&open.pair.link).next());
        }
        halt.map_or(Ok(()), Err)
    }

    /// What was not sent was not created: it may be, whenever things go on.
    fn unsent(&mut self, side: Side, actions: &BTreeMap<usize, Action>) {
        for (number, action) in actions {
            let open = &mut self.open[*number];
            let pending = matches!(open.pair.link.state, State::Creating(pending) if pending.side == side);
            if matches!(action, Action::Create(_)) && pending {
                open.pair.link.state = State::Linked;
                open.dirty = true;
            }
        }
    }

    /// Pairs about which nothing is left to do leave.
    ///
    /// `written`: whether this round wrote, or, of a dry one, wrote down what it would.
    async fn rest(&mut self, written: bool) -> Result<(), Halt> {
        let is_done = |open: &Open| match &open.plan {
            None => true,
            Some(plan) => {
                let idle = plan.actions.left.is_none() && plan.actions.right.is_none();
                !plan.refresh.left && !plan.refresh.right && (idle || self.way.dry && written)
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
                self.out.tally.count(side, action, &done);
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
