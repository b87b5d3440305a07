//! Deletions: not before their delay is over, nor beyond the guard.

use super::Stepping;
use crate::sync::send::Numbered;
use crate::sync::{Halt, guard};
use syncline_core::sync::{Action, Ending, Seen, Side, Sides, State};

impl Stepping<'_> {
    /// Of deletions at `side` those that may be carried out now: not before their delay is over, nor beyond the guard.
    pub(super) async fn allowed(
        &mut self,
        side: Side,
        deletions: Vec<Numbered>,
    ) -> Result<Vec<Numbered>, Halt> {
        let engine = self.way.engine;
        let delay = engine.cx.config.sync.deletion_delay.get();
        let now = engine.cx.now();
        let mut due = Vec::new();
        for (number, action) in deletions {
            let open = &mut self.open[number];
            // The mirror remembers when it was missed last, and nothing of one that it never had.
            let since = match &open.pair.seen[side.other()] {
                Seen::Gone { at, merged_into: None, .. } => {
                    let known = &mut open.pair.link.gone_since[side.other()];
                    open.dirty |= known.is_none();
                    known.get_or_insert(*at).plus(delay)
                }
                _ => now,
            };
            if now < since {
                self.lay_aside(number, since);
            } else {
                due.push((number, action));
            }
        }
        if due.is_empty() {
            return Ok(due);
        }
        let verdict = guard::verdict(engine, side.other(), due.len() as u64, self.way.dry).await?;
        let (pass, held) = due.split_at(verdict.pass.min(due.len()));
        for (number, _) in held {
            if verdict.keep {
                self.spare(*number, side);
            } else {
                self.lay_aside(*number, now.plus(guard::ASK_AGAIN));
            }
        }
        Ok(pass.to_vec())
    }

    /// Writes down which deletions are about to be sent. Whatever happens now, they are known as ours, and do not travel back.
    pub(super) async fn announce_deletions(&mut self, wanted: &Sides<Vec<Numbered>>) -> Result<(), Halt> {
        let now = self.way.engine.cx.now();
        let mut any = false;
        for (side, actions) in wanted.iter() {
            for (number, _) in actions.iter().filter(|(_, action)| matches!(action, Action::Delete { .. })) {
                let open = &mut self.open[*number];
                open.pair.link.deleting[side] = Some(now);
                open.dirty = true;
                any = true;
            }
        }
        if any { self.keep_dirty().await } else { Ok(()) }
    }

    /// The record at `side` stays although the other one was deleted: a person said so for all of them.
    fn spare(&mut self, number: usize, side: Side) {
        let open = &mut self.open[number];
        open.pair.link.state = State::Ended(Ending::Unlinked { side: side.other() });
        open.plan = None;
        open.dirty = true;
    }
}
