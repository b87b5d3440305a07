//! The guard against mass deletion: beyond a share of the linked records a person is asked first.

use super::engine::Engine;
use super::{Halt, tell};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use syncline_core::sync::{ConflictKind, Side, Sides};
use syncline_store::syncs::{conflicts, links};

/// How long deletions that wait for a person stay out of the way. An answer ends the wait.
pub const ASK_AGAIN: Duration = Duration::from_secs(3_600);
/// The span that deletions are counted over, and that an answer holds for.
const DAY: Duration = Duration::from_secs(24 * 3_600);

/// What may be done with deletions that are due.
pub struct Verdict {
    /// So many may be carried over.
    pub pass: usize,
    /// Of the others the other side's record stays, because a person said so.
    pub keep: bool,
}

/// What may be done with `due` records whose other record was deleted on `side`.
///
/// # Errors
/// [`Halt::Trouble`] with the database's error.
pub async fn verdict(engine: &Engine, side: Side, due: u64, dry: bool) -> Result<Verdict, Halt> {
    let (store, sync) = (&engine.cx.store, &engine.sync);
    let since = engine.cx.now().minus(DAY);
    let all = usize::try_from(due).unwrap_or(usize::MAX);
    match answer(engine, side).await?.as_deref() {
        Some("keep") => return Ok(Verdict { pass: 0, keep: true }),
        Some("delete") => return Ok(Verdict { pass: all, keep: false }),
        _ => {}
    }
    let linked = links::count(store, &sync.id).await?.linked;
    let deleted = links::deleted_since(store, &sync.id, side, since).await?;
    let pass =
        (0..due).take_while(|more| !sync.agreement.guard.asks(linked + deleted, deleted + more)).count();
    if pass < all && !dry && engine.held.is_news(side) {
        ask(engine, side, pass as u64).await?;
    }
    Ok(Verdict { pass, keep: false })
}

/// Asks anew where deletions were held back since the work on this sync began: by now it is known how many wait.
///
/// # Errors
/// [`Halt::Trouble`] with the database's error.
pub async fn ask_anew(engine: &Engine) -> Result<(), Halt> {
    for side in Side::BOTH {
        // Who has answered meanwhile is not asked again.
        if engine.held.is_there(side) && answer(engine, side).await?.is_none() {
            ask(engine, side, 0).await?;
        }
    }
    Ok(())
}

/// Asks about all deletions on `side` that wait, however few of them the present step is about: an answer is for all of them. So many
/// `leaving` ones are carried over now.
async fn ask(engine: &Engine, side: Side, leaving: u64) -> Result<(), Halt> {
    let due = links::deletions_due(&engine.cx.store, &engine.sync, side).await?;
    match due.saturating_sub(leaving) {
        0 => Ok(()),
        waiting => tell::question(engine, &[ConflictKind::Guard { side, waiting }], &[]).await,
    }
}

/// What a person answered within a day.
async fn answer(engine: &Engine, side: Side) -> Result<Option<String>, Halt> {
    let since = engine.cx.now().minus(DAY);
    let choice = conflicts::guard_answer(&engine.cx.store, &engine.sync.id, side, since).await?;
    Ok(choice.and_then(|choice| choice["choice"].as_str().map(str::to_owned)))
}

/// On which sides deletions were held back since the work on a sync began. All that wait are counted twice in that time and not with
/// every step, of which a hundred thousand deletions make a thousand.
#[derive(Debug, Default)]
pub struct Held(Mutex<Sides<bool>>);

impl Held {
    /// Writes it down; answers whether it is the first time.
    fn is_news(&self, side: Side) -> bool {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        !std::mem::replace(&mut held[side], true)
    }

    fn is_there(&self, side: Side) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)[side]
    }
}
