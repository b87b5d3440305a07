//! Copies of SQLite files that others write meanwhile: each as it was at one moment, and checked.

use crate::sqlite::open_reader;
use crate::{Result, StoreError};
use rusqlite::{Connection, OpenFlags, params};
use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// Writes what the database file `from` holds at this moment to the new file `to`, for this user only, looks through the copy for
/// damage, and flushes it to disk. Whoever writes `from` goes on; what they write meanwhile stays in its journal until the end.
///
/// # Errors
/// [`StoreError::Setup`] when `to` is there already or cannot be made, [`StoreError::Corrupt`] when the copy is damaged, else what
/// SQLite says, as of a full disk or a file that is no database. Nothing is left at `to` then, unless it was there before.
pub async fn copy(from: &Path, to: &Path) -> Result<()> {
    let (from, to) = (from.to_owned(), to.to_owned());
    let work = move || {
        make(&to)?;
        copy_into(&from, &to).inspect_err(|_| drop(std::fs::remove_file(&to)))
    };
    tokio::task::spawn_blocking(work).await.map_err(StoreError::unavailable)?
}

/// Makes an empty file where there is none: SQLite takes it as it is, with its permissions.
fn make(to: &PathBuf) -> Result<()> {
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to);
    made.map(drop).map_err(|error| StoreError::Setup(format!("cannot make {}: {error}", to.display())))
}

fn copy_into(from: &Path, to: &Path) -> Result<()> {
    let text = to.to_str().ok_or_else(|| StoreError::Setup(format!("{} is not UTF-8 text", to.display())))?;
    // Not `open_reader`: it forbids every write, that of the copy too. This one cannot write to `from`.
    let source = Connection::open_with_flags(
        from,
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    source.busy_timeout(crate::sqlite::BUSY)?;
    source.execute("VACUUM INTO ?", params![text])?;
    drop(source);
    let found: String = open_reader(to)?.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if found != "ok" {
        return Err(StoreError::Corrupt(format!("the copy of {}: {found}", from.display())));
    }
    File::open(to).and_then(|file| file.sync_all()).map_err(StoreError::unavailable)
}
