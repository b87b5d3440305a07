//! The worker, on a clock the test owns: retries, leases, fairness, and the two ways to stop.

use crate::support::rig::{Rig, Worker};
use crate::support::wait::until;
use futures_util::future::BoxFuture;
use std::time::Duration;
use syncline_core::time::Clock as _;
use syncline_hub::cx::Cx;
use syncline_hub::handlers;
use syncline_hub::hold::Hold;
use syncline_hub::jobs::{Failure, parked, worker};
use syncline_store::Scope;
use syncline_store::jobs::{Job, Outcome, State};
use tokio_util::sync::CancellationToken;

/// Does a job with a database that does not answer it in time, which is a reason to try again. The worker itself has patience: were
/// its claim's answer lost, the lease would last as long as the clock of the test stands still.
fn impatiently<'a>(
    cx: &'a Cx,
    job: &'a Job,
    hold: &'a Hold,
    stop: &'a CancellationToken,
) -> BoxFuture<'a, Result<Outcome, Failure>> {
    Box::pin(async move {
        let store = cx.store.clone().with_patience(Duration::from_millis(300));
        handlers::run(&Cx { store, ..cx.clone() }, job, hold, stop).await
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_is_tried_again_ever_later_then_parked_and_runs_when_told_to() {
    let rig = Rig::new(&[("jobs.max_attempts", "3")]).await;
    let id = rig.an_event_to_adopt().await.id;
    rig.slow_down(5);
    let worker = rig.work_with(rig.process("p"), impatiently);
    for (attempt, longest) in [(1, 2_000), (2, 4_000)] {
        let failed = rig.job_in(&id, State::Waiting, attempt).await;
        assert!(failed.last_error.as_deref().is_some_and(|why| why.contains("not available")), "{failed:?}");
        let wait = failed.run_at.since(rig.clock.now());
        let longest = Duration::from_millis(longest);
        assert!(wait >= longest / 2 && wait <= longest, "attempt {attempt}: {wait:?}");
        rig.clock.advance(wait.saturating_sub(Duration::from_millis(1)));
        assert_eq!(rig.claim("somebody eager", 9).await, [], "not before its time");
        rig.clock.advance(Duration::from_millis(1));
    }
    let parked = rig.job_in(&id, State::Parked, 3).await;
    let why = parked.last_error.unwrap();
    assert!(why.starts_with("given up after 3 attempts: "), "{why}");
    assert!(!rig.is_adopted().await);

    rig.sql("DROP TRIGGER slow_adoption");
    assert!(parked::retry(&rig.cx, &Scope::All, &id).await.unwrap());
    until("it is done", async || rig.job(&id).await.is_none().then_some(())).await;
    assert!(rig.is_adopted().await);
    worker.soft.cancel();
    worker.ended().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn work_this_version_does_not_know_is_parked_for_a_human() {
    let rig = Rig::new(&[]).await;
    rig.enqueue("job_future", "org_a", "crm.sync").await;
    rig.enqueue("job_torn", "org_a", "events.adopt").await;
    let worker = rig.work(rig.process("p"));
    for id in ["job_future", "job_torn"] {
        let parked = rig.job_in(id, State::Parked, 1).await;
        let why = parked.last_error.unwrap();
        assert!(why.starts_with("this version cannot read the job"), "{why}");
        assert_eq!(parked.payload, "{}");
    }
    worker.soft.cancel();
    worker.ended().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_workers_job_goes_to_another_when_its_lease_ends() {
    let rig = Rig::new(&[("jobs.lease", "30s")]).await;
    rig.enqueue("job_1", "org_a", "any").await;
    let [held] = rig.claim("dead", 9).await.try_into().unwrap();
    rig.clock.advance(Duration::from_millis(29_999));
    assert_eq!(rig.claim("heir", 9).await, []);
    rig.clock.advance(Duration::from_millis(1));
    let [taken] = rig.claim("heir", 9).await.try_into().unwrap();
    assert_eq!((taken.id.as_str(), taken.attempts), ("job_1", 2));
    // The first was not dead after all; its word counts no more.
    assert!(!rig.settle("dead", &held, Outcome::Done).await);
    assert_eq!(rig.job("job_1").await.unwrap().state, State::Running);
    assert!(rig.settle("heir", &taken, Outcome::Done).await);
    assert_eq!(rig.job("job_1").await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_kills_its_workers_is_parked_in_the_end() {
    let rig = Rig::new(&[("jobs.lease", "30s"), ("jobs.max_attempts", "3")]).await;
    let id = rig.an_event_to_adopt().await.id;
    for _ in 0..3 {
        assert_eq!(rig.claim("doomed", 9).await.len(), 1);
        rig.clock.advance(Duration::from_secs(30));
    }
    let worker = rig.work(rig.process("survivor"));
    let parked = rig.job_in(&id, State::Parked, 4).await;
    assert_eq!(parked.last_error.as_deref(), Some("its worker died 3 times"));
    assert!(!rig.is_adopted().await);
    worker.soft.cancel();
    worker.ended().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_organization_does_not_make_the_others_wait() {
    let rig = Rig::new(&[("jobs.per_organization", "2")]).await;
    for n in 0..50 {
        rig.enqueue(&format!("job_busy_{n:02}"), "org_busy", "any").await;
    }
    for org in ["org_a", "org_z"] {
        for n in 0..3 {
            rig.enqueue(&format!("job_{org}_{n}"), org, "any").await;
        }
    }
    let cx = rig.process("p");
    let mut last_served = None;
    let mut orders = Vec::new();
    for _ in 0..4 {
        let claimed = worker::claim(&cx, 2, &mut last_served).await.unwrap();
        orders.push(claimed.iter().map(|job| job.org_id.clone()).collect::<Vec<_>>());
    }
    // Round and round, and nobody gets more than two seats at a time.
    assert_eq!(
        orders,
        [vec!["org_a", "org_busy"], vec!["org_z", "org_a"], vec!["org_busy", "org_z"], vec![]]
    );
    // Oldest first within one.
    let running = rig.list(State::Running).await;
    let mut busy: Vec<&Job> = running.iter().filter(|job| job.org_id == "org_busy").collect();
    busy.sort_by(|a, b| a.id.cmp(&b.id));
    assert_eq!(busy.iter().map(|job| job.id.as_str()).collect::<Vec<_>>(), ["job_busy_00", "job_busy_01"]);
    // A seat that comes free is taken again.
    assert!(rig.settle("p", busy[0], Outcome::Done).await);
    let [next] = worker::claim(&cx, 9, &mut last_served).await.unwrap().try_into().unwrap();
    assert_eq!(next.id, "job_busy_02");
}

/// A worker in the middle of a job.
async fn in_the_middle(rig: &Rig) -> (Worker, String) {
    let id = rig.an_event_to_adopt().await.id;
    rig.slow_down(10);
    let worker = rig.work(rig.process("p"));
    rig.job_in(&id, State::Running, 1).await;
    (worker, id)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_signal_lets_what_runs_finish_and_begins_nothing() {
    let rig = Rig::new(&[("jobs.workers", "1")]).await;
    let (worker, id) = in_the_middle(&rig).await;
    worker.soft.cancel();
    rig.enqueue("job_later", "org_a", "any").await;
    worker.ended().await;
    assert_eq!(rig.job(&id).await, None, "done");
    assert!(rig.is_adopted().await);
    let later = rig.job("job_later").await.unwrap();
    assert_eq!((later.state, later.attempts), (State::Waiting, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_signal_gives_what_runs_back_untouched() {
    let rig = Rig::new(&[]).await;
    let (worker, id) = in_the_middle(&rig).await;
    worker.soft.cancel();
    worker.hard.cancel();
    worker.ended().await;
    let job = rig.job(&id).await.expect("still there");
    assert_eq!((job.state, job.attempts), (State::Waiting, 0), "no attempt is held against it");
    assert!(!rig.is_adopted().await, "nothing half done");
    rig.sql("DROP TRIGGER slow_adoption");
    // At once, without waiting for a lease to end.
    let [again] = rig.claim("next process", 9).await.try_into().unwrap();
    assert_eq!((again.id, again.attempts), (id, 1));
}
