//! The worker: claims due jobs fairly, runs them, keeps their leases alive, settles them.

use super::Failure;
use super::payload::{COMPARE_COUNTERS, FOLLOW_COUNTERS, LOAD_RUN, SYNC_WORK};
use crate::cx::Cx;
use crate::hold::Hold;
use crate::telemetry::{SPANS, Stopwatch, metrics};
use futures_util::future::BoxFuture;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use syncline_core::fair::{Candidate, share};
use syncline_core::schedule::{RetryPolicy, lease_renewal};
use syncline_core::time::Timestamp;
use syncline_store::jobs::{self, Job, Outcome};
use syncline_store::{StoreError, Tx};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

/// The wait after a failed run doubles from here.
const RETRY_BASE: Duration = Duration::from_secs(2);
/// And ends here.
const RETRY_CAP: Duration = Duration::from_secs(3_600);
/// Comparisons of counters at the same time, per process.
const COMPARISONS: usize = 64;
/// How soon to look again when there is due work that cannot be taken.
const SOON: Duration = Duration::from_millis(20);

/// Runs a job once, whatever its kind. The last is cancelled when long ones should come to a halt and give the rest back.
pub type Handler =
    for<'a> fn(&'a Cx, &'a Job, &'a Hold, &'a CancellationToken) -> BoxFuture<'a, Result<Outcome, Failure>>;

/// What this worker is running.
#[derive(Clone, Debug, Default)]
struct Running(Arc<Mutex<BTreeMap<String, Hold>>>);

impl Running {
    fn all(&self) -> Vec<(String, Hold)> {
        let running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        running.iter().map(|(id, hold)| (id.clone(), hold.clone())).collect()
    }

    fn add(&self, id: &str, hold: Hold) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned(), hold);
    }

    fn remove(&self, id: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
    }
}

/// Works until `soft` is cancelled, then finishes what it is running; `hard` makes it give that back instead.
pub async fn work(cx: Cx, handler: Handler, soft: CancellationToken, hard: CancellationToken) {
    let running = Running::default();
    let (mut tasks, mut loads, mut syncs) = (JoinSet::new(), JoinSet::new(), JoinSet::new());
    let (mut comparing, mut following) = (JoinSet::new(), JoinSet::new());
    let mut last_served: Option<String> = None;
    let renewing = tokio::spawn(keep_leases(cx.clone(), running.clone()));
    while !soft.is_cancelled() {
        // Interest first, then the look: what is queued in between is not slept through.
        let woken = cx.wake.jobs.notified();
        let free = cx.config.jobs.workers.saturating_sub(tasks.len());
        // The lease is at least as long as counted from here.
        let until = cx.now().plus(cx.config.jobs.lease.get());
        let claimed = match claim(&cx, free, &mut last_served).await {
            Ok(claimed) => claimed,
            Err(error) => {
                tracing::warn!(%error, "no jobs can be claimed; trying again");
                Vec::new()
            }
        };
        let any = !claimed.is_empty();
        for job in claimed {
            let (seats, most) = match job.kind.as_str() {
                LOAD_RUN => (&mut loads, cx.config.load.runs),
                SYNC_WORK => (&mut syncs, cx.config.sync.workers),
                COMPARE_COUNTERS => (&mut comparing, COMPARISONS),
                FOLLOW_COUNTERS => (&mut following, usize::MAX),
                _ => (&mut tasks, usize::MAX),
            };
            if seats.len() >= most {
                settle(&cx, &job, &Outcome::Continue(cx.now().plus(cx.config.jobs.poll.get()))).await;
                continue;
            }
            let hold = Hold::new(cx.clock.clone(), until);
            running.add(&job.id, hold.clone());
            let stops = (soft.clone(), hard.clone());
            seats.spawn(run_and_settle(cx.clone(), handler, (job, hold), running.clone(), stops));
        }
        if any && tasks.len() < cx.config.jobs.workers {
            continue;
        }
        tokio::select! {
            () = woken => {}
            _ = tasks.join_next(), if !tasks.is_empty() => {}
            _ = loads.join_next(), if !loads.is_empty() => {}
            _ = syncs.join_next(), if !syncs.is_empty() => {}
            _ = comparing.join_next(), if !comparing.is_empty() => {}
            _ = following.join_next(), if !following.is_empty() => {}
            () = tokio::time::sleep(until_next(&cx).await) => {}
            () = soft.cancelled() => {}
        }
    }
    while tasks.join_next().await.is_some() {}
    while loads.join_next().await.is_some() {}
    while syncs.join_next().await.is_some() {}
    while comparing.join_next().await.is_some() {}
    while following.join_next().await.is_some() {}
    renewing.abort();
}

/// How long there is nothing to do, as far as is known.
async fn until_next(cx: &Cx) -> Duration {
    let poll = cx.config.jobs.poll.get();
    match jobs::next_due(&cx.store).await {
        // Due work nobody of us may take yet (all seats of its organization taken) is looked at again soon, not at once.
        Ok(Some(due)) => due.since(cx.now()).max(SOON).min(poll),
        Ok(None) | Err(_) => poll,
    }
}

/// Claims up to `free` jobs, shared out among the organizations that have due work.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn claim(cx: &Cx, free: usize, last_served: &mut Option<String>) -> Result<Vec<Job>, StoreError> {
    if free == 0 {
        return Ok(Vec::new());
    }
    let now = cx.now();
    let mut tx = cx.store.begin().await?;
    jobs::reclaim_expired(&mut tx, now).await?;
    let candidates = candidates(&mut tx, cx, free, last_served.as_deref()).await?;
    let shares = share(&candidates, last_served.as_ref(), free, cx.config.jobs.per_organization);
    let until = now.plus(cx.config.jobs.lease.get());
    let mut claimed = Vec::new();
    for (org, count) in &shares.claims {
        let count = u32::try_from(*count).unwrap_or(u32::MAX);
        claimed.extend(jobs::claim(&mut tx, org, &cx.me, now, until, count).await?);
    }
    tx.commit().await?;
    *last_served = shares.last_served;
    Ok(claimed)
}

async fn candidates(
    tx: &mut Tx,
    cx: &Cx,
    free: usize,
    after: Option<&str>,
) -> Result<Vec<Candidate<String>>, StoreError> {
    // These wait more than they work: they take no seat from their organization's other jobs.
    let apart = [LOAD_RUN, SYNC_WORK, COMPARE_COUNTERS, FOLLOW_COUNTERS];
    let running = jobs::running_by_organization(tx, &apart).await?;
    let cap = cx.config.jobs.per_organization;
    // Organizations at their cap are passed over, so look at more than there are seats.
    let organizations = jobs::organizations_due(tx, after, cx.now(), free + running.len()).await?;
    Ok(organizations
        .into_iter()
        .map(|org| {
            let in_flight = running.get(&org).map_or(0, |count| *count as usize);
            // How many are due exactly does not matter beyond what could be claimed.
            Candidate { due: free.min(cap), in_flight, org }
        })
        .collect())
}

async fn run_and_settle(
    cx: Cx,
    handler: Handler,
    (job, hold): (Job, Hold),
    running: Running,
    (soft, hard): (CancellationToken, CancellationToken),
) {
    let watch = Stopwatch::start();
    let (worker, work) = (cx.clone(), job.clone());
    let span =
        tracing::info_span!(target: SPANS, "job", kind = job.kind, id = job.id, attempt = job.attempts);
    let attempt = async move {
        if work.attempts > worker.config.jobs.max_attempts {
            // Every earlier attempt ended with its worker's death, or it would have been parked before.
            return Err(Failure::GiveUp(format!("its worker died {} times", work.attempts - 1)));
        }
        handler(&worker, &work, &hold, &soft).await
    };
    let mut attempt = tokio::spawn(attempt.instrument(span));
    let ended = tokio::select! {
        ended = &mut attempt => Some(ended),
        () = hard.cancelled() => None,
    };
    let outcome = match ended {
        Some(Ok(Ok(outcome))) => outcome,
        Some(Ok(Err(failure))) => after_failure(&cx, &job, failure),
        Some(Err(panic)) => after_failure(&cx, &job, Failure::Retry(format!("the job panicked: {panic}"))),
        None => {
            attempt.abort();
            Outcome::Release
        }
    };
    metrics::job_finished(&job.kind, label(&outcome), watch.elapsed());
    settle(&cx, &job, &outcome).await;
    // Most news is made by jobs; whoever tells it looks.
    cx.wake.news.notify_one();
    running.remove(&job.id);
}

fn after_failure(cx: &Cx, job: &Job, failure: Failure) -> Outcome {
    match failure {
        Failure::GiveUp(why) => Outcome::Park(why),
        Failure::Retry(why) => {
            let max_attempts = cx.config.jobs.max_attempts;
            let policy = RetryPolicy { base: RETRY_BASE, factor: 2, cap: RETRY_CAP, max_attempts };
            match cx.dice.with(|rng| policy.next_attempt(job.attempts, cx.now(), rng)) {
                Some(at) => Outcome::Retry(at, why),
                None => Outcome::Park(format!("given up after {} attempts: {why}", job.attempts)),
            }
        }
    }
}

fn label(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Done => "done",
        Outcome::Continue(_) => "continued",
        Outcome::Retry(..) => "retried",
        Outcome::Park(_) => "parked",
        Outcome::Release => "released",
    }
}

/// Settles; while the database is away, as long as the lease lasts. After that another worker has it anyway.
async fn settle(cx: &Cx, job: &Job, outcome: &Outcome) {
    if let Outcome::Park(why) = outcome {
        tracing::warn!(
            job = job.id,
            kind = job.kind,
            why,
            "parked; see it in the portal or with `syncline jobs list`"
        );
    }
    let patience = Stopwatch::start();
    while patience.elapsed() < cx.config.jobs.lease.get() {
        match try_settle(cx, job, outcome).await {
            Ok(true) => return,
            Ok(false) => {
                tracing::warn!(job = job.id, kind = job.kind, "the lease ran out before the job was settled");
                return;
            }
            Err(error) if error.is_transient() => tokio::time::sleep(Duration::from_millis(250)).await,
            Err(error) => {
                tracing::error!(job = job.id, kind = job.kind, %error, "the job cannot be settled");
                return;
            }
        }
    }
}

async fn try_settle(cx: &Cx, job: &Job, outcome: &Outcome) -> Result<bool, StoreError> {
    let mut tx = cx.store.begin().await?;
    let held = jobs::settle(&mut tx, &job.id, &cx.me, outcome, cx.now()).await?;
    tx.commit().await?;
    Ok(held)
}

/// Renews the leases of everything that runs, well before they end.
async fn keep_leases(cx: Cx, running: Running) {
    let lease = cx.config.jobs.lease.get();
    loop {
        tokio::time::sleep(lease_renewal(lease)).await;
        if let Err(error) = renew(&cx, &running, cx.now().plus(lease)).await {
            tracing::warn!(%error, "leases not renewed; trying again");
        }
    }
}

/// All at once; where one of them is lost, over by now, or in somebody else's hands for a moment, one by one, to know which.
async fn renew(cx: &Cx, running: &Running, until: Timestamp) -> Result<(), StoreError> {
    let all = running.all();
    let ids: Vec<String> = all.iter().map(|(id, _)| id.clone()).collect();
    if jobs::renew(&cx.store, &cx.me, &ids, until).await? == ids.len() as u64 {
        all.iter().for_each(|(_, hold)| hold.renewed(until));
        return Ok(());
    }
    for (id, hold) in &all {
        if jobs::renew(&cx.store, &cx.me, std::slice::from_ref(id), until).await? == 1 {
            hold.renewed(until);
        }
    }
    Ok(())
}
