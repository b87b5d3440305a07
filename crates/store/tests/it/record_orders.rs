//! In whatever order answers about a record are stored, the mirror ends where the latest of them says.
//!
//! All histories of a few observations of one record, in all orders.

use crate::support::at;
use crate::support::records::{contact, reading};
use std::collections::BTreeMap;
use syncline_core::record::Record;
use syncline_store::records::{self, Filter, Stored};
use syncline_store::testing::TestDb;
use syncline_store::{Dialect, Scope, Tx};

for_each_database!(the_latest_observation_counts_in_whatever_order_they_are_stored);

/// What was found at the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    /// The record as it was before.
    Same,
    /// The record, edited since.
    Edited,
    /// That it is not there, by asking for it.
    Absent,
    /// That it is not there, by walking along all records.
    Unlisted,
}

const ALL: [Seen; 4] = [Seen::Same, Seen::Edited, Seen::Absent, Seen::Unlisted];

/// Observation number `.0` of a history, and the edition that was there.
#[derive(Clone, Copy, Debug)]
struct Observation(i64, Seen, i64);

async fn the_latest_observation_counts_in_whatever_order_they_are_stored(db: &TestDb) {
    let store = db.store().await;
    let length = if store.dialect() == Dialect::Sqlite { 4 } else { 3 };
    let mut expected = BTreeMap::new();
    for timed in [true, false] {
        for history in histories(length) {
            let mut tx = store.begin().await.unwrap();
            for (number, order) in orders(&history).into_iter().enumerate() {
                let id = format!("{timed} {} {number}", name(&history));
                // It was mirrored before: of one that never was, nobody remembers that it is gone.
                observe(&mut tx, &id, timed, Observation(0, Seen::Same, 0)).await;
                for observation in &order {
                    observe(&mut tx, &id, timed, *observation).await;
                }
                expected.insert(id, (*history.last().unwrap(), order));
            }
            tx.commit().await.unwrap();
        }
    }
    assert!(expected.len() > 300, "{}", expected.len());
    let all = records::page(&store, &Scope::All, &Filter::default(), None, 100_000).await.unwrap();
    assert_eq!(all.len(), expected.len());
    for stored in all {
        let (latest, order) = &expected[&stored.record_id];
        assert!(agrees(&stored, *latest), "{latest:?} after {order:?}, but {stored:?}");
    }
}

/// All histories of so many observations.
fn histories(length: usize) -> Vec<Vec<Observation>> {
    let mut histories = vec![Vec::new()];
    for number in 1..=length {
        histories = histories
            .into_iter()
            .flat_map(|history: Vec<Observation>| {
                let edition = history.last().map_or(0, |last| last.2);
                ALL.map(|seen| {
                    let edition = edition + i64::from(seen == Seen::Edited);
                    let next = Observation(i64::try_from(number).unwrap(), seen, edition);
                    history.iter().copied().chain([next]).collect()
                })
            })
            .collect();
    }
    histories
}

fn name(history: &[Observation]) -> String {
    history.iter().map(|it| format!("{:?}", it.1)).collect()
}

/// All orders, but those in which a walk ends and an answer to a request sent before the walk began comes after that. (If it does, and the
/// record was gone before, the next walk notices.)
fn orders(history: &[Observation]) -> Vec<Vec<Observation>> {
    let Some((first, rest)) = history.split_first() else { return vec![Vec::new()] };
    let mut all = Vec::new();
    for order in orders(rest) {
        for place in 0..=order.len() {
            let mut order = order.clone();
            order.insert(place, *first);
            let late = |at: usize| order[..at].iter().any(|it| it.1 == Seen::Unlisted && it.0 > order[at].0);
            let shows = |seen| matches!(seen, Seen::Same | Seen::Edited);
            if !(0..order.len()).any(|at| shows(order[at].1) && late(at)) {
                all.push(order);
            }
        }
    }
    all
}

async fn observe(tx: &mut Tx, id: &str, timed: bool, Observation(number, seen, edition): Observation) {
    let moment = at(number * 10);
    let reading = reading(moment);
    match seen {
        Seen::Same | Seen::Edited => {
            let record = Record {
                collection: id.to_owned(),
                ..contact(id, timed.then_some(edition), &edition.to_string())
            };
            records::write(tx, &reading, vec![record]).await.map(|_| ())
        }
        Seen::Absent => records::mark_gone(tx, &reading, "contacts", &[id.to_owned()]).await.map(|_| ()),
        Seen::Unlisted => records::sweep(tx, &reading, "contacts", id, moment, 9).await.map(|_| ()),
    }
    .unwrap();
}

fn agrees(stored: &Stored, Observation(_, seen, edition): Observation) -> bool {
    match seen {
        Seen::Same | Seen::Edited => {
            stored.gone_at.is_none()
                && stored.seen_at.is_some()
                && stored.body == format!("{{\"text\":\"{edition}\"}}")
        }
        Seen::Absent | Seen::Unlisted => stored.gone_at.is_some() && stored.seen_at.is_none(),
    }
}
