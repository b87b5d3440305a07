//! SQLite: one writer thread with group commit, readers in parallel.

mod reader;
mod session;
mod writer;

pub(crate) use reader::Readers;
pub(crate) use session::SqliteTx;
pub(crate) use writer::Writer;

use crate::tx::Bulk;
use crate::value::{Row, Value};
use crate::{Result, StoreError};
use rusqlite::functions::FunctionFlags;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags, ToSql};
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How long a statement waits for another process's lock before it says "busy".
pub(crate) const BUSY: Duration = Duration::from_secs(5);

/// How many may open a new file at the same moment, each of which may be in the way of all others once.
const STARTING_AT_ONCE: usize = 100;

/// Opens `path` for writing, durable to the power cut: WAL, and a flush at every commit. A new file gets pages of
/// `page_size` bytes; one that is there keeps its own.
///
/// # Errors
/// [`crate::StoreError`] when the file cannot be opened or is not a database.
pub(crate) fn open_writer(path: &Path, page_size: u32) -> Result<Connection> {
    make_private(path)?;
    let db = Connection::open(path)?;
    db.busy_timeout(BUSY)?;
    db.pragma_update(None, "page_size", page_size)?;
    db.set_prepared_statement_cache_capacity(256);
    write_ahead(&db)?;
    db.pragma_update(None, "synchronous", "FULL")?;
    db.pragma_update(None, "foreign_keys", true)?;
    // 32 MiB of pages: enough that the tails of the indexes stay in memory, and a bound on what the writer holds.
    db.pragma_update(None, "cache_size", -32_768)?;
    // A page that changes often is then written back once for many changes; 64 MiB with pages of 4 KiB.
    db.pragma_update(None, "wal_autocheckpoint", 16_000)?;
    db.pragma_update(None, "journal_size_limit", 134_217_728)?;
    fold_every_letter(&db)?;
    Ok(db)
}

/// Makes the file if it is not there, for this user only; SQLite gives the journal the same permissions.
///
/// Whoever closes a file gives back all locks that his process has on it (POSIX), those of SQLite too. So one that is there is not
/// opened here, and one that is made is closed before anybody else in this process can see that it is there.
fn make_private(path: &Path) -> Result<()> {
    static MAKING: Mutex<()> = Mutex::new(());
    let _alone = MAKING.lock().unwrap_or_else(PoisonError::into_inner);
    match std::fs::OpenOptions::new().create_new(true).write(true).mode(0o600).open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(StoreError::unavailable(error)),
    }
}

/// Puts the file on a write-ahead log. Of those who do that to a new file at once SQLite lets one through and refuses the others on the
/// spot, since each is reading what the one writes; they wait here until it is done.
fn write_ahead(db: &Connection) -> Result<()> {
    let switch = || db.pragma_update(None, "journal_mode", "WAL");
    let mut switched = switch();
    for _ in 0..STARTING_AT_ONCE {
        match switched {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {
                db.execute_batch("BEGIN IMMEDIATE; COMMIT")?;
                switched = switch();
            }
            _ => break,
        }
    }
    Ok(switched?)
}

/// SQLite's own `LOWER` knows the letters of ASCII alone, and a search would mind the case of all others. No index and no constraint is
/// made with it, so no file depends on which of the two it was.
fn fold_every_letter(db: &Connection) -> Result<()> {
    let flags =
        FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    let lower = |text: &[u8]| Some(String::from_utf8_lossy(text).to_lowercase());
    db.create_scalar_function("lower", 1, flags, move |call| {
        Ok(match call.get_raw(0) {
            ValueRef::Text(text) | ValueRef::Blob(text) => lower(text),
            ValueRef::Integer(number) => Some(number.to_string()),
            ValueRef::Real(number) => Some(number.to_string()),
            ValueRef::Null => None,
        })
    })?;
    Ok(())
}

/// Opens `path` for reading only.
///
/// # Errors
/// [`crate::StoreError`] when the file cannot be opened.
pub(crate) fn open_reader(path: &Path) -> Result<Connection> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags)?;
    db.busy_timeout(BUSY)?;
    db.set_prepared_statement_cache_capacity(64);
    db.pragma_update(None, "cache_size", -4_096)?;
    db.pragma_update(None, "query_only", true)?;
    fold_every_letter(&db)?;
    Ok(db)
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Int(Some(value)) => ToSqlOutput::from(*value),
            Self::Text(Some(text)) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Self::Bytes(Some(bytes)) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
            Self::Int(None) | Self::Text(None) | Self::Bytes(None) => ToSqlOutput::Borrowed(ValueRef::Null),
        })
    }
}

fn execute(db: &Connection, sql: &str, args: &[Value]) -> Result<u64> {
    let mut statement = db.prepare_cached(sql)?;
    Ok(statement.execute(rusqlite::params_from_iter(args))? as u64)
}

fn query(db: &Connection, sql: &str, args: &[Value]) -> Result<Vec<Row>> {
    query_some(db, sql, args, usize::MAX)
}

/// The first rows of a query, at most so many.
fn query_some(db: &Connection, sql: &str, args: &[Value], most: usize) -> Result<Vec<Row>> {
    let mut statement = db.prepare_cached(sql)?;
    let columns = statement.column_count();
    let mut rows = statement.query(rusqlite::params_from_iter(args))?;
    let mut out = Vec::new();
    while out.len() < most
        && let Some(row) = rows.next()?
    {
        let cells = (0..columns).map(|at| row.get_ref(at).map(cell)).collect::<rusqlite::Result<Vec<_>>>()?;
        out.push(Row { cells });
    }
    Ok(out)
}

fn insert_many(db: &Connection, bulk: &Bulk, rows: &[Vec<Value>]) -> Result<()> {
    let marks = vec!["?"; bulk.columns.len()].join(", ");
    let sql = format!("{}VALUES ({marks}) ON CONFLICT ({}) DO NOTHING", bulk.insert_into(), bulk.unique);
    let mut statement = db.prepare_cached(&sql)?;
    for row in rows {
        statement.execute(rusqlite::params_from_iter(row))?;
    }
    Ok(())
}

fn cell(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Int(None),
        ValueRef::Integer(value) => Value::Int(Some(value)),
        // The schema has no real numbers; if one turns up, its text makes the reader say what it found.
        ValueRef::Real(value) => Value::Text(Some(value.to_string().into())),
        ValueRef::Text(text) => Value::Text(Some(String::from_utf8_lossy(text).into_owned().into())),
        ValueRef::Blob(bytes) => Value::Bytes(Some(bytes::Bytes::copy_from_slice(bytes))),
    }
}
