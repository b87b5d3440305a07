//! Several who change and push counters at once: every accepted change counts once, nobody blocks anybody for good.

use crate::support::counters::{
    accepted, all_rules, claim, counter, decide, definition, item, keyed, make, request, shows, under,
};
use crate::support::{Dice, at};
use std::collections::BTreeMap;
use syncline_core::counters::change::Change;
use syncline_core::counters::push::Stage;
use syncline_store::counters::changes::{self, Answer, Item, Outcome, Request};
use syncline_store::counters::pushes::{self, Report};
use syncline_store::counters::{self, Filter};
use syncline_store::testing::TestDb;
use syncline_store::{Result, Scope, Store};
use tokio::task::JoinSet;

for_each_database!(
    what_many_change_at_once_counts_once_each,
    of_several_who_repeat_a_request_one_counts,
    of_several_who_claim_each_counter_has_one,
    changing_and_pushing_side_by_side_lose_nothing,
);

const WRITERS: u64 = 6;

/// As the hub does: what lost to a deadlock is done again.
async fn apply(store: &Store, requests: &[Request], second: i64) -> Vec<Outcome> {
    loop {
        match apply_once(store, requests, second).await {
            Ok(outcomes) => return outcomes,
            Err(error) => assert!(error.is_transient(), "{error}"),
        }
    }
}

async fn apply_once(store: &Store, requests: &[Request], second: i64) -> Result<Vec<Outcome>> {
    let mut tx = store.begin().await?;
    let outcomes = changes::apply(&mut tx, requests, &all_rules(), at(second)).await?;
    tx.commit().await?;
    Ok(outcomes)
}

async fn open(db: &TestDb) -> Store {
    let store = db.store().await;
    for id in ["ctr_1", "ctr_2", "ctr_3"] {
        make(&store, &definition(id, "acme", id)).await;
    }
    store
}

fn accepted_changes(outcomes: &[Outcome]) -> usize {
    let done = outcomes.iter().filter_map(|outcome| match outcome {
        Outcome::Done(answers) => Some(answers),
        Outcome::Before(_) | Outcome::AnotherRequest => None,
    });
    done.flatten().filter(|answer| matches!(answer, Answer::Made { .. })).count()
}

/// Requests of some items each, over a few counters of three definitions.
fn any_requests(dice: &mut Dice, writer: u64, round: usize) -> Vec<Request> {
    let any_item = |dice: &mut Dice| Item {
        definition_id: format!("ctr_{}", 1 + dice.below(3)),
        ..item(&dice.below(12).to_string(), Change::Increment(1))
    };
    (0..4)
        .map(|at| {
            let items: Vec<Item> = (0..1 + dice.below(4)).map(|_| any_item(dice)).collect();
            request(&format!("{writer} {round} {at}"), &items)
        })
        .collect()
}

async fn what_many_change_at_once_counts_once_each(db: &TestDb) {
    let store = open(db).await;
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let store = store.clone();
        writers.spawn(async move {
            let (mut dice, mut made) = (Dice(writer), 0);
            for round in 0..15 {
                made += accepted_changes(&apply(&store, &any_requests(&mut dice, writer, round), 1).await);
            }
            made
        });
    }
    let made: usize = writers.join_all().await.into_iter().sum();
    let mut counted = 0;
    for id in ["ctr_1", "ctr_2", "ctr_3"] {
        for one in counters::page(&store, &Scope::All, id, &Filter::All(None), 99).await.unwrap() {
            assert_eq!(one.value, one.version);
            let key = (id, one.key.as_str());
            let past = changes::history(&store, &Scope::All, key, None, 10_000).await.unwrap();
            // No change is missing and none is there twice.
            let versions: Vec<i64> = past.iter().map(|entry| entry.version).collect();
            assert_eq!(versions, (1..=one.version).rev().collect::<Vec<_>>());
            counted += usize::try_from(one.value).unwrap();
        }
    }
    assert_eq!(counted, made);
}

async fn of_several_who_repeat_a_request_one_counts(db: &TestDb) {
    let store = open(db).await;
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let store = store.clone();
        writers.spawn(async move {
            let mut outcomes = Vec::new();
            for booking in 0..10 {
                let key = format!("booking-{booking}");
                let one = keyed(&format!("{writer} {booking}"), &key, &[item("7", Change::Increment(1))]);
                outcomes.extend(apply(&store, &[one], 1).await);
            }
            outcomes
        });
    }
    let all: Vec<Outcome> = writers.join_all().await.into_iter().flatten().collect();
    assert_eq!((accepted_changes(&all), counter(&store, "7").await.value), (10, 10));
    assert!(!all.contains(&Outcome::AnotherRequest));
}

async fn of_several_who_claim_each_counter_has_one(db: &TestDb) {
    let store = open(db).await;
    let items: Vec<Item> = (0..60).map(|key| item(&key.to_string(), Change::Increment(1))).collect();
    apply(&store, &[request("req_1", &items)], 0).await;
    let mut claimers = JoinSet::new();
    for owner in 0..WRITERS {
        let store = store.clone();
        claimers.spawn(async move {
            let owner = owner.to_string();
            let mut mine = Vec::new();
            loop {
                let some = claim(&store, Stage::Trigger, &owner, at(1), 7).await;
                if some.is_empty() {
                    break mine;
                }
                mine.extend(some.into_iter().map(|claim| claim.key));
            }
        });
    }
    let mut all: Vec<String> = claimers.join_all().await.into_iter().flatten().collect();
    let claimed = all.len();
    all.sort();
    all.dedup();
    assert_eq!((claimed, all.len()), (60, 60));
}

/// A property that is what was sent last, for everybody.
type Properties = std::sync::Arc<std::sync::Mutex<BTreeMap<String, i64>>>;

async fn changing_and_pushing_side_by_side_lose_nothing(db: &TestDb) {
    let store = open(db).await;
    let properties = Properties::default();
    let mut workers = JoinSet::new();
    for writer in 0..WRITERS {
        let store = store.clone();
        workers.spawn(async move {
            let mut dice = Dice(writer);
            for round in 0..10 {
                let items = [item(&dice.below(5).to_string(), Change::Increment(1))];
                apply(&store, &[request(&format!("{writer} {round}"), &items)], 0).await;
            }
        });
    }
    for owner in 0..3 {
        let (store, properties) = (store.clone(), properties.clone());
        workers.spawn(async move {
            for second in 1..40 {
                push(&store, &properties, &owner.to_string(), second * 100).await;
            }
        });
    }
    workers.join_all().await;
    for second in 100..110 {
        push(&store, &properties, "last", second * 100).await;
    }
    let mut all = 0;
    for one in counters::page(&store, &Scope::All, "ctr_1", &Filter::All(None), 99).await.unwrap() {
        assert_eq!(
            (one.push.stage, properties.lock().unwrap()[&one.key]),
            (Stage::Quiet, one.value),
            "{one:?}"
        );
        all += one.value;
    }
    assert_eq!(all, 60);
}

/// Sends and looks at what is due, once.
async fn push(store: &Store, properties: &Properties, owner: &str, second: i64) {
    let mut told: Vec<Report> = Vec::new();
    for claimed in claim(store, Stage::Trigger, owner, at(second), 9).await {
        if let pushes::Work::Send(value, _) = claimed.work {
            properties.lock().unwrap().insert(claimed.key.clone(), value);
        }
        told.push(accepted(&claimed.key));
    }
    for claimed in claim(store, Stage::Look, owner, at(second), 9).await {
        let shown = properties.lock().unwrap().get(&claimed.key).copied();
        told.extend(shown.map(|number| shows(&claimed.key, number, at(second))));
    }
    while let Err(error) = settle_once(store, owner, &told, second).await {
        assert!(error.is_transient(), "{error}");
    }
}

async fn settle_once(store: &Store, owner: &str, told: &[Report], second: i64) -> Result<()> {
    let mut tx = store.begin().await?;
    pushes::settle(&mut tx, &under(owner, told), decide(at(second)), at(second)).await?;
    tx.commit().await
}
