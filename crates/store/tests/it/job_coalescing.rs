//! Coalescing: of one key there is one job, whoever asks for it and whenever, and no asking is lost.

use crate::support::jobs::{claim, get, ids, keyed, reclaim, settle};
use crate::support::{as_far_as_it_gets, at, enqueue, job, job_ids};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use syncline_store::jobs::{self, NewJob, Outcome, State};
use syncline_store::testing::TestDb;
use tokio::task::JoinSet;

for_each_database!(
    a_waiting_one_asked_for_again_keeps_the_earlier_time_and_takes_the_newer_payload,
    a_running_one_asked_for_again_counts_as_asked_for_after_it_was_settled,
    a_parked_one_asked_for_again_comes_back_to_life,
    asked_for_by_many_at_once_there_is_one,
    asked_for_by_two_transactions_there_is_one,
    asked_for_while_it_is_being_settled_it_runs_again,
    the_last_payload_asked_for_is_run,
);

async fn a_waiting_one_asked_for_again_keeps_the_earlier_time_and_takes_the_newer_payload(db: &TestDb) {
    let store = db.store().await;
    for (id, due, payload) in [("a", 20, "1"), ("b", 30, "2"), ("c", 10, "3"), ("d", 15, "4")] {
        enqueue(&store, &keyed(id, at(due), payload), at(due)).await;
    }
    let only = get(&store, "a").await;
    assert_eq!((only.run_at, only.payload.as_str(), only.updated_at), (at(10), "4", at(15)));
    assert_eq!(only.created_at, at(20));
    assert_eq!(job_ids(&store).await, ["a"]);
    // Another key is another job, and so is no key at all.
    enqueue(&store, &NewJob { coalesce_key: Some("other".to_owned()), ..job("e") }, at(0)).await;
    enqueue(&store, &job("f"), at(0)).await;
    enqueue(&store, &job("g"), at(0)).await;
    assert_eq!(job_ids(&store).await, ["a", "e", "f", "g"]);
}

async fn a_running_one_asked_for_again_counts_as_asked_for_after_it_was_settled(db: &TestDb) {
    let store = db.store().await;
    let retry = Outcome::Retry(at(50), "why".to_owned());
    // (outcome, then asked for at 40 and at 45: run at, attempts)
    let cases = [
        (Outcome::Done, at(40), 0),
        (Outcome::Continue(at(50)), at(40), 0),
        (Outcome::Continue(at(30)), at(30), 0),
        (retry, at(40), 1),
        (Outcome::Park("why".to_owned()), at(40), 0),
        (Outcome::Release, at(20), 0),
    ];
    for (outcome, run_at, attempts) in cases {
        enqueue(&store, &keyed("a", at(0), "old"), at(0)).await;
        assert_eq!(claim(&store, "", "me", at(10), 1).await[0].payload, "old");
        enqueue(&store, &keyed("b", at(45), "newer"), at(11)).await;
        enqueue(&store, &keyed("c", at(40), "newest"), at(12)).await;
        assert_eq!(ids(&claim(&store, "", "other", at(100), 9).await), [""; 0], "it runs already");
        assert_eq!(get(&store, "a").await.state, State::Running);
        assert!(settle(&store, "a", "me", outcome.clone(), at(20)).await);
        let after = get(&store, "a").await;
        let seen = (after.state, after.run_at, after.attempts, after.payload.as_str());
        assert_eq!(seen, (State::Waiting, run_at, attempts, "newest"), "{outcome:?}");
        // Once more, not for ever.
        assert_eq!(claim(&store, "", "me", at(60), 1).await[0].payload, "newest");
        assert!(settle(&store, "a", "me", Outcome::Done, at(60)).await);
        assert_eq!(job_ids(&store).await, [""; 0], "{outcome:?}");
    }
    // The same when the worker dies.
    enqueue(&store, &keyed("a", at(0), "old"), at(0)).await;
    claim(&store, "", "me", at(10), 1).await;
    enqueue(&store, &keyed("b", at(30), "newest"), at(11)).await;
    assert_eq!(reclaim(&store, at(70)).await, 1);
    let after = get(&store, "a").await;
    assert_eq!((after.run_at, after.payload.as_str()), (at(30), "newest"));
}

async fn a_parked_one_asked_for_again_comes_back_to_life(db: &TestDb) {
    let store = db.store().await;
    enqueue(&store, &keyed("a", at(0), "old"), at(0)).await;
    claim(&store, "", "me", at(10), 1).await;
    settle(&store, "a", "me", Outcome::Park("why".to_owned()), at(11)).await;
    assert_eq!(ids(&claim(&store, "", "me", at(100), 9).await), [""; 0], "parked is parked");
    enqueue(&store, &keyed("b", at(30), "new"), at(12)).await;
    let after = get(&store, "a").await;
    let seen = (after.state, after.run_at, after.attempts, after.payload.as_str());
    assert_eq!(seen, (State::Waiting, at(30), 0, "new"));
    assert_eq!(job_ids(&store).await, ["a"]);
}

async fn asked_for_by_many_at_once_there_is_one(db: &TestDb) {
    let store = db.store().await;
    for round in 0..5 {
        let mut tasks = JoinSet::new();
        for task in 0..7 {
            let store = store.clone();
            tasks.spawn(async move {
                let due = at(100 - task);
                enqueue(&store, &keyed(&format!("{round} {task}"), due, &task.to_string()), at(0)).await;
            });
        }
        while let Some(ended) = tasks.join_next().await {
            ended.unwrap();
        }
        let claimed = claim(&store, "", "me", at(100), 9).await;
        assert_eq!(claimed.len(), 1);
        assert_eq!(claimed[0].run_at, at(94), "the earliest of all");
        assert!(settle(&store, &claimed[0].id, "me", Outcome::Done, at(100)).await);
    }
}

/// The second asks while nobody can see yet what the first asked for.
async fn asked_for_by_two_transactions_there_is_one(db: &TestDb) {
    let store = db.store().await;
    for first_commits in [true, false] {
        let mut first = store.begin().await.unwrap();
        jobs::enqueue(&mut first, &keyed("first", at(5), "first"), at(0)).await.unwrap();
        let second = tokio::spawn({
            let store = store.clone();
            async move { enqueue(&store, &keyed("second", at(9), "second"), at(0)).await }
        });
        as_far_as_it_gets(&store).await;
        if first_commits {
            first.commit().await.unwrap()
        } else {
            drop(first)
        }
        second.await.unwrap();
        let (id, due) = if first_commits { ("first", 5) } else { ("second", 9) };
        let claimed = claim(&store, "", "me", at(100), 9).await;
        assert_eq!(ids(&claimed), [id]);
        assert_eq!((claimed[0].run_at, claimed[0].payload.as_str()), (at(due), "second"));
        assert!(settle(&store, id, "me", Outcome::Done, at(100)).await);
    }
}

/// The asker still sees the job that is about to go.
async fn asked_for_while_it_is_being_settled_it_runs_again(db: &TestDb) {
    let store = db.store().await;
    for settled in [true, false] {
        enqueue(&store, &keyed("first", at(0), "first"), at(0)).await;
        claim(&store, "", "me", at(1), 1).await;
        let mut settling = store.begin().await.unwrap();
        assert!(jobs::settle(&mut settling, "first", "me", &Outcome::Done, at(2)).await.unwrap());
        let asking = tokio::spawn({
            let store = store.clone();
            async move { enqueue(&store, &keyed("second", at(3), "second"), at(2)).await }
        });
        as_far_as_it_gets(&store).await;
        if settled {
            settling.commit().await.unwrap()
        } else {
            drop(settling)
        }
        asking.await.unwrap();
        if !settled {
            assert!(settle(&store, "first", "me", Outcome::Done, at(2)).await);
        }
        let again = claim(&store, "", "me", at(5), 9).await;
        assert_eq!(again.len(), 1);
        assert_eq!((again[0].run_at, again[0].payload.as_str()), (at(3), "second"));
        assert!(settle(&store, &again[0].id, "me", Outcome::Done, at(5)).await);
    }
}

/// While workers claim, run and settle as fast as they can, somebody asks for the same work over and over with a newer
/// payload each time. Whatever the interleaving: the payload asked for last is run, and nothing runs twice at a time.
async fn the_last_payload_asked_for_is_run(db: &TestDb) {
    let store = db.store().await;
    let asked_all = Arc::new(AtomicBool::new(false));
    let at_work = Arc::new(AtomicBool::new(false));
    let mut workers = JoinSet::new();
    for worker in 0..3 {
        let (store, asked_all, at_work) = (store.clone(), Arc::clone(&asked_all), Arc::clone(&at_work));
        workers.spawn(async move {
            let mut ran = Vec::new();
            loop {
                let over = asked_all.load(Ordering::SeqCst);
                let owner = worker.to_string();
                let claimed = claim(&store, "", &owner, at(100), 1).await;
                if let Some(job) = claimed.first() {
                    assert!(!at_work.swap(true, Ordering::SeqCst), "two at a time");
                    ran.push(job.payload.parse::<u32>().unwrap());
                    at_work.store(false, Ordering::SeqCst);
                    assert!(settle(&store, &job.id, &owner, Outcome::Done, at(100)).await);
                } else if over {
                    return ran;
                }
            }
        });
    }
    for number in 0..80_u32 {
        enqueue(&store, &keyed(&format!("job {number}"), at(0), &number.to_string()), at(0)).await;
    }
    asked_all.store(true, Ordering::SeqCst);
    let mut ran = Vec::new();
    while let Some(ended) = workers.join_next().await {
        ran.extend(ended.unwrap());
    }
    assert_eq!(ran.iter().max(), Some(&79), "ran {ran:?}");
    assert_eq!(job_ids(&store).await, [""; 0]);
}
