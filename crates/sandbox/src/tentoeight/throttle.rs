//! Throttling: so many requests of a key within a window that moves along (10to8 facts 2).

use super::settings::Limits;
use parking_lot::Mutex;
use std::collections::{HashMap, VecDeque};

/// When each key's requests were let in.
#[derive(Debug, Default)]
pub(super) struct Throttle(Mutex<HashMap<String, VecDeque<i64>>>);

impl Throttle {
    /// Lets a request of `key` in.
    ///
    /// # Errors
    /// Seconds until there is room for another. A request that is refused takes none.
    pub(super) fn admit(&self, key: &str, now: impl FnOnce() -> i64, limits: &Limits) -> Result<(), u64> {
        if !limits.enabled {
            return Ok(());
        }
        let mut all = self.0.lock();
        // Asked under the lock: who asked before and waited would seem to come from the past.
        let now = now();
        match all.get_mut(key) {
            Some(history) => admit(history, now, limits),
            None => admit(all.entry(key.to_owned()).or_default(), now, limits),
        }
    }

    /// Forgets everything.
    pub(super) fn clear(&self) {
        self.0.lock().clear();
    }
}

fn admit(history: &mut VecDeque<i64>, now: i64, limits: &Limits) -> Result<(), u64> {
    // A clock that was set back leaves moments that have not come yet.
    while history.back().is_some_and(|at| *at > now) {
        history.pop_back();
    }
    while history.front().is_some_and(|at| *at <= now.saturating_sub(limits.window_ms)) {
        history.pop_front();
    }
    // The limit may have been lowered since: as many must leave as are too many.
    let too_many = (history.len() + 1).saturating_sub(limits.requests);
    if too_many == 0 {
        history.push_back(now);
        return Ok(());
    }
    let leaves = history.get(too_many - 1).map_or(now, |at| *at).saturating_add(limits.window_ms);
    Err(u64::try_from(leaves.saturating_sub(now)).unwrap_or(0).div_ceil(1000).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(requests: usize) -> Limits {
        Limits { requests, window_ms: 10_000, ..Limits::default() }
    }

    #[test]
    fn a_full_window_tells_when_its_oldest_request_leaves() {
        let mut history = VecDeque::new();
        assert_eq!(admit(&mut history, 0, &limits(2)), Ok(()));
        assert_eq!(admit(&mut history, 3_000, &limits(2)), Ok(()));
        assert_eq!(admit(&mut history, 3_500, &limits(2)), Err(7));
        assert_eq!(admit(&mut history, 9_999, &limits(2)), Err(1));
        assert_eq!(admit(&mut history, 10_000, &limits(2)), Ok(()));
        assert_eq!(admit(&mut history, 10_000, &limits(2)), Err(3));
        assert_eq!(admit(&mut history, 10_000, &limits(1)), Err(10));
        assert_eq!(admit(&mut history, 10_000, &limits(0)), Err(10));
    }

    #[test]
    fn a_clock_set_back_locks_nobody_out() {
        let mut history = VecDeque::from([1_000_000]);
        assert_eq!(admit(&mut history, 5, &limits(1)), Ok(()));
    }

    #[test]
    fn keys_do_not_take_each_others_room() {
        let throttle = Throttle::default();
        assert_eq!(throttle.admit("a", || 0, &limits(1)), Ok(()));
        assert_eq!(throttle.admit("b", || 0, &limits(1)), Ok(()));
        assert_eq!(throttle.admit("a", || 0, &limits(1)), Err(10));
        assert_eq!(throttle.admit("a", || 0, &Limits { enabled: false, ..limits(1) }), Ok(()));
    }
}
