//! The one writer: a thread that owns the write connection and lets transactions share a commit.
//!
//! SQLite has one writer at a time, and a durable commit costs a flush to disk. So transactions queue here; each runs
//! alone inside a savepoint, and when it is done the next waiting one joins the same outer transaction. The outer commit,
//! one flush for all of them, comes when nobody waits, or the group has grown large or old. Nobody is told "committed"
//! before that.

use super::session::{Ask, Session, SqliteTx};
use super::{execute, insert_many, query};
use crate::{Result, StoreError};
use rusqlite::Connection;
use std::path::Path;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// How many transactions may share one commit.
const MAX_GROUP: usize = 256;

/// How old a group may grow before it takes nobody else in: bounds how long the first waits for the last.
const MAX_AGE: Duration = Duration::from_millis(100);

/// The door to the writer thread.
#[derive(Clone, Debug)]
pub(crate) struct Writer {
    sessions: Sender<Session>,
}

/// Bytes in a page of the main database: about ten events, and a write of two is still small.
const PAGE_SIZE: u32 = 4_096;

impl Writer {
    /// Opens the file and starts the thread, which ends when the last `Writer` is dropped.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let db = super::open_writer(path, PAGE_SIZE)?;
        let (sessions, queue) = mpsc::channel();
        std::thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || serve(&db, &queue))
            .map_err(StoreError::unavailable)?;
        Ok(Self { sessions })
    }

    /// A transaction, which queues up with its first statement. One that then sits between two statements for longer than
    /// `idle_limit` is thrown out, so that a caller that hangs cannot stop every other writer.
    pub(crate) fn begin(&self, idle_limit: Duration) -> SqliteTx {
        SqliteTx::new(self.sessions.clone(), idle_limit)
    }
}

/// A transaction that is done and waits to hear whether the group was committed.
type Waiting = oneshot::Sender<Result<()>>;

/// The thread: takes transactions in order, groups them, commits.
fn serve(db: &Connection, queue: &Receiver<Session>) {
    while let Ok(first) = queue.recv() {
        if let Err(error) = db.execute_batch("BEGIN IMMEDIATE") {
            // It was tried for as long as it takes; whoever waited meanwhile hears it now and not one after the other.
            let error = StoreError::from(error).to_string();
            std::iter::once(first).chain(queue.try_iter()).for_each(|session| refuse(&session, &error));
            continue;
        }
        let waiting = run_group(db, first, queue);
        let outcome = commit(db);
        for reply in waiting {
            // A caller that stopped waiting has nobody to tell.
            let _ = reply.send(outcome.clone().map_err(StoreError::unavailable));
        }
    }
}

/// Runs transactions one after the other until nobody waits or the group is full.
fn run_group(db: &Connection, first: Session, queue: &Receiver<Session>) -> Vec<Waiting> {
    #[expect(clippy::disallowed_methods, reason = "bounds a wait; decides nothing that is stored")]
    let began = Instant::now();
    let mut waiting = Vec::new();
    let mut next = Some(first);
    let mut ran = 0;
    while let Some(session) = next {
        waiting.extend(run(db, &session));
        ran += 1;
        let open = ran < MAX_GROUP && began.elapsed() < MAX_AGE && !db.is_autocommit();
        next = if open { queue.try_recv().ok() } else { None };
    }
    waiting
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
fn run(db: &Connection, session: &Session) -> Option<Waiting> {
    if let Err(error) = db.execute_batch("SAVEPOINT one") {
        refuse(session, &StoreError::from(error).to_string());
        return None;
    }
    // A full disk may make the database end the whole transaction under a statement. What came after would be committed by
    // itself, so nothing may.
    while !db.is_autocommit() {
        match session.inbox.recv_timeout(session.idle_limit) {
            // Whoever stopped waiting for a statement cannot want its effect, and takes its transaction with it.
            Ok(ask) if ask.is_abandoned() => break,
            Ok(Ask::Execute(sql, args, reply)) => drop(reply.send(execute(db, &sql, &args))),
            Ok(Ask::Query(sql, args, reply)) => drop(reply.send(query(db, &sql, &args))),
            Ok(Ask::InsertMany(bulk, rows, reply)) => drop(reply.send(insert_many(db, &bulk, &rows))),
            Ok(Ask::Commit(reply)) => match db.execute_batch("RELEASE one") {
                Ok(()) => return Some(reply),
                Err(error) => {
                    let _ = reply.send(Err(error.into()));
                    break;
                }
            },
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                tracing::error!(limit = ?session.idle_limit, "a transaction sat idle and was rolled back");
                break;
            }
        }
    }
    roll_back(db);
    None
}

/// Undoes one transaction. When the database itself rolled everything back (a full disk does that), there is nothing left to
/// undo, and the group's commit will say so. When it cannot undo just this one, all of the group has to go: its commit would keep
/// this one too.
fn roll_back(db: &Connection) {
    if !db.is_autocommit() && db.execute_batch("ROLLBACK TO one; RELEASE one").is_err() {
        let _ = db.execute_batch("ROLLBACK");
    }
}

/// Answers the ask that brought this transaction here.
fn refuse(session: &Session, error: &str) {
    if let Ok(ask) = session.inbox.try_recv() {
        ask.refuse(StoreError::unavailable(error));
    }
}
