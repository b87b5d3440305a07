//! The mirror, compared with a model of it: whatever is stored and in whatever order, the database answers and holds what a few
//! lines over a map say.

mod model;

use crate::support::at;
use crate::support::raw::Raw;
use crate::support::records::{contact, everything, reading};
use model::{Model, key_of, moment};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use syncline_core::record::Record;
use syncline_store::records;
use syncline_store::testing::TestDb;
use syncline_store::{Dialect, Store};
use tokio::runtime::Handle;

for_each_database!(the_mirror_behaves_like_its_model);

async fn the_mirror_behaves_like_its_model(db: &TestDb) {
    let store = db.store().await;
    let raw = tokio::sync::Mutex::new(Raw::to(db).await);
    let cases = if store.dialect() == Dialect::Sqlite { 120 } else { 20 };
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let history = proptest::collection::vec(any_step(), 1..25);
    let verdict = tokio::task::block_in_place(|| {
        runner.run(&history, |steps| {
            Handle::current().block_on(async {
                raw.lock().await.run("DELETE FROM records").await;
                live_through(&store, &steps).await
            })
        })
    });
    if let Err(failure) = verdict {
        panic!("{failure}");
    }
}

/// One answer that is stored. Numbers name moments, records and texts.
#[derive(Clone, Debug)]
enum Step {
    Write { read: i64, page: Vec<Shown> },
    Gone { read: i64, deals: bool, ids: Vec<usize> },
    Sweep { began: i64, deals: bool },
}

#[derive(Clone, Debug)]
struct Shown {
    record: usize,
    modified: Option<i64>,
    archived: bool,
    text: u8,
    merged: Vec<usize>,
}

impl Shown {
    fn record(&self) -> Record {
        let (object_type, id) = key_of(self.record);
        Record {
            object_type,
            archived: self.archived,
            merged_ids: self.merged.iter().map(usize::to_string).collect(),
            ..contact(&id, self.modified, &self.text.to_string())
        }
    }
}

fn any_step() -> impl Strategy<Value = Step> {
    let shown = (
        0..8_usize,
        proptest::option::weighted(0.6, 0..4_i64),
        proptest::bool::weighted(0.2),
        0..3_u8,
        prop_oneof![4 => Just(Vec::new()), 1 => proptest::collection::vec(0..4_usize, 1..3)],
    )
        .prop_map(|(record, modified, archived, text, merged)| Shown {
            record,
            modified,
            archived,
            text,
            merged,
        });
    prop_oneof![
        6 => (0..6_i64, proptest::collection::vec(shown, 1..6)).prop_map(|(read, page)| Step::Write { read, page }),
        2 => (0..6_i64, any::<bool>(), proptest::collection::vec(0..5_usize, 0..4))
            .prop_map(|(read, deals, ids)| Step::Gone { read, deals, ids }),
        1 => (0..6_i64, any::<bool>()).prop_map(|(began, deals)| Step::Sweep { began, deals }),
    ]
}

async fn live_through(store: &Store, steps: &[Step]) -> Result<(), TestCaseError> {
    let mut model = Model::default();
    for step in steps {
        take(store, &mut model, step).await?;
        let expected: Vec<_> = model.rows.values().cloned().collect();
        prop_assert_eq!(everything(store).await, expected, "after {:?}", step);
    }
    Ok(())
}

/// Stores it in the database and in the model, and compares their answers.
async fn take(store: &Store, model: &mut Model, step: &Step) -> Result<(), TestCaseError> {
    let kind = |deals: &bool| key_of(usize::from(*deals)).0;
    let mut tx = store.begin().await.unwrap();
    match step {
        Step::Write { read, page } => {
            let reading = reading(moment(*read));
            let page: Vec<Record> = page.iter().map(Shown::record).collect();
            let written = records::write(&mut tx, &reading, page.clone()).await.unwrap();
            prop_assert_eq!(written, model.write(&reading, &page));
        }
        Step::Gone { read, deals, ids } => {
            let (reading, object_type) = (reading(moment(*read)), kind(deals));
            let ids: Vec<String> = ids.iter().map(usize::to_string).collect();
            let gone = records::mark_gone(&mut tx, &reading, &object_type, &ids).await.unwrap();
            prop_assert_eq!(gone, model.mark_gone(&reading, &object_type, &ids));
        }
        Step::Sweep { began, deals } => {
            let (reading, object_type) = (reading(at(99)), kind(deals));
            let began = moment(*began);
            let gone = records::sweep(&mut tx, &reading, &object_type, "", began, 100).await.unwrap();
            prop_assert_eq!(gone, model.sweep(&object_type, began, reading.now));
        }
    }
    tx.commit().await.unwrap();
    Ok(())
}
