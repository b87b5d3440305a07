//! Migrations: embedded, applied in order under a lock, recorded with a checksum, never rewritten.

use crate::value::{Row, Value, args};
use crate::{Dialect, Result, Store, StoreError, Tx};
use sha2::{Digest, Sha256};
use std::time::Duration;

/// One step of the schema's history.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// Its number; numbers have no gaps.
    pub version: i64,
    /// Its name, as the folder says.
    pub name: &'static str,
    /// The statements, with type words such as `{int}`; separated by `;` and a blank line.
    pub up: &'static str,
    /// Rows as this version writes them; later migrations are tested over them.
    pub sample: &'static str,
}

macro_rules! migrations {
    ($($version:literal $name:literal;)*) => {
        /// The schema's history, oldest first.
        pub const MIGRATIONS: &[Migration] = &[$(Migration {
            version: $version,
            name: $name,
            up: include_str!(concat!("../migrations/", $name, "/up.sql")),
            sample: include_str!(concat!("../migrations/", $name, "/sample.sql")),
        }),*];
    };
}

migrations! {
    1 "0001_events";
    2 "0002_jobs";
    3 "0003_access";
    4 "0004_connections";
    5 "0005_records";
    6 "0006_syncs";
    7 "0007_notify";
    8 "0008_echoes";
    9 "0009_tests";
    10 "0010_counters";
    11 "0011_audit";
}

impl Migration {
    /// The statements for one database.
    #[must_use]
    pub fn statements(&self, dialect: Dialect) -> Vec<String> {
        split(&dialect.render(self.up))
    }

    /// The sample rows for one database; `{x'…'}` stands for bytes in hexadecimal.
    #[must_use]
    pub fn sample_statements(&self, dialect: Dialect) -> Vec<String> {
        let text = match dialect {
            Dialect::Sqlite | Dialect::MySql => self.sample.replace("{x'", "x'"),
            Dialect::Postgres => self.sample.replace("{x'", "'\\x"),
        };
        split(&text.replace("'}", "'"))
    }

    fn checksum(&self) -> String {
        data_encoding::HEXLOWER.encode(&Sha256::digest(self.up.as_bytes()))
    }
}

fn split(script: &str) -> Vec<String> {
    script
        .split(";\n")
        .map(|part| {
            part.lines().filter(|line| !line.trim_start().starts_with("--")).collect::<Vec<_>>().join("\n")
        })
        .map(|statement| statement.trim().trim_end_matches(';').to_owned())
        .filter(|statement| !statement.is_empty())
        .collect()
}

/// The lock's name at MySQL, whose locks belong to the server and not to a database: two Synclines on one server do not wait for each
/// other. Names end at 64 characters.
const LOCK: &str = "CONCAT('syncline-migrations-', LEFT(SHA1(DATABASE()), 32))";
/// The same, for PostgreSQL, which locks numbers, for each database its own.
const LOCK_NUMBER: i64 = 0x0073_796e_636c_696e;

/// How long one statement of a migration may take: an index over many events is no work of seconds.
const PATIENCE: Duration = Duration::from_secs(6 * 3_600);

/// Applies what is missing. One process does it; the others wait and find it done.
pub(crate) async fn run(store: &Store, migrations: &[Migration]) -> Result<()> {
    let mut tx = store.begin().await?;
    lock(&mut tx).await?;
    tx.patience = PATIENCE;
    if tx.dialect() == Dialect::Postgres {
        tx.execute("SET LOCAL statement_timeout = 0", Vec::new()).await?;
    }
    let outcome = apply_missing(&mut tx, migrations).await;
    // Where it failed, the transaction's end gives the lock back with its connection.
    outcome?;
    if tx.dialect() == Dialect::MySql {
        tx.query(&format!("SELECT RELEASE_LOCK({LOCK})"), Vec::new()).await?;
    }
    tx.commit().await
}

async fn lock(tx: &mut Tx) -> Result<()> {
    match tx.dialect() {
        // The writer's transaction is the lock.
        Dialect::Sqlite => Ok(()),
        Dialect::Postgres => {
            tx.execute("SELECT pg_advisory_xact_lock(?)", args![LOCK_NUMBER]).await.map(|_| ())
        }
        Dialect::MySql => {
            let got = tx.query(&format!("SELECT GET_LOCK({LOCK}, 20)"), Vec::new()).await?;
            match got.first().map(|row| row.maybe_int(0)) {
                Some(Ok(Some(1))) => Ok(()),
                _ => Err(StoreError::unavailable("another process has been migrating the database for 20 s")),
            }
        }
    }
}

async fn apply_missing(tx: &mut Tx, migrations: &[Migration]) -> Result<()> {
    let create = "CREATE TABLE IF NOT EXISTS schema_migrations (version {int} NOT NULL PRIMARY KEY, name {name} NOT NULL, \
                  checksum {name} NOT NULL) {table}";
    tx.execute(&tx.dialect().render(create), Vec::new()).await?;
    let applied = tx.query(APPLIED, Vec::new()).await?;
    check(&applied, migrations)?;
    for migration in migrations.iter().skip(applied.len()) {
        apply(tx, migration).await?;
    }
    Ok(())
}

/// How many of the migrations are missing in a database that nobody changes meanwhile. All of them where it has no schema yet.
pub(crate) async fn missing(store: &Store, migrations: &[Migration]) -> Result<usize> {
    match store.query(APPLIED, Vec::new()).await {
        Ok(applied) => check(&applied, migrations).map(|()| migrations.len() - applied.len()),
        // There is no such table.
        Err(StoreError::Rejected(_)) => Ok(migrations.len()),
        Err(error) => Err(error),
    }
}

const APPLIED: &str = "SELECT version, name, checksum FROM schema_migrations ORDER BY version";

/// Whether what was applied is the beginning of what there is to apply.
fn check(applied: &[Row], migrations: &[Migration]) -> Result<()> {
    for row in applied {
        let (version, name) = (row.int(0)?, row.text(1)?);
        let Some(known) = migrations.iter().find(|migration| migration.version == version) else {
            return Err(StoreError::Setup(format!(
                "the database was written by a newer Syncline (it has migration {name}); start that version or restore a backup"
            )));
        };
        if known.checksum() != row.text(2)? {
            return Err(StoreError::Setup(format!(
                "migration {name} is not the one this database was built with"
            )));
        }
    }
    Ok(())
}

async fn apply(tx: &mut Tx, migration: &Migration) -> Result<()> {
    let dialect = tx.dialect();
    for statement in migration.statements(dialect) {
        match tx.execute(&statement, Vec::new()).await {
            Ok(_) => {}
            // MySQL commits every change of the schema by itself, so a process killed in between leaves a part; the rest
            // is applied over it.
            Err(StoreError::Rejected(why)) if dialect == Dialect::MySql && already_there(why.as_ref()) => {
                tx.forgive();
            }
            Err(error) => return Err(error),
        }
    }
    let row: Vec<Value> = args![migration.version, migration.name, migration.checksum()];
    tx.execute("INSERT INTO schema_migrations (version, name, checksum) VALUES (?, ?, ?)", row).await?;
    tracing::info!(migration = migration.name, "database migrated");
    Ok(())
}

/// Table exists (1050), column exists (1060), index exists (1061), row exists (1062), index is dropped already (1091).
fn already_there(why: &(dyn std::error::Error + Send + Sync + 'static)) -> bool {
    let refusal = why.downcast_ref::<sqlx::Error>().and_then(sqlx::Error::as_database_error);
    let number =
        refusal.and_then(|e| e.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>()).map(|e| e.number());
    matches!(number, Some(1050 | 1060 | 1061 | 1062 | 1091))
}
