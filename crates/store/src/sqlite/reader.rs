//! Readers: a few read-only connections, each used by one blocking task at a time.

use crate::value::{Row, Value};
use crate::{Result, StoreError};
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use tokio::sync::Semaphore;

/// How many queries run at once; WAL lets them run beside the writer.
const READERS: usize = 4;

#[derive(Clone, Debug)]
pub(crate) struct Readers {
    path: PathBuf,
    idle: Arc<Mutex<Vec<Connection>>>,
    seats: Arc<Semaphore>,
}

impl Readers {
    pub(crate) fn of(path: &Path) -> Self {
        Self { path: path.to_owned(), idle: Arc::default(), seats: Arc::new(Semaphore::new(READERS)) }
    }

    pub(crate) async fn query(&self, sql: &str, args: Vec<Value>) -> Result<Vec<Row>> {
        let seat = Arc::clone(&self.seats).acquire_owned().await.map_err(StoreError::unavailable)?;
        let (readers, sql) = (self.clone(), sql.to_owned());
        let work = move || {
            let idle = readers.idle.lock().unwrap_or_else(std::sync::PoisonError::into_inner).pop();
            let db = idle.map_or_else(|| super::open_reader(&readers.path), Ok)?;
            let rows = super::query(&db, &sql, &args);
            // A connection that failed is dropped; the next query opens a fresh one.
            if rows.is_ok() {
                readers.idle.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(db);
            }
            drop(seat);
            rows
        };
        tokio::task::spawn_blocking(work).await.map_err(StoreError::unavailable)?
    }
}
