//! Transactions: all or nothing, whoever else is at work and however they end.

use crate::support::raw::Raw;
use crate::support::{abandon_after, arrival, at, enqueue, job, job_ids, store_events, timeline};
use std::time::Duration;
use syncline_store::testing::TestDb;
use syncline_store::{Options, Result, Store, StoreError, events, jobs};
use tokio::task::JoinSet;

for_each_database!(
    a_dropped_one_leaves_nothing,
    a_committed_one_is_there_after_reopening,
    readers_see_only_what_is_committed,
    a_refused_statement_spoils_the_transaction,
    an_abandoned_statement_spoils_the_transaction,
    many_at_once_stand_or_fall_alone,
    an_abandoned_commit_keeps_all_or_nothing,
    one_that_asks_nothing_holds_nobody_up,
    a_database_that_does_not_answer_is_unavailable,
);
on_databases!(a_server_that_lets_nobody_in_is_unavailable: postgres Postgres, mysql MySql);
on_databases!(an_abandoned_begin_leaves_no_open_transaction: postgres Postgres);

async fn a_dropped_one_leaves_nothing(db: &TestDb) {
    let store = db.store().await;
    // More often than there are connections: each one dropped must make room for another.
    for round in 0..20 {
        let mut tx = store.begin().await.unwrap();
        events::store(&mut tx, vec![arrival(round, "dropped")]).await.unwrap();
        jobs::enqueue(&mut tx, &job("dropped"), at(0)).await.unwrap();
        drop(tx);
    }
    assert_eq!(store_events(&store, vec![arrival(100, "kept")]).await, 1);
    assert_eq!(timeline(&store).await.len(), 1);
    assert_eq!(job_ids(&store).await, [""; 0]);
}

async fn a_committed_one_is_there_after_reopening(db: &TestDb) {
    let store = db.store().await;
    store_events(&store, vec![arrival(1, "a"), arrival(2, "b")]).await;
    let before = timeline(&store).await;
    drop(store);
    assert_eq!(before.len(), 2);
    assert_eq!(timeline(&db.open()).await, before);
}

async fn readers_see_only_what_is_committed(db: &TestDb) {
    let store = db.store().await;
    let mut tx = store.begin().await.unwrap();
    assert_eq!(events::store(&mut tx, vec![arrival(1, "a")]).await.unwrap(), 1);
    assert_eq!(timeline(&store).await, []);
    assert_eq!(events::last_seq(&store).await.unwrap(), 0);
    tx.commit().await.unwrap();
    assert_eq!(timeline(&store).await.len(), 1);
    assert_eq!(events::last_seq(&store).await.unwrap(), 1);
}

/// Left to themselves, PostgreSQL would answer this commit with success and keep nothing, and the others would keep a half.
async fn a_refused_statement_spoils_the_transaction(db: &TestDb) {
    let store = db.store().await;
    enqueue(&store, &job("taken"), at(0)).await;
    let mut tx = store.begin().await.unwrap();
    jobs::enqueue(&mut tx, &job("first"), at(0)).await.unwrap();
    let refused = jobs::enqueue(&mut tx, &job("taken"), at(0)).await.unwrap_err();
    assert!(matches!(refused, StoreError::Rejected(_)) && !refused.is_transient(), "{refused}");
    let next = jobs::enqueue(&mut tx, &job("second"), at(0)).await.unwrap_err();
    assert!(matches!(next, StoreError::Rejected(_)), "{next}");
    tx.commit().await.expect_err("half a transaction must not be committed");
    assert_eq!(job_ids(&store).await, ["taken"]);
}

async fn an_abandoned_statement_spoils_the_transaction(db: &TestDb) {
    let store = db.store().await;
    let mut raw = Raw::to(db).await;
    raw.get_in_the_way().await;
    let mut tx = store.begin().await.unwrap();
    let statement = events::store(&mut tx, vec![arrival(1, "a")]);
    tokio::time::timeout(Duration::from_millis(20), statement).await.expect_err("somebody is in the way");
    raw.run("ROLLBACK").await;
    tx.commit().await.expect_err("nobody knows what became of the statement");
    assert_eq!(store_events(&store, vec![arrival(2, "b")]).await, 1);
    assert_eq!(timeline(&store).await.len(), 1);
}

async fn many_at_once_stand_or_fall_alone(db: &TestDb) {
    let store = db.store().await;
    enqueue(&store, &job("taken"), at(0)).await;
    let mut tasks = JoinSet::new();
    for number in 0..120 {
        let store = store.clone();
        tasks.spawn(async move {
            let mut tx = store.begin().await.unwrap();
            jobs::enqueue(&mut tx, &job(&format!("{number:03}")), at(0)).await.unwrap();
            match number % 4 {
                0 => drop(tx),
                1 => {
                    jobs::enqueue(&mut tx, &job("taken"), at(0)).await.expect_err("the id is taken");
                    tx.commit().await.expect_err("a statement was refused");
                }
                _ => tx.commit().await.unwrap(),
            }
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended.unwrap();
    }
    let mut expected: Vec<String> =
        (0..120).filter(|number| number % 4 > 1).map(|number| format!("{number:03}")).collect();
    expected.push("taken".to_owned());
    assert_eq!(job_ids(&store).await, expected);
}

async fn an_abandoned_commit_keeps_all_or_nothing(db: &TestDb) {
    let store = db.store().await;
    let mut certain = Vec::new();
    for round in 0..40 {
        let (left, right) = (format!("{round:02} left"), format!("{round:02} right"));
        let mut tx = store.begin().await.unwrap();
        jobs::enqueue(&mut tx, &job(&left), at(0)).await.unwrap();
        jobs::enqueue(&mut tx, &job(&right), at(0)).await.unwrap();
        if abandon_after(round * 4, tx.commit()).await.is_some_and(|committed| committed.is_ok()) {
            certain.push(left);
        }
    }
    let kept = job_ids(&store).await;
    for round in 0..40 {
        let sides = kept.iter().filter(|id| id.starts_with(&format!("{round:02} "))).count();
        assert!(sides == 0 || sides == 2, "{round}: {sides} of 2");
    }
    assert!(certain.iter().all(|id| kept.contains(id)), "a commit that was answered was kept");
}

/// Somebody else would get the connection, and with it a transaction that nobody ends.
async fn an_abandoned_begin_leaves_no_open_transaction(db: &TestDb) {
    let store = db.store().await;
    let mut raw = Raw::to(db).await;
    let open = "SELECT state FROM pg_stat_activity WHERE datname = current_database() \
                AND state LIKE 'idle in transaction%'";
    let (mut abandoned, mut begun) = (0, 0);
    // How many steps beginning takes depends on how quick the server is: every number is tried until it began a few times.
    for steps in 1.. {
        if begun == 10 {
            break;
        }
        // So that there is a connection to take, and time goes into beginning.
        store.begin().await.unwrap().commit().await.unwrap();
        match abandon_after(steps, store.begin()).await {
            Some(tx) => {
                tx.unwrap().commit().await.unwrap();
                begun += 1;
            }
            None => abandoned += 1,
        }
        let mut looks = 0;
        // The server may still have to notice that a connection is gone.
        while raw.lines(open).await != [""; 0] {
            looks += 1;
            assert!(looks < 5_000, "a transaction was left open after {steps} steps");
        }
    }
    assert!(abandoned > 0, "beginning took one step, and nothing was ever given up half way");
}

async fn one_that_asks_nothing_holds_nobody_up(db: &TestDb) {
    let store = db.store().await.with_patience(Duration::from_secs(2));
    let idle = store.begin().await.unwrap();
    let mut busy = store.begin().await.unwrap();
    jobs::enqueue(&mut busy, &job("a"), at(0)).await.unwrap();
    busy.commit().await.unwrap();
    idle.commit().await.unwrap();
    assert_eq!(job_ids(&store).await, ["a"]);
}

async fn a_database_that_does_not_answer_is_unavailable(db: &TestDb) {
    let store = db.store().await;
    let hurried = store.clone().with_patience(Duration::from_millis(100));
    let mut raw = Raw::to(db).await;
    raw.get_in_the_way().await;
    let mut tx = hurried.begin().await.unwrap();
    let error = events::store(&mut tx, vec![arrival(1, "a")]).await.unwrap_err();
    assert!(error.is_transient(), "{error}");
    drop(tx);
    hurried.ping(Duration::from_secs(10)).await.expect("readers are not held up by a writer");
    raw.run("ROLLBACK").await;
    assert_eq!(store_events(&store, vec![arrival(1, "a")]).await, 1);
}

/// Whoever takes this for a verdict on the event it was storing would give the event up.
async fn a_server_that_lets_nobody_in_is_unavailable(db: &TestDb) {
    let (before, _) = db.url.rsplit_once('/').unwrap();
    let store = open(&format!("{before}/no_such_database")).unwrap();
    let error = store.ping(Duration::from_secs(5)).await.unwrap_err();
    assert!(error.is_transient() && error.to_string().contains("no_such_database"), "{error}");
    assert!(store.begin().await.unwrap_err().is_transient());
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unavailable_and_a_url_that_is_none_is_a_setup_error() {
    for url in ["postgres://nobody:secret@127.0.0.1:1/none", "mysql://nobody:secret@127.0.0.1:1/none"] {
        let store = open(url).expect("nothing is asked of the server yet");
        let error = store.ping(Duration::from_secs(5)).await.unwrap_err();
        assert!(error.is_transient(), "{error}");
        assert!(store.begin().await.unwrap_err().is_transient());
    }
    for url in
        ["", "oracle://x", "sqlitefoo", "postgres://nobody:secret@[::1", "mysql://nobody:secret@host:port/x"]
    {
        let error = open(url).unwrap_err();
        assert!(matches!(error, StoreError::Setup(_)), "{url}: {error}");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}

fn open(url: &str) -> Result<Store> {
    Store::open(&Options {
        url: url.to_owned(),
        data_dir: std::env::temp_dir(),
        max_connections: 1,
        acquire_timeout: Duration::from_millis(300),
    })
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named_at_once() {
    // It was free just now.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for scheme in ["postgres", "mysql"] {
        let store = Store::open(&Options {
            url: format!("{scheme}://somebody:secret@127.0.0.1:{port}/x"),
            data_dir: std::env::temp_dir(),
            max_connections: 1,
            // Longer than a call may take: who waited for it would say that there is no answer.
            acquire_timeout: Duration::from_secs(300),
        })
        .unwrap();
        for error in
            [store.begin().await.unwrap_err(), store.ping(Duration::from_secs(20)).await.unwrap_err()]
        {
            assert!(error.is_transient(), "{error:?}");
            let expected =
                format!("the database is not available: 127.0.0.1 port {port}: the connection was refused");
            assert_eq!(error.to_string(), expected, "{scheme}");
        }
    }
}
