//! PostgreSQL: connections from a pool, many rows at once through `UNNEST`.

use crate::tx::Bulk;
use crate::value::{Kind, Row, Value};
use crate::{Dialect, Result, StoreError};
use futures_util::TryStreamExt as _;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgArguments, PgConnectOptions, PgConnection, PgPool, PgPoolOptions, PgRow};
use sqlx::{Arguments as _, AssertSqlSafe, Column as _, Executor as _, Postgres, Row as _, TypeInfo as _};
use std::time::Duration;

/// Builds the pool; connects to nothing yet, so that a server that is away at start can come later.
pub(crate) fn pool(url: &str, max: u32, acquire: Duration) -> Result<PgPool> {
    let options: PgConnectOptions = url.parse().map_err(StoreError::url)?;
    let options = options
        .application_name("syncline")
        // The server gives up on a statement a little before the client does, and says so.
        .options([("statement_timeout", "25s"), ("idle_in_transaction_session_timeout", "60s")]);
    Ok(PgPoolOptions::new().max_connections(max).acquire_timeout(acquire).connect_lazy_with(options))
}

/// Where the server is; none behind a socket of this machine's.
pub(crate) fn place(pool: &PgPool) -> Option<(String, u16)> {
    let options = pool.connect_options();
    let is_socket = options.get_socket().is_some() || options.get_host().starts_with('/');
    (!is_socket).then(|| (options.get_host().to_owned(), options.get_port()))
}

/// One transaction on one connection.
#[derive(Debug)]
pub(crate) struct PostgresTx {
    /// `None` once committed. Dropped while it holds a connection, the transaction is unfinished.
    conn: Option<PoolConnection<Postgres>>,
}

impl PostgresTx {
    pub(crate) async fn begin(pool: &PgPool) -> Result<Self> {
        // Wrapped before it begins: a caller that goes away in between must not leave an open transaction in the pool.
        let mut tx = Self { conn: Some(pool.acquire().await?) };
        // Whatever the server's default: what this crate does about races is right for this level.
        tx.conn()?.execute("BEGIN ISOLATION LEVEL READ COMMITTED").await?;
        Ok(tx)
    }

    fn conn(&mut self) -> Result<&mut PoolConnection<Postgres>> {
        self.conn.as_mut().ok_or_else(|| StoreError::unavailable("the transaction is over"))
    }

    pub(crate) async fn execute(&mut self, sql: &str, args: Vec<Value>) -> Result<u64> {
        let conn = self.conn()?;
        let statement = AssertSqlSafe(Dialect::Postgres.placeholders(sql));
        Ok(sqlx::query_with(statement, bind(args)?).execute(&mut **conn).await?.rows_affected())
    }

    pub(crate) async fn query(&mut self, sql: &str, args: Vec<Value>) -> Result<Vec<Row>> {
        let conn = self.conn()?;
        fetch(&mut **conn, sql, args).await
    }

    pub(crate) async fn insert_many(&mut self, bulk: &Bulk, rows: Vec<Vec<Value>>) -> Result<()> {
        let arrays: Vec<String> = (1..)
            .zip(bulk.columns)
            .map(|(number, (_, kind))| format!("${number}::{}", Dialect::postgres_array(*kind)))
            .collect();
        let sql = format!(
            "{}SELECT * FROM UNNEST({}) ON CONFLICT ({}) DO NOTHING",
            bulk.insert_into(),
            arrays.join(", "),
            bulk.unique
        );
        let args = columns(bulk, rows)?;
        let conn = self.conn()?;
        sqlx::query_with(AssertSqlSafe(sql), args).execute(&mut **conn).await?;
        Ok(())
    }

    pub(crate) async fn commit(mut self) -> Result<()> {
        self.conn()?.execute("COMMIT").await?;
        self.conn = None;
        Ok(())
    }
}

impl Drop for PostgresTx {
    /// An unfinished transaction leaves with its connection: whatever state it is in (half an answer read, a server that hangs),
    /// nobody else inherits it, and the server rolls back.
    fn drop(&mut self) {
        if let Some(conn) = self.conn.take() {
            drop(conn.detach());
        }
    }
}

/// A query on a connection or a pool.
pub(crate) async fn fetch<'e>(
    on: impl sqlx::Executor<'e, Database = Postgres>,
    sql: &str,
    args: Vec<Value>,
) -> Result<Vec<Row>> {
    let statement = AssertSqlSafe(Dialect::Postgres.placeholders(sql));
    let rows = sqlx::query_with(statement, bind(args)?).fetch_all(on).await?;
    rows.iter().map(row).collect()
}

/// The first rows of a query, at most so many. What is behind them is not read: the connection is of no more use where there is more.
pub(crate) async fn fetch_some(
    on: &mut PgConnection,
    sql: &str,
    args: Vec<Value>,
    most: usize,
) -> Result<Vec<Row>> {
    let statement = AssertSqlSafe(Dialect::Postgres.placeholders(sql));
    let mut rows = sqlx::query_with(statement, bind(args)?).fetch(on);
    let mut some = Vec::new();
    while some.len() < most
        && let Some(found) = rows.try_next().await?
    {
        some.push(row(&found)?);
    }
    Ok(some)
}

fn bind(values: Vec<Value>) -> Result<PgArguments> {
    let mut args = PgArguments::default();
    for value in values {
        match value {
            Value::Int(value) => args.add(value),
            Value::Text(value) => args.add(value.map(std::borrow::Cow::into_owned)),
            Value::Bytes(value) => args.add(value.map(|bytes| bytes.to_vec())),
        }
        .map_err(StoreError::Rejected)?;
    }
    Ok(args)
}

/// Rows turned into one array per column.
fn columns(bulk: &Bulk, rows: Vec<Vec<Value>>) -> Result<PgArguments> {
    let count = rows.len();
    let mut columns: Vec<Vec<Value>> = bulk.columns.iter().map(|_| Vec::with_capacity(count)).collect();
    for row in rows {
        for (column, value) in columns.iter_mut().zip(row) {
            column.push(value);
        }
    }
    let mut args = PgArguments::default();
    for ((name, kind), values) in bulk.columns.iter().zip(columns) {
        add_array(&mut args, *kind, values)
            .map_err(|mixed| StoreError::Corrupt(format!("{name}: {mixed}")))?;
    }
    Ok(args)
}

fn add_array(
    args: &mut PgArguments,
    kind: Kind,
    values: Vec<Value>,
) -> std::result::Result<(), Box<dyn std::error::Error + Send + Sync>> {
    match kind {
        Kind::Int => args.add(
            values.into_iter().map(|v| if let Value::Int(v) = v { v } else { None }).collect::<Vec<_>>(),
        ),
        Kind::Text => args.add(
            values
                .into_iter()
                .map(|v| if let Value::Text(v) = v { v.map(std::borrow::Cow::into_owned) } else { None })
                .collect::<Vec<_>>(),
        ),
        Kind::Bytes => args.add(
            values
                .into_iter()
                .map(|v| if let Value::Bytes(v) = v { v.map(|bytes| bytes.to_vec()) } else { None })
                .collect::<Vec<_>>(),
        ),
    }
}

fn row(row: &PgRow) -> Result<Row> {
    let mut cells = Vec::with_capacity(row.len());
    for column in row.columns() {
        let at = column.ordinal();
        cells.push(match column.type_info().name() {
            "INT8" => Value::Int(row.try_get(at)?),
            "INT4" => Value::Int(row.try_get::<Option<i32>, _>(at)?.map(i64::from)),
            "INT2" => Value::Int(row.try_get::<Option<i16>, _>(at)?.map(i64::from)),
            "BYTEA" => Value::Bytes(row.try_get::<Option<Vec<u8>>, _>(at)?.map(Into::into)),
            _ => Value::Text(row.try_get::<Option<String>, _>(at)?.map(Into::into)),
        });
    }
    Ok(Row { cells })
}
