//! Comparing the truth, the counter and the property, page by page, and repairing what differs.
//!
//! A run is a job: whatever stops it, it goes on from its last page. Of a page the counters' rows are read first, then the property, then the
//! truth; what was found and what is done about it is one transaction, which also moves the run on. What differs for the first time is
//! looked at again in a second pass, the source's lag later.

mod page;

use super::ask::{self, PURPOSE, Stopped};
use super::seal;
use crate::connect::{Line, Trouble};
use crate::cx::Cx;
use crate::hold::Hold;
use crate::jobs::Failure;
use page::{Page, Through};
use std::time::Duration;
use syncline_core::counters::definition::Definition;
use syncline_core::counters::reconcile::Terms;
use syncline_core::time::Timestamp;
use syncline_store::counters::definitions::{self, State, Stored};
use syncline_store::counters::runs::{self, Run, State as RunState};
use syncline_store::counters::{self as rows, Counter, findings};
use syncline_store::jobs::Outcome;
use syncline_store::{Scope, StoreError};
use tokio_util::sync::CancellationToken;

/// Counters on a page: as many as one call for associations may ask about.
const PAGE: u32 = 1_000;

/// A run that is under way.
struct Running<'a> {
    cx: &'a Cx,
    hold: &'a Hold,
    line: Line<'a>,
    stored: Stored,
    /// With its secrets.
    definition: Definition,
    run: Run,
    /// How long the truth and the counter may differ.
    lag: Duration,
}

/// How far a run came.
enum Came {
    /// To its end.
    Over,
    /// It goes on then.
    At(Timestamp),
    /// The process stops, or the job is somebody else's.
    Released,
}

/// `counters.compare`: takes the comparison that is under way as far as it goes.
///
/// # Errors
/// [`Failure`] as the database says.
pub(crate) async fn run(
    cx: &Cx,
    hold: &Hold,
    definition_id: &str,
    stop: &CancellationToken,
) -> Result<Outcome, Failure> {
    loop {
        let Some(run) = runs::unfinished(&cx.store, definition_id).await? else { return Ok(Outcome::Done) };
        let Some(stored) = definitions::get(&cx.store, &Scope::All, definition_id).await? else {
            return Ok(Outcome::Done);
        };
        if let Some((state, why)) = stands(&run, &stored) {
            finish(cx, &run, state, why.as_deref()).await?;
            continue;
        }
        let definition = match seal::open(cx, &stored) {
            Ok(definition) => definition,
            Err(error) => {
                finish(cx, &run, RunState::Failed, Some(&error.to_string())).await?;
                continue;
            }
        };
        let mut tx = cx.store.begin().await?;
        runs::start(&mut tx, &run.id, cx.now()).await?;
        tx.commit().await?;
        let line = Line::new(cx, &stored.definition.connection_id, PURPOSE);
        let lag = Terms::of(&definition.truth).lag;
        let mut running = Running { cx, hold, line, stored, definition, run, lag };
        match Box::pin(running.advance(stop)).await {
            Ok(Came::Over) => {}
            Ok(Came::At(at)) => return Ok(Outcome::Continue(at)),
            Ok(Came::Released) | Err(Stopped::Lost) => return Ok(Outcome::Release),
            Err(stopped) => return running.stopped(&stopped).await,
        }
    }
}

/// How a run ends before it goes on, if it does.
fn stands(run: &Run, stored: &Stored) -> Option<(RunState, Option<String>)> {
    if run.cancel_requested {
        return Some((RunState::Cancelled, None));
    }
    (stored.state == State::Attention).then(|| (RunState::Failed, stored.reason.clone()))
}

async fn finish(cx: &Cx, run: &Run, state: RunState, why: Option<&str>) -> Result<(), StoreError> {
    let mut tx = cx.store.begin().await?;
    runs::finish(&mut tx, &run.id, state, why, cx.now()).await?;
    tx.commit().await
}

impl Running<'_> {
    async fn advance(&mut self, stop: &CancellationToken) -> Result<Came, Stopped> {
        loop {
            if stop.is_cancelled() || !self.hold.is_good() {
                return Ok(Came::Released);
            }
            let page = match self.run.pass {
                1 => self.first_pass().await?,
                _ => match self.second_pass().await? {
                    Ok(page) => page,
                    Err(at) => return Ok(Came::At(at)),
                },
            };
            let Some(page) = page else {
                if self.run.pass == 1 && self.suspects_any().await? {
                    let mut tx = self.begin().await?;
                    runs::second_pass(&mut tx, &self.run.id, self.cx.now()).await.map_err(trouble)?;
                    tx.commit().await.map_err(trouble)?;
                    (self.run.pass, self.run.position) = (2, String::new());
                    continue;
                }
                finish(self.cx, &self.run, RunState::Succeeded, None).await.map_err(trouble)?;
                return Ok(Came::Over);
            };
            match page.through(self).await? {
                Through::On(position) => self.run.position = position,
                // Somebody asked it to stop, another went on with it, or the definition says something else now: the rows say which.
                Through::Off => return Ok(Came::Over),
            }
        }
    }

    async fn begin(&self) -> Result<syncline_store::Tx, Stopped> {
        self.cx.store.begin().await.map_err(trouble)
    }

    /// Whether the definition is as it was when this began.
    async fn stands(&self) -> Result<bool, Stopped> {
        let now = definitions::get(&self.cx.store, &Scope::All, &self.stored.id).await.map_err(trouble)?;
        Ok(now.is_some_and(|now| now.version == self.stored.version))
    }

    async fn suspects_any(&self) -> Result<bool, Stopped> {
        let found = findings::suspects(&self.cx.store, &self.run.id, "", 1).await.map_err(trouble)?;
        Ok(!found.is_empty())
    }

    async fn first_pass(&self) -> Result<Option<Page>, Stopped> {
        let after = &self.run.position;
        let rows = rows::to_compare(&self.cx.store, &self.stored.id, after, PAGE).await.map_err(trouble)?;
        Ok(Page::of(rows))
    }

    /// The next of those that were suspected; or when it is time for them.
    async fn second_pass(&self) -> Result<Result<Option<Page>, Timestamp>, Stopped> {
        let suspects = findings::suspects(&self.cx.store, &self.run.id, &self.run.position, PAGE);
        let suspects = suspects.await.map_err(trouble)?;
        let Some(ready) = suspects.iter().map(|(_, suspicion)| suspicion.at.plus(self.lag)).max() else {
            return Ok(Ok(None));
        };
        if ready > self.cx.now() {
            return Ok(Err(ready));
        }
        let keys: Vec<&str> = suspects.iter().map(|(key, _)| key.as_str()).collect();
        let rows = rows::many(&self.cx.store, &Scope::All, &self.stored.id, &keys).await.map_err(trouble)?;
        let last = suspects.last().map(|(key, _)| key.clone());
        Ok(Ok(Page::again(rows, suspects, last)))
    }

    /// What a stop means for the job.
    async fn stopped(&self, stopped: &Stopped) -> Result<Outcome, Failure> {
        let Stopped::Trouble(why) = stopped else { return Ok(Outcome::Release) };
        match why {
            Trouble::Store(error) if error.is_transient() => Err(Failure::Retry(error.to_string())),
            Trouble::Store(error) => Err(Failure::GiveUp(error.to_string())),
            Trouble::Later { .. } | Trouble::Keys(_) => {
                let mut tx = self.cx.store.begin().await?;
                runs::waits(&mut tx, &self.run.id, &why.to_string(), self.cx.now()).await?;
                tx.commit().await?;
                let wait = ask::rest(stopped).map_or(Duration::from_secs(5), |(wait, _)| wait);
                Ok(Outcome::Continue(self.cx.now().plus(wait)))
            }
            Trouble::Paused(_) | Trouble::Ended | Trouble::Refused(_) => {
                finish(self.cx, &self.run, RunState::Failed, Some(&why.to_string())).await?;
                Ok(Outcome::Done)
            }
        }
    }
}

fn trouble(error: StoreError) -> Stopped {
    Stopped::Trouble(Trouble::Store(error))
}

/// Which of a page's counters are of a definition's keys, in their order.
fn keys(rows: &[Counter]) -> Vec<&str> {
    rows.iter().map(|row| row.key.as_str()).collect()
}
