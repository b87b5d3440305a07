//! Providers that take one record at a time, perhaps one call a second: each record is written right after it was read again. Read
//! together and written together, what people type within the minutes between would be overwritten, and nobody would have seen it.

use super::{Open, Stepping};
use crate::sync::Halt;
use crate::sync::send::Numbered;
use std::time::Duration;
use syncline_core::sync::{Action, Side, Sides};

/// How long some records may take together, from the first reading to the last writing.
const WINDOW: Duration = Duration::from_secs(1);
/// How old what is to be written over on a side that takes batches may become while the other side is written.
const PATIENCE: Duration = Duration::from_secs(10);

impl Stepping<'_> {
    /// Reads again what has to be read of sides that are written singly, and writes what follows there at once; answers whether there
    /// was any. What the same plan says of a side that takes batches waits for the others of this step.
    pub(super) async fn singly(&mut self) -> Result<bool, Halt> {
        let single = Sides::of(|side| self.way.engine.is_written_singly(side));
        let wanted: Vec<usize> = { self.open.iter().enumerate() }
            .filter(|(_, open)| Side::BOTH.into_iter().any(|side| single[side] && open.is_to_be_read(side)))
            .map(|(number, _)| number)
            .collect();
        // A dry step overwrites nothing.
        if wanted.is_empty() || self.way.dry {
            return Ok(false);
        }
        for side in Side::BOTH.into_iter().filter(|side| !single[*side]) {
            self.refresh_some(side, &wanted).await?;
        }
        let (mut size, mut rest) = (1, &wanted[..]);
        while !rest.is_empty() {
            let (piece, others) = rest.split_at(size.min(rest.len()));
            let since = self.way.engine.cx.now();
            self.read_and_write(piece, single).await?;
            size =
                next_size(size, self.way.engine.cx.now().since(since), self.way.engine.cx.config.sync.calls);
            rest = others;
        }
        Ok(true)
    }

    async fn read_and_write(&mut self, numbers: &[usize], single: Sides<bool>) -> Result<(), Halt> {
        let mut wanted: Sides<Vec<Numbered>> = Sides::default();
        for side in Side::BOTH.into_iter().filter(|side| single[*side]) {
            self.refresh_some(side, numbers).await?;
        }
        let now = self.way.engine.cx.now();
        for number in numbers {
            self.plan_one(*number);
            let open = &mut self.open[*number];
            let Some(plan) = &mut open.plan else { continue };
            // Deletions and creations are no matter of what is overwritten: pairs with one go their usual way.
            let is_update = |action: &Option<Action>| matches!(action, None | Some(Action::Update { .. }));
            if !is_update(&plan.actions.left) || !is_update(&plan.actions.right) {
                continue;
            }
            for side in Side::BOTH.into_iter().filter(|side| single[*side]) {
                wanted[side].extend(plan.actions[side].take().map(|action| (*number, action)));
            }
            open.held = (plan.actions.left.is_some() || plan.actions.right.is_some()).then_some(now);
        }
        self.send(wanted).await
    }

    /// What was held back for too long to be written over what people may have typed since is planned again, and read again first.
    pub(super) fn let_go_of_old(&mut self) {
        let now = self.way.engine.cx.now();
        let is_old = |open: &Open| {
            let actions = open.plan.as_ref().map(|plan| [&plan.actions.left, &plan.actions.right]);
            let overwrites = actions.into_iter().flatten().flatten().any(overwrites);
            open.held.is_some_and(|since| now.since(since) > PATIENCE) && overwrites
        };
        let old: Vec<usize> = (0..self.open.len()).filter(|number| is_old(&self.open[*number])).collect();
        for number in old {
            self.fresh_after = Sides::of(|_| now);
            self.open[number].held = None;
            self.plan_one(number);
        }
    }
}

/// Whether it writes over what people type, and not only what is ours to say.
fn overwrites(action: &Action) -> bool {
    !matches!(action, Action::Update { write, .. } if write.rules.is_empty())
}

/// How many records are read and written together next, when so many took so long: as many as fit into the window, and no more than
/// `most`.
fn next_size(size: usize, took: Duration, most: usize) -> usize {
    match took {
        took if took > WINDOW / 2 => (size / 2).max(1),
        took if took < WINDOW / 4 => (size * 2).min(most.max(1)),
        _ => size,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slow_providers_are_written_record_by_record_and_fast_ones_several_at_a_time() {
        let millis = Duration::from_millis;
        assert_eq!(next_size(1, millis(5), 8), 2);
        assert_eq!(next_size(4, millis(20), 8), 8);
        assert_eq!(next_size(8, millis(20), 8), 8);
        assert_eq!(next_size(8, millis(400), 8), 8);
        assert_eq!(next_size(8, millis(501), 8), 4);
        assert_eq!(next_size(1, millis(2_000), 8), 1);
        assert_eq!(next_size(1, millis(5), 1), 1);
    }
}
