//! Several who write the same records at once: nothing is lost, nothing is counted twice, and nobody blocks anybody for ever.

use crate::support::records::{contact, everything, reading};
use crate::support::{Dice, at};
use syncline_core::record::Record;
use syncline_store::records::{self, Written};
use syncline_store::testing::TestDb;
use syncline_store::{Result, Store};
use tokio::task::JoinSet;

for_each_database!(
    of_several_who_write_the_same_page_the_latest_counts,
    a_deletion_and_a_page_that_meet_end_as_the_later_says,
);

const WRITERS: i64 = 6;
const RECORDS: u64 = 120;

async fn write(store: &Store, read: i64, page: Vec<Record>) -> Result<Written> {
    let mut tx = store.begin().await?;
    let written = records::write(&mut tx, &reading(at(read)), page).await?;
    tx.commit().await?;
    Ok(written)
}

async fn of_several_who_write_the_same_page_the_latest_counts(db: &TestDb) {
    let store = db.store().await;
    let mut made = 0;
    // The first time all of them are new; then none is.
    for round in 0..3 {
        let mut writers = JoinSet::new();
        for writer in 0..WRITERS {
            let store = store.clone();
            let read = round * WRITERS + writer;
            // Each in an order of its own.
            let mut page: Vec<Record> =
                (0..RECORDS).map(|id| contact(&id.to_string(), None, &read.to_string())).collect();
            Dice(u64::try_from(read).unwrap()).shuffle(&mut page);
            writers.spawn(async move { write(&store, read, page).await });
        }
        let mut total = Written::default();
        while let Some(written) = writers.join_next().await {
            let written = written.unwrap().unwrap();
            assert_eq!(written.effects.len() as u64, written.created + written.changed);
            total.created += written.created;
            total.changed += written.changed;
            total.stale += written.stale;
        }
        assert_eq!(total.created, if round == 0 { RECORDS } else { 0 });
        assert_eq!(total.created + total.changed + total.stale, RECORDS * WRITERS.unsigned_abs());
        let all = everything(&store).await;
        let latest = format!("{{\"text\":\"{}\"}}", round * WRITERS + WRITERS - 1);
        assert!(all.len() as u64 == RECORDS && all.iter().all(|record| record.body == latest), "{all:?}");
        // Every change was made over the one before, none over a state that was no longer there.
        let changes: i64 = all.iter().map(|record| record.version).sum();
        made += i64::try_from(total.created + total.changed).unwrap();
        assert_eq!(changes, made);
    }
}

async fn a_deletion_and_a_page_that_meet_end_as_the_later_says(db: &TestDb) {
    let store = db.store().await;
    let ids: Vec<String> = (0..RECORDS).map(|id| id.to_string()).collect();
    let page = |text: &str| ids.iter().map(|id| contact(id, None, text)).collect::<Vec<_>>();
    write(&store, 0, page("first")).await.unwrap();
    for round in 1..8 {
        let deletion_is_later = round % 2 == 0;
        let (deleted, read) = (round * 10 + 5, round * 10 + if deletion_is_later { 1 } else { 9 });
        let text = round.to_string();
        let deletion = async {
            let mut tx = store.begin().await.unwrap();
            let ids: Vec<String> = ids.iter().rev().cloned().collect();
            records::mark_gone(&mut tx, &reading(at(deleted)), "contacts", &ids).await.unwrap();
            tx.commit().await.unwrap();
        };
        let (_, written) = tokio::join!(deletion, write(&store, read, page(&text)));
        written.unwrap();
        let all = everything(&store).await;
        assert!(all.iter().all(|record| record.gone_at.is_some() == deletion_is_later), "round {round}");
        assert_eq!(all.len() as u64, RECORDS);
    }
}
