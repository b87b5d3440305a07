//! 423: a record that was written to heavily is locked for two seconds (HubSpot facts 9).

use super::super::error::ApiError;
use super::super::types::TypeId;
use super::settings::Lock;
use http::StatusCode;
use std::collections::BTreeMap;

/// Which records were written to, how often.
#[derive(Debug, Default)]
pub(crate) struct Locks(BTreeMap<(TypeId, u64), Heat>);

#[derive(Debug, Clone, Copy, Default)]
struct Heat {
    since: i64,
    writes: u32,
    locked_until: i64,
}

/// More than these are looked through for those that matter no more.
const MANY: usize = 10_000;

impl Locks {
    /// Counts a write.
    ///
    /// # Errors
    /// 423 while the record is locked.
    pub(super) fn strike(
        &mut self,
        object_type: TypeId,
        id: u64,
        now: i64,
        settings: &Lock,
    ) -> Result<(), ApiError> {
        let Some(most) = settings.after_writes else { return Ok(()) };
        if self.0.len() > MANY {
            self.0.retain(|_, heat| heat.locked_until > now || heat.since + settings.within_ms > now);
        }
        let heat = self.0.entry((object_type, id)).or_default();
        if heat.writes == 0 || now - heat.since >= settings.within_ms {
            *heat = Heat { since: now, writes: 0, locked_until: heat.locked_until };
        }
        if now < heat.locked_until {
            return Err(locked(id));
        }
        heat.writes += 1;
        if heat.writes > most {
            *heat = Heat { locked_until: now + settings.lasts_ms, ..Heat::default() };
            return Err(locked(id));
        }
        Ok(())
    }
}

fn locked(id: u64) -> ApiError {
    ApiError::bare(
        StatusCode::LOCKED,
        format!("Object {id} is locked by other writes. Try again in 2 seconds."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: Lock = Lock { after_writes: Some(2), within_ms: 1_000, lasts_ms: 2_000 };

    fn strike(locks: &mut Locks, id: u64, now: i64) -> bool {
        locks.strike(TypeId::CONTACT, id, now, &LOCK).is_ok()
    }

    #[test]
    fn the_third_write_within_a_second_locks_for_two() {
        let mut locks = Locks::default();
        assert!(strike(&mut locks, 1, 0) && strike(&mut locks, 1, 10));
        assert!(!strike(&mut locks, 1, 20));
        assert!(strike(&mut locks, 2, 20), "another record is not locked");
        assert!(!strike(&mut locks, 1, 2_019));
        assert!(strike(&mut locks, 1, 2_020));
    }

    #[test]
    fn writes_that_are_far_apart_never_lock() {
        let mut locks = Locks::default();
        assert!((0..10).all(|turn| strike(&mut locks, 1, turn * 600)));
    }

    #[test]
    fn nothing_is_locked_where_that_is_off() {
        let mut locks = Locks::default();
        let off = Lock { after_writes: None, ..LOCK };
        assert!((0..1_000).all(|_| locks.strike(TypeId::CONTACT, 1, 0, &off).is_ok()));
    }
}
