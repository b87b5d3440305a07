//! The door: one concrete type over three databases.

use crate::server::Server;
use crate::sqlite::{Readers, Writer};
use crate::tx::{Inner, Tx, within};
use crate::value::{Row, Value};
use crate::{Dialect, Migration, Result, StoreError, migrate, mysql, postgres};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// How to open the database.
#[derive(Clone, Debug)]
pub struct Options {
    /// `sqlite` (a file in `data_dir`), `sqlite://PATH`, `postgres://…` or `mysql://…`.
    pub url: String,
    /// Where SQLite's files live.
    pub data_dir: PathBuf,
    /// Most connections to a server.
    pub max_connections: u32,
    /// How long to wait for a connection.
    pub acquire_timeout: Duration,
}

impl Options {
    /// The SQLite file that is meant; none where it is a server.
    ///
    /// # Errors
    /// [`StoreError::Setup`] when the URL is not one of the understood forms.
    pub fn sqlite_file(&self) -> Result<Option<PathBuf>> {
        let servers = ["postgres://", "postgresql://", "mysql://", "mariadb://"];
        if servers.iter().any(|scheme| self.url.starts_with(scheme)) {
            return Ok(None);
        }
        sqlite_path(&self.url, &self.data_dir).map(Some)
    }
}

/// How long one call may take before the database counts as gone.
const PATIENCE: Duration = Duration::from_secs(30);

/// The database. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    backend: Backend,
    /// The server, where there is one that is reached over the network.
    server: Option<Arc<Server>>,
    patience: Duration,
}

#[derive(Clone, Debug)]
enum Backend {
    Sqlite { path: PathBuf, writer: Writer, readers: Readers },
    Postgres(sqlx::PgPool),
    MySql(sqlx::MySqlPool),
}

impl Store {
    /// Opens the database without asking anything of it: servers are connected to when first needed.
    ///
    /// # Errors
    /// [`StoreError::Setup`] when the URL is not one of the understood forms or SQLite's directory cannot be made.
    pub fn open(options: &Options) -> Result<Self> {
        let url = options.url.as_str();
        let (most, patience) = (options.max_connections, options.acquire_timeout);
        let (backend, place) = if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            let pool = postgres::pool(url, most, patience)?;
            let place = postgres::place(&pool);
            (Backend::Postgres(pool), place)
        } else if let Some(rest) = url.strip_prefix("mysql://").or_else(|| url.strip_prefix("mariadb://")) {
            let pool = mysql::pool(&format!("mysql://{rest}"), most, patience)?;
            let place = mysql::place(&pool);
            (Backend::MySql(pool), place)
        } else {
            (open_sqlite(&sqlite_path(url, &options.data_dir)?)?, None)
        };
        let server = place.map(|(host, port)| Arc::new(Server::new(&host, port, patience)));
        Ok(Self { backend, server, patience: PATIENCE })
    }

    /// Brings the schema up to date, under a lock, so that any number of processes may start at once.
    ///
    /// # Errors
    /// [`StoreError::Setup`] when the database was written by a newer version or a migration was altered.
    pub async fn migrate(&self) -> Result<()> {
        self.migrate_along(crate::MIGRATIONS).await
    }

    /// How many migrations [`Store::migrate`] would apply. Changes nothing.
    ///
    /// # Errors
    /// As [`Store::migrate`].
    pub async fn missing_migrations(&self) -> Result<usize> {
        migrate::missing(self, crate::MIGRATIONS).await
    }

    /// [`Store::migrate`] along another history, such as the beginning of [`crate::MIGRATIONS`].
    ///
    /// # Errors
    /// As [`Store::migrate`].
    pub async fn migrate_along(&self, history: &[Migration]) -> Result<()> {
        migrate::run(self, history).await
    }

    /// The same database, asked with another patience: how long one call may take before the database counts as gone. On SQLite
    /// a transaction may sit idle between two statements for a third of it.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Which database this is.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        match &self.backend {
            Backend::Sqlite { .. } => Dialect::Sqlite,
            Backend::Postgres(_) => Dialect::Postgres,
            Backend::MySql(_) => Dialect::MySql,
        }
    }

    /// The SQLite file, where there is one.
    #[must_use]
    pub fn sqlite_file(&self) -> Option<&Path> {
        match &self.backend {
            Backend::Sqlite { path, .. } => Some(path),
            Backend::Postgres(_) | Backend::MySql(_) => None,
        }
    }

    /// Starts a transaction.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when no connection is to be had.
    pub async fn begin(&self) -> Result<Tx> {
        // On the heap, as what a query asks is: everything that the hub does has one of them inside.
        let beginning = Box::pin(async {
            Ok(match &self.backend {
                Backend::Sqlite { writer, .. } => Inner::Sqlite(writer.begin(self.patience / 3)),
                Backend::Postgres(pool) => {
                    Inner::Postgres(Box::new(postgres::PostgresTx::begin(pool).await?))
                }
                Backend::MySql(pool) => Inner::MySql(Box::new(mysql::MySqlTx::begin(pool).await?)),
            })
        });
        let inner = within(self.patience, self.reached(beginning)).await?;
        Ok(Tx::new(inner, self.patience))
    }

    /// What a call comes to that takes a connection.
    async fn reached<T>(&self, call: impl Future<Output = Result<T>>) -> Result<T> {
        match &self.server {
            Some(server) => server.reached(call).await,
            None => call.await,
        }
    }

    /// Runs a query outside any transaction.
    pub(crate) async fn query(&self, sql: &str, args: Vec<Value>) -> Result<Vec<Row>> {
        tracing::trace!(target: "syncline_store::sql", sql);
        let asking = Box::pin(async {
            match &self.backend {
                Backend::Sqlite { readers, .. } => readers.query(sql, args).await,
                Backend::Postgres(pool) => postgres::fetch(pool, sql, args).await,
                Backend::MySql(pool) => mysql::fetch(pool, sql, args).await,
            }
        });
        within(self.patience, self.reached(asking)).await
    }

    /// Runs one statement as a transaction of its own.
    pub(crate) async fn execute(&self, sql: &str, args: Vec<Value>) -> Result<u64> {
        let mut tx = self.begin().await?;
        let touched = tx.execute(sql, args).await?;
        tx.commit().await?;
        Ok(touched)
    }

    /// Asks the database for a sign of life.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when there is none within `patience`.
    pub async fn ping(&self, patience: Duration) -> Result<()> {
        within(patience, self.query("SELECT 1", Vec::new())).await.map(|_| ())
    }
}

fn sqlite_path(url: &str, data_dir: &Path) -> Result<PathBuf> {
    match url.strip_prefix("sqlite") {
        Some("" | ":" | "://") => Ok(data_dir.join("syncline.db")),
        Some(rest) => match rest.strip_prefix("://").or_else(|| rest.strip_prefix(':')) {
            Some(path) => Ok(PathBuf::from(path)),
            None => Err(unknown_url()),
        },
        None => Err(unknown_url()),
    }
}

fn unknown_url() -> StoreError {
    let say = "database.url is not understood: use sqlite, sqlite://PATH, postgres://… or mysql://…";
    StoreError::Setup(say.to_owned())
}

fn open_sqlite(path: &Path) -> Result<Backend> {
    if let Some(directory) = path.parent() {
        // What is in it are customers' data: for this user only.
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(directory)
            .map_err(|error| StoreError::Setup(format!("cannot make {}: {error}", directory.display())))?;
    }
    let writer = Writer::open(path)
        .map_err(|error| StoreError::Setup(format!("cannot open {}: {error}", path.display())))?;
    Ok(Backend::Sqlite { path: path.to_owned(), writer, readers: Readers::of(path) })
}
