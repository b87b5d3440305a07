//! SQLite on a disk without room: refused while it lasts, the process stays up, and all is well when there is room.

use crate::support::load::{Load, Reader, compare};
use crate::support::process::Program;
use crate::support::wait::until;
use syncline_store::testing::{TestDb, Which};

/// A limit on the size of files stands for the full disk, because any user may set one.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_refused_and_survived() {
    let db = TestDb::of(Which::Sqlite, "").await.unwrap();
    let program = Program::new(db.directory(), "hub", &[], &[("database.url", &db.url)]);
    let process = program.start_ready().await;
    let reader = Reader::new(program.address, program.local_key());
    let mut load = Load::start(program.address, 4, 55);
    load.acknowledged(20).await;

    // Below what the files have already: no write can succeed.
    process.limit_files(Some(4_096));
    until("webhooks are refused", async || load.answers(503).filter(|times| *times >= 20)).await;
    assert_eq!(program.status("/healthz").await, Some(200));

    process.limit_files(None);
    load.acknowledged(20).await;
    let ledger = load.finish().await;
    reader.log_is_empty().await;
    compare(&ledger, &reader.timeline().await);
    assert_eq!(program.status("/readyz").await, Some(200));
    let others: Vec<_> = ledger.answers.keys().filter(|status| ![200, 503].contains(*status)).collect();
    assert!(others.is_empty() && ledger.broken == 0, "{:?}, {} broken", ledger.answers, ledger.broken);
    process.terminate();
    assert!(process.ended().await.success());
}
