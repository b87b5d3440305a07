//! The life of jobs, compared with a model of it: whatever is done to them and in whatever order, the database answers and
//! holds what a few lines over a list say.

mod model;

use crate::support::jobs::{discard_parked, retry_all_parked, retry_parked};
use crate::support::raw::Raw;
use model::{LEASE, Model, org_name};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use syncline_store::jobs::{self, Job, Outcome, State};
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

impl End {
    fn outcome(&self, model: &Model) -> Outcome {
        match self {
            Self::Done => Outcome::Done,
            Self::Continue(seconds) => Outcome::Continue(model.later(*seconds)),
            Self::Retry(seconds) => Outcome::Retry(model.later(*seconds), "it broke".to_owned()),
            Self::Park => Outcome::Park("it is broken".to_owned()),
            Self::Release => Outcome::Release,
        }
    }
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
            let (id, worker, outcome) = (model.id_of(job), worker.to_string(), end.outcome(model));
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
            let retried = retry_parked(store, &Scope::All, &id, now).await;
            prop_assert_eq!(u64::from(retried), model.retry(|job| job.id == id));
        }
        Step::RetryAll { org } => {
            let own = Scope::Organization(org_name(org));
            let retried = retry_all_parked(store, &own, &jobs::Filter::default(), now).await;
            prop_assert_eq!(retried, model.retry(|job| own.admits(&job.org_id)));
        }
        Step::Discard { job } => {
            let id = model.id_of(job);
            let before = model.jobs.len();
            model.jobs.retain(|it| it.job.id != id || it.job.state != State::Parked);
            let discarded = discard_parked(store, &Scope::All, &id).await;
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
        all.extend(
            jobs::list(store, &Scope::All, state, &jobs::Filter::default(), None, 1_000).await.unwrap(),
        );
    }
    all.sort_by(|a, b| a.id.cmp(&b.id));
    all
}
