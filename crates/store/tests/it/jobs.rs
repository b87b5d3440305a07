//! Jobs: claimed by one, settled by whoever holds them, never run before their time.

use crate::support::jobs::{claim, get, ids, in_tx, reclaim, settle};
use crate::support::raw::Raw;
use crate::support::{at, enqueue, job, job_ids};
use std::collections::BTreeMap;
use syncline_store::Dialect;
use syncline_store::jobs::{self, Job, NewJob, Outcome, State};
use syncline_store::testing::TestDb;
use tokio::task::JoinSet;

for_each_database!(
    claimed_oldest_first_and_not_before_its_time,
    claimed_by_one_of_many,
    an_expired_lease_is_given_again,
    an_expired_lease_is_given_to_one_of_many,
    a_renewed_lease_is_kept,
    renewing_several_waits_for_nobody_who_changes_one_of_them,
    who_lost_the_lease_settles_nothing,
    every_outcome_leads_where_it_says,
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
    let running = in_tx(&store, async |tx| jobs::running_by_organization(tx, &["load.run"]).await).await;
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

/// Or it would be part of a circle: whoever queues work changes several jobs in one transaction, too.
async fn renewing_several_waits_for_nobody_who_changes_one_of_them(db: &TestDb) {
    let store = db.store().await;
    if store.dialect() == Dialect::Sqlite {
        return; // Its writers come one after the other.
    }
    let keyed = |id: &str, key: &str| NewJob { coalesce_key: Some(key.to_owned()), ..job(id) };
    for id in ["a", "b"] {
        enqueue(&store, &keyed(id, id), at(0)).await;
    }
    assert_eq!(claim(&store, "", "me", at(1), 2).await.len(), 2);
    let both = ["a", "b"].map(str::to_owned);
    let mut asking = store.begin().await.unwrap();
    jobs::enqueue(&mut asking, &keyed("again", "b"), at(2)).await.unwrap();
    assert_eq!(jobs::renew(&store, "me", &both, at(200)).await.unwrap(), 1, "the other is passed over");
    asking.commit().await.unwrap();
    assert_eq!(jobs::renew(&store, "me", &both, at(200)).await.unwrap(), 2);
    assert_eq!(reclaim(&store, at(199)).await, 0);
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
