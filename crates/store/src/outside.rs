//! Databases of others, from which a number is read: never written to, never waited for long.
//!
//! Where the database can do it, the transaction is read-only as well; that its user may only read is for whoever names it.

use crate::value::{Row, Value};
use crate::{Dialect, Result, StoreError, mysql, postgres, sqlite};
use sqlx::{Executor as _, mysql::MySqlPool, postgres::PgPool};
use std::path::Path;
use std::time::Duration;

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

    /// Asks, with texts for the `?` in the query.
    ///
    /// # Errors
    /// [`StoreError`] as the database says, [`StoreError::Unavailable`] when it takes longer than `patience`.
    pub async fn query(&self, sql: &str, texts: &[&str], patience: Duration) -> Result<Vec<Row>> {
        let late = || StoreError::unavailable("the query takes too long");
        let asked = tokio::time::timeout(patience, self.ask(sql, texts)).await;
        asked.unwrap_or_else(|_| Err(late()))
    }

    async fn ask(&self, sql: &str, texts: &[&str]) -> Result<Vec<Row>> {
        let values: Vec<Value> = texts.iter().map(|text| Value::from(*text)).collect();
        match &self.0 {
            Kind::Sqlite(readers) => readers.query(sql, values).await,
            Kind::Postgres(pool) => {
                // Ended with the connection when it is not asked to its end.
                let mut connection = pool.acquire().await?.detach();
                connection.execute("SET default_transaction_read_only = on").await?;
                postgres::fetch(&mut connection, sql, values).await
            }
            Kind::Mysql(pool) => {
                let mut connection = pool.acquire().await?.detach();
                connection.execute("SET SESSION TRANSACTION READ ONLY").await?;
                mysql::fetch(&mut connection, sql, values).await
            }
        }
    }
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
