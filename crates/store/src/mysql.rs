//! MySQL and MariaDB: connections from a pool, many rows at once through multi-row `VALUES`.

use crate::tx::Bulk;
use crate::value::{Row, Value};
use crate::{Result, StoreError};
use futures_util::TryStreamExt as _;
use sqlx::mysql::{
    MySqlArguments, MySqlConnectOptions, MySqlConnection, MySqlPool, MySqlPoolOptions, MySqlRow,
};
use sqlx::pool::PoolConnection;
use sqlx::{
    Arguments as _, AssertSqlSafe, Column as _, Connection as _, Executor as _, MySql, Row as _, Type,
};
use std::time::Duration;

/// Most placeholders in one statement; the protocol's own limit is 65,535.
const MAX_PLACEHOLDERS: usize = 32_000;

/// Most bytes of values in one statement, unless a single row has more: servers refuse packets larger than
/// `max_allowed_packet`, of which 4 MiB is the smallest default about.
const MAX_BYTES: usize = 2 << 20;

/// Most prepared statements that a connection keeps when nobody has it. A server has room for 16,382 of all its clients' by default.
const KEPT: usize = 100;

/// How many more it may prepare until it is given back.
const ROOM: usize = 300;

/// How every connection is set up.
const SESSION: [&str; 4] = [
    // As PostgreSQL's default: no gap locks, so workers do not block one another's inserts.
    "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
    "SET SESSION innodb_lock_wait_timeout = 20",
    // A value that does not fit is an error, whatever the server's default: never cut short in silence.
    "SET SESSION sql_mode = CONCAT(@@sql_mode, ',STRICT_ALL_TABLES')",
    // A client that vanished without a word holds its locks for this long, and not for the default of eight hours.
    "SET SESSION wait_timeout = 60",
];

/// Builds the pool; connects to nothing yet, so that a server that is away at start can come later.
pub(crate) fn pool(url: &str, max: u32, acquire: Duration) -> Result<MySqlPool> {
    let options: MySqlConnectOptions = url.parse().map_err(StoreError::url)?;
    let options = options.charset("utf8mb4").collation("utf8mb4_bin");
    let options = options.statement_cache_capacity(KEPT + ROOM);
    Ok(MySqlPoolOptions::new()
        .max_connections(max)
        .acquire_timeout(acquire)
        // Before the server does it.
        .idle_timeout(Duration::from_secs(45))
        .after_connect(|conn, _| {
            Box::pin(async move {
                for statement in SESSION {
                    conn.execute(statement).await?;
                }
                Ok(())
            })
        })
        .after_release(|conn, _| Box::pin(forget_statements(conn)))
        .connect_lazy_with(options))
}

/// Closes a connection's prepared statements once they are many, when it is given back. The pool asks it for an answer after that, before
/// it gives it to the next.
///
/// Where its cache is full, the driver closes one statement whenever it prepares another. The server does not answer to that, and what is
/// written next waits for its acknowledgement, which systems delay by 40 ms (RFC 9293, 3.7.4 and 3.8.6.3): the driver leaves Nagle's
/// algorithm on.
async fn forget_statements(conn: &mut MySqlConnection) -> std::result::Result<bool, sqlx::Error> {
    if conn.cached_statements_size() > KEPT {
        conn.clear_cached_statements().await?;
    }
    Ok(true)
}

/// Where the server is; none behind a socket of this machine's.
pub(crate) fn place(pool: &MySqlPool) -> Option<(String, u16)> {
    let options = pool.connect_options();
    options.get_socket().is_none().then(|| (options.get_host().to_owned(), options.get_port()))
}

/// One transaction on one connection.
#[derive(Debug)]
pub(crate) struct MySqlTx {
    /// `None` once committed. Dropped while it holds a connection, the transaction is unfinished.
    conn: Option<PoolConnection<MySql>>,
}

impl MySqlTx {
    pub(crate) async fn begin(pool: &MySqlPool) -> Result<Self> {
        // Wrapped before it begins: a caller that goes away in between must not leave an open transaction in the pool.
        let mut tx = Self { conn: Some(pool.acquire().await?) };
        tx.conn()?.execute("BEGIN").await?;
        Ok(tx)
    }

    fn conn(&mut self) -> Result<&mut PoolConnection<MySql>> {
        self.conn.as_mut().ok_or_else(|| StoreError::unavailable("the transaction is over"))
    }

    pub(crate) async fn execute(&mut self, sql: &str, args: Vec<Value>) -> Result<u64> {
        let conn = self.conn()?;
        Ok(sqlx::query_with(AssertSqlSafe(sql), bind(args)?).execute(&mut **conn).await?.rows_affected())
    }

    pub(crate) async fn query(&mut self, sql: &str, args: Vec<Value>) -> Result<Vec<Row>> {
        let conn = self.conn()?;
        fetch(&mut **conn, sql, args).await
    }

    pub(crate) async fn insert_many(&mut self, bulk: &Bulk, rows: Vec<Vec<Value>>) -> Result<()> {
        let marks = format!("({})", vec!["?"; bulk.columns.len()].join(", "));
        // Changes nothing, whatever column it is about; any one of the index will do.
        let idle = bulk.unique.split(',').next().unwrap_or(bulk.unique);
        let mut rows = rows;
        while !rows.is_empty() {
            let rest = rows.split_off(chunk(&rows, MAX_PLACEHOLDERS / bulk.columns.len()));
            // Not `INSERT IGNORE`, which would swallow every other complaint too.
            let sql = format!(
                "{}VALUES {} ON DUPLICATE KEY UPDATE {idle} = {table}.{idle}",
                bulk.insert_into(),
                vec![marks.as_str(); rows.len()].join(", "),
                table = bulk.table,
            );
            self.execute(&sql, rows.into_iter().flatten().collect()).await?;
            rows = rest;
        }
        Ok(())
    }

    pub(crate) async fn commit(mut self) -> Result<()> {
        self.conn()?.execute("COMMIT").await?;
        self.conn = None;
        Ok(())
    }
}

impl Drop for MySqlTx {
    /// An unfinished transaction leaves with its connection; the server rolls back.
    fn drop(&mut self) {
        if let Some(conn) = self.conn.take() {
            drop(conn.detach());
        }
    }
}

/// A query on a connection or a pool.
pub(crate) async fn fetch<'e>(
    on: impl sqlx::Executor<'e, Database = MySql>,
    sql: &str,
    args: Vec<Value>,
) -> Result<Vec<Row>> {
    let rows = sqlx::query_with(AssertSqlSafe(sql), bind(args)?).fetch_all(on).await?;
    rows.iter().map(row).collect()
}

/// The first rows of a query, at most so many. What is behind them is not read: the connection is of no more use where there is more.
pub(crate) async fn fetch_some(
    on: &mut MySqlConnection,
    sql: &str,
    args: Vec<Value>,
    most: usize,
) -> Result<Vec<Row>> {
    let mut rows = sqlx::query_with(AssertSqlSafe(sql), bind(args)?).fetch(on);
    let mut some = Vec::new();
    while some.len() < most
        && let Some(found) = rows.try_next().await?
    {
        some.push(row(&found)?);
    }
    Ok(some)
}

/// How many of the first `rows` go into one statement: as many as fit, at least one, rounded down to a power of two. So there
/// are only a few different statements, and each stays prepared. (Preparing and closing one each time costs 40 ms, because
/// `sqlx` leaves Nagle's algorithm on.)
fn chunk(rows: &[Vec<Value>], most: usize) -> usize {
    let mut size = 0;
    let fitting = rows.iter().take(most).take_while(|row| {
        size += row.iter().map(Value::size).sum::<usize>();
        size <= MAX_BYTES
    });
    1 << fitting.count().max(1).ilog2()
}

fn bind(values: Vec<Value>) -> Result<MySqlArguments> {
    let mut args = MySqlArguments::default();
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

fn row(row: &MySqlRow) -> Result<Row> {
    let mut cells = Vec::with_capacity(row.len());
    for column in row.columns() {
        let at = column.ordinal();
        // By what sqlx can decode: the server calls text in a binary collation, which is ours, by the same names as bytes.
        let info = column.type_info();
        cells.push(if <i64 as Type<MySql>>::compatible(info) {
            Value::Int(row.try_get(at)?)
        } else if <String as Type<MySql>>::compatible(info) {
            Value::Text(row.try_get::<Option<String>, _>(at)?.map(Into::into))
        } else {
            Value::Bytes(row.try_get::<Option<Vec<u8>>, _>(at)?.map(Into::into))
        });
    }
    Ok(Row { cells })
}

#[cfg(test)]
mod tests {
    use super::{KEPT, Value};
    use crate::testing::{TestDb, Which};
    use crate::{Store, Tx};
    use std::time::Duration;

    /// How many prepared statements this transaction's connection has closed.
    async fn closed(tx: &mut Tx) -> u64 {
        let rows = tx.query("SHOW SESSION STATUS LIKE 'Com_stmt_close'", Vec::new()).await.unwrap();
        rows[0].text(1).unwrap().parse().unwrap()
    }

    async fn prepare_many(tx: &mut Tx) {
        for number in 0..=KEPT {
            tx.query(&format!("SELECT {number} + ?"), vec![Value::Int(Some(1))]).await.unwrap();
        }
    }

    /// Until a connection turns up that has closed some.
    async fn wait_for_one_that_has(store: &Store) {
        while closed(&mut store.begin().await.unwrap()).await == 0 {}
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn statements_are_closed_only_when_nobody_waits_for_the_connection() {
        let Some(db) = TestDb::of(Which::MySql, "closing prepared statements").await else { return };
        let store = db.open();
        let mut tx = store.begin().await.unwrap();
        prepare_many(&mut tx).await;
        assert_eq!(closed(&mut tx).await, 0, "while somebody has it");
        tx.commit().await.unwrap();
        let waiting = tokio::time::timeout(Duration::from_secs(30), wait_for_one_that_has(&store));
        waiting.await.expect("they are closed afterwards");
    }
}
