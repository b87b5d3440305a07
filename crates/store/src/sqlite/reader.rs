//! Readers: a few read-only connections, each used by one blocking task at a time.

use crate::value::{Row, Value};
use crate::{Result, StoreError};
use rusqlite::{Connection, InterruptHandle};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
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
            let rows = readers.with(|db| super::query(db, &sql, &args));
            drop(seat);
            rows
        };
        tokio::task::spawn_blocking(work).await.map_err(StoreError::unavailable)?
    }

    /// The first rows of a query that nobody here wrote: it is interrupted after `patience`, and frees its seat then.
    pub(crate) async fn query_some(
        &self,
        sql: &str,
        args: Vec<Value>,
        most: usize,
        patience: Duration,
    ) -> Result<Vec<Row>> {
        let seat = Arc::clone(&self.seats).acquire_owned().await.map_err(StoreError::unavailable)?;
        let (readers, sql) = (self.clone(), sql.to_owned());
        let running: Arc<Mutex<Option<InterruptHandle>>> = Arc::default();
        let mine = Arc::clone(&running);
        let hold = move |handle| *mine.lock().unwrap_or_else(PoisonError::into_inner) = handle;
        let work = move || {
            let rows = readers.with(|db| {
                hold(Some(db.get_interrupt_handle()));
                let rows = super::query_some(db, &sql, &args, most);
                // Before the connection is somebody else's.
                hold(None);
                rows
            });
            drop(seat);
            rows
        };
        let mut task = tokio::task::spawn_blocking(work);
        if let Ok(rows) = tokio::time::timeout(patience, &mut task).await {
            return rows.map_err(StoreError::unavailable)?;
        }
        if let Some(handle) = &*running.lock().unwrap_or_else(PoisonError::into_inner) {
            handle.interrupt();
        }
        Err(StoreError::unavailable("the query takes too long"))
    }

    /// Uses an idle connection, or a new one. One that failed is dropped; the next query opens a fresh one.
    fn with(&self, ask: impl FnOnce(&Connection) -> Result<Vec<Row>>) -> Result<Vec<Row>> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let db = idle.map_or_else(|| super::open_reader(&self.path), Ok)?;
        let rows = ask(&db);
        if rows.is_ok() {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(db);
        }
        rows
    }
}
