//! The intake log in a SQLite file of its own: durable, in order, and never numbered twice.

use crate::support::at;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use syncline_store::embedded_log::{LogReader, LogWriter, NAME};
use syncline_store::intake_log::{self, Lag};
use syncline_store::testing::TestDb;

for_sqlite!(
    read_in_the_order_of_writing,
    pages_are_bounded_by_rows_and_by_bytes,
    the_lag_is_what_lies_behind_the_position,
    trimmed_only_as_far_as_it_was_read,
    it_survives_reopening,
    numbering_goes_on_behind_the_position_when_the_file_was_lost,
    a_reader_beside_a_busy_writer_misses_nothing,
    a_reader_without_a_file_says_so_and_recovers,
);

async fn read_in_the_order_of_writing(db: &TestDb) {
    let (writer, reader) = open(db);
    let bodies: [&[u8]; 3] = [&(0..=255).collect::<Vec<u8>>(), b"", &vec![7; 2_000_000]];
    for (body, seq) in bodies.iter().zip(1..) {
        assert_eq!(writer.append(2, body, at(seq)).unwrap(), seq);
    }
    let rows = reader.after(0, 10, usize::MAX).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.seq).collect::<Vec<_>>(), [1, 2, 3]);
    assert!(rows.iter().map(|row| &row.body[..]).eq(bodies));
    assert_eq!(seqs(&reader, 2).await, [3]);
    assert_eq!(seqs(&reader, 3).await, [0; 0]);
}

async fn pages_are_bounded_by_rows_and_by_bytes(db: &TestDb) {
    let (writer, reader) = open(db);
    for _ in 0..6 {
        writer.append(1, &[0; 100], at(0)).unwrap();
    }
    let read = async |limit, bytes| reader.after(0, limit, bytes).await.unwrap().len();
    assert_eq!(read(4, usize::MAX).await, 4);
    assert_eq!(read(9, 250).await, 3, "as many as reach the limit");
    assert_eq!(read(9, 1).await, 1, "one always comes");
    assert_eq!(read(9, 600).await, 6);
}

async fn the_lag_is_what_lies_behind_the_position(db: &TestDb) {
    let (writer, reader) = open(db);
    assert_eq!(reader.lag(0).await.unwrap(), Lag { deliveries: 0, oldest: None });
    for (deliveries, second) in [(3, 5), (40, 6), (1, 9)] {
        writer.append(deliveries, b"x", at(second)).unwrap();
    }
    assert_eq!(reader.lag(0).await.unwrap(), Lag { deliveries: 44, oldest: Some(at(5)) });
    assert_eq!(reader.lag(2).await.unwrap(), Lag { deliveries: 1, oldest: Some(at(9)) });
    assert_eq!(reader.lag(3).await.unwrap(), Lag { deliveries: 0, oldest: None });
}

async fn trimmed_only_as_far_as_it_was_read(db: &TestDb) {
    let (writer, reader) = open(db);
    for _ in 0..10 {
        writer.append(1, b"x", at(0)).unwrap();
    }
    assert_eq!(writer.trim(6, 4).unwrap(), 4);
    assert_eq!(seqs(&reader, 0).await, [5, 6, 7, 8, 9, 10], "the oldest go first");
    assert_eq!([writer.trim(6, 4).unwrap(), writer.trim(6, 4).unwrap()], [2, 0]);
    assert_eq!(seqs(&reader, 0).await, [7, 8, 9, 10]);
    assert_eq!(writer.trim(100, 100).unwrap(), 4);
    assert_eq!(writer.append(1, b"x", at(0)).unwrap(), 11, "an empty log goes on counting");
}

async fn it_survives_reopening(db: &TestDb) {
    let (writer, reader) = open(db);
    writer.append(1, b"a", at(0)).unwrap();
    writer.append(1, b"b", at(0)).unwrap();
    writer.trim(2, 10).unwrap();
    drop((writer, reader));
    let (writer, reader) = open(db);
    assert_eq!(writer.append(1, b"c", at(0)).unwrap(), 3, "not a number that was there before");
    assert_eq!(seqs(&reader, 0).await, [3]);
    // A position that is behind changes nothing.
    drop(writer);
    let writer = LogWriter::open(&path(db), 1).unwrap();
    assert_eq!(writer.append(1, b"d", at(0)).unwrap(), 4);
}

/// Were the first row of a new file number 1 again, the main database would take it for one it has read, and the webhooks in it
/// would be lost.
async fn numbering_goes_on_behind_the_position_when_the_file_was_lost(db: &TestDb) {
    let store = db.store().await;
    let (writer, _) = open(db);
    for _ in 0..5 {
        writer.append(1, b"old", at(0)).unwrap();
    }
    let mut tx = store.begin().await.unwrap();
    intake_log::advance(&mut tx, NAME, 5).await.unwrap();
    tx.commit().await.unwrap();
    drop(writer);
    std::fs::remove_file(path(db)).unwrap();
    let position = intake_log::position(&store, NAME).await.unwrap();
    let writer = LogWriter::open(&path(db), position).unwrap();
    assert_eq!(writer.append(1, b"new", at(0)).unwrap(), 6);
    let rows = LogReader::of(&path(db)).after(position, 10, usize::MAX).await.unwrap();
    assert_eq!(rows.iter().map(|row| (row.seq, &row.body[..])).collect::<Vec<_>>(), [(6, &b"new"[..])]);
}

async fn a_reader_beside_a_busy_writer_misses_nothing(db: &TestDb) {
    let (writer, reader) = open(db);
    let was_read = Arc::new(AtomicI64::new(0));
    let position = Arc::clone(&was_read);
    let writing = std::thread::spawn(move || {
        for number in 1..=200 {
            assert_eq!(writer.append(1, &[0; 2_000], at(number)).unwrap(), number);
            writer.trim(position.load(Ordering::SeqCst), 5).unwrap();
        }
    });
    let mut read = Vec::new();
    while read.len() < 200 {
        let rows = reader.after(was_read.load(Ordering::SeqCst), 7, usize::MAX).await.unwrap();
        read.extend(rows.iter().map(|row| row.seq));
        was_read.store(read.last().copied().unwrap_or(0), Ordering::SeqCst);
    }
    writing.join().unwrap();
    assert_eq!(read, (1..=200).collect::<Vec<_>>());
}

async fn a_reader_without_a_file_says_so_and_recovers(db: &TestDb) {
    let reader = LogReader::of(&path(db));
    assert!(reader.after(0, 1, 1).await.unwrap_err().is_transient());
    let (writer, _) = open(db);
    writer.append(1, b"x", at(0)).unwrap();
    assert_eq!(seqs(&reader, 0).await, [1]);
}

fn path(db: &TestDb) -> PathBuf {
    db.directory().join("intake.log")
}

fn open(db: &TestDb) -> (LogWriter, LogReader) {
    (LogWriter::open(&path(db), 0).unwrap(), LogReader::of(&path(db)))
}

async fn seqs(reader: &LogReader, behind: i64) -> Vec<i64> {
    reader.after(behind, 1_000, usize::MAX).await.unwrap().iter().map(|row| row.seq).collect()
}
