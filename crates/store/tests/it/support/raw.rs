//! A connection of the test's own, past everything the store does: to look at what is really there, and to get in the
//! way.

use sqlx::{AssertSqlSafe, Connection as _, Executor as _, Row as _};
use syncline_store::Dialect;
use syncline_store::testing::TestDb;

/// The connection.
pub enum Raw {
    /// To the file.
    Sqlite(rusqlite::Connection),
    /// To the server.
    Postgres(Box<sqlx::PgConnection>),
    /// To the server.
    MySql(Box<sqlx::MySqlConnection>),
}

impl Raw {
    /// Connects to the same database.
    pub async fn to(db: &TestDb) -> Self {
        if let Some(path) = db.url.strip_prefix("sqlite://") {
            let db = rusqlite::Connection::open(path).unwrap();
            db.busy_timeout(std::time::Duration::from_secs(20)).unwrap();
            return Self::Sqlite(db);
        }
        if db.url.starts_with("postgres") {
            return Self::Postgres(Box::new(sqlx::PgConnection::connect(&db.url).await.unwrap()));
        }
        Self::MySql(Box::new(sqlx::MySqlConnection::connect(&db.url).await.unwrap()))
    }

    /// Which database it leads to.
    pub fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
            Self::MySql(_) => Dialect::MySql,
        }
    }

    /// Runs a statement.
    pub async fn run(&mut self, sql: &str) {
        let outcome = match self {
            Self::Sqlite(db) => db.execute_batch(sql).map_err(|error| error.to_string()),
            Self::Postgres(db) => {
                db.execute(AssertSqlSafe(sql)).await.map(|_| ()).map_err(|error| error.to_string())
            }
            Self::MySql(db) => {
                db.execute(AssertSqlSafe(sql)).await.map(|_| ()).map_err(|error| error.to_string())
            }
        };
        outcome.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    /// Begins a transaction that holds what every writer needs: SQLite's write lock, or the row of the event sequence.
    pub async fn get_in_the_way(&mut self) {
        self.run(if self.dialect() == Dialect::Sqlite { "BEGIN IMMEDIATE" } else { "BEGIN" }).await;
        self.run("UPDATE sequences SET value = value WHERE name = 'event'").await;
    }

    /// The rows of a query whose one column is text.
    pub async fn lines(&mut self, sql: &str) -> Vec<String> {
        match self {
            Self::Sqlite(db) => {
                let mut select = db.prepare(sql).unwrap_or_else(|e| panic!("{sql}: {e}"));
                let rows = select.query_map([], |row| row.get::<_, String>(0)).unwrap();
                rows.map(|row| row.unwrap_or_else(|e| panic!("{sql}: {e}"))).collect()
            }
            Self::Postgres(db) => {
                let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(&mut **db).await;
                rows.unwrap_or_else(|e| panic!("{sql}: {e}"))
                    .iter()
                    .map(|row| row.get::<String, _>(0))
                    .collect()
            }
            Self::MySql(db) => {
                let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(&mut **db).await;
                rows.unwrap_or_else(|e| panic!("{sql}: {e}"))
                    .iter()
                    .map(|row| String::from_utf8(row.get_unchecked::<Vec<u8>, _>(0)).unwrap())
                    .collect()
            }
        }
    }
}
