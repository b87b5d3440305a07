//! A transaction, whatever database it runs in.

use crate::sqlite::SqliteTx;
use crate::value::{Kind, Row, Value};
use crate::{Dialect, Result, StoreError, mysql, postgres};
use std::time::Duration;

/// A short transaction. Dropped without [`Tx::commit`], it is rolled back.
///
/// On SQLite all transactions go through one writer, which lets several of them share one commit and its flush to
/// disk: [`Tx::commit`] then waits for that shared commit.
///
/// A statement that failed, or that nobody waited for to the end, spoils the transaction: what follows is refused, and so is the
/// commit. Left to themselves the databases differ here, and not for the better: PostgreSQL answers the commit of a failed
/// transaction with success and keeps nothing, and MySQL, after a deadlock, commits every later statement by itself.
#[derive(Debug)]
pub struct Tx {
    pub(crate) inner: Inner,
    pub(crate) patience: Duration,
    spoilt: bool,
}

#[derive(Debug)]
pub(crate) enum Inner {
    Sqlite(SqliteTx),
    Postgres(Box<postgres::PostgresTx>),
    MySql(Box<mysql::MySqlTx>),
}

/// Many rows for one table, inserted the way each database does it fastest. Rows whose unique key is already there are left
/// as they are.
#[derive(Clone, Copy, Debug)]
pub struct Bulk {
    /// The table.
    pub table: &'static str,
    /// Its columns and their kinds, in the order of the values.
    pub columns: &'static [(&'static str, Kind)],
    /// The column whose unique index decides what is already there, or several with commas between.
    pub unique: &'static str,
}

impl Bulk {
    /// `INSERT INTO table (columns) `, without what follows.
    pub(crate) fn insert_into(&self) -> String {
        let names: Vec<&str> = self.columns.iter().map(|(name, _)| *name).collect();
        format!("INSERT INTO {} ({}) ", self.table, names.join(", "))
    }
}

impl Tx {
    /// Which database this is, for the few statements that differ.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        match &self.inner {
            Inner::Sqlite(_) => Dialect::Sqlite,
            Inner::Postgres(_) => Dialect::Postgres,
            Inner::MySql(_) => Dialect::MySql,
        }
    }

    pub(crate) fn new(inner: Inner, patience: Duration) -> Self {
        Self { inner, patience, spoilt: false }
    }

    /// Runs a statement; answers how many rows it touched.
    pub(crate) async fn execute(&mut self, sql: &str, args: Vec<Value>) -> Result<u64> {
        tracing::trace!(target: "syncline_store::sql", sql);
        self.ask(async |inner| match inner {
            Inner::Sqlite(tx) => tx.execute(sql, args).await,
            Inner::Postgres(tx) => tx.execute(sql, args).await,
            Inner::MySql(tx) => tx.execute(sql, args).await,
        })
        .await
    }

    /// Runs a query; answers its rows.
    pub(crate) async fn query(&mut self, sql: &str, args: Vec<Value>) -> Result<Vec<Row>> {
        tracing::trace!(target: "syncline_store::sql", sql);
        self.ask(async |inner| match inner {
            Inner::Sqlite(tx) => tx.query(sql, args).await,
            Inner::Postgres(tx) => tx.query(sql, args).await,
            Inner::MySql(tx) => tx.query(sql, args).await,
        })
        .await
    }

    /// Inserts many rows, skipping those already there.
    pub(crate) async fn insert_many(
        &mut self,
        bulk: &Bulk,
        rows: impl IntoIterator<Item = Vec<Value>>,
    ) -> Result<()> {
        let mut rows = rows.into_iter().peekable();
        if rows.peek().is_none() {
            return Ok(());
        }
        self.ask(async |inner| match inner {
            Inner::Sqlite(tx) => tx.insert_many(bulk, rows).await,
            Inner::Postgres(tx) => tx.insert_many(bulk, rows.collect()).await,
            Inner::MySql(tx) => tx.insert_many(bulk, rows.collect()).await,
        })
        .await
    }

    async fn ask<T>(&mut self, call: impl AsyncFnOnce(&mut Inner) -> Result<T>) -> Result<T> {
        self.refuse_if_spoilt()?;
        // Set before and cleared after, so that it stays when the caller drops this future half-way.
        self.spoilt = true;
        let answer = within(self.patience, call(&mut self.inner)).await?;
        self.spoilt = false;
        Ok(answer)
    }

    fn refuse_if_spoilt(&self) -> Result<()> {
        if self.spoilt {
            return Err(StoreError::Rejected("an earlier statement of this transaction failed".into()));
        }
        Ok(())
    }

    /// Goes on after a statement whose failure was expected. Only for a database that keeps the transaction then.
    pub(crate) fn forgive(&mut self) {
        self.spoilt = false;
    }

    /// Makes everything durable and visible, or nothing.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the database could not commit. When the connection broke while it did, it may have
    /// committed all the same: effects are keyed so that doing them twice equals once. [`StoreError::Rejected`] when a
    /// statement of the transaction had failed.
    pub async fn commit(self) -> Result<()> {
        self.refuse_if_spoilt()?;
        within(self.patience, async {
            match self.inner {
                Inner::Sqlite(tx) => tx.commit().await,
                Inner::Postgres(tx) => tx.commit().await,
                Inner::MySql(tx) => tx.commit().await,
            }
        })
        .await
    }
}

/// Bounds a call to the database: a server that stopped answering is as gone as one that hung up.
pub(crate) async fn within<T>(patience: Duration, call: impl Future<Output = Result<T>>) -> Result<T> {
    match tokio::time::timeout(patience, call).await {
        Ok(answer) => answer,
        Err(_) => Err(StoreError::unavailable(format!("no answer within {patience:?}"))),
    }
}
