//! Jobs: claimed by one, settled by whoever holds them, never lost and never run before their time.

use crate::support::raw::Raw;
use crate::support::{at, enqueue, job, job_ids};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use syncline_core::time::Timestamp;
use syncline_store::jobs::{self, Job, NewJob, Outcome, State};
use syncline_store::testing::TestDb;
use syncline_store::{Scope, Store, StoreError};
use tokio::task::JoinSet;

for_each_database!(
    claimed_oldest_first_and_not_before_its_time,
    claimed_by_one_of_many,
    an_expired_lease_is_given_again,
    an_expired_lease_is_given_to_one_of_many,
    a_renewed_lease_is_kept,
    who_lost_the_lease_settles_nothing,
    every_outcome_leads_where_it_says,
    a_waiting_one_asked_for_again_keeps_the_earlier_time_and_takes_the_newer_payload,
    a_running_one_asked_for_again_counts_as_asked_for_after_it_was_settled,
    a_parked_one_asked_for_again_comes_back_to_life,
    asked_for_by_many_at_once_there_is_one,
    asked_for_by_two_transactions_there_is_one,
    the_last_payload_asked_for_is_run,
    organizations_take_turns,
    counted_by_kind_and_state,
    listed_page_by_page,
    parked_ones_are_retried_and_discarded_by_their_own,
    old_parked_ones_go_in_batches,
    what_cannot_be_stored_as_it_is_does_not_stop_it,
);

async fn claimed_oldest_first_and_not_before_its_time(db: &TestDb) {
    let store = db.store().await;
    for (id, due) in [("c", 5), ("a", 5), ("late", 11), ("first", 1), ("b", 5)] {
        enqueue(&store, &NewJob { run_at: at(due), ..job(id) }, at(0)).await;
    }
    enqueue(&store, &NewJob { org_id: "acme".to_owned(), ..job("theirs") }, at(0)).await;
    assert_eq!(jobs::next_due(&store).await.unwrap(), Some(at(0)));
    let claimed = claim(&store, "", "me", at(10), 3).await;
    assert_eq!(ids(&claimed), ["first", "a", "b"]);
    let expected = Job {
        id: "first".to_owned(),
        kind: "test".to_owned(),
        org_id: String::new(),
        coalesce_key: None,
        payload: "{}".to_owned(),
        state: State::Running,
        run_at: at(1),
        attempts: 1,
        last_error: None,
        created_at: at(0),
        updated_at: at(10),
    };
    assert_eq!(claimed[0], expected);
    assert_eq!(get(&store, "first").await, expected, "what the worker was given is what is stored");
    assert_eq!(ids(&claim(&store, "", "me", at(10), 3).await), ["c"]);
    assert_eq!(ids(&claim(&store, "", "me", at(10), 3).await), [""; 0]);
    assert_eq!(ids(&claim(&store, "acme", "me", at(10), 3).await), ["theirs"]);
    assert_eq!(jobs::next_due(&store).await.unwrap(), Some(at(11)));
    assert_eq!(ids(&claim(&store, "", "me", at(11), 3).await), ["late"]);
    assert_eq!(jobs::next_due(&store).await.unwrap(), None);
}

async fn claimed_by_one_of_many(db: &TestDb) {
    let store = db.store().await;
    let mut tx = store.begin().await.unwrap();
    for number in 0..60 {
        let org_id = ["", "acme", "globex"][number % 3].to_owned();
        jobs::enqueue(&mut tx, &NewJob { org_id, ..job(&format!("{number:02}")) }, at(0)).await.unwrap();
    }
    tx.commit().await.unwrap();
    let mut workers = JoinSet::new();
    for worker in 0..6 {
        let store = store.clone();
        workers.spawn(async move {
            let owner = format!("worker {worker}");
            // Each in another order, as fair workers do: they must not block each other.
            let mut orgs = ["", "acme", "globex"];
            orgs.rotate_left(worker % 3);
            let mut mine = Vec::new();
            loop {
                let mut tx = store.begin().await.unwrap();
                let before = mine.len();
                for org in orgs {
                    mine.extend(ids(&jobs::claim(&mut tx, org, &owner, at(1), at(60), 2).await.unwrap()));
                }
                tx.commit().await.unwrap();
                if mine.len() == before {
                    return mine;
                }
            }
        });
    }
    let mut all: Vec<String> = Vec::new();
    while let Some(ended) = workers.join_next().await {
        all.extend(ended.unwrap());
    }
    all.sort();
    assert_eq!(all, (0..60).map(|number| format!("{number:02}")).collect::<Vec<_>>());
    let running = in_tx(&store, async |tx| jobs::running_by_organization(tx).await).await;
    let twenty_each = ["", "acme", "globex"].map(|org| (org.to_owned(), 20));
    assert_eq!(running, BTreeMap::from(twenty_each));
}

async fn an_expired_lease_is_given_again(db: &TestDb) {
    let store = db.store().await;
    enqueue(&store, &job("a"), at(0)).await;
    assert_eq!(claim(&store, "", "dies", at(1), 1).await.len(), 1);
    // The lease ends at 61.
    assert_eq!(reclaim(&store, at(60)).await, 0);
    assert_eq!(reclaim(&store, at(61)).await, 1);
    let waiting = get(&store, "a").await;
    assert_eq!((waiting.state, waiting.run_at, waiting.attempts), (State::Waiting, at(61), 1));
    assert!(waiting.last_error.unwrap().contains("died"));
    assert_eq!(reclaim(&store, at(61)).await, 0);
    let again = claim(&store, "", "lives", at(62), 1).await;
    assert_eq!(
        (again[0].id.as_str(), again[0].attempts),
        ("a", 2),
        "whoever counts attempts counts deaths too"
    );
    assert!(!settle(&store, "a", "dies", Outcome::Done, at(63)).await);
    assert!(settle(&store, "a", "lives", Outcome::Done, at(63)).await);
    assert_eq!(job_ids(&store).await, [""; 0]);
}

async fn an_expired_lease_is_given_to_one_of_many(db: &TestDb) {
    let store = db.store().await;
    for id in ["a", "b", "c"] {
        enqueue(&store, &job(id), at(0)).await;
    }
    assert_eq!(claim(&store, "", "dies", at(1), 9).await.len(), 3);
    let mut workers = JoinSet::new();
    for worker in 0..6 {
        let store = store.clone();
        workers.spawn(async move {
            let mut tx = store.begin().await.unwrap();
            let reclaimed = jobs::reclaim_expired(&mut tx, at(100)).await.unwrap();
            let claimed = jobs::claim(&mut tx, "", &worker.to_string(), at(100), at(200), 9).await.unwrap();
            tx.commit().await.unwrap();
            (reclaimed, claimed.len())
        });
    }
    let (mut reclaimed, mut claimed) = (0, 0);
    while let Some(ended) = workers.join_next().await {
        let some = ended.unwrap();
        (reclaimed, claimed) = (reclaimed + some.0, claimed + some.1);
    }
    assert_eq!((reclaimed, claimed), (3, 3));
}

async fn a_renewed_lease_is_kept(db: &TestDb) {
    let store = db.store().await;
    for id in ["a", "b", "c"] {
        enqueue(&store, &job(id), at(0)).await;
    }
    assert_eq!(claim(&store, "", "me", at(1), 2).await.len(), 2);
    assert_eq!(claim(&store, "", "other", at(1), 2).await.len(), 1);
    let all = ["a", "b", "c", "gone", "never"].map(str::to_owned);
    assert_eq!(jobs::renew(&store, "me", &all, at(200)).await.unwrap(), 2, "only one's own");
    assert_eq!(jobs::renew(&store, "me", &[], at(200)).await.unwrap(), 0);
    assert_eq!(reclaim(&store, at(100)).await, 1);
    assert_eq!(get(&store, "c").await.state, State::Waiting);
    assert_eq!(reclaim(&store, at(200)).await, 2);
    assert_eq!(jobs::renew(&store, "me", &all, at(300)).await.unwrap(), 0, "what is lost is not renewed");
}

async fn who_lost_the_lease_settles_nothing(db: &TestDb) {
    let store = db.store().await;
    enqueue(&store, &job("a"), at(0)).await;
    claim(&store, "", "late", at(1), 1).await;
    reclaim(&store, at(61)).await;
    let outcomes = [
        Outcome::Done,
        Outcome::Continue(at(70)),
        Outcome::Retry(at(70), "why".to_owned()),
        Outcome::Park("why".to_owned()),
        Outcome::Release,
    ];
    let waiting = get(&store, "a").await;
    for outcome in &outcomes {
        assert!(!settle(&store, "a", "late", outcome.clone(), at(65)).await, "{outcome:?}");
        assert_eq!(get(&store, "a").await, waiting, "{outcome:?}");
    }
    claim(&store, "", "next", at(66), 1).await;
    let running = get(&store, "a").await;
    for outcome in &outcomes {
        assert!(!settle(&store, "a", "late", outcome.clone(), at(67)).await, "{outcome:?}");
        assert!(!settle(&store, "no such job", "next", outcome.clone(), at(67)).await, "{outcome:?}");
        assert_eq!(get(&store, "a").await, running, "{outcome:?}");
    }
    assert!(settle(&store, "a", "next", Outcome::Done, at(68)).await);
}

async fn every_outcome_leads_where_it_says(db: &TestDb) {
    let store = db.store().await;
    enqueue(&store, &job("a"), at(0)).await;
    // (outcome, state, run_at, attempts, last_error) after the third claim, the first two having failed.
    let failed = Some("it broke".to_owned());
    let cases = [
        (Outcome::Continue(at(50)), State::Waiting, at(50), 0, None),
        (Outcome::Retry(at(50), "it broke".to_owned()), State::Waiting, at(50), 3, failed.clone()),
        (Outcome::Release, State::Waiting, at(20), 2, Some("first".to_owned())),
        (Outcome::Park("it broke".to_owned()), State::Parked, at(20), 3, failed),
    ];
    for (outcome, state, run_at, attempts, last_error) in cases {
        for _ in 0..2 {
            claim(&store, "", "me", at(10), 1).await;
            assert!(settle(&store, "a", "me", Outcome::Retry(at(5), "first".to_owned()), at(10)).await);
        }
        assert_eq!(claim(&store, "", "me", at(10), 1).await[0].attempts, 3);
        assert!(settle(&store, "a", "me", outcome.clone(), at(20)).await);
        let after = get(&store, "a").await;
        let seen = (after.state, after.run_at, after.attempts, after.last_error, after.updated_at);
        assert_eq!(seen, (state, run_at, attempts, last_error, at(20)), "{outcome:?}");
        assert!(!settle(&store, "a", "me", Outcome::Done, at(21)).await, "the lease is gone: {outcome:?}");
        // Back to the beginning.
        Raw::to(db).await.run("UPDATE jobs SET state = 0, run_at = 0, attempts = 0, last_error = NULL").await;
    }
    claim(&store, "", "me", at(10), 1).await;
    assert!(settle(&store, "a", "me", Outcome::Done, at(20)).await);
    assert_eq!(job_ids(&store).await, [""; 0]);
}

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
        // Let it get as far as it gets.
        for _ in 0..50 {
            store.ping(Duration::from_secs(5)).await.unwrap();
        }
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

async fn organizations_take_turns(db: &TestDb) {
    let store = db.store().await;
    for (org, due) in
        [("", 0), ("Zeta", 0), ("acme", 0), ("acme", 1), ("globex", 0), ("later", 99), ("ömer", 0)]
    {
        let id = format!("{org} {due}");
        enqueue(&store, &NewJob { org_id: org.to_owned(), run_at: at(due), ..job(&id) }, at(0)).await;
    }
    let due = async |after: Option<&str>, limit| {
        in_tx(&store, async |tx| jobs::organizations_due(tx, after, at(10), limit).await).await
    };
    let all = ["", "Zeta", "acme", "globex", "ömer"];
    assert_eq!(due(None, 9).await, all);
    assert_eq!(due(None, 2).await, ["", "Zeta"]);
    assert_eq!(due(Some(""), 9).await, ["Zeta", "acme", "globex", "ömer", ""]);
    assert_eq!(due(Some("acme"), 3).await, ["globex", "ömer", ""]);
    assert_eq!(due(Some("acme"), 9).await, ["globex", "ömer", "", "Zeta", "acme"], "round once, not twice");
    assert_eq!(due(Some("beta"), 9).await, ["globex", "ömer", "", "Zeta", "acme"], "one that is gone");
    assert_eq!(due(Some("zzz"), 1).await, ["ömer"]);
    assert_eq!(due(Some("ömer"), 1).await, [""]);
    assert_eq!(due(None, 0).await, [""; 0]);
    claim(&store, "acme", "me", at(10), 1).await;
    assert_eq!(due(None, 9).await, all, "one of two is claimed");
    claim(&store, "acme", "me", at(10), 1).await;
    assert_eq!(due(Some("acme"), 9).await, ["globex", "ömer", "", "Zeta"]);
}

async fn counted_by_kind_and_state(db: &TestDb) {
    let store = db.store().await;
    for (number, (kind, org, due)) in
        [("b", "", 3), ("a", "", 7), ("a", "acme", 5), ("a", "acme", 6)].into_iter().enumerate()
    {
        let new = NewJob {
            kind: kind.to_owned(),
            org_id: org.to_owned(),
            run_at: at(due),
            ..job(&number.to_string())
        };
        enqueue(&store, &new, at(0)).await;
    }
    claim(&store, "acme", "me", at(5), 1).await;
    let acme = Scope::Organization("acme".to_owned());
    let counts = async |scope: &Scope| -> Vec<(String, State, u64, Timestamp)> {
        let counts = jobs::counts(&store, scope).await.unwrap();
        counts.into_iter().map(|count| (count.kind, count.state, count.jobs, count.oldest_run_at)).collect()
    };
    let of = |kind: &str, state, jobs, due| (kind.to_owned(), state, jobs, at(due));
    let everything =
        [of("a", State::Waiting, 2, 6), of("a", State::Running, 1, 5), of("b", State::Waiting, 1, 3)];
    assert_eq!(counts(&Scope::All).await, everything);
    assert_eq!(counts(&acme).await, [of("a", State::Waiting, 1, 6), of("a", State::Running, 1, 5)]);
    assert_eq!(counts(&Scope::Organization("nobody".to_owned())).await, []);
}

async fn listed_page_by_page(db: &TestDb) {
    let store = db.store().await;
    // Several change at the same moment; of two kinds and organizations.
    for number in 0..20 {
        let mut new = job(&format!("{number:02}"));
        new.kind = ["a", "b"][number % 2].to_owned();
        new.org_id = ["", "acme"][number / 10].to_owned();
        enqueue(&store, &new, at((number / 4) as i64)).await;
    }
    let walk = async |scope: &Scope, kind: Option<&str>, limit| -> Vec<String> {
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = jobs::list(&store, scope, State::Waiting, kind, after, limit).await.unwrap();
            let Some(last) = page.last() else { return seen };
            after = Some((last.updated_at, last.id.clone()));
            seen.extend(ids(&page));
        }
    };
    let latest_first: Vec<String> = (0..20).rev().map(|number| format!("{number:02}")).collect();
    let every_second: Vec<String> = latest_first.iter().step_by(2).cloned().collect();
    for limit in [1, 3, 7, 20, 100] {
        assert_eq!(walk(&Scope::All, None, limit).await, latest_first);
        assert_eq!(walk(&Scope::All, Some("b"), limit).await, every_second);
        assert_eq!(walk(&Scope::Organization("acme".to_owned()), None, limit).await, latest_first[..10]);
    }
    let parked = jobs::list(&store, &Scope::All, State::Parked, None, None, 9).await.unwrap();
    assert_eq!(parked, []);
    assert_eq!(jobs::get(&store, &Scope::Organization("acme".to_owned()), "00").await.unwrap(), None);
    assert!(jobs::get(&store, &Scope::Organization("acme".to_owned()), "10").await.unwrap().is_some());
}

async fn parked_ones_are_retried_and_discarded_by_their_own(db: &TestDb) {
    let store = db.store().await;
    let mut tx = store.begin().await.unwrap();
    for (id, org, kind) in
        [("a", "acme", "x"), ("b", "acme", "y"), ("c", "globex", "x"), ("d", "globex", "x")]
    {
        let new = NewJob { org_id: org.to_owned(), kind: kind.to_owned(), ..job(id) };
        jobs::park_new(&mut tx, &new, "no use", at(1)).await.unwrap();
    }
    tx.commit().await.unwrap();
    enqueue(&store, &NewJob { org_id: "acme".to_owned(), ..job("waits") }, at(0)).await;
    let parked = get(&store, "a").await;
    assert_eq!((parked.state, parked.last_error.as_deref()), (State::Parked, Some("no use")));
    let [acme, globex] = ["acme", "globex"].map(|org| Scope::Organization(org.to_owned()));
    assert!(!jobs::retry_parked(&store, &globex, "a", at(5)).await.unwrap(), "not theirs");
    assert!(!jobs::discard_parked(&store, &globex, "a").await.unwrap(), "not theirs");
    assert!(!jobs::discard_parked(&store, &acme, "waits").await.unwrap(), "not parked");
    assert!(!jobs::retry_parked(&store, &acme, "waits", at(5)).await.unwrap(), "not parked");
    assert!(jobs::retry_parked(&store, &acme, "a", at(5)).await.unwrap());
    let retried = get(&store, "a").await;
    assert_eq!((retried.state, retried.run_at, retried.attempts), (State::Waiting, at(5), 0));
    assert!(!jobs::retry_parked(&store, &acme, "a", at(5)).await.unwrap(), "once");
    assert_eq!(jobs::retry_all_parked(&store, &acme, Some("x"), at(6)).await.unwrap(), 0);
    assert_eq!(jobs::retry_all_parked(&store, &Scope::All, Some("x"), at(6)).await.unwrap(), 2);
    assert!(jobs::discard_parked(&store, &Scope::All, "b").await.unwrap());
    assert_eq!(jobs::retry_all_parked(&store, &Scope::All, None, at(7)).await.unwrap(), 0);
    assert_eq!(job_ids(&store).await, ["a", "c", "d", "waits"]);
}

async fn old_parked_ones_go_in_batches(db: &TestDb) {
    let store = db.store().await;
    for number in 0..10 {
        let id = number.to_string();
        in_tx(&store, async |tx| jobs::park_new(tx, &job(&id), "old", at(number)).await).await;
    }
    enqueue(&store, &job("waits"), at(0)).await;
    let discard =
        async |limit| in_tx(&store, async |tx| jobs::discard_parked_before(tx, at(8), limit).await).await;
    assert_eq!(discard(3).await, 3);
    assert_eq!(job_ids(&store).await[0], "3", "the oldest go first");
    assert_eq!([discard(3).await, discard(3).await, discard(3).await], [3, 2, 0]);
    assert_eq!(job_ids(&store).await, ["8", "9", "waits"]);
}

/// PostgreSQL refuses a text with NUL in it. A provider's error message is no reason to run a job for ever.
async fn what_cannot_be_stored_as_it_is_does_not_stop_it(db: &TestDb) {
    let store = db.store().await;
    let nul = "it said: \0";
    enqueue(&store, &NewJob { payload: nul.to_owned(), ..job("a") }, at(0)).await;
    in_tx(&store, async |tx| jobs::park_new(tx, &job("b"), nul, at(0)).await).await;
    for outcome in [Outcome::Retry(at(1), nul.to_owned()), Outcome::Park(nul.to_owned())] {
        assert_eq!(claim(&store, "", "me", at(1), 1).await[0].payload, "it said: \u{fffd}");
        assert!(settle(&store, "a", "me", outcome, at(1)).await);
    }
    for id in ["a", "b"] {
        assert_eq!(get(&store, id).await.last_error.as_deref(), Some("it said: \u{fffd}"));
    }
}

fn keyed(id: &str, run_at: Timestamp, payload: &str) -> NewJob {
    NewJob { coalesce_key: Some("key".to_owned()), payload: payload.to_owned(), run_at, ..job(id) }
}

fn ids(jobs: &[Job]) -> Vec<String> {
    jobs.iter().map(|job| job.id.clone()).collect()
}

async fn in_tx<T>(
    store: &Store,
    work: impl AsyncFnOnce(&mut syncline_store::Tx) -> Result<T, StoreError>,
) -> T {
    let mut tx = store.begin().await.unwrap();
    let answer = work(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    answer
}

/// For a minute.
async fn claim(store: &Store, org: &str, owner: &str, now: Timestamp, limit: u32) -> Vec<Job> {
    let until = now.plus(Duration::from_secs(60));
    in_tx(store, async |tx| jobs::claim(tx, org, owner, now, until, limit).await).await
}

async fn reclaim(store: &Store, now: Timestamp) -> u64 {
    in_tx(store, async |tx| jobs::reclaim_expired(tx, now).await).await
}

async fn settle(store: &Store, id: &str, owner: &str, outcome: Outcome, now: Timestamp) -> bool {
    in_tx(store, async |tx| jobs::settle(tx, id, owner, &outcome, now).await).await
}

async fn get(store: &Store, id: &str) -> Job {
    jobs::get(store, &Scope::All, id).await.unwrap().expect("the job is there")
}
