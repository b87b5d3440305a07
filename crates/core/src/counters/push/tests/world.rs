//! One counter, one property, and a world in which answers are lost, senders die, calls take effect late or never, and readings are old.

use super::super::{Answer, Begin, Next, Property, Push, Seen, Stage, Terms, Way};
use super::terms;
use crate::counters::definition::Policy;
use crate::counters::reconcile::{self, Known, Numbers, Repair, Verdict};
use crate::time::Timestamp;
use proptest::prelude::*;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use std::time::Duration;

/// What becomes of a call.
#[derive(Clone, Copy, Debug)]
enum Fate {
    /// It is answered after so many seconds, and takes effect so long after that, in percent of what may be; or never.
    Accepted { after: i64, late: Option<u8> },
    /// As that, but the answer says nothing.
    Lost { after: i64, late: Option<u8> },
    /// Its sender dies. It takes effect before the lease ends, or that long after.
    Died { late: Option<u8> },
    /// It is turned away.
    Turned { after: i64 },
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Change(i64),
    Wait(i64),
    Fate(Fate),
    /// The next reading is answered so late, or never.
    Read {
        after: i64,
        lost: bool,
    },
    /// Somebody else writes the property.
    Meddle(i64),
    /// All three numbers are compared, and drift is repaired, so many seconds after they were read; the truth is what is said, or the counter.
    Reconcile {
        late: i64,
        truth: Option<i64>,
    },
    /// It goes through another trigger from now on, which writes the same property.
    Redirect,
}

const LEASE: i64 = 20;

fn fate() -> impl Strategy<Value = Fate> {
    let late = || prop::option::weighted(0.8, 0u8..=100);
    prop_oneof![
        4 => (0..8i64, late()).prop_map(|(after, late)| Fate::Accepted { after, late }),
        2 => (0..8i64, late()).prop_map(|(after, late)| Fate::Lost { after, late }),
        2 => late().prop_map(|late| Fate::Died { late }),
        1 => (0..8i64).prop_map(|after| Fate::Turned { after }),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (-3..4i64).prop_map(Step::Change),
        4 => (1..40i64).prop_map(Step::Wait),
        3 => fate().prop_map(Step::Fate),
        1 => (0..8i64, prop::bool::weighted(0.3)).prop_map(|(after, lost)| Step::Read { after, lost }),
    ]
}

fn reconcile() -> impl Strategy<Value = Step> {
    (0..100i64, prop::option::of(-3..4i64)).prop_map(|(late, truth)| Step::Reconcile { late, truth })
}

fn reconciled() -> impl Strategy<Value = Step> {
    prop_oneof![6 => step(), 1 => reconcile(), 1 => Just(Step::Redirect)]
}

fn meddled() -> impl Strategy<Value = Step> {
    prop_oneof![5 => step(), 1 => (-3..4i64).prop_map(Step::Meddle), 1 => reconcile()]
}

/// A call that was sent, by its place in the order of sending.
#[derive(Clone, Copy, Debug)]
struct Effect {
    number: usize,
    value: i64,
    at: i64,
}

/// What whoever has the lease will say, and when.
#[derive(Debug)]
enum Report {
    Answer(i64, Answer),
    Look(i64, Seen),
}

struct World {
    terms: Terms,
    now: i64,
    value: i64,
    version: i64,
    push: Push,
    property: Property,
    /// Under way to the property.
    coming: Vec<Effect>,
    /// Took effect, in that order.
    done: Vec<Effect>,
    sent: usize,
    report: Option<Report>,
    fates: Vec<Fate>,
    reads: Vec<(i64, bool)>,
    rng: StdRng,
}

impl World {
    fn new(terms: Terms, property: Property) -> Self {
        let push = Push::new(&terms, Timestamp::from_millis(0));
        Self {
            push,
            property,
            terms,
            now: 0,
            value: 0,
            version: 0,
            coming: Vec::new(),
            done: Vec::new(),
            sent: 0,
            report: None,
            fates: Vec::new(),
            reads: Vec::new(),
            rng: StdRng::seed_from_u64(7),
        }
    }

    fn at(&self) -> Timestamp {
        Timestamp::from_millis(self.now)
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Change(by) => self.change(by),
            Step::Wait(seconds) => self.run(self.now + seconds * 1_000),
            Step::Fate(fate) => self.fates.insert(0, fate),
            Step::Read { after, lost } => self.reads.insert(0, (after, lost)),
            Step::Meddle(number) => self.property = Property::Number(number),
            Step::Reconcile { late, truth } => self.reconcile(late, truth),
            Step::Redirect => {
                // Whoever has the lease is not heard any more.
                let (leased, now) = (self.report.take().map(|_| self.push.due), self.at());
                self.push.redirect(leased, &self.terms, now);
            }
        }
    }

    fn reconcile(&mut self, late: i64, truth: Option<i64>) {
        let read_at = self.at();
        let numbers = Numbers {
            truth: truth.map_or(Known::Counter, Known::Is),
            counter: Some(self.value),
            version: self.version,
            property: self.property.clone(),
            in_flight: self.push.is_in_flight(&self.terms, read_at),
            agreed_at: None,
        };
        self.run(self.now + late * 1_000);
        let (now, terms) = (self.at(), reconcile::Terms { lag: Duration::ZERO });
        let mut verdict = reconcile::compare(&numbers, None, terms, now);
        if let Verdict::Suspect(suspicion) = &verdict {
            verdict = reconcile::compare(&numbers, Some(suspicion), terms, now);
        }
        let Verdict::Drift(drift) = verdict else { return };
        if self.version == numbers.version {
            self.mend(&drift.repairs(Policy::Repair), Seen { property: numbers.property, at: read_at });
        }
    }

    fn mend(&mut self, repairs: &[Repair], seen: Seen) {
        let now = self.at();
        self.push.nudge(Some(seen), &self.terms, now);
        for repair in repairs {
            if let Repair::SetCounter(to) = repair {
                self.change(to - self.value);
            }
        }
    }

    /// Things go quiet: what was to fail has failed.
    fn calm_down(&mut self) {
        self.fates.clear();
        self.reads.clear();
        self.run(self.now + 3_600_000);
    }

    fn change(&mut self, by: i64) {
        self.value += by;
        self.version += 1;
        let now = self.at();
        self.push.changed(&self.terms, now);
    }

    /// Goes on to the next moment at which something happens, at most until `until`.
    fn run(&mut self, until: i64) {
        loop {
            let due = (self.report.is_none() && !matches!(self.push.stage, Stage::Quiet | Stage::Parked))
                .then_some(self.push.due.as_millis());
            let lease = self.report.is_some().then_some(self.push.due.as_millis());
            let told = self.report.as_ref().map(|report| match report {
                Report::Answer(at, _) | Report::Look(at, _) => *at,
            });
            let effect = self.coming.iter().map(|effect| effect.at).min();
            let moments = [due, lease, told, effect];
            let Some(next) = moments.into_iter().flatten().min().filter(|at| *at <= until) else { break };
            self.now = self.now.max(next);
            self.happen(told);
        }
        self.now = self.now.max(until);
    }

    fn happen(&mut self, told: Option<i64>) {
        if let Some(place) = self.coming.iter().position(|effect| effect.at <= self.now) {
            let effect = self.coming.remove(place);
            self.property = Property::Number(effect.value);
            self.done.push(effect);
        } else if told.is_some_and(|at| at <= self.now) {
            self.hear();
        } else {
            // Due, or the lease ended without a word.
            self.report = None;
            self.claim();
        }
    }

    fn hear(&mut self) {
        let (now, value) = (self.at(), self.value);
        match self.report.take() {
            Some(Report::Answer(_, answer)) => {
                self.push.answered(value, answer, &self.terms, now, &mut self.rng);
            }
            Some(Report::Look(_, seen)) => {
                let was = self.property.clone();
                let next = self.push.looked(value, &seen, &self.terms, now, &mut self.rng);
                assert!(!matches!(next, Next::Shown(_)) || was != Property::Empty);
            }
            None => {}
        }
    }

    fn claim(&mut self) {
        let (now, lease) = (self.at(), self.at().plus(Duration::from_secs(20)));
        match self.push.stage {
            Stage::Trigger | Stage::Write => {
                if let Begin::Send(value, way) = self.push.begin(self.value, &self.terms, now) {
                    self.push.due = lease;
                    self.send(value, way);
                }
            }
            Stage::Look => {
                let (after, lost) = self.reads.pop().unwrap_or((0, false));
                self.push.due = lease;
                let seen = Seen { property: self.property.clone(), at: now };
                let when = if lost { i64::MAX } else { self.now + after * 1_000 };
                self.report = Some(Report::Look(when, seen));
            }
            Stage::Quiet | Stage::Parked => unreachable!("not due"),
        }
    }

    fn send(&mut self, value: i64, way: Way) {
        self.sent += 1;
        let settle = i64::try_from(self.terms.settle.as_millis()).unwrap();
        let fate = self.fates.pop().unwrap_or(Fate::Accepted { after: 0, late: Some(10) });
        let (told, answer, late) = match fate {
            Fate::Accepted { after, late } if way == Way::Write && late.is_some() => {
                (self.now + after * 1_000, Answer::Written, None)
            }
            Fate::Accepted { after, late } if way == Way::Trigger => {
                (self.now + after * 1_000, Answer::Accepted, late)
            }
            Fate::Accepted { after, late } | Fate::Lost { after, late } => {
                (self.now + after * 1_000, Answer::Lost, late)
            }
            Fate::Died { late } => (i64::MAX, Answer::Lost, late),
            Fate::Turned { after } => (self.now + after * 1_000, Answer::NotTaken(None), None),
        };
        let given_up = told.min(self.now + LEASE * 1_000);
        // Somewhere between now and the moment it is over.
        let span = given_up + settle - 1 - self.now;
        let at = match (&answer, late) {
            (Answer::Written, _) => Some(told),
            (_, Some(late)) => Some(self.now + span * i64::from(late) / 100),
            (_, None) => None,
        };
        self.coming.extend(at.map(|at| Effect { number: self.sent, value, at }));
        self.report = Some(Report::Answer(told, answer));
    }

    /// No value took effect after a newer one, other than its own like.
    fn never_inverted(&self) -> bool {
        self.done.iter().enumerate().all(|(at, effect)| {
            self.done[..at].iter().all(|before| before.number < effect.number || before.value == effect.value)
        })
    }
}

fn ways() -> impl Strategy<Value = Terms> {
    prop_oneof![Just((Way::Trigger, None)), Just((Way::Write, None)), Just((Way::Trigger, Some(Way::Write))),]
        .prop_map(|(first, second)| Terms { rounds: 1_000, ..terms(first, second) })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Whatever is lost, late or dead: in the end the property shows what was counted, and on the way there nothing was ever overtaken.
    #[test]
    fn the_property_ends_with_the_latest_value_and_no_older_one_comes_after_a_newer(
        terms in ways(), before in prop::option::of(-2..3i64), steps in prop::collection::vec(step(), 0..60),
    ) {
        let mut world = World::new(terms, before.map_or(Property::Empty, Property::Number));
        for step in steps {
            world.take(step);
            prop_assert!(world.never_inverted(), "{:?}", world.done);
        }
        world.calm_down();
        prop_assert!(world.never_inverted(), "{:?}", world.done);
        prop_assert_eq!((world.push.stage, world.coming.len()), (Stage::Quiet, 0));
        prop_assert_eq!(&world.property, &Property::Number(world.value));
        prop_assert!(!world.push.is_in_flight(&world.terms, world.at()));
    }

    /// And where comparisons repair what they read a while ago, which by then may be long past, and where everything is sent elsewhere.
    #[test]
    fn a_comparison_that_took_its_time_and_another_trigger_leave_nothing_wrong(
        terms in ways(), steps in prop::collection::vec(reconciled(), 0..60),
    ) {
        let mut world = World::new(terms, Property::Empty);
        for step in steps {
            world.take(step);
            prop_assert!(world.never_inverted(), "{:?}", world.done);
        }
        world.calm_down();
        prop_assert_eq!((world.push.stage, &world.property), (Stage::Quiet, &Property::Number(world.value)));
    }

    /// And where others write the property as well: once they stop, the next comparison puts it right.
    #[test]
    fn what_others_did_to_the_property_is_repaired(terms in ways(), steps in prop::collection::vec(meddled(), 0..60)) {
        let mut world = World::new(terms, Property::Empty);
        steps.into_iter().for_each(|step| world.take(step));
        world.calm_down();
        world.reconcile(0, None);
        world.calm_down();
        prop_assert_eq!((world.push.stage, &world.property), (Stage::Quiet, &Property::Number(world.value)));
    }

    /// Many changes within the window are one call.
    #[test]
    fn what_is_gathered_is_sent_once(changes in prop::collection::vec(1..5i64, 1..50)) {
        let mut world = World::new(terms(Way::Trigger, None), Property::Empty);
        for by in &changes {
            world.change(*by);
        }
        world.run(3_600_000);
        prop_assert_eq!((world.sent, world.property), (1, Property::Number(changes.iter().sum())));
    }
}
