//! SQLite's writer: transactions that wait together share a commit, and nothing else.

use crate::support::{at, enqueue, job, job_ids};
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Waker};
use std::time::Duration;
use syncline_store::testing::TestDb;
use syncline_store::{Result, Store, jobs};

for_sqlite!(
    transactions_that_wait_together_share_a_flush,
    whoever_fails_or_leaves_takes_nobody_down,
    whoever_hangs_is_thrown_out,
    whoever_gave_up_waiting_has_no_effect,
);

async fn transactions_that_wait_together_share_a_flush(db: &TestDb) {
    let store = db.store().await;
    let before = commits_in_wal(&store);
    let everybody: Vec<_> = (0..60).map(|number| one(&store, format!("{number:02}"), Then::Commit)).collect();
    run_as_a_group(&store, everybody).await;
    assert_eq!(job_ids(&store).await.len(), 61);
    let commits = commits_in_wal(&store) - before;
    // One, unless the machine is so busy that the group grew old.
    assert!((1..=12).contains(&commits), "{commits} commits for 61 transactions");
}

async fn whoever_fails_or_leaves_takes_nobody_down(db: &TestDb) {
    let store = db.store().await;
    enqueue(&store, &job("taken"), at(0)).await;
    let everybody = (0..30).map(|number| {
        let then = [Then::Commit, Then::Leave, Then::FailAndCommit, Then::FailAndLeave][number % 4];
        one(&store, format!("{number:02}"), then)
    });
    run_as_a_group(&store, everybody.collect()).await;
    let expected: Vec<String> = (0..30).step_by(4).map(|number| format!("{number:02}")).collect();
    let others = ["first".to_owned(), "taken".to_owned()];
    assert_eq!(job_ids(&store).await, [expected.as_slice(), &others].concat());
}

async fn whoever_hangs_is_thrown_out(db: &TestDb) {
    let store = db.store().await;
    let mut hangs = store.clone().with_patience(Duration::from_millis(60)).begin().await.unwrap();
    jobs::enqueue(&mut hangs, &job("half"), at(0)).await.unwrap();
    // Would wait for ever, were it not for the limit.
    enqueue(&store, &job("whole"), at(0)).await;
    let error = jobs::enqueue(&mut hangs, &job("other half"), at(0)).await.unwrap_err();
    assert!(error.is_transient(), "{error}");
    hangs.commit().await.expect_err("it was rolled back");
    assert_eq!(job_ids(&store).await, ["whole"]);
}

async fn whoever_gave_up_waiting_has_no_effect(db: &TestDb) {
    let store = db.store().await;
    let mut holder = store.begin().await.unwrap();
    jobs::enqueue(&mut holder, &job("holder"), at(0)).await.unwrap();
    let mut gives_up = store.clone().with_patience(Duration::from_millis(20)).begin().await.unwrap();
    let error = jobs::enqueue(&mut gives_up, &job("late"), at(0)).await.unwrap_err();
    assert!(error.is_transient(), "{error}");
    holder.commit().await.unwrap();
    gives_up.commit().await.expect_err("its statement was never answered");
    assert_eq!(job_ids(&store).await, ["holder"]);
}

/// What a transaction does after its first row.
#[derive(Clone, Copy)]
enum Then {
    Commit,
    Leave,
    FailAndCommit,
    FailAndLeave,
}

type Task = Pin<Box<dyn Future<Output = Result<()>>>>;

fn one(store: &Store, id: String, then: Then) -> Task {
    let store = store.clone();
    Box::pin(async move {
        let mut tx = store.begin().await?;
        jobs::enqueue(&mut tx, &job(&id), at(0)).await?;
        if matches!(then, Then::FailAndCommit | Then::FailAndLeave) {
            jobs::enqueue(&mut tx, &job("taken"), at(0)).await.expect_err("the id is taken");
        }
        match then {
            Then::Commit => tx.commit().await,
            Then::FailAndCommit => {
                tx.commit().await.expect_err("half a transaction");
                Ok(())
            }
            Then::Leave | Then::FailAndLeave => Ok(()),
        }
    })
}

/// Lets all of them queue up behind a transaction, `first`, before that one commits.
async fn run_as_a_group(store: &Store, mut tasks: Vec<Task>) {
    let mut first = store.begin().await.unwrap();
    jobs::enqueue(&mut first, &job("first"), at(0)).await.unwrap();
    for task in &mut tasks {
        let polled = task.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(polled.is_pending(), "it has to wait for its turn");
    }
    let local = tokio::task::LocalSet::new();
    let spawned: Vec<_> = tasks.into_iter().map(|task| local.spawn_local(task)).collect();
    let answers = local.run_until(async {
        first.commit().await.unwrap();
        for task in spawned {
            task.await.unwrap().unwrap();
        }
    });
    answers.await;
}

/// How many commits the write-ahead log holds, by its file format: a commit is a frame that says how large the database
/// is after it.
fn commits_in_wal(store: &Store) -> usize {
    let path = store.sqlite_file().unwrap();
    let wal = std::fs::read(Path::new(&format!("{}-wal", path.display()))).unwrap();
    let number = |at: usize| u32::from_be_bytes(wal[at..at + 4].try_into().unwrap());
    let frame = 24 + number(8) as usize;
    let salts = &wal[16..24];
    let frames = (32..).step_by(frame).take_while(|start| start + frame <= wal.len());
    frames.filter(|start| &wal[start + 8..start + 16] == salts && number(start + 4) != 0).count()
}
