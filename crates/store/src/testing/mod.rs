//! A database of its own for every test: SQLite always, PostgreSQL and MySQL where a server's URL is given.

mod template;

use crate::{Dialect, Options, Store};
use std::hash::{BuildHasher as _, RandomState};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// The databases a test can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// A file in a directory of its own.
    Sqlite,
    /// A database of its own on the server of `SYNCLINE_TEST_POSTGRES_URL`.
    Postgres,
    /// A database of its own on the server of `SYNCLINE_TEST_MYSQL_URL`.
    MySql,
}

impl Which {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Sqlite, Self::Postgres, Self::MySql];

    fn variable(self) -> Option<&'static str> {
        match self {
            Self::Sqlite => None,
            Self::Postgres => Some("SYNCLINE_TEST_POSTGRES_URL"),
            Self::MySql => Some("SYNCLINE_TEST_MYSQL_URL"),
        }
    }
}

/// A database without rows for one test, gone when this is dropped.
#[derive(Debug)]
pub struct TestDb {
    /// Its URL, as configuration takes it.
    pub url: String,
    name: String,
    directory: PathBuf,
    /// The URL of the server that has it, where one does.
    server: Option<String>,
}

static NUMBER: AtomicU32 = AtomicU32::new(0);

impl TestDb {
    /// Makes one, or notes in the runner's list that `test` could not run and answers `None`. On servers the schema is in place.
    ///
    /// # Panics
    /// When a server that was promised does not do its part.
    pub async fn of(which: Which, test: &str) -> Option<Self> {
        Self::on(which, test, true).await
    }

    /// The same with nothing in it, as a user's is before the first start.
    ///
    /// # Panics
    /// When a server that was promised does not do its part.
    pub async fn empty(which: Which, test: &str) -> Option<Self> {
        Self::on(which, test, false).await
    }

    async fn on(which: Which, test: &str, ready: bool) -> Option<Self> {
        match which.variable() {
            None => Some(Self::make(None, ready).await),
            Some(variable) => Some(Self::make(Some(service(variable, test)?), ready).await),
        }
    }

    /// Another with nothing in it beside this one: in a directory of its own, or on the same server.
    ///
    /// # Panics
    /// When it cannot be made.
    pub async fn another(&self) -> Self {
        Self::make(self.server.clone(), false).await
    }

    async fn make(server: Option<String>, ready: bool) -> Self {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        // Process numbers come again; what an earlier run was killed over may still be there.
        let dice = RandomState::new().hash_one(number) & 0xffff_ffff;
        let name = format!("syncline_{}_{number}_{dice:08x}", std::process::id());
        let directory = std::env::temp_dir().join(&name);
        std::fs::create_dir_all(&directory).expect("a directory for the test");
        let Some(server) = server else {
            let url = format!("sqlite://{}", directory.join("syncline.db").display());
            return Self { url, name, directory, server: None };
        };
        let admin = open(&server, &directory);
        let made = if ready {
            template::copy(&admin, &name, template::opener(&server, &directory)).await
        } else {
            // Outside a transaction, as PostgreSQL insists.
            admin.query(&format!("CREATE DATABASE {name}"), Vec::new()).await.map(|_| ())
        };
        made.expect("may create a database");
        Self { url: with_database(&server, &name), name, directory, server: Some(server) }
    }

    /// A directory of its own for the test's files.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Opens it, without migrating.
    ///
    /// # Panics
    /// When it cannot be opened.
    #[must_use]
    pub fn open(&self) -> Store {
        open(&self.url, &self.directory)
    }

    /// Opens it with the schema in place.
    ///
    /// # Panics
    /// When it cannot be migrated.
    pub async fn store(&self) -> Store {
        let store = self.open();
        store.migrate().await.expect("the schema can be built");
        store
    }
}

impl Drop for TestDb {
    /// Takes the database off its server. Who drops this may be inside a runtime, which must not be blocked on from within: so a
    /// thread with a runtime of its own does it.
    fn drop(&mut self) {
        if let Some(server) = self.server.take() {
            let (name, directory) = (self.name.clone(), self.directory.clone());
            let _ = std::thread::spawn(move || drop_database(&server, &name, &directory)).join();
        }
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// Best effort: a server that is gone took the database with it.
fn drop_database(server: &str, name: &str, directory: &Path) {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
    runtime.block_on(async {
        let admin = open(server, directory).with_patience(Duration::from_secs(10));
        let sql = match admin.dialect() {
            // Whoever is still connected is thrown out.
            Dialect::Postgres => format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
            Dialect::Sqlite | Dialect::MySql => format!("DROP DATABASE IF EXISTS {name}"),
        };
        let _ = admin.query(&sql, Vec::new()).await;
    });
}

fn open(url: &str, directory: &Path) -> Store {
    let options = Options {
        url: url.to_owned(),
        data_dir: directory.to_owned(),
        max_connections: 8,
        acquire_timeout: Duration::from_secs(10),
    };
    Store::open(&options).expect("the test database opens")
}

fn with_database(server: &str, name: &str) -> String {
    let mut url: url::Url = server.parse().expect("the test server's URL");
    url.set_path(name);
    url.into()
}

/// The value of `variable`, or a line in the list of what could not run.
///
/// # Panics
/// When the list cannot be written.
#[must_use]
pub fn service(variable: &str, test: &str) -> Option<String> {
    if let Ok(value) = std::env::var(variable) {
        return Some(value);
    }
    if let Ok(list) = std::env::var("SYNCLINE_TEST_SKIPPED") {
        let mut list = std::fs::OpenOptions::new()
            .append(true)
            .create(true)
            .open(list)
            .expect("the list of skipped tests");
        writeln!(list, "SYNCLINE-SKIPPED {test}: {variable} is not set").expect("a line in the list");
    }
    None
}
