//! The life of jobs, compared with a model of it: whatever is done to them and in whatever order, the database answers and
//! holds what a few lines over a list say.

use crate::support::at;
use crate::support::raw::Raw;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use syncline_core::time::Timestamp;
use syncline_store::jobs::{self, Job, NewJob, Outcome, State};
use syncline_store::testing::TestDb;
use syncline_store::{Dialect, Scope, Store, Tx};
use tokio::runtime::Handle;

for_each_database!(jobs_behave_like_their_model);

async fn jobs_behave_like_their_model(db: &TestDb) {
    let store = db.store().await;
    let raw = tokio::sync::Mutex::new(Raw::to(db).await);
    let cases = if store.dialect() == Dialect::Sqlite { 80 } else { 16 };
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let history = proptest::collection::vec(any_step(), 1..60);
    let verdict = tokio::task::block_in_place(|| {
        runner.run(&history, |steps| {
            Handle::current().block_on(async {
                raw.lock().await.run("DELETE FROM jobs").await;
                live_through(&store, &steps).await
            })
        })
    });
    if let Err(failure) = verdict {
        panic!("{failure}");
    }
}

/// One thing that is done. Numbers name workers, organizations, keys and jobs.
#[derive(Clone, Debug)]
enum Step {
    Enqueue { org: usize, key: Option<usize>, in_seconds: i64 },
    Park { org: usize },
    Claim { org: usize, worker: usize, limit: u32 },
    Settle { job: usize, worker: usize, end: End },
    Renew { worker: usize },
    Reclaim,
    Wait { seconds: i64 },
    Retry { job: usize },
    RetryAll { org: usize },
    Discard { job: usize },
}

#[derive(Clone, Debug)]
enum End {
    Done,
    Continue(i64),
    Retry(i64),
    Park,
    Release,
}

fn any_step() -> impl Strategy<Value = Step> {
    let end = prop_oneof![
        3 => Just(End::Done),
        1 => (-5_i64..20).prop_map(End::Continue),
        2 => (-5_i64..20).prop_map(End::Retry),
        1 => Just(End::Park),
        1 => Just(End::Release),
    ];
    prop_oneof![
        6 => (0..2_usize, proptest::option::weighted(0.7, 0..2_usize), -5_i64..20)
            .prop_map(|(org, key, in_seconds)| Step::Enqueue { org, key, in_seconds }),
        1 => (0..2_usize).prop_map(|org| Step::Park { org }),
        5 => (0..2_usize, 0..2_usize, 1..4_u32).prop_map(|(org, worker, limit)| Step::Claim { org, worker, limit }),
        5 => (0..20_usize, 0..2_usize, end).prop_map(|(job, worker, end)| Step::Settle { job, worker, end }),
        1 => (0..2_usize).prop_map(|worker| Step::Renew { worker }),
        1 => Just(Step::Reclaim),
        3 => (0_i64..30).prop_map(|seconds| Step::Wait { seconds }),
        1 => (0..20_usize).prop_map(|job| Step::Retry { job }),
        1 => (0..2_usize).prop_map(|org| Step::RetryAll { org }),
        1 => (0..20_usize).prop_map(|job| Step::Discard { job }),
    ]
}

const LEASE: i64 = 30;
const DIED: &str = "the worker died while it ran";

/// A job, and what nobody is shown of it.
#[derive(Clone, Debug)]
struct Known {
    job: Job,
    again_at: Option<Timestamp>,
    lease: Option<(String, Timestamp)>,
}

#[derive(Default)]
struct Model {
    seconds: i64,
    made: usize,
    jobs: Vec<Known>,
}

impl Model {
    fn now(&self) -> Timestamp {
        at(self.seconds)
    }

    fn later(&self, seconds: i64) -> Timestamp {
        at(self.seconds + seconds)
    }

    fn id_of(&self, job: usize) -> String {
        let ids: Vec<_> = self.jobs.iter().map(|it| &it.job.id).collect();
        ids.get(job % ids.len().max(1)).map_or_else(|| "none".to_owned(), |id| (*id).clone())
    }

    fn outcome(&self, end: &End) -> Outcome {
        match end {
            End::Done => Outcome::Done,
            End::Continue(seconds) => Outcome::Continue(self.later(*seconds)),
            End::Retry(seconds) => Outcome::Retry(self.later(*seconds), "it broke".to_owned()),
            End::Park => Outcome::Park("it is broken".to_owned()),
            End::Release => Outcome::Release,
        }
    }

    fn new_job(&mut self, org: usize, key: Option<usize>, run_at: Timestamp) -> NewJob {
        self.made += 1;
        NewJob {
            id: format!("{:03}", self.made),
            kind: "test".to_owned(),
            org_id: org_name(org),
            coalesce_key: key.map(|key| format!("key {key}")),
            payload: self.made.to_string(),
            run_at,
        }
    }

    fn add(&mut self, new: &NewJob, state: State, last_error: Option<&str>) {
        let job = Job {
            id: new.id.clone(),
            kind: new.kind.clone(),
            org_id: new.org_id.clone(),
            coalesce_key: new.coalesce_key.clone(),
            payload: new.payload.clone(),
            state,
            run_at: new.run_at,
            attempts: 0,
            last_error: last_error.map(str::to_owned),
            created_at: self.now(),
            updated_at: self.now(),
        };
        self.jobs.push(Known { job, again_at: None, lease: None });
    }

    fn enqueue(&mut self, new: &NewJob) {
        let now = self.now();
        let same = self
            .jobs
            .iter_mut()
            .find(|it| new.coalesce_key.is_some() && it.job.coalesce_key == new.coalesce_key);
        let Some(it) = same else { return self.add(new, State::Waiting, None) };
        it.job.payload.clone_from(&new.payload);
        it.job.updated_at = now;
        it.ask(new.run_at);
    }

    fn claim(&mut self, org: &str, worker: &str, limit: u32) -> Vec<Job> {
        let now = self.now();
        let until = self.later(LEASE);
        let mut due: Vec<_> =
            self.jobs.iter_mut().filter(|it| it.is_due(now) && it.job.org_id == org).collect();
        due.sort_by_key(|it| (it.job.run_at, it.job.id.clone()));
        due.into_iter()
            .take(limit as usize)
            .map(|it| {
                it.job.state = State::Running;
                it.job.attempts += 1;
                it.job.updated_at = now;
                it.lease = Some((worker.to_owned(), until));
                it.job.clone()
            })
            .collect()
    }

    fn settle(&mut self, id: &str, worker: &str, outcome: &Outcome) -> bool {
        let now = self.now();
        let holds =
            |it: &Known| it.job.id == id && it.lease.as_ref().is_some_and(|(owner, _)| owner == worker);
        let Some(place) = self.jobs.iter().position(holds) else { return false };
        let it = &mut self.jobs[place];
        let again_at = it.again_at.take();
        it.lease = None;
        it.job.updated_at = now;
        it.job.state = State::Waiting;
        match outcome {
            Outcome::Done => {
                // As if it were queued anew.
                let Some(again_at) = again_at else {
                    self.jobs.remove(place);
                    return true;
                };
                (it.job.run_at, it.job.attempts, it.job.last_error) = (again_at, 0, None);
            }
            Outcome::Continue(then) => (it.job.run_at, it.job.attempts, it.job.last_error) = (*then, 0, None),
            Outcome::Retry(then, why) => (it.job.run_at, it.job.last_error) = (*then, Some(why.clone())),
            Outcome::Park(why) => {
                (it.job.state, it.job.run_at, it.job.last_error) = (State::Parked, now, Some(why.clone()));
            }
            Outcome::Release => (it.job.run_at, it.job.attempts) = (now, it.job.attempts - 1),
        }
        if let Some(again_at) = again_at {
            it.ask(again_at);
        }
        true
    }

    fn reclaim(&mut self) -> u64 {
        let now = self.now();
        let mut reclaimed = 0;
        for it in &mut self.jobs {
            if it.lease.as_ref().is_some_and(|(_, until)| *until <= now) {
                it.lease = None;
                (it.job.state, it.job.run_at, it.job.updated_at) = (State::Waiting, now, now);
                it.job.last_error = Some(DIED.to_owned());
                if let Some(again_at) = it.again_at.take() {
                    it.ask(again_at);
                }
                reclaimed += 1;
            }
        }
        reclaimed
    }

    fn retry(&mut self, admits: impl Fn(&Job) -> bool) -> u64 {
        let now = self.now();
        let parked = self.jobs.iter_mut().filter(|it| it.job.state == State::Parked && admits(&it.job));
        parked
            .map(|it| {
                (it.job.state, it.job.run_at, it.job.attempts, it.job.updated_at) =
                    (State::Waiting, now, 0, now);
            })
            .count() as u64
    }
}

impl Known {
    fn is_due(&self, now: Timestamp) -> bool {
        self.job.state == State::Waiting && self.job.run_at <= now
    }

    /// What asking once more does, to whatever state it is in.
    fn ask(&mut self, run_at: Timestamp) {
        match self.job.state {
            State::Waiting => self.job.run_at = self.job.run_at.min(run_at),
            State::Running => self.again_at = Some(self.again_at.map_or(run_at, |at| at.min(run_at))),
            State::Parked => {
                (self.job.state, self.job.run_at, self.job.attempts) = (State::Waiting, run_at, 0)
            }
        }
    }
}

fn org_name(org: usize) -> String {
    ["", "acme"][org].to_owned()
}

async fn live_through(store: &Store, steps: &[Step]) -> Result<(), TestCaseError> {
    let mut model = Model { seconds: 1_000, ..Model::default() };
    for step in steps {
        take(store, &mut model, step).await?;
        let mut expected: Vec<Job> = model.jobs.iter().map(|it| it.job.clone()).collect();
        expected.sort_by(|a, b| a.id.cmp(&b.id));
        prop_assert_eq!(stored(store).await, expected, "after {:?}", step);
        let waiting = model.jobs.iter().filter(|it| it.job.state == State::Waiting);
        let next_due = waiting.map(|it| it.job.run_at).min();
        prop_assert_eq!(jobs::next_due(store).await.unwrap(), next_due, "after {:?}", step);
    }
    Ok(())
}

/// Takes the step in the database and in the model, and compares their answers.
async fn take(store: &Store, model: &mut Model, step: &Step) -> Result<(), TestCaseError> {
    match step {
        Step::Wait { seconds } => {
            model.seconds += seconds;
            Ok(())
        }
        Step::Renew { .. } | Step::Retry { .. } | Step::RetryAll { .. } | Step::Discard { .. } => {
            take_alone(store, model, step).await
        }
        _ => {
            let mut tx = store.begin().await.unwrap();
            take_in(&mut tx, model, step).await?;
            tx.commit().await.unwrap();
            Ok(())
        }
    }
}

/// What is part of a transaction.
async fn take_in(tx: &mut Tx, model: &mut Model, step: &Step) -> Result<(), TestCaseError> {
    let now = model.now();
    match step.clone() {
        Step::Enqueue { org, key, in_seconds } => {
            let new = model.new_job(org, key, model.later(in_seconds));
            model.enqueue(&new);
            jobs::enqueue(tx, &new, now).await.unwrap();
        }
        Step::Park { org } => {
            let new = model.new_job(org, None, now);
            model.add(&new, State::Parked, Some("unreadable"));
            jobs::park_new(tx, &new, "unreadable", now).await.unwrap();
        }
        Step::Claim { org, worker, limit } => {
            let (org, worker) = (org_name(org), worker.to_string());
            let claimed = jobs::claim(tx, &org, &worker, now, model.later(LEASE), limit).await.unwrap();
            prop_assert_eq!(claimed, model.claim(&org, &worker, limit));
        }
        Step::Settle { job, worker, end } => {
            let (id, worker, outcome) = (model.id_of(job), worker.to_string(), model.outcome(&end));
            let settled = jobs::settle(tx, &id, &worker, &outcome, now).await.unwrap();
            prop_assert_eq!(settled, model.settle(&id, &worker, &outcome), "{:?}", outcome);
        }
        Step::Reclaim => prop_assert_eq!(jobs::reclaim_expired(tx, now).await.unwrap(), model.reclaim()),
        other => unreachable!("{other:?} is no part of a transaction"),
    }
    Ok(())
}

/// What is a transaction of its own.
async fn take_alone(store: &Store, model: &mut Model, step: &Step) -> Result<(), TestCaseError> {
    let now = model.now();
    match step.clone() {
        Step::Renew { worker } => {
            let (worker, until) = (worker.to_string(), model.later(LEASE));
            let ids: Vec<String> = model.jobs.iter().map(|it| it.job.id.clone()).collect();
            let renewed = jobs::renew(store, &worker, &ids, until).await.unwrap();
            let leases = model.jobs.iter_mut().filter_map(|it| it.lease.as_mut());
            let own = leases.filter(|(owner, _)| *owner == worker).map(|lease| lease.1 = until).count();
            prop_assert_eq!(renewed, own as u64);
        }
        Step::Retry { job } => {
            let id = model.id_of(job);
            let retried = jobs::retry_parked(store, &Scope::All, &id, now).await.unwrap();
            prop_assert_eq!(u64::from(retried), model.retry(|job| job.id == id));
        }
        Step::RetryAll { org } => {
            let own = Scope::Organization(org_name(org));
            let retried = jobs::retry_all_parked(store, &own, None, now).await.unwrap();
            prop_assert_eq!(retried, model.retry(|job| own.admits(&job.org_id)));
        }
        Step::Discard { job } => {
            let id = model.id_of(job);
            let before = model.jobs.len();
            model.jobs.retain(|it| it.job.id != id || it.job.state != State::Parked);
            let discarded = jobs::discard_parked(store, &Scope::All, &id).await.unwrap();
            prop_assert_eq!(discarded, model.jobs.len() < before);
        }
        other => unreachable!("{other:?} is part of a transaction"),
    }
    Ok(())
}

/// All jobs, by id.
async fn stored(store: &Store) -> Vec<Job> {
    let mut all = Vec::new();
    for state in [State::Waiting, State::Running, State::Parked] {
        all.extend(jobs::list(store, &Scope::All, state, None, None, 1_000).await.unwrap());
    }
    all.sort_by(|a, b| a.id.cmp(&b.id));
    all
}
