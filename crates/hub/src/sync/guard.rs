//! The guard against mass deletion: beyond a share of the linked records a person is asked first.

use super::engine::Engine;
use super::{Halt, tell};
use std::time::Duration;
use syncline_core::sync::{ConflictKind, Side};
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
    let now = engine.cx.now();
    let all = usize::try_from(due).unwrap_or(usize::MAX);
    let since = now.minus(DAY);
    let answer = conflicts::guard_answer(store, &sync.id, side, since).await?;
    match answer.as_ref().and_then(|choice| choice["choice"].as_str()) {
        Some("keep") => return Ok(Verdict { pass: 0, keep: true }),
        Some("delete") => return Ok(Verdict { pass: all, keep: false }),
        _ => {}
    }
    let linked = links::count(store, &sync.id).await?.linked;
    let deleted = links::deleted_since(store, &sync.id, side, since).await?;
    let pass =
        (0..due).take_while(|more| !sync.agreement.guard.asks(linked + deleted, deleted + more)).count();
    if pass < all && !dry {
        let waiting = due - pass as u64;
        tell::question(engine, &[ConflictKind::Guard { side, waiting }], &[]).await?;
    }
    Ok(Verdict { pass, keep: false })
}
