//! A database of its own for every test: SQLite always, PostgreSQL and MySQL where a server's URL is given.

use crate::{Options, Store};
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

/// An empty database for one test.
#[derive(Debug)]
pub struct TestDb {
    /// Its URL, as configuration takes it.
    pub url: String,
    directory: PathBuf,
}

static NUMBER: AtomicU32 = AtomicU32::new(0);

impl TestDb {
    /// Makes one, or notes in the runner's list that `test` could not run and answers `None`.
    ///
    /// # Panics
    /// When a server that was promised does not do its part.
    pub async fn of(which: Which, test: &str) -> Option<Self> {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("syncline_{}_{number}", std::process::id());
        let directory = std::env::temp_dir().join(&name);
        std::fs::create_dir_all(&directory).expect("a directory for the test");
        let Some(variable) = which.variable() else {
            let url = format!("sqlite://{}", directory.join("syncline.db").display());
            return Some(Self { url, directory });
        };
        let server = service(variable, test)?;
        let admin = open(&server, &directory);
        // Outside a transaction, as PostgreSQL insists.
        admin.query(&format!("CREATE DATABASE {name}"), Vec::new()).await.expect("may create a database");
        Some(Self { url: with_database(&server, &name), directory })
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
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.directory);
    }
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
