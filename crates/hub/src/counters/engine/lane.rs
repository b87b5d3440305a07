//! Working on a lane until nothing of it is due: claiming, sending, settling.

use super::post::{budget, outcome, post};
use super::settle::{Turned, settle};
use super::{Known, written};
use crate::call::budget::{Aside, Whose};
use crate::connect::Line;
use crate::counters::ask::{self, PURPOSE, Stopped};
use crate::cx::Cx;
use crate::hold::Hold;
use crate::telemetry::{Stopwatch, metrics};
use std::sync::Arc;
use std::time::Duration;
use syncline_core::counters::definition::Definition;
use syncline_core::counters::push::{Answer, Stage, Told};
use syncline_core::secret::Secret;
use syncline_core::time::Timestamp;
use syncline_providers::hubspot::counters::BATCH;
use syncline_store::StoreError;
use syncline_store::counters::pushes::{self, Ask, Claim, Report, Work};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// How a lane ended.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ended {
    /// Whether it has to rest, and how long somebody said.
    pub rest: Option<Option<Duration>>,
    /// Whether something was taken.
    pub went: bool,
}

/// A lease is longer than a call by this: what came of it can then be told.
const MARGIN: Duration = Duration::from_secs(10);

/// How soon it is looked for more while calls are under way.
const AGAIN: Duration = Duration::from_millis(250);

/// A lane that is being worked on.
pub(super) struct Lane {
    pub cx: Cx,
    pub known: Arc<Known>,
    /// Whether it tries with one counter.
    pub one: bool,
    pub soft: CancellationToken,
}

/// What is claimed, with until when.
struct Claimed {
    claims: Vec<Claim>,
    hold: Hold,
}

impl Lane {
    async fn claim(&self, stage: Stage, limit: usize) -> Result<Claimed, StoreError> {
        let cx = &self.cx;
        let now = cx.now();
        let settings = &cx.config.counters;
        let until = now.plus(settings.lease.get().max(settings.timeout.get() + MARGIN));
        let limit = u32::try_from(limit).unwrap_or(u32::MAX);
        let (stored, terms) = (&self.known.stored, &self.known.terms);
        let ask = Ask { definition_id: &stored.id, version: stored.version, stage, terms, limit };
        let mut tx = cx.store.begin().await?;
        // Not the process: of two claims of one process the first may be told of after the second.
        let lease = cx.dice.id("clm", now);
        let claims = pushes::claim(&mut tx, &[ask], &lease, now, until).await?;
        tx.commit().await?;
        for claim in &claims {
            metrics::counter_lag(now.since(claim.due_at));
        }
        Ok(Claimed { claims, hold: Hold::new(Arc::clone(&cx.clock), until) })
    }

    /// The same; nothing when the database does not answer, which is looked at again.
    async fn claimed(&self, stage: Stage, limit: usize) -> Claimed {
        self.claim(stage, limit).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "counters cannot be claimed; trying again");
            Claimed { claims: Vec::new(), hold: Hold::new(Arc::clone(&self.cx.clock), self.cx.now()) }
        })
    }

    /// Sends what is due, in the way that the definition has now: one that was changed may have left counters in another stage.
    pub(super) async fn send(&self, stage: Stage, places: &Arc<Semaphore>) -> Ended {
        let target = &self.known.stored.definition.target;
        match (stage, target.has_trigger(), target.writes()) {
            (Stage::Write, _, true) | (_, false, _) => self.batches(stage).await,
            _ => self.trigger(stage, places).await,
        }
    }

    /// Calls the trigger for what is due, several at a time.
    async fn trigger(&self, stage: Stage, places: &Arc<Semaphore>) -> Ended {
        let mut ended = Ended::default();
        let definition = self.known.definition.as_ref().filter(|it| it.target.url().is_some());
        let Some(calls) = definition.and_then(|it| Calls::of(self, it)) else {
            ended.rest = Some(None);
            return ended;
        };
        let most = if self.one { 1 } else { self.cx.config.counters.per_definition };
        let mut flying: JoinSet<Report> = JoinSet::new();
        let mut open = true;
        loop {
            let open_now = open && !self.soft.is_cancelled();
            let full = match open_now {
                true => self.launch(stage, &mut flying, &calls, (most, places)).await,
                false => None,
            };
            let more = open_now && flying.len() < most && (full.is_some() || !flying.is_empty());
            let first = tokio::select! {
                Some(first) = flying.join_next() => first,
                // A call that hangs is in nobody's way: what came to be due meanwhile is claimed beside it.
                () = tokio::time::sleep(full.unwrap_or(AGAIN).min(AGAIN)), if more => continue,
                else => return ended,
            };
            let mut reports: Vec<Report> = first.ok().into_iter().collect();
            while let Some(more) = flying.try_join_next() {
                reports.extend(more.ok());
            }
            let turned = settle(&self.cx, &self.known, reports).await;
            ended.note(&turned);
            // A lane that tries has found out; one that was turned away has, too.
            open &= ended.rest.is_none() && !self.one;
        }
    }

    /// Claims and sends as much as there is room for; answers how long the account has none, if so.
    async fn launch(
        &self,
        stage: Stage,
        flying: &mut JoinSet<Report>,
        calls: &Arc<Calls>,
        (most, places): (usize, &Arc<Semaphore>),
    ) -> Option<Duration> {
        let room = match self.cx.calls.budgets.room(&calls.whose, calls.limit) {
            Ok(room) => room.min(most.saturating_sub(flying.len())),
            Err(wait) => return Some(wait),
        };
        let mut permits: Vec<OwnedSemaphorePermit> = Vec::new();
        while permits.len() < room {
            match Arc::clone(places).try_acquire_owned() {
                Ok(permit) => permits.push(permit),
                // One has to be waited for when nothing is under way. It is never closed.
                Err(_) if permits.is_empty() && flying.is_empty() => {
                    permits.extend(Arc::clone(places).acquire_owned().await.ok());
                }
                Err(_) => break,
            }
        }
        if permits.is_empty() {
            return None;
        }
        let claimed = self.claimed(stage, permits.len()).await;
        for (claim, permit) in claimed.claims.into_iter().zip(permits) {
            let Work::Send(value, _) = claim.work else { continue };
            let (cx, calls, hold) = (self.cx.clone(), Arc::clone(calls), claimed.hold.clone());
            flying.spawn(async move {
                let _permit = permit;
                let (told, latency) = calls.send(&cx, &hold, &claim.key, value).await;
                report(&claim, told, latency)
            });
        }
        None
    }

    /// Reads what is due, a hundred at a time.
    pub(super) async fn look(&self) -> Ended {
        self.batches(Stage::Look).await
    }

    async fn batches(&self, stage: Stage) -> Ended {
        let mut ended = Ended::default();
        let line = Line::new(&self.cx, &self.known.stored.definition.connection_id, PURPOSE);
        while !self.soft.is_cancelled() && ended.rest.is_none() {
            // Before anything is claimed: what cannot be sent stays due, and goes on as soon as the connection is good.
            if let Err(trouble) = line.ready().await {
                ended.rest = Some(self.refused(&Stopped::Trouble(trouble)));
                return ended;
            }
            let Claimed { claims, hold } = self.claimed(stage, if self.one { 1 } else { BATCH }).await;
            if claims.is_empty() {
                return ended;
            }
            let work = async {
                match stage {
                    Stage::Look => self.look_at_batch(&line, &hold, &claims).await,
                    _ => self.write_batch(&line, &hold, &claims).await,
                }
            };
            let (reports, stopped) = self.holding(&claims, &hold, work).await;
            let turned = settle(&self.cx, &self.known, reports).await;
            ended.note(&turned);
            if let Some(stopped) = stopped {
                ended.rest = Some(self.refused(&stopped));
            }
            if self.one {
                return ended;
            }
        }
        ended
    }

    fn refused(&self, stopped: &Stopped) -> Option<Duration> {
        let (wait, why) = ask::rest(stopped)?;
        tracing::warn!(counter = self.known.stored.id, why, "a counter's property cannot be reached now");
        Some(wait)
    }

    async fn look_at_batch(
        &self,
        line: &Line<'_>,
        hold: &Hold,
        claims: &[Claim],
    ) -> (Vec<Report>, Option<Stopped>) {
        let keys: Vec<&str> = claims.iter().map(|claim| claim.key.as_str()).collect();
        let (watch, mut calls) = (Stopwatch::start(), 0);
        let looked = ask::look(line, hold, &mut calls, &self.known.stored.definition, &keys).await;
        let latency = watch.elapsed();
        let told = |told: &dyn Fn(usize) -> Told| -> Vec<Report> {
            let each = claims.iter().enumerate();
            each.map(|(at, claim)| report(claim, told(at), latency)).collect()
        };
        match looked {
            Ok((shown, at)) => {
                metrics::counter_call("look", "accepted", latency);
                (told(&|place| Told::Look(ask::seen(shown[place].as_ref(), at))), None)
            }
            Err(stopped) => {
                metrics::counter_call("look", "not_taken", latency);
                let wait = ask::rest(&stopped).map(|(wait, _)| self.cx.now().plus(wait));
                (told(&|_| Told::LookFailed(wait)), Some(stopped))
            }
        }
    }

    async fn write_batch(
        &self,
        line: &Line<'_>,
        hold: &Hold,
        claims: &[Claim],
    ) -> (Vec<Report>, Option<Stopped>) {
        let sent = claims.iter().filter_map(|claim| match claim.work {
            Work::Send(value, _) => Some((claim, (claim.key.as_str(), value))),
            Work::Look => None,
        });
        let (sent, values): (Vec<&Claim>, Vec<(&str, i64)>) = sent.unzip();
        let watch = Stopwatch::start();
        let (answers, stopped) = written::send(line, hold, &self.known.stored.definition, &values).await;
        let latency = watch.elapsed();
        let told = |(claim, answer): (&Claim, Answer)| {
            metrics::counter_call("write", outcome(&answer), latency);
            report(claim, Told::Answer(answer), latency)
        };
        (sent.into_iter().zip(answers).map(told).collect(), stopped)
    }

    /// Does `work`, and keeps what was claimed for it meanwhile.
    async fn holding<T>(&self, claims: &[Claim], hold: &Hold, work: impl Future<Output = T>) -> T {
        let mut work = std::pin::pin!(work);
        let every = self.cx.config.counters.lease.get() / 3;
        loop {
            tokio::select! {
                done = &mut work => return done,
                () = tokio::time::sleep(every) => {
                    if let Err(error) = self.renew(claims, hold).await {
                        tracing::warn!(%error, "leases of counters cannot be renewed; trying again");
                    }
                }
            }
        }
    }

    async fn renew(&self, claims: &[Claim], hold: &Hold) -> Result<(), StoreError> {
        let settings = &self.cx.config.counters;
        let until: Timestamp = self.cx.now().plus(settings.lease.get().max(settings.timeout.get() + MARGIN));
        let mut tx = self.cx.store.begin().await?;
        let held = pushes::renew(&mut tx, claims, until).await?;
        tx.commit().await?;
        if held == claims.len() as u64 {
            hold.renewed(until);
        }
        Ok(())
    }
}

impl Ended {
    fn note(&mut self, turned: &Turned) {
        self.went |= turned.taken;
        if let Some(wait) = turned.away {
            self.rest = Some(wait);
        }
    }
}

fn report(of: &Claim, told: Told, latency: Duration) -> Report {
    let (definition_id, key, lease) = (of.definition_id.clone(), of.key.clone(), of.lease.clone());
    Report { definition_id, key, told, latency, lease }
}

/// What the calls of a trigger have in common.
struct Calls {
    definition: Definition,
    url: Secret,
    whose: Whose,
    limit: Aside,
}

impl Calls {
    fn of(lane: &Lane, definition: &Definition) -> Option<Arc<Self>> {
        let url = definition.target.url()?.clone();
        let (whose, limit) = budget(&lane.cx, &lane.known.stored, &url);
        Some(Arc::new(Self { definition: definition.clone(), url, whose, limit }))
    }

    /// Sends a value, if the account has a place for it and the claim is still good; answers what came of it, and how long that took.
    async fn send(&self, cx: &Cx, hold: &Hold, key: &str, value: i64) -> (Told, Duration) {
        let place = match cx.calls.budgets.try_permit(&self.whose, self.limit).await {
            Ok(place) => place,
            Err(wait) => return (Told::Unsent(cx.now().plus(wait)), Duration::ZERO),
        };
        if !hold.is_good() {
            return (Told::Answer(Answer::NotTaken(None)), Duration::ZERO);
        }
        let posted = post(cx, &self.url, &self.definition.template().render(key, value)).await;
        place.answered();
        (Told::Answer(posted.answer), posted.latency)
    }
}
