//! What carries plans out, after the hub: a mirror of the last readings, links, and what is persisted between any two steps.

use crate::met;
use crate::provider::{By, Provider};
use crate::terms::{self, Choice};
use crate::who::names;
use std::collections::{BTreeMap, BTreeSet};
use syncline_core::sync::settle::{Outcome, settle};
use syncline_core::sync::{
    Action, Agreement, Can, Conflict, ConflictKind, Fields, Link, Pending, Schema, Seen, Side, Sides,
    Snapshot, State, Terms, Value, plan,
};
use syncline_core::time::Timestamp;

/// A reading on its way.
#[derive(Clone, Debug)]
pub struct Reading {
    pub side: Side,
    pub seen: Seen,
    pub read_at: Timestamp,
    pub merged_ids: Vec<String>,
}

/// What the mirror keeps of a record.
#[derive(Clone, Debug)]
pub struct Kept {
    pub seen: Seen,
    pub read_at: Timestamp,
    pub merged_ids: Vec<String>,
}

/// A link and what is open about it.
#[derive(Clone, Debug)]
pub struct Row {
    pub link: Link,
    pub conflicts: Vec<Conflict>,
}

/// Where a run of work ends before it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    /// Every answer comes.
    No,
    /// The first call does not arrive.
    Call,
    /// The first call's answer does not arrive.
    Answer,
}

/// How a link is worked on.
#[derive(Clone, Copy, Debug)]
pub struct Way {
    /// After how many steps it stops.
    pub steps: u8,
    pub lost: Lost,
    /// Only this side is written to, as by a run in one direction.
    pub only: Option<Side>,
}

impl Way {
    /// To the end.
    pub const WHOLE: Self = Self { steps: u8::MAX, lost: Lost::No, only: None };
}

/// The two providers and all that is persisted of them.
#[derive(Clone, Debug)]
pub struct World {
    pub agreement: Agreement,
    pub schemas: Sides<Schema>,
    pub tells_time: Sides<bool>,
    pub providers: Sides<Provider>,
    pub mirror: Sides<BTreeMap<String, Kept>>,
    pub rows: Vec<Row>,
    pub decided: Vec<Conflict>,
    pub in_flight: Vec<Reading>,
    pub clock: i64,
    /// How many writes were sent.
    pub sent: usize,
    /// What a person is asked about records without a link.
    pub questions: Vec<ConflictKind>,
    /// What happened that does not happen in every history, and how often.
    pub met: BTreeMap<&'static str, u64>,
    /// Texts that people typed, and whether a person removed them since.
    pub typed: BTreeMap<String, bool>,
}

impl World {
    pub fn new(choice: &Choice) -> Self {
        Self {
            agreement: terms::agreement(choice),
            schemas: terms::schemas(),
            tells_time: choice.tells_time,
            providers: Sides::of(|side| Provider::new(side, choice.unique && side == Side::Left)),
            mirror: Sides::default(),
            rows: Vec::new(),
            decided: Vec::new(),
            in_flight: Vec::new(),
            clock: 1_000_000,
            sent: 0,
            questions: Vec::new(),
            met: BTreeMap::new(),
            typed: BTreeMap::new(),
        }
    }

    /// This happened.
    pub fn met(&mut self, what: &'static str) {
        *self.met.entry(what).or_default() += 1;
    }

    pub fn tick(&mut self) -> Timestamp {
        self.clock += 1;
        Timestamp::from_millis(self.clock)
    }

    /// Reads a record now; what it shows is on its way.
    pub fn read(&mut self, side: Side, id: &str) -> Reading {
        let read_at = self.tick();
        let gone = |merged_into| Seen::Gone { id: id.to_owned(), at: read_at, merged_into };
        let Some(record) = self.providers[side].records.get(id) else {
            return Reading { side, seen: gone(None), read_at, merged_ids: Vec::new() };
        };
        let seen = if record.alive {
            let changed_at = if self.tells_time[side] { record.changed_at } else { read_at };
            Seen::Here(Snapshot { id: id.to_owned(), fields: record.fields.clone(), read_at, changed_at })
        } else {
            // Of a merge, 10to8 tells nothing but what the survivor names (facts 8).
            gone(record.merged_into.clone().filter(|_| side == Side::Left))
        };
        Reading { side, seen, read_at, merged_ids: record.merged_ids.clone() }
    }

    /// A reading arrives: the mirror keeps it if it is newer than what is there.
    pub fn arrive(&mut self, reading: Reading) {
        let side = reading.side;
        let id = match &reading.seen {
            Seen::Here(snapshot) => snapshot.id.clone(),
            Seen::Gone { id, .. } => id.clone(),
            Seen::Never => return,
        };
        let before = self.mirror[side].get(&id);
        if before.is_some_and(|kept| kept.read_at >= reading.read_at) {
            return;
        }
        let mut seen = reading.seen;
        if let (Seen::Here(new), Some(Seen::Here(old))) = (&mut seen, before.map(|kept| &kept.seen))
            && !self.tells_time[side]
            && new.fields == old.fields
        {
            new.changed_at = old.changed_at;
        }
        let kept = Kept { seen, read_at: reading.read_at, merged_ids: reading.merged_ids };
        self.mirror[side].insert(id, kept);
    }

    pub fn seen(&self, side: Side, link: &Link) -> Seen {
        let kept = link.ids[side].as_ref().and_then(|id| self.mirror[side].get(id));
        kept.map_or(Seen::Never, |kept| kept.seen.clone())
    }

    /// Carries out what one link asks for, at most so many steps of it: then everything but what is persisted is forgotten.
    pub fn work(&mut self, at: usize, way: Way) {
        let Way { steps, lost, only } = way;
        let mut run = Run { steps: usize::from(steps), lost, only, fresh_after: self.tick() };
        for _ in 0..ROUNDS {
            match self.round(at, &mut run) {
                Some(true) => {}
                Some(false) | None => return,
            }
        }
        panic!("no end of work: {:?}", self.rows[at]);
    }

    /// Whether there may be more to do; none: stopped.
    fn round(&mut self, at: usize, run: &mut Run) -> Option<bool> {
        run.step()?;
        self.look_for_pending(at);
        let row = self.rows.get(at)?.clone();
        let (agreement, schemas) = (self.agreement.clone(), self.schemas.clone());
        let terms = Terms {
            agreement: &agreement,
            schemas: schemas.as_ref(),
            can: Sides {
                left: Can { undelete: true, objects: false },
                right: Can { undelete: false, objects: true },
            },
            now: self.tick(),
            fresh_after: Sides::of(|_| run.fresh_after),
        };
        let planned = self.planned(&terms, &row.link)?;
        let planned = match run.only {
            Some(side) => plan::restrict(&terms, planned, side),
            None => planned,
        };
        self.note(&row.link, &planned);
        let actions = planned.actions.clone();
        for decided in planned.decided {
            if !self.decided.contains(&decided) {
                self.decided.push(decided);
            }
        }
        self.rows[at] = Row { link: planned.link, conflicts: planned.conflicts };
        if actions.left.is_none() && actions.right.is_none() {
            return Some(false);
        }
        for (side, action) in actions.iter() {
            if let Some(action) = action {
                self.carry_out(at, &terms, side, action, run)?;
            }
        }
        Some(true)
    }

    /// Plans, reading again what the plan asks for.
    fn planned(&mut self, terms: &Terms<'_>, link: &Link) -> Option<syncline_core::sync::Plan> {
        for attempt in 0..4 {
            let seen = Sides::of(|side| self.seen(side, link));
            let planned = plan::plan(terms, link, seen.as_ref());
            if planned.refresh == Sides::default() {
                return Some(planned);
            }
            self.met(if attempt == 0 { "read again" } else { "read the other side again" });
            assert_eq!(
                planned.actions,
                Sides::default(),
                "nothing is sent before what was asked for is read"
            );
            for side in Side::BOTH {
                if planned.refresh[side] {
                    let id = link.ids[side].clone().expect("what is read again has an id");
                    let reading = self.read(side, &id);
                    self.arrive(reading);
                }
            }
        }
        panic!("asks for what was just read: {link:?}");
    }

    fn carry_out(
        &mut self,
        at: usize,
        terms: &Terms<'_>,
        side: Side,
        action: &Action,
        run: &mut Run,
    ) -> Option<()> {
        if matches!(action, Action::Create(_)) {
            let pending = Pending { side, sent_at: self.tick(), open: true };
            self.rows[at].link.state = State::Creating(pending);
        }
        if matches!(action, Action::Delete { .. }) {
            if self.claimed(&self.rows[at], side.other()).is_some() {
                // It became another, as was found out just now: the link goes over to that one first.
                return None;
            }
            self.rows[at].link.deleting[side] = Some(self.tick());
        }
        run.step()?;
        let lost = std::mem::replace(&mut run.lost, Lost::No);
        let answer = if lost == Lost::Call { Outcome::Unknown } else { self.send(at, side, action) };
        self.met(met::called(&answer));
        if run.step().is_none() {
            self.met("stopped before the answer was settled");
            return None;
        }
        let outcome = if lost == Lost::Answer { Outcome::Unknown } else { answer };
        let terms = Terms { now: self.tick(), ..*terms };
        match self.there_already(at, side, outcome) {
            Some(outcome) => {
                self.rows[at].link = settle(&terms, self.rows[at].link.clone(), side, action, &outcome);
                run.step()
            }
            // It is linked; in which row, is to be seen.
            None => None,
        }
    }

    fn send(&mut self, at: usize, side: Side, action: &Action) -> Outcome {
        let now = self.tick();
        self.sent += 1;
        match action {
            Action::Create(write) => {
                let made_for = self.rows[at].link.ids[side.other()].clone();
                let twin = self.providers[side]
                    .records
                    .values()
                    .any(|record| record.alive && record.made_for == made_for);
                assert!(!twin, "a duplicate was born of {made_for:?}: {:?}", self.rows[at]);
                let outcome = self.providers[side].create(&write.fields, now);
                if let Outcome::Done { id, .. } = &outcome
                    && let Some(record) = self.providers[side].records.get_mut(id)
                {
                    record.made_for = made_for;
                }
                outcome
            }
            Action::Update { id, write } => {
                self.is_anothers_now(side, id, write.external.as_deref());
                self.providers[side].update(id, &write.fields, now)
            }
            Action::Delete { id, force } => {
                self.may_be_deleted(at, side, id);
                self.somebody_deleted_the_other(at, side);
                let outcome = self.providers[side].delete(id, *force, now);
                if matches!(outcome, Outcome::Done { .. }) {
                    self.removed(side, id);
                }
                outcome
            }
        }
    }

    /// A record that names another from now on is not any more what was created for whoever it named before: unless that creation is
    /// under way.
    fn is_anothers_now(&mut self, side: Side, id: &str, named: Option<&str>) {
        let (Some(named), Some(record)) = (named, self.providers[side].records.get_mut(id)) else { return };
        let is_pending = |row: &Row| {
            matches!(row.link.state, State::Creating(_)) && row.link.ids[side.other()] == record.made_for
        };
        if record.made_for.as_deref() != Some(named) && !self.rows.iter().any(is_pending) {
            record.made_for = None;
        }
    }

    /// Nothing is deleted that somebody typed since the sides agreed, unless a person says so.
    fn may_be_deleted(&self, at: usize, side: Side, id: &str) {
        let link = &self.rows[at].link;
        if link.decisions.contains_key(syncline_core::sync::link::DELETION) {
            return;
        }
        let known: BTreeSet<String> =
            link.bases.values().flat_map(|base| texts_of(&base.faces[side].0)).collect();
        for text in self.live_texts(side, id) {
            assert!(
                known.iter().any(|known| known.contains(&text)),
                "{text} was typed at {id} and is deleted"
            );
        }
    }

    /// Nothing is deleted but for what a person deleted: not for what we deleted ourselves, and not for what lives on in another.
    fn somebody_deleted_the_other(&self, at: usize, side: Side) {
        let (link, other) = (&self.rows[at].link, side.other());
        let record = link.ids[other].as_ref().and_then(|id| self.providers[other].records.get(id));
        let record = record.expect("what is deleted has a counterpart");
        let survivor = record.merged_into.as_ref().and_then(|into| self.mirror[other].get(into));
        let own = link.ids[side].as_deref().unwrap_or_default();
        let lives_on = survivor.is_some_and(|kept| match &kept.seen {
            Seen::Here(there) => names(&there.fields, own),
            _ => false,
        });
        let by_person = record.deleted_by == Some(By::Person) || record.merged_into.is_some();
        assert!(by_person && !lives_on, "deleted for no deletion of a person's: {:?}", self.rows[at]);
    }

    /// What people typed that a record shows.
    pub fn live_texts(&self, side: Side, id: &str) -> Vec<String> {
        let Some(record) = self.providers[side].records.get(id) else { return Vec::new() };
        let shown = texts_of(mapped(&record.fields));
        let live = self.typed.iter().filter(|(_, removed)| !**removed).map(|(text, _)| text);
        live.filter(|text| shown.iter().any(|shown| shown.contains(*text))).cloned().collect()
    }

    /// A person removed what this record shows.
    pub fn removed(&mut self, side: Side, id: &str) {
        for text in self.live_texts(side, id) {
            self.typed.insert(text, true);
        }
    }
}

/// What people type, without what we write beside it.
pub fn mapped(fields: &Fields) -> impl Iterator<Item = &Value> {
    fields
        .iter()
        .filter(|(field, _)| !matches!(field.as_str(), "status" | "external"))
        .map(|(_, value)| value)
}

/// Lower-case texts of values.
pub fn texts_of<'a>(values: impl IntoIterator<Item = &'a Value>) -> Vec<String> {
    values.into_iter().flat_map(|value| value.texts()).map(|text| text.to_lowercase()).collect()
}

/// The most rounds that one link's work takes.
const ROUNDS: usize = 40;

struct Run {
    steps: usize,
    lost: Lost,
    only: Option<Side>,
    fresh_after: Timestamp,
}

impl Run {
    fn step(&mut self) -> Option<()> {
        self.steps = self.steps.checked_sub(1)?;
        Some(())
    }
}
