//! The one writer: a thread that owns the write connection and lets transactions share a commit.
//!
//! SQLite has one writer at a time, and a durable commit costs a flush to disk. So transactions queue here; each runs
//! alone inside a savepoint, and when it is done the next waiting one joins the same outer transaction. The outer commit,
//! one flush for all of them, comes when nobody waits, or the group has grown old. Nobody is told "committed" before
//! that.

use super::{execute, query};
use crate::tx::Bulk;
use crate::value::{Row, Value};
use crate::{Result, StoreError};
use rusqlite::Connection;
use std::path::Path;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::Duration;
use tokio::sync::oneshot;

/// How many transactions may share one commit: bounds how long the first waits for the last.
const MAX_GROUP: usize = 256;

/// How long a transaction may sit between two statements before it is thrown out, so that a caller that hangs cannot stop every
/// other writer.
const IDLE_LIMIT: Duration = Duration::from_secs(10);

/// What a transaction asks of the writer.
#[derive(Debug)]
enum Ask {
    Execute(String, Vec<Value>, oneshot::Sender<Result<u64>>),
    Query(String, Vec<Value>, oneshot::Sender<Result<Vec<Row>>>),
    InsertMany(Bulk, Vec<Vec<Value>>, oneshot::Sender<Result<()>>),
    Commit(oneshot::Sender<Result<()>>),
}

/// The door to the writer thread.
#[derive(Clone, Debug)]
pub(crate) struct Writer {
    sessions: Sender<Receiver<Ask>>,
}

impl Writer {
    /// Opens the file and starts the thread, which ends when the last `Writer` is dropped.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let db = super::open_writer(path)?;
        let (sessions, queue) = mpsc::channel();
        std::thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || serve(&db, &queue))
            .map_err(StoreError::unavailable)?;
        Ok(Self { sessions })
    }

    /// Queues a transaction; its first statement waits for its turn.
    pub(crate) fn begin(&self) -> Result<SqliteTx> {
        let (asks, inbox) = mpsc::channel();
        self.sessions.send(inbox).map_err(|_| gone())?;
        Ok(SqliteTx { asks })
    }
}

/// A transaction's end of the conversation. Dropping it rolls back.
#[derive(Debug)]
pub(crate) struct SqliteTx {
    asks: Sender<Ask>,
}

impl SqliteTx {
    pub(crate) async fn execute(&self, sql: &str, args: Vec<Value>) -> Result<u64> {
        self.ask(|reply| Ask::Execute(sql.to_owned(), args, reply)).await
    }

    pub(crate) async fn query(&self, sql: &str, args: Vec<Value>) -> Result<Vec<Row>> {
        self.ask(|reply| Ask::Query(sql.to_owned(), args, reply)).await
    }

    pub(crate) async fn insert_many(&self, bulk: &Bulk, rows: Vec<Vec<Value>>) -> Result<()> {
        self.ask(|reply| Ask::InsertMany(*bulk, rows, reply)).await
    }

    pub(crate) async fn commit(self) -> Result<()> {
        self.ask(Ask::Commit).await
    }

    async fn ask<T>(&self, make: impl FnOnce(oneshot::Sender<Result<T>>) -> Ask) -> Result<T> {
        let (reply, answer) = oneshot::channel();
        self.asks.send(make(reply)).map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }
}

fn gone() -> StoreError {
    StoreError::unavailable("the transaction was ended by the writer")
}

/// The thread: takes transactions in order, groups them, commits.
fn serve(db: &Connection, queue: &Receiver<Receiver<Ask>>) {
    while let Ok(first) = queue.recv() {
        if let Err(error) = db.execute_batch("BEGIN IMMEDIATE") {
            refuse(&first, &error.into());
            continue;
        }
        let mut waiting = Vec::new();
        let mut next = Some(first);
        while let Some(session) = next {
            waiting.extend(run(db, &session));
            next =
                if waiting.len() < MAX_GROUP && !db.is_autocommit() { queue.try_recv().ok() } else { None };
        }
        let outcome = commit(db);
        for reply in waiting {
            // A caller that stopped waiting has nobody to tell.
            let _ = reply.send(outcome.clone().map_err(|reason| StoreError::unavailable(reason)));
        }
    }
}

/// Commits the group; on failure makes sure that nothing of it stays.
fn commit(db: &Connection) -> std::result::Result<(), String> {
    if db.is_autocommit() {
        return Err("the transaction was rolled back by the database".to_owned());
    }
    db.execute_batch("COMMIT").map_err(|error| {
        let _ = db.execute_batch("ROLLBACK");
        error.to_string()
    })
}

/// Runs one transaction in a savepoint; answers whom to tell after the group's commit, if it wants to commit.
fn run(db: &Connection, inbox: &Receiver<Ask>) -> Option<oneshot::Sender<Result<()>>> {
    if let Err(error) = db.execute_batch("SAVEPOINT one") {
        refuse(inbox, &error.into());
        return None;
    }
    loop {
        match inbox.recv_timeout(IDLE_LIMIT) {
            Ok(Ask::Execute(sql, args, reply)) => drop(reply.send(execute(db, &sql, &args))),
            Ok(Ask::Query(sql, args, reply)) => drop(reply.send(query(db, &sql, &args))),
            Ok(Ask::InsertMany(bulk, rows, reply)) => drop(reply.send(insert_many(db, &bulk, &rows))),
            Ok(Ask::Commit(reply)) => match db.execute_batch("RELEASE one") {
                Ok(()) => return Some(reply),
                Err(error) => {
                    roll_back(db);
                    let _ = reply.send(Err(error.into()));
                    return None;
                }
            },
            Err(ended) => {
                if ended == RecvTimeoutError::Timeout {
                    tracing::error!("a transaction sat idle for {IDLE_LIMIT:?} and was rolled back");
                }
                roll_back(db);
                return None;
            }
        }
    }
}

/// Undoes one transaction. When the database itself rolled everything back (a full disk does that), there is nothing left to
/// undo, and the group's commit will say so.
fn roll_back(db: &Connection) {
    if !db.is_autocommit() {
        let _ = db.execute_batch("ROLLBACK TO one; RELEASE one");
    }
}

fn refuse(inbox: &Receiver<Ask>, error: &StoreError) {
    let say = || StoreError::unavailable(error.to_string());
    match inbox.recv_timeout(IDLE_LIMIT) {
        Ok(Ask::Execute(_, _, reply)) => drop(reply.send(Err(say()))),
        Ok(Ask::Query(_, _, reply)) => drop(reply.send(Err(say()))),
        Ok(Ask::InsertMany(_, _, reply) | Ask::Commit(reply)) => drop(reply.send(Err(say()))),
        Err(_) => {}
    }
}

fn insert_many(db: &Connection, bulk: &Bulk, rows: &[Vec<Value>]) -> Result<()> {
    let marks = vec!["?"; bulk.columns.len()].join(", ");
    let sql = format!("{}VALUES ({marks}) ON CONFLICT ({}) DO NOTHING", bulk.insert_into(), bulk.unique);
    let mut statement = db.prepare_cached(&sql)?;
    for row in rows {
        statement.execute(rusqlite::params_from_iter(row))?;
    }
    Ok(())
}
