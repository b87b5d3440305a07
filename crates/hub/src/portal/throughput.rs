//! How much went through, by the hour. An hour that is over is counted once and remembered; nobody waits for what is not counted yet.

use super::Portal;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use syncline_core::time::Timestamp;
use syncline_store::overview::{self, Flow};
use syncline_store::{Store, StoreError};

/// How many hours are shown.
pub(super) const HOURS: i64 = 24;
/// How long a page waits before it goes without.
const PATIENCE: Duration = Duration::from_millis(100);
/// How long the count of an hour that is under way is good.
const FRESH: Duration = Duration::from_secs(5);
/// How long after its end an hour is final: what ended in it is stored by then.
const LATE: Duration = Duration::from_secs(120);

const HOUR: i64 = 3_600_000;

/// An hour, and what went through in it; none while it is counted for the first time.
pub(super) type Hour = (Timestamp, Option<Flow>);

/// What was counted.
#[derive(Clone, Debug, Default)]
pub(super) struct Throughput(Arc<Mutex<Counted>>);

#[derive(Debug, Default)]
struct Counted {
    /// By the hour's beginning: the counts, and when they were made.
    hours: BTreeMap<i64, (Flow, Timestamp)>,
    busy: bool,
}

/// Whether an hour has to be counted (again) at `now`.
fn is_due(hour: i64, counted: Option<Timestamp>, now: Timestamp) -> bool {
    let end = Timestamp::from_millis(hour + HOUR);
    counted.is_none_or(|at| at < end.plus(LATE) && now.since(at) >= FRESH)
}

/// The hours to show at `now`, the oldest first, the last one under way.
fn hours(now: Timestamp) -> impl DoubleEndedIterator<Item = i64> {
    let last = now.as_millis().div_euclid(HOUR);
    (last - HOURS + 1..=last).map(|hour| hour * HOUR)
}

impl Throughput {
    /// The last day, the oldest hour first.
    pub(super) async fn last_day(&self, portal: &Portal) -> Vec<Hour> {
        let now = portal.api.cx.now();
        if let Some(due) = self.begin(now) {
            let (all, store, clock) =
                (self.clone(), portal.api.cx.store.clone(), Arc::clone(&portal.api.cx.clock));
            // A task of its own: it goes on when the page has stopped waiting.
            let counting = tokio::spawn(async move {
                let ended = all.count(&store, &due, || clock.now()).await;
                all.lock().busy = false;
                if let Err(error) = ended {
                    tracing::debug!(%error, "what went through could not be counted");
                }
            });
            let _ = tokio::time::timeout(PATIENCE, counting).await;
        }
        let counted = self.lock();
        let known = |hour: i64| counted.hours.get(&hour).map(|(flow, _)| *flow);
        hours(now).map(|hour| (Timestamp::from_millis(hour), known(hour))).collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Counted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What has to be counted, the latest first; none when somebody is at it, or nothing has to be.
    fn begin(&self, now: Timestamp) -> Option<Vec<i64>> {
        let mut counted = self.lock();
        let due: Vec<i64> =
            hours(now).rev().filter(|hour| is_due(*hour, at(&counted.hours, *hour), now)).collect();
        if counted.busy || due.is_empty() {
            return None;
        }
        counted.busy = true;
        let first = hours(now).next().unwrap_or(0);
        counted.hours.retain(|hour, _| *hour >= first);
        Some(due)
    }

    async fn count(&self, store: &Store, due: &[i64], now: impl Fn() -> Timestamp) -> Result<(), StoreError> {
        for hour in due {
            let (from, to) = (Timestamp::from_millis(*hour), Timestamp::from_millis(hour + HOUR));
            let at = now();
            let flow = overview::flow(store, from, to).await?;
            self.lock().hours.insert(*hour, (flow, at));
        }
        Ok(())
    }
}

fn at(hours: &BTreeMap<i64, (Flow, Timestamp)>, hour: i64) -> Option<Timestamp> {
    hours.get(&hour).map(|(_, at)| *at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_is_counted_until_it_is_over_and_then_never_again() {
        let hour = 500_000 * HOUR;
        let moment = |seconds: i64| Timestamp::from_millis(hour + seconds * 1_000);
        assert!(is_due(hour, None, moment(10)), "never counted");
        assert!(!is_due(hour, Some(moment(10)), moment(14)) && is_due(hour, Some(moment(10)), moment(15)));
        assert!(
            is_due(hour, Some(moment(3_600)), moment(9_000)),
            "what ended in it may be stored a moment later"
        );
        assert!(!is_due(hour, Some(moment(3_720)), moment(900_000)), "final");
    }

    #[test]
    fn a_day_is_the_hour_under_way_and_those_before_it() {
        let now = Timestamp::from_millis(500_000 * HOUR + 5);
        let shown: Vec<i64> = hours(now).collect();
        assert_eq!((shown.len(), shown[0], shown[23]), (24, 499_977 * HOUR, 500_000 * HOUR));
    }
}
