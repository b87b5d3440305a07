//! Databases of others, from which a number is read: never written to, never waited for long.
//!
//! Where the database can do it, the transaction is read-only as well; that its user may only read is for whoever names it. Whoever wrote the
//! query may have forgotten half of it, so only so many rows are read, and the database itself is told how long it may take.

use crate::value::{Row, Value};
use crate::{Dialect, Result, StoreError, mysql, postgres, sqlite};
use sqlx::{AssertSqlSafe, Executor as _, mysql::MySqlPool, postgres::PgPool};
use std::path::Path;
use std::time::Duration;
use tokio::time::error::Elapsed;

/// Somebody's database.
#[derive(Clone, Debug)]
pub struct Outside(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Sqlite(sqlite::Readers),
    Postgres(PgPool),
    Mysql(MySqlPool),
}

/// Connections to one database.
const CONNECTIONS: u32 = 4;

impl Outside {
    /// The database at this URL; `patience` is for a free connection and for a question. Nothing is connected to yet.
    ///
    /// # Errors
    /// [`StoreError::Setup`] when the URL is none of a database that is known. Never repeats it.
    pub fn open(url: &str, patience: Duration) -> Result<Self> {
        let scheme = url.split(':').next().unwrap_or_default();
        Ok(Self(match scheme {
            "sqlite" => {
                let path = url.trim_start_matches("sqlite:").trim_start_matches("//");
                Kind::Sqlite(sqlite::Readers::of(Path::new(path)))
            }
            "postgres" | "postgresql" => Kind::Postgres(postgres::pool(url, CONNECTIONS, patience)?),
            "mysql" | "mariadb" => Kind::Mysql(mysql::pool(url, CONNECTIONS, patience)?),
            _ => {
                return Err(StoreError::Setup(
                    "a database's URL begins with sqlite://, postgres:// or mysql://".to_owned(),
                ));
            }
        }))
    }

    /// How it writes a parameter.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        match self.0 {
            Kind::Sqlite(_) => Dialect::Sqlite,
            Kind::Postgres(_) => Dialect::Postgres,
            Kind::Mysql(_) => Dialect::MySql,
        }
    }

    /// Asks, with texts for the `?` in the query; answers its first rows, at most `most`.
    ///
    /// # Errors
    /// [`StoreError`] as the database says, [`StoreError::Unavailable`] when it takes longer than `patience`: the database is told to give up
    /// then too.
    pub async fn query(
        &self,
        sql: &str,
        texts: &[&str],
        most: usize,
        patience: Duration,
    ) -> Result<Vec<Row>> {
        let values: Vec<Value> = texts.iter().map(|text| Value::from(*text)).collect();
        match &self.0 {
            Kind::Sqlite(readers) => readers.query_some(sql, values, most, patience).await,
            Kind::Postgres(pool) => {
                let mut connection = pool.acquire().await?;
                let asked = async {
                    let terms = format!(
                        "SET default_transaction_read_only = on; SET statement_timeout = {}",
                        patience.as_millis().max(1)
                    );
                    connection.execute(AssertSqlSafe(terms)).await?;
                    postgres::fetch_some(&mut connection, sql, values, most).await
                };
                let rows = tokio::time::timeout(patience, asked).await;
                kept(rows, most, || drop(connection.detach()))
            }
            Kind::Mysql(pool) => {
                let mut connection = pool.acquire().await?;
                let asked = async {
                    // Each of the two servers reads what the other takes for a comment.
                    let terms = format!(
                        "SET SESSION TRANSACTION READ ONLY; \
                         SET /*!50708 SESSION max_execution_time = {}, */ /*M!100101 SESSION max_statement_time = {}, */ @syncline = 1",
                        patience.as_millis().max(1),
                        patience.as_secs_f64(),
                    );
                    connection.execute(AssertSqlSafe(terms)).await?;
                    mysql::fetch_some(&mut connection, sql, values, most).await
                };
                let rows = tokio::time::timeout(patience, asked).await;
                kept(rows, most, || drop(connection.detach()))
            }
        }
    }
}

/// What a question came to. `part` leaves a connection behind whose answer was not read to its end; nobody else is to have that.
fn kept(
    asked: std::result::Result<Result<Vec<Row>>, Elapsed>,
    most: usize,
    part: impl FnOnce(),
) -> Result<Vec<Row>> {
    let rows = asked.unwrap_or_else(|_| Err(StoreError::unavailable("the query takes too long")));
    if rows.as_ref().map_or(true, |rows| rows.len() >= most) {
        part();
    }
    rows
}

/// A cell as a whole number: an integer, or a text that is one, as databases write sums and decimals.
#[must_use]
pub fn whole(row: &Row, at: usize) -> Option<i64> {
    match row.cells.get(at)? {
        Value::Int(number) => *number,
        Value::Text(Some(text)) => {
            let text = text.trim();
            let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
            rest.bytes().all(|c| c == b'0').then(|| whole.parse().ok()).flatten()
        }
        Value::Text(None) | Value::Bytes(_) => None,
    }
}

/// A cell as text, be it a number there.
#[must_use]
pub fn text(row: &Row, at: usize) -> Option<String> {
    match row.cells.get(at)? {
        Value::Int(number) => number.map(|number| number.to_string()),
        Value::Text(text) => text.as_ref().map(|text| text.clone().into_owned()),
        Value::Bytes(bytes) => bytes.as_ref().and_then(|bytes| String::from_utf8(bytes.to_vec()).ok()),
    }
}
