//! Gathering: callers who want the same thing at the same time share one transaction, and its flush to disk.
//!
//! A caller puts what it wants into the queue. Whoever finds too few at work leads: it takes what waits as a group, carries it out, answers
//! everybody in it, and takes what came meanwhile. So a lone caller waits for nobody, and the busier it is the larger the groups.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Those that may wait; beyond that callers are told to come back.
const MOST_WAITING: usize = 8_192;
/// Transactions at the same time: while one is flushed, the next is written.
const LEADERS: usize = 2;

/// The queue of those who wait, and how many lead.
#[derive(Debug)]
pub struct Gather<T>(Mutex<Queue<T>>);

#[derive(Debug)]
struct Queue<T> {
    waiting: VecDeque<T>,
    leaders: usize,
}

/// More wait already than can be served soon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

impl<T> Default for Gather<T> {
    fn default() -> Self {
        Self(Mutex::new(Queue { waiting: VecDeque::new(), leaders: 0 }))
    }
}

impl<T> Gather<T> {
    /// Queues up. Answers whether the caller has to find a leader, who then asks for groups until there is none.
    ///
    /// # Errors
    /// [`Full`]; then nothing was queued.
    pub fn join(&self, one: T) -> Result<bool, Full> {
        let mut queue = self.queue();
        if queue.waiting.len() >= MOST_WAITING {
            return Err(Full);
        }
        queue.waiting.push_back(one);
        let lacking = queue.leaders < LEADERS;
        queue.leaders += usize::from(lacking);
        Ok(lacking)
    }

    /// The next group, in the order they came, full once it weighs `most`. A leader that gets none is none any more.
    pub fn group(&self, most: usize, weight: impl Fn(&T) -> usize) -> Vec<T> {
        let mut queue = self.queue();
        let (mut group, mut weighs) = (Vec::new(), 0);
        while weighs < most {
            let Some(next) = queue.waiting.pop_front() else { break };
            weighs += weight(&next);
            group.push(next);
        }
        if group.is_empty() {
            queue.leaders -= 1;
        }
        group
    }

    fn queue(&self) -> MutexGuard<'_, Queue<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_two_lead_and_the_others_are_taken_along() {
        let gather = Gather::default();
        assert_eq!([1, 2, 3].map(|one| gather.join(one)), [Ok(true), Ok(true), Ok(false)]);
        assert_eq!(gather.group(10, |_| 1), [1, 2, 3]);
        assert_eq!(gather.join(4), Ok(false), "both still lead");
        assert_eq!(gather.group(10, |_| 1), [4]);
        assert_eq!(gather.group(10, |_| 1), [] as [i32; 0], "one of them goes");
        assert_eq!(gather.join(5), Ok(true), "so there is a place for another");
    }

    #[test]
    fn a_group_is_full_once_it_weighs_enough() {
        let gather = Gather::default();
        for weight in [3, 3, 3, 9, 1] {
            gather.join(weight).unwrap();
        }
        assert_eq!(gather.group(6, |weight| *weight), [3, 3]);
        assert_eq!(
            gather.group(6, |weight| *weight),
            [3, 9],
            "the last may be heavy: nothing waits for ever"
        );
        assert_eq!(gather.group(6, |weight| *weight), [1]);
    }

    #[test]
    fn who_comes_when_too_many_wait_is_turned_away() {
        let gather = Gather::default();
        assert!((0..MOST_WAITING).all(|one| gather.join(one).is_ok()));
        assert_eq!(gather.join(0), Err(Full));
        gather.group(1, |_| 1);
        assert_eq!(gather.join(0), Ok(false));
    }
}
