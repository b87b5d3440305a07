//! The job: what changed lately, and beside it the run that is under way.

use super::engine::Engine;
use super::live::{self, Busy};
use super::run::{Advanced, Running};
use super::{Halt, guard, schemas, send};
use crate::connect::Trouble;
use crate::cx::Cx;
use crate::hold::Hold;
use crate::jobs::Failure;
use futures_util::future::BoxFuture;
use std::time::Duration;
use syncline_store::jobs::{Job, Outcome};
use syncline_store::syncs::{self, Phase, State, runs};
use syncline_store::{Scope, StoreError};
use tokio_util::sync::CancellationToken;

/// How long what a provider refuses for good rests: a person may have changed something by then.
const REFUSED: Duration = Duration::from_secs(300);
/// Rows erased in one transaction.
const ERASE: u32 = 1_000;

/// Works on a sync as far as it goes now.
///
/// # Errors
/// [`Failure`] as the database says.
pub fn run<'a>(
    cx: &'a Cx,
    job: &'a Job,
    hold: &'a Hold,
    sync_id: &'a str,
    stop: &'a CancellationToken,
) -> BoxFuture<'a, Result<Outcome, Failure>> {
    Box::pin(work(cx, (job, hold), sync_id, stop))
}

async fn work(
    cx: &Cx,
    (job, hold): (&Job, &Hold),
    sync_id: &str,
    stop: &CancellationToken,
) -> Result<Outcome, Failure> {
    let sync = syncs::get(&cx.store, &Scope::All, sync_id).await?;
    let Some(sync) = sync.filter(|sync| sync.state == State::Active) else { return Ok(Outcome::Done) };
    let mut engine = match Engine::open(cx, hold, sync_id).await {
        Ok(Some(engine)) => engine,
        Ok(None) => return Ok(Outcome::Done),
        Err(halt) => return halted(cx, job, &sync.id, halt).await,
    };
    let under_way = runs::unfinished(&cx.store, sync_id).await?;
    let under_way = under_way.filter(|run| run.state != syncline_store::runs::State::Paused);
    if under_way.as_ref().is_some_and(|run| run.phase == Phase::Reading && run.started_at.is_none())
        && let Err(halt) = schemas::refresh(&mut engine).await
    {
        return halted(cx, job, sync_id, halt).await;
    }
    let busy = Busy::default();
    let run_over = CancellationToken::new();
    let (ran, drained) = tokio::join!(
        async {
            let ran = go_on(&engine, under_way, &busy, stop).await;
            run_over.cancel();
            ran
        },
        async {
            // Before both sides are known nobody can say who is new.
            if engine.sync.primed_at.is_none() {
                run_over.cancelled().await;
                return Ok(None);
            }
            live::drain(&engine, &busy, stop, &run_over).await
        },
    );
    let asked = guard::ask_anew(&engine).await;
    let next = match (ran, drained, asked) {
        (Err(halt), ..) | (_, Err(halt), _) | (.., Err(halt)) => {
            return halted(cx, job, sync_id, halt).await;
        }
        (Ok(waiting), Ok(due), Ok(())) => {
            let waiting = waiting.map(|span| cx.now().plus(span));
            waiting.into_iter().chain(due).min()
        }
    };
    clear_reason(cx, &engine).await?;
    // Whether the sync was primed just now: then what waited for that is due.
    match next {
        Some(at) => Ok(Outcome::Continue(at)),
        None if engine.sync.primed_at.is_none() && is_primed(cx, sync_id).await? => {
            Ok(Outcome::Continue(cx.now()))
        }
        None => Ok(Outcome::Done),
    }
}

async fn is_primed(cx: &Cx, sync_id: &str) -> Result<bool, StoreError> {
    let sync = syncs::get(&cx.store, &Scope::All, sync_id).await?;
    Ok(sync.is_some_and(|sync| sync.primed_at.is_some()))
}

/// Takes the run that is under way further. Answers how long it waits, if it does.
async fn go_on(
    engine: &Engine,
    under_way: Option<runs::SyncRun>,
    busy: &Busy,
    stop: &CancellationToken,
) -> Result<Option<Duration>, Halt> {
    let Some(run) = under_way else { return Ok(None) };
    let run_id = run.id.clone();
    let stop = stop.child_token();
    let mut running = Running::new(engine, run, busy, stop.clone());
    let advanced = tokio::select! {
        advanced = running.advance() => advanced,
        never = stop_when_cancelled(engine, &run_id, &stop) => match never {},
    };
    match advanced {
        Ok(Advanced::Over) => Ok(None),
        Ok(Advanced::Waiting(span)) => Ok(Some(span)),
        Err(Halt::Stopped) => match runs::get(&engine.cx.store, &Scope::All, &run_id).await? {
            // Asked to stop, and not because the process does: the run ends here.
            Some(now) if now.cancel_requested && now.state.is_unfinished() => {
                Running::new(engine, now, busy, stop).advance().await.map(|_| None)
            }
            _ => Err(Halt::Stopped),
        },
        Err(Halt::Trouble(Trouble::Paused(why))) => {
            running.pause(&why).await?;
            Err(Halt::Trouble(Trouble::Paused(why)))
        }
        Err(Halt::Refused(fault)) => {
            running.fail(&fault.to_string()).await?;
            Ok(None)
        }
        Err(halt) => Err(halt),
    }
}

/// Looks every second whether the run was cancelled, and stops it then; never returns.
async fn stop_when_cancelled(
    engine: &Engine,
    run_id: &str,
    stop: &CancellationToken,
) -> std::convert::Infallible {
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
        if let Ok(Some(run)) = runs::get(&engine.cx.store, &Scope::All, run_id).await
            && run.cancel_requested
        {
            stop.cancel();
        }
    }
}

/// What a stop means for the job, and what people see of it.
async fn halted(cx: &Cx, job: &Job, sync_id: &str, halt: Halt) -> Result<Outcome, Failure> {
    if let Some(wait) = send::later(&halt) {
        return Ok(Outcome::Continue(cx.now().plus(wait)));
    }
    match halt {
        Halt::Stopped => Ok(Outcome::Release),
        Halt::Refused(fault) => {
            say(cx, sync_id, &fault.to_string()).await?;
            tracing::warn!(sync_id, %fault, attempts = job.attempts, "a sync cannot go on");
            Ok(Outcome::Continue(cx.now().plus(REFUSED)))
        }
        // Connecting again queues this job again.
        Halt::Trouble(Trouble::Paused(why)) => {
            say(cx, sync_id, &why).await?;
            Ok(Outcome::Done)
        }
        Halt::Trouble(Trouble::Ended) => Ok(Outcome::Done),
        Halt::Trouble(Trouble::Store(error)) => Err(error.into()),
        Halt::Trouble(other) => Err(Failure::Retry(other.to_string())),
    }
}

/// Says on the sync why it does not go on.
async fn say(cx: &Cx, sync_id: &str, why: &str) -> Result<(), StoreError> {
    let mut tx = cx.store.begin().await?;
    syncs::set_reason(&mut tx, sync_id, Some(why)).await?;
    tx.commit().await
}

async fn clear_reason(cx: &Cx, engine: &Engine) -> Result<(), StoreError> {
    if engine.sync.reason.is_none() {
        return Ok(());
    }
    let mut tx = cx.store.begin().await?;
    syncs::set_reason(&mut tx, &engine.sync.id, None).await?;
    tx.commit().await
}

/// Erases what belonged to a deleted sync, a batch at a time.
///
/// # Errors
/// [`Failure`] as the database says.
pub async fn erase(cx: &Cx, sync_id: &str) -> Result<Outcome, Failure> {
    let mut tx = cx.store.begin().await?;
    let erased = syncs::erase(&mut tx, sync_id, ERASE).await?;
    tx.commit().await?;
    Ok(if erased >= u64::from(ERASE) { Outcome::Continue(cx.now()) } else { Outcome::Done })
}
