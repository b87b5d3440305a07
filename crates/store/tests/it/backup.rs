//! Copies of database files: whole, checked, and never over what is there.

use std::path::Path;
use syncline_store::StoreError;
use syncline_store::backup::copy;
use syncline_store::testing::{TestDb, Which};

fn made(path: &Path, rows: i64) -> rusqlite::Connection {
    let db = rusqlite::Connection::open(path).unwrap();
    db.pragma_update(None, "journal_mode", "WAL").unwrap();
    db.execute_batch("CREATE TABLE t (n INTEGER NOT NULL, text TEXT NOT NULL); CREATE INDEX by_n ON t (n);")
        .unwrap();
    for n in 0..rows {
        db.execute("INSERT INTO t VALUES (?, ?)", (n, format!("row {n} ").repeat(40))).unwrap();
    }
    db
}

fn count(path: &Path) -> i64 {
    let db = rusqlite::Connection::open(path).unwrap();
    db.query_row("SELECT COUNT(*) FROM t", [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn a_copy_is_what_was_committed_when_it_began_the_journal_included() {
    let db = TestDb::of(Which::Sqlite, "copies").await.unwrap();
    let home = db.directory();
    let (from, to) = (home.join("from.db"), home.join("to.db"));
    let writer = made(&from, 50);
    writer.execute_batch("BEGIN; INSERT INTO t VALUES (99, 'not committed yet')").unwrap();
    copy(&from, &to).await.unwrap();
    writer.execute_batch("COMMIT").unwrap();
    assert_eq!((count(&to), count(&from)), (50, 51));
}

#[tokio::test]
async fn a_copy_goes_over_nothing() {
    let db = TestDb::of(Which::Sqlite, "copies").await.unwrap();
    let home = db.directory();
    let (from, to) = (home.join("from.db"), home.join("to.db"));
    made(&from, 3);
    std::fs::write(&to, "mine").unwrap();
    let refused = copy(&from, &to).await.unwrap_err();
    assert!(matches!(&refused, StoreError::Setup(says) if says.contains("to.db")), "{refused}");
    assert_eq!(std::fs::read(&to).unwrap(), b"mine");
}

#[tokio::test]
async fn of_what_is_missing_no_database_or_damaged_no_copy_is_left() {
    let db = TestDb::of(Which::Sqlite, "copies").await.unwrap();
    let home = db.directory();
    let (missing, text, damaged) = (home.join("missing"), home.join("text"), home.join("damaged"));
    std::fs::write(&text, "no database".repeat(1_000)).unwrap();
    drop(made(&damaged, 2_000));
    let mut bytes = std::fs::read(&damaged).unwrap();
    let half = bytes.len() / 2;
    bytes[half..half + 8_192].fill(0xA5);
    std::fs::write(&damaged, bytes).unwrap();
    for from in [&missing, &text, &damaged] {
        let to = home.join("to.db");
        copy(from, &to).await.unwrap_err();
        assert!(!to.exists(), "{from:?}");
    }
    assert!(!missing.exists());
}
