//! The intake log beside an embedded database: a SQLite file of its own.
//!
//! SQLite has one writer per file. With the log in a file of its own, accepting webhooks and storing their events do
//! not wait for each other. One row holds a whole group of deliveries. How far the log was read is kept in the main file,
//! in the transaction that stores the events; this file only ever loses rows that the main file has.

use crate::sqlite::{open_reader, open_writer};
use crate::{Result, StoreError, intake_log::LogRow};
use bytes::Bytes;
use rusqlite::{Connection, params};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use syncline_core::time::Timestamp;

/// Name of this log in the main database's positions.
pub const NAME: &str = "embedded";

/// Bytes in a page: a group of deliveries fills many small ones, and each costs two writes to the journal.
const PAGE_SIZE: u32 = 16_384;

/// The writing end; belongs to one thread. Calls block.
#[derive(Debug)]
pub struct LogWriter {
    db: Connection,
}

impl LogWriter {
    /// Opens or makes the file. `position` is how far the main database has read: should this file be older than that (restored from
    /// another backup), numbering goes on behind it, so that no new row is taken for one already read.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be opened.
    pub fn open(path: &Path, position: i64) -> Result<Self> {
        let db = open_writer(path, PAGE_SIZE)?;
        db.execute_batch(
            "CREATE TABLE IF NOT EXISTS log (
               seq INTEGER PRIMARY KEY AUTOINCREMENT, deliveries INTEGER NOT NULL, written_at INTEGER NOT NULL, body BLOB NOT NULL
             );
             -- What the lag is read from, without touching the bodies.
             CREATE INDEX IF NOT EXISTS log_lag ON log (seq, deliveries, written_at);
             INSERT INTO sqlite_sequence (name, seq) SELECT 'log', 0
              WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'log');",
        )?;
        db.execute("UPDATE sqlite_sequence SET seq = MAX(seq, ?) WHERE name = 'log'", params![position])?;
        Ok(Self { db })
    }

    /// Appends one encoded group and flushes it to disk; answers its number.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the disk refuses; then nothing of it was kept.
    pub fn append(&self, deliveries: usize, body: &[u8], now: Timestamp) -> Result<i64> {
        let mut insert =
            self.db.prepare_cached("INSERT INTO log (deliveries, written_at, body) VALUES (?, ?, ?)")?;
        Ok(insert.insert(params![i64::try_from(deliveries).unwrap_or(i64::MAX), now.as_millis(), body])?)
    }

    /// Deletes up to `limit` rows the main database has read (`seq <= position`); answers how many.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the disk refuses.
    pub fn trim(&self, position: i64, limit: u32) -> Result<usize> {
        let mut delete = self.db.prepare_cached(
            "DELETE FROM log WHERE seq IN (SELECT seq FROM log WHERE seq <= ? ORDER BY seq LIMIT ?)",
        )?;
        Ok(delete.execute(params![position, limit])?)
    }
}

/// The reading end.
#[derive(Clone, Debug)]
pub struct LogReader {
    path: PathBuf,
    db: Arc<Mutex<Option<Connection>>>,
}

impl LogReader {
    /// A reader of the file a [`LogWriter`] made.
    #[must_use]
    pub fn of(path: &Path) -> Self {
        Self { path: path.to_owned(), db: Arc::default() }
    }

    /// The first `limit` rows behind `position`, and no more than about `max_bytes` of them (one row always comes).
    ///
    /// # Errors
    /// [`StoreError`] as SQLite says.
    pub async fn after(&self, position: i64, limit: u32, max_bytes: usize) -> Result<Vec<LogRow>> {
        self.with(move |db| {
            let mut select =
                db.prepare_cached("SELECT seq, body FROM log WHERE seq > ? ORDER BY seq LIMIT ?")?;
            let mut rows = select.query(params![position, limit])?;
            let (mut found, mut size) = (Vec::new(), 0);
            while let Some(row) = rows.next()? {
                let body = Bytes::copy_from_slice(row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?);
                size += body.len();
                found.push(LogRow { seq: row.get(0)?, body });
                if size >= max_bytes {
                    break;
                }
            }
            Ok(found)
        })
        .await
    }

    /// How much lies behind `position`.
    ///
    /// # Errors
    /// [`StoreError`] as SQLite says.
    pub async fn lag(&self, position: i64) -> Result<crate::intake_log::Lag> {
        self.with(move |db| {
            let mut select = db.prepare_cached(
                "SELECT COALESCE(SUM(deliveries), 0), MIN(written_at) FROM log INDEXED BY log_lag WHERE seq > ?",
            )?;
            let (deliveries, oldest): (i64, Option<i64>) =
                select.query_row(params![position], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(crate::intake_log::Lag {
                deliveries: u64::try_from(deliveries).unwrap_or(0),
                oldest: oldest.map(Timestamp::from_millis),
            })
        })
        .await
    }

    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let reader = self.clone();
        let work = move || {
            let mut slot = reader.db.lock().unwrap_or_else(PoisonError::into_inner);
            let db = match slot.take() {
                Some(db) => db,
                None => open_reader(&reader.path)?,
            };
            let answer = work(&db);
            if answer.is_ok() {
                *slot = Some(db);
            }
            answer
        };
        tokio::task::spawn_blocking(work).await.map_err(StoreError::unavailable)?
    }
}
