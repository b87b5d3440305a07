//! One transaction's conversation with the writer thread.

use crate::tx::Bulk;
use crate::value::{Row, Value};
use crate::{Result, StoreError};
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;
use tokio::sync::oneshot;

/// Rows in one piece of a large insert.
const PIECE: usize = 256;

/// What a transaction asks of the writer.
#[derive(Debug)]
pub(super) enum Ask {
    Execute(String, Vec<Value>, oneshot::Sender<Result<u64>>),
    Query(String, Vec<Value>, oneshot::Sender<Result<Vec<Row>>>),
    InsertMany(Bulk, Vec<Vec<Value>>, oneshot::Sender<Result<()>>),
    Commit(oneshot::Sender<Result<()>>),
}

impl Ask {
    /// Whether the caller went away before it was its turn.
    pub(super) fn is_abandoned(&self) -> bool {
        match self {
            Self::Execute(_, _, reply) => reply.is_closed(),
            Self::Query(_, _, reply) => reply.is_closed(),
            Self::InsertMany(_, _, reply) | Self::Commit(reply) => reply.is_closed(),
        }
    }

    /// Answers with an error.
    pub(super) fn refuse(self, error: StoreError) {
        match self {
            Self::Execute(_, _, reply) => drop(reply.send(Err(error))),
            Self::Query(_, _, reply) => drop(reply.send(Err(error))),
            Self::InsertMany(_, _, reply) | Self::Commit(reply) => drop(reply.send(Err(error))),
        }
    }
}

/// The writer's end of a transaction.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) inbox: Receiver<Ask>,
    pub(super) idle_limit: Duration,
}

/// The caller's end of a transaction. Dropping it rolls back.
#[derive(Debug)]
pub(crate) struct SqliteTx {
    writer: Sender<Session>,
    idle_limit: Duration,
    /// `None` until the first ask: a transaction that has nothing to ask holds nobody up.
    asks: Option<Sender<Ask>>,
}

impl SqliteTx {
    pub(super) fn new(writer: Sender<Session>, idle_limit: Duration) -> Self {
        Self { writer, idle_limit, asks: None }
    }

    pub(crate) async fn execute(&mut self, sql: &str, args: Vec<Value>) -> Result<u64> {
        self.ask(|reply| Ask::Execute(sql.to_owned(), args, reply)).await
    }

    pub(crate) async fn query(&mut self, sql: &str, args: Vec<Value>) -> Result<Vec<Row>> {
        self.ask(|reply| Ask::Query(sql.to_owned(), args, reply)).await
    }

    /// Sends the rows in pieces and does not wait between them: while the writer inserts one, the next is made.
    pub(crate) async fn insert_many(
        &mut self,
        bulk: &Bulk,
        rows: impl Iterator<Item = Vec<Value>>,
    ) -> Result<()> {
        let mut rows = rows.peekable();
        let mut answers = Vec::new();
        while rows.peek().is_some() {
            let piece = rows.by_ref().take(PIECE).collect();
            let (reply, answer) = oneshot::channel();
            self.send(Ask::InsertMany(*bulk, piece, reply))?;
            answers.push(answer);
        }
        for answer in answers {
            answer.await.map_err(|_| gone())??;
        }
        Ok(())
    }

    pub(crate) async fn commit(mut self) -> Result<()> {
        if self.asks.is_none() {
            return Ok(());
        }
        self.ask(Ask::Commit).await
    }

    async fn ask<T>(&mut self, make: impl FnOnce(oneshot::Sender<Result<T>>) -> Ask) -> Result<T> {
        let (reply, answer) = oneshot::channel();
        self.send(make(reply))?;
        answer.await.map_err(|_| gone())?
    }

    fn send(&mut self, ask: Ask) -> Result<()> {
        match &self.asks {
            Some(asks) => asks.send(ask).map_err(|_| gone()),
            None => self.queue_up(ask),
        }
    }

    /// Joins the writer's queue, the first ask in hand.
    fn queue_up(&mut self, first: Ask) -> Result<()> {
        let (asks, inbox) = mpsc::channel();
        asks.send(first).map_err(|_| gone())?;
        self.asks = Some(asks);
        self.writer.send(Session { inbox, idle_limit: self.idle_limit }).map_err(|_| gone())
    }
}

fn gone() -> StoreError {
    StoreError::unavailable("the transaction was ended by the writer")
}
