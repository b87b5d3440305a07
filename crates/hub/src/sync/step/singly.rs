//! Providers that take one record at a time, perhaps one call a second: each record is written right after it was read again. Read
//! together and written together, what people type within the minutes between would be overwritten, and nobody would have seen it.

use super::Stepping;
use crate::sync::Halt;
use crate::sync::send::Numbered;
use std::time::Duration;
use syncline_core::sync::{Action, Side, Sides};

/// How long some records may take together, from the first reading to the last writing.
const WINDOW: Duration = Duration::from_secs(1);

impl Stepping<'_> {
    /// Reads again what has to be read of sides that are written singly, and writes what follows there at once; answers whether there
    /// was any. What follows on a side that takes batches is sent to it afterwards, together.
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
        let began = self.way.engine.cx.now();
        for side in Side::BOTH.into_iter().filter(|side| !single[*side]) {
            self.refresh_some(side, &wanted).await?;
        }
        let mut together: Sides<Vec<Numbered>> = Sides::default();
        let (mut size, mut rest) = (1, &wanted[..]);
        while !rest.is_empty() {
            let (piece, others) = rest.split_at(size.min(rest.len()));
            let since = self.way.engine.cx.now();
            self.read_and_write(piece, single, &mut together).await?;
            size =
                next_size(size, self.way.engine.cx.now().since(since), self.way.engine.cx.config.sync.calls);
            rest = others;
        }
        let now = self.way.engine.cx.now();
        if now.since(began) > WINDOW {
            // What was read before all that is too old by now to be written over; planned again, it is read again first.
            self.fresh_after = Sides::of(|_| now);
            for side in Side::BOTH {
                together[side].retain(|(_, action)| !overwrites(action));
            }
        }
        self.send(together).await?;
        Ok(true)
    }

    async fn read_and_write(
        &mut self,
        numbers: &[usize],
        single: Sides<bool>,
        together: &mut Sides<Vec<Numbered>>,
    ) -> Result<(), Halt> {
        let mut wanted: Sides<Vec<Numbered>> = Sides::default();
        for side in Side::BOTH.into_iter().filter(|side| single[*side]) {
            self.refresh_some(side, numbers).await?;
        }
        for number in numbers {
            self.plan_one(*number);
            let Some(plan) = &self.open[*number].plan else { continue };
            // Deletions and creations are no matter of what is overwritten: pairs with one go their usual way.
            let updates = |action: &Option<Action>| matches!(action, None | Some(Action::Update { .. }));
            if !updates(&plan.actions.left) || !updates(&plan.actions.right) {
                continue;
            }
            for side in Side::BOTH {
                let sent = if single[side] { &mut wanted[side] } else { &mut together[side] };
                sent.extend(plan.actions[side].clone().map(|action| (*number, action)));
            }
        }
        self.send(wanted).await
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
