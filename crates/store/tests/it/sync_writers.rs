//! Several who write of the same sync at once: one of them links a record, nothing is lost or mixed up, and nobody blocks anybody.

use crate::support::jobs::in_tx;
use crate::support::syncs::{WHOSE, about_field, insert, keys_of, link, owned, with_sync};
use crate::support::{Dice, at};
use std::collections::{BTreeMap, BTreeSet};
use syncline_core::sync::{Side, Sides};
use syncline_store::syncs::conflicts::{self, About};
use syncline_store::syncs::history::{self, HistoryRow};
use syncline_store::syncs::links::{self, Filter, LinkRow};
use syncline_store::syncs::marks::{self, Mark};
use syncline_store::syncs::{ConflictState, keys, runs};
use syncline_store::testing::TestDb;
use syncline_store::{Result, Scope, Store, runs::Trigger};
use tokio::task::JoinSet;

for_each_database!(
    of_several_who_link_the_same_records_one_does,
    of_several_who_store_the_same_links_one_does,
    of_several_who_replace_keys_one_is_left,
    of_several_who_open_a_conflict_one_does,
    a_conflict_is_decided_or_has_passed_but_not_both,
    of_several_who_ask_for_a_run_one_gets_it,
    what_is_marked_while_it_is_looked_at_is_looked_at_again,
);

const WRITERS: u64 = 6;
const RECORDS: usize = 100;

async fn all_links(store: &Store) -> Vec<LinkRow> {
    let filter = Filter { sync_id: "syn_1".to_owned(), ..Filter::default() };
    links::page(store, &Scope::All, &filter, None, 100_000).await.unwrap()
}

async fn of_several_who_link_the_same_records_one_does(db: &TestDb) {
    let store = with_sync(db).await;
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let store = store.clone();
        writers.spawn(async move {
            let mut dice = Dice(writer);
            let mut right: Vec<usize> = (0..RECORDS).collect();
            dice.shuffle(&mut right);
            let mut rows: Vec<LinkRow> = (0..RECORDS)
                .map(|left| {
                    let id = format!("{writer} {left}");
                    link(&id, Some(&left.to_string()), Some(&right[left].to_string()))
                })
                .collect();
            dice.shuffle(&mut rows);
            let mut stored = 0;
            for piece in rows.chunks(20) {
                stored += piece.len() - insert(&store, piece).await.len();
            }
            stored
        });
    }
    let stored: usize = writers.join_all().await.into_iter().sum();
    let all = all_links(&store).await;
    assert_eq!(all.len(), stored);
    for side in Side::BOTH {
        let ids: BTreeSet<&str> = all.iter().filter_map(|row| row.link.ids[side].as_deref()).collect();
        assert_eq!(ids.len(), stored, "{side}");
    }
    // Whoever came first linked its 20 at least; nobody who came later can have been refused for nothing.
    let free = |side: Side, id: usize| all.iter().all(|row| row.link.ids[side] != Some(id.to_string()));
    assert!(stored >= 20);
    for writer in 0..WRITERS {
        let mut right: Vec<usize> = (0..RECORDS).collect();
        Dice(writer).shuffle(&mut right);
        assert!((0..RECORDS).all(|left| !free(Side::Left, left) || !free(Side::Right, right[left])));
    }
}

async fn of_several_who_store_the_same_links_one_does(db: &TestDb) {
    let store = with_sync(db).await;
    let new: Vec<LinkRow> =
        (0..30).map(|id| link(&format!("{id:02}"), Some(&id.to_string()), None)).collect();
    insert(&store, &new).await;
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let store = store.clone();
        writers.spawn(async move {
            let mut stored = 0;
            for _ in 0..5 {
                let mut rows = all_links(&store).await;
                Dice(writer).shuffle(&mut rows);
                // Half of them change places.
                for at in (0..rows.len() / 2).step_by(2) {
                    let ids = rows[at].link.ids.clone();
                    rows[at].link.ids = rows[at + 1].link.ids.clone();
                    rows[at + 1].link.ids = ids;
                }
                let refused = in_tx(&store, async |tx| links::update(tx, &rows).await).await;
                stored += rows.len() - refused.len();
            }
            stored
        });
    }
    let stored: usize = writers.join_all().await.into_iter().sum();
    let all = all_links(&store).await;
    let versions: i64 = all.iter().map(|row| row.version - 1).sum();
    assert_eq!(usize::try_from(versions).unwrap(), stored);
    let left: BTreeSet<_> = all.iter().filter_map(|row| row.link.ids.left.clone()).collect();
    assert_eq!((all.len(), left.len()), (30, 30));
}

async fn of_several_who_replace_keys_one_is_left(db: &TestDb) {
    let store = with_sync(db).await;
    for _ in 0..5 {
        let mut writers = JoinSet::new();
        for writer in 0..WRITERS {
            let store = store.clone();
            writers.spawn(async move {
                let own = [format!("{writer} a"), format!("{writer} b")];
                let own: Vec<&str> = own.iter().map(String::as_str).collect();
                let new = keys_of(&[("1", &own), ("2", &own)]);
                in_tx(&store, async |tx| keys::replace(tx, "syn_1", Side::Left, &new).await).await;
            });
        }
        writers.join_all().await;
        let found = keys::of(&store, "syn_1", Side::Left, &owned(&["1", "2"])).await.unwrap();
        assert_eq!(found["1"].len(), 2, "{found:?}");
        assert_eq!(found["1"], found["2"]);
    }
}

async fn of_several_who_open_a_conflict_one_does(db: &TestDb) {
    let store = with_sync(db).await;
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let store = store.clone();
        writers.spawn(async move {
            let new: Vec<_> = (0..20)
                .map(|link| about_field(&format!("{writer} {link}"), &link.to_string(), "email", "x"))
                .collect();
            in_tx(&store, async |tx| conflicts::put(tx, WHOSE, &new, at(1)).await).await.len()
        });
    }
    assert_eq!(writers.join_all().await.into_iter().sum::<usize>(), 20);
    assert_eq!(conflicts::count_open(&store, &Scope::All, Some("syn_1")).await.unwrap(), 20);
}

async fn a_conflict_is_decided_or_has_passed_but_not_both(db: &TestDb) {
    let store = with_sync(db).await;
    for round in 0..10 {
        let id = round.to_string();
        let new = about_field(&id, &id, "email", "x");
        in_tx(&store, async |tx| conflicts::put(tx, WHOSE, &[new], at(1)).await).await;
        let decide = async {
            let choice = serde_json::json!({ "winner": "left" });
            in_tx(&store, async |tx| conflicts::resolve(tx, &Scope::All, &id, &choice, "ada", at(2)).await)
                .await
        };
        let pass = async {
            let none = BTreeMap::from([(About::Link(id.clone()), BTreeSet::new())]);
            in_tx(&store, async |tx| conflicts::close(tx, "syn_1", &none, ConflictState::Passed, at(2)).await)
                .await
        };
        let (decided, passed) = tokio::join!(decide, pass);
        assert!(decided.is_some() != (passed == [id.clone()]), "{decided:?} {passed:?}");
        let row = conflicts::get(&store, &Scope::All, &id).await.unwrap().unwrap();
        assert_eq!(row.state == ConflictState::Resolved, decided.is_some());
        assert_eq!(row.choice.is_some(), decided.is_some());
    }
}

async fn of_several_who_ask_for_a_run_one_gets_it(db: &TestDb) {
    let store = with_sync(db).await;
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let store = store.clone();
        writers.spawn(async move {
            let new = runs::NewRun {
                id: writer.to_string(),
                org_id: "acme".to_owned(),
                sync_id: "syn_1".to_owned(),
                towards: None,
                dry_run: false,
                reading: syncline_store::syncs::Reading::Full,
                trigger: Trigger::Api,
                created_at: at(1),
            };
            in_tx(&store, async |tx| runs::create(tx, &new).await).await
        });
    }
    let all = writers.join_all().await;
    assert_eq!(all.iter().filter(|created| **created == runs::Created::New).count(), 1);
    let unfinished = runs::unfinished(&store, "syn_1").await.unwrap().unwrap();
    for created in &all {
        if let runs::Created::Existing(run) = created {
            assert_eq!(run.id, unfinished.id);
        }
    }
}

/// A change of a record: a line of its history, and its mark, in one transaction.
async fn change(store: &Store, ids: &[String]) -> Result<()> {
    let mut tx = store.begin().await?;
    let line = |id: &String| HistoryRow {
        seq: 0,
        sync_id: "syn_1".to_owned(),
        org_id: "acme".to_owned(),
        link_id: Some(id.clone()),
        at: at(1),
        side: None,
        what: "changed".to_owned(),
        ids: Sides::default(),
        detail: serde_json::Value::Null,
    };
    history::add(&mut tx, &ids.iter().map(line).collect::<Vec<_>>()).await?;
    marks::mark(&mut tx, "syn_1", Side::Left, ids, at(5), at(5)).await?;
    tx.commit().await
}

async fn settle(store: &Store, some: &[Mark]) -> Result<u64> {
    let mut tx = store.begin().await?;
    let settled = marks::settled(&mut tx, "syn_1", some).await?;
    tx.commit().await?;
    Ok(settled)
}

/// Whether it is done. As callers do: the server may end one of two transactions that block each other, and then everything is done again.
fn done<T>(outcome: Result<T>) -> bool {
    match outcome {
        Ok(_) => true,
        Err(error) if error.is_transient() => false,
        Err(error) => panic!("{error}"),
    }
}

async fn changes_of(store: &Store, id: &str) -> usize {
    let filter = history::Filter {
        sync_id: "syn_1".to_owned(),
        link_id: Some(id.to_owned()),
        ..history::Filter::default()
    };
    history::page(store, &Scope::All, &filter, None, 10_000).await.unwrap().len()
}

/// What was looked at is what was committed when the batch was read: a mark whose change was not committed yet is never settled.
async fn what_is_marked_while_it_is_looked_at_is_looked_at_again(db: &TestDb) {
    const IDS: usize = 12;
    let store = with_sync(db).await;
    let mut marking = JoinSet::new();
    for writer in 0..3 {
        let store = store.clone();
        marking.spawn(async move {
            for round in 0..25 {
                let mut ids: Vec<String> = (0..IDS).map(|id| id.to_string()).collect();
                Dice(round * 3 + writer).shuffle(&mut ids);
                ids.truncate(IDS / 2);
                while !done(change(&store, &ids).await) {}
            }
        });
    }
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut over = false;
    while !over {
        over = marking.is_empty();
        while let Some(ended) = marking.try_join_next() {
            ended.unwrap();
        }
        let some = marks::batch(&store, "syn_1", at(60), 7).await.unwrap();
        over = over && some.is_empty();
        for mark in &some {
            seen.insert(mark.record_id.clone(), changes_of(&store, &mark.record_id).await);
        }
        while !done(settle(&store, &some).await) {}
    }
    let mut total = 0;
    for id in 0..IDS {
        let changes = changes_of(&store, &id.to_string()).await;
        assert_eq!(seen.get(&id.to_string()).copied().unwrap_or(0), changes, "record {id}");
        total += changes;
    }
    assert_eq!(total, 3 * 25 * IDS / 2);
}
