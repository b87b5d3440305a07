//! What waits to be sent to one app about one account, and how it is cut into requests (HubSpot facts 6.3 to 6.5).

use super::event::Event;
use super::settings::Settings;
use crate::house::Dice;
use std::collections::{BTreeSet, VecDeque};

/// An app, and the account told of; none where one request may tell of several.
pub(crate) type LaneKey = (u64, Option<u64>);

/// What waits for one app and account.
#[derive(Debug, Default)]
pub(crate) struct Lane {
    /// Gathered.
    pub(crate) pending: Vec<Pending>,
    /// Cut into requests, and waiting for one under way to end.
    pub(crate) ready: VecDeque<Vec<Event>>,
    /// Requests under way.
    pub(crate) in_flight: usize,
    /// When it will be looked at.
    wakes: BTreeSet<i64>,
}

/// An event that waits.
#[derive(Debug, Clone)]
pub(crate) struct Pending {
    /// Not before this moment.
    pub(crate) ready_at: i64,
    /// Events of one unit go into one request where they fit: a creation and the values it came with.
    pub(crate) unit: u64,
    pub(crate) event: Event,
}

impl Lane {
    /// Adds an event. Returns when the lane has to be looked at for it, unless it will be anyway.
    pub(crate) fn add(&mut self, pending: Pending, window: i64) -> Option<i64> {
        let ready_at = pending.ready_at;
        let latest = ready_at.saturating_add(window.max(0));
        self.pending.push(pending);
        if self.wakes.range(ready_at..=latest).next().is_some() {
            return None;
        }
        self.wakes.insert(latest);
        Some(latest)
    }

    /// Cuts what is ready into requests.
    pub(crate) fn cut(&mut self, now: i64, settings: &Settings, dice: &mut Dice) -> Vec<Vec<Event>> {
        self.wakes = self.wakes.split_off(&(now + 1));
        let (due, later): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.pending).into_iter().partition(|pending| pending.ready_at <= now);
        self.pending = later;
        let mut units = units(due);
        if settings.shuffle {
            dice.shuffle(&mut units);
            units.iter_mut().for_each(|unit| dice.shuffle(unit));
        }
        pack(units, settings.batch_size.max(1))
    }
}

/// Together what belongs together, in the order in which it was asked for.
fn units(mut due: Vec<Pending>) -> Vec<Vec<Event>> {
    due.sort_by_key(|pending| pending.unit);
    let mut units: Vec<Vec<Event>> = Vec::new();
    let mut last = None;
    for pending in due {
        if last != Some(pending.unit) {
            units.push(Vec::new());
            last = Some(pending.unit);
        }
        if let Some(unit) = units.last_mut() {
            unit.push(pending.event);
        }
    }
    units
}

/// Requests of at most `size` events; a unit is only torn apart where it fits into no request.
fn pack(units: Vec<Vec<Event>>, size: usize) -> Vec<Vec<Event>> {
    let mut batches: Vec<Vec<Event>> = Vec::new();
    for unit in units {
        for part in unit.chunks(size) {
            match batches.last_mut().filter(|last| last.len() + part.len() <= size) {
                Some(last) => last.extend_from_slice(part),
                None => batches.push(part.to_vec()),
            }
        }
    }
    batches
}

/// How long until the next attempt after attempt number `attempt` failed; none when it was the last.
pub(crate) fn wait_after(attempt: u32, settings: &Settings, dice: &mut Dice) -> Option<i64> {
    let wait = settings.retry_after_s.get(usize::try_from(attempt).ok()?)?.saturating_mul(1000).max(0);
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "hours in milliseconds")]
    let most = (wait as f64 * settings.retry_jitter.clamp(0.0, 1.0)) as i64;
    Some(wait - dice.between(0, most))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pending(ready_at: i64, unit: u64, id: u64) -> Pending {
        Pending { ready_at, unit, event: Event { object_id: Some(id), ..Event::default() } }
    }

    fn ids(batches: &[Vec<Event>]) -> Vec<Vec<u64>> {
        batches.iter().map(|batch| batch.iter().filter_map(|event| event.object_id).collect()).collect()
    }

    fn in_order(batch_size: usize) -> Settings {
        Settings { shuffle: false, batch_size, ..Settings::default() }
    }

    #[test]
    fn events_of_one_window_share_a_look_and_later_ones_get_their_own() {
        let mut lane = Lane::default();
        assert_eq!(lane.add(pending(1_000, 1, 1), 200), Some(1_200));
        assert_eq!(lane.add(pending(1_150, 2, 2), 200), None);
        assert_eq!(lane.add(pending(1_201, 3, 3), 200), Some(1_401));
        let mut dice = Dice::new(1, "t");
        assert_eq!(ids(&lane.cut(1_200, &in_order(100), &mut dice)), [[1, 2]]);
        assert_eq!(lane.add(pending(1_200, 4, 4), 200), Some(1_400));
        assert_eq!(ids(&lane.cut(1_401, &in_order(100), &mut dice)), [[3, 4]]);
        assert!(lane.pending.is_empty() && lane.wakes.is_empty());
    }

    #[test]
    fn a_request_holds_no_more_than_its_size_and_keeps_units_together() {
        let mut lane = Lane::default();
        for (unit, id) in [(1, 1), (1, 2), (2, 3), (2, 4), (3, 5), (4, 6), (4, 7), (4, 8), (4, 9)] {
            lane.add(pending(0, unit, id), 0);
        }
        let batches = lane.cut(0, &in_order(3), &mut Dice::new(1, "t"));
        assert_eq!(ids(&batches), [vec![1, 2], vec![3, 4, 5], vec![6, 7, 8], vec![9]]);
    }

    #[test]
    fn any_order_keeps_units_in_one_request() {
        let settings = Settings { batch_size: 4, ..Settings::default() };
        let orders: BTreeSet<Vec<u64>> = (0..20)
            .map(|seed| {
                let mut lane = Lane::default();
                for (unit, id) in [(1, 1), (1, 2), (1, 3), (2, 4)] {
                    lane.add(pending(0, unit, id), 0);
                }
                let batches = ids(&lane.cut(0, &settings, &mut Dice::new(seed, "t")));
                assert_eq!(batches.len(), 1);
                let place = batches[0].iter().position(|id| *id == 4).expect("there");
                assert!(place == 0 || place == 3, "the other unit's event is not among these");
                batches[0].clone()
            })
            .collect();
        assert!(orders.len() > 3, "{orders:?}");
    }

    #[test]
    fn ten_retries_fit_into_a_day_whatever_the_dice_show() {
        let settings = Settings::default();
        let mut dice = Dice::new(3, "t");
        let waits: Vec<i64> =
            (0..10).map(|attempt| wait_after(attempt, &settings, &mut dice).expect("a retry")).collect();
        assert_eq!(wait_after(10, &settings, &mut dice), None);
        assert!(waits.iter().sum::<i64>() <= 24 * 3_600_000, "{waits:?}");
        for (wait, full) in waits.iter().zip(&settings.retry_after_s) {
            assert!((full * 800..=full * 1000).contains(wait), "{wait} of {full}");
        }
        assert_ne!(waits[0], settings.retry_after_s[0] * 1000, "the jitter of this seed");
    }

    #[test]
    fn without_jitter_the_schedule_is_exact() {
        let settings = Settings { retry_jitter: 0.0, retry_after_s: vec![7, 9], ..Settings::default() };
        let mut dice = Dice::new(3, "t");
        let waits: Vec<Option<i64>> =
            (0..3).map(|attempt| wait_after(attempt, &settings, &mut dice)).collect();
        assert_eq!(waits, [Some(7_000), Some(9_000), None]);
    }
}
