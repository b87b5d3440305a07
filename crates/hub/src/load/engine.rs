//! One run: its lanes side by side, each on its own; one that fails does not stop the others.

use super::finish::{finish, pause};
use super::lane::{Ended, LaneRun};
use super::request::Wanted;
use crate::cx::Cx;
use crate::jobs::Failure;
use crate::sync::wishes;
use std::collections::BTreeSet;
use std::convert::Infallible;
use std::time::Duration;
use syncline_core::time::Timestamp;
use syncline_providers::load::{self, Lane, Load, Wish};
use syncline_store::connections::{self, Connection};
use syncline_store::jobs::{Job, Outcome};
use syncline_store::runs::{self, LaneRow, LaneState, Mode, NewLane, Run};
use syncline_store::{Scope, StoreError, positions};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// How long a lane that cannot go on now waits, where the provider names no time.
const COME_BACK: Duration = Duration::from_secs(30);

/// Everything that the lanes of a run share.
#[derive(Clone)]
pub(super) struct Plan {
    pub cx: Cx,
    pub run: Run,
    pub connection: Connection,
    pub loader: &'static dyn Load,
    pub wish: Wish,
    pub max_pages: u32,
    pub stop: CancellationToken,
}

/// What the lanes came to, besides what stands in their rows.
#[derive(Default)]
struct Verdict {
    paused: Option<String>,
    ended: bool,
    stopped: bool,
    later: Option<(Timestamp, String)>,
    failed: Option<Failure>,
}

/// Runs a load until its end, or as far as it goes now.
///
/// # Errors
/// [`Failure`]: the database's, or a run that this version cannot read.
pub async fn run(cx: &Cx, job: &Job, run_id: &str, stop: &CancellationToken) -> Result<Outcome, Failure> {
    let Some(run) = runs::get(&cx.store, &Scope::All, run_id).await? else { return Ok(Outcome::Done) };
    if !run.state.is_unfinished() {
        return Ok(Outcome::Done);
    }
    let connection = connections::get(&cx.store, &Scope::All, &run.connection_id).await?;
    let Some(connection) = connection else { return Ok(Outcome::Done) };
    if run.cancel_requested {
        return finish(cx, &run, &connection).await;
    }
    let mut plan = plan(cx, run, connection, stop).map_err(Failure::GiveUp)?;
    wishes::widen(cx, &plan.connection, &mut plan.wish).await?;
    begin(&plan).await?;
    let pages_before = pages(&runs::lanes(&cx.store, run_id).await?);
    let verdict = tokio::select! {
        verdict = side_by_side(&plan) => verdict?,
        never = stop_when_cancelled(&plan) => match never {},
    };
    settle(&plan, job, verdict, pages_before).await
}

/// Looks every second whether the run was cancelled, and stops the lanes then; never returns.
async fn stop_when_cancelled(plan: &Plan) -> Infallible {
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
        if let Ok(Some(run)) = runs::get(&plan.cx.store, &Scope::All, &plan.run.id).await
            && run.cancel_requested
        {
            plan.stop.cancel();
            std::future::pending::<Infallible>().await;
        }
    }
}

fn plan(cx: &Cx, run: Run, connection: Connection, stop: &CancellationToken) -> Result<Plan, String> {
    let loader = load::load(&connection.provider).ok_or("this version knows no such provider".to_owned())?;
    let wanted: Wanted = serde_json::from_str(&run.wish)
        .map_err(|error| format!("this version cannot read what the run is to do: {error}"))?;
    let wish = wanted.wish(cx, &connection.provider);
    let max_pages = if wanted.max_pages > 0 { wanted.max_pages } else { cx.config.load.max_pages };
    Ok(Plan { cx: cx.clone(), run, connection, loader, wish, max_pages, stop: stop.child_token() })
}

/// Writes down the first lanes, once.
async fn begin(plan: &Plan) -> Result<(), StoreError> {
    let (cx, run) = (&plan.cx, &plan.run);
    let lanes = if runs::lanes(&cx.store, &run.id).await?.is_empty() {
        new_lanes(plan, plan.loader.lanes(&plan.wish)).await?
    } else {
        Vec::new()
    };
    let mut tx = cx.store.begin().await?;
    runs::start(&mut tx, &run.id, cx.now()).await?;
    runs::add_lanes(&mut tx, &run.id, &lanes, cx.now()).await?;
    tx.commit().await
}

/// With where each begins: at its start, or where the run before it had come to.
pub(super) async fn new_lanes(plan: &Plan, lanes: Vec<Lane>) -> Result<Vec<NewLane>, StoreError> {
    let known = match plan.run.mode {
        Mode::Full => std::collections::BTreeMap::new(),
        Mode::Incremental => positions::get_all(&plan.cx.store, &plan.connection.id).await?,
    };
    let since = |lane: &Lane| {
        let position = known.get(&lane.key)?;
        let seen = position.high_water.filter(|_| plan.loader.knows_changes(lane))?;
        Some(seen.minus(plan.loader.overlap()))
    };
    Ok(lanes
        .into_iter()
        .map(|lane| NewLane {
            since: since(&lane),
            key: lane.key,
            object_type: lane.object_type,
            collection: lane.collection,
            title: lane.title,
            complete: lane.complete,
            detail: lane.detail.to_string(),
        })
        .collect())
}

/// Goes along all lanes, so many at a time, and along those that come to light meanwhile.
async fn side_by_side(plan: &Plan) -> Result<Verdict, StoreError> {
    let mut verdict = Verdict::default();
    let mut begun = BTreeSet::new();
    let mut under_way = JoinSet::new();
    loop {
        if verdict.goes_on() {
            for lane in waiting(plan, &begun).await? {
                if under_way.len() >= plan.cx.config.load.lanes {
                    break;
                }
                begun.insert(lane.key.clone());
                under_way.spawn(LaneRun::new(plan.clone(), lane).go());
            }
        }
        match under_way.join_next().await {
            None => return Ok(verdict),
            Some(Ok(ended)) => verdict.add(plan, ended),
            Some(Err(panic)) => {
                verdict.failed = Some(Failure::Retry(format!("a lane panicked: {panic}")));
            }
        }
    }
}

async fn waiting(plan: &Plan, begun: &BTreeSet<String>) -> Result<Vec<LaneRow>, StoreError> {
    let mut lanes = runs::lanes(&plan.cx.store, &plan.run.id).await?;
    lanes.retain(|lane| {
        matches!(lane.state, LaneState::Waiting | LaneState::Running) && !begun.contains(&lane.key)
    });
    Ok(lanes)
}

impl Verdict {
    /// Whether other lanes should begin.
    fn goes_on(&self) -> bool {
        self.paused.is_none() && !self.ended && !self.stopped && self.failed.is_none()
    }

    fn add(&mut self, plan: &Plan, ended: Ended) {
        match ended {
            Ended::Settled => {}
            Ended::Stopped => self.stopped = true,
            Ended::Paused(reason) => self.paused = Some(reason),
            Ended::Over => self.ended = true,
            Ended::Later { message, wait } => {
                let at = plan.cx.now().plus(wait.unwrap_or(COME_BACK));
                if self.later.as_ref().is_none_or(|(known, _)| at < *known) {
                    self.later = Some((at, message));
                }
            }
            Ended::Store(error) => self.failed = Some(error.into()),
        }
    }
}

async fn settle(plan: &Plan, job: &Job, verdict: Verdict, pages_before: u64) -> Result<Outcome, Failure> {
    let (cx, run) = (&plan.cx, &plan.run);
    if let Some(failure) = verdict.failed {
        return Err(failure);
    }
    if let Some(reason) = verdict.paused {
        pause(cx, run, &reason).await?;
        return Ok(Outcome::Done);
    }
    let now = runs::get(&cx.store, &Scope::All, &run.id).await?;
    let cancelled = now.as_ref().is_none_or(|run| run.cancel_requested || !run.state.is_unfinished());
    if cancelled || verdict.ended {
        return finish(cx, run, &plan.connection).await;
    }
    if verdict.stopped {
        return Ok(Outcome::Release);
    }
    match verdict.later {
        None => finish(cx, run, &plan.connection).await,
        // As long as pages come in between, it goes on for ever; without any, as long as other jobs would.
        Some((at, _)) if pages(&runs::lanes(&cx.store, &run.id).await?) > pages_before => {
            Ok(Outcome::Continue(at))
        }
        Some((at, why)) if job.attempts < cx.config.jobs.max_attempts => Ok(Outcome::Retry(at, why)),
        Some((_, why)) => {
            let mut tx = cx.store.begin().await?;
            for lane in waiting(plan, &BTreeSet::new()).await? {
                runs::end_lane(&mut tx, &run.id, &lane.key, LaneState::Failed, Some(&why), cx.now()).await?;
            }
            tx.commit().await?;
            finish(cx, run, &plan.connection).await
        }
    }
}

fn pages(lanes: &[LaneRow]) -> u64 {
    lanes.iter().map(|lane| lane.pages).sum()
}
