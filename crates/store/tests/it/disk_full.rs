//! SQLite on a disk without room: the writers refuse, stay up, and go on when there is room again.
//!
//! A limit on the size of files stands for the full disk, because any user may set one on any Unix. It holds for a whole
//! process, and exceeding it kills a process that does not ignore the signal; so the test runs itself again in a child
//! that does.

use crate::support::{arrival, at, store_events, timeline};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::process::Command;
use syncline_store::embedded_log::{LogReader, LogWriter};
use syncline_store::events::{self, Arrival};
use syncline_store::testing::{TestDb, Which};
use syncline_store::{Result, Store};
use tokio::task::JoinSet;

const IN_CHILD: &str = "SYNCLINE_TEST_IN_CHILD";

#[test]
fn the_writer_refuses_stays_up_and_recovers() {
    if !rerun_in_child("disk_full::the_writer_refuses_stays_up_and_recovers") {
        block_on(main_database());
    }
}

#[test]
fn the_log_refuses_stays_up_and_recovers() {
    if !rerun_in_child("disk_full::the_log_refuses_stays_up_and_recovers") {
        block_on(log());
    }
}

async fn main_database() {
    let db = TestDb::of(Which::Sqlite, "disk_full").await.unwrap();
    let store = db.store().await;
    store_events(&store, vec![arrival(0, "before")]).await;
    let room = limit_files_to(1 << 20);
    let mut kept = 1;
    let error = loop {
        match try_to_store(&store, vec![of_size(kept, 40_000)]).await {
            Ok(()) => kept += 1,
            Err(error) => break error,
        }
        assert!(kept < 100, "the limit must be felt");
    };
    assert!(kept > 1 && error.is_transient(), "{kept}: {error}");
    // Everybody of a group is refused, nobody is left without an answer, and reading goes on.
    let mut tasks = JoinSet::new();
    for number in 0..20 {
        let store = store.clone();
        tasks.spawn(async move { try_to_store(&store, vec![of_size(1_000 + number, 40_000)]).await });
    }
    while let Some(ended) = tasks.join_next().await {
        let error = ended.unwrap().unwrap_err();
        assert!(error.is_transient(), "{error}");
    }
    assert_eq!(timeline(&store).await.len(), usize::try_from(kept).unwrap());
    set_limit(room);
    assert_eq!(store_events(&store, vec![of_size(2_000, 40_000), arrival(0, "before")]).await, 1);
    drop(store);
    assert_eq!(
        timeline(&db.open()).await.len(),
        usize::try_from(kept + 1).unwrap(),
        "nothing refused was kept"
    );
}

async fn log() {
    let db = TestDb::of(Which::Sqlite, "disk_full").await.unwrap();
    let path = db.directory().join("intake.log");
    let (writer, reader) = (LogWriter::open(&path, 0).unwrap(), LogReader::of(&path));
    let body = vec![7; 40_000];
    assert_eq!(writer.append(1, &body, at(0)).unwrap(), 1);
    let room = limit_files_to(1 << 20);
    let mut last = 1;
    let error = loop {
        match writer.append(1, &body, at(last)) {
            Ok(seq) => last = seq,
            Err(error) => break error,
        }
        assert!(last < 100, "the limit must be felt");
    };
    assert!(last > 1 && error.is_transient(), "{last}: {error}");
    assert!(writer.append(1, &body, at(0)).unwrap_err().is_transient());
    let seqs = async |behind| -> Vec<i64> {
        reader.after(behind, 1_000, usize::MAX).await.unwrap().iter().map(|row| row.seq).collect()
    };
    assert_eq!(
        seqs(0).await,
        (1..=last).collect::<Vec<_>>(),
        "what was answered is there, what was refused is not"
    );
    set_limit(room);
    let next = writer.append(1, &body, at(0)).unwrap();
    assert_eq!(seqs(last).await, [next]);
    assert_eq!(writer.trim(next, 1_000).unwrap(), usize::try_from(last).unwrap() + 1);
}

/// As the caller does it: no `unwrap` on the way.
async fn try_to_store(store: &Store, arrivals: Vec<Arrival>) -> Result<()> {
    let mut tx = store.begin().await?;
    events::store(&mut tx, arrivals).await?;
    tx.commit().await
}

fn of_size(number: i64, bytes: usize) -> Arrival {
    let mut arrival = arrival(number, &number.to_string());
    arrival.event.raw = vec![b'x'; bytes].into();
    arrival
}

/// Answers what the limit was.
fn limit_files_to(bytes: u64) -> Rlimit {
    let before = getrlimit(Resource::Fsize);
    set_limit(Rlimit { current: Some(bytes), ..before });
    before
}

fn set_limit(limit: Rlimit) {
    setrlimit(Resource::Fsize, limit).unwrap();
}

fn block_on(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
        .block_on(test);
}

/// Runs the test called `name` in a child that ignores the signal; answers false in that child.
fn rerun_in_child(name: &str) -> bool {
    if std::env::var_os(IN_CHILD).is_some() {
        return false;
    }
    let child = Command::new("sh")
        .args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env(IN_CHILD, "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&child.stdout) + String::from_utf8_lossy(&child.stderr);
    assert!(child.status.success() && said.contains("1 passed"), "{said}");
    true
}
