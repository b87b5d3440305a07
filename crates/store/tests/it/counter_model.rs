//! A few counters that are changed, claimed and told of in any order, by workers that die: compared with what was accepted.

use crate::support::at;
use crate::support::counters::{
    accepted, apply, claim, counter, definition, item, make, request, settle, shows,
};
use crate::support::raw::Raw;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use std::collections::BTreeMap;
use syncline_core::counters::change::Change;
use syncline_core::counters::push::Stage;
use syncline_store::counters::changes::{Answer, Outcome};
use syncline_store::counters::pushes::{Claim, Work};
use syncline_store::counters::{self, Filter};
use syncline_store::testing::TestDb;
use syncline_store::{Dialect, Scope, Store};
use tokio::runtime::Handle;

for_each_database!(whatever_happens_the_property_ends_with_what_was_accepted);

/// One thing that is done. Numbers name counters and workers.
#[derive(Clone, Debug)]
enum Step {
    Change {
        key: usize,
        by: i64,
    },
    Send {
        worker: usize,
        limit: u32,
    },
    Look {
        worker: usize,
        limit: u32,
    },
    /// What was claimed and not told of is told now, but for what is lost.
    Tell {
        worker: usize,
        lost: bool,
    },
    /// A worker dies with what it has in hand.
    Die {
        worker: usize,
    },
    Wait {
        seconds: i64,
    },
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0..4usize, -2..4i64).prop_map(|(key, by)| Step::Change { key, by }),
        2 => (0..3usize, 1..4u32).prop_map(|(worker, limit)| Step::Send { worker, limit }),
        2 => (0..3usize, 1..4u32).prop_map(|(worker, limit)| Step::Look { worker, limit }),
        2 => (0..3usize, prop::bool::weighted(0.2)).prop_map(|(worker, lost)| Step::Tell { worker, lost }),
        1 => (0..3usize).prop_map(|worker| Step::Die { worker }),
        2 => (1..40i64).prop_map(|seconds| Step::Wait { seconds }),
    ]
}

async fn whatever_happens_the_property_ends_with_what_was_accepted(db: &TestDb) {
    let store = db.store().await;
    make(&store, &definition("ctr_1", "acme", "bookings")).await;
    let raw = tokio::sync::Mutex::new(Raw::to(db).await);
    let cases = if store.dialect() == Dialect::Sqlite { 40 } else { 8 };
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let history = proptest::collection::vec(any_step(), 1..50);
    let verdict = tokio::task::block_in_place(|| {
        runner.run(&history, |steps| {
            Handle::current().block_on(async {
                for table in ["counters", "counter_changes"] {
                    raw.lock().await.run(&format!("DELETE FROM {table}")).await;
                }
                Model::new(&store).live_through(&steps).await
            })
        })
    });
    if let Err(failure) = verdict {
        panic!("{failure}");
    }
}

/// Workers, and properties that become what is sent at once.
struct Model<'a> {
    store: &'a Store,
    now: i64,
    accepted: BTreeMap<String, i64>,
    properties: BTreeMap<String, i64>,
    in_hand: BTreeMap<usize, Vec<(Claim, i64)>>,
}

impl<'a> Model<'a> {
    fn new(store: &'a Store) -> Self {
        let (accepted, properties, in_hand) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Self { store, now: 0, accepted, properties, in_hand }
    }

    async fn live_through(mut self, steps: &[Step]) -> Result<(), TestCaseError> {
        for step in steps {
            self.take(step).await?;
        }
        // Everybody dies, and one goes on until it is quiet.
        self.in_hand.clear();
        for _ in 0..40 {
            self.now += 30;
            for limit in [Step::Send { worker: 9, limit: 99 }, Step::Look { worker: 9, limit: 99 }] {
                self.take(&limit).await?;
                self.take(&Step::Tell { worker: 9, lost: false }).await?;
            }
        }
        let all = counters::page(self.store, &Scope::All, "ctr_1", &Filter::All(None), 99).await.unwrap();
        prop_assert_eq!(all.len(), self.accepted.len());
        for one in all {
            prop_assert_eq!(one.push.stage, Stage::Quiet, "{:?}", one);
            prop_assert_eq!(Some(&one.value), self.accepted.get(&one.key));
            prop_assert_eq!(self.properties.get(&one.key).copied().unwrap_or(0), one.value);
        }
        Ok(())
    }

    async fn take(&mut self, step: &Step) -> Result<(), TestCaseError> {
        match step {
            Step::Change { key, by } => self.change(&key.to_string(), *by).await?,
            Step::Send { worker, limit } => self.claim(*worker, Stage::Trigger, *limit).await,
            Step::Look { worker, limit } => self.claim(*worker, Stage::Look, *limit).await,
            Step::Tell { worker, lost } => self.tell(*worker, *lost).await,
            Step::Die { worker } => {
                self.in_hand.remove(worker);
            }
            Step::Wait { seconds } => self.now += seconds,
        }
        Ok(())
    }

    async fn change(&mut self, key: &str, by: i64) -> Result<(), TestCaseError> {
        let change = if by < 0 { Change::Decrement(-by) } else { Change::Increment(by) };
        let outcomes = apply(self.store, &[request("req", &[item(key, change)])], at(self.now)).await;
        let [Outcome::Done(answers)] = outcomes.as_slice() else {
            return Err(TestCaseError::fail(format!("{outcomes:?}")));
        };
        let before = self.accepted.get(key).copied().unwrap_or(0);
        if let Answer::Made { value, .. } = answers[0] {
            prop_assert_eq!(value, before + by);
            self.accepted.insert(key.to_owned(), value);
        } else {
            prop_assert!(by == 0 || before + by < 0);
        }
        Ok(())
    }

    async fn claim(&mut self, worker: usize, stage: Stage, limit: u32) {
        let claims = claim(self.store, stage, &worker.to_string(), at(self.now), limit).await;
        for one in claims {
            if let Work::Send(value, _) = one.work {
                self.properties.insert(one.key.clone(), value);
            }
            self.in_hand.entry(worker).or_default().push((one, self.now));
        }
    }

    async fn tell(&mut self, worker: usize, lost: bool) {
        let mut reports = Vec::new();
        for (claim, sent) in self.in_hand.remove(&worker).unwrap_or_default() {
            match claim.work {
                Work::Send(..) if lost => {}
                Work::Send(..) => reports.push(accepted(&claim.key)),
                Work::Look => {
                    let shown = self.properties.get(&claim.key).copied().unwrap_or(0);
                    reports.push(shows(&claim.key, shown, at(sent)));
                }
            }
        }
        settle(self.store, &worker.to_string(), &reports, at(self.now)).await;
        for report in &reports {
            assert!(counter(self.store, &report.key).await.version > 0);
        }
    }
}
