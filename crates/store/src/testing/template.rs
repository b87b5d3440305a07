//! Databases with the schema in place, copied from one that was migrated: some hundred statements that change a schema take a server
//! seconds, and every test has a database of its own.
//!
//! The template is named after the migrations it was built with and stays on the server, for the next run.

use crate::migrate::MIGRATIONS;
use crate::value::args;
use crate::{Dialect, Result, Store, StoreError, Tx};
use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};
use std::path::Path;
use tokio::sync::OnceCell;

/// One process builds or checks a template at a time; the others wait.
const LOCK: &str = "syncline-test-template";
/// The same, for PostgreSQL, which locks numbers.
const LOCK_NUMBER: i64 = 0x7465_6d70_6c61_7465;

static POSTGRES: OnceCell<String> = OnceCell::const_new();
static MYSQL: OnceCell<(String, Vec<Table>)> = OnceCell::const_new();

/// A table of a template, and whether the migrations put rows into it.
struct Table {
    name: String,
    filled: bool,
}

/// Makes the database `name`, with the schema in place, on the server that `admin` is connected to. `open` connects to another
/// database of that server.
pub(super) async fn copy(admin: &Store, name: &str, open: impl Fn(&str) -> Store) -> Result<()> {
    if admin.dialect() == Dialect::Postgres {
        let template = POSTGRES.get_or_try_init(|| postgres(admin, &open)).await?;
        return admin.query(&format!("CREATE DATABASE {name} TEMPLATE {template}"), vec![]).await.map(|_| ());
    }
    let (template, tables) = MYSQL.get_or_try_init(|| mysql(admin, &open)).await?;
    admin.query(&format!("CREATE DATABASE {name}"), vec![]).await?;
    for Table { name: table, filled } in tables {
        admin.query(&format!("CREATE TABLE {name}.{table} LIKE {template}.{table}"), vec![]).await?;
        if *filled {
            let sql = format!("INSERT INTO {name}.{table} SELECT * FROM {template}.{table}");
            admin.execute(&sql, vec![]).await?;
        }
    }
    Ok(())
}

fn template_name() -> String {
    let mut hash = Sha256::new();
    for migration in MIGRATIONS {
        hash.update(migration.up.as_bytes());
    }
    format!("syncline_template_{}", &HEXLOWER.encode(&hash.finalize())[..16])
}

/// Nobody may be connected to a template while it is copied, so one that is whole takes no connections; one that does was left half
/// built.
async fn postgres(admin: &Store, open: impl Fn(&str) -> Store) -> Result<String> {
    let name = template_name();
    let mut tx = admin.begin().await?;
    tx.execute("SELECT pg_advisory_xact_lock(?)", args![LOCK_NUMBER]).await?;
    let whole = "SELECT 1 FROM pg_database WHERE datname = ? AND NOT datallowconn";
    if tx.query(whole, args![name.as_str()]).await?.is_empty() {
        // Outside the transaction, as PostgreSQL insists.
        admin.query(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"), vec![]).await?;
        admin.query(&format!("CREATE DATABASE {name}"), vec![]).await?;
        open(&name).migrate().await?;
        admin.query(&format!("ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false"), vec![]).await?;
        let connected = "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = ?";
        admin.execute(connected, args![name.as_str()]).await?;
    }
    tx.commit().await?;
    Ok(name)
}

/// A template that was left half built is completed.
async fn mysql(admin: &Store, open: impl Fn(&str) -> Store) -> Result<(String, Vec<Table>)> {
    let name = template_name();
    let mut tx = admin.begin().await?;
    let got = tx.query("SELECT COALESCE(GET_LOCK(?, 60), 0)", args![LOCK]).await?;
    if got.first().map(|row| row.int(0)).transpose()? != Some(1) {
        return Err(StoreError::unavailable("another process has been building the test template for 60 s"));
    }
    admin.query(&format!("CREATE DATABASE IF NOT EXISTS {name}"), vec![]).await?;
    open(&name).migrate().await?;
    let tables = tables(&mut tx, &name).await?;
    tx.query("SELECT RELEASE_LOCK(?)", args![LOCK]).await?;
    tx.commit().await?;
    Ok((name, tables))
}

async fn tables(tx: &mut Tx, database: &str) -> Result<Vec<Table>> {
    let sql = "SELECT table_name FROM information_schema.tables WHERE table_schema = ?";
    let mut tables = Vec::new();
    for row in tx.query(sql, args![database]).await? {
        let name = row.text(0)?;
        let filled = !tx.query(&format!("SELECT 1 FROM {database}.{name} LIMIT 1"), vec![]).await?.is_empty();
        tables.push(Table { name, filled });
    }
    Ok(tables)
}

/// A directory is part of how a database is opened, though servers make no use of it.
pub(super) fn opener(server: &str, directory: &Path) -> impl Fn(&str) -> Store {
    let (server, directory) = (server.to_owned(), directory.to_owned());
    move |name| super::open(&super::with_database(&server, name), &directory)
}
